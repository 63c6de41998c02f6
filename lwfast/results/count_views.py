"""Counts, and the other counts that can be made of them: selected, mapped, ordered, drawn."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import numpy as np

from lwfast._types import Counts, SeedLike
from lwfast.results.columns import ordering as _ordering
from lwfast.results.columns.record import (
    Derived,
    ResultRecord,
    continued,
    known_raw,
    parameters_of,
    with_parameters,
)
from lwfast.results.count_map import CountMap, whole_counts
from lwfast.results.processing.mapping import binned, mapped, marginal
from lwfast.results.processing.ratios import quotients
from lwfast.results.processing.selection import further_selected, selected
from lwfast.results.state_map import rows_of, working_table
from lwfast.tables.packed_table import Table

R = TypeVar("R", bound="CountViews")


class CountViews(CountMap):
    """Counts of which others can be made, each a result of the same class: the base of `SamplingResult`.

    What is made remembers the raw data, and what was done in its `history`.
    """

    __slots__ = ("_raw",)

    _raw: Any  # what it was before any post-selection, where that is something else and known

    def _fill(
        self,
        states: Table,
        counts: Counts,
        record: ResultRecord,
        *,
        raw: Any = None,
        reason: str | None = None,
    ) -> None:
        CountMap.__init__(self, states, counts, record, reason)
        self._raw = raw

    @property
    def _known_raw(self) -> Any:
        if self._raw is None and not self._record.was_processed:
            return self
        return self._raw

    def apply_post_selection(self, post_selection: Any) -> Self:
        """Keep the states that meet further post-selection.

        Args:
            post_selection: A `PostSelection`, a callable from State to bool, or pairs of modes and totals.
                Modes are those of the states of this result.

        Raises:
            ModeRangeError: If a rule names a mode that the states do not have.
            TypeError: If it is not one of these.
        """
        return self._next(further_selected(working_table(self), self.counts, post_selection))

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
        return self._next(selected(working_table(self), self.counts, rules, heralds))

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> Self:
        """Map every state to another; counts of states that become equal are added up.

        Args:
            mapping: A callable from State to a state, or "threshold", "parity" or "dual_rail_to_qubit" (the
                functions of `convert` are recognised as these and run on whole columns). A state may have
                "X" in it: `result.map(lw.convert.dual_rail_to_qubit, allow_invalid=True)` puts it for each
                pair of modes that does not hold one photon.
            *args: Further positional arguments of the mapping, after the state.
            **kwargs: Further keyword arguments of the mapping.

        Raises:
            ResultError: If it is "threshold" or "parity", and there is an X.
            TypeError: If the mapping is not callable, or returns something else than a state.
            ValueError: If the mapped states differ in their number of modes, or one has an X and another 255
                photons in a mode.
        """
        return self._next(mapped(working_table(self), self.counts, mapping, args, kwargs))

    def marginal(self, modes: Any) -> Self:
        """Keep some modes of each state; counts of states that become equal are added up.

        `result.marginal([3, 0])` says how often modes 3 and 0 held which photons, whatever the others held.

        Args:
            modes: The modes to keep, in the order of the new columns; or one mode.

        Raises:
            ModeRangeError: If there is no such mode.
            ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
            TypeError: If a mode is not an integer.
            ValueError: If no mode is given, or one is given twice.
        """
        return self._next(marginal(working_table(self), self.counts, modes))

    def binned(self, bins: Any) -> Self:
        """Add up the photons of groups of modes; counts of states that become equal are added up.

        `result.binned([[0, 1, 2], [3, 4]])` says how often there were how many photons in modes 0 to 2 and in
        modes 3 and 4.

        Args:
            bins: Groups of modes, such as `[[0, 1], [2]]`. A mode may be in one group at most; photons in
                other modes are not counted.

        Raises:
            ModeRangeError: If there is no such mode.
            ResourceLimitError: If a bin holds more than 255 photons, or the counts of one state add up to
                more than 2^63 - 1.
            ResultError: If a state has an X.
            TypeError: If a mode is not an integer.
            ValueError: If a bin is empty, there are no bins, or a mode is named twice.
        """
        return self._next(binned(working_table(self), self.counts, bins))

    def __truediv__(self, other: Any) -> Self:
        """Divide each count by a number, or by what a reference has for the same state.

        Args:
            other: A number other than 0, or a result or distribution that has every state of this one.

        Raises:
            ResultError: If the reference has nothing of a state, by which nothing can be divided.
        """
        divided = quotients(self, other, rows_of)
        if divided is None:
            return NotImplemented
        return self._next(Derived(working_table(self).states, *divided))

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of parameters that the result was measured at, by label; empty where none are known."""
        return copy.deepcopy(parameters_of(self._record))

    def with_parameters(self, parameters: Mapping[str, Any] | None = None, /, **by_label: Any) -> Self:
        """Return the result with values of parameters, which files keep and campaigns group by.

        Args:
            parameters: Values by label; they replace known values of the same label.
            **by_label: Values by label, as keyword arguments.

        Raises:
            TypeError: If a label is not text, or a file could not keep a value.
        """
        raw = self._known_raw
        return owned_result(
            type(self),
            working_table(self).states,
            self.counts,
            with_parameters(self._record, {**(parameters or {}), **by_label}),
            raw=None if raw is self else raw,
            reason=self.nothing_left,
        )

    def top(self, n: int) -> Self:
        """Keep the `n` largest counts, largest first; equal counts stay in their order.

        Raises:
            TypeError: If `n` is not an integer.
            ValueError: If it is negative.
        """
        return self._rows(_ordering.largest(self.counts, n), step="top", n=int(n))

    def sort(self, by: str = "count", *, descending: bool | None = None) -> Self:
        """Order by "count" (largest first unless `descending` is False) or by "state" (smallest first)."""
        rows = _ordering.order(working_table(self).states, self.counts, by, descending)
        return self._rows(rows)

    def sample(self, n: int, rng: SeedLike = None, *, replace: bool = True) -> Self:
        """Draw `n` of the measured samples.

        Args:
            n: How many samples to draw from the counts.
            rng: Seed or generator; the same seed draws the same samples.
            replace: Whether to draw with replacement (a bootstrap sample); False draws a subset of the
                counts.

        Raises:
            TypeError: If `n` is not an integer, or the counts are not integers.
            ValueError: If there is no data, or a subset of more samples than there are is asked for.
        """
        drawn = _ordering.resampled(whole_counts(self, "sample"), n, rng, replace)
        kept = np.flatnonzero(drawn)
        step = {"step": "sample", "n": int(n), "replace": bool(replace)}
        return self._next(Derived(working_table(self).states[kept], drawn[kept], step))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._rows(np.arange(len(self))[key], step="slice")
        return super().__getitem__(key)

    def _rows(self, rows: Any, **step: Any) -> Self:
        return self._next(Derived(working_table(self).states[rows], self.counts[rows], step))

    def _next(self, derived: Derived) -> Self:
        """Return a result of new columns that remembers this one."""
        record = continued(self._record, derived, len(self))
        reason = derived.reason or self.nothing_left
        return owned_result(
            type(self), derived.states, derived.counts, record, raw=known_raw(self), reason=reason
        )


def owned_result(
    kind: type[R],
    states: Table,
    counts: Counts,
    record: ResultRecord | None = None,
    *,
    raw: Any = None,
    reason: str | None = None,
) -> R:
    """Make a result of distinct rows that it may own, without a copy or a check.

    Args:
        kind: The class of the result.
        states: `uint8[N, n_modes]`, or words; no row stands there twice.
        counts: `(N,)`, one of each row.
        record: What is known of where they come from. None: nothing.
        raw: The data before any post-selection, if they differ and are known.
        reason: Why post-selection left nothing, if it did.
    """
    result = kind.__new__(kind)
    result._fill(states, counts, record or ResultRecord(), raw=raw, reason=reason)  # noqa: SLF001
    return result
