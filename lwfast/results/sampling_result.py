"""Counts of measured states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from lwfast._base.limits import MAX_INT64
from lwfast._types import Counts, SeedLike, StateTable
from lwfast.errors import ResultCreationError, ResultError
from lwfast.results.columns import ordering as _ordering
from lwfast.results.columns.dict_reading import check_names
from lwfast.results.columns.json_like import json_like
from lwfast.results.columns.provenance import was_processed
from lwfast.results.columns.state_map import StateMap, private
from lwfast.results.columns.text import SamplingDisplay
from lwfast.results.processing.mapping import map_states, table_of
from lwfast.results.processing.selection import (
    as_selection,
    described,
    keep_states,
    select_columns,
    settled,
    told_as,
    why_nothing,
)
from lwfast.results.processing.weights import as_weights, group_weights
from lwfast.rules import as_heralds, check_modes, herald_rules
from lwfast.state import State, as_occupation
from lwfast.tables.counts import as_counts, as_table, group_checked

if TYPE_CHECKING:
    from lwfast.results.processing.summaries import Summary


class SamplingResult(SamplingDisplay, StateMap[int]):
    """How often each state was measured: reads as a dict from State to int.

    The counts are columns (`states`, `counts`); State objects are made where one is asked for. Nothing in it
    can be changed; what changes a result returns a new one and adds a line to `history`.

    Args:
        results: Counts by state; a key is anything that stands for a state. Floats are taken too, as by
            Lightworks: `counts` is float64 then, and what needs whole samples (`sample`, `save`, `summary`,
            `post_select`, merging) is a TypeError.
        input: The input state, where there is one.
        **attributes: Kept as they are, and readable as attributes. A list among them can still be changed.

    Raises:
        ResultCreationError: If `input` is not a state, the states differ in their number of modes, or a
            count is not a number, or an integer outside 0 to 2^63 - 1, or an attribute has a taken name.
    """

    __slots__ = (
        "_attributes",
        "_history",
        "_input",
        "_job_data",
        "_metadata",
        "_post_selection",
        "_raw",
        "_reason",
    )

    _input: State | None
    _raw: SamplingResult | None
    _post_selection: Any
    _job_data: dict[str, Any] | None
    _metadata: dict[str, Any]
    _history: tuple[dict[str, Any], ...]
    _attributes: dict[str, Any]
    _reason: str | None

    def __init__(self, results: Mapping[Any, int], input: Any = None, **attributes: Any) -> None:
        check_names(type(self), attributes)
        states, counts = columns_of(results)
        self._fill(states, counts, input=_as_input(input), attributes=attributes)

    @classmethod
    def from_columns(
        cls,
        states: Any,
        counts: Any,
        *,
        input: Any = None,
        raw: Any = None,
        post_selection: Any = None,
        job_data: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """Make a result from arrays; equal rows are added up.

        Args:
            states: Photon numbers, `(N, n_modes)`, integers from 0 to 255.
            counts: `(N,)` integers, not negative.
            input: The input state.
            raw: The data before post-selection: a result, or a pair of states and counts.
            post_selection: What was applied to the raw data: JSON-like data, or anything that post-selects.
            job_data: What travelled with the job, JSON-like.
            metadata: Job id, QPU and the like, JSON-like; saved with the result. NumPy numbers, paths and
                dates are taken too and become Python numbers and text.

        Raises:
            TypeError: If the arrays do not hold integers, or a file could not keep the rest.
            ValueError: If a shape does not fit, or a number is outside its range.
            ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
        """
        table = as_table(states)
        table, column = group_checked(table, as_counts(counts, table.shape[0]))
        if raw is not None and not isinstance(raw, SamplingResult):
            raw = SamplingResult.from_columns(*raw, input=input)
        told = raw is None or was_processed((), post_selection)
        return cls.from_owned(
            table,
            column,
            input=_as_input(input),
            raw=raw,
            post_selection=told_as(post_selection),
            job_data=json_like(job_data, "job_data"),
            metadata=json_like(dict(metadata or {}), "metadata"),
            # Else a file of it would be taken for one of raw data.
            history=() if told else ({"step": "from_columns"},),
        )

    @classmethod
    def from_owned(cls, states: StateTable, counts: Counts, **fields: Any) -> Self:
        """Make a result of distinct rows that it may own."""
        result = cls.__new__(cls)
        SamplingResult._fill(result, states, counts, **fields)
        return result

    def _fill(
        self,
        states: StateTable,
        counts: Counts,
        *,
        input: State | None = None,
        raw: SamplingResult | None = None,
        post_selection: Any = None,
        job_data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        history: tuple[dict[str, Any], ...] = (),
        attributes: dict[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        StateMap.__init__(self, states, counts)
        self._input = input
        self._raw = raw
        self._post_selection = post_selection
        self._job_data = job_data
        self._metadata = metadata or {}
        self._history = history
        self._attributes = attributes or {}
        self._reason = reason

    def __getattr__(self, name: str) -> Any:
        # Only reached where the normal look-up failed; `_attributes` itself is missing while unpickling.
        if not name.startswith("_") and name in self._attributes:
            return self._attributes[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def counts(self) -> Counts:
        """The count of each row of `states`, `int64[N]`, read-only."""
        return cast("Counts", self._values)

    @property
    def n_samples(self) -> int:
        """All counts together."""
        if self.counts.dtype != np.int64:
            return cast("int", float(self.counts.sum()))
        return sum(self.counts.tolist()) if self._could_overflow else int(self.counts.sum())

    def whole_counts(self, purpose: str) -> Counts:
        """Return `counts` for a purpose that needs integers.

        Raises:
            TypeError: If they are floats.
        """
        if self.counts.dtype != np.int64:
            raise TypeError(f"{purpose} needs integer counts; this result was made of floats")
        return self.counts

    @property
    def _could_overflow(self) -> bool:
        return len(self) > 0 and int(self.counts.max()) > MAX_INT64 // len(self)

    @property
    def input(self) -> State | None:
        """The input state, or None where it is not known."""
        return self._input

    @property
    def raw_data(self) -> SamplingResult:
        """The data before any post-selection or mapping; the result itself where nothing was done.

        Raises:
            ResultError: If they are not known, as for a file that holds what post-selection left.
        """
        raw = self.known_raw
        if raw is None:
            raise ResultError(
                "The raw data of this result are not known: it was read from a file, or made, without them. "
                "A file keeps one of the two; save the raw data with save(..., raw_data=True) where the "
                "result is fetched."
            )
        return raw

    @property
    def known_raw(self) -> SamplingResult | None:
        """`raw_data`, or None where they are not known."""
        if self._raw is None and not was_processed(self._history, self._post_selection):
            return self
        return self._raw

    @property
    def nothing_left(self) -> str | None:
        """Why post-selection left nothing, where it did: the rule that no state meets, if it is one."""
        return self._reason

    @property
    def attributes(self) -> dict[str, Any]:
        """The further attributes that the result was made with, as a new dict."""
        return dict(self._attributes)

    @property
    def post_selection(self) -> Any:
        """The post-selection that came with the job, or None; what was done later is in `history`."""
        return private(self._post_selection)

    @property
    def job_data(self) -> dict[str, Any] | None:
        """What travelled with the job beside its post-selection, or None."""
        return cast("dict[str, Any] | None", private(self._job_data))

    @property
    def metadata(self) -> dict[str, Any]:
        """Job id, QPU and the like, as a copy."""
        return cast("dict[str, Any]", private(self._metadata))

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """What was done to the data after it was received, one entry a step."""
        return cast("tuple[dict[str, Any], ...]", private(self._history))

    def apply_post_selection(self, post_selection: Any) -> Self:
        """Keep the states that meet further post-selection.

        Args:
            post_selection: A `PostSelection`, a callable from State to bool, or pairs of modes and totals.
                Modes are those of the states of this result.

        Raises:
            ModeRangeError: If a rule names a mode that the states do not have.
            TypeError: If it is none of these.
        """
        post_selection = settled(post_selection)
        states, counts = keep_states(self.states, self.counts, post_selection)
        reason = None if len(states) else why_nothing(self.states, post_selection, {})
        return self._next(states, counts, reason, step="post_select", rules=described(post_selection))

    def post_select(self, rules: Any = (), heralds: Any = ()) -> Self:
        """Keep the states that meet rules and heralds, without the heralded modes.

        Args:
            rules: As in `apply_post_selection`, or None; modes are those of the states of this result,
                heralded ones counted.
            heralds: Mode to photon number, as a mapping or as pairs.

        Raises:
            ModeRangeError: If a rule or herald names a mode that the states do not have.
            TypeError: If a rule or herald is not made of integers.
        """
        wanted = as_heralds(heralds)
        rules = settled(() if rules is None else rules)
        given, test = as_selection(rules)
        states, counts = self.states, self.counts
        if test is not None and len(self):
            check_modes(herald_rules(wanted), self.n_modes, heralds_counted=True, what="Herald")
            states, counts = keep_states(states, counts, rules)
        states, counts = select_columns(states, counts, given, wanted)
        if any(len(numbers) > 1 for numbers in wanted.values()):
            states, counts = group_weights(states, counts)
        return self._next(
            states,
            counts,
            None if len(states) else why_nothing(self.states, rules, wanted),
            step="post_select",
            rules=described(rules),
            heralds=[[[m], list(n)] for m, n in wanted.items()],
        )

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> Self:
        """Map every state to another; counts of states that become equal are added up.

        Args:
            mapping: A callable from State to a state, or "threshold", "parity" or "dual_rail_to_qubit" (the
                functions of `convert` are recognised as these and run on whole columns).
            *args: Passed to the mapping behind the state.
            **kwargs: Passed to the mapping.

        Raises:
            TypeError: If the mapping is not callable, or returns something else than a state.
            ValueError: If the mapped states differ in their number of modes.
        """
        mapped, name = map_states(self.states, mapping, *args, **kwargs)
        states, counts = group_weights(mapped, self.counts)
        arguments = {"args": [repr(a) for a in args], "kwargs": {k: repr(v) for k, v in kwargs.items()}}
        given = {k: v for k, v in arguments.items() if v}
        return self._next(states, counts, None, step="map", mapping=name, **given)

    def top(self, n: int) -> Self:
        """Keep the `n` largest counts, largest first; equal ones in their order.

        Raises:
            TypeError: If `n` is no integer.
            ValueError: If it is negative.
        """
        return self._rows(_ordering.largest(self.counts, n), step="top", n=int(n))

    def sort(self, by: str = "count", *, descending: bool | None = None) -> Self:
        """Order by "count" (largest first unless `descending` is False) or by "state" (smallest first)."""
        rows = _ordering.order(self.states, self.counts, by, descending)
        return self._rows(rows)

    def sample(self, n: int, rng: SeedLike = None, *, replace: bool = True) -> Self:
        """Draw `n` of the measured samples.

        Args:
            n: How many.
            rng: Seed or generator; the same seed draws the same samples.
            replace: Put each back before the next is drawn (a bootstrap sample); False draws a subset.

        Raises:
            TypeError: If `n` is no integer, or the counts are none.
            ValueError: If there is no data, or a subset of more samples than there are is asked for.
        """
        drawn = _ordering.resampled(self.whole_counts("sample"), n, rng, replace)
        kept = np.flatnonzero(drawn)
        return self._next(self.states[kept], drawn[kept], step="sample", n=int(n), replace=bool(replace))

    def summary(self) -> Summary:
        """Return photon-number histogram, means of modes and correlations of pairs of modes."""
        from lwfast.results.processing.summaries import summary_of

        return summary_of(self.states, self.whole_counts("summary"))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._rows(np.arange(len(self))[key], step="slice")
        return super().__getitem__(key)

    def __add__(self, other: Any) -> SamplingResult:
        if not isinstance(other, SamplingResult):
            return NotImplemented
        from lwfast.results.processing.merging import merge_results

        return merge_results([self, other])

    def __radd__(self, other: Any) -> SamplingResult:
        # What `sum` starts with.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def _rows(self, rows: Any, **step: Any) -> Self:
        return self._next(self.states[rows], self.counts[rows], **step)

    def _next(self, states: StateTable, counts: Counts, reason: str | None = None, **step: Any) -> Self:
        """Return a result of new columns that remembers this one."""
        history = self._history
        if step:
            entry = {**step, "states": [len(self), int(states.shape[0])]}
            history = (*history, entry)
        return type(self).from_owned(
            states,
            counts,
            input=self._input,
            raw=self.known_raw,
            post_selection=self._post_selection,
            job_data=self._job_data,
            metadata=self._metadata,
            history=history,
            attributes=self._attributes,
            reason=reason or self._reason,
        )

    def save(self, filename: Any, raw_data: bool = False, *, metadata: bool = False) -> Any:
        """Write the result to a file; see `lwfast.results.files.save_load`."""
        from lwfast.results.files.save_load import save_result

        return save_result(self, filename, raw_data=raw_data, metadata=metadata)


def columns_of(results: Any) -> tuple[StateTable, Counts]:
    """Return the columns of a mapping from state to count.

    Raises:
        ResultCreationError: If it is not such a mapping.
    """
    if not isinstance(results, Mapping):
        raise ResultCreationError(
            f"Results should be a mapping from State to count, not {type(results).__name__}."
        )
    if isinstance(results, SamplingResult):
        return results.states, results.counts
    try:
        states = table_of([as_occupation(key) for key in results])
        weights = as_weights(results.values(), states.shape[0])
    except (TypeError, ValueError) as error:
        raise ResultCreationError(f"Results should map states to counts: {error}") from error
    return group_weights(states, weights)


def _as_input(input: Any) -> State | None:
    if input is None or isinstance(input, State):
        return input
    try:
        return State(as_occupation(input))
    except (TypeError, ValueError):
        raise ResultCreationError(
            f"Input state should have type State, not {type(input).__name__}."
        ) from None
