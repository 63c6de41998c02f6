"""Sums over the rows of a uint8 table, weighed by counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1


@jit
def photon_sums(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    histogram: NDArray[np.int64],
    mode_sums: NDArray[np.float64],
    pair_sums: NDArray[np.float64],
) -> None:
    """Add up photon totals, photons of modes and their products for pairs of modes, in place and in one pass.

    Only modes with photons are looked at: with 12 photons in 20 modes that leaves 45 of 400 pairs, half of
    which mirror the other half. Sums are float64: exact below 2^53, whatever their order.

    Args:
        table: Flat uint8 table.
        n_modes: Modes of a row.
        counts: int64, one a row.
        histogram: int64[255 * n_modes + 1], samples by their number of photons.
        mode_sums: float64[n_modes].
        pair_sums: float64[n_modes * n_modes], of which the upper triangle is filled.
    """
    modes = np.empty(n_modes, np.uint64)  # unsigned: an index needs no check for negative ones
    photons = np.empty(n_modes, np.float64)
    width = np.uint64(n_modes)
    for row in range(counts.size):
        weight = np.float64(counts[row])
        start = row * n_modes
        total = 0
        filled = 0
        for k in range(n_modes):
            n = load1(table, start + k)
            modes[np.uint64(filled)] = k
            photons[np.uint64(filled)] = n
            filled += n != 0
            total += n
        histogram[total] += counts[row]
        for a in range(filled):
            i = modes[np.uint64(a)]
            weighed = weight * photons[np.uint64(a)]
            mode_sums[i] += weighed
            for b in range(a, filled):
                pair_sums[i * width + modes[np.uint64(b)]] += weighed * photons[np.uint64(b)]
