"""Sums over the rows of a packed table: photon totals, photons of modes, products of pairs of modes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.parallel import run_chunks
from lwfast._types import Counts
from lwfast.tables.packed_table import PackedTable

_CHUNK = 1 << 17
_KERNEL_ROWS = 1024  # that the kernel adds up in int32
_INT16, _INT32 = 1 << 15, 1 << 31


def packed_sums_of(table: PackedTable, counts: Counts) -> tuple[NDArray[np.int64], NDArray[Any]] | None:
    """Return what a `Summary` is made of; None where photon numbers are too large for the kernel.

    Args:
        table: The states.
        counts: `int64[N]`, which add up to less than 2^63.

    Returns:
        Samples by their number of photons, `int64[255 n_modes + 1]`; and Python integers `(n_modes + 1,
        n_modes)`: products of pairs in the upper triangle, and behind them the photons of each mode.
    """
    n_modes = table.n_modes
    most = max(table.largest(), 1)
    if most * n_modes >= _INT16:
        return None
    limb = _limb_bits(most)
    histogram = np.zeros(MAX_STATE_PHOTONS * n_modes + 1, np.int64)
    sums = np.zeros((n_modes + 1, n_modes), object)
    for shift in range(0, max(int(counts.max(initial=0)).bit_length(), 1), limb):
        for part, found in _parts(table, counts, shift, limb, most):
            histogram[: part.size] += part << shift
            lines = found.astype(object) << shift
            sums[:-1] += np.triu(lines[:, :n_modes])
            sums[-1] += lines[:, n_modes]
    return histogram, sums


def _limb_bits(most: int) -> int:
    """Return how many bits of a count the kernel takes at a time, with at most so many photons in a mode."""
    bits = 14
    while most << bits >= _INT16 or (most * most * _KERNEL_ROWS) << bits > _INT32:
        bits -= 1
    return bits


def _parts(
    table: PackedTable, counts: Counts, shift: int, limb: int, most: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the histogram and the sums of each chunk of rows."""
    from lwfast._kernels.tables import packed_sums as kernels

    n_rows, n_modes = table.shape
    columns, counts = readable(table.columns), readable(counts)
    n_chunks = -(-n_rows // _CHUNK)
    width = -(-(n_modes + 1) // 4) * 4
    parts = [
        (np.zeros((4, most * n_modes + 1), np.int64), np.zeros((n_modes, width), np.int64))
        for _ in range(n_chunks)
    ]

    def add_up(chunk: int) -> None:
        start, stop = chunk * _CHUNK, min((chunk + 1) * _CHUNK, n_rows)
        layout = n_modes, table.bits, table.per_word
        kernels.packed_sums(columns, counts, start, stop, *layout, shift, limb, *parts[chunk])

    run_chunks(add_up, n_chunks)
    return [(histogram.sum(axis=0), sums) for histogram, sums in parts]
