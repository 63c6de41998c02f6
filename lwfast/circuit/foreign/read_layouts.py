"""Lightworks' circuits, read as layouts of ours."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, NamedTuple

import numpy as np

from lwfast.circuit.blocks import Group, UnitaryMatrix
from lwfast.circuit.components import (
    Barrier,
    BeamSplitter,
    Component,
    HeraldData,
    Loss,
    ModeSwaps,
    PhaseShifter,
)
from lwfast.circuit.foreign.private_names import SPEC, private
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameterized_unitary import own_matrix


class Reading(NamedTuple):
    """What a circuit of Lightworks was when it was read, and the layout that was made of it.

    Attributes:
        spec: Its elements, which Lightworks replaces rather than changes.
        modes: Its number of modes, and the internal ones.
        heralds: All heralds and the external ones, at inputs and outputs, in their order.
        layout: The layout of ours.
    """

    spec: list[Any]
    modes: tuple[int, tuple[int, ...]]
    heralds: tuple[tuple[tuple[int, int], ...], ...]
    layout: Layout

    def still_fits(self, circuit: Any) -> bool:
        """Say whether the circuit is still what it was."""
        spec = private(circuit, SPEC)
        return (
            len(spec) == len(self.spec)
            and all(map(is_, spec, self.spec))
            and _modes_of(circuit) == self.modes
            and _heralds_of(circuit) == self.heralds
        )


def read(circuit: Any) -> Reading:
    """Read a circuit of Lightworks as it is now; its Parameters stay live.

    Raises:
        LightworksDependencyError: Its version lays circuits out in another way.
        TypeError, ValueError: It has an element that lwfast refuses.
    """
    spec, modes, heralds = list(private(circuit, SPEC)), _modes_of(circuit), _heralds_of(circuit)
    every_in, every_out, own_in, own_out = (dict(pairs) for pairs in heralds)
    layout = Layout(
        n_modes=modes[0],
        components=[_component(component) for component in spec],
        heralds=HeraldData(every_in, every_out),
        own_heralds=HeraldData(own_in, own_out),
        internal=list(modes[1]),
    )
    return Reading(spec, modes, heralds, layout)


def read_layout(circuit: Any) -> Layout:
    """Return the layout of a circuit of Lightworks as it is now; see `read`."""
    return read(circuit).layout


def _modes_of(circuit: Any) -> tuple[int, tuple[int, ...]]:
    return int(circuit.n_modes), tuple(int(mode) for mode in circuit._internal_modes)  # noqa: SLF001  (Lightworks')


def _heralds_of(circuit: Any) -> tuple[tuple[tuple[int, int], ...], ...]:
    every, own = circuit.heralds, circuit._external_heralds  # noqa: SLF001  (a private part of Lightworks)
    return tuple(tuple(side.items()) for side in (every.input, every.output, own.input, own.output))


def _component(component: Any) -> Component:
    for kind in type(component).__mro__:
        if kind.__name__ in _COMPONENTS:
            return _COMPONENTS[kind.__name__](component)
    msg = f"The element {type(component).__name__} of Lightworks has no counterpart in lwfast."
    raise TypeError(msg)


def _group(group: Any) -> Group:
    def place(mode: int) -> int:
        return mode + int(group.mode_1)  # Lightworks counts a group's heralds from its first mode

    heralds = HeraldData(dict(group.heralds.input), dict(group.heralds.output)).moved(place)
    inner = tuple(_component(component) for component in group.circuit_spec)
    return Group(inner, group.name, int(group.mode_1), int(group.mode_2), heralds)


def _unitary(component: Any) -> UnitaryMatrix:
    start, given = int(component.mode), component.unitary
    matrix: Any = own_matrix(given)
    if matrix is None:
        # Lightworks has checked it, by its own tolerance.
        matrix = np.array(given, dtype=np.complex128)
        matrix.flags.writeable = False
    return UnitaryMatrix(tuple(range(start, start + matrix.shape[0])), matrix, component.label)


_COMPONENTS: dict[str, Callable[[Any], Component]] = {
    "BeamSplitter": lambda c: BeamSplitter(int(c.mode_1), int(c.mode_2), c.reflectivity, c.convention),
    "PhaseShifter": lambda c: PhaseShifter(int(c.mode), c.phi),
    "Loss": lambda c: Loss(int(c.mode), c.loss),
    "Barrier": lambda c: Barrier(tuple(int(mode) for mode in c.modes)),
    "ModeSwaps": lambda c: ModeSwaps({int(start): int(end) for start, end in c.swaps.items()}),
    "Group": _group,
    "UnitaryMatrix": _unitary,
}
