"""What samples take: drawn from a distribution, or shot by shot."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from lwfast._base.limits import MAX_FACTORIAL_PHOTONS
from lwfast._base.memory import check_memory, readable_bytes
from lwfast.errors import ResourceLimitError
from lwfast.optics.costs.amplitude_costs import MINOR_BYTES
from lwfast.optics.photon_limits import states_of

MOST_STATES = 1 << 29
"""One sample then takes about a minute; for n photons in as many modes as that or more it is 2^(n - 1)."""
_NANOSECONDS_PER_EDGE = 2.5
_OUTCOME_SECONDS = 1.0e-8
_DISTRIBUTION_SECONDS = 3e-4
_SHOT_DISTRIBUTION_BYTES = 1 << 28
"""What a distribution behind shots may take: the same on every machine, as the samples depend on it."""
RAW_DISTRIBUTION_BYTES = 1 << 30
"""What the distribution behind raw samples may take, for the same reason."""
_FIRST_SHOT_SECONDS = 1e-3
"""Drawing shots takes as much, however few."""
_SHOT_SECONDS = 4e-7
"""Sorting, grouping and counting a shot, once."""
_TERM_SECONDS = 3e-8
"""Drawing whether one photon or dark count is there."""
MULTINOMIAL_SAMPLES = 1 << 24
"""From here on, `sample_counts` may draw the counts themselves instead of the samples."""
MULTINOMIAL_RATIO = 16
"""Samples per outcome from which that is the faster way."""
_PER_SAMPLE = 3e-8
"""Seconds to draw one sample from a distribution and count it."""
_PER_COUNT = 2e-7
"""Seconds to draw the count of one outcome, where there are many samples of each."""
_SEVERAL_THREADS = 1 << 20
"""From so many samples on, threads count into arrays of their own."""
_TESTED_SECONDS = 2e-6
"""Seconds to ask a callable about one outcome."""


def largest_table(n_photons: int, n_rows: int) -> int:
    """Return the most sub-multisets that n - 1 photons in `n_rows` modes have: when spread evenly."""
    if n_photons < 2 or n_rows == 0:
        return 1
    each, more = divmod(n_photons - 1, n_rows)
    return int((each + 1) ** (n_rows - more) * (each + 2) ** more)


def slowest_sample_seconds(n_photons: int, n_rows: int) -> float:
    """Return about how long the slowest boson samples take on one core, each."""
    edges = largest_table(n_photons, n_rows) * min(n_photons, n_rows)
    return (1.5 * edges + n_photons**2 * n_rows) * _NANOSECONDS_PER_EDGE * 1e-9


@functools.cache
def sharing_sample_seconds(n_photons: int, n_modes: int) -> float:
    """Estimate the time of one boson sample whose photons share few modes, on one core, in seconds.

    Every photon needs the sub-multisets of those before it, and there are not many more of them with the last
    photon than with one in the middle. Measured at 2 to 10 modes and 12 to 160 photons: from 0.6 to 2.2 times
    what was needed.
    """
    terms = float(sum(min(largest_table(k, n_modes), 1 << 900) * k for k in range(1, n_photons + 1)))
    return terms * 1.6e-10 + n_photons**2 * n_modes * 2e-8


def sample_seconds(n_photons: int, n_modes: int) -> float:
    """Estimate the time of one boson sample on one core, in seconds."""
    # As if all light could be lost; 2^n where photons may all leave in different modes.
    terms = 2.0 * largest_table(n_photons, n_modes + min(n_photons, n_modes))
    return 3e-7 + n_photons * n_modes * 2e-8 + n_photons * terms * 1e-9


def sample_bytes(n_photons: int, n_rows: int) -> int:
    """Estimate the memory of drawing one boson sample."""
    return MINOR_BYTES * largest_table(n_photons, n_rows)


def samples_bytes(n_samples: int, n_photons: int, n_modes: int) -> int:
    """Estimate the memory of boson samples: their rows, and two random numbers for each photon."""
    return n_samples * (n_modes + 16 * n_photons)


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


def shots_seconds(
    looked_at: Iterable[tuple[int, float]], n_modes: int, n_terms: int, n_shots: float, at_once: int
) -> float:
    """Estimate the time of shots on one core, in seconds.

    Args:
        looked_at: How many photons interfere in shots that stand for all, and the share of such shots.
        n_modes: Modes of a shot.
        n_terms: Intended photons and modes with dark counts.
        n_shots: How many shots, as far as known.
        at_once: The most that are drawn in a round.
    """
    size = min(n_shots, at_once)
    each = 0.0
    for n_photons, share in looked_at:
        together = max(share * size, 1.0)
        if draws_from_distribution(n_modes, n_photons, int(together)):
            seconds = _distribution_seconds(n_modes, n_photons) / together
        else:
            # The second holds where photons share modes, the first where they may all be lost.
            few = sharing_sample_seconds(n_photons, n_modes) + _SHOT_SECONDS
            seconds = min(sample_seconds(n_photons, n_modes), few)
        each += share * seconds
    return least_shots_seconds(n_shots) + n_shots * (each + n_terms * _TERM_SECONDS)


def least_shots_seconds(n_shots: float) -> float:
    """Return what shots take at the very least, whatever happens in them."""
    return _FIRST_SHOT_SECONDS + n_shots * _SHOT_SECONDS


def shots_bytes(n_photons: int, n_modes: int, at_once: int) -> int:
    """Estimate the memory of shots that are drawn at a time.

    Args:
        n_photons: Photons that interfere in a shot.
        n_modes: Modes of a shot.
        at_once: How many shots.

    Raises:
        ResourceLimitError: One shot would take minutes, or would not fit in memory.
    """
    needed = at_once * (3 * n_modes + 16 * n_photons + 32)
    if not draws_from_distribution(n_modes, n_photons, max(at_once, 1)):
        check_sample_cost(n_photons, n_modes)
        needed += sample_bytes(n_photons, n_modes)
    return needed


def draws_from_distribution(n_modes: int, n_photons: int, n_shots: int) -> bool:
    """Say whether shots of so many interfering photons are drawn from their distribution."""
    if n_photons == 0 or n_shots == 0:
        return True
    fits = (
        n_photons <= MAX_FACTORIAL_PHOTONS and 32 * _outcomes(n_modes, n_photons) < _SHOT_DISTRIBUTION_BYTES
    )
    seconds = _distribution_seconds(n_modes, n_photons)
    return fits and seconds < n_shots * sample_seconds(n_photons, n_modes)


def _distribution_seconds(n_modes: int, n_photons: int) -> float:
    return _DISTRIBUTION_SECONDS + _outcomes(n_modes, n_photons) * _OUTCOME_SECONDS if n_photons else 0.0


def _outcomes(n_modes: int, n_photons: int) -> int:
    """Estimate from above: as if all light could be lost."""
    return states_of(n_modes + n_photons, n_photons)


def counting_seconds(n_samples: int, n_outcomes: int) -> float:
    """Estimate the time of drawing samples from a distribution and counting them."""
    if n_samples >= max(MULTINOMIAL_SAMPLES, MULTINOMIAL_RATIO * n_outcomes):
        return n_outcomes * _PER_COUNT
    return n_samples * _PER_SAMPLE


def counting_bytes(
    n_outcomes: int, n_samples: int, n_modes: int, *, ranked: bool, conditional: bool, asked: bool
) -> int:
    """Estimate the memory of drawing samples from a distribution and counting them.

    Args:
        n_outcomes: Outcomes of the distribution.
        n_samples: How many samples.
        n_modes: Modes of an outcome.
        ranked: Rules chose the outcomes, so that their ranks are held.
        conditional: Anything is demanded of an outcome.
        asked: A callable is asked about outcomes.
    """
    # Ranks where rules chose; probabilities, their sums, counts, the guide and the counts of other threads.
    held = n_outcomes * (8 if ranked else 0)
    sampling = n_outcomes * (24 + (8 if conditional else 0)) + 4 * min(n_outcomes, 4 * n_samples)
    seen = min(n_samples, n_outcomes)
    if n_samples > _SEVERAL_THREADS:
        sampling += 16 * n_outcomes
    if asked:
        # The counts that passed, and a State and an answer for each outcome that was drawn.
        sampling += 16 * n_outcomes + seen * (400 + 40 * n_modes)
    sampling += seen * (n_modes + 24)
    return held + sampling


def asking_seconds(n_outcomes: float) -> float:
    """Estimate how long a callable is asked about so many outcomes."""
    return n_outcomes * _TESTED_SECONDS
