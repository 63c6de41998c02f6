"""Counts of measured states, where they come from, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lwfast._base.origin import lightworks_name
from lwfast._types import FloatArray
from lwfast.errors import ResultError
from lwfast.results.columns.dict_reading import check_names
from lwfast.results.columns.json_like import json_like
from lwfast.results.columns.record import ResultRecord, known_raw, known_record, was_processed
from lwfast.results.count_map import as_input, columns_of, whole_counts
from lwfast.results.count_views import CountViews, owned_result
from lwfast.results.plots.bars import DEFAULT_TOP
from lwfast.results.plots.correlation_plot import plot_correlations
from lwfast.results.plots.result_plot import plot_results
from lwfast.results.processing.lightworks_results import lightworks_counts
from lwfast.results.processing.means import Mean, mean_of
from lwfast.results.processing.ratios import shares_of
from lwfast.results.processing.selection import told_as
from lwfast.results.state_map import label_table, working_table
from lwfast.tables.counts import as_counts, as_table, group_checked
from lwfast.tables.packed_table import compact

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from lwfast.results.processing.merging import SumPart
    from lwfast.state import State


class SamplingResult(CountViews):
    """How often each state was measured: reads as a dict from State to int.

    The counts are columns (`states`, `counts`); State objects are made when you ask for one. A result cannot
    be changed: methods return a new result and add a line to its `history`.

    Args:
        results: Counts by state; a key is anything that stands for a state. Floats are taken too, as by
            Lightworks: `counts` is float64 then, and what needs whole samples (`sample`, `save`, `summary`,
            `post_select`, merging) is a TypeError.
        input: The input state of the samples; by default None.
        **attributes: Further data, which can be read as attributes of the result. A list among them is not
            copied.

    Raises:
        ResultCreationError: If `input` is not a state, the states differ in their number of modes, or a
            count is not a number, or an integer outside 0 to 2^63 - 1, or an attribute has a taken name.

    Example:
        >>> result = SamplingResult({(2, 0): 30, (1, 1): 10, (0, 2): 60})
        >>> result[lw.State([2, 0])], result.n_samples
        (30, 100)
        >>> dict(result.top(1))
        {lwfast.State(|0,2>): 60}
        >>> result.differences(0, 1).values.tolist()
        [-2, 0, 2]
    """

    __slots__ = ()

    def __init__(self, results: Mapping[Any, int], input: Any = None, **attributes: Any) -> None:
        check_names(type(self), attributes)
        table, counts = columns_of(results)
        record = ResultRecord(input=as_input(input), attributes=attributes, has_x=table.has_x)
        self._fill(table.states, counts, record)

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
            input: The input state that the samples belong to.
            raw: The data before post-selection: a result, or a pair of states and counts.
            post_selection: The post-selection that was applied to the raw data: JSON-like data, or any form
                of post-selection.
            job_data: JSON-like data that were submitted with the job.
            metadata: Job id, QPU and the like, JSON-like; saved with the result. NumPy numbers, paths and
                dates are taken too and become Python numbers and text.

        Raises:
            TypeError: If the arrays do not hold integers, or a file could not keep the rest.
            ValueError: If a shape does not fit, or a number is outside its range.
            ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
        """
        given = as_table(states)
        table, column = group_checked(compact(given), as_counts(counts, given.shape[0]))
        if raw is not None and not isinstance(raw, SamplingResult):
            raw = SamplingResult.from_columns(*raw, input=input)
        told = raw is None or was_processed((), post_selection)
        record = ResultRecord(
            input=as_input(input),
            post_selection=told_as(post_selection),
            job_data=json_like(job_data, "job_data"),
            metadata=json_like(dict(metadata or {}), "metadata"),
            # Else a file of it would be taken for one of raw data.
            history=() if told else ({"step": "from_columns"},),
        )
        return owned_result(cls, table, column, record, raw=raw)

    @property
    def raw_data(self) -> SamplingResult:
        """The data before any post-selection or mapping; the result itself where nothing was done.

        Raises:
            ResultError: If they are not known, as for a file that holds what post-selection left.
        """
        raw: SamplingResult | None = self._known_raw
        if raw is None:
            raise ResultError(
                "The raw data of this result are not known: it was read from a file, or made, without them. "
                "A file keeps one of the two; save the raw data with save(..., raw_data=True) where the "
                "result is fetched."
            )
        return raw

    @property
    def probabilities(self) -> FloatArray:
        """The share of all samples that each row of `states` has, `float64[N]`."""
        return shares_of(self.counts, self.n_samples)

    @property
    def probability_errors(self) -> FloatArray:
        """Standard error of each of `probabilities`, `float64[N]`, which is `sqrt(p (1 - p) / n)`.

        NaN where the counts are floats, such as those of a divided result: nothing says of how many samples.
        """
        shares = self.probabilities
        if self.counts.dtype.kind == "f":
            return np.full(shares.shape, np.nan)
        return np.sqrt(shares * (1 - shares) / max(self.n_samples, 1))

    def expectation(self, observable: Any) -> Mean:
        """Return the mean of an observable over all samples, with its standard error.

        `value, error = result.expectation(lambda state: state[0])` is the mean number of photons in mode 0.

        Args:
            observable: A callable that takes a State, a mapping from states to values (a missing state has
                the value 0), or an array with one number per row of `states`. `lw.expectation` takes the same
                observables and returns the exact value.

        Raises:
            ResultError: If a state has an X, and the observable is not an array.
            TypeError: If it is not one of these, or gives something that is not a real number.
            ValueError: If it gives NaN or infinity, or does not fit the states.

        The error is NaN where the counts are floats, such as those of a divided result.
        """
        return mean_of(label_table(self), self.counts, self.n_samples, observable)

    def to_dict(self) -> dict[State, int]:
        """Return the counts as a dict from State to int, in the order of the rows."""
        return dict(zip(self.outputs, self.counts.tolist(), strict=True))

    def __add__(self, other: Any) -> SamplingResult:
        own = own_counts(other)
        return NotImplemented if own is None else merge_results([self, own])

    def __radd__(self, other: Any) -> SamplingResult:
        # What `sum` starts with.
        if isinstance(other, int) and other == 0:
            return self
        own = own_counts(other)
        return NotImplemented if own is None else merge_results([own, self])

    def plot(
        self,
        show: bool = True,
        state_labels: Mapping[Any, Any] | None = None,
        *,
        top: int = DEFAULT_TOP,
        order: str = "count",
        normalize: bool = False,
        errors: bool = False,
        ax: Axes | None = None,
        compare: Any = None,
        labels: Sequence[str] | None = None,
        theory: Any = None,
    ) -> tuple[Figure | SubFigure, Axes] | None:
        """Draw a bar chart of the most frequent states; see `lwfast.results.plot_results` for the options."""
        return plot_results(
            self,
            show=show,
            state_labels=state_labels,
            top=top,
            order=order,
            normalize=normalize,
            errors=errors,
            ax=ax,
            compare=compare,
            labels=labels,
            theory=theory,
        )

    def plot_correlations(
        self,
        kind: str = "correlation",
        show: bool = True,
        *,
        mode_labels: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> tuple[Figure | SubFigure, Axes] | None:
        """Draw a map of the correlations of modes; see `lwfast.results.plot_correlations`."""
        return plot_correlations(self, kind, show=show, mode_labels=mode_labels, ax=ax)

    def to_lightworks(self) -> Any:
        """Return the counts as Lightworks' `SamplingResult`, with the input and the further attributes.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
            ResultError: The input is not known, which a result of Lightworks needs.
        """
        return lightworks_counts(self, self.input, known_record(self).attributes)

    def save(
        self, filename: Any, raw_data: bool = False, *, metadata: bool = False, columns: str = "state"
    ) -> Path:
        """Write the result to a file, atomically; see `lwfast.results.files.save` for the forms.

        A file keeps the result or its raw data, not both: raw data are often a hundred times as large. What
        is loaded from a file of a processed result does not know its raw data, and says so where they are
        asked for.

        Args:
            filename: Ends in `.json`, `.npz`, `.parquet` or `.csv`; a name without an ending gets `.json`
                added to it, such as `run` or `run_0.25`. Where it is a symbolic link, the file that it points
                to is written.
            raw_data: Whether to save the data before post-selection and mapping; by default False.
            metadata: For `.json`, whether to write metadata as well, which the format of Lightworks cannot
                hold; by default False.
            columns: For `.parquet`: "state", one column of lists, or "modes", a column for each mode
                (`mode_0`, `mode_1`, ...), as `.csv` has them. `load_result` reads both. The numbers of these
                columns are uint8, which wrap around where one is subtracted from another, as in `states`.

        Returns:
            The path of the file.

        Raises:
            ResultError: If the raw data are to be saved and not known.
            TypeError: If `filename` is not a name or path, or the result was made of floats.
            ValueError: If `filename` names a folder, its ending is not a format of results, metadata are to
                be written to a `.csv`, or `columns` is something else, or "modes" for a form without these.
            LightworksDependencyError: If pyarrow is needed and not installed.
            OSError: If the file cannot be written.
        """
        from lwfast.results.files.endings import result_path
        from lwfast.results.files.save import has_column_by_mode, save_columns

        by_mode, path = has_column_by_mode(columns), result_path(filename)
        saved = self.raw_data if raw_data else self
        columns_of_all = label_table(saved), whole_counts(saved, "save")
        about = type(saved).__name__, known_record(saved)
        save_columns(path, *columns_of_all, *about, metadata=metadata, is_raw=raw_data, by_mode=by_mode)
        return path


def own_counts(result: Any) -> SamplingResult | None:
    """Return counts as a result of ours, be they of lwfast or of Lightworks; None for anything else."""
    if isinstance(result, SamplingResult):
        return result
    if not lightworks_name(result, ("SamplingResult",)):
        return None
    # What it was made with stands beside what it keeps under private names.
    given = {name: value for name, value in vars(result).items() if not name.startswith("_")}
    return SamplingResult(result, result.input, **given)


def merge_results(results: Iterable[SamplingResult]) -> SamplingResult:
    """Add up the counts of several results.

    Kind, input, post-selection and each entry of job data, metadata and attributes are kept where all results
    agree on them. `history` keeps the steps that all went through, then the sum itself; where results were
    made in different ways, the entry of the sum has these as its `of`, with the number of results of each.
    The raw data are added up too, where all are known and have as many modes. States come in the order in
    which they first appear.

    Args:
        results: One or more results of as many modes, of lwfast or Lightworks; read one after the other, so
            a generator of many large ones needs memory for the distinct states only.

    Raises:
        ModeMismatchError: If they differ in their number of modes.
        TypeError: If one is not a result of counts.
        ValueError: If no result is given.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.
        ResultError: If one has states with X, and another 255 photons in a mode.

    Example:
        >>> first = SamplingResult({(1, 0): 3})
        >>> second = SamplingResult({(1, 0): 2, (0, 1): 5})
        >>> dict(lw.merge_results([first, second]))
        {lwfast.State(|1,0>): 5, lwfast.State(|0,1>): 5}
    """
    from lwfast.results.processing.merging import added_up

    reasons: list[str | None] = []

    def part(given: Any) -> SumPart:
        reasons.append(getattr(given, "nothing_left", None))
        return _part(given)

    total = added_up(map(part, results))
    raw = None
    if total.raw is not None:
        about = ResultRecord(input=total.record.input, has_x=total.raw.has_x)
        raw = owned_result(SamplingResult, total.raw.states, total.raw.counts, about)
    kind: type[SamplingResult] = total.kind or SamplingResult
    states, counts, _ = total.columns
    reason = None if len(states) else next(filter(None, reasons), None)
    if reason is not None and len(reasons) > 1:
        reason = f"of {len(reasons)} results, in the first that says why, {reason}"
    return owned_result(kind, states, counts, total.record, raw=raw, reason=reason)


def _part(given: Any) -> SumPart:
    """Return a result of counts as a part of a sum.

    Raises:
        TypeError: If it is not one, or has counts that are not integers.
    """
    from lwfast.results.processing.merging import Columns, SumPart

    result = own_counts(given)
    if result is None:
        raise TypeError(f"Only results of counts can be merged, not {type(given).__name__}.")
    columns = Columns(working_table(result).states, whole_counts(result, "merging"), result.has_x)
    known = known_raw(result)
    if known is None or known is result:
        raw = None if known is None else columns
    else:
        raw = Columns(working_table(known).states, known.counts, known.has_x)
    return SumPart(type(result), known_record(result), columns, raw)
