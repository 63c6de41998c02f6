"""A built circuit that is used again as long as nothing that it was built from has changed."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from lwfast.circuit.blocks import UnitaryMatrix
from lwfast.circuit.compiled import CompiledCircuit
from lwfast.circuit.components import BeamSplitter, Component, Loss, PhaseShifter
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameters import Parameter
from lwfast.circuit.rewriting import unpacked

_MOST_MODES = 64
"""Larger matrices are not kept: at 64 modes and as many losses one takes a quarter of a megabyte."""


class KeptBuild:
    """A built circuit and what it was built from. Nothing in it is changed, so that threads may share it.

    Args:
        layout: The elements, heralds and modes of the circuit.

    Attributes:
        compiled: The built circuit. Its matrix is shared: copy it before you hand it out.
        heralds: Its heralds, shared likewise.
        derived: What others worked out from the built circuit alone, under their own name.

    Raises:
        TypeError: A Parameter has a value of the wrong type.
        ValueError: A Parameter has a value outside its range, or its matrix is not unitary.
    """

    __slots__ = ("_components", "_values", "compiled", "derived", "heralds")

    def __init__(self, layout: Layout) -> None:
        # A copy: what another thread adds meanwhile is not in it, and is then seen as a change.
        components = list(layout.components)
        parts = unpacked(components)
        # Frozen once, so that the values that are compared later are those of the matrix.
        frozen = [part.frozen() for part in parts]
        self.heralds = layout.heralds.copy()
        self.compiled = CompiledCircuit(layout.n_modes, frozen, self.heralds)
        self.derived: dict[str, Any] = {}
        self._components = components
        self._values = _values_of(parts, frozen)

    @property
    def can_be_kept(self) -> bool:
        """Whether a later look can tell that nothing has changed, and the matrix is small."""
        return self._values is not None and self.compiled.total_modes <= _MOST_MODES

    def still_fits(self, layout: Layout) -> bool:
        """Say whether a circuit would be built the same again.

        Args:
            layout: The elements, heralds and modes of the circuit as they are now.
        """
        components = layout.components
        return (
            self._values is not None
            and len(components) == len(self._components)
            and all(map(operator.is_, components, self._components))
            and layout.n_modes == self.compiled.n_modes
            and layout.heralds == self.heralds
            and all(parameter.get() is value for parameter, value in self._values)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Be nothing in a copy or pickle of a circuit."""
        return (type(None), ())


def _values_of(
    parts: Sequence[Component], frozen: Sequence[Component]
) -> list[tuple[Parameter[Any], Any]] | None:
    """Return the Parameters and the values that were taken; None where a value could change unseen."""
    found = []
    for part, fixed in zip(parts, frozen, strict=True):
        if isinstance(part, UnitaryMatrix) and fixed is not part:
            return None  # of symbols
        given = _number(part)
        if isinstance(given, Parameter):
            value = _number(fixed)
            if type(given) is not Parameter or type(value) not in (float, int):
                return None
            found.append((given, value))
    return found


def _number(part: Component) -> Any:
    """Return what may be a Parameter in an element, or None."""
    if isinstance(part, BeamSplitter):
        return part.reflectivity
    if isinstance(part, PhaseShifter):
        return part.phi
    return part.loss if isinstance(part, Loss) else None
