"""A circuit that is one unitary matrix."""

from __future__ import annotations

from typing import Any

from lwfast.circuit.blocks import UnitaryMatrix, as_unitary_matrix
from lwfast.circuit.photonic_circuit import PhotonicCircuit


class Unitary(PhotonicCircuit):
    """A circuit that implements a unitary matrix across all of its modes.

    Args:
        unitary: The matrix, anything that NumPy can read as (n, n), or a `ParameterizedUnitary`, of lwfast
            or Lightworks. It is copied. A matrix in single precision is replaced by the nearest unitary in
            double precision.
        label: Text that drawings show on the element; by default "U".

    Raises:
        NotUnitaryError: It is not unitary; the message says by how much it misses.
        TypeError: It is not numeric, or `label` is not a string.
        ValueError: It is not square, or empty.

    Example:
        >>> circuit = lw.Unitary(lw.random_unitary(4, seed=1))
        >>> circuit.n_modes
        4
    """

    _lightworks_kind = "Unitary"

    def __init__(self, unitary: Any, label: str = "U") -> None:
        if not isinstance(label, str):
            msg = f"Label for unitary should be a string, got {type(label).__name__}."  # type: ignore[unreachable]
            raise TypeError(msg)
        matrix = as_unitary_matrix(unitary)
        n_modes = int(matrix.shape[0])
        super().__init__(n_modes)
        self._layout.components.append(UnitaryMatrix(tuple(range(n_modes)), matrix, label))
