"""Equal rows of a table, sorted together; `counts` adds up counts without sorting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._types import FloatArray, StateTable


def sorted_groups(rows: StateTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort equal rows together, the last mode first.

    Args:
        rows: uint8[K, m], in which rows may repeat.

    Returns:
        The order int64[K], in which equal rows keep theirs, and where in it each group begins, int64[groups].
    """
    if len(rows) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if rows.max(initial=0) <= 1:
        packed = np.packbits(rows, axis=1, bitorder="little")
    else:
        packed = np.ascontiguousarray(rows)
    width = max(1, -(-packed.shape[1] // 8))
    keys = np.zeros((len(rows), 8 * width), dtype=np.uint8)
    keys[:, : packed.shape[1]] = packed
    words = keys.view("<u8")
    order = np.lexsort(words.T)
    words = words[order]
    return order, np.flatnonzero(np.r_[True, (words[1:] != words[:-1]).any(axis=1)])


def group_rows(rows: StateTable, weights: FloatArray) -> tuple[StateTable, FloatArray]:
    """Add the weights of equal rows.

    Args:
        rows: uint8[K, m], in which rows may repeat.
        weights: float64[K], the weight of each row.

    Returns:
        The distinct rows, ordered by the last mode first, and the sum of the weights of each.
    """
    order, starts = sorted_groups(rows)
    if len(rows) == 0:
        return rows, weights
    return rows[order[starts]], np.add.reduceat(weights[order], starts)


def distinct_rows(rows: StateTable) -> tuple[StateTable, NDArray[np.int64]]:
    """Return the distinct rows, and for each row which of them it is, int64[K]."""
    order, starts = sorted_groups(rows)
    where = np.empty(len(rows), dtype=np.int64)
    sizes = np.diff(np.append(starts, len(rows)))
    where[order] = np.repeat(np.arange(len(starts)), sizes)
    return rows[order[starts]], where
