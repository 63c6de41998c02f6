"""Searching jobs by name, in the one dialect of lists, dashboard, client and command line.

`*` stands for any text, also for none; every other character stands for itself, letters of ASCII for their
capital and small forms. A search with a star has to fit the whole name; one without is looked for anywhere.
"""

from __future__ import annotations

WILDCARD = "*"
_UPPER_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""SQLite's LIKE takes capital and small letters of ASCII for the same, and no others."""


def pieces_of(search: str) -> list[str]:
    """Return the texts between the stars; of a search without one, as if it began and ended with stars."""
    search = search.partition("\0")[0]  # where SQLite ends a text, too
    return search.split(WILDCARD) if WILDCARD in search else ["", search, ""]


def fits(search: str, name: str) -> bool:
    """Say whether a name is found by a search, in a time that grows with the two lengths only."""
    first, *middle, last = (piece.translate(_UPPER_TO_LOWER) for piece in pieces_of(search))
    name = name.partition("\0")[0].translate(_UPPER_TO_LOWER)
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in middle:
        found = name.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True
