"""Slow twin of the result reader: one character at a time, written from the grammar and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

NUMBER = "(?:0|[1-9][0-9]*)"
INSIDE = f"{NUMBER}(?:, ?{NUMBER})*"
KEY = re.compile(rf"\((?:{INSIDE})?\)|\({NUMBER},\)|\[(?:{INSIDE})?\]|{INSIDE}|", re.ASCII)


class Refused(Exception):
    """The text is not a result."""


def decode(body: bytes) -> tuple[dict[tuple[int, ...], int], Any, bool]:
    """Return counts by state in their order, the job data, and whether the results were null."""
    if body.startswith(b"\xef\xbb\xbf"):
        raise Refused("byte order mark")
    try:
        members = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=Pairs,
            parse_int=Literal,
            parse_float=Fraction,
            parse_constant=no,
        )
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from error
    if not isinstance(members, Pairs):
        raise Refused("not an object")
    names = [name for name, _ in members]
    if len(set(names)) != len(names) or "results" not in names:
        raise Refused("members")
    found = dict(members)
    if found["results"] is None:
        return {}, plain(found.get("job_data")), True
    return counts_of(found["results"]), plain(found.get("job_data")), False


class Pairs(list):
    """The members of an object."""


class Literal(str):
    """An integer as it was written."""

    __slots__ = ()


class Fraction(str):
    """A number with a fraction or exponent as it was written."""

    __slots__ = ()


def no(text: str) -> None:
    raise Refused(text)


def counts_of(pairs: Any) -> dict[tuple[int, ...], int]:
    """Return the sums of counts by state."""
    if not isinstance(pairs, Pairs):
        raise Refused("results are no object")
    table: dict[tuple[int, ...], int] = {}
    for key, value in pairs:
        if not KEY.fullmatch(key):
            raise Refused(f"key {key!r}")
        state = tuple(int(n) for n in re.findall("[0-9]+", key))
        if any(n > 255 for n in state):
            raise Refused("occupation")
        if not isinstance(value, Literal) or value.startswith("-"):
            raise Refused(f"count {value!r}")
        if int(value) >= 2**63:
            raise Refused("count")
        if table and len(state) != len(next(iter(table))):
            raise Refused("modes")
        table[state] = table.get(state, 0) + int(value)
        if table[state] >= 2**63:
            raise Refused("sum")
    return table


def plain(value: Any) -> Any:
    """Return JSON data as Python's own objects; pairs become dicts."""
    if isinstance(value, Literal):
        return int(value)
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, Pairs):
        return {k: plain(v) for k, v in value}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value
