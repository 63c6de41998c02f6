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
        >>> tritter = lw.Unitary(np.exp(2j * np.pi * np.outer(range(3), range(3)) / 3) / np.sqrt(3))
        >>> (np.abs(tritter.U) ** 2).round(3).tolist()  # a photon leaves in each mode alike
        [[0.333, 0.333, 0.333], [0.333, 0.333, 0.333], [0.333, 0.333, 0.333]]
        >>> task = lw.Simulator(tritter, lw.State([1, 1, 1]), lw.State([1, 1, 1]))
        >>> amplitude = lw.emulator.Backend().run(task).array[0, 0]
        >>> float(round(abs(amplitude) ** 2, 6))  # three photons leave apart in a third of all runs
        0.333333
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
