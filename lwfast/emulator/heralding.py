"""States with and without heralded modes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ROUNDING = 1e-5
"""How far the matrix of a circuit may miss unitarity by rounding; its elements were checked before."""


def with_heralds(state: Iterable[int], heralds: Mapping[int, int], n_modes: int) -> tuple[int, ...]:
    """Return the photon numbers of all modes.

    Args:
        state: Photon numbers of the modes without a herald.
        heralds: Photons of the others.
        n_modes: Number of all modes.
    """
    others = iter(state)
    return tuple(int(heralds[mode]) if mode in heralds else int(next(others)) for mode in range(n_modes))
