"""States with and without heralded modes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


ROUNDING = 1e-5
"""How far the matrix of a circuit may miss unitarity by rounding; circuits have checked their own elements."""


def with_heralds(state: Sequence[int] | object, heralds: Mapping[int, int], n_modes: int) -> tuple[int, ...]:
    """Return the photon numbers of all modes.

    Args:
        state: Photon numbers of the modes without a herald.
        heralds: Photons of the others.
        n_modes: Number of all modes.
    """
    others = iter(tuple(state))  # type: ignore[call-overload]
    return tuple(int(heralds[mode]) if mode in heralds else int(next(others)) for mode in range(n_modes))
