"""The columns of a result straight from the pages of a Parquet file.

pyarrow builds nested columns level by level, which takes 22 ns for each number of a state, here 2 ns. What
is not as pyarrow, polars and lwfast usually write it is left to pyarrow: then `columns_of_pages` gives None.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import MAX_INT64
from lwfast._types import Counts, StateTable
from lwfast.results.files.column_pages import (
    MOST_BITS,
    PLAIN,
    PLAIN_DICTIONARY,
    RLE_DICTIONARY,
    Page,
    UnusualError,
    checksum_of,
    fields_of,
    page_kernels,
    pages_of,
    plain_of,
    word_kernels,
)
from lwfast.results.files.file_room import Bytes, FileRoom
from lwfast.results.files.parquet_footer import Chunk, Footer, Leaf
from lwfast.tables import packed_table
from lwfast.tables.packed_layout import bits_for, words_of
from lwfast.tables.packed_table import PackedTable, Table, row_kernels

_INT64, _OF_UINT8, _OF_INT64, _OF_NONE = 2, 11, 18, -1
"""Types in the file, and what they stand for, by the numbers of the format."""


class PageColumns(NamedTuple):
    """The columns of a file.

    Attributes:
        states: Bytes, or words where these take less room.
        counts: `int64[N]`, the count of each row.
        most: The largest of them.
        total: Their sum, where it is sure to fit int64, else -1.
        checksum: That of the text, the states as bytes and the counts, one behind the other; -1 where none
            was asked for.
    """

    states: Table
    counts: Counts
    most: int
    total: int
    checksum: int


def columns_of_pages(
    body: bytes | Bytes,
    footer: Footer,
    text: bytes,
    *,
    check_pages: bool = True,
    is_sealed: bool = False,
    room: FileRoom | None = None,
) -> PageColumns | None:
    """Return the columns `state` and `counts`; None where something is unusual, or wrong.

    Args:
        body: The content of the whole file.
        footer: What its footer says.
        text: What the file says of itself, for the checksum.
        check_pages: Compare pages with their checksums; not needed where that of the whole is compared.
        is_sealed: Make no checksum of the columns: one of the whole file has been compared. Rows then become
            words without a byte for each number.
        room: Memory to read with; None for new one.
    """
    room = FileRoom() if room is None else room
    try:
        n_rows, groups, leaves, _ = footer
        state, counts = _places_of(leaves)
        if any(len(group.chunks) != len(leaves) for group in groups):
            return None
        n_values = sum(group.chunks[state].n_values for group in groups)
        if n_rows < 1 or n_values < 1 or n_values % n_rows or sum(g.n_rows for g in groups) != n_rows:
            return None
        buffer = np.frombuffer(body, np.uint8)
        states = _States(n_rows, n_values // n_rows, leaves[state].most_defined, check_pages, room)
        states.checksum = -1 if is_sealed else zlib.crc32(text)
        column = room.column("counts", (n_rows,), np.int64)
        row = 0
        for group in groups:
            states.read(buffer, group.chunks[state], group.n_rows)
            part = column[row : row + group.n_rows]
            if group.chunks[counts].n_values != group.n_rows:
                return None
            pages = pages_of(buffer, group.chunks[counts], np.int64, room, check=check_pages)
            _read_counts(pages, leaves[counts].most_defined, part)
            row += group.n_rows
        least, most, total = page_kernels().facts_of_counts(column)
        if least < 0:
            return None  # said with what pyarrow reads
        if most > MAX_INT64 // n_rows:
            total = -1
        checksum = -1 if is_sealed else checksum_of(column, states.checksum)
        return PageColumns(states.table(), column, most, total, checksum)
    except UnusualError:
        return None


def _places_of(leaves: tuple[Leaf, ...]) -> tuple[int, int]:
    """Return which columns hold the numbers of states, lists of uint8, and the counts, int64."""
    state, counts = -1, -1
    for k, leaf in enumerate(leaves):
        top, *below = leaf.path
        if top == "state" and len(below) == 2 and leaf.most_repeated == 1 and leaf.converted == _OF_UINT8:
            state = k
        elif top == "counts" and not below and leaf.most_repeated == 0 and leaf.kind == _INT64:
            # Times are such numbers too; those of nanoseconds have no converted type.
            counts = k if leaf.converted in (_OF_NONE, _OF_INT64) and leaf.is_whole else counts
    if state < 0 or counts < 0:
        raise UnusualError
    return state, counts


class _States:
    """Takes in the states of one row group after the other, page by page: each is in the cache meanwhile.

    Attributes:
        checksum: That of the bytes so far; -1 where none is wanted.
    """

    def __init__(
        self, n_rows: int, n_modes: int, most_defined: int, check_pages: bool, room: FileRoom
    ) -> None:
        self.checksum = 0
        self._shape = n_rows, n_modes
        self._check_pages = check_pages
        self._most_defined = most_defined
        self._row = 0
        self._rest = 0  # numbers of a row that goes on on the next page
        self._room = room
        self._numbers = np.empty(0, np.uint8)
        self._bytes: StateTable | None = None
        self._words: NDArray[np.uint64] | None = None
        self._bits = 0

    def read(self, buffer: Bytes, chunk: Chunk, n_rows: int) -> None:
        """Read the states of a row group."""
        n_modes = self._shape[1]
        if chunk.n_values != n_rows * n_modes or self._row + n_rows > self._shape[0]:
            raise UnusualError
        for page in pages_of(buffer, chunk, np.uint8, self._room, check=self._check_pages):
            if self._words is None and self._bytes is None:
                self._make_room(page)
            if self._words is not None and (
                page.dictionary is None or int(page.dictionary.max(initial=0)) >> self._bits
            ):
                raise UnusualError  # a later row group has larger numbers
            self._take(page)
        if self._rest:
            raise UnusualError

    def table(self) -> Table:
        """Return all states."""
        if self._row != self._shape[0]:
            raise UnusualError
        if self._words is not None:
            return PackedTable(self._words, self._shape[1], self._bits)
        if self._bytes is None:
            raise UnusualError
        return self._bytes.reshape(self._shape)

    def _make_room(self, page: Page) -> None:
        n_rows, n_modes = self._shape
        if n_rows >= packed_table.MIN_ROWS and page.dictionary is not None:
            bits = bits_for(n_modes, int(page.dictionary.max(initial=0)).bit_length())
            if bits is not None:
                self._bits = bits
                self._words = self._room.column("states", (words_of(n_modes, bits), n_rows), np.uint64)
                return
        self._bytes = self._room.column("states", (n_rows * n_modes,), np.uint8)

    def _take(self, page: Page) -> None:
        if self.checksum < 0 and self._words is not None and self._take_words(page, self._words):
            return
        n_modes, rest = self._shape[1], self._rest
        if self._bytes is not None:
            start = self._row * n_modes + rest
            numbers = self._bytes[start - rest : start + page.n_values]
        else:
            if self._numbers.size < rest + page.n_values:
                before = self._numbers[:rest].copy()
                self._numbers = self._room.part("numbers", n_modes + page.n_values)
                self._numbers[:rest] = before
            numbers = self._numbers[: rest + page.n_values]
        self._write(page, numbers[rest:])
        n_rows, self._rest = divmod(numbers.size, n_modes)
        whole = numbers[: n_rows * n_modes]
        if self.checksum >= 0:
            self.checksum = checksum_of(whole, self.checksum)
        if self._words is not None:
            per_word = -(-n_modes // len(self._words))
            row_kernels().pack_rows(whole, n_modes, self._bits, per_word, self._words, self._row, n_rows)
            self._numbers[: self._rest] = numbers[whole.size :].copy()
        self._row += n_rows

    def _take_words(self, page: Page, words: NDArray[np.uint64]) -> bool:
        """Read a page of whole rows into words; return whether it is one that this can be done with."""
        n_modes = self._shape[1]
        n_rows, odd = divmod(page.n_values, n_modes)
        if odd or self._rest or page.encoding == PLAIN or page.dictionary is None:
            return False
        end = self._end_of_levels(page)
        bits = _bits_of(page, end)
        if not 0 < bits <= min(page_kernels().FOURS_BITS, self._bits):
            return False
        fields = fields_of(page.dictionary.tobytes(), bits, self._bits)
        per_word = -(-n_modes // len(words))
        layout = fields, n_modes, self._bits, per_word
        content = page.content
        if not word_kernels().words_from_dictionary(
            content, end + 1, content.size, bits, *layout, words, self._row, n_rows
        ):
            raise UnusualError
        self._row += n_rows
        return True

    def _end_of_levels(self, page: Page) -> int:
        n_modes = self._shape[1]
        first = page.first % n_modes
        end: int = page_kernels().levels_end(page.content, page.n_values, first, n_modes, self._most_defined)
        if end < 0:
            raise UnusualError
        return end

    def _write(self, page: Page, out: Bytes) -> None:
        kernels, content, end = page_kernels(), page.content, self._end_of_levels(page)
        if page.encoding == PLAIN:
            numbers = plain_of(content[end:], page.n_values, np.uint8)
            if self._words is not None and int(numbers.max(initial=0)) >> self._bits:
                raise UnusualError  # the dictionary, by which words were chosen, was full before these came
            out[:] = numbers
            return
        bits = _bits_of(page, end)
        places = content, end + 1, content.size, bits, page.dictionary
        fours = page.fours if bits <= kernels.FOURS_BITS and page.fours.size == 16**bits else page.fours[:0]
        if not kernels.from_dictionary(*places, fours, out):
            raise UnusualError


def _read_counts(pages: Iterator[Page], most_defined: int, out: Counts) -> None:
    kernels = page_kernels()
    for page in pages:
        content = page.content
        part = out[page.first : page.first + page.n_values]
        end = kernels.levels_end(content, page.n_values, 0, 0, most_defined)
        if end < 0:
            raise UnusualError
        if page.encoding == PLAIN:
            part[:] = plain_of(content[end:], page.n_values, np.int64)
            continue
        bits = _bits_of(page, end)
        places = content, end + 1, content.size, bits, page.dictionary
        if not kernels.from_dictionary(*places, page.fours, part):
            raise UnusualError


def _bits_of(page: Page, at: int) -> int:
    if page.encoding not in (PLAIN_DICTIONARY, RLE_DICTIONARY) or page.dictionary is None:
        raise UnusualError
    bits = int(page.content[at]) if at < page.content.size else MOST_BITS + 1
    if bits > MOST_BITS:
        raise UnusualError
    return bits
