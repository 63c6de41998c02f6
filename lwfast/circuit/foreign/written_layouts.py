"""Layouts of ours, written as Lightworks' circuits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

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
from lwfast.circuit.foreign.private_names import (
    IN_HERALDS,
    INTERNAL,
    OUT_HERALDS,
    OWN_IN_HERALDS,
    OWN_OUT_HERALDS,
    SPEC,
    set_private,
)
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.rewriting import unpacked


def written_layout(package: Any, kind: str, layout: Layout) -> Any:
    """Return a layout as a circuit of Lightworks, whose Parameters are those of ours, lent.

    Args:
        package: The imported package `lightworks`.
        kind: Name of its class, "PhotonicCircuit" or "Unitary".
        layout: The layout; nothing of it is shared with the circuit but its Parameters.

    Raises:
        LightworksDependencyError: Its version lays circuits out in another way.
        ValueError: It does not take a matrix to be unitary.
    """
    n_modes = layout.n_modes
    circuit = package.Unitary(np.identity(n_modes)) if kind == "Unitary" else package.PhotonicCircuit(n_modes)
    heralds, own = layout.heralds.copy(), layout.own_heralds.copy()
    parts = {
        SPEC: _written(layout.components),
        IN_HERALDS: heralds.input,
        OUT_HERALDS: heralds.output,
        OWN_IN_HERALDS: own.input,
        OWN_OUT_HERALDS: own.output,
        INTERNAL: list(layout.internal),
    }
    set_private(circuit, **parts)
    return circuit


def _written(components: Iterable[Component]) -> list[Any]:
    theirs = import_module("lightworks.sdk.circuit.photonic_components")
    return [_WRITERS[type(component)](theirs, component) for component in components]


def _value(value: Any) -> Any:
    return value.to_lightworks() if isinstance(value, Parameter) else value


def _group(theirs: Any, group: Group) -> Any:
    def place(mode: int) -> int:
        return mode - group.mode_1  # Lightworks counts a group's heralds from its first mode

    heralds: HeraldData = group.heralds.moved(place)
    inner = _written(unpacked(group.components))  # a group of Lightworks holds no groups
    return theirs.Group(
        inner, group.name, group.mode_1, group.mode_2, theirs.HeraldData(heralds.input, heralds.output)
    )


def _unitary(theirs: Any, component: UnitaryMatrix) -> Any:
    """Write a matrix; modes that were added between its own stay as they are."""
    start = component.modes[0]
    rows = [mode - start for mode in component.modes]
    given: Any = component.unitary
    if not isinstance(given, MatrixOfParameters):
        return theirs.UnitaryMatrix(start, component.spread(), component.label)
    symbols, values = given.symbolic()
    whole = import_module("sympy").eye(rows[-1] + 1)
    for row, place in enumerate(rows):
        for column, other in enumerate(rows):
            whole[place, other] = symbols[row, column]
    parameters = {name: _value(value) for name, value in values.items()}
    kind = import_module("lightworks.sdk.utils.param_unitary").ParameterizedUnitary
    return theirs.UnitaryMatrix(start, kind(whole, parameters), component.label)


_WRITERS: dict[type, Callable[[Any, Any], Any]] = {
    BeamSplitter: lambda t, c: t.BeamSplitter(c.mode_1, c.mode_2, _value(c.reflectivity), c.convention),
    PhaseShifter: lambda t, c: t.PhaseShifter(c.mode, _value(c.phi)),
    Loss: lambda t, c: t.Loss(c.mode, _value(c.loss)),
    Barrier: lambda t, c: t.Barrier(list(c.modes)),
    ModeSwaps: lambda t, c: t.ModeSwaps(dict(c.swaps)),
    Group: _group,
    UnitaryMatrix: _unitary,
}
