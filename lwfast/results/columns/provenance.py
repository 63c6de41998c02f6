"""Where a sum of results comes from: what its parts agree on, and how they differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lwfast.results.sampling_result import SamplingResult

_OF_ONE_FILE = ("saved", "file", "files", "failed")
"""Metadata that say nothing of a sum."""


def was_processed(history: Iterable[Mapping[str, Any]], post_selection: Any) -> bool:
    """Say whether data went through anything but adding up."""
    rules = post_selection.values() if isinstance(post_selection, Mapping) else (post_selection,)
    return any(_says_something(rule) for rule in rules) or any(map(_processes, history))


def _processes(entry: Mapping[str, Any]) -> bool:
    if entry.get("step") != "merge":
        return True
    return any(
        was_processed(way.get("history", ()), way.get("post_selection")) for way in entry.get("of", ())
    )


def _says_something(rule: Any) -> bool:
    return rule is not None and not (isinstance(rule, list | tuple | dict) and not rule)


class Provenance:
    """Gathers what the parts of a sum say of themselves, in memory for what differs.

    Parts were made in the same way where their history, without the numbers of states that it left, and the
    post-selection of their jobs are the same. Adding up is associative: the parts of a sum count as parts.
    """

    def __init__(self) -> None:
        self._n_results = 0
        self._shared: dict[str, Any] | None = None
        self._failed: dict[str, str] = {}
        self._ways: dict[str, dict[str, Any]] = {}

    def add(self, result: SamplingResult) -> None:
        """Take in one more part."""
        history = [{k: v for k, v in entry.items() if k != "states"} for entry in result.history]
        said = result.post_selection
        if len(result) == 0 and result.known_raw is result and not history:
            self._n_results += 1  # an empty start of a sum, which was made in no way
            return
        for way in _ways_of(history, said):
            self._count(way)
        failed = result.metadata.get("failed")
        self._failed.update(failed if isinstance(failed, dict) else {})
        self._agree(
            {
                "kind": type(result),
                "input": result.input,
                "post_selection": said,
                "job_data": result.job_data,
                "metadata": {k: v for k, v in result.metadata.items() if k not in _OF_ONE_FILE},
                "attributes": result.attributes,
            }
        )

    def join(self, other: Provenance) -> None:
        """Take in all parts of another."""
        self._n_results += other._n_results - sum(way["results"] for way in other._ways.values())
        for way in other._ways.values():
            self._count(way)
        self._failed.update(other._failed)
        if other._shared is not None:
            self._agree(other._shared)

    @property
    def shared(self) -> dict[str, Any]:
        """What all parts agree on: kind, input, post_selection, job_data, metadata and attributes."""
        shared = dict(self._shared or {})
        if self._failed:
            shared["metadata"] = {**shared.get("metadata", {}), "failed": self._failed}
        return shared

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """What was done to all parts; where they differ, one entry that says how many went which way."""
        step = {"step": "merge", "results": self._n_results}
        ways = list(self._ways.values())
        if len(ways) > 1:
            told = [{k: v for k, v in way.items() if k == "results" or _says_something(v)} for way in ways]
            return ({**step, "of": told},)
        return (*(ways[0]["history"] if ways else ()), step)

    def _count(self, way: dict[str, Any]) -> None:
        key = json.dumps([way["history"], way["post_selection"]], sort_keys=True, default=repr)
        known = self._ways.setdefault(key, {**way, "results": 0})
        known["results"] += way["results"]
        self._n_results += way["results"]

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
