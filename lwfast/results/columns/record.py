"""What travels with the counts of a result: where they come from and what was done to them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from lwfast._types import AnyArray
from lwfast.results.columns.json_like import json_like
from lwfast.state import State
from lwfast.tables.packed_table import Table

Raw = TypeVar("Raw", covariant=True)


class Derived(NamedTuple):
    """Columns that were made of those of a result.

    Attributes:
        states: `uint8[N, n_modes]`, or words; no row stands there twice.
        counts: `(N,)`, int64 or float64, one of each row.
        step: What was done, for the history, such as `{"step": "top", "n": 3}`; nothing for another order.
        reason: Why no row is left, if post-selection left none.
        has_x: Whether 255 in the states stands for X; None if it means what it did before.
    """

    states: Table
    counts: AnyArray
    step: Mapping[str, Any]
    reason: str | None = None
    has_x: bool | None = None


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """All that a result is made of besides its columns; nothing changes once it is here.

    Attributes:
        input: The input state, or None where it is not known.
        post_selection: The post-selection that came with the job, JSON-like, or None.
        job_data: What travelled with the job beside its post-selection, JSON-like, or None.
        metadata: Job id, QPU and the like, JSON-like.
        history: What was done to the data after it was received, one entry per step.
        attributes: What a user gave; the only part that need not be JSON-like.
        has_x: Whether 255 in the states stands for X, an invalid qubit, and not for photons.
    """

    input: State | None = None
    post_selection: Any = None
    job_data: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    history: tuple[dict[str, Any], ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    has_x: bool = False

    @property
    def was_processed(self) -> bool:
        """Whether the data went through anything but adding up."""
        return was_processed(self.history, self.post_selection)

    def __deepcopy__(self, memo: dict[int, Any]) -> ResultRecord:
        attributes = deep_unless_same(self.attributes, memo)
        if attributes is self.attributes:
            return self
        return replace(self, attributes=attributes)


class Recorded(Protocol):
    """A result that keeps a record of its data."""

    _record: ResultRecord


def known_record(result: Recorded) -> ResultRecord:
    """Return all that stands beside the columns of a result. It is not a copy, so it must not be changed."""
    return result._record  # noqa: SLF001


class KnowsRaw(Protocol[Raw]):
    """A result, or a sweep of results, that may know what it was before any post-selection."""

    @property
    def _known_raw(self) -> Raw | None: ...


def known_raw(result: KnowsRaw[Raw]) -> Raw | None:
    """Return the `raw_data` of a result or a sweep, or None where they are not known."""
    return result._known_raw  # noqa: SLF001


def was_processed(history: Iterable[Mapping[str, Any]], post_selection: Any) -> bool:
    """Say whether data went through anything but adding up."""
    rules = post_selection.values() if isinstance(post_selection, Mapping) else (post_selection,)
    return any(map(says_something, rules)) or any(map(_processes, history))


def _processes(entry: Mapping[str, Any]) -> bool:
    if entry.get("step") != "merge":
        return True
    return any(
        was_processed(way.get("history", ()), way.get("post_selection")) for way in entry.get("of", ())
    )


def says_something(rule: Any) -> bool:
    """Say whether a rule, or what else is kept of a result, is there and not empty."""
    return rule is not None and not (isinstance(rule, list | tuple | dict) and not rule)


def deep_unless_same(value: Any, memo: dict[int, Any]) -> Any:
    """Return a deep copy, or the very value where it is a dict of what cannot be changed."""
    if not isinstance(value, dict):
        return copy.deepcopy(value, memo)
    copied = {name: copy.deepcopy(entry, memo) for name, entry in value.items()}
    return copied if any(copied[name] is not entry for name, entry in value.items()) else value


def continued(record: ResultRecord, derived: Derived, n_before: int) -> ResultRecord:
    """Return the record of a result after one more step.

    Args:
        record: What was known before the step.
        derived: What the step made.
        n_before: Number of states before the step.
    """
    if derived.has_x not in (None, record.has_x):
        record = replace(record, has_x=bool(derived.has_x))
    if not derived.step:
        return record
    entry = {**derived.step, "states": [n_before, int(derived.states.shape[0])]}
    return replace(record, history=(*record.history, entry))


PARAMETERS = "parameters"
"""Where metadata hold the values of parameters."""


def parameters_of(record: ResultRecord) -> dict[str, Any]:
    """Return the values of parameters by label, not a copy; nothing where others put something else there."""
    known = record.metadata.get(PARAMETERS)
    return known if isinstance(known, dict) else {}


def with_parameters(record: ResultRecord, parameters: Mapping[str, Any]) -> ResultRecord:
    """Return a record with values of parameters, by label.

    Raises:
        TypeError: If a label is not text, or a file could not keep a value.
    """
    for label in parameters:
        if not isinstance(label, str):
            raise TypeError(f"The label of a parameter is text, not {label!r:.60}.")
    given = json_like({**parameters_of(record), **parameters}, PARAMETERS)
    return replace(record, metadata={**record.metadata, PARAMETERS: given})
