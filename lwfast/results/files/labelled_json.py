"""States with X, an invalid qubit, in the JSON of results: `"|X,0>"` stands where a table has 255."""

from __future__ import annotations

import re

from lwfast.errors import ResultFormatError

_CODE = b"255"
_KEY = re.compile(rb'"[|(\[]?[0-9X, ]*[>)\]]?"')
_TABLE_FIRST = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*("results"[ \t\n\r]*:[ \t\n\r]*\{|"[|(\[0-9X])')
_MODE = re.compile(rb"(?<![0-9])255(?![0-9])")


def with_x(body: bytes, has_x: bool) -> bytes:
    """Return a table of states and counts as JSON, with X for each 255 of a state.

    Args:
        body: The JSON that `encode_table` writes, as bytes.
        has_x: Whether 255 in the states stands for X; else the body is returned as it is.
    """
    if not has_x:
        return body
    return _KEY.sub(lambda key: _MODE.sub(b"X", key.group()), body)


def without_x(body: bytes) -> tuple[bytes, bool]:
    """Return JSON that begins with a table of states and counts, with 255 for each X of a state.

    Args:
        body: An object of states and counts, or one whose first member is such an object; any other body is
            returned as it is.

    Returns:
        The body, and whether there was an X.

    Raises:
        ResultFormatError: If a state has 255 photons in a mode beside them.
    """
    end = body.find(b"}") + 1
    if body.find(b"X", 0, end) < 0 or not _TABLE_FIRST.match(body):
        return body, False
    table = body[:end]
    if any(_MODE.search(key) for key in _KEY.findall(table)):
        raise ResultFormatError(
            "A state has X, an invalid qubit, and another 255 photons in a mode; in one table 255 stands for "
            "X."
        )
    found = _KEY.sub(lambda key: key.group().replace(b"X", _CODE), table)
    return found + body[end:], found != table
