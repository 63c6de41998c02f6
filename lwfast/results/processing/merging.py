"""Add results together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lwfast._base.limits import MAX_INT64
from lwfast._types import Counts, StateTable
from lwfast.errors import ModeMismatchError, ResourceLimitError
from lwfast.results.columns.provenance import Provenance
from lwfast.results.sampling_result import SamplingResult
from lwfast.tables.counts import group_checked

_PENDING_ROWS = 1 << 21


def merge_results(results: Iterable[SamplingResult]) -> SamplingResult:
    """Add up the counts of several results.

    Kind, input, post-selection and each entry of job data, metadata and attributes are kept where all results
    agree on them. `history` keeps the steps that all went through, then tells of the sum; where results were
    made in different ways, the entry of the sum has these as its `of`, with the number of results of each.
    The raw data are added up too, where all are known and have as many modes. States come in the order in
    which they first appear.

    Args:
        results: One or more results of as many modes; read one after the other, so a generator of many large
            ones needs memory for the distinct states only.

    Raises:
        ModeMismatchError: If they differ in their number of modes.
        TypeError: If one is not a result of counts.
        ValueError: If there are none.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
    """
    total = CountSum()
    raw: CountSum | None = None
    raw_is_known = True
    provenance = Provenance()
    first: SamplingResult | None = None
    for result in results:
        if not isinstance(result, SamplingResult):
            raise TypeError(f"only results of counts can be merged, not {type(result).__name__}")
        first = first or result
        counts = result.whole_counts("merging")
        if raw is None and result.known_raw is not result:
            raw = total.copy()  # so far, all were raw
        if raw is not None and raw_is_known:
            raw_is_known = _added(raw, result.known_raw)
        total.add(result.states, counts)
        provenance.add(result)
    if first is None:
        raise ValueError("there are no results to merge")
    shared = provenance.shared
    kind: type[SamplingResult] = shared.pop("kind", SamplingResult)
    return kind.from_owned(
        *total.columns(),
        raw=_raw_result(raw, shared.get("input")) if raw_is_known else None,
        history=provenance.history,
        **shared,
    )


def _added(total: CountSum, raw: SamplingResult | None) -> bool:
    """Add raw data to their sum; say whether that was possible."""
    if raw is None or raw.counts.dtype != np.int64:
        return False
    try:
        total.add(raw.states, raw.counts)
    except (ModeMismatchError, ResourceLimitError):
        return False  # what is left of them may well be added up
    return True


def _raw_result(raw: CountSum | None, given: object) -> SamplingResult | None:
    return None if raw is None else SamplingResult.from_owned(*raw.columns(), input=given)


class CountSum:
    """Adds up tables as they come, in memory for the distinct states and one batch."""

    def __init__(self) -> None:
        self._parts: list[tuple[StateTable, Counts]] = []
        self._pending = 0
        self._n_modes: int | None = None
        self._bound = 0  # no count of the sum is larger

    def copy(self) -> CountSum:
        """Return another sum of the same tables."""
        other = CountSum()
        other._parts, other._pending = list(self._parts), self._pending
        other._n_modes, other._bound = self._n_modes, self._bound
        return other

    def add(self, states: StateTable, counts: Counts) -> None:
        """Add a table of distinct rows; where that fails, the sum is as it was.

        Raises:
            ModeMismatchError: If it has another number of modes than those before it.
            ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
        """
        if states.shape[0] == 0:
            return
        if self._n_modes is not None and states.shape[1] != self._n_modes:
            raise ModeMismatchError(
                f"states of {states.shape[1]} modes cannot be added to states of {self._n_modes} modes"
            )
        peak = int(counts.max())
        if self._bound + peak > MAX_INT64:  # rare: only here it takes a look at the sum to know
            self._replace(_grouped([*self._parts, (states, counts)]))
            return
        self._n_modes = states.shape[1]
        self._bound += peak
        self._parts.append((states, counts))
        self._pending += states.shape[0]
        # Grouping again costs the rows so far: wait until as many new ones have come.
        if len(self._parts) > 1 and self._pending > max(_PENDING_ROWS, 2 * self._parts[0][0].shape[0]):
            self.settle()

    def columns(self) -> tuple[StateTable, Counts]:
        """Return the sum so far."""
        if not self._parts:
            return np.zeros((0, 0), np.uint8), np.zeros(0, np.int64)
        return self._parts[0] if len(self._parts) == 1 else _grouped(self._parts)

    def settle(self) -> None:
        """Add up what waits."""
        if len(self._parts) > 1:
            self._replace(self.columns())

    def _replace(self, columns: tuple[StateTable, Counts]) -> None:
        self._parts = [columns]
        self._n_modes = columns[0].shape[1]
        self._pending = columns[0].shape[0]
        self._bound = int(columns[1].max())


def _grouped(parts: list[tuple[StateTable, Counts]]) -> tuple[StateTable, Counts]:
    states = np.concatenate([part[0] for part in parts])
    return group_checked(states, np.concatenate([part[1] for part in parts]), owned=True)
