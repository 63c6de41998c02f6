"""Groups of files of a campaign, and the sums of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lwfast.errors import ModeMismatchError, ResultError
from lwfast.results.campaign.checkpoint import KeptSums
from lwfast.results.campaign.gathering import Work
from lwfast.results.campaign.ran_files import MANIFEST, RanFiles, why_no
from lwfast.results.campaign.running import RunOptions
from lwfast.results.campaign.sums import MeanSum, SummarySum, TableSum
from lwfast.results.campaign.trend import Trend
from lwfast.results.columns.export import arrow_column, arrow_module, pandas_module, polars_module
from lwfast.results.columns.frame_calls import refuse_pandas, refuse_polars
from lwfast.results.columns.json_like import path_text
from lwfast.results.columns.settings.group_keys import (
    Grouped,
    column_names,
    file_names_of,
    folders_of,
    named_values,
    order_of,
)
from lwfast.results.columns.settings.same_values import SameKeys
from lwfast.results.processing.named_columns import NamedColumns
from lwfast.results.processing.observables import name_of_mean
from lwfast.results.processing.summaries import Summary
from lwfast.results.sampling_result import SamplingResult, merge_results

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd
    import polars as pl
    import pyarrow as pa


_COLUMNS = ("state", "counts", "probability", "error")
"""Of a table of groups, besides those that make the groups."""


class CampaignGroups(RanFiles):
    """The files of a campaign by the values of some columns; made by `Campaign.group_by`.

    Which values are one says `Campaign.group_by`. Groups are ordered by their values where these have an
    order, and else by their first file. A file that cannot be read is in no group; it is reported when the
    groups are added up.

    Attributes:
        names: Names of the columns whose values make the groups.
        keys: The value of each group, or the tuple of its values where there are several columns. Of floats
            that are one value it is the shortest: 0.3 for 0.30000000000000004, also where no file has 0.3.
        report: What happened to the files in the last run, or None.

    Example:
        >>> for k, theta in enumerate([0.0, 0.5, 0.5]):
        ...     result = SamplingResult({(1, 0): 60 - 20 * k, (0, 1): 40 + 20 * k})
        ...     _ = result.with_parameters(theta=theta).save(f"run_{k}.npz")
        >>> groups = lw.scan_results("run_*.npz").group_by("theta")
        >>> groups.keys
        [0.0, 0.5]
        >>> groups.expectation({(1, 0): 1}).values.round(2)
        array([0.6, 0.3])
    """

    def __init__(
        self,
        paths: tuple[Path, ...],
        files: NamedColumns,
        names: Sequence[str],
        work: Work,
        same: SameKeys,
    ) -> None:
        super().__init__(paths, work)
        self.names = tuple(names)
        self._same = same
        there: list[tuple[Path, dict[str, Any]]] = []
        for path, row in zip(paths, files.rows(), strict=True):
            if row.get("error") is None:
                there.append((path, row))
            else:
                self._unread[str(path)] = row["error"]
        # The value of a column is handed out alike in all groups.
        columns = [
            rule.shown(row[name] for _, row in there)
            for rule, name in zip(same.rules, self.names, strict=True)
        ]
        groups: dict[Any, tuple[Any, list[Path]]] = {}
        for (path, _), values in zip(there, zip(*columns, strict=True), strict=True):
            key = values if len(values) > 1 else values[0]
            groups.setdefault(same.compared(key), (key, []))[1].append(path)
        found = list(groups.values())
        with suppress(TypeError):  # numbers and text, say, have no order
            found = sorted(found, key=lambda group: order_of(group[0]))
        self.keys = [key for key, _ in found]
        self._groups = [tuple(paths) for _, paths in found]
        self._group_names = column_names(self.names, ("path", *MANIFEST))
        self._key_of = {str(path): key for key, paths in found for path in paths}

    @property
    def paths(self) -> Mapping[Any, tuple[Path, ...]]:
        """The files of each group."""
        return Grouped(zip(self.keys, self._groups, strict=True), self._same)

    def merge(
        self,
        *,
        executor: Executor | None = None,
        progress: Any = None,
        in_flight: int | None = None,
        resume: Any = None,
    ) -> GroupedResults:
        """Add up the counts of each group; see `Campaign.merge` for exceptions.

        Args:
            executor: Runs chunks of files on other threads, processes or machines, as in `Campaign.merge`.
            progress: True for progress on stderr, or a callable, as in `Campaign.merge`.
            in_flight: How many chunks may be in memory at a time, as in `Campaign.merge`.
            resume: A folder that keeps the sum of each group so far in a file such as `theta=0.5.npz`, for
                use as that of `Campaign.merge`.

        Raises:
            ResultError: As in `Campaign.merge`; or the folder of `resume` has sums of other groups, or holds
                files of the campaign.
        """
        kept = None if resume is None else KeptSums.of_groups(resume, self._named_groups(), self._work)
        gathering = self._gathered(
            TableSum, self._groups, RunOptions(executor, progress, in_flight), kept=kept
        )
        tally = gathering.tally
        failed = {path_text(path): path_text(reason) for path, reason in tally.failed.items()}
        results = []
        for key, paths, total in zip(self.keys, self._groups, gathering.totals, strict=True):
            lost = {name: failed[name] for name in map(path_text, paths) if name in failed}
            if len(lost) < len(paths):
                reason = self._why_nothing(paths, tally)
                result = total.result(reason, files=len(paths) - len(lost), failed=lost)
                # What is one value among all files may differ by too much for those of the group alone.
                labels = total.provenance.labels
                known = {name: value for name, value in named_values(self.names, key) if name in labels}
                results.append((key, result.with_parameters(known) if known else result))
        grouped = GroupedResults(self.names, Grouped(results, self._same), self._same)
        self._ended(grouped, tally, kept)
        return grouped

    def summarise(
        self, *, executor: Executor | None = None, progress: Any = None, in_flight: int | None = None
    ) -> Mapping[Any, Summary]:
        """Return the summary of each group; see `Campaign.summarise` for arguments and exceptions."""
        gathering = self._gathered(SummarySum, self._groups, RunOptions(executor, progress, in_flight))
        found: Grouped[Summary] = Grouped(
            [(key, total.result()) for key, total in zip(self.keys, gathering.totals, strict=True)],
            self._same,
        )
        self._ended(found, gathering.tally)
        return found

    def expectation(
        self,
        observable: Any,
        *,
        executor: Executor | None = None,
        progress: Any = None,
        in_flight: int | None = None,
    ) -> Trend:
        """Return the mean of an observable in each group, with its error; see `Campaign.expectation`."""
        run = RunOptions(executor, progress, in_flight)
        gathering = self._gathered(partial(MeanSum, observable), self._groups, run)
        means = [total.result() for total in gathering.totals]
        trend = Trend(self.names, self.keys, means, what=name_of_mean(observable))
        self._ended(trend, gathering.tally)
        return trend

    def _results(self) -> Sequence[tuple[type, str]]:
        return [
            (GroupedResults, "call merge() first, as in merge().{}"),
            (SamplingResult, "call merge() first, and take one group, or the sum as in merge().total().{}"),
        ]

    def _group_of(self, path: str) -> dict[str, Any]:
        if path not in self._key_of:  # it cannot be read
            return {}
        values = named_values(self.names, self._key_of[path])
        return {name: value for name, (_, value) in zip(self._group_names, values, strict=True)}

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        return (
            f"lwfast.CampaignGroups({len(self)} groups of {len(self._every_path)} files by "
            f"{', '.join(self.names)})"
        )

    def _named_groups(self) -> list[tuple[list[str], tuple[Path, ...]]]:
        """Return the names under which the sum of each group may be kept, and its files.

        Raises:
            ResultError: If two groups have the same name, such as those of 1 and of "1".
        """
        found: dict[str, Any] = {}
        named = []
        for key, paths in zip(self.keys, self._groups, strict=True):
            names = file_names_of(self.names, key, self._same)
            for name in names:
                if name in found:
                    raise ResultError(
                        f"The sums of the groups {found[name]!r} and {key!r} would both be kept as {name}; "
                        "resume= cannot tell them apart."
                    )
                found[name] = key
            named.append((names, paths))
        return named


class GroupedResults(Grouped[SamplingResult]):
    """A result for each group of files: reads as a dict from the value of a group to its result.

    Unlike in a dict, True is not the key 1. A number is found by any that is one value with it, as
    `Campaign.group_by` says.

    Attributes:
        names: Names of the columns whose values make the groups.

    Example:
        >>> _ = SamplingResult({(1, 0): 3}).with_parameters(theta=0.5).save("run_1.npz")
        >>> totals = lw.scan_results("run_1.npz").group_by("theta").merge()
        >>> dict(totals[0.5])
        {lwfast.State(|1,0>): 3}
    """

    def __init__(
        self,
        names: tuple[str, ...],
        results: Mapping[Any, SamplingResult],
        same: SameKeys,
    ) -> None:
        super().__init__(results.items(), same)
        self.names = names

    if not TYPE_CHECKING:  # type checkers would take any name

        def __getattr__(self, name):
            """Name the results that have this member, which groups do not."""
            remedies = [(SamplingResult, "take one group, or the sum, as in groups.total().{}")]
            raise AttributeError(why_no(self, name, remedies), name=name, obj=self)

    def apply_post_selection(self, post_selection: Any) -> GroupedResults:
        """Keep the states of each group that meet it, as `SamplingResult.apply_post_selection` does."""
        return self._each(lambda result: result.apply_post_selection(post_selection))

    def post_select(self, rules: Any = (), heralds: Any = ()) -> GroupedResults:
        """Apply rules and heralds to each group, as `SamplingResult.post_select` does."""
        return self._each(lambda result: result.post_select(rules, heralds))

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> GroupedResults:
        """Map every state of each group, as `SamplingResult.map` does."""
        return self._each(lambda result: result.map(mapping, *args, **kwargs))

    def marginal(self, modes: Any) -> GroupedResults:
        """Keep some modes of each group, as `SamplingResult.marginal` does."""
        return self._each(lambda result: result.marginal(modes))

    def binned(self, bins: Any) -> GroupedResults:
        """Add up the photons of modes of each group, as `SamplingResult.binned` does."""
        return self._each(lambda result: result.binned(bins))

    def _each(self, verb: Callable[[SamplingResult], SamplingResult]) -> GroupedResults:
        done = Grouped([(key, verb(result)) for key, result in self.items()], self._same)
        return GroupedResults(self.names, done, self._same)

    def expectation(self, observable: Any) -> Trend:
        """Return the mean of an observable in each group, with its error.

        Args:
            observable: A function of a State, or a mapping from states to values, as in
                `SamplingResult.expectation`.
        """
        means = [result.expectation(observable) for result in self.values()]
        return Trend(self.names, list(self), means, what=name_of_mean(observable))

    def total(self) -> SamplingResult:
        """Return the sum of all groups."""
        return merge_results(self.values())

    def to_arrow(self) -> pa.Table:
        """Return a `pyarrow.Table` with a row for each group and state.

        Its columns are those of the groups, `state`, `counts`, the share of the group's samples as
        `probability`, and its standard error as `error`. A column of groups that has one of these names gets
        `group_` in front: `group_state`. One with values of several types, such as numbers and text or True
        and 1, becomes a column of text.

        Raises:
            LightworksDependencyError: If pyarrow is not installed.
            ModeMismatchError: If the results differ in their number of modes.
        """
        pa = arrow_module()
        results = [result for result in self.values() if len(result)]
        if len({result.n_modes for result in results}) > 1:
            raise ModeMismatchError("The groups differ in their number of modes, which one column cannot.")
        names = column_names(self.names, _COLUMNS)
        rows = [dict(named_values(names, key)) for key in self]
        # Of all groups at once: the values of each alone may be of another type.
        columns = {name: arrow_column([row[name] for row in rows]) for name in names}
        tables = []
        for k, result in enumerate(self.values()):
            if not len(result) and results:
                continue
            table = result.to_arrow()
            table = table.append_column("probability", pa.array(result.probabilities))
            table = table.append_column("error", pa.array(result.probability_errors))
            for place, (name, column) in enumerate(columns.items()):
                table = table.add_column(place, name, pa.repeat(column[k], len(result)))
            tables.append(table)
        if not tables:
            return pa.table({name: [] for name in (*names, *_COLUMNS)})
        return pa.concat_tables(tables, promote_options="permissive")

    def to_pandas(self) -> pd.DataFrame:
        """Return the table of `to_arrow` as a `pandas.DataFrame`; each `state` is an array of its photons.

        Raises:
            LightworksDependencyError: If pandas or pyarrow is not installed.
            ModeMismatchError: If the results differ in their number of modes.
        """
        pandas_module()
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_polars(self) -> pl.DataFrame:
        """Return the table of `to_arrow` as a `polars.DataFrame`.

        Raises:
            LightworksDependencyError: If polars or pyarrow is not installed.
        """
        frame: pl.DataFrame = polars_module().from_arrow(self.to_arrow())
        return frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the table of `to_arrow` to DuckDB, pyarrow and others."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __iter__(self) -> Iterator[Any]:
        refuse_pandas("groups.to_pandas()")
        return super().__iter__()

    def keys(self) -> KeysView[Any]:
        """The values of the groups, as a view."""
        refuse_polars("groups.to_polars()")
        return super().keys()

    def save(self, folder: Any, *, columns: str = "state") -> list[Path]:
        """Write each result to a folder of its own, such as `theta=0.5/total.parquet`.

        `scan_results` reads such folders, and takes their names as columns. So does polars for the whole
        folder, and for a pattern with `hive_partitioning=True`; DuckDB makes them columns of text, unless
        `hive_types` names their types. They are named as the columns of `to_arrow` are, so that none
        hides a column of the files.

        Args:
            folder: Where these folders are made.
            columns: "state" (the default) or "modes", as in `SamplingResult.save`.

        Returns:
            The files.

        Raises:
            ResultError: If two groups would have the same folder, such as those of 1 and of "1".
            LightworksDependencyError: If pyarrow is not installed.
            ValueError: If `columns` is something else.
            OSError: If a file cannot be written.
        """
        names = column_names(self.names, _COLUMNS)
        keys: dict[Path, Any] = {}
        for key in self:
            path = Path(folder, *folders_of(names, key), "total.parquet")
            if path in keys:
                raise ResultError(
                    f"The groups {keys[path]!r} and {key!r} would both be saved as {path.name} in "
                    f"{path.parent}; save them one by one, under names of your own."
                )
            keys[path] = key
        return [self[key].save(path, columns=columns) for path, key in keys.items()]

    def plot(self, observable: Any, show: bool = True, *, ax: Any = None) -> Any:
        """Draw the mean of an observable over the groups, with errors; see `Trend.plot`."""
        return self.expectation(observable).plot(show, ax=ax)

    def __repr__(self) -> str:
        own = ("samples", "states")
        names = column_names(self.names, own)
        rows = [
            dict(named_values(names, key)) | {"samples": result.n_samples, "states": len(result)}
            for key, result in self.items()
        ]
        return repr(NamedColumns(rows, [*names, *own]))
