"""Counts by state, with what is known of them, and how they are shown and handed to other libraries."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from lwfast._base.limits import MAX_INT64
from lwfast._base.origin import lightworks_name
from lwfast._texts import ended
from lwfast._types import Counts
from lwfast.errors import ResultCreationError, ResultError
from lwfast.results.columns.export import (
    pandas_module,
    to_arrow,
    to_pandas,
    to_polars,
    words_to_arrow,
    words_to_polars,
)
from lwfast.results.columns.labels import LabelTable, refuse_x, table_of
from lwfast.results.columns.record import ResultRecord
from lwfast.results.columns.text import html_table, number_of, short_text
from lwfast.results.processing.summaries import Summary, summary_of
from lwfast.results.processing.weights import as_weights, group_weights
from lwfast.results.state_map import StateMap, working_table
from lwfast.state import State, as_label
from lwfast.tables.packed_table import PackedTable, Table, packed

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class CountMap(StateMap[int]):
    """How often each state was measured: the base of `SamplingResult`, and what plots need of it.

    Args:
        states: `uint8[N, n_modes]`, or words; distinct rows, owned by the new object: read-only from now on.
        counts: `int64[N]` or `float64[N]`, likewise.
        record: Where they come from.
        reason: Why post-selection left nothing, where it did.
    """

    __slots__ = ("_reason", "_record")

    _record: ResultRecord
    _reason: str | None
    _are_exact: ClassVar[bool] = False

    def __init__(
        self, states: Table, counts: Counts, record: ResultRecord, reason: str | None = None
    ) -> None:
        StateMap.__init__(self, states, counts, has_x=record.has_x)
        self._record = record if record.has_x == self._has_x else replace(record, has_x=self._has_x)
        self._reason = reason

    def __getattr__(self, name: str) -> Any:
        # Only reached where the normal look-up failed; `_record` itself is missing while unpickling.
        if not name.startswith("_") and name in self._record.attributes:
            return self._record.attributes[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def counts(self) -> Counts:
        """The count of each row of `states`, `int64[N]`, read-only."""
        return cast("Counts", self._values)

    @property
    def n_samples(self) -> int:
        """The sum of all counts."""
        if self.counts.dtype != np.int64:
            return cast("int", float(self.counts.sum()))
        return sum(self.counts.tolist()) if self._could_overflow else int(self.counts.sum())

    @property
    def _could_overflow(self) -> bool:
        return len(self) > 0 and int(self.counts.max()) > MAX_INT64 // len(self)

    @property
    def input(self) -> State | None:
        """The input state, or None where it is not known."""
        return self._record.input

    @property
    def attributes(self) -> dict[str, Any]:
        """The further attributes that the result was made with, as a new dict."""
        return dict(self._record.attributes)

    @property
    def post_selection(self) -> Any:
        """The post-selection that came with the job, or None; what was done later is in `history`."""
        return copy.deepcopy(self._record.post_selection)

    @property
    def job_data(self) -> dict[str, Any] | None:
        """The data that were submitted with the job apart from its post-selection, or None."""
        return copy.deepcopy(self._record.job_data)

    @property
    def metadata(self) -> dict[str, Any]:
        """Job id, QPU and the like, as a copy."""
        return copy.deepcopy(self._record.metadata)

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """What was done to the data after it was received, one entry per step."""
        return copy.deepcopy(self._record.history)

    @property
    def nothing_left(self) -> str | None:
        """Why post-selection left no states, such as a rule that none meets; None if states are left."""
        return self._reason

    def summary(self) -> Summary:
        """Return photon-number histogram, means of modes and correlations of pairs of modes.

        Raises:
            ResultError: If a state has an X.
            TypeError: If the counts are floats.
        """
        refuse_x(self.has_x, "summary")
        return summary_of(working_table(self).states, whole_counts(self, "summary"))

    def __repr__(self) -> str:
        return short_text(self, type(self).__name__, self._facts(), is_rounded=self.counts.dtype != np.int64)

    __str__ = __repr__

    def _facts(self) -> str:
        states, modes = number_of(len(self), "state"), number_of(self.n_modes, "mode")
        why = f"; {self.nothing_left}" if self.nothing_left else ""
        samples = number_of(self.n_samples, "sample")
        if self.counts.dtype != np.int64:  # ratios, say, which are not samples
            samples = f"values that add up to {self.n_samples:.6g}"
        return f"{states} of {modes}, {samples}{why}"

    def _repr_html_(self) -> str:
        heading = f"{type(self).__name__}: {self._facts()}"
        return html_table(working_table(self).states, self.counts, heading, self.has_x)

    def print_outputs(self) -> None:
        """Print the input state and every output with its count."""
        outputs = ", ".join(f"{state} : {count}" for state, count in self.items())
        print(f"{self.input} -> {outputs}" if self.input is not None else outputs)  # noqa: T201

    def display_as_dataframe(self) -> pd.DataFrame:
        """Return a DataFrame of one row, with a column for each output state.

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        name = "counts" if self.input is None else str(self.input)
        columns = [str(state) for state in self]
        frame: pd.DataFrame = pandas_module().DataFrame([list(self.counts)], index=[name], columns=columns)
        return frame

    def to_pandas(self, dtype: Any = np.uint8) -> pd.DataFrame:
        """Return a DataFrame with a column for each mode (`mode_0`, ...) and one of `counts`.

        Numbers of the type uint8 have no sign and end at 255: `frame.mode_0 - frame.mode_1` of `|0,1>` is
        255. Take `dtype=int` where columns are subtracted or multiplied, or `differences`.

        Args:
            dtype: Type of the columns of modes, by default uint8. A column with an X has objects: integers
                and "X".

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        return to_pandas(self.states, self.counts, "counts", dtype, self.has_x)

    def to_polars(self, *, packed: bool = False) -> pl.DataFrame:
        """Return a `polars.DataFrame` with `state` (an array of uint8, without a sign) and `counts`.

        An X is null. `polars.DataFrame(result)` raises an error that names this method: polars takes any
        mapping for one from names to columns before it looks for an Arrow stream.

        Args:
            packed: Whether to return the words of the states instead, as in `to_arrow`; by default False.

        Raises:
            LightworksDependencyError: If polars is not installed.
            ResultError: As in `to_arrow`.
        """
        if packed:
            return words_to_polars(self._words(), self.counts, "counts")
        return to_polars(self.states, self.counts, "counts", self.has_x)

    def to_arrow(self, *, packed: bool = False) -> pa.Table:
        """Return a `pyarrow.Table` with `state` (a list of uint8 of fixed size) and `counts`.

        An X is null. The columns are `states` and `counts` themselves, not copies of them.

        Args:
            packed: Whether to return the words of the states instead, by default False. The columns are then
                `word_0`, `word_1`, ... of uint64 and `counts`. The words of a result of 16,384 states or more
                are `packed.words` themselves. The metadata of the schema give `n_modes` and `bits`, the bits
                of a mode.

        Raises:
            LightworksDependencyError: If pyarrow is not installed.
            ResultError: If words are wanted of states that cannot be such: with an X, without modes, or with
                so many photons in a mode that bytes take less room.
        """
        if packed:
            return words_to_arrow(self._words(), self.counts, "counts")
        return to_arrow(self.states, self.counts, "counts", has_x=self.has_x)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the columns to DuckDB, pyarrow and others without a copy; for polars there is `to_polars`."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _words(self) -> PackedTable:
        words = self.packed
        if words is None and not self.has_x:
            words = packed(self.states, min_rows=0)
        if words is None:
            raise ResultError(
                "These states cannot be words: they have an X, no modes, or so many photons in one mode that "
                "bytes take less room; leave packed=True out."
            )
        return words


def columns_of(results: Any) -> tuple[LabelTable, Counts]:
    """Return the columns of a mapping from state to count.

    Raises:
        ResultCreationError: If it is not such a mapping.
    """
    if not isinstance(results, Mapping):
        raise ResultCreationError(
            f"Results should be a mapping from State to count, not {type(results).__name__}."
        )
    if isinstance(results, CountMap):
        return working_table(results), results.counts
    try:
        table = table_of(results)
        weights = as_weights(results.values(), table.states.shape[0])
    except (TypeError, ValueError) as error:
        raise ResultCreationError(f"Results should map states to counts: {ended(error)}") from error
    states, counts = group_weights(table.states, weights)
    return LabelTable(states, table.has_x), counts


def as_input(input: Any) -> State | None:
    """Return an input state, or None if no input is given.

    Raises:
        ResultCreationError: If it is not a state.
    """
    if input is None or isinstance(input, State):
        return input
    try:
        return State(as_label(input))
    except (TypeError, ValueError):
        raise ResultCreationError(
            f"Input state should have type State, not {type(input).__name__}."
        ) from None


def own_count_map(result: Any) -> CountMap | None:
    """Return counts as those of lwfast, be they of lwfast or of Lightworks; None for anything else."""
    if isinstance(result, CountMap):
        return result
    if not lightworks_name(result, ("SamplingResult",)):
        return None
    table, counts = columns_of(result)
    return CountMap(table.states, counts, ResultRecord(input=as_input(result.input), has_x=table.has_x))


def whole_counts(result: CountMap, purpose: str) -> Counts:
    """Return the counts of a result for a purpose that needs integers.

    Raises:
        TypeError: If they are floats.
    """
    if result.counts.dtype != np.int64:
        raise TypeError(f"{purpose} needs integer counts; this result was made of floats.")
    return result.counts
