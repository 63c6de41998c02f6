"""Draw counts from a distribution, and write the states that were drawn.

`count_uniforms` is the inversion method with a guide table: cell g of the table holds the first outcome whose
cumulative probability exceeds g / cells, so a uniform number starts next to its outcome. It finds the very
index that `numpy.searchsorted(cdf, u, side="right")` finds, and with it `Generator.choice`.

Source: H.-C. Chen, Y. Asau, "On generating random variates from an empirical distribution", AIIE Trans. 6,
163 (1974).
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._types import AnyArray, Counts, FloatArray, StateTable


@jit
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


@jit
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


@jit
def states_at(ranks: AnyArray, n_photons: int, sums: AnyArray, bounds: AnyArray, out: StateTable) -> None:
    """Write the states of the given ranks, in the recursive order.

    Args:
        ranks: int64[N], ascending.
        n_photons: Photons in all modes together.
        sums: int64[modes + 1, n_photons + 2], from `prefix_counts`.
        bounds: int64[modes], largest powers; that of mode 0 is `n_photons`.
        out: uint8[N, m], out; m may be less than modes, the last modes are then left out.
    """
    n_modes = sums.shape[0] - 1
    kept = out.shape[1]
    powers = np.zeros(n_modes, np.int64)
    powers[0] = n_photons
    here = 0
    for row in range(ranks.size):
        gap = ranks[row] - here
        if gap > n_modes:
            rest = ranks[row]
            left = n_photons
            for j in range(n_modes - 1, 0, -1):
                x = 0
                while x < left and rest >= sums[j, left + 1] - sums[j, left - x]:
                    x += 1
                rest -= sums[j, left + 1] - sums[j, left + 1 - x]
                powers[j] = x
                left -= x
            powers[0] = left
        else:
            for _ in range(gap):
                # The lowest mode that can takes one photon more from those below; their rest goes to mode 0.
                below = powers[0]
                p = 1
                while below == 0 or powers[p] == bounds[p]:
                    below += powers[p]
                    powers[p] = 0
                    p += 1
                powers[0] = below - 1
                powers[p] += 1
        here = ranks[row]
        for j in range(kept):
            out[row, j] = powers[j]
