"""Sums over the rows of a uint8 table, weighed by counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit


@jit
def photon_sums(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    histogram: NDArray[np.int64],
    mode_sums: NDArray[np.float64],
) -> None:
    """Add the counts of every photon total to `histogram`, and the photons of every mode to `mode_sums`.

    Both in place and in one pass over the table. The sums of modes are float64: exact below 2^53.
    """
    for row in range(counts.size):
        count = counts[row]
        weight = np.float64(count)
        start = row * n_modes
        total = 0
        for k in range(n_modes):
            photons = table[start + k]
            total += photons
            mode_sums[k] += weight * photons
        histogram[total] += count
