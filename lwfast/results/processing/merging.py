"""Add up the columns of results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from lwfast._base.limits import MAX_INT64
from lwfast._types import Counts
from lwfast.errors import ModeMismatchError, ResourceLimitError, ResultError
from lwfast.results.columns.labels import LabelTable, meaning_of_all
from lwfast.results.columns.record import ResultRecord
from lwfast.tables.counts import group_checked
from lwfast.tables.packed_table import Table, joined
from lwfast.tables.short_groups import ShortPlaces, group_short_tables


class Columns(NamedTuple):
    """Distinct states, bytes or words; their counts, and whether 255 stands for X."""

    states: Table
    counts: Counts
    has_x: bool = False


class SumPart(NamedTuple):
    """One of several results that are added up.

    Attributes:
        kind: The class of the result.
        record: Where its columns come from.
        columns: The states and counts of the result.
        raw: Those before post-selection, the very same tuple where there was none; None if not known.
    """

    kind: type[Any]
    record: ResultRecord
    columns: Columns
    raw: Columns | None


class Merged(NamedTuple):
    """The sum of several results.

    Attributes:
        kind: The class that all of them have, or None where they differ.
        record: What they agree on, with the history of the sum.
        columns: The sum of their states and counts.
        raw: The sum of the raw columns; None where these are not all known, or are `columns` themselves.
    """

    kind: type[Any] | None
    record: ResultRecord
    columns: Columns
    raw: Columns | None


_PENDING_ROWS = 1 << 21


class CountSum:
    """Adds up tables as they come, in memory for the distinct states and one batch."""

    def __init__(self) -> None:
        self._parts: list[Columns] = []
        self._pending = 0
        self._n_modes: int | None = None
        self._n_modes_of_none = 0  # of tables without rows, for a sum without any
        self._bound = 0  # no count of the sum is larger
        self._has_x = False

    def copy(self) -> CountSum:
        """Return another sum of the same tables."""
        other = CountSum()
        other._parts, other._pending = list(self._parts), self._pending
        other._n_modes, other._bound, other._has_x = self._n_modes, self._bound, self._has_x
        other._n_modes_of_none = self._n_modes_of_none
        return other

    def add(self, states: Table, counts: Counts, has_x: bool = False) -> None:
        """Add a table of distinct rows, 255 in which may stand for X; where that fails, the sum is as it was.

        Raises:
            ModeMismatchError: If it has another number of modes than those before it.
            ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
            ResultError: If 255 in a table stands for X in one and for photons in another.
        """
        if states.shape[0] == 0:
            self._n_modes_of_none = self._n_modes_of_none or states.shape[1]
            return
        if self._n_modes is not None and states.shape[1] != self._n_modes:
            raise ModeMismatchError(
                f"States of {states.shape[1]} modes cannot be added to states of {self._n_modes} modes."
            )
        if has_x or self._has_x:
            has_x = self._meaning(states, has_x)
        peak = int(counts.max())
        if self._bound + peak > MAX_INT64:  # rare: only here it takes a look at the sum to know
            total = _grouped([*self._parts, Columns(states, counts)])
            self._replace(total._replace(has_x=has_x))
            return
        self._n_modes = states.shape[1]
        self._bound += peak
        self._has_x = has_x
        self._parts.append(Columns(states, counts))
        self._pending += states.shape[0]
        # Grouping again costs the rows so far: wait until as many new ones have come.
        if len(self._parts) > 1 and self._pending > max(_PENDING_ROWS, 2 * self._parts[0][0].shape[0]):
            self.settle()

    def join(self, other: CountSum) -> None:
        """Add what another has added up, in the order of its states; where that fails, the sum is as it was.

        Raises:
            Exception: As `add`.
        """
        self._n_modes_of_none = self._n_modes_of_none or other._n_modes_of_none
        has_x = self._has_x or other._has_x
        if has_x or self._n_modes not in (None, other._n_modes) or self._bound + other._bound > MAX_INT64:
            self.add(*other.columns())
            return
        for part in other._parts:  # none can fail: all wait to be added up together
            self.add(*part)

    def columns(self, places: ShortPlaces | None = None) -> Columns:
        """Return the sum so far; `places` is memory to work with, None for new one."""
        if not self._parts:
            return Columns(np.zeros((0, self._n_modes_of_none), np.uint8), np.zeros(0, np.int64))
        total = self._parts[0] if len(self._parts) == 1 else _grouped(self._parts, places)
        return total._replace(has_x=self._has_x)

    def settle(self, places: ShortPlaces | None = None) -> None:
        """Add up what waits, in `places` if it is memory to work with."""
        if len(self._parts) > 1:
            self._replace(self.columns(places))

    def _meaning(self, states: Table, has_x: bool) -> bool:
        before = (
            [] if has_x == self._has_x else [LabelTable(part.states, self._has_x) for part in self._parts]
        )
        return meaning_of_all([*before, LabelTable(states, has_x)]) or self._has_x

    def _replace(self, columns: Columns) -> None:
        self._has_x = columns.has_x
        self._parts = [columns]
        self._n_modes = columns[0].shape[1]
        self._pending = columns[0].shape[0]
        self._bound = int(columns[1].max())


def added_up(parts: Iterable[SumPart]) -> Merged:
    """Add up results, in memory for the distinct states only.

    Args:
        parts: One or more of as many modes, read one after the other.

    Raises:
        ModeMismatchError: If they differ in their number of modes.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
        ResultError: If one has states with X, and another 255 photons in a mode.
        ValueError: If there are no parts.
    """
    from lwfast.results.columns.provenance import Provenance

    total, provenance, n_parts = ColumnSum(), Provenance(), 0
    for n_parts, part in enumerate(parts, 1):  # noqa: B007  (read below)
        total.add(part.columns, part.raw)
        is_start = part.raw is part.columns and len(part.columns.states) == 0
        provenance.add(part.kind, part.record, is_start=is_start)
    if n_parts == 0:
        raise ValueError("There are no results to merge.")
    kind, record = provenance.shared
    columns = total.columns
    return Merged(kind, replace(record, has_x=columns.has_x), columns, total.raw)


class ColumnSum:
    """Adds up columns, and the raw columns that they are made of for as long as all of these are known."""

    def __init__(self) -> None:
        self._total = CountSum()
        self._raw: CountSum | None = None
        self._raw_is_known = True

    def add(self, columns: Columns, raw: Columns | None) -> None:
        """Add columns of distinct rows.

        Args:
            columns: Their states and counts, and whether 255 stands for X.
            raw: Those before post-selection, the very same tuple where there was none; None if not known.

        Raises:
            ModeMismatchError: If they have another number of modes than those before them.
            ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
        """
        if self._raw is None and raw is not columns:
            self._raw = self._total.copy()  # so far, all were raw
        if self._raw is not None and self._raw_is_known:
            self._raw_is_known = _added(self._raw, raw)
        self._total.add(*columns)

    @property
    def columns(self) -> Columns:
        """The sum."""
        return self._total.columns()

    @property
    def raw(self) -> Columns | None:
        """The sum of the raw columns; None where one is not known, or all are the columns themselves."""
        return self._raw.columns() if self._raw is not None and self._raw_is_known else None


def _added(total: CountSum, raw: Columns | None) -> bool:
    """Add raw data to their sum; say whether that was possible."""
    if raw is None or raw.counts.dtype != np.int64:
        return False
    try:
        total.add(*raw)
    except (ModeMismatchError, ResourceLimitError, ResultError):
        return False  # what is left of them may well be added up
    return True


def _grouped(parts: list[Columns], places: ShortPlaces | None = None) -> Columns:
    short = group_short_tables([(part.states, part.counts) for part in parts], places)
    if short is not None:
        return Columns(*short)
    states: Any = joined([part.states for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    return Columns(*group_checked(states, counts, owned=True))
