"""Tables of states as packed words: several modes in 64 bits, so that one instruction looks at all of them.

Twenty modes of up to seven photons take 60 bits: one word a row, where a uint8 table takes 20 bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.parallel import run_chunks
from lwfast._types import StateTable

Words: TypeAlias = NDArray[np.uint64]

MIN_ROWS = 1 << 14
"""Fewer rows stay bytes: they fit the caches in any form, and what packing saves is less than it takes."""
CHUNK = 1 << 16
"""Rows that a thread works on at a time."""
SHORT_BITS = 24
"""Words with no more bits are added up in a table of all of them; such rows get no bits to spare."""
_WORD = 64
_BYTE = 8


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
        return -(-self.n_modes // len(self.columns))

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
        n_rows = len(self)
        moves = moves_of(self.n_modes, self.bits, places, bits)
        out = np.empty((words_of(len(places), bits), n_rows), np.uint64)
        columns = readable(self.columns)

        def move(chunk: int) -> None:
            start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, n_rows)
            row_kernels().move_fields(columns, start, stop, moves, out, start)

        run_chunks(move, -(-n_rows // CHUNK))
        return PackedTable(out, len(places), bits)

    def clicked(self, parity: bool, invert: bool) -> PackedTable:
        """Return 1 for each mode with photons, or with an odd number of them, else 0; `invert` swaps them.

        Words of few modes get one bit a mode, so that they can be added up without hashes.
        """
        n_rows = len(self)
        out = np.empty_like(self.columns)
        columns, bits = readable(self.columns), 1 if parity else self.bits
        ones = _lowest_bits(self.n_modes, self.bits)
        narrow = self.n_modes <= SHORT_BITS and self.n_words == 1 and self.bits > 1
        steps = _steps_together(self.n_modes, self.bits) if narrow else np.empty((0, 2), np.uint64)

        def look(chunk: int) -> None:
            start, stop = chunk * CHUNK, min((chunk + 1) * CHUNK, n_rows)
            row_kernels().clicked_fields(columns, start, stop, bits, int(invert), ones, steps, out)

        run_chunks(look, -(-n_rows // CHUNK))
        return PackedTable(out, self.n_modes, 1 if narrow else self.bits)

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


Table: TypeAlias = StateTable | PackedTable
"""States as bytes or as words; `shape`, `len`, `[rows]` and `copy` work on both."""


@functools.cache  # an import statement takes 0.6 us each time
def row_kernels() -> ModuleType:
    """Return the kernels that write and move words."""
    from lwfast._kernels.tables import packed_rows

    return packed_rows


def words_of(n_modes: int, bits: int) -> int:
    """Return how many words a row takes."""
    return -(-n_modes // (_WORD // bits))


def bits_for(n_modes: int, needed: int) -> int | None:
    """Return how many bits a mode gets, all that fit the fewest words; None where bytes take less room.

    Args:
        n_modes: Modes of a row.
        needed: Bits of the largest number.
    """
    n_words = 1
    while n_modes and _BYTE * n_words <= max(_BYTE, n_modes):
        bits = min(_BYTE, _WORD // -(-n_modes // n_words))
        if bits >= max(needed, 1):
            return bits
        n_words += 1
    return None


def bits_of_short(n_modes: int, needed: int) -> int | None:
    """Return what `bits_for` does, but no more than are needed where a row is short."""
    needed = max(needed, 1)
    return needed if n_modes * needed <= SHORT_BITS else bits_for(n_modes, needed)


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


def place_of(mode: int, n_modes: int, bits: int) -> tuple[int, int]:
    """Return the word of a mode, and the shift to its bits."""
    per_word = -(-n_modes // words_of(n_modes, bits))
    word, place = divmod(mode, per_word)
    return word, bits * (min(per_word, n_modes - word * per_word) - 1 - place)


def moves_of(n_modes: int, bits: int, places: Sequence[Sequence[int]], new_bits: int) -> Words:
    """Return what `move_fields` takes, for modes that become others; see `PackedTable.moved`.

    Modes that stay beside each other move together.
    """
    moves: list[list[int]] = []
    last: tuple[int, int, int, int] | None = None  # where the last move reads and writes its lowest mode
    for k, modes in enumerate(places):
        target, left = place_of(k, len(places), new_bits)
        for mode in modes:
            source, right = place_of(mode, n_modes, bits)
            follows = last == (source, right + bits, target, left + bits)
            if follows and bits == new_bits and len(modes) == 1 == len(places[k - 1]):
                before = moves[-1]
                moves[-1] = [source, right, before[2] << bits | (1 << bits) - 1, target, left]
            else:
                moves.append([source, right, (1 << bits) - 1, target, left])
            last = source, right, target, left
    return np.array(moves, np.uint64).reshape(len(moves), 5)


def _lowest_bits(n_modes: int, bits: int) -> Words:
    """Return the lowest bit of each mode of each word."""
    ones = [0] * words_of(n_modes, bits)
    for mode in range(n_modes):
        word, shift = place_of(mode, n_modes, bits)
        ones[word] |= 1 << shift
    return np.array(ones, np.uint64)


def _steps_together(n_modes: int, bits: int) -> Words:
    """Return shifts and masks, `uint64[k, 2]`, that bring the lowest bits of all modes of a word together.

    Each step doubles how many bits stand beside each other.
    """
    steps, together = [], 1
    while together < n_modes:
        shift, together = together * (bits - 1), 2 * together
        mask = 0
        for mode in range(0, n_modes, together):
            mask |= ((1 << min(together, n_modes - mode)) - 1) << mode * bits
        steps.append((shift, mask))
    return np.array(steps, np.uint64).reshape(-1, 2)


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
