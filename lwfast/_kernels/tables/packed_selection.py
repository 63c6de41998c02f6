"""Select rows of a table in words by the photon totals of some of their modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit

_U = np.uint64  # an unsigned index needs no check for negative ones
_BLOCK = 1024  # rows whose marks and totals stay in the first cache
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
) -> int:
    """Write some modes of the rows that meet every condition, and their counts; return how many there are.

    The marks of a block of rows are made of shifts, masks and one table of totals in a register, without a
    branch or a look-up, so that the loops become vectors; then what passed is gathered.

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
        out: uint64[v, M], room for the rows that are kept.
        out_counts: int64[M].
    """
    good, total = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    index = np.empty(_BLOCK, np.int64)
    kept = 0
    for block in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - block)
        for i in range(size):
            good[_U(i)] = _ONE
        for e in range(exact.shape[0]):
            column = words[int(exact[e, 0])]
            mask, value = exact[e, 1], exact[e, 2]
            for i in range(size):
                good[_U(i)] &= _U((column[_U(block + i)] & mask) == value)
        for r in range(page_start.size - 1):
            first, last = rule_start[r], rule_start[r + 1]
            a, shift = words[int(fields[first, 0])], fields[first, 1]
            b, other = words[int(fields[last - 1, 0])], fields[last - 1, 1]
            page, n_pages = page_start[r], page_start[r + 1] - page_start[r]
            if n_pages == 1 and last - first == 2 and low < _U(32):
                allowed = pages[page, 1]
                for i in range(size):
                    t = ((a[_U(block + i)] >> shift) & low) + ((b[_U(block + i)] >> other) & low)
                    good[_U(i)] &= (allowed >> t) & _ONE
                continue
            for i in range(size):
                total[_U(i)] = (a[_U(block + i)] >> shift) & low
            for f in range(first + 1, last):
                b, other = words[int(fields[f, 0])], fields[f, 1]
                for i in range(size):
                    total[_U(i)] += (b[_U(block + i)] >> other) & low
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
        passed = 0
        for i in range(size):
            index[_U(passed)] = block + i
            passed += good[_U(i)] == _ONE
        # Counts come from memory, words from the cache: a short loop of its own has more of them under way.
        for i in range(passed):
            out_counts[_U(kept + i)] = counts[_U(index[_U(i)])]
        _take_fields(words, index, passed, moves, out, kept)
        kept += passed
    return kept


@jit
def _take_fields(
    words: NDArray[np.uint64],
    rows: NDArray[np.int64],
    n_rows: int,
    moves: NDArray[np.uint64],
    out: NDArray[np.uint64],
    first: int,
) -> None:
    """Write fields of the first `n_rows` of `rows` to columns `first` and behind; see `select_words`."""
    for v in range(out.shape[0]):
        column = out[v]
        if moves.shape[0] == 0:
            source = words[v]
            for i in range(n_rows):
                column[_U(first + i)] = source[_U(rows[_U(i)])]
            continue
        for i in range(n_rows):
            column[_U(first + i)] = _U(0)
        for m in range(moves.shape[0]):
            if int(moves[m, 3]) != v:
                continue
            source = words[int(moves[m, 0])]
            right, mask, left = moves[m, 1], moves[m, 2], moves[m, 4]
            for i in range(n_rows):
                column[_U(first + i)] |= ((source[_U(rows[_U(i)])] >> right) & mask) << left
