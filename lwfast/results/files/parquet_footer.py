"""What the footer of a Parquet file says of its parts.

pyarrow ends the whole process where the sizes of a part contradict the schema, as one changed bit makes
them: it checks them in a place from which no exception reaches Python. So the footer is read here. It is a
struct of Thrift in its compact form, see
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md, with the fields of
`FileMetaData` in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lwfast.errors import ResultFormatError

_END = 8
"""Bytes behind the footer: its length, and `PAR1`."""
_DEEPEST = 16
"""Structs and lists within each other; Parquet has seven."""
_TRUTHS, _BYTE, _NUMBERS, _DOUBLE, _TEXT = (1, 2), 3, (4, 5, 6), 7, 8
_LISTS, _STRUCT, _UUID = (9, 10), 12, 13
_FIXED = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}
_CODECS = ("uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4_hadoop", "zstd", "lz4_raw")
_Wanted = dict[int, Any]
_CHUNK: _Wanted = {3: {3: {}, 4: {}, 5: {}, 6: {}, 9: {}, 11: {}}}
_FOOTER: _Wanted = {3: {}, 4: {1: _CHUNK, 3: {}}}
"""The fields that are read, of structs the fields of these; the others are most of a footer, and skipped."""


class Chunk(NamedTuple):
    """A column of a row group.

    Attributes:
        top: Name of the column of the table that it is a part of.
        codec: How its pages are compressed; empty for what is not known.
        n_values: How many values it has, those included that are null.
        unpacked: Bytes of its pages once they are decompressed.
        start: Where its first page starts.
    """

    top: str
    codec: str
    n_values: int
    unpacked: int
    start: int


class RowGroup(NamedTuple):
    """A part of the rows.

    Attributes:
        n_rows: Number of rows in it.
        chunks: Its columns, in the order of the schema.
    """

    n_rows: int
    chunks: list[Chunk]


class Footer(NamedTuple):
    """What is said of the parts.

    Attributes:
        n_rows: Rows of all groups.
        groups: The parts.
    """

    n_rows: int
    groups: list[RowGroup]


def footer_of(body: bytes) -> Footer:
    """Read the footer of a file that pyarrow has opened.

    Raises:
        ResultFormatError: It is not what it should be.
    """
    size = int.from_bytes(body[-_END : -_END // 2], "little")
    try:
        found, _ = _struct(body[-_END - size : -_END], 0, _FOOTER)
        groups = [RowGroup(_number(group, 3), [_chunk(part) for part in group[1]]) for group in found[4]]
        return Footer(_number(found, 3), groups)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ResultFormatError("Its footer is damaged: it does not say where the columns are.") from error


def _chunk(part: dict[int, Any]) -> Chunk:
    facts = part[3]
    codec = _number(facts, 4)
    return Chunk(
        facts[3][0].decode(),
        _CODECS[codec] if codec < len(_CODECS) else "",
        _number(facts, 5),
        _number(facts, 6),
        _number(facts, 11 if 11 in facts else 9),  # of the dictionary, where there is one
    )


def _number(fields: dict[int, Any], name: int) -> int:
    number = fields[name]
    if not isinstance(number, int) or number < 0:
        raise ValueError(number)
    return number


def _struct(body: bytes, at: int, wanted: _Wanted) -> tuple[dict[int, Any], int]:
    """Read some fields of a struct; return them by their numbers, and where the struct ends."""
    found: dict[int, Any] = {}
    name = 0
    while True:
        byte = body[at]
        at += 1
        if not byte:
            return found, at
        if byte >> 4:
            name += byte >> 4
        else:
            name, at = _zigzag(body, at)
        kind = byte & 15
        if name in wanted:
            found[name], at = _value(body, at, kind, wanted[name])
        elif kind not in _TRUTHS:
            at = _behind(body, at, kind, 0)


def _value(body: bytes, at: int, kind: int, wanted: _Wanted) -> tuple[Any, int]:
    """Read a value; return it, and where it ends."""
    if kind in _NUMBERS:
        return _zigzag(body, at)
    if kind == _TEXT:
        size, at = _unsigned(body, at)
        return body[at : at + size], at + size
    if kind == _STRUCT:
        return _struct(body, at, wanted)
    if kind not in _LISTS:
        raise ValueError(kind)
    each, size, at = _list_head(body, at)
    values = []
    for _ in range(size):
        value, at = _value(body, at, each, wanted)
        values.append(value)
    return values, at


def _behind(body: bytes, at: int, kind: int, depth: int) -> int:
    """Return where a value ends."""
    if kind in _NUMBERS:
        while body[at] > 127:
            at += 1
        return at + 1
    if kind == _TEXT:
        size, at = _unsigned(body, at)
        return at + size
    if kind in _FIXED:
        at += _FIXED[kind]
        if at > len(body):
            raise ValueError(at)
        return at
    if depth == _DEEPEST:
        raise ValueError(depth)
    if kind == _STRUCT:
        return _behind_struct(body, at, depth + 1)
    if kind not in _LISTS:  # such as a map, of which Parquet has none
        raise ValueError(kind)
    each, size, at = _list_head(body, at)
    if each in _TRUTHS:  # in lists, each takes a byte
        return at + size
    for _ in range(size):
        at = _behind(body, at, each, depth + 1)
    return at


def _behind_struct(body: bytes, at: int, depth: int) -> int:
    while byte := body[at]:
        at += 1
        if byte < 16:  # the number of the field follows
            at = _behind(body, at, _NUMBERS[0], depth)
        kind = byte & 15
        if kind in _NUMBERS:  # most are: without a call of their own
            while body[at] > 127:
                at += 1
            at += 1
        elif kind not in _TRUTHS:
            at = _behind(body, at, kind, depth)
    return at + 1


def _list_head(body: bytes, at: int) -> tuple[int, int, int]:
    """Return of which kind the values of a list are, how many there are, and where the first one starts."""
    byte = body[at]
    if byte >> 4 < 15:
        return byte & 15, byte >> 4, at + 1
    size, at = _unsigned(body, at + 1)
    return byte & 15, size, at


def _unsigned(body: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while (byte := body[at]) > 127:
        number |= (byte & 127) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise ValueError(number)
    return number | byte << shift, at + 1


def _zigzag(body: bytes, at: int) -> tuple[int, int]:
    number, at = _unsigned(body, at)
    return (number >> 1) ^ -(number & 1), at
