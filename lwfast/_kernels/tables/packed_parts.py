"""Group a large table of one word a row in parts, whose groups each fit the cache.

The rows of each chunk are sorted into parts by the hash of their word; the rows that a part has of some
chunks are added to the groups that it has so far; then the new groups are brought into the order in which
they first appear, chunk by chunk. Every step goes through memory in order, what a part knows stays in the
second cache meanwhile, and the rows that are sorted are those of a stretch of the table, in memory that the
next stretch uses again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import bit_count, fold_product, prefetch

OVERFLOW = -1  # a sum does not fit int64

_U = np.uint64
_ZERO, _ONE, _SIX, _LOW6 = _U(0), _U(1), _U(6), _U(63)
_INT64_MAX = _U(2**63 - 1)
_LOW32 = (1 << 32) - 1


@jit(
    "const uint64[:], const int64[:], int64, int64, uint64, uint64, int64, int64[:], uint64[:], int64[:], "
    "uint16[:], int64"
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
    first: int,
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
        out: uint64[...], receives the words.
        out_counts: int64[...], their counts, unless each is 1.
        out_rows: uint16[...], the row within the chunk.
        first: Where the first word goes.

    Returns:
        Whether each count is 1.
    """
    n_rows = stop - start
    parts = np.empty(n_rows, np.uint16)
    places = np.zeros(starts.size, np.int64)
    for i in range(n_rows):
        part = fold_product(key1, words[_U(start + i)] ^ key0) >> _U(shift)
        parts[_U(i)] = part
        places[part] += 1
    total = first
    for k in range(starts.size):
        starts[k] = total
        total += places[k]
        places[k] = starts[k]
    for i in range(n_rows):
        number = _U(parts[_U(i)])
        at = places[number]
        places[number] = at + 1
        out_rows[_U(at)] = i
    for i in range(first, first + n_rows):
        out[_U(i)] = words[_U(start) + _U(out_rows[_U(i)])]
    differing = 0
    for i in range(start, stop):
        differing |= counts[_U(i)] ^ 1
    if differing == 0:
        return True
    for i in range(first, first + n_rows):
        out_counts[_U(i)] = counts[_U(start) + _U(out_rows[_U(i)])]
    return False


@jit(
    "uint64[:], const int64[:], uint16[:], const bool[:], const int64[:, :], int64, int64, uint64, uint64, "
    "uint32[:], uint64[:], int64[:], int64, int64[:, :]"
)
def group_part(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    rows: NDArray[np.uint16],
    are_ones: NDArray[np.bool_],
    starts: NDArray[np.int64],
    part: int,
    chunk: int,
    key0: np.uint64,
    key1: np.uint64,
    slots: NDArray[np.uint32],
    found: NDArray[np.uint64],
    sums: NDArray[np.int64],
    groups: int,
    new_groups: NDArray[np.int64],
) -> tuple[int, int]:
    """Add the rows that a part has of some chunks to its groups; those that are new stay with each chunk.

    Args:
        words: uint64[...], sorted by `split_rows`; of each chunk, the new groups come to stand first.
        counts: int64[...], likewise.
        rows: uint16[...], likewise, as the words.
        are_ones: bool[chunks], what `split_rows` returned.
        starts: int64[chunks, parts + 1], from `split_rows`.
        part: Number of the part.
        chunk: The first chunk that is not grouped.
        key0: Secret of the hash.
        key1: Secret of the hash.
        slots: uint32, a power of two: one more than the number of a group where its hash says, or the next
            free slot behind; else 0.
        found: uint64[...], the words of the groups, fewer than slots.
        sums: int64[...], their counts.
        groups: Number of groups so far.
        new_groups: int64[chunks, parts], receives how many groups first appear in each chunk.

    Returns:
        (chunk, groups): the first chunk that is not grouped, for want of room unless it is the end, and the
        number of groups; or `OVERFLOW` for the chunk.
    """
    # All that the part knows, which is in memory since the last stretch: a quarter of the time less.
    for i in range(0, groups, 8):
        prefetch(found, i)
        prefetch(sums, i)
    if groups > 0:
        for i in range(0, slots.size, 16):
            prefetch(slots, i)
    for k in range(chunk, starts.shape[0]):
        first, stop = starts[k, part], starts[k, part + 1]
        if groups + stop - first > found.size:
            return k, groups
        known = groups
        groups = _group_run(
            words, counts, rows, first, stop, are_ones[k], key0, key1, slots, found, sums, groups
        )
        if groups < 0:
            return OVERFLOW, known
        new_groups[k, part] = groups - known
    return starts.shape[0], groups


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
    slots: NDArray[np.uint32],
    found: NDArray[np.uint64],
    sums: NDArray[np.int64],
    groups: int,
) -> int:
    """Add the rows that a part has of a chunk to its groups; return how many there are now, or `OVERFLOW`."""
    mask = _U(slots.size - 1)
    target = first
    for at in range(first, stop):
        word = words[_U(at)]
        count = _ONE if is_one else _U(counts[_U(at)])
        slot = fold_product(key1, word ^ key0) & mask
        while True:
            number = slots[slot]
            if number == 0:
                found[_U(groups)] = word
                sums[_U(groups)] = np.int64(count)
                words[_U(target)] = word
                rows[_U(target)] = rows[_U(at)]
                target += 1
                groups += 1
                slots[slot] = groups
                break
            group = _U(number) - _ONE
            if found[group] == word:
                total = _U(sums[group]) + count
                if total > _INT64_MAX:
                    return OVERFLOW
                sums[group] = np.int64(total)
                break
            slot = (slot + _ONE) & mask
    return groups


