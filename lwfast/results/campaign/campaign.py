"""Many result files, larger than memory, processed with the verbs of one result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lwfast.results.campaign.campaign_files import CampaignFiles
from lwfast.results.campaign.chunks import Given, loaded, mark_of, misfit_of, processed
from lwfast.results.campaign.gathering import FileTally, warn_of_left, warn_of_sum_among
from lwfast.results.campaign.ran_files import with_outcome
from lwfast.results.campaign.running import RunOptions
from lwfast.results.campaign.sums import DifferenceSum, MeanSum, NoSum, SummarySum, TableSum
from lwfast.results.campaign.verbs import CampaignStep, map_step, post_select_step, post_selection_step
from lwfast.results.columns.json_like import path_text
from lwfast.results.columns.record import ResultRecord
from lwfast.results.count_views import owned_result
from lwfast.results.files.endings import result_path
from lwfast.results.processing.differences import Differences, check_sides, modes_of
from lwfast.results.processing.means import Mean
from lwfast.results.processing.observables import name_of_mean
from lwfast.results.processing.summaries import Summary
from lwfast.results.sampling_result import SamplingResult

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import polars as pl

    from lwfast.results.campaign.trend import Trend


class Campaign(CampaignFiles):
    """Result files and the steps that each goes through; made by `scan_results`.

    A verb checks its arguments, and returns a new campaign with one more step. The work is cut into chunks of
    whole files that depend on the files only, and chunks are joined in their order: the answer is the same
    whatever the executor.

    Attributes:
        paths: The files, in order.
        report: What happened to the files in the last run, or None.

    Example:
        >>> _ = SamplingResult({(1, 0): 3, (0, 1): 5}).save("run_1.npz")
        >>> campaign = lw.scan_results("run_1.npz").post_select([((0,), 1)])
        >>> dict(campaign.merge())
        {lwfast.State(|1,0>): 3}
    """

    # --- steps --------------------------------------------------------------------------------------

    def apply_post_selection(self, post_selection: Any) -> Campaign:
        """Keep the states that meet post-selection, as `SamplingResult.apply_post_selection` does.

        Raises:
            TypeError: If it is not a post-selection.
            ValueError: If a rule is empty, names a mode twice or has negative numbers.
        """
        return self._with(post_selection_step(post_selection))

    def post_select(self, rules: Any = (), heralds: Any = ()) -> Campaign:
        """Keep the states that meet rules and heralds and drop the heralded modes, as `post_select` does.

        Raises:
            TypeError: If a rule or herald is not made of integers.
            ValueError: If a rule is empty, names a mode twice or has negative numbers, or a mode is heralded
                twice.
        """
        return self._with(post_select_step(rules, heralds))

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> Campaign:
        """Map every state, as `SamplingResult.map` does.

        Raises:
            TypeError: If the mapping is not callable, or does not take these arguments.
            ValueError: If its name is unknown.
        """
        return self._with(map_step(mapping, args, kwargs))

    # --- sums ---------------------------------------------------------------------------------------

    def merge(
        self,
        *,
        executor: Executor | None = None,
        progress: Any = None,
        in_flight: int | None = None,
        resume: Any = None,
    ) -> SamplingResult:
        """Add up the counts of all files.

        Metadata that all files agree on are kept, and `history` says how they were processed, as by
        `merge_results`. Needs memory for the distinct states of the whole, up to four times while they are
        added up, and for the chunks that are in flight. A chunk is about 4 MB of files, or one file that is
        larger.

        Args:
            executor: Where the chunks are processed: a process or thread pool, or dask's
                `Client.get_executor()`. By default None: in this process, one after the other.
            progress: True for a bar, or a callable that takes the files done and all files. It is called
                after each chunk; in this process also after each file that takes 0.1 seconds or more.
            in_flight: Chunks that are handed to the executor, or wait for their turn to be added up, at a
                time. Two for each worker of a pool, and 32 for any other executor, where it is None.
            resume: A `.npz` or `.parquet` file that keeps the sum so far, every 20 seconds or more and when
                the run ends, also by an exception, Ctrl-C or SIGTERM. A note of the exception says how many
                files are kept. If the file cannot be written, as on a full disk, the run warns, goes on and
                tries again. SIGTERM ends the process as always. A signal for which the program has a handler
                of its own is left to it, and so are both where it merges on another thread than the main one.
                A file that is being added is added first, unless Ctrl-C is pressed again. After that, and
                after SIGKILL or a power cut, the last save stays. If the file is there already, what is in
                its sum is not read again: an interrupted run goes on where it was, and of a folder that grows
                only new files are read. The steps must be the same: a function of yours is known by its code,
                its defaults, and the data and functions that it uses, and so may be a lambda or a function of
                a notebook.

        Raises:
            CampaignError: If files could not be processed and the campaign does not skip them; or, whatever
                it does, if a worker of a pool ended abruptly. The outcome of the others is its `outcome`.
            ModeRangeError: If a rule names a mode that the first file does not have.
            ResultError: If a mapping needs another number of modes than the first file has; or the file of
                `resume` is of other steps, or was kept with another function or by another minor version of
                Python, or a file in it has changed or is not in the campaign; or a function of yours depends
                on something that cannot be compared, such as an object of a class of yours.
            TypeError: If a step cannot be sent to a process pool.
            ValueError: If the name of `resume` has another ending.
            OSError: If the file of `resume` cannot be written at the end; the sum is its `outcome`.
            Exception: What a callable of yours raises, with a note that names the file.
        """
        kept = None
        if resume is not None:
            from lwfast.results.campaign.checkpoint import KeptSums

            kept = KeptSums.of_one(resume, self.paths, self._work)
        options = RunOptions(executor, progress, in_flight)
        gathering = self._gathered(TableSum, [self.paths], options, kept=kept)
        tally, total = gathering.tally, gathering.totals[0]
        result = self._result(total, tally, len(self.paths) - len(tally.failed))
        self._ended(result, tally, kept)
        return result

    def _result(self, total: TableSum, tally: FileTally, n_done: int) -> SamplingResult:
        failed = {path_text(path): path_text(reason) for path, reason in tally.failed.items()}
        if n_done:
            return total.result(self._why_nothing(self.paths, tally), files=n_done, failed=failed)
        # No file said how it was made.
        empty = SamplingResult({})
        entries = tuple(entry for step in self._work.steps for entry in step.described)
        return owned_result(
            SamplingResult,
            empty.states,
            empty.counts,
            ResultRecord(
                metadata={"files": 0, "failed": failed},
                history=(*entries, {"step": "merge", "results": 0}),
            ),
        )

    def summarise(
        self, *, executor: Executor | None = None, progress: Any = None, in_flight: int | None = None
    ) -> Summary:
        """Return photon-number histogram, means of modes and correlations over all files.

        Needs memory for the chunks in flight only, however many distinct states there are.

        Args:
            executor: Runs chunks of files on other threads, processes or machines, as in `merge`.
            progress: True for progress on stderr, or a callable, as in `merge`.
            in_flight: How many chunks may be in memory at a time, as in `merge`.

        Raises:
            CampaignError: As in `merge`.
            Exception: As in `merge`.
        """
        found: Summary = self._sum(SummarySum, RunOptions(executor, progress, in_flight))
        return found

    def differences(
        self,
        modes: Any,
        others: Any,
        *,
        executor: Executor | None = None,
        progress: Any = None,
        in_flight: int | None = None,
    ) -> Differences:
        """Return how often each difference of photon numbers occurs in all files, as of one result.

        Args:
            modes: One mode, or several whose photons are added up.
            others: The modes on the other side, whose photons are added up and then subtracted.
            executor: Runs chunks of files on other threads, processes or machines, as in `merge`.
            progress: True for progress on stderr, or a callable, as in `merge`.
            in_flight: How many chunks may be in memory at a time, as in `merge`.

        Raises:
            CampaignError: As in `merge`; a later file that does not have a mode cannot be processed.
            ModeRangeError: If the first file does not have a mode.
            TypeError: If a mode is not an integer.
            ValueError: If no mode is given, or one is given twice or on both sides.
            Exception: As in `merge`.
        """
        sides = modes_of(modes), modes_of(others)
        check_sides(*sides)
        kind = partial(DifferenceSum, *sides)
        found: Differences = self._sum(kind, RunOptions(executor, progress, in_flight))
        return found

    def expectation(
        self,
        observable: Any,
        *,
        executor: Executor | None = None,
        progress: Any = None,
        in_flight: int | None = None,
    ) -> Mean:
        """Return the mean of an observable over all files with its error, as of one result.

        Args:
            observable: A callable that takes a State, or a mapping from states to values; a missing state has
                the value 0.
            executor: Runs chunks of files on other threads, processes or machines, as in `merge`.
            progress: True for progress on stderr, or a callable, as in `merge`.
            in_flight: How many chunks may be in memory at a time, as in `merge`.

        Raises:
            CampaignError: As in `merge`.
            TypeError: If it is neither, or gives something that is not a real number.
            ValueError: If it does not fit the states, or gives NaN or infinity.
            Exception: As in `merge`.
        """
        found: Mean = self._sum(partial(MeanSum, observable), RunOptions(executor, progress, in_flight))
        return found

    def over_time(
        self,
        observable: Any = None,
        *,
        time: str | None = None,
        executor: Executor | None = None,
        progress: Any = None,
    ) -> Trend:
        """Return how something changes from file to file, in the order of their times.

        Args:
            observable: What is averaged for each file, as in `expectation`; where it is None, the share of
                its samples that is left after all steps.
            time: The column of `files` with times, dates in ISO 8601; where it is None, the first there is
                of `finished_date`, `updated_date`, `created_date` and `saved`.
            executor: Runs files on other threads, processes or machines, as in `merge`.
            progress: True for progress on stderr, or a callable, as in `merge`.

        Raises:
            CampaignError: As in `merge`.
            ValueError: If no file has such a column, or a time cannot be read.
            Exception: As in `expectation`.
        """
        from lwfast.results.campaign.trend import TIMES, Trend, time_column

        column = time_column(self.files, time)
        name = time or next(name for name in TIMES if name in self.files)
        # Files of the same time stay in their order.
        known = sorted((value, k) for k, value in enumerate(column) if value is not None)
        order = [k for _, k in known]
        kind = NoSum if observable is None else partial(MeanSum, observable)
        gathering = self._gathered(kind, [[self.paths[k]] for k in order], RunOptions(executor, progress))
        given = gathering.tally.given
        there = [k for k in range(len(order)) if str(self.paths[order[k]]) in given]
        if observable is None:
            means = [_kept(given[str(self.paths[order[k]])]) for k in there]
        else:
            means = [gathering.totals[k].result() for k in there]
        trend = Trend(
            ("time",),
            [column[order[k]] for k in there],
            means,
            [str(self.paths[order[k]]) for k in there],
            "share of samples kept" if observable is None else name_of_mean(observable),
        )
        for k in sorted(set(range(len(self.paths))) - set(order)):
            reason = self.files["error"][k] if "error" in self.files else None
            gathering.tally.failed[str(self.paths[k])] = (
                reason or f"ResultError: it has no {name}, the time by which files are ordered"
            )
        self._ended(trend, gathering.tally)
        return trend

    # --- shorthands ---------------------------------------------------------------------------------

    def to_polars(self, **run: Any) -> pl.DataFrame:
        """Return the sum of all files as a `polars.DataFrame`; takes the arguments of `merge`."""
        return self.merge(**run).to_polars()

    def save(self, filename: Any, *, columns: str = "state", **run: Any) -> Path:
        """Write the sum of all files, as `SamplingResult.save` does.

        Args:
            filename: Ends in .json, .npz, .parquet or .csv; without an ending it gets .json. All but .csv
                also keep the metadata of the sum.
            columns: For `.parquet`: "state" (the default) or "modes", as in `SamplingResult.save`.
            **run: The arguments of `merge`.

        Raises:
            OSError: If the file cannot be written; the sum is its `outcome`.
            TypeError: If the name is not one.
            ValueError: If the name has another ending, or `columns` does not fit it.
            Exception: As in `merge`.
        """
        from lwfast.results.files.save import has_column_by_mode  # loads zipfile and csv

        path = result_path(filename)  # before all the work
        is_csv = path.suffix.lower() == ".csv"
        if has_column_by_mode(columns) and path.suffix.lower() not in (".csv", ".parquet"):
            raise ValueError(
                f"Only .parquet and .csv have a column for each mode, not {path_text(path.name)}."
            )
        warn_of_sum_among(self._work, path, stacklevel=2)
        total = self.merge(**run)
        try:
            return total.save(path, metadata=not is_csv, columns=columns)
        except OSError as error:
            raise with_outcome(error, total) from None

    def plot(self, show: bool = True, *, executor: Executor | None = None, **options: Any) -> Any:
        """Draw the most frequent states of the sum of all files, as `SamplingResult.plot` does.

        Args:
            show: Whether to show the figure.
            executor: Runs chunks of files elsewhere, as in `merge`.
            **options: Further arguments, as in `SamplingResult.plot`.
        """
        return self.merge(executor=executor).plot(show, **options)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the columns of the sum to DuckDB, pyarrow and others."""
        return self.merge().__arrow_c_stream__(requested_schema)

    # --- one by one ---------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[tuple[Path, SamplingResult]]:
        """Give each file with its result after all steps, one at a time.

        Where the loop is left early, the files that could not be processed until then are warned of.
        """
        tally, work = FileTally(), self._work
        complete, fits = False, False
        try:
            for path in self.paths:
                tally.n_tried += 1
                mark = mark_of(path)
                result = loaded(path, work.raw_data, tally.failed)
                if result is None:
                    continue
                n_samples = result.n_samples
                if len(result) == 0:
                    tally.empty.append(str(path))
                elif not fits:
                    misfit = misfit_of(path, result, work.steps)
                    if misfit is not None:
                        raise misfit
                    fits = True
                result = processed(path, result, work.steps, tally.failed)
                if result is not None:
                    kept = result.n_samples, len(result)
                    tally.given[str(path)] = Given(str(path), n_samples, *kept, mark)
                    yield path, result
            complete = True
        finally:
            if not complete:
                self._note(tally)
                warn_of_left(tally)
        self._ended(None, tally)

    def __repr__(self) -> str:
        steps = "".join(f".{step.name}(...)" for step in self._work.steps)
        return f"lwfast.Campaign({len(self.paths)} files){steps}"

    # --- inside -------------------------------------------------------------------------------------

    def _with(self, step: CampaignStep) -> Campaign:
        work = self._work._replace(steps=(*self._work.steps, step))
        return Campaign(self.paths, work, self._files, self._scanned)

    def _sum(self, kind: Callable[[], Any], run: RunOptions) -> Any:
        gathering = self._gathered(kind, [self.paths], run)
        outcome = gathering.totals[0].result()
        self._ended(outcome, gathering.tally)
        return outcome


def _kept(given: Given) -> Mean:
    """Return which share of the samples of a file is left, as the mean of 0 and 1."""
    n, kept = given.samples, given.kept
    return Mean(n, kept / n, kept * (n - kept) / n) if n else Mean(0, float("nan"), 0.0)
