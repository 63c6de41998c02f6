"""How many photons there can be, and how many states they have."""

from __future__ import annotations

import math

from lwfast.errors import ResourceLimitError

MOST_IN_STATE = 255
"""Most photons of a state: a mode holds them in a uint8."""
MOST_IN_AMPLITUDE = 170
"""Most photons that interfere in an amplitude: 170! is the largest factorial of a float64."""


def check_states_hold(n_photons: int) -> None:
    """Raise where a state cannot hold so many photons.

    Raises:
        ResourceLimitError: There are more than 255.
    """
    if n_photons > MOST_IN_STATE:
        msg = f"States hold at most {MOST_IN_STATE} photons (uint8 a mode), got {n_photons}."
        raise ResourceLimitError(msg)


def check_amplitudes_hold(n_photons: int) -> None:
    """Raise where amplitudes of so many photons cannot be computed.

    Raises:
        ResourceLimitError: There are more than 170.
    """
    if n_photons > MOST_IN_AMPLITUDE:
        msg = f"{n_photons} photons are too many for float64 factorials; {MOST_IN_AMPLITUDE} is the most."
        raise ResourceLimitError(msg)


def states_of(n_modes: int, n_photons: int) -> int:
    """Return the number of Fock states, C(n_modes + n_photons - 1, n_photons)."""
    if n_modes == 0 or n_photons < 0:
        return int(n_photons == 0)
    return math.comb(n_modes + n_photons - 1, n_photons)
