"""Values of columns that make groups: what is kept under each, and its names in tables and folders."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, TypeVar
from urllib.parse import quote

from lwfast.errors import ResultError
from lwfast.results.columns.settings.same_values import SameKeys, SameValues

T = TypeVar("T")

_MOST_NAMES = 1024
_MOST_KEYS, _MOST_LETTERS = 6, 60
"""How many keys a message lists, and how much of each."""
_PLAIN = " +,.;-_()'!~@"
"""What may stand in the name of a folder as it is."""


class Grouped(Mapping[Any, T]):
    """What belongs to each group: reads as a dict, for which True is not 1, and 0.1 + 0.2 is 0.3.

    Args:
        entries: The value of each group, or the tuple of its values, with what belongs to it.
        same: Which values are one.
    """

    def __init__(self, entries: Iterable[tuple[Any, T]], same: SameKeys | None = None) -> None:
        self._same = same or SameKeys()
        self._entries = {self._same.compared(key): (key, value) for key, value in entries}

    def __getitem__(self, key: Any) -> T:
        try:
            return self._entries[self._same.compared(key)][1]
        except (KeyError, TypeError):  # of a list, say
            raise KeyError(self._missed(key)) from None

    def _missed(self, key: Any) -> str:
        keys = [repr(known)[:_MOST_LETTERS] for known, _ in islice(self._entries.values(), _MOST_KEYS)]
        if len(self) > _MOST_KEYS:
            keys += ["...", repr(next(reversed(self._entries.values()))[0])[:_MOST_LETTERS]]
        there = f"The keys are {', '.join(keys)}." if keys else "There are no groups."
        n_columns = len(self._same.rules)
        if n_columns > 1 and not (isinstance(key, tuple) and len(key) == n_columns):
            there = f"Groups of {n_columns} columns have tuples as keys. {there}"
        return f"There is no group {key!r:.60}. {there}"

    def __iter__(self) -> Iterator[Any]:
        return iter([key for key, _ in self._entries.values()])

    def __len__(self) -> int:
        return len(self._entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return len(self) == len(other) and all(key in self and self[key] == other[key] for key in other)

    __hash__ = None  # type: ignore[assignment]  # as that of a dict

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{key!r}: {value!r}' for key, value in self._entries.values())}}}"


def column_names(names: Sequence[str], taken: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns of groups in a table that has columns of its own.

    A name that is taken gets `group_` in front.

    Args:
        names: The names of the columns whose values make the groups.
        taken: The table's own columns.
    """
    found: list[str] = []
    for name in names:
        shown = name
        while shown in taken or shown in found or (shown != name and shown in names):
            shown = f"group_{shown}"
        found.append(shown)
    return tuple(found)


def order_of(key: Any) -> Any:
    """Return what groups are ordered by: None comes last, and before it True and False."""
    values = key if isinstance(key, tuple) else (key,)
    return [(value is None, isinstance(value, bool), 0 if value is None else value) for value in values]


def named_values(names: Sequence[str], key: Any) -> list[tuple[str, Any]]:
    """Return the columns of a group with their values."""
    return list(zip(names, key if len(names) > 1 else (key,), strict=True))


def folders_of(names: Sequence[str], key: Any) -> list[str]:
    """Return `theta=0.5` and the like for the columns of a group."""
    return [f"{_name(name)}={value_text(value)}" for name, value in named_values(names, key)]


def file_names_of(names: Sequence[str], key: Any, same: SameKeys) -> list[str]:
    """Return `theta=0.5` and the like for a group, whichever of equal values was found first.

    The number 1 may have been found as 1 or as 1.0, so there may be several names.

    Raises:
        ResultError: There are more than a thousand.
    """
    texts = [
        [f"{_name(name)}={value_text(form)}" for form in _forms_of(value, rule)]
        for (name, value), rule in zip(named_values(names, key), same.rules, strict=True)
    ]
    if math.prod(map(len, texts)) > _MOST_NAMES:
        raise ResultError(
            f"The sum of a group of {len(names)} columns may have more than {_MOST_NAMES} names; group by "
            "fewer columns of whole numbers, or leave out resume=."
        )
    return [",".join(chosen) for chosen in product(*texts)]


def _forms_of(value: Any, rule: SameValues) -> list[Any]:
    """Return a value in the forms in which it may have been found, this one first."""
    value = rule.file_value(value)
    if isinstance(value, float):
        return [value, int(value)] if value.is_integer() else [value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**308:
        return [value, float(value)] if float(value) == value else [value]
    return [value]


def _name(name: str) -> str:
    return quote(name, safe=_PLAIN)


def value_text(value: Any) -> str:
    """Return a value as the name of a folder has it."""
    if value is None:
        return "__HIVE_DEFAULT_PARTITION__"
    if isinstance(value, list | tuple):
        value = json.dumps(value)
    return quote(repr(value) if isinstance(value, float) else str(value), safe=_PLAIN)
