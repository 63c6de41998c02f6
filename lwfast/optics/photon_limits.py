"""How many photons amplitudes can have, and how many states."""

from __future__ import annotations

import math

from lwfast._base.limits import MAX_FACTORIAL_PHOTONS
from lwfast.errors import ResourceLimitError


def check_amplitudes_hold(n_photons: int) -> None:
    """Raise where amplitudes of so many photons cannot be computed.

    Raises:
        ResourceLimitError: There are more than 170.
    """
    if n_photons > MAX_FACTORIAL_PHOTONS:
        msg = f"{n_photons} photons are too many for float64 factorials; {MAX_FACTORIAL_PHOTONS} is the most."
        raise ResourceLimitError(msg)


def states_of(n_modes: int, n_photons: int) -> int:
    """Return the number of Fock states, C(n_modes + n_photons - 1, n_photons)."""
    if n_modes == 0 or n_photons < 0:
        return int(n_photons == 0)
    return math.comb(n_modes + n_photons - 1, n_photons)
