"""A built circuit that is used again as long as nothing that it was built from has changed."""

from __future__ import annotations

from typing import Any

from lwfast.circuit.matrices.compiled import CompiledCircuit
from lwfast.circuit.mode_layout import Layout
from lwfast.circuit.parameterized_unitary import MatrixOfParameters
from lwfast.circuit.parameters import FollowedParameter, Parameter

_PLAIN = (Parameter, FollowedParameter)
"""Kinds of Parameters whose value is what was set; that of somebody else's class may be worked out."""
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

    __slots__ = ("_compilation", "_taken", "compiled", "derived", "heralds")

    def __init__(self, layout: Layout) -> None:
        self._compilation = layout.compilation()
        self.heralds = layout.heralds.copy()
        self.compiled = CompiledCircuit(self._compilation, self.heralds)
        self.derived: dict[str, Any] = {}
        self._taken = self.compiled.taken

    @property
    def can_be_kept(self) -> bool:
        """Whether a later look can tell that nothing has changed, and the matrix is small."""
        of_symbols = any(isinstance(one, MatrixOfParameters) for one in self._compilation.bound.matrices)
        return (
            not of_symbols
            and self.compiled.total_modes <= _MOST_MODES
            and all(type(one) in _PLAIN and type(value) in (float, int) for one, value in self._taken)
        )

    def still_fits(self, layout: Layout) -> bool:
        """Say whether a circuit would be built the same again.

        Args:
            layout: The elements, heralds and modes of the circuit as they are now.
        """
        return (
            self._compilation.fits(layout.n_modes, layout.components)
            and layout.heralds.input == self.heralds.input
            and layout.heralds.output == self.heralds.output
            and (not self._taken or all(parameter.get() is value for parameter, value in self._taken))
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Be nothing in a copy or pickle of a circuit."""
        return (type(None), ())
