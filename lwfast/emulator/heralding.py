"""A circuit's transfer matrix, and states with and without heralded modes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lwfast._base.limits import SINGLE_PRECISION
from lwfast.optics.light import Transfer, cleaned_transfer


def circuit_transfer(circuit: Any) -> Transfer:
    """Return the transfer matrix of a circuit, cleaned of rounding.

    The unitary over all modes is what gets cleaned, loss modes among them: so a matrix in single precision is
    made good, and a loss of 1e-11 stays a loss.

    Args:
        circuit: A compiled circuit, with its unitary over all modes.

    Returns:
        The matrix over the modes of the circuit, with what its unitary was off.
    """
    whole, n_modes = cleaned_transfer(circuit.U_full, SINGLE_PRECISION), circuit.n_modes
    if len(whole.matrix) == n_modes:
        return whole
    return Transfer(whole.matrix[:n_modes, :n_modes], whole.deviation, None)


def with_heralds(state: Iterable[int], heralds: Mapping[int, int], n_modes: int) -> tuple[int, ...]:
    """Return the photon numbers of all modes.

    Args:
        state: Photon numbers of the modes without a herald.
        heralds: Photons of the others.
        n_modes: Number of all modes.
    """
    if not heralds:
        return tuple(map(int, state))
    others = iter(state)
    return tuple(int(heralds[mode]) if mode in heralds else int(next(others)) for mode in range(n_modes))
