"""Add results together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lwfast._types import Counts, StateTable
from lwfast.counts import group_checked
from lwfast.errors import ModeMismatchError
from lwfast.results.sampling import SamplingResult

_PENDING_ROWS = 1 << 21


def merge_results(results: Iterable[SamplingResult]) -> SamplingResult:
    """Add up the counts of several results.

    The input, post-selection, job data and metadata are kept where all results agree on them. The raw data
    are merged too. States come in the order in which they first appear.

    Args:
        results: One or more results of as many modes; read one after the other, so a generator of many large
            ones needs memory for the distinct states only.

    Raises:
        ModeMismatchError: If they differ in their number of modes.
        TypeError: If one is not a result of counts.
        ValueError: If there are none.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
    """
    total, raw = CountSum(), CountSum()
    first: SamplingResult | None = None
    shared: dict[str, Any] = {}
    n_results = 0
    processed = False
    for result in results:
        if not isinstance(result, SamplingResult):
            raise TypeError(f"only results of counts can be merged, not {type(result).__name__}")
        fields = _described(result)
        if first is None:
            first, shared = result, fields
        shared = {k: v for k, v in shared.items() if fields[k] == v}
        total.add(result.states, result.whole_counts("merging"))
        processed = processed or result.raw_data is not result
        raw.add(result.raw_data.states, result.raw_data.counts)
        n_results += 1
    if first is None:
        raise ValueError("there are no results to merge")
    raw_result = SamplingResult.from_owned(*raw.columns(), input=shared.get("input")) if processed else None
    step = {"step": "merge", "results": n_results}
    kind = type(first) if "kind" in shared else SamplingResult
    return kind.from_owned(
        *total.columns(),
        input=shared.get("input"),
        raw=raw_result,
        post_selection=shared.get("post_selection"),
        job_data=shared.get("job_data"),
        metadata=shared.get("metadata"),
        history=(*shared.get("history", ()), step),
    )


def _described(result: SamplingResult) -> dict[str, Any]:
    return {
        "kind": type(result),
        "input": result.input,
        "post_selection": result.post_selection,
        "job_data": result.job_data,
        "metadata": result.metadata,
        "history": result.history,
    }


class CountSum:
    """Adds up tables as they come, in memory for the distinct states and one batch."""

    def __init__(self) -> None:
        self._parts: list[tuple[StateTable, Counts]] = []
        self._pending = 0
        self._n_modes: int | None = None

    def add(self, states: StateTable, counts: Counts) -> None:
        """Add a table of distinct rows.

        Raises:
            ModeMismatchError: If it has another number of modes than those before it.
        """
        if states.shape[0] == 0:
            return
        if self._n_modes is None:
            self._n_modes = states.shape[1]
        if states.shape[1] != self._n_modes:
            raise ModeMismatchError(
                f"states of {states.shape[1]} modes cannot be added to states of {self._n_modes} modes"
            )
        self._parts.append((states, counts))
        self._pending += states.shape[0]
        # Grouping again costs the rows so far: wait until as many new ones have come.
        if len(self._parts) > 1 and self._pending > max(_PENDING_ROWS, 2 * self._parts[0][0].shape[0]):
            self._parts = [self.columns()]
            self._pending = self._parts[0][0].shape[0]

    def columns(self) -> tuple[StateTable, Counts]:
        """Return the sum so far."""
        if not self._parts:
            return np.zeros((0, 0), np.uint8), np.zeros(0, np.int64)
        if len(self._parts) == 1:
            return self._parts[0]
        states = np.concatenate([part[0] for part in self._parts])
        return group_checked(states, np.concatenate([part[1] for part in self._parts]))
