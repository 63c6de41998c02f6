"""Values of columns that make groups: which of them are one value, and what is kept under each.

Python takes True, 1 and 1.0 for one key of a dict. In a table of settings, True is another value than 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np

from lwfast.errors import ResultError

T = TypeVar("T")

_MOST_NAMES = 1024
_PLAIN = " +,.;-_()'!~@"
"""What may stand in the name of a folder as it is."""


class Grouped(Mapping[Any, T]):
    """What belongs to each group: reads as a dict, for which True is not 1 and numbers agree in ten digits.

    Args:
        entries: The value of each group, or the tuple of its values, with what belongs to it.
    """

    def __init__(self, entries: Iterable[tuple[Any, T]]) -> None:
        self._entries = {as_compared(key): (key, value) for key, value in entries}

    def __getitem__(self, key: Any) -> T:
        try:
            return self._entries[as_compared(key)][1]
        except (KeyError, TypeError):  # of a list, say
            raise KeyError(key) from None

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


def as_compared(value: Any) -> Any:
    """Return what stands for all values that count as this one.

    Numbers are one value where they agree in ten digits. Of integers that take more, only equal ones are, and
    no float is one value with them.
    True and False are values of their own.
    """
    if isinstance(value, tuple):
        return tuple(map(as_compared, value))
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return "number", f"{value + 0.0:.9e}"  # without the sign of -0.0
    if isinstance(value, int) and not isinstance(value, bool):
        text = f"{Decimal(value):.9e}"
        return ("number", f"{float(value):.9e}") if _is_exact(value, text) else ("integer", value)
    return type(value).__name__, value


def _is_exact(value: int, text: str) -> bool:
    """Whether an integer has ten digits at most, apart from zeros, and is as large as a float may be."""
    return abs(value) < 10**308 and Decimal(text) == value


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


def file_names_of(names: Sequence[str], key: Any) -> list[str]:
    """Return `theta=0.5` and the like for a group, whichever of equal values was found first.

    The number 1 may have been found as 1 or as 1.0, so there may be several names.

    Raises:
        ResultError: There are more than a thousand.
    """
    texts = [
        [f"{_name(name)}={value_text(form)}" for form in _forms_of(value)]
        for name, value in named_values(names, key)
    ]
    if math.prod(map(len, texts)) > _MOST_NAMES:
        raise ResultError(
            f"The sum of a group of {len(names)} columns may have more than {_MOST_NAMES} names; group by "
            "fewer columns of whole numbers, or leave out resume=."
        )
    return [",".join(chosen) for chosen in product(*texts)]


def _forms_of(value: Any) -> list[Any]:
    """Return a value in the forms in which it may have been found, this one first."""
    kind, digits = as_compared(value)
    if kind != "number":
        return [value]
    number = float(digits)
    if isinstance(value, int):
        return [value, number]
    return [number, int(number)] if number.is_integer() else [number]


def _name(name: str) -> str:
    return quote(name, safe=_PLAIN)


def value_text(value: Any) -> str:
    """Return a value as the name of a folder has it."""
    if value is None:
        return "__HIVE_DEFAULT_PARTITION__"
    return quote(repr(value) if isinstance(value, float) else str(value), safe=_PLAIN)
