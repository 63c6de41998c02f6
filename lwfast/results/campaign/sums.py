"""What a campaign adds up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, Self, TypeVar

import numpy as np

from lwfast.results.columns.provenance import Provenance
from lwfast.results.columns.record import known_raw, known_record
from lwfast.results.count_views import owned_result
from lwfast.results.processing.differences import Differences, check_modes_of_difference, differences_of
from lwfast.results.processing.means import Mean
from lwfast.results.processing.merging import CountSum
from lwfast.results.processing.summaries import Summary, summary_of
from lwfast.results.sampling_result import SamplingResult
from lwfast.results.state_map import working_table
from lwfast.tables.short_groups import ShortPlaces


class Sum(Protocol):
    """Adds up results; where `add` or `join` raises, it is as it was."""

    def add(self, result: SamplingResult) -> None:
        """Add a result."""

    def join(self, other: Self) -> None:
        """Add what another has added up."""

    def settle(self, places: ShortPlaces | None = None) -> None:
        """Add up for good what waits, in `places` if it is memory to work with."""


S = TypeVar("S", bound=Sum)


class TableSum:
    """The counts of all states, and where they come from."""

    def __init__(self) -> None:
        self.provenance = Provenance()
        self._counts = CountSum()

    def add(self, result: SamplingResult) -> None:
        """Add a result.

        Raises:
            ResourceLimitError: If a count gets too large.
        """
        self._counts.add(working_table(result).states, result.counts, result.has_x)
        is_start = len(result) == 0 and known_raw(result) is result
        self.provenance.add(type(result), known_record(result), is_start=is_start)

    def join(self, other: TableSum) -> None:
        """Add what another has added up, in the order of its states.

        Raises:
            ResourceLimitError: If a count gets too large.
        """
        self._counts.join(other._counts)
        self.provenance.join(other.provenance)

    def add_sum(self, before: SamplingResult) -> None:
        """Add a sum that was kept, without what its metadata say of the files in it."""
        record = known_record(before)
        kept = {name: value for name, value in record.metadata.items() if name != "resume"}
        self._counts.add(working_table(before).states, before.counts, before.has_x)
        self.provenance.add(type(before), replace(record, metadata=kept), is_start=False)

    def result(self, reason: str | None = None, **metadata: Any) -> SamplingResult:
        """Return the sum as a result, with further metadata and, if no state is left, the reason."""
        kind, record = self.provenance.shared
        metadata["failed"] = {**record.metadata.get("failed", {}), **metadata["failed"]}
        states, counts, has_x = self._counts.columns()
        record = replace(record, metadata={**record.metadata, **metadata}, has_x=has_x)
        result: SamplingResult = owned_result(
            kind or SamplingResult, states, counts, record, reason=None if len(states) else reason
        )
        return result

    def settle(self, places: ShortPlaces | None = None) -> None:
        """Add up for good what waits, so that no more than the distinct states travels."""
        self._counts.settle(places)


class SummarySum:
    """Photon numbers, means and correlations; the tables are dropped."""

    def __init__(self) -> None:
        self._summary: Summary | None = None
        self._n_modes_of_none = 0

    def add(self, result: SamplingResult) -> None:
        """Add a result.

        Raises:
            ResourceLimitError: If there are too many samples.
        """
        if len(result):
            self._join(result.summary())
        else:
            self._n_modes_of_none = self._n_modes_of_none or result.n_modes

    def join(self, other: SummarySum) -> None:
        """Add what another has added up.

        Raises:
            ResourceLimitError: If there are too many samples.
        """
        self._n_modes_of_none = self._n_modes_of_none or other._n_modes_of_none
        if other._summary is not None:
            self._join(other._summary)

    def _join(self, part: Summary) -> None:
        self._summary = part if self._summary is None else self._summary + part

    def result(self) -> Summary:
        """Return the sum."""
        if self._summary is not None:
            return self._summary
        return summary_of(np.zeros((0, self._n_modes_of_none), np.uint8), np.zeros(0, np.int64))

    def settle(self, places: ShortPlaces | None = None) -> None:
        """Do nothing: it is small."""


class DifferenceSum:
    """Differences of photon numbers; the tables are dropped."""

    def __init__(self, modes: tuple[int, ...], others: tuple[int, ...]) -> None:
        self._modes, self._others = modes, others
        empty = SamplingResult({})
        self._total = differences_of(empty.states, empty.counts, modes, others)

    def add(self, result: SamplingResult) -> None:
        """Add a result.

        Raises:
            ModeRangeError: If it does not have a mode.
            ResourceLimitError: If there are too many samples.
        """
        if result.n_modes:  # also of no states
            check_modes_of_difference(self._modes, self._others, result.n_modes)
        self._total += result.differences(self._modes, self._others)

    def join(self, other: DifferenceSum) -> None:
        """Add what another has added up.

        Raises:
            ResourceLimitError: If there are too many samples.
        """
        self._total += other._total

    def result(self) -> Differences:
        """Return the sum."""
        return self._total

    def settle(self, places: ShortPlaces | None = None) -> None:
        """Do nothing: it is small."""


class MeanSum:
    """The mean of an observable; the tables are dropped."""

    def __init__(self, observable: Any) -> None:
        self._observable = observable
        self._total = Mean(0, float("nan"), 0.0)

    def add(self, result: SamplingResult) -> None:
        """Add a result.

        Raises:
            ResultError: If the observable does not fit its states.
        """
        if len(result):
            self._total += result.expectation(self._observable)

    def join(self, other: MeanSum) -> None:
        """Add what another has added up."""
        self._total += other._total

    def result(self) -> Mean:
        """Return the sum."""
        return self._total

    def settle(self, places: ShortPlaces | None = None) -> None:
        """Do nothing: it is small."""


class NoSum:
    """Nothing: what becomes of the samples of each file is noted for any sum."""

    def add(self, result: SamplingResult) -> None:
        """Do nothing."""

    def join(self, other: NoSum) -> None:
        """Do nothing."""

    def settle(self, places: ShortPlaces | None = None) -> None:
        """Do nothing."""
