"""Sums over the rows of a uint8 table, weighed by counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._simd import LANES, add, broadcast, lane_jit, load_at, mul, store_at
from lwfast._kernels._words import load1

_U = np.uint64  # an unsigned index needs no check for negative ones


def sums_shape(n_modes: int) -> tuple[int, int]:
    """Return the lines and columns of the sums for `n_modes` modes: pairs, and whole vectors of one more."""
    return max(n_modes + 1, 2) // 2 * 2, -(-(n_modes + 1) // LANES) * LANES


@lane_jit("const uint8[:], int64, const int64[:], int64[:], float64[:]")
def photon_sums(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    histogram: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> None:
    """Add up photon totals, photons of modes and their products for pairs of modes, in place and in one pass.

    The sums of eight modes are one vector, and four rows are added to those of two modes at a time: loads
    and stores are what takes the time. Modes without photons are added too, because a branch on them costs
    more. A one stands behind the modes of a row, so that the last sum of a line is that of its mode alone.
    Sums are float64: exact below 2^53, whatever their order.

    Args:
        table: Flat uint8 table.
        n_modes: Modes of a row.
        counts: int64, one a row.
        histogram: int64[255 * n_modes + 1], samples by their number of photons.
        sums: float64 of `sums_shape(n_modes)`, flat. Column k of line i receives the products of modes i and
            k, from k = i on; column `n_modes` the photons of mode i. The rest has no meaning.
    """
    n_lines = max(n_modes + 1, 2) // 2 * 2
    width = sums.size // n_lines
    # Four rows, and the same times their counts.
    photons = np.zeros(4 * width)
    weighed = np.zeros(4 * n_lines)
    for r in range(4):
        photons[r * width + n_modes] = 1.0
    n_rows = counts.size
    for block in range(0, n_rows, 4):
        for r in range(4):
            count = counts[_U(block + r)] if block + r < n_rows else 0
            weight = np.float64(count)
            start = min(block + r, n_rows - 1) * n_modes
            total = 0
            for k in range(n_modes):
                n = load1(table, start + k)
                total += n
                photons[_U(r * width + k)] = n
                weighed[_U(r * n_lines + k)] = weight * n
            histogram[total] += count
        for mode in range(0, n_modes, 2):
            a0, b0 = broadcast(weighed, mode), broadcast(weighed, mode + 1)
            a1, b1 = broadcast(weighed, mode + n_lines), broadcast(weighed, mode + 1 + n_lines)
            a2, b2 = broadcast(weighed, mode + 2 * n_lines), broadcast(weighed, mode + 1 + 2 * n_lines)
            a3, b3 = broadcast(weighed, mode + 3 * n_lines), broadcast(weighed, mode + 1 + 3 * n_lines)
            line = mode * width
            for k in range(mode // LANES * LANES, width, LANES):
                x0, x1 = load_at(photons, k), load_at(photons, k + width)
                x2, x3 = load_at(photons, k + 2 * width), load_at(photons, k + 3 * width)
                a = add(add(load_at(sums, line + k), mul(a0, x0)), mul(a1, x1))
                b = add(add(load_at(sums, line + width + k), mul(b0, x0)), mul(b1, x1))
                store_at(sums, line + k, add(add(a, mul(a2, x2)), mul(a3, x3)))
                store_at(sums, line + width + k, add(add(b, mul(b2, x2)), mul(b3, x3)))
