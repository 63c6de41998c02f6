"""Group equal rows of a uint8 table and add up their counts.

Open addressing over 64-bit entries: the upper half holds 32 bits of the row's hash, the lower half its group.
Rows are compared only where those bits agree, so a table of distinct rows is grouped without touching a row
twice. The hash is keyed: a body that was made to collide cannot slow it down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import fold_product, load1, load8, prefetch

OVERFLOW = -1  # a sum does not fit int64

_U = np.uint64
_EMPTY = _U(0)
_SHIFT32 = _U(32)
_LOW32 = _U(0xFFFFFFFF)
_INT64_MAX = _U(2**63 - 1)
_BLOCK = 32


@jit(forceinline=True)
def _hash_row(
    table: NDArray[np.uint8], start: int, n_modes: int, key0: np.uint64, key1: np.uint64
) -> np.uint64:
    """Hash `table[start:start + n_modes]`, two words a step; the last step overlaps the one before.

    With one branch for the whole table and none in a row: 1.2 ns for 20 modes, where branches on what is left
    of a row took 5.5 ns.
    """
    if n_modes < 8:
        word = _U(0)
        for j in range(n_modes):
            word = (word << _U(8)) | _U(load1(table, start + j))
        return fold_product(key1, word ^ key0)
    if n_modes < 16:
        return fold_product(load8(table, start) ^ key1, load8(table, start + n_modes - 8) ^ key0)
    h = key0
    for k in range(0, n_modes - 16, 16):
        h = fold_product(load8(table, start + k) ^ key1, load8(table, start + k + 8) ^ h)
    last = start + n_modes - 16
    return fold_product(load8(table, last) ^ key1, load8(table, last + 8) ^ h)


@jit(forceinline=True)
def _same_row(table: NDArray[np.uint8], a: int, other: NDArray[np.uint8], b: int, n_modes: int) -> bool:
    if n_modes < 8:
        for j in range(n_modes):  # noqa: SIM110  (Numba compiles no generator)
            if load1(table, a + j) != load1(other, b + j):
                return False
        return True
    k = 0
    while k + 8 < n_modes:
        if load8(table, a + k) != load8(other, b + k):
            return False
        k += 8
    return load8(table, a + n_modes - 8) == load8(other, b + n_modes - 8)


@jit(
    "const uint8[:], int64, int64, int64, const int64[:], uint64, uint64, int64, uint64[:], uint32[:], "
    "int64[:]"
)
def group_hash(
    table: NDArray[np.uint8],
    n_modes: int,
    start: int,
    n_rows: int,
    counts: NDArray[np.int64],
    key0: np.uint64,
    key1: np.uint64,
    groups: int,
    slots: NDArray[np.uint64],
    first: NDArray[np.uint32],
    sums: NDArray[np.int64],
) -> tuple[int, int]:
    """Group rows `start` to `n_rows` in order of first appearance, into `slots`, `first` and `sums` in place.

    The caller owns the memory because NumPy asks for huge pages and Numba's allocator does not: at 10^6
    distinct rows that is 60 against 190 ns a row.

    Args:
        table: Flat uint8 table of fewer than 2^32 rows.
        n_modes: Bytes of a row.
        start: First row to group.
        n_rows: One behind the last row.
        counts: int64, not negative.
        key0: Secret of the hash; the answer does not depend on it.
        key1: Secret of the hash.
        groups: Number of groups so far.
        slots: uint64 hash table, a power of two, zero at first.
        first: uint32, half as many: row of the first member of each group.
        sums: int64, as many as `first`: sum of each group.

    Returns:
        (groups, row): number of groups (or OVERFLOW), and the first row that is not grouped: below `n_rows`
        the tables are too small.
    """
    limit = first.size
    mask = _U(slots.size - 1)
    hashes = np.empty(_BLOCK, np.uint64)
    for block in range(start, n_rows, _BLOCK):
        size = min(_BLOCK, n_rows - block)
        if groups + size > limit:  # at most half full: probes stay short
            return groups, block
        # All hashes of a block first, so that its 32 cache misses overlap.
        for j in range(size):
            h = _hash_row(table, (block + j) * n_modes, n_modes, key0, key1)
            hashes[j] = h
            prefetch(slots, int(h & mask))
        for j in range(size):
            row = block + j
            h = hashes[j]
            tag = h >> _SHIFT32
            at = h & mask
            while True:
                entry = slots[at]
                if entry == _EMPTY:
                    slots[at] = (tag << _SHIFT32) | _U(groups + 1)
                    first[groups] = row
                    sums[groups] = counts[row]
                    groups += 1
                    break
                if entry >> _SHIFT32 == tag:
                    g = int(entry & _LOW32) - 1
                    if _same_row(table, int(first[g]) * n_modes, table, row * n_modes, n_modes):
                        total = _U(sums[g]) + _U(counts[row])
                        if total > _INT64_MAX:
                            return OVERFLOW, row
                        sums[g] = np.int64(total)
                        break
                at = (at + _U(1)) & mask
    return groups, n_rows


@jit(forceinline=True)
def _enter(h: np.uint64, slots: NDArray[np.uint32], mask: np.uint64) -> bool:
    """Enter a hash into `slots` in place; return whether it was not there.

    Its slot comes from the upper half and 31 bits of the lower are kept: at 10^6 rows, one table in 10^4 is
    taken for one with equal rows, and then grouped in vain.
    """
    tag = np.uint32(h | _U(1))  # zero is an empty slot
    at = (h >> _SHIFT32) & mask
    while slots[at] != 0:
        if slots[at] == tag:
            return False
        at = (at + _U(1)) & mask
    slots[at] = tag
    return True


@jit("const uint8[:], int64, int64, uint64, uint64, uint32[:]")
def distinct_prefix(
    table: NDArray[np.uint8],
    n_modes: int,
    n_rows: int,
    key0: np.uint64,
    key1: np.uint64,
    slots: NDArray[np.uint32],
) -> int:
    """Return how many leading rows have different hashes; `n_rows` rules out equal rows.

    A table from the wire has no equal rows, and seeing that needs neither groups nor sums.

    Args:
        table: Flat uint8 table.
        n_modes: Bytes of a row.
        n_rows: Number of rows.
        key0: Secret of the hash.
        key1: Secret of the hash.
        slots: uint32, a power of two above `n_rows`, zero; changed in place.
    """
    mask = _U(slots.size - 1)
    hashes = np.empty(_BLOCK, np.uint64)
    for block in range(0, n_rows, _BLOCK):
        size = min(_BLOCK, n_rows - block)
        for j in range(size):
            h = _hash_row(table, (block + j) * n_modes, n_modes, key0, key1)
            hashes[j] = h
            prefetch(slots, int((h >> _SHIFT32) & mask))
        for j in range(size):
            if not _enter(hashes[j], slots, mask):
                return block + j
    return n_rows


@jit("const uint8[:], int64, uint64, uint64, int64, int64[:], uint64[:]")
def sort_hashes(
    table: NDArray[np.uint8],
    n_modes: int,
    key0: np.uint64,
    key1: np.uint64,
    shift: int,
    ends: NDArray[np.int64],
    out: NDArray[np.uint64],
) -> None:
    """Write the hashes of a chunk of rows, those with the same bits from `shift` on beside each other.

    Args:
        table: Flat uint8 table of the chunk.
        n_modes: Bytes of a row.
        key0: Secret of the hash.
        key1: Secret of the hash.
        shift: The bits from this one on number the part of a hash.
        ends: int64[parts], zero; receives where each part ends in `out`.
        out: uint64, one for each row.
    """
    hashes = np.empty(out.size, np.uint64)
    for row in range(out.size):
        h = _hash_row(table, row * n_modes, n_modes, key0, key1)
        hashes[row] = h
        ends[h >> _U(shift)] += 1
    total = 0
    for part in range(ends.size):
        total += ends[part]
        ends[part] = total - ends[part]  # where the part starts, for now
    for row in range(out.size):
        h = hashes[row]
        at = ends[h >> _U(shift)]
        out[_U(at)] = h
        ends[h >> _U(shift)] = at + 1


@jit("const uint64[:], int64, const int64[:, :], int64, uint32[:]")
def distinct_part(
    hashes: NDArray[np.uint64],
    n_chunk: int,
    ends: NDArray[np.int64],
    part: int,
    slots: NDArray[np.uint32],
) -> bool:
    """Return whether all hashes of a part are different.

    Args:
        hashes: uint64, what `sort_hashes` wrote for chunks of `n_chunk` rows.
        n_chunk: Rows of every chunk but the last.
        ends: int64[chunks, parts], from `sort_hashes`.
        part: Number of the part.
        slots: uint32, a power of two; changed in place.
    """
    slots[:] = 0
    mask = _U(slots.size - 1)
    limit = slots.size // 2  # at most half full: probes stay short
    for chunk in range(ends.shape[0]):
        first = ends[chunk, part - 1] if part > 0 else 0
        last = ends[chunk, part]
        limit -= last - first
        if limit < 0:
            return False
        for at in range(chunk * n_chunk + first, chunk * n_chunk + last):
            if not _enter(hashes[_U(at)], slots, mask):
                return False
    return True


@jit("const uint8[:], int64, uint64, uint64, int64, const uint32[:], uint64[:]")
def group_rehash(
    table: NDArray[np.uint8],
    n_modes: int,
    key0: np.uint64,
    key1: np.uint64,
    groups: int,
    first: NDArray[np.uint32],
    slots: NDArray[np.uint64],
) -> None:
    """Enter the groups so far into a wider, zeroed hash table `slots`, in place."""
    mask = _U(slots.size - 1)
    hashes = np.empty(_BLOCK, np.uint64)
    for block in range(0, groups, _BLOCK):
        size = min(_BLOCK, groups - block)
        for j in range(size):
            h = _hash_row(table, int(first[block + j]) * n_modes, n_modes, key0, key1)
            hashes[j] = h
            prefetch(slots, int(h & mask))
        for j in range(size):
            h = hashes[j]
            at = h & mask
            while slots[at] != _EMPTY:
                at = (at + _U(1)) & mask
            slots[at] = (h & ~_LOW32) | _U(block + j + 1)


@jit("const uint8[:], const uint8[:], int64, uint64, uint64, const uint64[:], int64[:]")
def find_rows(
    table: NDArray[np.uint8],
    wanted: NDArray[np.uint8],
    n_modes: int,
    key0: np.uint64,
    key1: np.uint64,
    slots: NDArray[np.uint64],
    out: NDArray[np.int64],
) -> None:
    """Write to `out` which row of `table` equals each row of `wanted`, or -1; `slots` is of distinct rows."""
    mask = _U(slots.size - 1)
    for row in range(out.size):
        start = row * n_modes
        h = _hash_row(wanted, start, n_modes, key0, key1)
        tag = h >> _SHIFT32
        at = h & mask
        out[row] = -1
        while slots[at] != _EMPTY:
            if slots[at] >> _SHIFT32 == tag:
                candidate = int(slots[at] & _LOW32) - 1
                if _same_row(table, candidate * n_modes, wanted, start, n_modes):
                    out[row] = candidate
                    break
            at = (at + _U(1)) & mask


@jit("const uint8[:], int64, int64")
def sorted_prefix(table: NDArray[np.uint8], n_modes: int, n_rows: int) -> int:
    """Return how many leading rows are strictly increasing, byte by byte; `n_rows` rules out equal rows."""
    for row in range(1, n_rows):
        before = (row - 1) * n_modes
        less = False
        for k in range(n_modes):
            a = load1(table, before + k)
            b = load1(table, before + n_modes + k)
            if a != b:
                less = a < b
                break
        if not less:
            return row
    return n_rows


@jit("const uint8[:], int64, const uint32[:], uint8[:]")
def take_rows(
    table: NDArray[np.uint8], n_modes: int, rows: NDArray[np.uint32], out: NDArray[np.uint8]
) -> None:
    """Write rows `rows` of a flat uint8 table to the flat table `out`."""
    for i in range(rows.size):
        source = int(rows[i]) * n_modes
        target = i * n_modes
        for k in range(n_modes):
            out[target + k] = table[source + k]