@jit("const uint64[:], int64, uint64, uint64, uint32[:]")
def enter_groups(
    found: NDArray[np.uint64], groups: int, key0: np.uint64, key1: np.uint64, slots: NDArray[np.uint32]
) -> None:
    """Write the numbers of groups to the slots of `group_part`, a power of two of them, zeros at first."""
    mask = _U(slots.size - 1)
    for group in range(groups):
        slot = fold_product(key1, found[_U(group)] ^ key0) & mask
        while slots[slot] != 0:
            slot = (slot + _ONE) & mask
        slots[slot] = group + 1


@jit(
    "const uint64[:], const uint16[:], const int64[:], const int64[:], const int64[:], int64, uint64[:], "
    "int64[:]"
)
def order_groups(
    words: NDArray[np.uint64],
    rows: NDArray[np.uint16],
    starts: NDArray[np.int64],
    new_groups: NDArray[np.int64],
    known: NDArray[np.int64],
    n_rows: int,
    out: NDArray[np.uint64],
    out_numbers: NDArray[np.int64],
) -> None:
    """Write the groups that first appear in a chunk in the order of their rows.

    A bit for each of these rows, and how many there are before each 64 bits, tell the place of a group.

    Args:
        words: uint64[...], from `group_part`.
        rows: uint16[...], likewise.
        starts: int64[parts + 1], of the chunk.
        new_groups: int64[parts], of the chunk.
        known: int64[parts], how many groups each part has from before the chunk.
        n_rows: Rows of the chunk.
        out: uint64, the words of the groups.
        out_numbers: int64, the part of each, 2^32 times, and its number there.
    """
    marks, before = np.zeros(n_rows // 64 + 1, np.uint64), np.empty(n_rows // 64 + 1, np.uint64)
    for part in range(new_groups.size):
        for at in range(starts[part], starts[part] + new_groups[part]):
            row = _U(rows[_U(at)])
            marks[row >> _SIX] |= _ONE << (row & _LOW6)
    total = _ZERO
    for k in range(marks.size):
        before[k] = total
        total += _U(bit_count(marks[k]))
    for part in range(new_groups.size):
        number = (part << 32) + known[part]
        for at in range(starts[part], starts[part] + new_groups[part]):
            row = _U(rows[_U(at)])
            lower = marks[row >> _SIX] & ((_ONE << (row & _LOW6)) - _ONE)
            place = before[row >> _SIX] + _U(bit_count(lower))
            out[place] = words[_U(at)]
            out_numbers[place] = number
            number += 1


@jit("int64[:], int64, int64, const int64[:], const int64[:]")
def take_sums(
    numbers: NDArray[np.int64],
    start: int,
    stop: int,
    begins: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> None:
    """Write the sums of groups over their numbers.

    Args:
        numbers: int64[...], from `order_groups`; changed in place.
        start: The first group.
        stop: One behind the last group.
        begins: int64[parts], where the sums of each part are.
        sums: int64[...], those of all parts.
    """
    for i in range(start, stop):
        number = numbers[_U(i)]
        numbers[_U(i)] = sums[_U(begins[_U(number >> 32)] + (number & _LOW32))]
