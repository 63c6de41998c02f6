"""A built circuit that is used again as long as nothing that it was built from has changed."""

from __future__ import annotations

from operator import is_
from typing import Any

from lwfast.circuit.matrices.compiled import CompiledCircuit
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import Parameter

_MOST_MODES = 64
"""Larger matrices are not kept: at 64 modes and as many losses one takes a quarter of a megabyte."""
_PLAIN = frozenset((float, int))
"""Types of values that cannot change while they stay the same object."""


class KeptBuild:
    """A built circuit and what it was built from. Nothing in it is changed, so that threads may share it.

    Args:
        layout: The elements, heralds and modes of the circuit.

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

    def __init__(self, layout: Layout) -> None:
        self._compilation = compilation = layout.compilation()
        self.heralds = layout.heralds
        bound = compilation.bound
        self._build(bound.present())
        of_symbols = any(isinstance(one, MatrixOfParameters) for one in bound.matrices)
        # Parameters of somebody else's class may give another value each time.
        ours = all(type(parameter) is Parameter for parameter in bound.parameters)
        small = self.compiled.total_modes <= _MOST_MODES
        self.can_be_kept = self.can_be_kept and ours and small and not of_symbols

    def _build(self, values: list[Any]) -> None:
        self._values = values
        self.compiled = CompiledCircuit(self._compilation, self.heralds, values)
        self.derived: dict[str, Any] = {}
        self.can_be_kept = _PLAIN.issuperset(map(type, values))

    def for_now(self, layout: Layout) -> KeptBuild:
        """Return what a circuit is built to now: this very object where nothing has changed.

        Args:
            layout: The elements, heralds and modes of the circuit as they are now. This object was kept for
                it.

        Raises:
            TypeError, ValueError: As when a build is made.
        """
        if not (
            self._compilation.fits(layout.n_modes, layout.components)
            and (layout.heralds is self.heralds or layout.heralds == self.heralds)
        ):
            return KeptBuild(layout)
        values = self._compilation.bound.present()
        if all(map(is_, values, self._values)):
            return self
        other = _new(KeptBuild)  # other values alone, as in an optimisation: the rest is as it was
        other._compilation, other.heralds = self._compilation, self.heralds
        other._build(values)
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        """Be nothing in a copy or pickle of a circuit."""
        return (type(None), ())


_new = object.__new__
