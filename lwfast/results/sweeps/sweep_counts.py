"""Counts of many settings, as one table, without what can be done with them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen
from lwfast._types import AnyArray, Counts, FloatArray, StateTable
from lwfast.errors import ResultCreationError, ResultError
from lwfast.results.columns.index import StateIndex
from lwfast.results.columns.labels import LabelTable, has_an_x, meaning_of_all
from lwfast.results.columns.record import PARAMETERS, ResultRecord, known_raw, known_record, parameters_of
from lwfast.results.columns.text import number_of
from lwfast.results.count_map import whole_counts
from lwfast.results.count_views import owned_result
from lwfast.results.qpu_result import QPUSamplingResult
from lwfast.results.sampling_result import SamplingResult
from lwfast.results.state_map import label_table
from lwfast.results.sweeps.setting_axis import SettingAxis
from lwfast.results.sweeps.sweep_files import save_sweep
from lwfast.results.sweeps.sweep_table import SweepTable, settings_taken
from lwfast.state import State
from lwfast.tables.counts import group_checked

_KINDS: dict[str, type[SamplingResult]] = {
    "SamplingResult": SamplingResult,
    "QPUSamplingResult": QPUSamplingResult,
}


class SweepCounts(SweepTable):
    """How often each state was measured, for each setting of a sweep: the base of `SweepResult`.

    Its arguments are those of `SweepResult`, which says what they are.
    """

    __slots__ = ("_counts", "_kind", "_offsets", "_raw", "_reason", "_record", "_states")

    _raw: Self | None

    def __init__(
        self,
        axis: SettingAxis,
        states: StateTable,
        counts: Counts,
        offsets: NDArray[np.int64],
        record: ResultRecord | None = None,
        *,
        kind: str = "SamplingResult",
        reason: str | None = None,
        raw: Any = None,
    ) -> None:
        fits = len(offsets) == len(axis) + 1 and offsets[0] == 0 and offsets[-1] == len(states) == len(counts)
        if not fits or bool((np.diff(offsets) < 0).any()) or kind not in _KINDS:
            raise ResultCreationError(
                f"The offsets of {len(axis)} settings should ascend from 0 to {len(states)} states with "
                f"{len(counts)} counts."
            )
        self._axis = axis
        self._states = frozen(np.ascontiguousarray(states))
        self._counts = frozen(np.ascontiguousarray(counts))
        self._offsets = frozen(np.ascontiguousarray(offsets))
        record = record or ResultRecord()
        has_x = has_an_x(self._states, record.has_x)
        self._record = record if record.has_x == has_x else replace(record, has_x=has_x)
        self._kind = kind
        self._reason = reason
        self._raw = raw

    @property
    def states(self) -> StateTable:
        """The outcomes of all settings, one setting after the other, uint8[N, n_modes], read-only."""
        return self._states

    @property
    def has_x(self) -> bool:
        """Whether there is an X, an invalid qubit, in the states; 255 stands for it in `states` then."""
        return self._record.has_x

    @property
    def counts(self) -> Counts:
        """The count of each row of `states`, int64[N], read-only."""
        return self._counts

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where the rows of each setting begin, and the last ones end, int64[k + 1], read-only."""
        return self._offsets

    @property
    def setting_index(self) -> NDArray[np.int64]:
        """Which setting each row belongs to, int64[N], ascending."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self._offsets))

    @property
    def distinct_states(self) -> StateTable:
        """Every outcome that occurs in any setting, uint8[K, n_modes], in the order of first appearance."""
        return distinct_rows_of(self)[0]

    @property
    def n_modes(self) -> int:
        """Modes of an outcome."""
        return int(self._states.shape[1])

    @property
    def n_samples(self) -> NDArray[np.int64]:
        """All counts of each setting together, int64[k]."""
        begins, lengths = self._offsets[:-1], np.diff(self._offsets)
        sums: NDArray[np.int64] = np.zeros(len(self), np.int64)
        filled = lengths > 0
        if filled.any():
            sums[filled] = np.add.reduceat(self._counts, begins[filled])
        return sums

    @property
    def reason(self) -> str | None:
        """Why a setting has no outcomes, as its run said; None if no run said so."""
        return self._reason

    @property
    def input(self) -> State | None:
        """The input state, or None where it is not known."""
        return self._record.input

    @property
    def metadata(self) -> dict[str, Any]:
        """Job id, QPU and the like, as a copy."""
        return copy.deepcopy(self._record.metadata)

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """What was done to the data after it was received, one entry per step."""
        return self._record.history

    def _single(self, row: int) -> SamplingResult:
        rows = slice(int(self._offsets[row]), int(self._offsets[row + 1]))
        states = self._states[rows]
        reason = None if len(states) else self._reason
        raw = None if self._raw is None else self._raw[row]
        setting = dict(zip(self.labels, self.settings[row].tolist(), strict=True))
        parameters = {**parameters_of(self._record), **setting}
        record = replace(self._record, metadata={**self._record.metadata, PARAMETERS: parameters})
        # Views, so that a loop over all settings copies nothing.
        return owned_result(_KINDS[self._kind], states, self._counts[rows], record, raw=raw, reason=reason)

    def _taken(self, rows: NDArray[np.int64]) -> Self:
        lengths = np.diff(self._offsets)[rows]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        places = np.repeat(self._offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        raw = None if self._raw is None else settings_taken(self._raw, rows)
        return type(self)(
            self._axis.taken(rows),
            self._states[places],
            self._counts[places],
            offsets,
            self._record,
            kind=self._kind,
            reason=self._reason,
            raw=raw,
        )

    @property
    def _is_distinct(self) -> bool:
        """Whether no setting has one state twice."""
        distinct, places = distinct_rows_of(self)
        rows = self.setting_index * max(len(distinct), 1) + places
        return len(np.unique(rows)) == len(rows)

    @property
    def raw_data(self) -> Self:
        """The data before any post-selection or mapping; the result itself where nothing was done.

        Raises:
            ResultError: They are not known, as for a file that holds what post-selection left.
        """
        raw = self._known_raw
        if raw is None:
            raise ResultError(
                "The raw data of this sweep are not known: it was read from a file without them. Save "
                "raw_data instead where the result is fetched."
            )
        return raw

    @property
    def _known_raw(self) -> Self | None:
        if self._raw is None and not self._record.was_processed:
            return self
        return self._raw

    # --- for others -----------------------------------------------------------------------------------------

    def _value_columns(self) -> dict[str, AnyArray]:
        return {"counts": self._counts}

    def _input_rows(self) -> StateTable | None:
        return None

    def _lines(self) -> tuple[LabelTable, FloatArray, str]:
        distinct, places = distinct_rows_of(self)
        table = np.zeros((len(self), len(distinct)))
        table[self.setting_index, places] = self._counts
        totals = self._totals()
        with np.errstate(invalid="ignore"):
            return LabelTable(distinct, self.has_x), table / totals[:, np.newaxis], "Share of counts"

    def _totals(self) -> FloatArray:
        return self.n_samples.astype(np.float64)

    def save(self, filename: Any, raw_data: bool = False) -> Path:
        """Write the sweep to a file, atomically; `lw.load_result` reads it.

        Args:
            filename: Ends in `.npz`, `.json` or `.parquet`; a name without an ending gets `.json` added.
            raw_data: Whether to save the data before post-selection and mapping; by default False.

        Returns:
            The path of the file.

        Raises:
            ResultError: The raw data are to be saved and not known.
            TypeError: `filename` is not a name or path.
            ValueError: It names a folder, or its ending is not a format of sweeps.
            LightworksDependencyError: pyarrow is needed and not installed.
            OSError: The file cannot be written.
        """
        saved = self.raw_data if raw_data else self
        columns: dict[str, AnyArray] = {
            "states": saved.states,
            "counts": saved.counts,
            "offsets": saved.offsets,
        }
        kind = saved._kind  # noqa: SLF001  (of its own class)
        return save_sweep(filename, saved.axis, columns, kind, known_record(saved), saved.reason)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SweepCounts):
            return NotImplemented
        return (
            self._axis.same(other.axis)
            and self.has_x == other.has_x
            and np.array_equal(self._offsets, other.offsets)
            and np.array_equal(self._states, other.states)
            and np.array_equal(self._counts, other.counts)
        )

    __hash__ = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        axis = (self._axis.labels, np.array(self._axis.settings), self._axis.shape)
        columns = (np.array(self._states), np.array(self._counts), np.array(self._offsets))
        parts = (*columns, self._record, self._kind, self._reason)
        return _restored, (type(self), axis, parts, self._raw)

    def _facts(self) -> str:
        samples = number_of(int(self._counts.sum()), "sample")
        return (
            f"{number_of(len(self), 'setting')} of {', '.join(self.labels)}; {len(self._states)} states of "
            f"{number_of(self.n_modes, 'mode')}, {samples}"
        )


S = TypeVar("S", bound=SweepCounts)


def sweep_of(
    kind: type[S], axis: SettingAxis, results: Iterable[SamplingResult], reason: str | None = None
) -> S:
    """Put the results of single settings together; what all of them say of themselves is kept.

    Args:
        kind: The class of the whole.
        axis: Labels and values of the parameters, one row per result.
        results: The result of each setting, in their order.
        reason: Why a setting has no outcomes, if one has none and that is known.

    Raises:
        ResultCreationError: If there are not as many as settings, or none.
        ResultError: If one has states with X, and another 255 photons in a mode.
    """
    listed = list(results)
    if len(listed) != len(axis) or not listed:
        raise ResultCreationError(f"{len(listed)} results do not fit {len(axis)} settings.")
    counts = [whole_counts(result, "A sweep") for result in listed]
    tables = [result.states for result in listed if len(result)] or [r.states for r in listed[:1]]
    has_x = meaning_of_all(label_table(result) for result in listed)
    first = listed[0]
    # Each may be the result of a job of its own; what is said of one is not said of all.
    about = [known_record(result).metadata for result in listed]
    shared = {name: value for name, value in about[0].items() if all(a.get(name) == value for a in about)}
    raws = [known_raw(result) for result in listed]
    raw = None
    if any(raw is not result for raw, result in zip(raws, listed, strict=True)):
        known = [raw for raw in raws if raw is not None]
        raw = sweep_of(kind, axis, known) if len(known) == len(listed) else None
    return kind(
        axis,
        np.concatenate(tables),
        np.concatenate(counts),
        np.cumsum([0, *map(len, counts)], dtype=np.int64),
        replace(known_record(first), metadata=shared, has_x=has_x),
        kind="QPUSamplingResult" if isinstance(first, QPUSamplingResult) else "SamplingResult",
        reason=reason,
        raw=raw,
    )


def distinct_rows_of(sweep: SweepCounts) -> tuple[StateTable, NDArray[np.int64]]:
    """Return the distinct states of all settings, `uint8[K, n_modes]`, and which of them each row has."""
    distinct, _ = group_checked(sweep.states, np.ones(len(sweep.states), np.int64))
    return distinct, StateIndex(np.ascontiguousarray(distinct)).rows(sweep.states)


def _restored(cls: type[SweepCounts], axis: tuple[Any, ...], parts: tuple[Any, ...], raw: Any) -> SweepCounts:
    states, counts, offsets, record, kind, reason = parts
    return cls(SettingAxis(*axis), states, counts, offsets, record, kind=kind, reason=reason, raw=raw)
