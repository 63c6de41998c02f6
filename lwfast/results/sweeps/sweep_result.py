"""Counts of many settings, as one table, and what can be done with all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lwfast._base.generators import generator_of
from lwfast._types import SeedLike, StateTable
from lwfast.results.columns.labels import LabelTable
from lwfast.results.columns.record import ResultRecord, known_raw, known_record
from lwfast.results.count_views import owned_result
from lwfast.results.processing.mapping import map_states, mapping_step
from lwfast.results.processing.selection import described, select_columns, settled
from lwfast.results.sampling_result import SamplingResult
from lwfast.results.state_map import rows_of
from lwfast.results.sweeps.sweep_counts import SweepCounts, distinct_rows_of, sweep_of
from lwfast.rules import as_heralds, as_rules, as_selection
from lwfast.tables.counts import group_checked


class SweepResult(SweepCounts):
    """How often each state was measured, for each setting of a sweep.

    Made by running a `Sweep`; `result[i]` is the `SamplingResult` of setting i. Verbs do to every setting
    what they do to a single result, and return a new sweep.

    Args:
        axis: Labels and values of the parameters, one row per setting.
        states: uint8[N, n_modes], the outcomes of one setting after the other, distinct within each; owned by
            the new object.
        counts: How often each of these outcomes was seen, int64[N]; the result keeps this array, too.
        offsets: int64[k + 1]: the rows of setting i are those from `offsets[i]` to `offsets[i + 1]`.
        record: Origin of the data, the same for all settings.
        kind: The name of the class of a single result.
        reason: Why a setting has no outcomes, as its run said; None if no run said so.
        raw: The data before any post-selection, if they differ and are known; else None.

    Raises:
        ResultCreationError: The lengths do not fit each other.

    Example:
        >>> angle = lw.Parameter(0.0, label="angle")
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> circuit.ps(0, angle)
        >>> circuit.bs(0)
        >>> task = lw.Sampler(circuit, lw.State([1, 0]), n_samples=100, random_seed=1)
        >>> sweep = lw.Sweep(task, {angle: [0.0, np.pi]})
        >>> result = lw.emulator.Backend("auto").run(sweep)
        >>> result.states.tolist(), result.counts.tolist()
        ([[0, 1], [1, 0]], [100, 100])
    """

    __slots__ = ()

    def _as_job_wants(self, job_data: Mapping[str, Any]) -> Self:
        """Apply the rules and heralds that travelled with a job, as `QPUSamplingResult` does.

        Raises:
            ModeRangeError: A rule or herald names a mode that the states do not have.
            TypeError: A rule or herald is not made of integers.
            ValueError: A rule is empty or names a mode twice.
        """
        rules, heralds = (job_data.get(name) or [] for name in ("post_select", "herald"))
        selected = self.post_select(as_rules(rules), heralds)
        record = replace(
            self._record,
            post_selection={"post_select": rules, "herald": heralds},
            job_data={k: v for k, v in job_data.items() if k not in ("post_select", "herald")},
        )
        return type(self)(
            self._axis,
            selected.states,
            selected.counts,
            selected.offsets,
            record,
            kind=self._kind,
            reason=selected.reason,
            raw=self,
        )

    def apply_post_selection(self, post_selection: Any) -> Self:
        """Keep, in every setting, the states that meet further post-selection.

        Args:
            post_selection: As for a single result: a `PostSelection`, pairs of modes and totals, or a
                callable, which is asked once about each distinct state.

        Raises:
            ModeRangeError: A rule names a mode that the states do not have.
            TypeError: It is not one of these.
        """
        return self.post_select(post_selection)

    def post_select(self, rules: Any = (), heralds: Any = ()) -> Self:
        """Keep, in every setting, the states that meet rules and heralds, without the heralded modes.

        Args:
            rules: As in `apply_post_selection`, or None; modes are those of the states of this result,
                heralded ones counted.
            heralds: Mode to photon number, as a mapping or as pairs.

        Raises:
            ModeRangeError: A rule or herald names a mode that the states do not have.
            TypeError: A rule or herald is not made of integers.
        """
        wanted = as_heralds(heralds)
        chosen = settled(() if rules is None else rules)
        given, test = as_selection(chosen)
        distinct, places = distinct_rows_of(self)
        numbers = np.arange(len(distinct), dtype=np.int64)
        if test is not None:
            about = ResultRecord(has_x=self.has_x)
            single = owned_result(SamplingResult, distinct, np.ones(len(distinct), np.int64), about)
            numbers = rows_of(single, single.apply_post_selection(chosen).states)
        table = LabelTable(np.ascontiguousarray(distinct[numbers]), self.has_x)
        kept_states, kept = select_columns(table, numbers, given, wanted)
        target = np.full(len(distinct), -1, dtype=np.int64)
        target[kept] = np.arange(len(kept))
        rows = np.flatnonzero(target[places] >= 0)
        told = {"rules": described(chosen)}
        if wanted:
            told["heralds"] = [[[m], list(n)] for m, n in wanted.items()]
        return self._regrouped(
            rows,
            kept_states[target[places[rows]]],
            grouped=any(len(numbers) > 1 for numbers in wanted.values()),
            reason="post-selection kept none of its states",
            step="post_select",
            **told,
        )

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> Self:
        """Map every state to another; counts that become those of one state of a setting are added up.

        Args:
            mapping: As for a single result: a callable from State to a state, asked once about each distinct
                state, or "threshold", "parity" or "dual_rail_to_qubit".
            *args: Further positional arguments of the mapping, after the state.
            **kwargs: Further keyword arguments of the mapping.

        Raises:
            ResultError: It is "threshold" or "parity", and there is an X.
            TypeError: The mapping is not callable, or returns something else than a state.
            ValueError: The mapped states differ in their number of modes.
        """
        distinct, places = distinct_rows_of(self)
        (mapped, has_x), name = map_states(LabelTable(distinct, self.has_x), mapping, *args, **kwargs)
        rows = np.arange(len(places), dtype=np.int64)
        told = mapping_step(name, args, kwargs)
        return self._regrouped(rows, mapped[places], grouped=True, has_x=has_x, **told)

    def top(self, n: int) -> Self:
        """Keep the `n` largest counts of each setting, largest first; see `SamplingResult.top`."""
        return self._each(lambda single, _: single.top(n))

    def sort(self, by: str = "count", *, descending: bool | None = None) -> Self:
        """Order each setting by "count" or by "state"; see `SamplingResult.sort`."""
        return self._each(lambda single, _: single.sort(by, descending=descending))

    def sample(self, n: int, rng: SeedLike = None, *, replace: bool = True) -> Self:
        """Draw `n` of the measured samples of each setting; see `SamplingResult.sample`.

        Setting i draws from child i of the seed, as `numpy.random.SeedSequence.spawn` makes them.
        """
        if not isinstance(rng, np.random.Generator):
            rng = generator_of(rng)
        streams = rng.spawn(len(self))
        return self._each(lambda single, row: single.sample(n, streams[row], replace=replace))

    def _each(self, verb: Callable[[SamplingResult, int], SamplingResult]) -> Self:
        singles = [verb(single, row) for row, single in enumerate(self)]
        done = sweep_of(type(self), self._axis, singles, self._reason)
        return type(self)(
            self._axis,
            done.states,
            done.counts,
            done.offsets,
            known_record(done),
            kind=self._kind,
            reason=self._reason,
            raw=known_raw(self),
        )

    def _regrouped(
        self,
        rows: NDArray[np.int64],
        states: StateTable,
        *,
        grouped: bool,
        reason: str | None = None,
        has_x: bool | None = None,
        **step: Any,
    ) -> Self:
        """Return the sweep with other states in some of its rows, and without the others.

        Without `has_x`, 255 means in them what it did.
        """
        index, counts = self.setting_index[rows], self._counts[rows]
        if grouped and len(rows):
            # The setting in front makes rows of different settings differ.
            front = index.astype(">i8").reshape(-1, 1).view(np.uint8)
            table, counts = group_checked(np.ascontiguousarray(np.hstack([front, states])), counts)
            index = np.ascontiguousarray(table[:, :8]).view(">i8").reshape(-1).astype(np.int64)
            states = np.ascontiguousarray(table[:, 8:])
        lengths = np.bincount(index, minlength=len(self))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]).astype(np.int64)
        entry = {**step, "states": [len(self._states), len(states)]}
        return type(self)(
            self._axis,
            states,
            counts,
            offsets,
            replace(
                self._record,
                history=(*self._record.history, entry),
                has_x=self.has_x if has_x is None else has_x,
            ),
            kind=self._kind,
            reason=reason or self._reason,
            raw=known_raw(self),
        )
