"""Add up equal rows of a table in words.

Open addressing over entries of a row's words and one more: 0 where the entry is free, else its top bit and
the sum of the counts below. An entry of a row of one word is half of a quarter of a cache line, which is all
that one row touches. The hash is keyed: a body that was made to collide cannot slow it down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import fold_product, prefetch

OVERFLOW = -1  # a sum does not fit int64

_U = np.uint64
_ZERO, _ONE = _U(0), _U(1)
_SHIFT32, _LOW32 = _U(32), _U(0xFFFFFFFF)
_USED = _U(1 << 63)
_INT64_MAX = _U(2**63 - 1)
_BLOCK = 32


@jit("const uint64[:, :], int64, int64, uint64, uint64, uint64[:]")
def hash_words(
    words: NDArray[np.uint64],
    start: int,
    stop: int,
    key0: np.uint64,
    key1: np.uint64,
    out: NDArray[np.uint64],
) -> None:
    """Write the hashes of rows `start` to `stop`."""
    for j in range(stop - start):
        out[_U(j)] = fold_product(key1, words[0, _U(start + j)] ^ key0)
    for k in range(1, words.shape[0]):  # row by row, this loop would take a third of the time of grouping
        for j in range(stop - start):
            out[_U(j)] = fold_product(key1 ^ out[_U(j)], words[k, _U(start + j)] ^ key0)


@jit("const uint64[:, :], const int64[:], int64, int64, int64, uint64[:], uint64[:]")
def group_short(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
    groups: int,
    entries: NDArray[np.uint64],
    found: NDArray[np.uint64],
) -> int:
    """Group rows `start` to `stop` of words so short that each has an entry of its own, without any hash.

    Args:
        words: uint64[1, N], all below the number of entries.
        counts: int64[N], not negative.
        start: First row.
        stop: One behind the last row.
        groups: Number of groups so far.
        entries: uint64[2^b], zeros at first; receives the sum of each word, and the top bit with it.
        found: uint64[...], receives the groups in the order of their first rows.

    Returns:
        The number of groups, or `OVERFLOW`.
    """
    for row in range(start, stop):
        word = words[0, _U(row)]
        state = entries[word]
        if state == _ZERO:
            found[_U(groups)] = word
            groups += 1
        total = (state & _INT64_MAX) + _U(counts[_U(row)])
        if total > _INT64_MAX:
            return OVERFLOW
        entries[word] = _USED | total
    return groups


@jit("const uint64[:], const uint64[:], int64[:]")
def take_short(entries: NDArray[np.uint64], found: NDArray[np.uint64], sums: NDArray[np.int64]) -> None:
    """Write the sums of the groups that `group_short` found."""
    for g in range(sums.size):
        sums[_U(g)] = np.int64(entries[found[_U(g)]] & _INT64_MAX)


@jit("const uint64[:, :], const int64[:], int64, int64, int64, uint32[:], uint64[:], int64[:]")
def add_up_short(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
    groups: int,
    places: NDArray[np.uint32],
    found: NDArray[np.uint64],
    sums: NDArray[np.int64],
) -> int:
    """Group rows `start` to `stop` behind those that were grouped before.

    Entries of four bytes: of words of 19 bits, two megabytes, which the second cache nearly holds.

    Args:
        words: uint64[1, N], all below the number of entries.
        counts: int64[N], not negative.
        start: First row.
        stop: One behind the last row.
        groups: Number of groups so far.
        places: uint32[2^b], zeros at first; receives for each word the number of its group, from 1 on.
        found: uint64[...], receives the groups in the order of their first rows.
        sums: int64[...], receives the sum of each group.

    Returns:
        The number of groups, or `OVERFLOW`.
    """
    for row in range(start, stop):
        word, count = words[0, _U(row)], _U(counts[_U(row)])
        place = _U(places[word])
        if place == _ZERO:
            found[_U(groups)], sums[_U(groups)] = word, np.int64(count)
            groups += 1
            places[word] = groups
            continue
        total = _U(sums[place - _ONE]) + count
        if total > _INT64_MAX:
            return OVERFLOW
        sums[place - _ONE] = np.int64(total)
    return groups


@jit("const uint64[:], int64, uint32[:]")
def forget_short(found: NDArray[np.uint64], groups: int, places: NDArray[np.uint32]) -> None:
    """Make the entries of groups zeros again, in place."""
    for g in range(groups):
        places[found[_U(g)]] = 0


@jit("const uint64[:, :], const int64[:], int64, int64, uint64, uint64, int64, uint64[:], uint32[:]")
def group_words(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
    key0: np.uint64,
    key1: np.uint64,
    groups: int,
    entries: NDArray[np.uint64],
    order: NDArray[np.uint32],
) -> tuple[int, int]:
    """Group rows `start` to `stop` in order of first appearance, into `entries` and `order` in place.

    Args:
        words: uint64[w, N].
        counts: int64[N], not negative.
        start: First row to group.
        stop: One behind the last row.
        key0: Secret of the hash; the answer does not depend on it.
        key1: Secret of the hash.
        groups: Number of groups so far.
        entries: uint64, a power of two times w + 1; zero at first.
        order: uint32, the entry of each group; fewer than entries, at most half as many.

    Returns:
        (groups, row): number of groups (or OVERFLOW), and the first row that is not grouped: below `stop`
        the tables are too small.
    """
    n_words = words.shape[0]
    step = n_words + 1
    mask, end = _U(entries.size // step - 1), _U(entries.size)
    places = np.empty(_BLOCK, np.uint64)
    for block in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - block)
        # All places of a block first, so that its 32 cache misses overlap.
        if n_words == 1:
            for j in range(size):  # in one go; by way of `hash_words`, all takes a third longer
                entry = (fold_product(key1, words[0, _U(block + j)] ^ key0) & mask) << _ONE
                places[_U(j)] = entry
                prefetch(entries, int(entry))
            for j in range(size):
                word, count = words[0, _U(block + j)], _U(counts[_U(block + j)])
                entry = places[_U(j)]
                # Nearly all rows: of a free entry or a sum that is too large, the top bit is not set. The
                # steps below, with a look at each of the three, take a third longer.
                total = entries[entry + _ONE] + count
                if entries[entry] == word and total >= _USED:
                    entries[entry + _ONE] = total
                    continue
                while True:
                    state = entries[entry + _ONE]
                    if state == _ZERO:
                        if groups == order.size:
                            return groups, block + j
                        entries[entry] = word
                        entries[entry + _ONE] = _USED | count
                        order[_U(groups)] = entry >> _ONE
                        groups += 1
                        break
                    if entries[entry] == word:
                        total = state + count
                        if total < _USED:
                            return OVERFLOW, block
                        entries[entry + _ONE] = total
                        break
                    entry = (entry + _U(2)) & (end - _ONE)
            continue
        hash_words(words, block, block + size, key0, key1, places)
        for j in range(size):
            entry = (places[_U(j)] & mask) * _U(step)
            places[_U(j)] = entry
            prefetch(entries, int(entry))
        for j in range(size):
            count = _U(counts[_U(block + j)])
            entry = places[_U(j)]
            while True:
                state = entries[entry + _U(n_words)]
                if state == _ZERO:
                    if groups == order.size:
                        return groups, block + j
                    for k in range(n_words):
                        entries[entry + _U(k)] = words[k, _U(block + j)]
                    entries[entry + _U(n_words)] = _USED | count
                    order[_U(groups)] = entry // _U(step)
                    groups += 1
                    break
                is_same = True
                for k in range(n_words):
                    is_same &= entries[entry + _U(k)] == words[k, _U(block + j)]
                if is_same:
                    total = state + count
                    if total < _USED:
                        return OVERFLOW, block
                    entries[entry + _U(n_words)] = total
                    break
                entry += _U(step)
                if entry == end:
                    entry = _ZERO
    return groups, stop


@jit("const uint64[:], int64, uint32[:], uint64[:, :], int64[:]")
def take_groups(
    entries: NDArray[np.uint64],
    groups: int,
    order: NDArray[np.uint32],
    out: NDArray[np.uint64],
    sums: NDArray[np.int64],
) -> None:
    """Write the words and the sum of each group to columns of `out`, uint64[w, ...], and to `sums`."""
    n_words = out.shape[0]
    for g in range(groups):
        entry = _U(order[_U(g)]) * _U(n_words + 1)
        for k in range(n_words):
            out[k, _U(g)] = entries[entry + _U(k)]
        sums[_U(g)] = np.int64(entries[entry + _U(n_words)] & _INT64_MAX)


@jit("const uint64[:], uint32[:]")
def distinct_hashes(hashes: NDArray[np.uint64], slots: NDArray[np.uint32]) -> int:
    """Return how many leading hashes are different; their number rules out equal rows.

    Args:
        hashes: uint64, one a row.
        slots: uint32, a power of two above their number, zero; changed in place.
    """
    mask = _U(slots.size - 1)
    for block in range(0, hashes.size, _BLOCK):
        size = min(_BLOCK, hashes.size - block)
        for j in range(size):
            prefetch(slots, int((hashes[_U(block + j)] >> _SHIFT32) & mask))
        for j in range(size):
            h = hashes[_U(block + j)]
            tag = np.uint32(h | _ONE)  # zero is an empty slot
            at = (h >> _SHIFT32) & mask
            while slots[at] != 0:
                if slots[at] == tag:
                    return block + j
                at = (at + _ONE) & mask
            slots[at] = tag
    return hashes.size


@jit("const uint64[:], int64, int64[:], uint64[:]")
def split_hashes(
    hashes: NDArray[np.uint64], shift: int, ends: NDArray[np.int64], out: NDArray[np.uint64]
) -> None:
    """Write the hashes of a chunk, those with the same bits from `shift` on beside each other.

    Args:
        hashes: uint64, one a row.
        shift: The bits from this one on number the part of a hash.
        ends: int64[parts], zero; receives where each part ends in `out`.
        out: uint64, one for each row.
    """
    for row in range(hashes.size):
        ends[hashes[_U(row)] >> _U(shift)] += 1
    total = 0
    for part in range(ends.size):
        total += ends[part]
        ends[part] = total - ends[part]  # where the part starts, for now
    for row in range(hashes.size):
        h = hashes[_U(row)]
        at = ends[h >> _U(shift)]
        out[_U(at)] = h
        ends[h >> _U(shift)] = at + 1


@jit("const uint64[:, :], int64, int64")
def rising_words(words: NDArray[np.uint64], start: int, stop: int) -> int:
    """Return the first row of `start` to `stop` that is not above the row before it, or `stop`."""
    for row in range(max(start, 1), stop):
        is_above = False
        for k in range(words.shape[0]):
            a, b = words[k, _U(row - 1)], words[k, _U(row)]
            if a != b:
                is_above = a < b
                break
        if not is_above:
            return row
    return stop


@jit("const uint64[:, :], uint64, uint64, uint64[:]")
def enter_words(
    words: NDArray[np.uint64], key0: np.uint64, key1: np.uint64, slots: NDArray[np.uint64]
) -> None:
    """Enter distinct rows into `slots`, a power of two, zero at first: half of the hash, and the row."""
    mask = _U(slots.size - 1)
    hashes = np.empty(_BLOCK, np.uint64)
    for block in range(0, words.shape[1], _BLOCK):
        size = min(_BLOCK, words.shape[1] - block)
        hash_words(words, block, block + size, key0, key1, hashes)
        for j in range(size):
            prefetch(slots, int(hashes[_U(j)] & mask))
        for j in range(size):
            h = hashes[_U(j)]
            at = h & mask
            while slots[at] != _ZERO:
                at = (at + _ONE) & mask
            slots[at] = (h & ~_LOW32) | _U(block + j + 1)


@jit("const uint64[:, :], const uint64[:, :], uint64, uint64, const uint64[:], int64[:]")
def find_words(
    words: NDArray[np.uint64],
    wanted: NDArray[np.uint64],
    key0: np.uint64,
    key1: np.uint64,
    slots: NDArray[np.uint64],
    out: NDArray[np.int64],
) -> None:
    """Write to `out` which row of `words` equals each row of `wanted`, or -1; see `enter_words`."""
    mask = _U(slots.size - 1)
    hashes = np.empty(_BLOCK, np.uint64)
    for block in range(0, out.size, _BLOCK):
        size = min(_BLOCK, out.size - block)
        hash_words(wanted, block, block + size, key0, key1, hashes)
        for j in range(size):
            prefetch(slots, int(hashes[_U(j)] & mask))
        for j in range(size):
            row = block + j
            h = hashes[_U(j)]
            at = h & mask
            out[_U(row)] = -1
            while slots[at] != _ZERO:
                if slots[at] >> _SHIFT32 == h >> _SHIFT32:
                    candidate = (slots[at] & _LOW32) - _ONE
                    is_same = True
                    for k in range(words.shape[0]):
                        is_same &= words[k, candidate] == wanted[k, _U(row)]
                    if is_same:
                        out[_U(row)] = np.int64(candidate)
                        break
                at = (at + _ONE) & mask
