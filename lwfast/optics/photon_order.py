"""In which order linear forms are multiplied: it decides whether their product cancels.

The amplitude of an output is a coefficient of the product of linear forms, one for each photon. Multiplied in
the order of their modes, 60 photons in each input of a balanced splitter give (x + y)^60 (x - y)^60, and
coefficients of up to 10^17 times the final ones on the way. Taken in turn, (x + y)(x - y) = x^2 - y^2, none
is larger than needed.

For a product of creation operators this can be said exactly. An error of the k-th partial product, of
whatever shape, is a state of k photons; with p_i photons of input i still to come and j_i in the error, its
square grows by at most Π (j_i + p_i)! / j_i!, which is largest where j_i is proportional to p_i. That of the
product itself grows by Π N_i! / (N_i - p_i)!. Where the photons that are already in, N_i - p_i, are in the
proportion of those to come, both are the same, and rounding errors stay as small beside the state as they
were made.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def in_turn(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64[Σ counts]: each index as often as it counts, spread evenly; not to be written to."""
    return _in_turn(tuple(map(int, counts)))


@functools.lru_cache(maxsize=256)
def _in_turn(counts: tuple[int, ...]) -> NDArray[np.int64]:
    """Return `in_turn` from a cache: it takes longer than small expansions do."""
    numbers = np.array(counts, dtype=np.int64)
    if len(numbers) == 0 or (numbers == numbers[0]).all():
        return np.tile(np.arange(len(numbers)), int(numbers[0]) if len(numbers) else 0)
    indices = np.repeat(np.arange(len(numbers)), numbers)
    repeats = np.arange(len(indices)) - np.repeat(numbers.cumsum() - numbers, numbers)
    # Exact, for up to 2^26 of them: equal places keep the order of the indices.
    order: NDArray[np.int64] = indices[np.argsort((2 * repeats + 1) / numbers[indices], kind="stable")]
    return order


def growth_one_by_one(counts: Sequence[int]) -> float:
    """Return how much rounding errors grow beside the state if photons come input by input.

    Args:
        counts: Photons in each input, all positive.
    """
    worst = 0.0
    for entered in range(1, len(counts)):
        n, left = sum(counts[:entered]), sum(counts[entered:])
        # Squared, as logarithms: the largest growth, and that of the state.
        grown = sum(
            math.lgamma(n * p / left + p + 1) - math.lgamma(n * p / left + 1) for p in counts[entered:]
        )
        worst = max(worst, grown - sum(math.lgamma(p + 1) for p in counts[entered:]))
    return math.exp(min(worst / 2, 700.0))
