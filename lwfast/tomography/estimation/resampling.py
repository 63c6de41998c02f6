"""Standard errors from counts: the experiments are drawn again, all at once."""

from __future__ import annotations

import numpy as np

from lwfast._base.generators import generator_of
from lwfast._base.memory import check_memory
from lwfast._base.validation import as_integer
from lwfast._types import ComplexArray, FloatArray, SeedLike


def frequencies(counts: FloatArray) -> FloatArray:
    """Return the part of each outcome in its experiment, for counts of shape (..., 2^n)."""
    found: FloatArray = counts / counts.sum(axis=-1, keepdims=True)
    return found


def resampled(counts: FloatArray, n_bootstrap: int, rng: SeedLike, entries: int) -> FloatArray:
    """Draw all experiments again, as often as asked: multinomial counts with the frequencies that were seen.

    Args:
        counts: float64[E, 2^n], whole numbers.
        n_bootstrap: How often, at least twice.
        rng: Seed or generator that the replicas are drawn from.
        entries: Numbers of an estimate, for the memory that all of them take.

    Returns:
        Frequencies, float64[B, E, 2^n].

    Raises:
        ValueError: Counts are negative or not whole numbers, or `n_bootstrap` is below 2.
        ResourceLimitError: They would not fit in memory.
    """
    number = as_integer(n_bootstrap, "n_bootstrap")
    if number < 2:
        msg = f"n_bootstrap should be at least 2, got {number}; a few hundred give errors to some percent."
        raise ValueError(msg)
    if (counts < 0).any() or (counts != np.rint(counts)).any():
        raise ValueError(
            "Standard errors are drawn from counts, which are whole numbers from 0 on, and the data have "
            "others, such as probabilities. Process the counts themselves."
        )
    remedy = "Take a smaller n_bootstrap."
    check_memory(
        16 * number * (2 * counts.size + 4 * entries), f"{number:,} replicas of the data", remedy=remedy
    )
    totals = counts.sum(axis=1).astype(np.int64)
    drawn = generator_of(rng).multinomial(totals, frequencies(counts), size=(number, len(counts)))
    return frequencies(drawn.astype(np.float64))


def spread(replicas: ComplexArray) -> ComplexArray:
    """Return the standard deviations over the first axis, of real and of imaginary parts."""
    found: ComplexArray = replicas.real.std(axis=0, ddof=1) + 1j * replicas.imag.std(axis=0, ddof=1)
    return found
