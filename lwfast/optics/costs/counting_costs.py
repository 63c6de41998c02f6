"""What it takes to draw samples from a distribution that is there, and to count them."""

from __future__ import annotations

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
        n_samples: How many samples the task asks for.
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
