"""Group a large table of one word a row in parts, whose groups each fit the cache.

The rows of each chunk are sorted into parts by the hash of their word; each part is grouped by itself; then
the groups are brought into the order in which they first appear, chunk by chunk. Every step goes through
memory in order, and the hash table of a part stays in the second cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import fold_product

_U = np.uint64
_ZERO, _ONE, _SIX, _LOW6 = _U(0), _U(1), _U(6), _U(63)
_USED = _U(1 << 63)
_INT64_MAX = _U(2**63 - 1)
_BY2, _BY4, _BY8, _BYTES = (_U(2**64 // 3), _U(2**64 // 5), _U(2**64 // 17), _U(2**64 // 255))
_S2, _S4, _S56 = _U(2), _U(4), _U(56)


@jit(
    "const uint64[:], const int64[:], int64, int64, uint64, uint64, int64, int64[:], uint64[:], int64[:], "
    "uint16[:]"
)
def split_rows(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
    key0: np.uint64,
    key1: np.uint64,
    shift: int,
    starts: NDArray[np.int64],
    out: NDArray[np.uint64],
    out_counts: NDArray[np.int64],
    out_rows: NDArray[np.uint16],
) -> bool:
    """Write the rows of a chunk sorted by part, in their order within a part.

    The numbers of rows are sorted, 2 bytes each, and words are read by them: written to as many places as
    there are parts, words take three times as long from 64 parts on.

    Args:
        words: uint64[N].
        counts: int64[N].
        start: First row of the chunk.
        stop: One behind its last row, 2^16 behind the first at most.
        key0: Secret of the hash.
        key1: Secret of the hash.
        shift: The bits of the hash from this one on number the part.
        starts: int64[parts + 1], receives where each part starts in `out`, and the end.
        out: uint64[N], the words; the chunk takes the places that its rows have.
        out_counts: int64[N], their counts, unless each is 1.
        out_rows: uint16[N], the row within the chunk.

    Returns:
        Whether each count is 1.
    """
    n_rows = stop - start
    parts = np.empty(n_rows, np.uint16)
    places = np.zeros(starts.size, np.int64)
    for i in range(n_rows):
        parts[_U(i)] = fold_product(key1, words[_U(start + i)] ^ key0) >> _U(shift)
    for i in range(n_rows):
        places[parts[_U(i)]] += 1
    total = start
    for part in range(starts.size):
        starts[part] = total
        total += places[part]
        places[part] = starts[part]
    for i in range(n_rows):
        number = _U(parts[_U(i)])
        at = places[number]
        places[number] = at + 1
        out_rows[_U(at)] = i
    for i in range(start, stop):
        out[_U(i)] = words[_U(start) + _U(out_rows[_U(i)])]
    differing = 0
    for i in range(start, stop):
        differing |= counts[_U(i)] ^ 1
    if differing == 0:
        return True
    for i in range(start, stop):
        out_counts[_U(i)] = counts[_U(start) + _U(out_rows[_U(i)])]
    return False


@jit(
    "uint64[:], int64[:], uint16[:], const bool[:], const int64[:, :], int64, uint64, uint64, uint64[:], "
    "uint32[:], int64[:, :]"
)
def group_part(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    rows: NDArray[np.uint16],
    are_ones: NDArray[np.bool_],
    starts: NDArray[np.int64],
    part: int,
    key0: np.uint64,
    key1: np.uint64,
    entries: NDArray[np.uint64],
    order: NDArray[np.uint32],
    groups: NDArray[np.int64],
) -> bool:
    """Group the rows of a part; of each chunk, the groups that first appear in it stay, with their sums.

    Args:
        words: uint64[N], sorted by `split_rows`; changed in place.
        counts: int64[N], likewise.
        rows: uint16[N], likewise.
        are_ones: bool[chunks], what `split_rows` returned.
        starts: int64[chunks, parts + 1], from `split_rows`.
        part: Number of the part.
        key0: Secret of the hash.
        key1: Secret of the hash.
        entries: uint64, two for each entry of the hash table, a power of two of them; overwritten. A larger
            table takes its place where it could become more than half full.
        order: uint32, the place in the table of each group; overwritten. As many as the part has rows.
        groups: int64[chunks, parts], receives how many groups of the part first appear in each chunk.

    Returns:
        Whether all went well; else a sum does not fit int64.
    """
    entries[:] = _ZERO
    table = entries
    n_groups = 0
    for chunk in range(starts.shape[0]):
        first, stop = starts[chunk, part], starts[chunk, part + 1]
        while 4 * (n_groups + stop - first) > table.size:
            table = _larger(table, n_groups, key0, key1, order)
        n_before = n_groups
        n_groups = _group_run(
            words, counts, rows, first, stop, are_ones[chunk], key0, key1, table, order, n_groups
        )
        if n_groups < 0:
            return False
        groups[chunk, part] = n_groups - n_before
    group = 0
    for chunk in range(starts.shape[0]):
        first = starts[chunk, part]
        for at in range(first, first + groups[chunk, part]):
            place = _U(order[_U(group)])
            counts[_U(at)] = np.int64(table[place + place + _ONE] & _INT64_MAX)
            group += 1
    return True


@jit
def _group_run(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    rows: NDArray[np.uint16],
    first: int,
    stop: int,
    is_one: bool,
    key0: np.uint64,
    key1: np.uint64,
    table: NDArray[np.uint64],
    order: NDArray[np.uint32],
    n_groups: int,
) -> int:
    """Group the rows that a part has of a chunk; return how many groups there are now, or -1.

    A function of its own: where a variable may get another array, Numba counts references in each turn of a
    loop, and this one takes three times as long.
    """
    mask = _U(table.size // 2 - 1)
    target = first
    for at in range(first, stop):
        word = words[_U(at)]
        count = _ONE if is_one else _U(counts[_U(at)])
        place = fold_product(key1, word ^ key0) & mask
        while True:
            entry = place + place
            state = table[entry + _ONE]
            if state == _ZERO:
                table[entry] = word
                table[entry + _ONE] = _USED | count
                words[_U(target)] = word
                rows[_U(target)] = rows[_U(at)]
                order[_U(n_groups)] = place
                target += 1
                n_groups += 1
                break
            if table[entry] == word:
                total = (state & _INT64_MAX) + count
                if total > _INT64_MAX:
                    return -1
                table[entry + _ONE] = _USED | total
                break
            place = (place + _ONE) & mask
    return n_groups


@jit
def _larger(
    table: NDArray[np.uint64], n_groups: int, key0: np.uint64, key1: np.uint64, order: NDArray[np.uint32]
) -> NDArray[np.uint64]:
    """Return a table four times as large with the same groups, whose new places are written to `order`."""
    larger = np.zeros(4 * table.size, np.uint64)
    mask = _U(larger.size // 2 - 1)
    for group in range(n_groups):
        old = _U(order[_U(group)])
        word = table[old + old]
        place = fold_product(key1, word ^ key0) & mask
        while larger[place + place + _ONE] != _ZERO:
            place = (place + _ONE) & mask
        larger[place + place] = word
        larger[place + place + _ONE] = table[old + old + _ONE]
        order[_U(group)] = place
    return larger


@jit
def _ones_in(word: np.uint64) -> np.uint64:
    """Return the number of bits that are set."""
    word -= (word >> _ONE) & _BY2
    word = (word & _BY4) + ((word >> _S2) & _BY4)
    word = (word + (word >> _S4)) & _BY8
    return (word * _BYTES) >> _S56


@jit(
    "const uint64[:], const int64[:], const uint16[:], const int64[:], const int64[:], int64, uint64[:], "
    "int64[:]"
)
def order_groups(
    words: NDArray[np.uint64],
    sums: NDArray[np.int64],
    rows: NDArray[np.uint16],
    starts: NDArray[np.int64],
    groups: NDArray[np.int64],
    n_rows: int,
    out: NDArray[np.uint64],
    out_sums: NDArray[np.int64],
) -> None:
    """Write the groups that first appear in a chunk in the order of their rows.

    A bit for each of these rows, and how many there are before each 64 bits, tell the place of a group.

    Args:
        words: uint64[N], from `group_part`.
        sums: int64[N].
        rows: uint16[N].
        starts: int64[parts + 1], of the chunk.
        groups: int64[parts], of the chunk.
        n_rows: Rows of the chunk.
        out: uint64, the words of the groups.
        out_sums: int64, their sums.
    """
    marks, before = np.zeros(n_rows // 64 + 1, np.uint64), np.empty(n_rows // 64 + 1, np.uint64)
    for part in range(groups.size):
        for at in range(starts[part], starts[part] + groups[part]):
            row = _U(rows[_U(at)])
            marks[row >> _SIX] |= _ONE << (row & _LOW6)
    total = _ZERO
    for k in range(marks.size):
        before[k] = total
        total += _ones_in(marks[k])
    for part in range(groups.size):
        for at in range(starts[part], starts[part] + groups[part]):
            row = _U(rows[_U(at)])
            lower = marks[row >> _SIX] & ((_ONE << (row & _LOW6)) - _ONE)
            place = before[row >> _SIX] + _ones_in(lower)
            out[place] = words[_U(at)]
            out_sums[place] = sums[_U(at)]
