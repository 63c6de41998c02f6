"""Where each element of a drawing goes. Columns and rows only; `painting` puts ink on them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lwfast.circuit.blocks import Group
from lwfast.circuit.components import Barrier, Component, Loss, ModeSwaps
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.errors import DisplayError

_PI_PARTS = (1, 2, 3, 4, 6, 8)


@dataclass(slots=True, frozen=True)
class Placed:
    """An element, and the columns that it takes from `x` on."""

    component: Component
    x: float
    width: float
    low: int
    high: int


@dataclass(slots=True, frozen=True)
class Plan:
    """A drawing: elements in their places.

    Attributes:
        placed: The elements.
        width: The columns in all.
        n_modes: The rows, internal modes counted.
        labels: The text left of each row; None for internal modes.
        heralds_in: Photon number by heralded row at the inputs, those of groups left out.
        heralds_out: The same at the outputs.
    """

    placed: tuple[Placed, ...]
    width: float
    n_modes: int
    labels: tuple[str | None, ...]
    heralds_in: dict[int, int]
    heralds_out: dict[int, int]


def plan(
    circuit: PhotonicCircuit,
    *,
    display_loss: bool = False,
    mode_labels: Iterable[str] | None = None,
    display_barriers: bool = False,
) -> Plan:
    """Place the elements of a circuit, each as far to the left as its modes allow.

    Args:
        circuit: The circuit.
        display_loss: Place loss elements.
        mode_labels: One text for each mode that can be named; None numbers them.
        display_barriers: Place barriers; if not, they still line up what comes after them.

    Raises:
        DisplayError: The number of labels does not fit.
    """
    n_modes = circuit.n_modes
    internal = set(circuit._internal_modes)  # noqa: SLF001
    free = [0.0] * n_modes
    placed = []
    for component in circuit._get_circuit_spec():  # noqa: SLF001
        rows = _rows(component)
        if not rows or (isinstance(component, Loss) and not display_loss):
            continue
        low, high = min(rows), max(rows)
        span = rows if isinstance(component, Barrier) else range(low, high + 1)
        x = max(free[row] for row in span)
        width = _width(component, display_barriers)
        for row in span:
            free[row] = x + width
        if width:
            placed.append(Placed(component, x, width, low, high))
    heralds = circuit._external_heralds  # noqa: SLF001
    labels = _labels(n_modes, internal, mode_labels)
    return Plan(tuple(placed), max([*free, 1.0]), n_modes, labels, heralds.input, heralds.output)


def _rows(component: Component) -> list[int]:
    if isinstance(component, Barrier):
        return list(component.modes)
    if isinstance(component, ModeSwaps):
        return [mode for mode, end in component.swaps.items() if mode != end]
    return list(component.modes_used)


def _width(component: Component, display_barriers: bool) -> float:
    if isinstance(component, Barrier):
        return 0.3 if display_barriers else 0.0
    if isinstance(component, ModeSwaps):
        return 1.0 + 0.12 * max(abs(start - end) for start, end in component.swaps.items())
    if isinstance(component, Group):
        return max(1.5, 0.14 * len(component.name) + 0.6)
    return 1.4


def _labels(n_modes: int, internal: set[int], given: Iterable[str] | None) -> tuple[str | None, ...]:
    named = n_modes - len(internal)
    texts = [str(mode) for mode in range(named)] if given is None else [str(label) for label in given]
    if len(texts) != named:
        msg = f"One label is needed for each of the {named} modes, got {len(texts)}."
        raise DisplayError(msg)
    following = iter(texts)
    return tuple(None if mode in internal else next(following) for mode in range(n_modes))


def value_text(value: Any, show_parameter_values: bool) -> str:
    """Return the text for a value: a number, or the label of a Parameter.

    Args:
        value: A number or a Parameter.
        show_parameter_values: Write the value of a Parameter even if it has a label.
    """
    if isinstance(value, Parameter):
        if value.label is not None and not show_parameter_values:
            return value.label
        value = value.get()
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)


def phase_text(value: Any, show_parameter_values: bool) -> str:
    """Return the text for a phase: simple parts of pi are written as such."""
    text = value_text(value, show_parameter_values)
    number = value.get() if isinstance(value, Parameter) else value
    if not isinstance(number, int | float) or (
        isinstance(value, Parameter) and value.label is not None and not show_parameter_values
    ):
        return text
    for part in _PI_PARTS:
        times = round(number / math.pi * part)
        if times and abs(number - times * math.pi / part) < 1e-9:
            sign, top = ("-" if times < 0 else ""), ("" if abs(times) == 1 else str(abs(times)))
            return f"{sign}{top}π" + (f"/{part}" if part > 1 else "")
    return text
