"""Tables of states as packed words: several modes in 64 bits, so that one instruction looks at all of them.

Twenty modes of up to seven photons take 60 bits: one word a row, where a uint8 table takes 20 bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.parallel import run_chunks
from lwfast._types import Counts, StateTable
from lwfast.tables.packed_layout import (
    SHORT_BITS,
    Words,
    bits_for,
    lowest_bits,
    moves_and_steps,
    place_of,
    steps_of_sum,
    steps_together,
    words_of,
)

MIN_ROWS = 1 << 14
"""Fewer rows stay bytes: they fit the caches in any form, and what packing saves is less than it takes."""
CHUNK = 1 << 16
"""Rows that a thread works on at a time."""
_LINE = 8
"""Rows beside each other that are looked at together: those of a cache line."""
_RUNS = 64
"""Runs of rows of a mapping that are looked at: a call of a kernel each."""
_WORD = 64


class PackedTable:
    """States as words.

    Args:
        columns: `uint64[w, N]`, word k of each row in line k.
        n_modes: Modes of a row, at least 1.
        bits: Bits of a mode, 1 to 8.

    The modes are spread evenly over w words; the last word holds what is left. Within a word the first mode
    stands highest, and the last one in the lowest bits: rows in words have the order of rows in bytes.
    """

    __slots__ = ("bits", "columns", "n_modes")

    def __init__(self, columns: Words, n_modes: int, bits: int) -> None:
        self.columns = columns
        self.n_modes = n_modes
        self.bits = bits

    @property
    def words(self) -> Words:
        """The words of each row, `uint64[N, w]`."""
        return self.columns.T

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of modes, as of the table in bytes."""
        return len(self), self.n_modes

    @property
    def n_words(self) -> int:
        """Words of a row."""
        return len(self.columns)

    @property
    def row_bits(self) -> int:
        """Below which power of two the words are, where a row has one."""
        return self.n_modes * self.bits

    @property
    def per_word(self) -> int:
        """Modes of every word but the last."""
        return -(-self.n_modes // self.n_words)

    @property
    def states(self) -> StateTable:
        """The photon numbers, a new `uint8[N, n_modes]`."""
        n_rows, n_modes = self.shape
        out = np.empty((n_rows, n_modes), np.uint8)
        flat, columns = out.reshape(-1), readable(self.columns)

        def unpack(chunk: int) -> None:
            start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, n_rows)
            part = flat[start * n_modes : stop * n_modes]
            row_kernels().unpack_rows(columns, start, stop, n_modes, self.bits, self.per_word, part)

        run_chunks(unpack, -(-n_rows // CHUNK))
        return out

    def __len__(self) -> int:
        return int(self.columns.shape[1])

    def __getitem__(self, rows: Any) -> PackedTable:
        """Return some rows: a slice, numbers of rows, or a mask."""
        return PackedTable(np.ascontiguousarray(self.columns[:, rows]), self.n_modes, self.bits)

    def copy(self) -> PackedTable:
        """Return a table of its own."""
        return PackedTable(self.columns.copy(), self.n_modes, self.bits)

    def pieces(self, counts: Counts, start: int, stop: int) -> Iterator[tuple[Words, Counts, int, int]]:
        """Give rows `start` to `stop` in order, as arrays of words and counts and the rows of these.

        The arrays have a meaning until the next ones are asked for.
        """
        yield readable(self.columns), counts, start, stop

    def some_rows(self, n_rows: int) -> Words:
        """Return about so many rows from everywhere in the table, `uint64[w, n]`."""
        lines = readable(self.columns)[:, : len(self) // _LINE * _LINE].reshape(self.n_words, -1, _LINE)
        return lines[:, :: max(1, len(self) // n_rows)].reshape(self.n_words, -1)

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedTable, (self.columns, self.n_modes, self.bits)

    def words_of_one(self, state: bytes) -> PackedTable | None:
        """Return a table of one state in the form of this one; None where it does not fit.

        Without a kernel: a look-up of one state takes less than a call of one.
        """
        if len(state) != self.n_modes or max(state) >= 1 << self.bits:
            return None
        words = []
        for start in range(0, self.n_modes, self.per_word):
            word = 0
            for n in state[start : start + self.per_word]:
                word = word << self.bits | n
            words.append([word])
        return PackedTable(np.array(words, np.uint64), self.n_modes, self.bits)

    def with_bits(self, bits: int) -> PackedTable:
        """Return the table with other bits a mode, enough for every number in it."""
        if bits == self.bits:
            return self
        return self.moved([(mode,) for mode in range(self.n_modes)], bits)

    def moved(self, places: Sequence[Sequence[int]], bits: int) -> PackedTable:
        """Return a table whose mode k holds the photons of the modes `places[k]`, added up.

        Args:
            places: For each mode, those that are added up.
            bits: Bits of a mode, enough for every total.
        """
        moves, steps = moves_and_steps(self.n_modes, self.bits, tuple(map(tuple, places)), bits)
        columns = readable(self.columns)

        def move(start: int, stop: int, out: Words, first: int) -> None:
            row_kernels().move_fields(columns, start, stop, moves, steps, out, first)

        return MappedTable(len(self), len(places), bits, move)

    def clicked(self, parity: bool, invert: bool) -> PackedTable:
        """Return 1 for each mode with photons, or with an odd number of them, else 0; `invert` swaps them.

        Words of few modes get one bit a mode, so that they can be added up without hashes.
        """
        columns, bits = readable(self.columns), 1 if parity else self.bits
        ones = lowest_bits(self.n_modes, self.bits)
        narrow = self.n_modes <= SHORT_BITS and self.n_words == 1 and self.bits > 1
        steps = steps_together(self.n_modes if narrow else 0, 1, self.bits)

        def look(start: int, stop: int, out: Words, first: int) -> None:
            row_kernels().clicked_fields(columns, start, stop, bits, int(invert), ones, steps, out, first)

        return MappedTable(len(self), self.n_modes, 1 if narrow else self.bits, look)

    def largest(self) -> int:
        """Return a bound of the photon numbers that has as many bits as the largest of them."""
        n_rows = len(self)
        columns = readable(self.columns)
        found = np.zeros((-(-n_rows // CHUNK), self.n_words), np.uint64)

        def look(chunk: int) -> None:
            start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, n_rows)
            row_kernels().fields_used(columns, start, stop, found[chunk])

        run_chunks(look, len(found))
        used = 0
        for word in np.bitwise_or.reduce(found, axis=0).tolist():
            for shift in range(0, _WORD, self.bits):
                used |= word >> shift & ((1 << self.bits) - 1)
        return used

    def largest_total(self, modes: Sequence[int]) -> int:
        """Return the largest number of photons that a row has in some modes."""
        n_rows = len(self)
        masks = [0] * self.n_words
        for mode in modes:
            word, shift = place_of(mode, self.n_modes, self.bits)
            masks[word] |= ((1 << self.bits) - 1) << shift
        fields, steps = np.array(masks, np.uint64), steps_of_sum(self.per_word, self.bits)
        columns, found = readable(self.columns), [0] * -(-n_rows // CHUNK)

        def look(chunk: int) -> None:
            start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, n_rows)
            found[chunk] = int(row_kernels().largest_total(columns, start, stop, fields, steps))

        run_chunks(look, len(found))
        return max(found, default=0)


class MappedTable(PackedTable):
    """A table whose words are made of another one: all at once when they are asked for, or piece by piece.

    Adding up the rows of a mapping needs each of its words once, and never all of them in memory: `pieces`
    makes as many as the cache holds.

    Args:
        n_rows: Number of rows of the table.
        n_modes: Modes of a row, at least 1.
        bits: Bits of a mode, 1 to 8.
        write: Writes rows `start` to `stop` to columns `first` and behind of an array:
            `write(start, stop, out, first)`.
    """

    __slots__ = ("_n_rows", "_write")

    def __init__(
        self, n_rows: int, n_modes: int, bits: int, write: Callable[[int, int, Words, int], None]
    ) -> None:
        self.n_modes = n_modes
        self.bits = bits
        self._n_rows = n_rows
        self._write: Callable[[int, int, Words, int], None] | None = write

    def __getattr__(self, name: str) -> Any:
        """Make the words, which are asked for the first time."""
        write = self._write if name == "columns" else None
        if write is None:  # another thread has made them by now, or there is no such name: Python says so
            return object.__getattribute__(self, name)
        out = np.empty((self.n_words, self._n_rows), np.uint64)

        def make(chunk: int) -> None:
            start = chunk * CHUNK
            write(start, min(start + CHUNK, self._n_rows), out, start)

        run_chunks(make, -(-self._n_rows // CHUNK))
        self.columns = out
        self._write = None  # the other table may go
        return out

    def __len__(self) -> int:
        return self._n_rows

    @property
    def n_words(self) -> int:
        """Words of a row."""
        return words_of(self.n_modes, self.bits)

    def pieces(self, counts: Counts, start: int, stop: int) -> Iterator[tuple[Words, Counts, int, int]]:
        """Give rows in order, `CHUNK` at a time; see the class."""
        write = self._write
        if write is None:
            yield from super().pieces(counts, start, stop)
            return
        room = np.empty((self.n_words, min(CHUNK, stop - start)), np.uint64)
        for first in range(start, stop, CHUNK):
            end = min(first + CHUNK, stop)
            write(first, end, room, 0)
            yield room, counts[first:end], 0, end - first

    def some_rows(self, n_rows: int) -> Words:
        """Return about so many rows from everywhere in the table, `uint64[w, n]`."""
        write = self._write
        if write is None:
            return super().some_rows(n_rows)
        size = max(min(n_rows, len(self)) // _RUNS, 1)
        starts = range(0, len(self) - size + 1, max(len(self) // _RUNS, size))
        out = np.empty((self.n_words, size * len(starts)), np.uint64)
        for k, start in enumerate(starts):
            write(start, start + size, out, k * size)
        return out


Table: TypeAlias = StateTable | PackedTable
"""States as bytes or as words; `shape`, `len`, `[rows]` and `copy` work on both."""


@functools.cache  # an import statement takes 0.6 us each time
def row_kernels() -> ModuleType:
    """Return the kernels that write and move words."""
    from lwfast._kernels.tables import packed_rows

    return packed_rows


def packed(table: Table, min_rows: int | None = None) -> PackedTable | None:
    """Return a table as words; None where it is small, or where bytes take less room.

    Args:
        table: `uint8[N, n_modes]`, contiguous, or a packed one.
        min_rows: From how many rows on it is worth it; `MIN_ROWS` where left out.
    """
    if isinstance(table, PackedTable):
        return table
    n_rows, n_modes = table.shape
    if n_rows < (MIN_ROWS if min_rows is None else min_rows) or n_modes == 0:
        return None
    flat = readable(table.reshape(-1))
    needed = _bits_of(flat[: CHUNK * n_modes])
    while (bits := bits_for(n_modes, needed)) is not None:
        columns, wider = _pack(flat, n_modes, n_rows, bits)
        if wider <= bits:
            return PackedTable(columns, n_modes, bits)
        needed = wider  # rows behind the first hold more photons; they are few, or the first ones were odd
    return None


def _pack(flat: StateTable, n_modes: int, n_rows: int, bits: int) -> tuple[Words, int]:
    """Return the words, and the bits that are needed: if more than there are, the words have no meaning."""
    n_words = words_of(n_modes, bits)
    out = np.empty((n_words, n_rows), np.uint64)
    needed = [0] * -(-n_rows // CHUNK)
    per_word = -(-n_modes // n_words)

    def pack(chunk: int) -> None:
        start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, n_rows)
        part = flat[start * n_modes : stop * n_modes]
        needed[chunk] = _bits_of(part)
        if needed[chunk] <= bits:
            row_kernels().pack_rows(part, n_modes, bits, per_word, out, start, stop - start)

    run_chunks(pack, len(needed))
    return out, max(needed, default=0)


def _bits_of(flat: StateTable) -> int:
    return int(row_kernels().bits_used(flat)).bit_length()


def joined(tables: Sequence[Table]) -> Table:
    """Return tables of as many modes below each other: as words where all are words, else as bytes."""
    words = [table for table in tables if isinstance(table, PackedTable)]
    if len(words) < len(tables):
        return np.concatenate([as_bytes(table) for table in tables])
    bits = max(table.bits for table in words)
    columns = [table.with_bits(bits).columns for table in words]
    return PackedTable(np.concatenate(columns, axis=1), words[0].n_modes, bits)


def as_bytes(table: Table) -> StateTable:
    """Return a table as bytes."""
    return table.states if isinstance(table, PackedTable) else table


def compact(table: Table) -> Any:
    """Return a table as words where it is large and they take less room, else as it is."""
    words = packed(table)
    return table if words is None else words


def same_tables(one: Table, other: Table) -> bool:
    """Return whether two tables have the same rows in the same order; False may be a matter of their bits."""
    if isinstance(one, PackedTable) and isinstance(other, PackedTable):
        return (
            one.bits == other.bits
            and one.n_modes == other.n_modes
            and (np.array_equal(one.columns, other.columns))
        )
    return np.array_equal(as_bytes(one), as_bytes(other))


def fitting(table: Table, bits: int) -> tuple[PackedTable, NDArray[np.bool_] | None]:
    """Return a table as words of so many bits a mode, and which rows fit these: None where all do.

    The words of rows that do not fit have no meaning.
    """
    if isinstance(table, PackedTable):
        if table.bits <= bits or table.largest() < 1 << bits:
            return table.with_bits(bits), None
        table = table.states
    n_rows, n_modes = table.shape
    flat = readable(np.ascontiguousarray(table).reshape(-1))
    fits: NDArray[np.bool_] | None = None
    if _bits_of(flat) > bits:
        fits = np.asarray((table < 1 << bits).all(axis=1))
        flat = np.where(fits[:, np.newaxis], table, 0).astype(np.uint8).reshape(-1)
    columns, _ = _pack(flat, n_modes, n_rows, bits)
    return PackedTable(columns, n_modes, bits), fits
