"""Select rows of a table in words by the photon totals of some of their modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import prefetch
from lwfast._types import AnyArray

_U = np.uint64  # an unsigned index needs no check for negative ones
_BLOCK = 128  # rows: few, so that a processor reads on from memory while it works; 256 take a quarter longer
_LARGE_BLOCK = 256  # of a table that the cache holds, and where fields are moved: 128 take a quarter longer
_CACHED = 1 << 20  # rows of such a table
_AHEAD = 512  # rows from what is written to what is asked for
_LINE = 8  # words of a cache line
_ONE, _SIX, _PAGE = _U(1), _U(6), _U(63)


@jit(
    "const uint64[:, :], const int64[:], int64, int64, const uint64[:, :], const int64[:], "
    "const uint64[:, :], uint64, const int64[:], const uint64[:, :], const uint64[:, :], uint64[:, :], "
    "int64[:]"
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
) -> np.int64:
    """Write some modes of the rows that meet every condition, and their counts; return how many there are.

    The marks of a block of rows are made of shifts, masks and one table of totals in a register, without a
    branch or a look-up, so that the loops become vectors. Then every row is written, and the next one over it
    unless it has passed: no branch here either. Meanwhile later rows are asked for; processors that look
    ahead by themselves stop where a loop over the words turns to the counts.

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
        out: uint64[v, M], room for all rows.
        out_counts: int64[M], likewise.
    """
    # Flat, and by number: a view of a row counts references, in each block.
    flat, flat_out, n_rows, room = words.reshape(-1), out.reshape(-1), words.shape[1], out.shape[1]
    step = _BLOCK if moves.shape[0] == 0 and n_rows > _CACHED else _LARGE_BLOCK
    good, total = np.empty(step, np.uint64), np.empty(step, np.uint64)
    passing = np.empty(words.shape[0] * step, np.uint64)
    kept = np.int64(0)
    for block in range(start, stop, step):
        size = min(step, stop - block)
        for i in range(size):
            good[_U(i)] = _ONE
        for e in range(exact.shape[0]):
            a = _U(int(exact[e, 0]) * n_rows + block)
            mask, value = exact[e, 1], exact[e, 2]
            for i in range(size):
                good[_U(i)] &= _U((flat[a + _U(i)] & mask) == value)
        for r in range(page_start.size - 1):
            first, last = rule_start[r], rule_start[r + 1]
            a, shift = _U(int(fields[first, 0]) * n_rows + block), fields[first, 1]
            b, other = _U(int(fields[last - 1, 0]) * n_rows + block), fields[last - 1, 1]
            page, n_pages = page_start[r], page_start[r + 1] - page_start[r]
            if n_pages == 1 and last - first == 2 and low < _U(32):
                allowed = pages[page, 1]
                for i in range(size):
                    t = ((flat[a + _U(i)] >> shift) & low) + ((flat[b + _U(i)] >> other) & low)
                    good[_U(i)] &= (allowed >> t) & _ONE
                continue
            for i in range(size):
                total[_U(i)] = (flat[a + _U(i)] >> shift) & low
            for f in range(first + 1, last):
                b, other = _U(int(fields[f, 0]) * n_rows + block), fields[f, 1]
                for i in range(size):
                    total[_U(i)] += (flat[b + _U(i)] >> other) & low
            if n_pages == 1:
                number, allowed = pages[page, 0], pages[page, 1]
                for i in range(size):
                    t = total[_U(i)]
                    good[_U(i)] &= _U((t >> _SIX) == number) & (allowed >> (t & _PAGE))
                continue
            for i in range(size):
                t = total[_U(i)]
                is_allowed = _U(0)
                for p in range(page, page + n_pages):
                    is_allowed |= _U((t >> _SIX) == pages[p, 0]) & (pages[p, 1] >> (t & _PAGE))
                good[_U(i)] &= is_allowed
        after = _take(counts, block, size, good, out_counts, kept)
        for k in range(words.shape[0]):
            if moves.shape[0] == 0:
                _take(flat, k * n_rows + block, size, good, flat_out, k * room + kept)
            else:
                _take(flat, k * n_rows + block, size, good, passing, k * step)
        if moves.shape[0] > 0:
            _take_fields(passing, step, after - kept, moves, out, kept)
        kept = after
    return kept


@jit
def _take(
    column: AnyArray, block: int, size: int, good: NDArray[np.uint64], out: AnyArray, first: int | np.int64
) -> np.int64:
    """Write the entries of rows that are good from place `first` on; return the place behind the last.

    Args:
        column: Words or counts of all rows.
        block: First row.
        size: Number of rows.
        good: uint64[size], 1 or 0.
        out: Has room for all of these rows.
        first: Where the first one goes.
    """
    at = _U(first)
    whole = size // _LINE * _LINE
    for line in range(0, whole, _LINE):
        prefetch(column, block + _AHEAD + line)
        for i in range(line, line + _LINE):
            out[at] = column[_U(block + i)]
            at += good[_U(i)]
    for i in range(whole, size):
        out[at] = column[_U(block + i)]
        at += good[_U(i)]
    return np.int64(at)


@jit
def _take_fields(
    words: NDArray[np.uint64],
    stride: int,
    n_rows: np.int64,
    moves: NDArray[np.uint64],
    out: NDArray[np.uint64],
    first: np.int64,
) -> None:
    """Write fields of the first `n_rows` rows to columns `first` and behind; see `select_words`."""
    flat_out = out.reshape(-1)
    for v in range(out.shape[0]):
        place = _U(v * out.shape[1] + first)
        is_empty = True
        for m in range(moves.shape[0]):
            if int(moves[m, 3]) != v:
                continue
            row = _U(int(moves[m, 0]) * stride)
            right, mask, left = moves[m, 1], moves[m, 2], moves[m, 4]
            if is_empty:
                for i in range(n_rows):
                    flat_out[place + _U(i)] = ((words[row + _U(i)] >> right) & mask) << left
            else:
                for i in range(n_rows):
                    flat_out[place + _U(i)] |= ((words[row + _U(i)] >> right) & mask) << left
            is_empty = False
