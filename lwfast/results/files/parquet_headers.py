"""Headers of Parquet's pages: structs of Thrift in its compact form, of which the numbers are read."""

from __future__ import annotations

from typing import NamedTuple

DATA_PAGE, DICTIONARY_PAGE = 0, 2
PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
_TYPE, _UNPACKED, _PACKED, _CRC, _DATA, _DICTIONARY = 1, 2, 3, 4, 5, 7
_MOST_DEPTH = 4
_MOST_DIGITS = 10

Buffer = bytes | memoryview
Struct = dict[int, "int | Struct"]


class Page(NamedTuple):
    """A page of a column.

    Attributes:
        kind: `DATA_PAGE` or `DICTIONARY_PAGE`; -1 for any other.
        start: Where its content starts.
        packed: Bytes of its content.
        unpacked: Bytes of its content once it is decompressed.
        crc: Its checksum, as 32 bits without a sign; None where there is none.
        n_values: How many values it has, nulls counted.
        encoding: Of the values.
        levels: Encodings of levels, of definition and of repetition; those of a dictionary mean nothing.
    """

    kind: int
    start: int
    packed: int
    unpacked: int
    crc: int | None
    n_values: int
    encoding: int
    levels: tuple[int, int]


def page_at(buffer: Buffer, at: int) -> Page | None:
    """Return the page whose header is at `at`; None where there is none.

    The layout is that of `PageHeader` in https://github.com/apache/parquet-format/blob/master/src/main/thrift.
    """
    try:
        header, start = _struct(buffer, at, 0)
        kind = _number(header, _TYPE)
        about = header.get({DATA_PAGE: _DATA, DICTIONARY_PAGE: _DICTIONARY}.get(kind, -1), {})
        if not isinstance(about, dict):
            return None
        crc = _number(header, _CRC) & 0xFFFFFFFF if _CRC in header else None
        page = Page(
            kind if about else -1,
            start,
            _number(header, _PACKED),
            _number(header, _UNPACKED),
            crc,
            _number(about, 1),
            _number(about, 2),
            (_number(about, 3), _number(about, 4)) if kind == DATA_PAGE else (RLE, RLE),
        )
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    sizes = page.packed, page.unpacked, page.n_values
    return page if min(sizes) >= 0 and page.start + page.packed <= len(buffer) else None


def _number(struct: Struct, name: int) -> int:
    value = struct.get(name, -1)
    return value if isinstance(value, int) else -1


def _struct(buffer: Buffer, at: int, depth: int) -> tuple[Struct, int]:
    """Read fields up to the end of a struct; those that are no numbers or structs are passed over."""
    if depth > _MOST_DEPTH:
        raise ValueError("nested too deeply")
    found: Struct = {}
    name = 0
    while (byte := buffer[at]) != 0:
        at += 1
        kind = byte & 15
        if byte >> 4:
            name += byte >> 4
        else:
            name, at = _zigzag(buffer, at)
        if kind in (1, 2):  # true and false
            continue
        if kind in (4, 5, 6):
            found[name], at = _zigzag(buffer, at)
        elif kind == 12:
            found[name], at = _struct(buffer, at, depth + 1)
        elif kind == 8:  # bytes
            size, at = _unsigned(buffer, at)
            at += size
        elif kind == 3:
            at += 1
        else:
            raise ValueError("a field that no header has")
    return found, at + 1


def _unsigned(buffer: Buffer, at: int) -> tuple[int, int]:
    value = 0
    for k in range(_MOST_DIGITS):
        byte = buffer[at]
        at += 1
        value |= (byte & 127) << (7 * k)
        if byte < 128:
            return value, at
    raise ValueError("a number without end")


def _zigzag(buffer: Buffer, at: int) -> tuple[int, int]:
    value, at = _unsigned(buffer, at)
    return (value >> 1) ^ -(value & 1), at
