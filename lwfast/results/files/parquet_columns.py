"""The columns of a result straight from the pages of a Parquet file.

pyarrow builds nested columns level by level, which takes 22 ns for each number of a state; here it reads the
footer and decompresses. Whatever is not as pyarrow, polars and lwfast usually write it is left to pyarrow: then
`columns_of_pages` gives None.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, Counts, StateTable
from lwfast.results.columns.export import arrow_module
from lwfast.results.files.parquet_headers import (
    DATA_PAGE,
    DICTIONARY_PAGE,
    PLAIN,
    PLAIN_DICTIONARY,
    RLE,
    RLE_DICTIONARY,
    Page,
    page_at,
)

_LENGTH = 4  # bytes in front of levels
_MOST_BITS = 32
_CODECS = ("zstd", "snappy", "gzip", "lz4", "brotli")


class _Unusual(Exception):
    """Something is not as it usually is: pyarrow reads it, or says what is wrong."""


class _Leaf(NamedTuple):
    """A column of a row group."""

    chunk: Any
    most_defined: int
    length: int  # of each list; 0 where it is no list


class _Part(NamedTuple):
    """A page and where its values go."""

    page: Page
    leaf: _Leaf
    codec: Any
    dictionary: AnyArray | None
    first: int  # of its values among those of the row group
    out: AnyArray


@functools.cache  # an import statement takes 0.6 us each time
def _kernels() -> ModuleType:
    from lwfast._kernels.tables import parquet_pages

    return parquet_pages


def columns_of_pages(body: bytes, metadata: Any) -> tuple[StateTable, Counts] | None:
    """Return the columns `state` and `counts`; None where something is unusual, or wrong.

    Pages with a checksum are compared with it.

    Args:
        body: The file.
        metadata: Its `pyarrow.parquet.FileMetaData`.
    """
    try:
        n_rows = metadata.num_rows
        places = _leaves_of(metadata)
        groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
        n_values = sum(group.column(places[0]).num_values for group in groups)
        if n_rows < 1 or n_values % n_rows or not n_values or sum(g.num_rows for g in groups) != n_rows:
            return None
        n_modes = n_values // n_rows
        states, counts = np.empty(n_values, np.uint8), np.empty(n_rows, np.int64)
        parts: list[_Part] = []
        row = 0
        for group in groups:
            end = row + group.num_rows
            for place, length, column in ((places[0], n_modes, states), (places[1], 0, counts)):
                leaf = _Leaf(group.column(place), metadata.schema.column(place).max_definition_level, length)
                out = column[row * max(length, 1) : end * max(length, 1)]
                if leaf.chunk.num_values != out.size:
                    return None
                parts += _parts_of(body, leaf, out)
            row = end
        if all(_written(body, parts)):
            return states.reshape(n_rows, n_modes), counts
    except _Unusual:
        pass
    return None


def _leaves_of(metadata: Any) -> tuple[int, int]:
    """Return which columns hold the numbers of states, lists of uint8, and the counts, int64."""
    state, counts = -1, -1
    for k in range(metadata.num_columns):
        column = metadata.schema.column(k)
        top, *below = column.path.split(".")
        levels = column.max_repetition_level
        if top == "state" and len(below) == 2 and levels == 1 and column.converted_type == "UINT_8":
            state = k if state < 0 else metadata.num_columns
        elif top == "counts" and not below and levels == 0 and column.physical_type == "INT64":
            counts = k if column.converted_type in ("NONE", "INT_64") else counts
    if not 0 <= state < metadata.num_columns or counts < 0:
        raise _Unusual
    return state, counts


def _parts_of(body: bytes, leaf: _Leaf, out: AnyArray) -> Iterator[_Part]:
    """Give the pages of a column."""
    chunk = leaf.chunk
    codec = _codec(chunk.compression.lower())
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        at = chunk.dictionary_page_offset
    dictionary: AnyArray | None = None
    first, room = 0, chunk.total_uncompressed_size
    while first < out.size:
        page = page_at(body, at) if at >= 0 else None
        if page is None or page.unpacked > room:
            raise _Unusual
        room -= page.unpacked
        at = page.start + page.packed
        if page.kind == DICTIONARY_PAGE and dictionary is None and page.encoding in (PLAIN, PLAIN_DICTIONARY):
            dictionary = _plain(_content(body, page, codec), page.n_values, out.dtype)
        elif page.kind == DATA_PAGE and page.levels == (RLE, RLE) and page.n_values <= out.size - first:
            yield _Part(page, leaf, codec, dictionary, first, out[first : first + page.n_values])
            first += page.n_values
        else:
            raise _Unusual


@functools.cache
def _codec(name: str) -> Any:
    if name == "uncompressed":
        return None
    if name not in _CODECS:
        raise _Unusual
    pa = arrow_module()
    if not pa.Codec.is_available(name):
        raise _Unusual
    return pa.Codec(name)


def _written(body: bytes, parts: list[_Part]) -> list[bool]:
    """Write the values of all pages; say of each whether that could be done."""
    done = [False] * len(parts)

    def write(k: int) -> None:
        try:
            done[k] = _write(body, parts[k])
        except _Unusual:
            pass

    run_chunks(write, len(parts))
    return done


def _write(body: bytes, part: _Part) -> bool:
    kernels = _kernels()
    page, leaf, out = part.page, part.leaf, part.out
    content = _content(body, page, part.codec)
    size, n = content.size - kernels.ROOM, page.n_values
    at = 0
    if leaf.length:
        start, at = _levels(content, at, size)
        if not kernels.lists_of(content, start, at, n, part.first % leaf.length, leaf.length):
            return False
    if leaf.most_defined:
        start, at = _levels(content, at, size)
        bits = leaf.most_defined.bit_length()
        if not kernels.same_levels(content, start, at, bits, leaf.most_defined, n):
            return False
    if page.encoding == PLAIN:
        out[:] = _plain(content[at:], n, out.dtype)
        return True
    if page.encoding not in (PLAIN_DICTIONARY, RLE_DICTIONARY) or part.dictionary is None or at >= size:
        return False
    bits = int(content[at])
    return bits <= _MOST_BITS and bool(
        kernels.from_dictionary(content, at + 1, size, bits, part.dictionary, out)
    )


def _content(body: bytes, page: Page, codec: Any) -> NDArray[np.uint8]:
    """Return what is on a page, with room behind it."""
    packed = memoryview(body)[page.start : page.start + page.packed]
    if page.crc is not None and zlib.crc32(packed) != page.crc:
        raise _Unusual
    content = np.zeros(page.unpacked + _kernels().ROOM, np.uint8)
    unpacked: Any = packed
    if codec is not None:
        pa = arrow_module()
        try:
            unpacked = codec.decompress(packed, page.unpacked)
        except (pa.ArrowException, OSError, ValueError):
            raise _Unusual from None
    if len(unpacked) != page.unpacked:
        raise _Unusual
    content[: page.unpacked] = np.frombuffer(unpacked, np.uint8)
    return content


def _levels(content: NDArray[np.uint8], at: int, size: int) -> tuple[int, int]:
    """Return where levels start and end."""
    start = at + _LENGTH
    end = start + int.from_bytes(content[at:start].tobytes(), "little")
    if end > size:
        raise _Unusual
    return start, end


def _plain(content: NDArray[np.uint8], n: int, dtype: Any) -> AnyArray:
    """Return numbers that stand one behind the other, in front of the room behind a page."""
    there = np.dtype(np.int64 if dtype == np.int64 else np.uint32)
    if content.size - _kernels().ROOM < n * there.itemsize:
        raise _Unusual
    values = content[: n * there.itemsize].view(there)
    if dtype == np.uint8 and values.size and int(values.max()) > 255:
        raise _Unusual
    return values.astype(dtype)
