"""Select rows of a table in words by the photon totals of some of their modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import ROWS, allowed_rows, bit_count, equal_rows, prefetch, trailing_zeros

_U = np.uint64  # an unsigned index needs no check for negative ones
_PASSING = 4 * ROWS  # rows of which fields are moved at a time: their loops are short
_AHEAD = 512  # rows from what is looked at to what is asked for; 256 and 1024 are as quick
_LINE = 8  # words of a cache line
_NONE, _ONE = _U(0), _U(1)


@jit(
    "const uint64[:, :], const int64[:], int64, int64, const uint64[:, :], const int64[:], "
    "const uint64[:, :], uint64, const int64[:], const uint64[:, :], const uint64[:, :], uint64[:, :], "
    "int64[:], int64, bool"
)
def select_words(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
    exact: NDArray[np.uint64],
    rule_start: NDArray[np.int64],
    fields: NDArray[np.uint64],
    low: np.uint64,
    page_start: NDArray[np.int64],
    pages: NDArray[np.uint64],
    moves: NDArray[np.uint64],
    out: NDArray[np.uint64],
    out_counts: NDArray[np.int64],
    place: int,
    is_down: bool,
) -> int:
    """Write some modes of the rows that meet every condition, and their counts, in the order of the table.

    The rows go behind a place, or before it: two threads that start in the middle of a table leave what
    they keep side by side, without a copy and without knowing how much the other keeps. No other place is
    written to.

    The marks of 64 rows are one word, made in registers; then the rows with a mark are copied one by one,
    which takes as long as AVX-512 needs to compress them. Meanwhile later rows are asked for, few at a time:
    a processor has 16 requests of this kind in flight, and waits with the next.

    Args:
        words: uint64[w, N].
        counts: int64[N].
        start: First row.
        stop: One behind the last row.
        exact: uint64[e, 3], word, mask and value: the fields under a mask equal those of the value.
        rule_start: int64[R + 1], where the fields of each rule start in `fields`; at least one each.
        fields: uint64[k, 2], the word and the shift of each field that a rule adds up.
        low: Mask of a field in the lowest bits.
        page_start: int64[R + 1], where the pages of each rule start in `pages`.
        pages: uint64[p, 2], a number q and a mask: bit t of it stands for the total 64 q + t, set where a
            rule allows that.
        moves: uint64[k, 5], what `move_fields` takes, without additions; none copies whole words.
        out: uint64[v, M], with room for the rows that are kept.
        out_counts: int64[M], likewise.
        place: Where the first row goes, or one behind where the last one goes.
        is_down: The latter.

    Returns:
        One behind the place of the last row, or the place of the first one.
    """
    # Flat, by number and in one function: views of rows and calls count references, in each block.
    flat, flat_out, n_rows, n_words = words.reshape(-1), out.reshape(-1), words.shape[1], words.shape[0]
    are_moved = moves.shape[0] > 0
    passing = np.empty(n_words * _PASSING if are_moved else 0, np.uint64)
    target, stride = (passing, _PASSING) if are_moved else (flat_out, out.shape[1])
    begin = _PASSING if is_down else 0
    to = begin if are_moved else place
    n_blocks = (stop - start + ROWS - 1) // ROWS
    ahead = -_AHEAD if is_down else _AHEAD
    for j in range(n_blocks):
        row = start + ROWS * (n_blocks - 1 - j if is_down else j)
        for at in range(row + ahead, row + ahead + ROWS, _LINE):
            prefetch(counts, at)
        for k in range(n_words):
            for at in range(row + ahead, row + ahead + ROWS, _LINE):
                prefetch(flat, k * n_rows + at)
        if n_rows < ROWS:
            found = _marks_of_few(words, exact, rule_start, fields, low, page_start, pages) >> _U(row)
        else:
            at = min(row, n_rows - ROWS)
            found = _marks(flat, n_rows, at, exact, rule_start, fields, low, page_start, pages)
            found >>= _U(row - at)
        if stop - row < ROWS:
            found &= (_ONE << _U(stop - row)) - _ONE
        kept = bit_count(found)
        if is_down:
            to -= kept
            place -= kept
        left, next_word, next_count = found, to, place
        while left != _NONE:
            i = _U(row) + _U(trailing_zeros(left))
            out_counts[_U(next_count)] = counts[i]
            target[_U(next_word)] = flat[i]
            next_count += 1
            next_word += 1
            left &= left - _ONE
        for k in range(1, n_words):
            left, next_word = found, k * stride + to
            while left != _NONE:
                target[_U(next_word)] = flat[_U(k * n_rows + row) + _U(trailing_zeros(left))]
                next_word += 1
                left &= left - _ONE
        if not is_down:
            to += kept
            place += kept
        if are_moved and (j == n_blocks - 1 or (to if is_down else _PASSING - to) < ROWS):
            first, taken = (to, _PASSING - to) if is_down else (0, to)
            _take_fields(passing, _PASSING, first, taken, moves, out, place if is_down else place - taken)
            to = begin
    return place


@jit(forceinline=True)
def _marks(
    flat: NDArray[np.uint64],
    n_rows: int,
    row: int,
    exact: NDArray[np.uint64],
    rule_start: NDArray[np.int64],
    fields: NDArray[np.uint64],
    low: np.uint64,
    page_start: NDArray[np.int64],
    pages: NDArray[np.uint64],
) -> np.uint64:
    """Mark those of 64 rows from `row` on that meet every condition; see `select_words`."""
    found = ~_NONE
    for e in range(exact.shape[0]):
        found &= equal_rows(flat, int(exact[e, 0]) * n_rows + row, exact[e, 1], exact[e, 2])
    for r in range(page_start.size - 1):
        f, g = rule_start[r], rule_start[r + 1]
        allowed = _NONE
        for p in range(page_start[r], page_start[r + 1]):
            allowed |= allowed_rows(flat, row, n_rows, fields, f, g, low, pages[p, 0], pages[p, 1])
        found &= allowed
    return found


@jit
def _marks_of_few(
    words: NDArray[np.uint64],
    exact: NDArray[np.uint64],
    rule_start: NDArray[np.int64],
    fields: NDArray[np.uint64],
    low: np.uint64,
    page_start: NDArray[np.int64],
    pages: NDArray[np.uint64],
) -> np.uint64:
    """Mark the rows of a table of fewer than 64 that meet every condition; the other bits mean nothing."""
    rows = np.zeros((words.shape[0], ROWS), np.uint64)
    for k in range(words.shape[0]):
        for i in range(words.shape[1]):
            rows[_U(k), _U(i)] = words[_U(k), _U(i)]
    return _marks(rows.reshape(-1), ROWS, 0, exact, rule_start, fields, low, page_start, pages)


@jit
def _take_fields(
    words: NDArray[np.uint64],
    stride: int,
    start: int,
    n_rows: int,
    moves: NDArray[np.uint64],
    out: NDArray[np.uint64],
    first: int,
) -> None:
    """Write fields of `n_rows` rows from `start` on to columns `first` and behind; see `select_words`."""
    flat_out = out.reshape(-1)
    for v in range(out.shape[0]):
        place = _U(v * out.shape[1] + first)
        is_empty = True
        for m in range(moves.shape[0]):
            if int(moves[m, 3]) != v:
                continue
            row = _U(int(moves[m, 0]) * stride + start)
            right, mask, left = moves[m, 1], moves[m, 2], moves[m, 4]
            if is_empty:
                for i in range(n_rows):
                    flat_out[place + _U(i)] = ((words[row + _U(i)] >> right) & mask) << left
            else:
                for i in range(n_rows):
                    flat_out[place + _U(i)] |= ((words[row + _U(i)] >> right) & mask) << left
            is_empty = False
