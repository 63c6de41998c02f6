"""Read the table of a result body into words: a piece of text becomes bytes in the cache, and these words."""

from __future__ import annotations

import itertools
import threading

import numpy as np
from numpy.typing import NDArray

from lwfast._base.parallel import run_chunks
from lwfast._types import Counts, StateTable
from lwfast.tables import packed_table
from lwfast.tables.bodies.result_table import LARGE, most_rows, pieces_of, rows_of_pieces, state_text_kernels
from lwfast.tables.packed_layout import Words, bits_for, words_of
from lwfast.tables.packed_table import PackedTable, row_kernels

_PIECE = 1 << 19
_FIRST = 1 << 16  # bytes of text that tell how many bits a mode takes

Found = tuple[int, PackedTable, Counts]


def read_words(buffer: NDArray[np.uint8], position: int, n_modes: int) -> Found | None:
    """Read the members from the quote at `position` on.

    Returns:
        The offset behind the closing brace, the states and the counts; None where the table is small, or
        takes less room as bytes, or anything is wrong, for `read_table` to say what.
    """
    if n_modes == 0 or buffer.size - position < packed_table.MIN_ROWS * (3 * n_modes + 8):
        return None
    needed = _bits_of_first(buffer, position, n_modes)
    while needed is not None and (bits := bits_for(n_modes, needed)) is not None:
        reader = _Reader(buffer, n_modes, bits)
        found = None
        if buffer.size - position >= LARGE:
            found = reader.in_pieces(position)
        if found is None and reader.needed <= bits:
            found = reader.one_by_one(position)
        if reader.needed <= bits:
            return found
        needed = reader.needed
    return None


def _bits_of_first(buffer: NDArray[np.uint8], position: int, n_modes: int) -> int | None:
    """Return the bits of the largest number of the first rows; None where something is wrong with them."""
    kernels = state_text_kernels()
    stop = min(position + _FIRST, buffer.size)
    room = most_rows(stop - position, n_modes)
    flat, counts = np.empty(room * n_modes, np.uint8), np.empty(room, np.int64)
    code, _, rows = kernels.scan_rows(buffer, position, stop, buffer.size, n_modes, flat, counts)
    if code not in (kernels.DONE, kernels.BOUNDARY):
        return None
    return int(row_kernels().bits_used(flat[: rows * n_modes])).bit_length()


class _Reader:
    """Reads a table whose modes take so many bits, as far as that is so: `needed` says how many they take."""

    def __init__(self, buffer: NDArray[np.uint8], n_modes: int, bits: int) -> None:
        self.needed = 0
        self._buffer = buffer
        self._n_modes, self._bits = n_modes, bits
        self._n_words = words_of(n_modes, bits)
        self._per_word = -(-n_modes // self._n_words)
        self._rooms: list[StateTable] = []
        self._lock = threading.Lock()

    def one_by_one(self, position: int) -> Found | None:
        """Read piece after piece; None where anything is wrong, or more bits are needed."""
        kernels = state_text_kernels()
        size = self._buffer.size
        room = most_rows(size - position, self._n_modes)  # pages of the rest are never touched
        out, counts = np.empty((self._n_words, room), np.uint64), np.empty(room, np.int64)
        row = 0
        while True:
            stop = min(position + _PIECE, size)
            code, position, more = self._read(position, stop, out, counts[row:], row)
            row += more
            if self.needed > self._bits or code not in (kernels.DONE, kernels.BOUNDARY):
                return None
            if code == kernels.DONE:
                return position, self._table(out, row), _cut(counts, row)

    def in_pieces(self, position: int) -> Found | None:
        """Read pieces on several threads; None where anything is unusual; see `read_in_chunks`."""
        kernels = state_text_kernels()
        starts = pieces_of(self._buffer, position)
        rows = rows_of_pieces(self._buffer, starts, self._n_modes)
        if rows is None:
            return None
        ends = list(itertools.accumulate(rows))
        out, counts = np.empty((self._n_words, ends[-1]), np.uint64), np.empty(ends[-1], np.int64)
        answers = [(0, 0, 0)] * len(rows)

        def read(piece: int) -> None:
            if self.needed > self._bits:
                return
            first, last = ends[piece] - rows[piece], ends[piece]
            span = starts[piece], starts[piece + 1]
            answers[piece] = self._read(*span, out, counts[first:last], first, rows[piece])

        run_chunks(read, len(rows))
        if self.needed > self._bits:
            return None
        for piece, (code, at, found) in enumerate(answers):
            last = ends[piece] - rows[piece] + found
            if code == kernels.DONE:
                return at, self._table(out, last), _cut(counts, last)
            if code != kernels.BOUNDARY or at != starts[piece + 1] or last != ends[piece]:
                break
        return None

    def _read(
        self, start: int, stop: int, out: Words, counts: Counts, first: int, n_rows: int | None = None
    ) -> tuple[int, int, int]:
        """Read the rows that start in a piece of text; return what `scan_rows` does."""
        kernels, n_modes = state_text_kernels(), self._n_modes
        if n_rows is None:
            n_rows = min(most_rows(stop - start, n_modes), counts.size)
        try:
            flat = self._rooms.pop()
        except IndexError:
            flat = np.empty(0, np.uint8)
        if flat.size < n_rows * n_modes:
            flat = np.empty(n_rows * n_modes, np.uint8)
        code, at, rows = kernels.scan_rows(
            self._buffer, start, stop, self._buffer.size, n_modes, flat[: n_rows * n_modes], counts[:n_rows]
        )
        part = flat[: rows * n_modes]
        used = int(row_kernels().bits_used(part)).bit_length()
        if used > self._bits:
            with self._lock:
                self.needed = max(self.needed, used)
        else:
            row_kernels().pack_rows(part, n_modes, self._bits, self._per_word, out, first, rows)
        self._rooms.append(flat)
        return int(code), int(at), int(rows)

    def _table(self, out: Words, n_rows: int) -> PackedTable:
        if self._n_words == 1:  # in place: gives the pages back without a copy
            out.resize((1, n_rows), refcheck=False)
        else:
            out = out[:, :n_rows].copy()
        return PackedTable(out, self._n_modes, self._bits)


def _cut(counts: Counts, n_rows: int) -> Counts:
    counts.resize(n_rows, refcheck=False)
    return counts
