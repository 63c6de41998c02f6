"""Draw counts from a distribution.

`count_uniforms` is the inversion method with a guide table: cell g of the table holds the first outcome whose
cumulative probability exceeds g / cells, so a uniform number starts next to its outcome. It finds the very
index that `numpy.searchsorted(cdf, u, side="right")` finds, and with it `Generator.choice`.

Source: H.-C. Chen, Y. Asau, "On generating random variates from an empirical distribution", AIIE Trans. 6,
163 (1974).
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._types import AnyArray, Counts, FloatArray


@jit("const float64[:], int32[:]")
def guide_table(cdf: FloatArray, guide: AnyArray) -> None:
    """Fill `guide` with the first outcome of each cell.

    Args:
        cdf: float64[K], cumulative probabilities, ascending, the last one 1.
        guide: int32 or int64[cells], out.
    """
    cells = guide.size
    for cell in range(cells):
        guide[cell] = 0
    # Cells beyond the one in which an outcome ends begin with a later one. Two passes without a branch: how
    # many outcomes end in a cell is as good as random.
    for outcome in range(cdf.size - 1):
        ends_in = np.uint64(min(cdf[outcome] * cells, cells - 1.0))
        guide[ends_in] = outcome + 1
    start = 0
    for cell in range(cells):
        ends_here = guide[cell]
        guide[cell] = start
        start = max(start, ends_here)


@jit("float64[:], float64[:], const float64[:], const int32[:], int64[:]")
def count_uniforms(
    uniforms: FloatArray, scratch: FloatArray, cdf: FloatArray, guide: AnyArray, counts: Counts
) -> None:
    """Add one to the count of the outcome of each uniform number, in place.

    Args:
        uniforms: float64[N] in [0, 1).
        scratch: float64[N]: the numbers are first put into 256 bins there, so that what a bin looks up stays
            in the cache (at 10^6 outcomes 9 ns a sample against 35). float64[0] where the tables fit there
            whole.
        cdf: float64[K], cumulative probabilities.
        guide: From `guide_table`.
        counts: int64[K], out.
    """
    cells = guide.size
    last = cdf.size - 1
    numbers = uniforms
    if scratch.size >= uniforms.size:
        ends = np.zeros(257, np.int64)
        for i in range(uniforms.size):
            ends[np.uint64(uniforms[i] * 256.0) + np.uint64(1)] += 1
        for k in range(256):
            ends[k + 1] += ends[k]
        for i in range(uniforms.size):
            bin_ = np.uint64(uniforms[i] * 256.0)
            scratch[np.uint64(ends[bin_])] = uniforms[i]
            ends[bin_] += 1
        numbers = scratch
    for i in range(uniforms.size):
        u = numbers[i]
        outcome = np.int64(guide[np.uint64(u * cells)])
        # Rounding of u * cells may lead one cell too far.
        while outcome > 0 and cdf[np.uint64(outcome - 1)] > u:
            outcome -= 1
        while outcome < last and cdf[np.uint64(outcome)] <= u:
            outcome += 1
        counts[np.uint64(outcome)] += 1
