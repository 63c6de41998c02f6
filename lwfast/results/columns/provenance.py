"""Where a sum of results comes from: what its parts agree on, and how they differ."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast.results.columns.record import PARAMETERS, ResultRecord, parameters_of, says_something

if TYPE_CHECKING:
    from lwfast.results.columns.settings.same_values import SameValues

_OF_ONE_FILE = ("saved", "file", "files", "failed")
"""Metadata that say nothing of a sum."""
_MOST_SPELLINGS = 64
"""Of one setting: 0.3 and 0.30000000000000004 are two."""

_as_text = json.JSONEncoder(sort_keys=True, default=repr).encode


class Provenance:
    """Gathers what the parts of a sum say of themselves, in memory for what differs.

    Parts were made in the same way where their history, without the numbers of states that it left, and the
    post-selection of their jobs are the same. Adding up is associative: the parts of a sum count as parts.
    """

    def __init__(self) -> None:
        self._n_results = 0
        self._shared: dict[str, Any] | None = None
        self._failed: dict[str, str] = {}
        self._settings: dict[str, dict[str, Any]] | None = None
        """The values of each parameter that all parts have, by their text; none where they cannot be one."""
        self._ways: dict[str, dict[str, Any]] = {}
        self._last: tuple[tuple[dict[str, Any], ...], Any, dict[str, Any]] | None = None
        """History and post-selection of the last part, and its way: most parts are made as the one before."""

    def add(self, kind: type, record: ResultRecord, *, is_start: bool) -> None:
        """Take in one more part.

        Args:
            kind: The class of the part.
            record: What it says of itself.
            is_start: Whether it holds no states and is raw data, as what a sum starts with.
        """
        if is_start and not record.history:
            self._n_results += 1  # it was made in no way
            return
        self._count_ways(record)
        failed = record.metadata.get("failed")
        if isinstance(failed, dict):
            self._failed.update(failed)
        parameters = parameters_of(record)  # each is looked at by itself
        apart = (*_OF_ONE_FILE, PARAMETERS) if parameters else _OF_ONE_FILE
        self._meet({label: {repr(value): value} for label, value in parameters.items()})
        self._agree(
            {
                "kind": kind,
                "input": record.input,
                "post_selection": record.post_selection,
                "job_data": record.job_data,
                "metadata": {k: v for k, v in record.metadata.items() if k not in apart},
                "attributes": record.attributes,
            }
        )

    def join(self, other: Provenance) -> None:
        """Take in all parts of another."""
        self._n_results += other._n_results - sum(way["results"] for way in other._ways.values())
        for way in other._ways.values():
            self._count(way)
        self._failed.update(other._failed)
        if other._settings is not None:
            self._meet(other._settings)
        if other._shared is not None:
            self._agree(other._shared)

    @property
    def labels(self) -> Collection[str]:
        """The parameters that all parts have."""
        return self._settings or ()

    @property
    def shared(self) -> tuple[type[Any] | None, ResultRecord]:
        """The class that all parts have, where it is one, and a record of what they agree on.

        Its history tells what was done to all parts; where they differ, one entry says how many went which
        way.
        """
        shared = dict(self._shared or {})
        kind = shared.pop("kind", None)
        for name, told in ((PARAMETERS, self._parameters()), ("failed", self._failed)):
            if told:
                shared["metadata"] = {**shared.get("metadata", {}), name: told}
        return kind, ResultRecord(**shared, history=self._history())

    def _history(self) -> tuple[dict[str, Any], ...]:
        step = {"step": "merge", "results": self._n_results}
        ways = list(self._ways.values())
        if len(ways) > 1:
            told = [{k: v for k, v in way.items() if k == "results" or says_something(v)} for way in ways]
            return ({**step, "of": told},)
        return (*(ways[0]["history"] if ways else ()), step)

    def _count_ways(self, record: ResultRecord) -> None:
        """Count the ways in which a part was made."""
        last, given = self._last, record.history
        if (
            last is not None
            and record.post_selection is last[1]
            and len(given) == len(last[0])
            and all(entry is other for entry, other in zip(given, last[0], strict=True))
        ):
            last[2]["results"] += 1  # without a look into it
            self._n_results += 1
            return
        history = [{k: v for k, v in entry.items() if k != "states"} for entry in given]
        ways = _ways_of(history, record.post_selection)
        counted = [self._count(way) for way in ways]
        if len(ways) == 1 and ways[0]["results"] == 1:
            self._last = given, record.post_selection, counted[0]

    def _count(self, way: dict[str, Any]) -> dict[str, Any]:
        key = _as_text([way["history"], way["post_selection"]])
        known = self._ways.setdefault(key, {**way, "results": 0})
        known["results"] += way["results"]
        self._n_results += way["results"]
        return known

    def _parameters(self) -> dict[str, Any]:
        """Return the parameters that have one setting in all parts, as `group_by` sees and shows it."""
        found: dict[str, Any] = {}
        for label, by_text in (self._settings or {}).items():
            values = list(by_text.values())
            if len(values) > 1:
                rule = _same_values().of(values)
                values = rule.shown(values)[:1] if _is_one(values, rule) else []
            if values:
                found[label] = values[0]
        return found

    def _meet(self, said: dict[str, dict[str, Any]]) -> None:
        """Take in the values of the parameters of a part, or of several."""
        if self._settings is None:
            self._settings = {label: dict(values) for label, values in said.items()}
            return
        self._settings = {
            label: _together(values, said[label]) for label, values in self._settings.items() if label in said
        }

    def _agree(self, said: dict[str, Any]) -> None:
        if self._shared is None:
            self._shared = said
            return
        kept: dict[str, Any] = {}
        for name, value in self._shared.items():
            other = said.get(name)
            if isinstance(value, dict) and isinstance(other, dict) and name != "post_selection":
                kept[name] = {k: v for k, v in value.items() if k in other and _same(v, other[k])}
            elif _same(value, other):
                kept[name] = value
        self._shared = kept


def _together(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return all values of a parameter; none where they cannot be one setting, whatever else there is."""
    if values.keys() == others.keys():
        return values
    both = {**values, **others}
    if not values or not others or not _is_one(both.values(), _same_values()()):
        return {}
    return dict(sorted(both.items())[:_MOST_SPELLINGS])


def _is_one(values: Iterable[Any], rule: SameValues) -> bool:
    return len({rule.compared(value) for value in values}) == 1


def _same_values() -> type[SameValues]:  # not needed where all parts have the same values
    from lwfast.results.columns.settings.same_values import SameValues

    return SameValues


def _ways_of(history: list[dict[str, Any]], post_selection: Any) -> list[dict[str, Any]]:
    """Return how a result, or each part of a sum, was made."""
    last = history[-1] if history else {}
    if last.get("step") == "merge" and isinstance(last.get("results"), int):
        parts = last.get("of")
        if parts is None:
            return [{"results": last["results"], "history": history[:-1], "post_selection": post_selection}]
        if len(history) == 1:
            return [{"results": 1, "history": [], "post_selection": None, **part} for part in parts]
    return [{"results": 1, "history": history, "post_selection": post_selection}]


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, bool) is not isinstance(b, bool):  # Python takes True for 1
        return False
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and bool(np.array_equal(a, b))
    if isinstance(a, list | tuple) and type(a) is type(b):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(value, b[name]) for name, value in a.items())
    try:
        return bool(a == b)
    except (TypeError, ValueError):  # objects of arrays, for one, have no single answer
        return False
