"""Results as a QPU returns them: raw counts, and the post-selection that travelled with the job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np

from lwfast._texts import ended
from lwfast._types import Counts
from lwfast.errors import ResultCreationError
from lwfast.results.columns.json_like import json_like
from lwfast.results.columns.labels import LabelTable
from lwfast.results.columns.record import ResultRecord
from lwfast.results.count_map import columns_of
from lwfast.results.count_views import owned_result
from lwfast.results.processing.selection import select_columns, why_nothing
from lwfast.results.processing.weights import group_weights
from lwfast.results.sampling_result import SamplingResult
from lwfast.results.state_map import working_table
from lwfast.rules import as_heralds, as_rules
from lwfast.tables.bodies.result_json import DecodedResult, decode_members, decode_table
from lwfast.tables.packed_table import Table


class QPUSamplingResult(SamplingResult):
    """Counts from a QPU, with the post-selection and heralds of `job_data` applied.

    Rules and heralds are applied when the object is made. Where that fails the exception is raised, with the
    raw counts as its attribute `raw_data`; a result that says to be post-selected always is.

    Args:
        data: `results`, a mapping from state (or its text, as on the wire) to count or None (floats are kept,
            as by `SamplingResult`), and optionally `job_data` with `post_select` and `herald`. It is not
            changed.

    Raises:
        ResultCreationError: If `data` has no `results`, or they are not such a mapping.
        ModeRangeError: If a rule or herald names a mode that the states do not have.
        TypeError: If a rule or herald is not made of integers, or a file could not keep `job_data`.
        ValueError: If a rule is empty or names a mode twice, or a mode is heralded twice.

    Example:
        >>> data = {"results": {"(1, 1)": 10, "(0, 2)": 60}, "job_data": {"herald": [[0, 1]]}}
        >>> result = lw.results.QPUSamplingResult(data)  # as if it came from a scheduler
        >>> dict(result), result.raw_data.n_samples
        ({lwfast.State(|1>): 10}, 70)
        >>> body = lw.encode_result([[1, 1], [0, 2]], [10, 60], {"herald": [[0, 1]]})
        >>> lw.results.QPUSamplingResult.from_body(body, metadata={"job_id": 7}) == result
        True
    """

    __slots__ = ()

    def __init__(self, data: Any) -> None:
        if not isinstance(data, Mapping) or "results" not in data:
            raise ResultCreationError("The data of a QPU result is a mapping with an entry 'results'.")
        results = data["results"]
        table, counts = _no_columns() if results is None else _wire_columns(results)
        self._fill(**_selected(table, counts, data.get("job_data"), {})._asdict())

    @classmethod
    def from_body(cls, body: Any, *, metadata: Mapping[str, Any] | None = None) -> Self:
        """Read the answer of the results endpoint.

        Args:
            body: The scheduler's answer: JSON as bytes, text, a path or an open file, as for `decode_result`.
            metadata: Metadata such as the job id and the QPU, which are saved with the result; by default
                None.

        Raises:
            ResultFormatError: If the body is not a result.
            ModeRangeError: As for the class, and so on.
        """
        return cls._from_decoded(decode_members(body, words=True)[0], metadata=metadata)

    @classmethod
    def _from_decoded(cls, decoded: DecodedResult, *, metadata: Mapping[str, Any] | None = None) -> Self:
        """Do what `from_body` does for a decoded body; its arrays become the result's, and read-only."""
        kept = json_like(dict(metadata or {}), "metadata")
        selected = _selected(LabelTable(decoded.states), decoded.counts, decoded.job_data, kept)
        return owned_result(cls, **selected._asdict())

    def __getitem__(self, key: Any) -> Any:
        if len(self) == 0 and not isinstance(key, slice):
            why = self.nothing_left
            none = "Result contains no data."
            raise ValueError(f"{none} By its history, {why}." if why else none)
        return super().__getitem__(key)


def _no_columns() -> tuple[LabelTable, Counts]:
    return LabelTable(np.zeros((0, 0), np.uint8)), np.zeros(0, np.int64)


def _wire_columns(results: Any) -> tuple[LabelTable, Counts]:
    """Return the columns of counts keyed by states or by their text."""
    if isinstance(results, Mapping) and any(isinstance(key, str) for key in results):
        try:
            states, counts = decode_table(json.dumps(json_like(dict(results), "results")))
            return LabelTable(states), counts
        except (TypeError, ValueError) as error:
            raise ResultCreationError(f"The results cannot be read: {ended(error)}") from error
    return columns_of(results)


class _Selected(NamedTuple):
    """What post-selection leaves, and how it came about: the arguments of `owned_result`."""

    states: Table
    counts: Counts
    record: ResultRecord
    raw: SamplingResult
    reason: str | None = None


def _selected(table: LabelTable, counts: Counts, job_data: Any, metadata: dict[str, Any]) -> _Selected:
    """Apply the rules and heralds of `job_data`.

    Raises:
        Exception: Whatever is wrong with the rules, with the raw counts as its attribute `raw_data`.
    """
    states = table.states
    record = ResultRecord(metadata=metadata, has_x=table.has_x)
    raw = owned_result(SamplingResult, states, counts, record)
    if job_data is None:
        return _Selected(states, counts, record, raw)
    try:
        job_data = json_like(job_data, "job_data")  # too deep for a file, say, as a body may be
        if not isinstance(job_data, Mapping):
            raise TypeError(f"job_data is an object, not {job_data!r:.80}.")
        raw = owned_result(SamplingResult, states, counts, replace(record, job_data=dict(job_data)))
        post_select, herald = (_listed(job_data.get(name)) for name in ("post_select", "herald"))
        heralds, rules = as_heralds(herald), as_rules(post_select)
        table = working_table(raw)
        states, counts = select_columns(table, counts, rules, heralds)
        reason = why_nothing(table, rules, heralds) if len(states) == 0 else None
        if any(len(numbers) > 1 for numbers in heralds.values()):  # else rows stay distinct
            states, counts = group_weights(states, counts)
    except Exception as error:
        error.raw_data = raw  # type: ignore[attr-defined]
        error.add_note("The raw counts are in the attribute raw_data of this exception.")
        raise
    record = replace(
        record,
        post_selection={"post_select": post_select, "herald": herald},
        job_data={k: v for k, v in job_data.items() if k not in ("post_select", "herald")},
    )
    return _Selected(states, counts, record, raw, reason)


def _listed(rules: Any) -> Any:
    """Return rules or heralds, none of them as an empty list; 0 and False are not none of them."""
    return [] if rules is None or rules == {} else rules
