"""The columns of a result straight from the pages of a Parquet file.

pyarrow builds nested columns level by level, which takes 22 ns for each number of a state; here it reads the
footer and decompresses, and the rest takes 2 ns. What is not as pyarrow, polars and lwfast usually write it
is left to pyarrow: then `columns_of_pages` gives None.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lwfast._types import AnyArray, Counts, StateTable
from lwfast.results.columns.export import arrow_module
from lwfast.results.files.parquet_footer import Chunk, Footer
from lwfast.tables import packed_table
from lwfast.tables.packed_table import PackedTable, Table, bits_for, row_kernels, words_of

_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_PLAIN, _PLAIN_DICTIONARY, _RLE, _RLE_DICTIONARY = 0, 2, 3, 8
_LENGTH = 4  # bytes in front of levels
_MOST_BITS = 32
_CODECS = ("zstd", "snappy", "gzip", "lz4_raw", "brotli")
_WHOLE = ("NONE", "INT")

Bytes = NDArray[np.uint8]


class _UnusualError(Exception):
    """Something is not as it usually is: pyarrow reads it, or says what is wrong."""


class PageColumns(NamedTuple):
    """The columns of a file.

    Attributes:
        states: Bytes, or words where these take less room.
        counts: `int64[N]`.
        checksum: That of the text, the states as bytes and the counts, one behind the other.
    """

    states: Table
    counts: Counts
    checksum: int


class _Page(NamedTuple):
    """A data page of a column.

    Attributes:
        content: What is on it, decompressed.
        n_values: How many values it has.
        encoding: Of the values.
        dictionary: What places stand for.
        fours: What four of them stand for, in a column of uint8.
        first: How many values of the row group stand before it.
    """

    content: Bytes
    n_values: int
    encoding: int
    dictionary: AnyArray | None
    fours: NDArray[np.uint64]
    first: int


@functools.cache  # an import statement takes 0.6 us each time
def _kernels() -> ModuleType:
    from lwfast._kernels.tables import parquet_pages

    return parquet_pages


def columns_of_pages(
    body: bytes, footer: Footer, schema: Any, text: bytes, *, check_pages: bool = True
) -> PageColumns | None:
    """Return the columns `state` and `counts`; None where something is unusual, or wrong.

    Args:
        body: The file.
        footer: What its footer says.
        schema: Its `pyarrow.parquet.ParquetSchema`.
        text: What the file says of itself, for the checksum.
        check_pages: Compare pages with their checksums; not needed where that of the whole is compared.
    """
    try:
        n_rows, groups = footer
        state, counts = _leaves_of(schema)
        if any(len(group.chunks) != len(schema) for group in groups):
            return None
        n_values = sum(group.chunks[state].n_values for group in groups)
        if n_rows < 1 or n_values < 1 or n_values % n_rows or sum(g.n_rows for g in groups) != n_rows:
            return None
        buffer = np.frombuffer(body, np.uint8)
        most_defined = schema.column(state).max_definition_level
        defined = schema.column(counts).max_definition_level
        states = _States(n_rows, n_values // n_rows, most_defined, zlib.crc32(text), check_pages)
        column = np.empty(n_rows, np.int64)
        row = 0
        for group in groups:
            states.read(buffer, group.chunks[state], group.n_rows)
            part = column[row : row + group.n_rows]
            _read_counts(buffer, group.chunks[counts], defined, part, check_pages)
            row += group.n_rows
        if int(column.min()) < 0:
            return None  # said with what pyarrow reads
        table = states.table()
        return PageColumns(table, column, checksum_of(column, states.checksum))
    except _UnusualError:
        return None


def _leaves_of(schema: Any) -> tuple[int, int]:
    """Return which columns hold the numbers of states, lists of uint8, and the counts, int64."""
    state, counts = -1, -1
    for k in range(len(schema)):
        column = schema.column(k)
        top, *below = column.path.split(".")
        levels = column.max_repetition_level
        if top == "state" and len(below) == 2 and levels == 1 and column.converted_type == "UINT_8":
            state = k
        elif top == "counts" and not below and levels == 0 and column.physical_type == "INT64":
            # Times are such numbers too; those of nanoseconds have no converted type.
            is_whole = column.converted_type in ("NONE", "INT_64") and column.logical_type.type in _WHOLE
            counts = k if is_whole else counts
    if state < 0 or counts < 0:
        raise _UnusualError
    return state, counts


class _States:
    """Takes in the states of one row group after the other, page by page: each is in the cache meanwhile."""

    def __init__(
        self, n_rows: int, n_modes: int, most_defined: int, checksum: int, check_pages: bool
    ) -> None:
        self.checksum = checksum
        self._shape = n_rows, n_modes
        self._check_pages = check_pages
        self._most_defined = most_defined
        self._row = 0
        self._rest = 0  # numbers of a row that goes on on the next page
        self._room = np.empty(0, np.uint8)
        self._bytes: StateTable | None = None
        self._words: NDArray[np.uint64] | None = None
        self._bits = 0

    def read(self, buffer: Bytes, chunk: Chunk, n_rows: int) -> None:
        """Read the states of a row group."""
        n_modes = self._shape[1]
        if chunk.n_values != n_rows * n_modes or self._row + n_rows > self._shape[0]:
            raise _UnusualError
        for page in _pages_of(buffer, chunk, np.uint8, self._check_pages):
            if self._words is None and self._bytes is None:
                self._make_room(page)
            if self._words is not None and (
                page.dictionary is None or int(page.dictionary.max(initial=0)) >> self._bits
            ):
                raise _UnusualError  # a later row group has larger numbers
            self._take(page)
        if self._rest:
            raise _UnusualError

    def table(self) -> Table:
        """Return all states."""
        if self._row != self._shape[0]:
            raise _UnusualError
        if self._words is not None:
            return PackedTable(self._words, self._shape[1], self._bits)
        if self._bytes is None:
            raise _UnusualError
        return self._bytes.reshape(self._shape)

    def _make_room(self, page: _Page) -> None:
        n_rows, n_modes = self._shape
        if n_rows >= packed_table.MIN_ROWS and page.dictionary is not None:
            bits = bits_for(n_modes, int(page.dictionary.max(initial=0)).bit_length())
            if bits is not None:
                self._bits = bits
                self._words = np.empty((words_of(n_modes, bits), n_rows), np.uint64)
                return
        self._bytes = np.empty(n_rows * n_modes, np.uint8)

    def _take(self, page: _Page) -> None:
        n_modes, rest = self._shape[1], self._rest
        if self._bytes is not None:
            start = self._row * n_modes + rest
            numbers = self._bytes[start - rest : start + page.n_values]
        else:
            if self._room.size < rest + page.n_values:
                before, self._room = self._room, np.empty(n_modes + page.n_values, np.uint8)
                self._room[:rest] = before[:rest]
            numbers = self._room[: rest + page.n_values]
        self._write(page, numbers[rest:])
        n_rows, self._rest = divmod(numbers.size, n_modes)
        whole = numbers[: n_rows * n_modes]
        self.checksum = checksum_of(whole, self.checksum)
        if self._words is not None:
            per_word = -(-n_modes // len(self._words))
            row_kernels().pack_rows(whole, n_modes, self._bits, per_word, self._words, self._row, n_rows)
            self._room[: self._rest] = numbers[whole.size :].copy()
        self._row += n_rows

    def _write(self, page: _Page, out: Bytes) -> None:
        kernels, content, n_modes = _kernels(), page.content, self._shape[1]
        start, end = _levels(content, 0)
        first = page.first % n_modes
        if not kernels.lists_of(content, start, end, page.n_values, first, n_modes):
            raise _UnusualError
        start, end = _levels(content, end)
        bits = self._most_defined.bit_length()
        if not kernels.same_levels(content, start, end, bits, self._most_defined, page.n_values):
            raise _UnusualError
        if page.encoding == _PLAIN:
            out[:] = _plain(content[end:], page.n_values, np.uint8)
            return
        bits = _bits_of(page, end)
        places = content, end + 1, content.size, bits, page.dictionary
        fours = page.fours if bits <= kernels.FOURS_BITS and page.fours.size == 16**bits else page.fours[:0]
        if not kernels.bytes_from_dictionary(*places, fours, out):
            raise _UnusualError


def _read_counts(buffer: Bytes, chunk: Chunk, most_defined: int, out: Counts, check: bool) -> None:
    kernels = _kernels()
    if chunk.n_values != out.size:
        raise _UnusualError
    for page in _pages_of(buffer, chunk, np.int64, check):
        content, end = page.content, 0
        part = out[page.first : page.first + page.n_values]
        if most_defined:
            start, end = _levels(content, 0)
            bits = most_defined.bit_length()
            if not kernels.same_levels(content, start, end, bits, most_defined, page.n_values):
                raise _UnusualError
        if page.encoding == _PLAIN:
            part[:] = _plain(content[end:], page.n_values, np.int64)
            continue
        bits = _bits_of(page, end)
        if not kernels.numbers_from_dictionary(content, end + 1, content.size, bits, page.dictionary, part):
            raise _UnusualError


def _bits_of(page: _Page, at: int) -> int:
    if page.encoding not in (_PLAIN_DICTIONARY, _RLE_DICTIONARY) or page.dictionary is None:
        raise _UnusualError
    bits = int(page.content[at]) if at < page.content.size else _MOST_BITS + 1
    if bits > _MOST_BITS:
        raise _UnusualError
    return bits


def _pages_of(buffer: Bytes, chunk: Chunk, dtype: Any, check: bool) -> Iterator[_Page]:
    """Give the data pages of a column of a row group."""
    kernels = _kernels()
    codec = _codec(chunk.codec)
    at = chunk.start
    dictionary: AnyArray | None = None
    fours = np.empty(0, np.uint64)
    first, room, n_values = 0, chunk.unpacked, chunk.n_values
    header = np.empty(9, np.int64)
    while first < n_values:
        start = int(kernels.page_header(buffer, at, header)) if at >= 0 else -1
        kind, unpacked, packed, crc, has_crc, n, encoding, defined, repeated = header.tolist()
        if start < 0 or min(unpacked, packed, n) < 0 or unpacked > room or packed > buffer.size - start:
            raise _UnusualError
        room -= unpacked
        at = start + packed
        content = _content(buffer[start:at], unpacked, codec, crc if has_crc and check else None)
        if kind == _DICTIONARY_PAGE and dictionary is None and encoding in (_PLAIN, _PLAIN_DICTIONARY):
            dictionary = _plain(content, n, dtype)
            bits = max(n - 1, 0).bit_length()
            if dtype == np.uint8 and 0 < bits <= kernels.FOURS_BITS:
                fours = np.empty(16**bits, np.uint64)
                kernels.fours_of(dictionary, bits, fours)
        elif kind == _DATA_PAGE and defined == repeated == _RLE and n <= n_values - first:
            yield _Page(content, n, encoding, dictionary, fours, first)
            first += n
        else:
            raise _UnusualError


@functools.cache
def _codec(name: str) -> Any:
    if name == "uncompressed":
        return None
    pa = arrow_module()
    if name not in _CODECS or not pa.Codec.is_available(name):
        raise _UnusualError
    return pa.Codec(name)


def _content(packed: Bytes, size: int, codec: Any, crc: int | None) -> Bytes:
    """Return what is on a page."""
    if crc is not None and checksum_of(packed) != crc:
        raise _UnusualError
    if codec is None:
        content = packed
    else:
        pa = arrow_module()
        try:
            content = np.frombuffer(codec.decompress(packed, size), np.uint8)
        except (pa.ArrowException, OSError, ValueError):
            raise _UnusualError from None
    if content.size != size:
        raise _UnusualError
    return content


def checksum_of(array: AnyArray, before: int = 0) -> int:
    """Return the CRC-32 of the bytes of an array, behind those of which `before` is the one."""
    flat: Any = array.reshape(-1).view(np.uint8)
    return zlib.crc32(flat, before)


def _levels(content: Bytes, at: int) -> tuple[int, int]:
    """Return where levels start and end."""
    start = at + _LENGTH
    end = start + int.from_bytes(content[at:start].tobytes(), "little")
    if end > content.size:
        raise _UnusualError
    return start, end


def _plain(content: Bytes, n: int, dtype: Any) -> AnyArray:
    """Return numbers that stand one behind the other."""
    there = np.dtype("<i8" if dtype == np.int64 else "<u4")
    if content.size < n * there.itemsize:
        raise _UnusualError
    values = content[: n * there.itemsize].view(there)
    if dtype == np.uint8 and values.size and int(values.max()) > 255:
        raise _UnusualError
    return values.astype(dtype)
