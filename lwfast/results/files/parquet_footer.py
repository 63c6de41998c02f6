"""What the footer of a Parquet file says of its columns and parts.

pyarrow takes longer to import than most files take to be read. And it ends the whole process where the sizes
of a part contradict the schema, as one changed bit makes them: it checks them in a place from which no
exception reaches Python. So the footer is read here. It is a struct of Thrift in its compact form, see
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md, with the fields of
`FileMetaData` in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from lwfast.errors import ResultFormatError

_END = 8
"""Bytes behind the footer: its length, and `PAR1`."""
_MARK = b"PAR1"
_MOST_SCHEMAS = 4
_DEEPEST = 16
"""Structs and lists within each other; Parquet has seven."""
_TRUTHS, _BYTE, _NUMBERS, _DOUBLE, _TEXT = (1, 2), 3, (4, 5, 6), 7, 8
_LISTS, _STRUCT, _UUID = (9, 10), 12, 13
_FIXED = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}
_CODECS = ("uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4_hadoop", "zstd", "lz4_raw")
_Wanted: TypeAlias = "dict[int, Any] | Callable[[bytes, int], tuple[Any, int]]"
_CHUNK: _Wanted = {3: {3: {}, 4: {}, 5: {}, 6: {}, 9: {}, 11: {}}}
_ELEMENT: _Wanted = {1: {}, 3: {}, 4: {}, 5: {}, 6: {}, 10: {10: {}}}
_OPTIONAL, _REPEATED = 1, 2
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


class Leaf(NamedTuple):
    """A column of numbers: a part of a column of the table.

    Attributes:
        path: Names from that column of the table on.
        kind: Of its numbers in the file, as `Type` of the format; -1 for none.
        converted: What these stand for, as `ConvertedType`; -1 for none.
        is_whole: Whether nothing else is said of them than that they are whole numbers.
        most_defined: Definition level of a number that is there.
        most_repeated: Highest repetition level, 0 for a column that is not a list.
    """

    path: tuple[str, ...]
    kind: int
    converted: int
    is_whole: bool
    most_defined: int
    most_repeated: int


class Footer(NamedTuple):
    """What is said of a file.

    Attributes:
        n_rows: Rows of all groups.
        groups: The row groups, in the order of the file.
        leaves: The columns of numbers, in the order of the file.
        kept: What else is kept, by key.
    """

    n_rows: int
    groups: list[RowGroup]
    leaves: tuple[Leaf, ...]
    kept: dict[bytes, bytes]


def footer_of(body: bytes) -> Footer:
    """Read the footer of a file.

    Args:
        body: The file, or its end from the footer on.

    Raises:
        ResultFormatError: It is not what it should be.
    """
    size = int.from_bytes(body[-_END : -_END // 2], "little")
    try:
        text = body[-_END - size : -_END]
        usual = _usual(text)
        if usual is not None:
            return usual
        found, _ = _struct(text, 0, _FOOTER)
        groups = [RowGroup(_number(group, 3), [_chunk(part) for part in group[1]]) for group in found[4]]
        kept = {pair[1]: pair.get(2, b"") for pair in found.get(5, [])}
        if not isinstance(found[2], tuple) or not all(isinstance(text, bytes) for text in kept.values()):
            raise TypeError(found)
        return Footer(_number(found, 3), groups, found[2], kept)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ResultFormatError("Its footer is damaged: it does not say where the columns are.") from error


def _usual(text: bytes) -> Footer | None:
    """Read a footer as it usually is, with a kernel: it takes a twentieth of the time; None for any other.

    Raises:
        IndexError: As the long way, of which the schema goes; likewise KeyError, TypeError and ValueError.
    """
    kernels = _kernels()
    numbers = np.empty(len(text), np.int64)
    size = kernels.footer_places(np.frombuffer(text, np.uint8), numbers)
    if size < 0:
        return None
    found = numbers[:size].tolist()
    n_rows, schema, schema_end, n_groups, n_kept = found[: kernels.HEAD]
    leaves, end = _schema(text, schema)
    if end != schema_end:
        return None
    at = kernels.HEAD
    groups = []
    for _ in range(n_groups):
        n_group, n_chunks = found[at : at + 2]
        at += 2
        chunks = []
        for _ in range(n_chunks):
            start, stop, codec, n_values, unpacked, pages = found[at : at + kernels.OF_A_CHUNK]
            at += kernels.OF_A_CHUNK
            name = _CODECS[codec] if codec < len(_CODECS) else ""
            chunks.append(Chunk(text[start:stop].decode(), name, n_values, unpacked, pages))
        groups.append(RowGroup(n_group, chunks))
    kept = {}
    for _ in range(n_kept):
        key, key_end, value, value_end = found[at : at + kernels.OF_A_PAIR]
        at += kernels.OF_A_PAIR
        kept[text[key:key_end]] = text[value:value_end]
    return Footer(n_rows, groups, leaves, kept)


@functools.cache  # an import statement takes 0.6 us each time
def _kernels() -> ModuleType:
    from lwfast._kernels.tables import parquet_footer

    return parquet_footer


def end_of(body: memoryview) -> bytes:
    """Return the end of a file from its footer on; nothing where it cannot be a Parquet file."""
    if len(body) < len(_MARK) + _END or body[: len(_MARK)] != _MARK or body[-len(_MARK) :] != _MARK:
        return b""
    size = _END + int.from_bytes(body[-_END : -_END // 2], "little")
    return bytes(body[-size:]) if size <= len(body) - len(_MARK) else b""


def _schema(body: bytes, at: int) -> tuple[tuple[Leaf, ...], int]:
    """Read the columns; return them, and where they end. Most files have those of the one before."""
    for text, leaves in _known_schemas:
        if body.startswith(text, at):  # it says itself where it ends: nothing else begins with it
            return leaves, at + len(text)
    start = at
    each, size, at = _list_head(body, at)
    elements = []
    for _ in range(size):
        element, at = _value(body, at, each, _ELEMENT)
        elements.append(element)
    rest = iter(elements[1:])
    leaves = tuple(leaf for _ in range(_number(elements[0], 5)) for leaf in _leaves(rest, (), 0, 0))
    if next(rest, None) is not None:
        raise ValueError(len(elements))
    _known_schemas[:] = [(body[start:at], leaves), *_known_schemas][:_MOST_SCHEMAS]
    return leaves, at


_known_schemas: list[tuple[bytes, tuple[Leaf, ...]]] = []
_FOOTER: dict[int, Any] = {2: _schema, 3: {}, 4: {1: _CHUNK, 3: {}}, 5: {1: {}, 2: {}}}


def _leaves(rest: Iterator[Any], above: tuple[str, ...], defined: int, repeated: int) -> Iterator[Leaf]:
    """Give the columns of the next element of a schema, which lists what is in an element behind it."""
    element = next(rest, None)
    if element is None or len(above) == _DEEPEST:
        raise ValueError(above)
    form = element.get(3, 0)
    defined += form in (_OPTIONAL, _REPEATED)
    repeated += form == _REPEATED
    path = (*above, element[4].decode())
    if 5 in element:
        for _ in range(_number(element, 5)):
            yield from _leaves(rest, path, defined, repeated)
        return
    logical = element.get(10)
    is_whole = logical is None or 10 in logical
    yield Leaf(path, element.get(1, -1), element.get(6, -1), is_whole, defined, repeated)


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


def _struct(body: bytes, at: int, wanted: dict[int, Any]) -> tuple[dict[int, Any], int]:
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
        if kind in _NUMBERS:  # most are: without a call of their own
            if name in wanted:
                found[name], at = _zigzag(body, at)
                continue
            while body[at] > 127:
                at += 1
            at += 1
        elif name in wanted:
            found[name], at = _value(body, at, kind, wanted[name])
        elif kind not in _TRUTHS:
            at = _behind(body, at, kind, 0)


def _value(body: bytes, at: int, kind: int, wanted: _Wanted) -> tuple[Any, int]:
    """Read a value; return it, and where it ends."""
    if callable(wanted):
        return wanted(body, at)
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
    if each in _NUMBERS:
        for _ in range(size):
            while body[at] > 127:
                at += 1
            at += 1
        return at
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
    if body[at] < 128:
        return body[at], at + 1
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
