"""A circuit's transfer matrix, and states with and without heralded modes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lwfast._base.limits import SINGLE_PRECISION
from lwfast._types import ComplexArray
from lwfast.optics.noise.loss import cleaned_unitary, deviation_of


def circuit_matrix(circuit: Any) -> tuple[ComplexArray, float]:
    """Return the transfer matrix of a circuit, cleaned of rounding, and how far its unitary was off.

    The unitary over all modes is what gets cleaned, loss modes among them: so a matrix in single precision is
    made good, and a loss of 1e-11 stays a loss.

    Args:
        circuit: A compiled circuit.

    Returns:
        complex128[n_modes, n_modes], and the largest entry of |U^H U - 1|.
    """
    unitary: ComplexArray = circuit.U_full
    deviation = deviation_of(unitary)
    # By rounding at most: its elements were checked before.
    matrix = cleaned_unitary(unitary, SINGLE_PRECISION, deviation)
    return matrix[: circuit.n_modes, : circuit.n_modes], deviation


def with_heralds(state: Iterable[int], heralds: Mapping[int, int], n_modes: int) -> tuple[int, ...]:
    """Return the photon numbers of all modes.

    Args:
        state: Photon numbers of the modes without a herald.
        heralds: Photons of the others.
        n_modes: Number of all modes.
    """
    others = iter(state)
    return tuple(int(heralds[mode]) if mode in heralds else int(next(others)) for mode in range(n_modes))
