"""The pages of a column of a Parquet file, decompressed one after the other.

What is not as pyarrow, polars and lwfast usually write it raises `UnusualError`.
"""

from __future__ import annotations

import functools
import threading
import zlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lwfast._types import AnyArray
from lwfast.results.columns.export import arrow_module
from lwfast.results.files.file_room import Bytes, FileRoom
from lwfast.results.files.parquet_footer import Chunk

_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
PLAIN, PLAIN_DICTIONARY, _RLE, RLE_DICTIONARY = 0, 2, 3, 8
"""Encodings of values, and that of levels."""
MOST_BITS = 32
"""Bits of a place in a dictionary, at most."""
_LARGE_PAGE = 1 << 16
_FEW_BYTES = 1 << 10
"""Up to here, what a dictionary of small numbers stands for is kept: 256 of them."""
_ZSTD = "zstd"
_CODECS = (_ZSTD, "snappy", "gzip", "lz4_raw", "brotli")


class UnusualError(Exception):
    """Something is not as it usually is: pyarrow reads it, or says what is wrong."""


class Page(NamedTuple):
    """A data page of a column.

    Attributes:
        content: What is on it, decompressed.
        n_values: How many values it has.
        encoding: How the values are written, as `Encoding` of the format.
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
def page_kernels() -> ModuleType:
    """Return the kernels that read pages."""
    from lwfast._kernels.tables import parquet_pages

    return parquet_pages


@functools.cache  # an import statement takes 0.6 us each time
def word_kernels() -> ModuleType:
    """Return the kernels that read pages into words."""
    from lwfast._kernels.tables import parquet_words

    return parquet_words


@functools.cache
def _zstd() -> ModuleType | None:
    """Return what decompresses Zstandard; None where pyarrow has to, which takes 36 MB for itself."""
    try:
        import zstandard
    except ImportError:
        return None
    return zstandard


def pages_of(buffer: Bytes, chunk: Chunk, dtype: Any, room: FileRoom, *, check: bool) -> Iterator[Page]:
    """Give the data pages of a column of a row group, each until the next is asked for.

    Args:
        buffer: The content of the whole file.
        chunk: Where the column stands, by the footer.
        dtype: Of its numbers: uint8 or int64.
        room: Memory for a page.
        check: Compare pages with their checksums.

    Raises:
        UnusualError: If something is not as it usually is.
    """
    kernels = page_kernels()
    zstd = _zstd() if chunk.codec == _ZSTD else None
    codec = None if zstd is not None else _codec(chunk.codec)
    at = chunk.start
    dictionary: AnyArray | None = None
    fours = np.empty(0, np.uint64)
    first, left, n_values = 0, chunk.unpacked, chunk.n_values
    header = np.empty(9, np.int64)
    while first < n_values:
        start = int(kernels.page_header(buffer, at, header)) if at >= 0 else -1
        kind, unpacked, packed, crc, has_crc, n, encoding, defined, repeated = header.tolist()
        if start < 0 or min(unpacked, packed, n) < 0 or unpacked > left or packed > buffer.size - start:
            raise UnusualError
        left -= unpacked
        at = start + packed
        if has_crc and check and checksum_of(buffer[start:at]) != crc:
            raise UnusualError
        if zstd is not None:
            content = _unpacked(buffer[start:at], unpacked, zstd, room)
        else:
            content = _content(buffer[start:at], unpacked, codec)
        if kind == _DICTIONARY_PAGE and dictionary is None and encoding in (PLAIN, PLAIN_DICTIONARY):
            if dtype == np.uint8 and content.size <= _FEW_BYTES:
                dictionary, fours = _few_entries(content.tobytes(), n)
            else:
                dictionary = plain_of(content, n, dtype)
        elif kind == _DATA_PAGE and defined == repeated == _RLE and n <= n_values - first:
            yield Page(content, n, encoding, dictionary, fours, first)
            first += n
        else:
            raise UnusualError


@functools.lru_cache(maxsize=16)  # the files of a campaign have the same few dictionaries
def _few_entries(content: bytes, n: int) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """Return the entries of a small dictionary of uint8, and what four places in it stand for."""
    kernels = page_kernels()
    dictionary = plain_of(np.frombuffer(content, np.uint8), n, np.uint8)
    bits = max(n - 1, 0).bit_length()
    if not 0 < bits <= kernels.FOURS_BITS:
        return dictionary, np.empty(0, np.uint64)
    fours = np.empty(16**bits, np.uint64)
    kernels.fours_of(dictionary, bits, 0, 8, fours)
    return dictionary, fours


@functools.lru_cache(maxsize=16)
def fields_of(entries: bytes, bits: int, width: int) -> NDArray[np.uint64]:
    """Return what four places in a dictionary stand for, as fields of a word.

    Args:
        entries: The dictionary, all below 2^width.
        bits: Bits of a place, at most `FOURS_BITS`.
        width: Bits of a field.
    """
    out = np.empty(16**bits, np.uint64)
    page_kernels().fours_of(np.frombuffer(entries, np.uint8), bits, 3 * width, -width, out)
    return out


@functools.cache
def _codec(name: str) -> Any:
    if name == "uncompressed":
        return None
    pa = arrow_module()
    if name not in _CODECS or not pa.Codec.is_available(name):
        raise UnusualError
    return pa.Codec(name)


class _Decompressor(threading.local):
    """One for each thread: several at a time may not use the same."""

    def __init__(self, zstd: ModuleType) -> None:
        self.one = zstd.ZstdDecompressor()


@functools.cache
def _decompressor(zstd: ModuleType) -> _Decompressor:
    return _Decompressor(zstd)


def _unpacked(packed: Bytes, size: int, zstd: ModuleType, room: FileRoom) -> Bytes:
    """Return what is on a page that Zstandard has compressed.

    A large page goes into memory that is there: to get new memory from the system takes half as long again.
    """
    try:
        # A frame that does not say its size may hold more than is asked of it, which would go unseen.
        if zstd.frame_content_size(packed) != size:
            raise UnusualError
        # A reader does not say that a frame ends before its own checksum, which Parquet's writers leave out.
        if size < _LARGE_PAGE or zstd.get_frame_parameters(packed).has_checksum:
            return np.frombuffer(_decompressor(zstd).one.decompress(packed), np.uint8)
        out = room.part("page", size)
        done = _decompressor(zstd).one.stream_reader(packed).readinto(out.data)
    except zstd.ZstdError:
        raise UnusualError from None
    if done != size:
        raise UnusualError
    return out


def _content(packed: Bytes, size: int, codec: Any) -> Bytes:
    """Return what is on a page."""
    if codec is None:
        content = packed
    else:
        pa = arrow_module()
        try:
            content = np.frombuffer(codec.decompress(packed, size), np.uint8)
        except (pa.ArrowException, OSError, ValueError):
            raise UnusualError from None
    if content.size != size:
        raise UnusualError
    return content


def checksum_of(array: AnyArray, before: int = 0) -> int:
    """Return the CRC-32 of the bytes of an array, behind those of which `before` is the one."""
    content: Any = array
    return zlib.crc32(content, before)


def plain_of(content: Bytes, n: int, dtype: Any) -> AnyArray:
    """Return numbers that stand one behind the other."""
    there = np.dtype("<i8" if dtype == np.int64 else "<u4")
    if content.size < n * there.itemsize:
        raise UnusualError
    values = content[: n * there.itemsize].view(there)
    if dtype == np.uint8 and values.size and int(values.max()) > 255:
        raise UnusualError
    return values.astype(dtype)
