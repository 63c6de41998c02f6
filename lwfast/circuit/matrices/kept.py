"""A built circuit that is used again as long as nothing that it was built from has changed."""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Any

from lwfast.circuit.components import HeraldData
from lwfast.circuit.matrices.bound_elements import BoundElements
from lwfast.circuit.matrices.compiled import Compilation, CompiledCircuit
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import FollowedParameter, Parameter, labelled

_NAME = "steady"
_KINDS = (Parameter, FollowedParameter)
"""Kinds of Parameters whose value is what was set; that of somebody else's class may be worked out."""
_MOST_MODES = 64
"""Larger matrices are not kept: at 64 modes and as many losses one takes a quarter of a megabyte."""
_PLAIN = frozenset((float, int))
"""Types of values that cannot change while they stay the same object."""


class KeptBuild:
    """A built circuit and what it was built from. Nothing in it is changed, so that threads may share it.

    Args:
        compilation: The elements of the circuit.
        heralds: The heralds that it was built with.
        values: The present value of each Parameter.

    Attributes:
        compiled: The built circuit. Its matrix is shared: copy it before you hand it out.
        heralds: Its heralds, shared likewise.
        derived: What others worked out from the built circuit alone, under their own name.
        can_be_kept: Whether a later look can tell that nothing has changed, and the matrix is small.

    Raises:
        TypeError: A Parameter has a value of the wrong type.
        ValueError: A Parameter has a value outside its range, or its matrix is not unitary.
    """

    __slots__ = ("_compilation", "_values", "can_be_kept", "compiled", "derived", "heralds")

    def __init__(self, compilation: Compilation, heralds: HeraldData, values: list[Any]) -> None:
        self._compilation, self.heralds, self._values = compilation, heralds, values
        self.compiled = CompiledCircuit(compilation, heralds, values)
        self.derived: dict[str, Any] = {}
        self.can_be_kept = _is_steady(compilation.bound) and _PLAIN.issuperset(map(type, values))

    def is_of(self, compilation: Compilation, heralds: HeraldData, values: list[Any]) -> bool:
        """Say whether a build from these would be the same.

        Args:
            compilation: The elements of a circuit.
            heralds: The heralds of the circuit now.
            values: The present value of each Parameter.
        """
        return (
            self._compilation is compilation
            and self.heralds == heralds
            and all(map(is_, values, self._values))
        )

    def labelled(self, numbers: Iterable[tuple[str, float]]) -> dict[str, float]:
        """Return the values of labelled Parameters that it was built with, by label.

        Args:
            numbers: Labels and values of the Parameters that its circuit has as plain numbers.
        """
        pairs = zip(self._compilation.bound.parameters, self._values, strict=True)
        return labelled((*numbers, *((parameter.label, value) for parameter, value in pairs)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Be nothing in a copy or pickle of a circuit."""
        return (type(None), ())


def _is_steady(bound: BoundElements) -> bool:
    """Say whether values of Parameters that are the same objects always make the same small matrix."""
    found: bool | None = bound.derived.get(_NAME)
    if found is None:
        of_symbols = any(isinstance(matrix, MatrixOfParameters) for matrix in bound.matrices)
        ours = all(type(parameter) in _KINDS for parameter in bound.parameters)
        found = bound.derived[_NAME] = ours and not of_symbols and bound.table.n_rows <= _MOST_MODES
    return found
