"""Where each element of a drawing goes. Columns and rows only; `shapes` turns them into lines and boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lwfast._base.showing.plot_text import plot_text
from lwfast.circuit.blocks import Group, UnitaryMatrix
from lwfast.circuit.components import Barrier, BeamSplitter, Component, Loss, ModeSwaps, PhaseShifter
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.pictures.value_texts import phase_text, text_width, value_text
from lwfast.errors import DisplayError

NAME_SIZE, VALUE_SIZE = 0.3, 0.22
"""Font sizes of names and values, in rows."""
BOX = 0.54
"""Height of the box of an element on one mode, in rows."""
GAP = 0.13
"""Room left and right of an element, in columns, which are as wide as rows are high."""
STUB = 0.5
"""Length of the line between the box of a group and the circle of one of its heralds, in columns."""
_INTERNAL_ROW = 0.8
"""Distance of a row that a group brought for a herald to its neighbours; 1 elsewhere."""
_STEP = 0.4
"""The columns that an element takes are a multiple of it, so that those of a mesh stand below each other."""
_LINE = 64
"""Characters of a line of a text, of which there is one in all but odd cases."""


@dataclass(slots=True, frozen=True)
class Placed:
    """An element, and the columns that it takes from `x` on.

    Attributes:
        component: The element that is drawn.
        x: The column where it begins.
        width: How many columns it takes, with the room around it.
        low: The first of its rows, internal modes counted.
        high: The last of its rows, internal modes counted.
        name: What is written into it.
        value: What is written below it, or nothing.
    """

    component: Component
    x: float
    width: float
    low: int
    high: int
    name: str
    value: str


@dataclass(slots=True, frozen=True)
class DrawingPlan:
    """A drawing: elements in their places.

    Attributes:
        placed: The elements with their places, from left to right.
        width: The columns in all.
        rows: How far down each row is; internal modes, which stand closer, are counted.
        labels: The text left of each row; None for internal modes.
        heralds_in: Photon number by heralded row at the inputs, those of groups left out.
        heralds_out: The same at the outputs.
    """

    placed: tuple[Placed, ...]
    width: float
    rows: tuple[float, ...]
    labels: tuple[str | None, ...]
    heralds_in: dict[int, int]
    heralds_out: dict[int, int]

    @property
    def n_modes(self) -> int:
        """The number of rows."""
        return len(self.rows)


def plan_drawing(
    layout: Layout,
    *,
    display_loss: bool = False,
    mode_labels: Iterable[str] | None = None,
    display_barriers: bool = False,
    show_parameter_values: bool = False,
) -> DrawingPlan:
    """Place elements, each as far to the left as its modes allow.

    Args:
        layout: The elements of a circuit, and where its modes are.
        display_loss: Whether loss elements get a place.
        mode_labels: One text for each mode that is not internal; by default None, which numbers them.
        display_barriers: Place barriers; if not, they still line up what comes after them.
        show_parameter_values: Whether to show values of Parameters instead of their labels; by default False.

    Raises:
        DisplayError: The number of labels does not fit.
    """
    n_modes = layout.n_modes
    internal = set(layout.internal)
    free = [0.0] * n_modes
    placed = []
    for component in layout.components:
        rows = _rows(component)
        if not rows or (isinstance(component, Loss) and not display_loss):
            continue
        low, high = min(rows), max(rows)
        span = rows if isinstance(component, Barrier) else range(low, high + 1)
        x = max([free[row] for row in span])
        name, value = _texts(component, show_parameter_values)
        width = _width(component, name, value, high - low, display_barriers)
        for row in span:
            free[row] = x + width
        if width:
            placed.append(Placed(component, x, width, low, high, name, value))
    heralds = layout.own_heralds
    return DrawingPlan(
        tuple(placed),
        max([*free, 1.0]),
        _depths(n_modes, internal),
        _labels(n_modes, internal, mode_labels),
        dict(heralds.input),
        dict(heralds.output),
    )


def _depths(n_modes: int, internal: set[int]) -> tuple[float, ...]:
    """Return how far down each row is."""
    depths, y = [0.0], 0.0
    for mode in range(1, n_modes):
        y += _INTERNAL_ROW if mode in internal or mode - 1 in internal else 1.0
        depths.append(y)
    return tuple(depths)


def _rows(component: Component) -> list[int]:
    if isinstance(component, Barrier):
        return list(component.modes)
    if isinstance(component, ModeSwaps):
        return [mode for mode, end in component.swaps.items() if mode != end]
    return list(component.modes_used)


def _texts(component: Component, show_values: bool) -> tuple[str, str]:
    """Return what is written into an element and below it."""
    if isinstance(component, BeamSplitter):
        name = "BS" if component.convention == "Rx" else f"BS ({component.convention})"
        return name, _line("r", value_text(component.reflectivity, show_values))
    if isinstance(component, PhaseShifter):
        return "PS", _line("φ", phase_text(component.phi, show_values))
    if isinstance(component, Loss):
        return "L", _line("loss", value_text(component.loss, show_values))
    if isinstance(component, UnitaryMatrix):
        return plot_text(component.label, _LINE), ""
    if isinstance(component, Group):
        return plot_text(component.name, _LINE), ""
    return "", ""


def _line(name: str, value: str) -> str:
    return plot_text(f"{name} = {value}", _LINE)


def is_upright(name: str, n_between: int) -> bool:
    """Say whether a name is written from bottom to top: it is long, and there is room for it."""
    return n_between > 0 and len(name) > 3 and text_width(name) * NAME_SIZE < n_between + 0.4


def _width(component: Component, name: str, value: str, n_between: int, display_barriers: bool) -> float:
    if isinstance(component, Barrier):
        return 0.3 if display_barriers else 0.0
    if isinstance(component, ModeSwaps):
        return 0.9 + 0.12 * max(abs(start - end) for start, end in component.swaps.items())
    if isinstance(component, UnitaryMatrix | Group):
        box = 0.85 if is_upright(name, n_between) else max(0.85, text_width(name) * NAME_SIZE + 0.3)
        if isinstance(component, Group):
            box += (bool(component.heralds.input) + bool(component.heralds.output)) * (STUB + 0.25)
        return box + 2 * GAP
    needed = max(BOX, text_width(name) * NAME_SIZE + 0.2, text_width(value) * VALUE_SIZE) + 2 * GAP
    return math.ceil(needed / _STEP) * _STEP


def _labels(n_modes: int, internal: set[int], given: Iterable[str] | None) -> tuple[str | None, ...]:
    named = n_modes - len(internal)
    texts = [str(mode) for mode in range(named)] if given is None else [str(label) for label in given]
    if len(texts) != named:
        msg = f"One label is needed for each of the {named} modes, got {len(texts)}."
        raise DisplayError(msg)
    following = iter(plot_text(text, _LINE) for text in texts)
    return tuple(None if mode in internal else next(following) for mode in range(n_modes))
