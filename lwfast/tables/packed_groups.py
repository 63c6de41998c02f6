"""Equal rows of a packed table, added up."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.parallel import available_cores, run_chunks
from lwfast._types import Counts
from lwfast.errors import ResourceLimitError
from lwfast.tables.packed_layout import SHORT_BITS, Words
from lwfast.tables.packed_parts import TOO_LARGE, group_in_parts
from lwfast.tables.packed_table import CHUNK, MappedTable, PackedTable
from lwfast.tables.row_hash import hash_keys
from lwfast.tables.spare_memory import room_for, zeros

_FEW = 1 << 11
_MANY = 1 << 17
_TRIAL = 1 << 15
_FEW_GROUPS = 1 << 16
"""Up to here, one table a thread is as quick as parts."""
_SPARSE, _MOST_SPARSE, _FEW_WORDS = 8, 1 << 18, 2
"""Entries for each group, and at most: nearly all rows find their group where they look first. 10^7 rows of
8,855 groups take a third less time than with two for each. Rows of more words than two take longer."""
_ENTRIES_A_ROW = 4
"""Of 8 bytes each: with more, most are touched once, and hashes are quicker."""

_Grouped = tuple[Words, Counts]


@cache  # an import statement takes 0.6 us each time
def group_kernels() -> ModuleType:
    """Return the kernels that group words."""
    from lwfast._kernels.tables import packed_groups

    return packed_groups


def group_packed(table: PackedTable, counts: Counts, *, owned: bool) -> tuple[PackedTable, Counts]:
    """Add up the counts of equal rows, in the order in which they first appear.

    The answer is a copy, unless the arrays are `owned` by the caller and have no equal rows.

    Raises:
        ResourceLimitError: If a sum is above 2^63 - 1.
    """
    if isinstance(table, MappedTable) and not _first_differ(table, counts):
        return add_up_equal(table, counts)  # without ever making all of its words
    columns = readable(table.columns)
    if len(table) < 2 or is_rising(columns) or _all_differ(columns):
        if isinstance(table, MappedTable):  # whose words are nobody else's
            return PackedTable(table.columns, table.n_modes, table.bits), counts if owned else counts.copy()
        return (table, counts) if owned else (table.copy(), counts.copy())
    return add_up_equal(table, counts)


def add_up_equal(table: PackedTable, counts: Counts) -> tuple[PackedTable, Counts]:
    """Do what `group_packed` does for a table that is thought to have equal rows; the arrays are new ones."""
    column = readable(counts)
    n_ranges = max(1, min(available_cores(), len(table) // _MANY))
    if _is_short(table, len(table) // n_ranges):
        return _group_in_ranges(table, column, n_ranges, _OfShort)
    if len(table) > _MANY and table.n_words == 1 and (expected := _expected_groups(table)) > _FEW_GROUPS:
        words, sums = group_in_parts(readable(table.columns)[0], column, expected)
        return PackedTable(words, table.n_modes, table.bits), sums
    return _group_in_ranges(table, column, n_ranges, _Hashed)


def _is_short(table: PackedTable, n_rows: int) -> bool:
    """Return whether `n_rows` rows are worth an entry for each word that there could be."""
    return (
        table.n_words == 1 and table.row_bits <= SHORT_BITS and 1 << table.row_bits <= _ENTRIES_A_ROW * n_rows
    )


def is_rising(columns: Words) -> bool:
    """Return whether each row is above the one before it, so that no two are equal."""
    n_rows = columns.shape[1]
    return bool(group_kernels().rising_words(columns, 0, n_rows) == n_rows)


def _all_differ(columns: Words) -> bool:
    """Return whether no two rows are equal; one table in 10^4 of 10^6 rows is not seen to be one."""
    n_rows = columns.shape[1]
    n_first = n_rows if n_rows <= _MANY else CHUNK
    for n in sorted({min(n_first, _FEW), n_first}):  # of raw samples, two of a few are equal
        slots = np.zeros(1 << (3 * n).bit_length(), np.uint32)
        if group_kernels().distinct_hashes(_hashes(columns, 0, n), slots) < n:
            return False
    return n_first == n_rows or differ_in_parts(columns)


def _first_differ(table: PackedTable, counts: Counts) -> bool:
    """Return whether no two of the first rows are equal."""
    n_first = min(len(table), _FEW)
    for columns, _, first, last in table.pieces(counts, 0, n_first):
        hashes, slots = _hashes(columns, first, last), np.zeros(1 << (3 * n_first).bit_length(), np.uint32)
        return bool(group_kernels().distinct_hashes(hashes, slots) == hashes.size)
    return True


def _hashes(columns: Words, start: int, stop: int) -> Words:
    out = np.empty(stop - start, np.uint64)
    group_kernels().hash_words(columns, start, stop, *hash_keys(), out)
    return out


def differ_in_parts(columns: Words) -> bool:
    """Do what `all_distinct` does for bytes: look at parts of the hashes that each fit the cache."""
    from lwfast._kernels.tables import counts as kernels

    n_rows = columns.shape[1]
    n_chunks = -(-n_rows // CHUNK)
    bits = max(1, (n_rows >> 14).bit_length())  # 8192 to 16384 rows in a part
    hashes = np.empty(n_rows, np.uint64)
    ends = np.zeros((n_chunks, 1 << bits), np.int64)
    differ = np.ones(1 << bits, np.bool_)

    def split(chunk: int) -> None:
        start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, n_rows)
        found = _hashes(columns, start, stop)
        group_kernels().split_hashes(found, 64 - bits, ends[chunk], hashes[start:stop])

    def look(part: int) -> None:
        differ[part] = kernels.distinct_part(hashes, CHUNK, ends, part, np.empty(1 << 16, np.uint32))

    run_chunks(split, n_chunks)
    run_chunks(look, 1 << bits)
    return bool(differ.all())


def _expected_groups(table: PackedTable) -> int:
    """Return about how many rows differ, as far as equal ones among some of them show.

    Of n rows out of k groups, n^2 / 2k are equal to one before. Where some groups are more frequent than
    others, there are more of them than that.
    """
    some = table.some_rows(_TRIAL)
    n_trial = some.shape[1]
    entries, order = _room(n_trial, len(some))
    groups, _ = group_kernels().group_words(
        some, np.zeros(n_trial, np.int64), 0, n_trial, *hash_keys(), 0, entries, order
    )
    return int(min(len(table), n_trial**2 // max(n_trial - groups, 1)))


def _room(groups: int, n_words: int, n_rows: int = 0) -> tuple[Words, NDArray[np.uint32]]:
    """Return an empty hash table for some groups: half full with them, or less where many rows look there."""
    size = max(1 << 7, 1 << (groups + 31).bit_length())
    entries, sparse = 2 * size, min(_SPARSE * size, _MOST_SPARSE)
    if n_rows >= 2 * sparse > 2 * entries and n_words <= _FEW_WORDS:
        entries = sparse
    return zeros((entries * (n_words + 1),), np.uint64), np.empty(size, np.uint32)


def _group_in_ranges(
    table: PackedTable, counts: Counts, n_ranges: int, kind: type[_OfShort] | type[_Hashed]
) -> tuple[PackedTable, Counts]:
    """Group ranges of rows on threads; then add those of each range to those of the first.

    Args:
        table: The rows as words.
        counts: `int64[N]`, the count of each row.
        n_ranges: Number of ranges that the rows are cut into.
        kind: What groups the rows of one.
    """
    bounds = [len(table) * k // n_ranges for k in range(n_ranges + 1)]
    found: list[Any] = [None] * n_ranges

    def group(k: int) -> None:
        groups = kind(table, bounds[k + 1] - bounds[k])
        for piece in table.pieces(counts, bounds[k], bounds[k + 1]):
            groups.add(*piece)
        found[k] = groups if k == 0 else groups.taken()  # what it needed is given back

    run_chunks(group, n_ranges)
    first, *others = found
    for words, sums in others:
        first.add(words, sums, 0, sums.size)
    words, sums = first.taken()
    return PackedTable(words, table.n_modes, table.bits), sums


class _OfShort:
    """Groups of rows whose words have few bits: each word has an entry of its own.

    Args:
        table: What the rows are of.
        _n_rows: Number of rows that will be added, which does not matter here.
    """

    def __init__(self, table: PackedTable, _n_rows: int) -> None:
        n_entries = 1 << table.row_bits
        self._entries = zeros((n_entries,), np.uint64)
        self._words, self._room = room_for((1, n_entries), np.uint64)
        self._groups = 0

    def add(self, columns: Words, counts: Counts, first: int, last: int) -> None:
        """Add rows `first` to `last` of some arrays."""
        groups = group_kernels().group_short(
            columns, counts, first, last, self._groups, self._entries, self._words[0]
        )
        if groups < 0:
            raise ResourceLimitError(TOO_LARGE)
        self._groups = groups
        self._room.touch(groups * self._words.itemsize)

    def taken(self) -> _Grouped:
        """Return the words of the groups in order, and their sums."""
        words, sums = self._words[:, : self._groups].copy(), np.empty(self._groups, np.int64)
        group_kernels().take_short(self._entries, words[0], sums)
        return words, sums


class _Hashed:
    """Groups of rows in one hash table that grows.

    Args:
        table: What the rows are of.
        n_rows: Number of rows that will be added; the groups of other ranges may come on top.
    """

    def __init__(self, table: PackedTable, n_rows: int) -> None:
        self._n_words, self._n_rows = table.n_words, n_rows
        self._groups = self._done = 0
        self._make_room(min(n_rows, 1 << 13))

    def _make_room(self, groups: int) -> None:
        self._entries, self._order = _room(groups, self._n_words, self._n_rows)

    def add(self, columns: Words, counts: Counts, first: int, last: int) -> None:
        """Add rows `first` to `last` of some arrays."""
        row = first
        while (row := self._added(columns, counts, row, last)) < last:
            words, sums = self.taken()
            # Rows that stay different for long promise many groups.
            many = 8 if 2 * self._groups > self._done + row - first else 4
            self._make_room(min(max(self._n_rows, self._groups + last - row), many * self._order.size))
            self._groups = 0
            self._added(words, sums, 0, sums.size)
        self._done += last - first

    def _added(self, columns: Words, counts: Counts, row: int, last: int) -> int:
        """Add rows from `row` on; return the first one for which there is no room."""
        groups, row = group_kernels().group_words(
            columns, counts, row, last, *hash_keys(), self._groups, self._entries, self._order
        )
        if groups < 0:
            raise ResourceLimitError(TOO_LARGE)
        self._groups = groups
        return int(row)

    def taken(self) -> _Grouped:
        """Return the words of the groups in order, and their sums."""
        words, sums = np.empty((self._n_words, self._groups), np.uint64), np.empty(self._groups, np.int64)
        group_kernels().take_groups(self._entries, self._groups, self._order, words, sums)
        return words, sums


def enter_rows(table: PackedTable, slots: Words) -> None:
    """Enter distinct rows into a hash table, for `find_rows`.

    Args:
        table: The rows as words, all different.
        slots: `uint64`, a power of two above their number, zero; changed in place.
    """
    group_kernels().enter_words(readable(table.columns), *hash_keys(), slots)


def find_rows(table: PackedTable, slots: Words, wanted: PackedTable) -> NDArray[np.int64]:
    """Return the row of `table` that equals each row of `wanted`, -1 for a row that is not there.

    Args:
        table: Distinct rows, which `enter_rows` entered.
        slots: The hash table that `enter_rows` made of the rows.
        wanted: Rows with as many bits a mode.
    """
    out = np.empty(len(wanted), np.int64)
    columns = readable(table.columns), readable(wanted.columns)
    group_kernels().find_words(*columns, *hash_keys(), slots, out)
    return out
