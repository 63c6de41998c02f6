"""Equal rows of a large packed table, added up in parts that each fit the cache."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from lwfast._base.parallel import run_chunks
from lwfast._types import Counts
from lwfast.errors import ResourceLimitError
from lwfast.tables.packed_layout import Words
from lwfast.tables.packed_table import CHUNK
from lwfast.tables.row_hash import hash_keys
from lwfast.tables.spare_memory import empty, room_for

TOO_LARGE = "The counts of one state add up to more than 2^63 - 1, the end of int64; divide them first."
_PART_BITS = 12
_PART_GROUPS = 1 << 13
"""Of a part, at most, as far as is known."""
_SLOTS = 3
"""For each group that there is room for, at least: with two, looking for one takes a third longer."""
_STRETCH = 32
"""Chunks that are sorted before they are grouped, at least: 21 MB, or 38 where counts are not all 1."""
_LARGER = 3


class _Part:
    """The groups of a part.

    Args:
        slots: `uint32`, a power of two of them, zeros; None where those of other parts are used again.
        found: `uint64`, room for the words of the groups.
        sums: `int64`, room for their counts.
    """

    def __init__(self, slots: NDArray[np.uint32] | None, found: Words, sums: Counts) -> None:
        self.groups = 0
        self.slots, self.found, self.sums = slots, found, sums

    def enlarge(self, kernels: ModuleType, needed: int) -> NDArray[np.uint32]:
        """Make room for as many more groups, at least; return the new slots."""
        size = max(_LARGER * self.found.size, self.groups + needed)
        slots = np.zeros(_slots_for(size), np.uint32)
        found, sums = np.empty(size, np.uint64), np.empty(size, np.int64)
        found[: self.groups] = self.found[: self.groups]
        sums[: self.groups] = self.sums[: self.groups]
        kernels.enter_groups(found, self.groups, *hash_keys(), slots)
        self.found, self.sums = found, sums
        if self.slots is not None:
            self.slots = slots
        return slots


def _slots_for(size: int) -> int:
    return 1 << (_SLOTS * size).bit_length()


def group_in_parts(words: Words, counts: Counts, expected: int) -> tuple[Words, Counts]:
    """Group a large table of one word a row, with about as many groups as are `expected`.

    A group takes some 50 bytes meanwhile, of which 16 are in the answer.

    Raises:
        ResourceLimitError: If a sum is above 2^63 - 1.
    """
    from lwfast._kernels.tables import packed_parts as kernels

    n_rows = words.size
    bits = min(max((expected // _PART_GROUPS).bit_length(), 1), _PART_BITS)
    # What is expected is up to twice of what comes; room for a chunk is asked for before it is looked at.
    likely = expected if expected == n_rows else 3 * expected // 4
    size = max(32, (likely + 2 * CHUNK) >> bits)
    # As many rows as there are groups, for all of these are brought into the cache for each stretch.
    n_chunks, n_all = max(_STRETCH, expected // CHUNK), -(-n_rows // CHUNK)
    is_last = 2 * n_chunks >= n_all
    # For all parts together: the system hands out large pieces of memory faster than many small ones.
    found, sums = empty((1 << bits, size), np.uint64), empty((1 << bits, size), np.int64)
    slots = [None] * (1 << bits) if is_last else np.zeros((1 << bits, _slots_for(size)), np.uint32)
    parts = [_Part(*rooms) for rooms in zip(slots, found, sums, strict=True)]
    n_chunks = n_all if is_last else n_chunks
    stretch = _Stretch(words, counts, bits, n_chunks)
    # Room for a group a row: pages that stay unused are never touched.
    (grouped, room), (totals, other) = room_for((1, n_rows), np.uint64), room_for((n_rows,), np.int64)
    n_groups = 0
    for first in range(0, n_all, n_chunks):
        n_groups = stretch.group(first, parts, grouped[0], totals, n_groups)
    begins = np.cumsum([0, *(part.groups for part in parts)], dtype=np.int64)
    sums = np.concatenate([part.sums[: part.groups] for part in parts])
    del parts, stretch, slots, found

    def take(chunk: int) -> None:
        kernels.take_sums(totals, chunk * CHUNK, min((chunk + 1) * CHUNK, n_groups), begins, sums)

    run_chunks(take, -(-n_groups // CHUNK))
    return room.kept(grouped[:, :n_groups]), other.kept(totals[:n_groups])


class _Stretch:
    """Sorts some chunks of a table into parts, in memory that it uses again, and groups these.

    Args:
        words: `uint64[N]`, the word of each row.
        counts: `int64[N]`, the count of each row.
        bits: How many bits number a part.
        n_chunks: How many chunks are sorted at a time.
    """

    def __init__(self, words: Words, counts: Counts, bits: int, n_chunks: int) -> None:
        from lwfast._kernels.tables import packed_parts

        self._kernels = packed_parts
        self._words, self._counts, self._bits, self._n_chunks = words, counts, bits, n_chunks
        size = min(words.size, n_chunks * CHUNK)
        self._room = empty((size,), np.uint64), empty((size,), np.int64), empty((size,), np.uint16)

    def group(
        self, first: int, parts: list[_Part], grouped: Words, numbers: NDArray[np.int64], n_groups: int
    ) -> int:
        """Add some chunks to the groups of all parts; return how many groups there are then.

        Args:
            first: The chunk that the stretch starts with.
            parts: The groups of all parts, changed in place.
            grouped: Receives the words of new groups behind those that are there.
            numbers: Receives their parts and their numbers there.
            n_groups: How many groups there are so far.
        """
        kernels, keys, n_parts = self._kernels, hash_keys(), len(parts)
        n_rows = self._words.size
        bounds = [(start, min(start + CHUNK, n_rows)) for start in range(first * CHUNK, n_rows, CHUNK)]
        bounds = bounds[: self._n_chunks]
        out, sums, rows = self._room
        are_ones = np.zeros(len(bounds), np.bool_)
        starts = np.zeros((len(bounds), n_parts + 1), np.int64)
        new_groups = np.zeros((len(bounds), n_parts), np.int64)
        spare: list[NDArray[np.uint32]] = []
        known = np.array([part.groups for part in parts], np.int64)

        def split(chunk: int) -> None:
            how = *bounds[chunk], *keys, 64 - self._bits, starts[chunk], out, sums, rows
            are_ones[chunk] = kernels.split_rows(self._words, self._counts, *how, chunk * CHUNK)

        def add(number: int) -> None:
            part, chunk = parts[number], 0
            slots = part.slots
            if slots is None:
                try:
                    slots = spare.pop()
                    slots[:] = 0
                except IndexError:
                    slots = np.zeros(_slots_for(part.found.size), np.uint32)
            size = slots.size
            while True:
                room = slots, part.found, part.sums, part.groups
                chunk, part.groups = kernels.group_part(
                    out, sums, rows, are_ones, starts, number, chunk, *keys, *room, new_groups
                )
                if chunk < 0:
                    raise ResourceLimitError(TOO_LARGE)
                if chunk == len(bounds):
                    break
                slots = part.enlarge(kernels, int(starts[chunk, number + 1] - starts[chunk, number]))
            if part.slots is None and slots.size == size:
                spare.append(slots)

        run_chunks(split, len(bounds))
        run_chunks(add, n_parts)
        before = known + np.cumsum(new_groups, axis=0) - new_groups
        ends = n_groups + np.cumsum(new_groups.sum(axis=1))

        def order(chunk: int) -> None:
            begin, end = (int(ends[chunk - 1]) if chunk else n_groups), int(ends[chunk])
            what = starts[chunk], new_groups[chunk], before[chunk], bounds[chunk][1] - bounds[chunk][0]
            kernels.order_groups(out, rows, *what, grouped[begin:end], numbers[begin:end])

        run_chunks(order, len(bounds))
        return int(ends[-1])
