"""What `where` asks of the files of a campaign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from lwfast._base.limits import some
from lwfast.results.columns.json_like import json_like
from lwfast.results.columns.settings.group_keys import order_of
from lwfast.results.columns.settings.same_values import SameValues

_MOST = 6
"""Most values that a message names."""


class Asked:
    """What a value of a column should be.

    Args:
        name: The name of a column of `files`.
        wanted: A value, several of which one is enough, or a callable that takes a value.
        rule: Which values of the column are one.

    Raises:
        TypeError: If it is something else.
    """

    def __init__(self, name: str, wanted: Any, rule: SameValues) -> None:
        self.name = name
        self._rule = rule
        self._function: Callable[[Any], Any] | None = wanted if callable(wanted) else None
        self._values, self._is_several = ([], False) if callable(wanted) else _values_of(name, wanted)
        self._times = {_instant(value) for value in self._values if isinstance(value, dt.datetime)}
        self._days = {value for value in self._values if _is_day(value)}
        self._known = {rule.compared(v) for v in self._values if not isinstance(v, dt.date)}

    def meets(self, value: Any) -> bool:
        """Say whether a value of the column is one of those.

        Raises:
            TypeError: If a function does not take the value.
            Exception: What else a function raises, with a note that has the value.
        """
        if self._function is not None:
            return self._is_accepted(self._function, value)
        if self._rule.compared(value) in self._known:
            return True
        if (self._times or self._days) and isinstance(value, str):
            with suppress(ValueError, OverflowError):  # of a time that is before the year 1 in UTC
                time = _instant(dt.datetime.fromisoformat(value))
                return time in self._times or time.date() in self._days
        return False

    def _is_accepted(self, function: Callable[[Any], Any], value: Any) -> bool:
        try:
            return bool(function(value))
        except Exception as error:
            what = f"The function that where was given for {self.name} got {value!r:.60}"
            if not isinstance(error, TypeError | AttributeError):
                error.add_note(f"{what}.")
                raise
            remedy = ", which stands for a file without the value" if value is None else ""
            if isinstance(value, str):
                remedy = ", which is text"
                with suppress(ValueError):
                    dt.datetime.fromisoformat(value)
                    remedy = (
                        ", which is text, as all times in files are: compare it with text, or with what "
                        "datetime.fromisoformat makes of it"
                    )
            raise TypeError(f"{what}{remedy} ({type(error).__name__}: {error}).") from error

    def missed(self, column: Sequence[Any]) -> str:
        """Say what is in a column that has none of the values: "theta is 0, 0.1, not 9.9"."""
        there = f"{self.name} is {values_text(column, self._rule)}"
        if self._function is not None:
            return f"{there}, and the function that was given accepts none of these"
        if not self._values:
            return f"{there}, and no value was given"
        asked = ", ".join(map(_text, self._values[:_MOST]))
        asked += f" and {len(self._values) - _MOST} more" if len(self._values) > _MOST else ""
        return f"{there}, {'none of' if self._is_several else 'not'} {asked}"


def refuse_unnamed(unnamed: Sequence[Any]) -> None:
    """Refuse what is given to `where` without the name of a column.

    Raises:
        TypeError: If there is any.
    """
    if not unnamed:
        return
    first = unnamed[0]
    name = first if isinstance(first, str) and first.isidentifier() else "theta"
    remedy = f"give the value that a column should have by the name of the column, as in where({name}=0.5)"
    if isinstance(first, Mapping):
        remedy = "give a dict of columns and values as where(**values)"
    elif callable(first):
        remedy = "give a function of a whole row to filter, and one of a column as where(theta=function)"
    raise TypeError(f"Campaign.where cannot use {first!r:.60} alone; {remedy}.")


def values_text(column: Sequence[Any], rule: SameValues) -> str:
    """Return the distinct values of a column in their order, those in the middle left out where many."""
    keys = list({rule.compared(value): value for value in rule.shown(column)}.values())
    with suppress(TypeError):  # numbers and text, say, have no order
        keys.sort(key=order_of)
    texts = list(map(_text, keys))
    return ", ".join(texts) if len(texts) <= _MOST else f"{', '.join(texts[:3])} ... {texts[-1]}"


def why_none(asked: Sequence[Asked], rows: Sequence[Mapping[str, Any]]) -> str:
    """Say why none of some rows is left."""
    missed = [
        one.missed([row.get(one.name) for row in rows])
        for one in asked
        if not any(one.meets(row.get(one.name)) for row in rows)
    ]
    if missed:
        return "; ".join(missed)
    return f"some meet each of {some([one.name for one in asked])}, but none meets all"


def _values_of(name: str, wanted: Any) -> tuple[list[Any], bool]:
    """Return the values that are asked for, and whether these are several."""
    if isinstance(wanted, np.generic | np.ndarray) and wanted.dtype.kind == "M":
        is_day = wanted.dtype == "datetime64[D]"
        wanted = wanted.astype("datetime64[D]" if is_day else "datetime64[us]")  # nanoseconds are integers
    # Arrays and columns of NumPy, pandas, polars and Arrow.
    for to_list in ("tolist", "to_list", "to_pylist"):
        if hasattr(wanted, to_list) and not isinstance(wanted, type):
            wanted = getattr(wanted, to_list)()
            break
    if isinstance(wanted, Collection) and not isinstance(wanted, str | bytes | Mapping):
        return [_value(name, value) for value in wanted], True
    return [_value(name, wanted)], False


def _value(name: str, value: Any) -> Any:
    if isinstance(value, dt.date | float):  # also infinity, which JSON does not have
        is_missing = value != value
        return None if is_missing else value
    try:
        return json_like(value, name)
    except TypeError:
        raise TypeError(
            f"The column {name} cannot be compared with {value!r:.80} of type {type(value).__name__}; give a "
            "number, text, True, False, None, a datetime or a date, several of these as a list, tuple, set, "
            f"range, array or Series, or a function of the value, such as {name}=lambda value: value > 0."
        ) from None


def _instant(time: dt.datetime) -> dt.datetime:
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def _is_day(value: Any) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _text(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, dt.date):
        return f"{value} (a day in UTC)" if _is_day(value) else value.isoformat()
    return f"{value:.10g}" if isinstance(value, float) else f"{value!r:.60}"
