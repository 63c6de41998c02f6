"""Sums over the rows of a packed table: photon totals, photons of modes, products of pairs of modes."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.parallel import run_chunks
from lwfast._types import Counts
from lwfast.tables.packed_table import PackedTable

_CHUNK = 1 << 17
"""No more, so that the kernel's sums fit int64."""
_INT16, _EXACT = 1 << 15, 1 << 62


def packed_sums_of(table: PackedTable, counts: Counts) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return what a `Summary` is made of; None where photon numbers are too large for the kernel.

    Args:
        table: The states as words.
        counts: `int64[N]`, the count of each state.

    Returns:
        Samples by their number of photons, `(k,)`; and Python integers `(n_modes + 1, n_modes)`: products of
        pairs in the upper triangle, and behind them the photons of each mode. The former are Python integers
        too where int64 might not do.
    """
    n_rows, n_modes = table.shape
    most = (1 << table.bits) - 1
    if most * n_modes >= _INT16:
        most = max(table.largest(), 1)
        if most * n_modes >= _INT16:
            return None
    parts = _parts(table, counts, most)
    used = functools.reduce(operator.or_, (found for *_, found in parts), 0)
    histogram, sums = np.zeros(most * n_modes + 1, object), np.zeros((n_modes, n_modes + 1), object)
    for shift in {shift for shift, *_ in parts}:
        some = [(totals, found) for at, totals, found, _ in parts if at == shift]
        # A few thousand Python integers a chunk would take as long as the kernel.
        kind = np.int64 if used * n_rows * most * most < _EXACT else object
        histogram += np.sum([totals for totals, _ in some], axis=0, dtype=kind).astype(object) << shift
        sums += np.sum([found for _, found in some], axis=0, dtype=kind).astype(object) << shift
    if used * n_rows < _EXACT:
        histogram = histogram.astype(np.int64)
    return histogram, np.vstack([np.triu(sums[:, :-1]), sums[:, -1]])


def _parts(
    table: PackedTable, counts: Counts, most: int
) -> list[tuple[int, NDArray[np.int64], NDArray[np.int64], int]]:
    """Return for each chunk of rows the bits of the counts left out, the histogram, the sums, and all counts.

    The last is the bitwise OR of them.
    """
    from lwfast._kernels.tables import packed_sums as kernels

    n_rows, n_modes = table.shape
    columns, counts = readable(table.columns), readable(counts)
    parts: list[tuple[int, NDArray[np.int64], NDArray[np.int64], int]] = []

    def add_up(chunk: int) -> None:
        start, stop = chunk * _CHUNK, min((chunk + 1) * _CHUNK, n_rows)
        layout = n_modes, table.bits, table.per_word
        shift, used = 0, 1
        while used >> shift:
            histogram, sums = (
                np.zeros(most * n_modes + 1, np.int64),
                np.zeros((n_modes, n_modes + 1), np.int64),
            )
            above = kernels.packed_sums(columns, counts, start, stop, *layout, shift, histogram, sums)
            used = max(used, int(above) << shift)
            parts.append((shift, histogram, sums, used))
            shift += kernels.COUNT_BITS

    run_chunks(add_up, -(-n_rows // _CHUNK))
    return parts
