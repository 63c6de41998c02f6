"""What boson samples and shots take, and which way of drawing them is cheapest.

The constants are measured on one core of a 2021 server (Zen 3, AVX2).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable

from lwfast._base.limits import MAX_FACTORIAL_PHOTONS
from lwfast._base.memory import allowed_memory, check_memory, readable_bytes
from lwfast.errors import ResourceLimitError
from lwfast.optics.costs.amplitude_costs import MINOR_BYTES
from lwfast.optics.costs.distribution_costs import ENTRY_SECONDS
from lwfast.optics.photon_limits import states_of

MOST_STATES = 1 << 29
"""One sample then takes about a minute; for n photons in as many modes as that or more it is 2^(n - 1)."""
_LANES_TO = 16
"""Most photons of samples in lanes: their tables take 8 MB then."""
_LAYER_TERM = 4e-10
"""Seconds for each of the n 2^(n-1) multiply-adds of a sample in lanes."""
_IN_CACHE_TO = 13
"""From here on they take twice as long."""
_MODE_TERM = 5e-10
"""Seconds for each multiply-add of the weight of a mode."""
_LANE_PHOTON = 3e-8
_EDGE = 2e-9
"""Seconds for each multiply-add of an expansion over sub-multisets, in tables of average size."""
_STATE = 8e-9
_STEP = 2.5e-7
"""Seconds for each photon of an expansion, whatever the size of its table."""
_SLOWEST_EDGE = 2.5e-9
_UNIFORM = 3e-9
"""Seconds for a random number."""
_OUTCOME_SECONDS = 8e-9
"""Seconds to add an outcome to the sums that draws are looked up in."""
_LOOKED_UP = 2e-8
"""Seconds to look a sample up in a distribution that fits in the cache."""
_FAR = 1.5e-7
"""Seconds more where it is in memory, from `_CACHED` entries on."""
_CACHED = 1 << 21
_WRITTEN = 5e-9
"""Seconds for each mode and photon of an outcome that is written."""
_DISTRIBUTION_SECONDS = 3e-4
_ENTRY_BYTES = 32
_DISTRIBUTION_BYTES = 1 << 28
"""What a distribution behind samples may take: the same on every machine, as the samples depend on it."""
RAW_DISTRIBUTION_BYTES = 1 << 30
"""What the distribution behind raw samples may take, for the same reason."""
_FIRST_SHOT_SECONDS = 1e-3
"""Drawing shots takes as much, however few."""
_SHOT_SECONDS = 4e-7
"""Sorting, grouping and counting a shot, once."""
_TERM_SECONDS = 3e-8
"""Drawing whether one photon or dark count is there."""


@functools.cache
def largest_table(n_photons: int, n_rows: int) -> int:
    """Return the most sub-multisets that n - 1 photons in `n_rows` modes have: when spread evenly."""
    if n_photons < 2 or n_rows == 0:
        return 1
    each, more = divmod(n_photons - 1, n_rows)
    return int((each + 1) ** (n_rows - more) * (each + 2) ** more)


def slowest_sample_seconds(n_photons: int, n_rows: int) -> float:
    """Return about how long the slowest boson samples take on one core, each."""
    if draws_in_lanes(n_photons, n_rows):
        return _lanes_seconds(n_photons, n_rows)
    edges = largest_table(n_photons, n_rows) * min(n_photons, n_rows)
    return (1.5 * edges + n_photons**2 * n_rows) * _SLOWEST_EDGE


def draws_in_lanes(n_photons: int, n_rows: int) -> bool:
    """Say whether boson samples of these photons are drawn side by side, one in each lane of a register.

    Args:
        n_photons: Photons of a sample, at most.
        n_rows: Modes, and modes that take lost photons.
    """
    if n_photons > _LANES_TO:
        return False
    return _lanes_seconds(n_photons, n_rows) < _expansion_seconds(n_photons, n_rows)


def sample_seconds(n_photons: int, n_rows: int) -> float:
    """Estimate the time of one boson sample on one core, in seconds.

    Args:
        n_photons: Photons of a sample.
        n_rows: Modes, and modes that take lost photons.
    """
    if n_photons == 0:
        return _LANE_PHOTON
    seconds = _expansion_seconds(n_photons, n_rows)
    if n_photons <= _LANES_TO:
        seconds = min(seconds, _lanes_seconds(n_photons, n_rows))
    return seconds + 2 * n_photons * _UNIFORM


@functools.cache
def _lanes_seconds(n_photons: int, n_rows: int) -> float:
    terms = n_photons * 2.0 ** (n_photons - 1) * (1 if n_photons < _IN_CACHE_TO else 2)
    return (
        terms * _LAYER_TERM
        + n_photons * (n_photons + 1) / 2 * max(n_rows, 16) * _MODE_TERM
        + n_photons * _LANE_PHOTON
    )


@functools.cache
def _expansion_seconds(n_photons: int, n_rows: int) -> float:
    """Estimate the time of one sample by expansions over the sub-multisets of the modes drawn so far.

    Behind a random unitary, all ways to share k photons among m modes are about as likely. The mean of the
    sub-multisets is then C(k + 2m - 1, k) / C(k + m - 1, k), that of the modes that they are in
    k m / (k + m - 1). Measured at 2 to 100 modes and 2 to 80 photons: from 0.5 to 2 times what was needed.
    """
    m = max(n_rows, 1)
    seconds = n_photons * _STEP + n_photons**2 * m * _MODE_TERM
    for k in range(1, n_photons):
        log = math.lgamma(k + 2 * m) - math.lgamma(2 * m) - math.lgamma(k + m) + math.lgamma(m)
        seconds += math.exp(min(log, 600.0)) * (_STATE + _EDGE * k * m / (k + m - 1))
    return seconds


def sample_bytes(n_photons: int, n_rows: int) -> int:
    """Estimate the memory of drawing one boson sample."""
    if draws_in_lanes(n_photons, n_rows):
        return (136 << n_photons) + 80 * n_photons * n_rows
    return MINOR_BYTES * largest_table(n_photons, n_rows)


def samples_bytes(n_samples: int, n_photons: int, n_modes: int) -> int:
    """Estimate the memory of boson samples: rows, their order, and two random numbers for each photon."""
    return n_samples * (n_modes + 16 * n_photons + 8)


def check_sample_cost(n_photons: int, n_rows: int) -> None:
    """Raise ResourceLimitError where one sample would take minutes, or more memory than is allowed."""
    states = largest_table(n_photons, n_rows)
    if states > MOST_STATES:
        msg = (
            f"One sample of {n_photons} photons in {n_rows} modes could take about "
            f"{slowest_sample_seconds(n_photons, n_rows):.3g} seconds and "
            f"{readable_bytes(sample_bytes(n_photons, n_rows))}; the limit is "
            f"{MOST_STATES.bit_length()} photons that leave in different modes."
        )
        raise ResourceLimitError(msg)
    check_memory(sample_bytes(n_photons, n_rows), f"Sampling {n_photons} photons in {n_rows} modes")


def draws_from_distribution(n_rows: int, n_photons: int, n_samples: int) -> bool:
    """Say whether so many samples of the same photons are drawn from their distribution.

    Args:
        n_rows: Modes, and modes that take lost photons.
        n_photons: Photons that interfere in each sample.
        n_samples: How many samples the task asks for.
    """
    if n_photons == 0 or n_samples == 0:
        return True
    # Not what this process has of it: who computes beside it does not change what a seed gives.
    allowed = min(_DISTRIBUTION_BYTES, allowed_memory())
    if n_photons > MAX_FACTORIAL_PHOTONS or _ENTRY_BYTES * _entries(n_rows, n_photons) > allowed:
        return False
    together = _distribution_seconds(n_rows, n_photons) + n_samples * draw_seconds(n_rows, n_photons)
    return together < n_samples * sample_seconds(n_photons, n_rows)


def _entries(n_rows: int, n_photons: int) -> int:
    """Return the entries of the last two layers of a distribution."""
    return states_of(n_rows, n_photons) + states_of(n_rows, n_photons - 1)


def _distribution_seconds(n_rows: int, n_photons: int) -> float:
    if n_photons == 0:
        return 0.0
    return _DISTRIBUTION_SECONDS + _entries(n_rows, n_photons) * (ENTRY_SECONDS + _OUTCOME_SECONDS)


def draw_seconds(n_rows: int, n_photons: int) -> float:
    """Estimate the time to draw one sample from a distribution that is there, on one core, in seconds."""
    far = min(_entries(n_rows, n_photons) / _CACHED, 1.0)
    return _LOOKED_UP + _FAR * far + _WRITTEN * (n_rows + n_photons)


def shots_seconds(
    looked_at: Iterable[tuple[int, float]], n_rows: int, n_terms: int, n_shots: float, at_once: int
) -> float:
    """Estimate the time of shots on one core, in seconds.

    Args:
        looked_at: How many photons interfere in shots that stand for all, and the share of such shots.
        n_rows: Modes, and modes that take lost photons.
        n_terms: Intended photons and modes with dark counts.
        n_shots: How many shots, as far as known.
        at_once: The most that are drawn in a round.
    """
    size = min(n_shots, at_once)
    each = 0.0
    for n_photons, share in looked_at:
        together = max(share * size, 1.0)
        if draws_from_distribution(n_rows, n_photons, int(together)):
            seconds = _distribution_seconds(n_rows, n_photons) / together
        else:
            seconds = sample_seconds(n_photons, n_rows)
        each += share * seconds
    return least_shots_seconds(n_shots) + n_shots * (each + n_terms * _TERM_SECONDS)


def least_shots_seconds(n_shots: float) -> float:
    """Return what shots take at the very least, whatever happens in them."""
    return _FIRST_SHOT_SECONDS + n_shots * _SHOT_SECONDS


def shots_bytes(n_photons: int, n_modes: int, n_rows: int, at_once: int) -> int:
    """Estimate the memory of shots that are drawn at a time.

    Args:
        n_photons: Photons that interfere in a shot.
        n_modes: Modes of a shot.
        n_rows: These, and modes that take lost photons.
        at_once: How many shots are drawn at a time.

    Raises:
        ResourceLimitError: One shot would take minutes, or would not fit in memory.
    """
    needed = at_once * (3 * n_modes + 16 * n_photons + 32)
    if not draws_from_distribution(n_rows, n_photons, max(at_once, 1)):
        check_sample_cost(n_photons, n_rows)
        needed += sample_bytes(n_photons, n_rows)
    return needed
