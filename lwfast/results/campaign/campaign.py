"""Many result files, larger than memory, processed with the verbs of one result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lwfast._base.limits import some
from lwfast.errors import CampaignError, ResourceLimitError, ResultError
from lwfast.results.campaign.chunks import (
    DifferenceSum,
    Failures,
    PartialSum,
    Sum,
    SummarySum,
    TableSum,
    loaded,
    misfit_of,
    processed,
    reason_of,
    run_chunk,
)
from lwfast.results.campaign.counted_twice import MOST_FILES, CountedTwice
from lwfast.results.campaign.paths import files_of
from lwfast.results.campaign.running import outcomes_of
from lwfast.results.campaign.verbs import CampaignStep, map_step, post_select_step, post_selection_step
from lwfast.results.columns.json_like import path_text
from lwfast.results.columns.record import ResultRecord
from lwfast.results.processing.differences import Differences, modes_of
from lwfast.results.processing.summaries import Summary
from lwfast.results.sampling_result import SamplingResult, owned_result

_CHOICES = ("raise", "skip")

S = TypeVar("S", bound=Sum)


def scan_results(
    paths: Any, *, on_error: str = "raise", raw_data: bool = False, exclude: Any = ()
) -> Campaign:
    """Prepare to process many result files; nothing is read before a result is asked for.

    A file that is named twice, also by a link or by its folder, is taken once; a warning says so.

    Args:
        paths: A path, a folder, a pattern such as `"runs/*.json"`, or several of these. Of a folder, all
            files that end in .json, .npz, .parquet or .csv are taken, but none in folders below it: for these
            too, use a pattern, `"runs/**/*.json"`. The files of a folder or pattern are in the order of their
            names. A link that leads nowhere is a file that cannot be read.
        on_error: What a file that cannot be processed does once all files were tried: "raise" a
            `CampaignError` that names it and carries the outcome of the rest, or "skip" it with a warning
            that names it.
        raw_data: Process the data before the post-selection that came with a job. A file that says to hold
            what post-selection left is one that cannot be processed. One of the form that Lightworks writes
            says nothing, and is taken as it is.
        exclude: Files that are not taken, in any of these forms: a sum of these results, say, that is kept in
            the same folder.

    Returns:
        A campaign, to which steps are added and which then is merged, summarised or looped over.

    Raises:
        FileNotFoundError: If a folder or pattern has no result files, or a path that is given alone, or has
            no ending of a result file, does not exist.
        TypeError: If `paths` or `exclude` is neither a path nor several.
        ValueError: If `on_error` is something else, or no file is left to process.

    Example:
        >>> _ = SamplingResult({(1, 0): 3, (0, 1): 5}).save("run_1.npz")
        >>> _ = SamplingResult({(1, 0): 4}).save("run_2.npz")
        >>> campaign = lw.scan_results("run_*.npz")
        >>> dict(campaign.merge())
        {lwfast.State(|1,0>): 7, lwfast.State(|0,1>): 5}
    """
    if on_error not in _CHOICES:
        raise ValueError(f"on_error is {on_error!r}; it is one of {', '.join(_CHOICES)}.")
    taken, repeated = files_of(paths, exclude)
    if not taken:
        raise ValueError(
            "There are no files left to process: no path was given, or all that were named are excluded."
        )
    if repeated:
        warnings.warn(
            f"Files that are named twice are taken once: {some(repeated, MOST_FILES)}.", stacklevel=2
        )
    return Campaign(taken, (), on_error, raw_data)


class CampaignReport(NamedTuple):
    """What became of the files of a campaign.

    Attributes:
        n_files: How many there were.
        failed: What was wrong with those that could not be processed, by path.
        n_tried: How many were tried; fewer than `n_files` where a loop was left, or an error ended it.
        empty: Those that could be read and hold no states, such as an answer of the scheduler whose `results`
            are null. They are processed as any other: nothing is added.

    Example:
        >>> _ = SamplingResult({(1, 0): 3}).save("run_1.npz")
        >>> campaign = lw.scan_results("run_1.npz")
        >>> _ = campaign.merge()
        >>> campaign.report.failed
        {}
    """

    n_files: int
    failed: dict[str, str]
    n_tried: int
    empty: tuple[str, ...] = ()


@dataclass
class _Tally:
    """What became of files so far."""

    failed: Failures = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    n_tried: int = 0
    broken: BrokenExecutor | None = None

    def report(self, n_files: int) -> CampaignReport:
        return CampaignReport(n_files, dict(self.failed), self.n_tried, tuple(self.empty))


class Campaign:
    """Result files and the steps that each goes through; made by `scan_results`.

    A verb checks its arguments, and returns a new campaign with one more step. The work is cut into chunks of
    whole files that depend on the files only, and chunks are joined in their order: the answer is the same
    whatever the executor.

    Attributes:
        paths: The files, in order.
        report: What became of them in the last run, or None.

    Example:
        >>> _ = SamplingResult({(1, 0): 3, (0, 1): 5}).save("run_1.npz")
        >>> campaign = lw.scan_results("run_1.npz").post_select([((0,), 1)])
        >>> dict(campaign.merge())
        {lwfast.State(|1,0>): 3}
    """

    def __init__(
        self, paths: tuple[Path, ...], steps: tuple[CampaignStep, ...], on_error: str, raw_data: bool
    ) -> None:
        self.paths = paths
        self.report: CampaignReport | None = None
        self._steps = steps
        self._on_error = on_error
        self._raw_data = raw_data

    def apply_post_selection(self, post_selection: Any) -> Campaign:
        """Keep the states that meet post-selection, as `SamplingResult.apply_post_selection` does.

        Raises:
            TypeError: If it is no post-selection.
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

    def merge(
        self, *, executor: Executor | None = None, progress: Any = None, in_flight: int | None = None
    ) -> SamplingResult:
        """Add up the counts of all files.

        What the files agree on is kept, and `history` tells how they were processed, as by `merge_results`.
        Needs memory for the distinct states of the whole, up to four times while they are added up, and for
        the chunks that are in flight. A chunk is about 8 MB of files, or one file that is larger.

        Args:
            executor: Where the chunks are processed: a process or thread pool, or dask's
                `Client.get_executor()`. Here, one after the other, where it is None.
            progress: True for a bar, or a callable that takes the files done and all files after each chunk.
            in_flight: Chunks that are handed to the executor, or wait for their turn to be added up, at a
                time. Two for each worker of a pool, and 32 for any other executor, where it is None.

        Raises:
            CampaignError: If files could not be processed and the campaign does not skip them; or, whatever
                it does, if a worker of a pool ended abruptly. The outcome of the others is its `outcome`.
            ModeRangeError: If a rule names a mode that the first file does not have.
            ResultError: If a mapping needs another number of modes than the first file has.
            TypeError: If a step cannot be sent to a process pool.
            Exception: What a callable of yours raises, with a note that names the file.
        """
        total, tally = self._gathered(TableSum, executor, progress, in_flight)
        n_done = len(self.paths) - len(tally.failed)
        failed = {path_text(path): path_text(reason) for path, reason in tally.failed.items()}
        if n_done == 0:  # no file said how it was made
            empty = SamplingResult({})
            entries = tuple(entry for step in self._steps for entry in step.described)
            result = owned_result(
                SamplingResult,
                empty.states,
                empty.counts,
                ResultRecord(
                    metadata={"files": 0, "failed": failed},
                    history=(*entries, {"step": "merge", "results": 0}),
                ),
            )
        else:
            result = total.result(files=n_done, failed=failed)
        self._ended(result, tally)
        return result

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
        total, tally = self._gathered(SummarySum, executor, progress, in_flight)
        summary = total.result()
        self._ended(summary, tally)
        return summary

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
            CampaignError: As in `merge`; a file that does not have a mode cannot be processed.
            TypeError: If a mode is no integer.
            ValueError: If no mode is given, or one twice.
            Exception: As in `merge`.
        """
        kind = partial(DifferenceSum, modes_of(modes), modes_of(others))
        total, tally = self._gathered(kind, executor, progress, in_flight)
        self._ended(total.result(), tally)
        return total.result()

    def __iter__(self) -> Iterator[tuple[Path, SamplingResult]]:
        """Give each file with its result after all steps, one at a time.

        Where the loop is left early, the files that could not be processed until then are warned of.
        """
        tally = _Tally()
        complete, fits = False, False
        try:
            for path in self.paths:
                tally.n_tried += 1
                result = loaded(path, self._raw_data, tally.failed)
                if result is None:
                    continue
                if len(result) == 0:
                    tally.empty.append(str(path))
                elif not fits:
                    misfit = misfit_of(path, result, self._steps)
                    if misfit is not None:
                        raise misfit
                    fits = True
                result = processed(path, result, self._steps, tally.failed)
                if result is not None:
                    yield path, result
            complete = True
        finally:
            if not complete:
                self._left(tally)
        self._ended(None, tally)

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        steps = "".join(f".{step.name}(...)" for step in self._steps)
        return f"lwfast.Campaign({len(self.paths)} files){steps}"

    def _with(self, step: CampaignStep) -> Campaign:
        return Campaign(self.paths, (*self._steps, step), self._on_error, self._raw_data)

    def _gathered(
        self, kind: Callable[[], S], executor: Executor | None, progress: Any, in_flight: int | None
    ) -> tuple[S, _Tally]:
        """Return the sum over all files, and what was wrong with those that are not in it."""
        total, tally, twice = kind(), _Tally(), CountedTwice()
        failed = tally.failed
        n_modes: int | None = None
        fits = False
        task = (self.paths, self._steps, self._raw_data)
        try:
            for chunk, outcome in outcomes_of(kind, *task, executor, progress, in_flight):
                tally.broken = tally.broken or outcome.broken
                tally.n_tried += len(chunk) if outcome.broken is None else 0
                tally.empty += outcome.empty
                if outcome.misfit is not None and not fits:
                    raise outcome.misfit
                fits = fits or outcome.has_states
                failed.update(outcome.failed)
                twice.add(outcome.contents)
                for part in outcome.parts:
                    n_modes = part.n_modes if n_modes is None else n_modes
                    if part.n_modes not in (None, n_modes):
                        failed.update(_misfits(part, n_modes))
                    else:
                        failed.update(self._join(kind, total, part))
        except BaseException:
            self.report = tally.report(len(self.paths))
            raise
        for message in twice.warnings():
            warnings.warn(message, stacklevel=3)
        return total, tally

    def _join(self, kind: Callable[[], S], total: S, part: PartialSum[S]) -> Failures:
        """Add the sum of a chunk; where that is too much, file by file, so that only one is left out."""
        try:
            total.join(part.total)
        except (ResourceLimitError, ResultError) as error:
            if len(part.paths) == 1:
                return {part.paths[0]: reason_of(Path(part.paths[0]), error)}
            failed: Failures = {}
            for path in part.paths:
                outcome = run_chunk(kind, (Path(path),), self._steps, self._raw_data)
                failed.update(outcome.failed)
                for single in outcome.parts:
                    failed.update(self._join(kind, total, single))
            return failed
        return {}

    def _ended(self, outcome: Any, tally: _Tally) -> None:
        """Report broken files: nothing is left out without being named."""
        self.report = tally.report(len(self.paths))
        failed = tally.failed
        if tally.broken is not None:  # no fault of the files, so no reason to skip them
            raise CampaignError(
                f"{len(self.paths) - tally.n_tried} of {len(self.paths)} files were not processed because a "
                "worker ended abruptly: it was killed, had no memory left, or raised what cannot be sent. "
                f"{len(failed)} are missing in the outcome: {some(list(failed), MOST_FILES)}.",
                failed,
                outcome,
            ) from tally.broken
        if failed:
            message = f"{len(failed)} of {len(self.paths)} files could not be processed:\n{_lines(failed)}"
            if self._on_error == "raise":
                raise CampaignError(message, failed, outcome)
            warnings.warn(message, stacklevel=3)

    def _left(self, tally: _Tally) -> None:
        """Report broken files of a loop that was left, where nothing can be raised any more."""
        self.report = tally.report(len(self.paths))
        if tally.failed:
            warnings.warn(
                f"{len(tally.failed)} of {tally.n_tried} files could not be processed before the loop was "
                f"left:\n{_lines(tally.failed)}",
                stacklevel=3,
            )


def _lines(failed: Failures) -> str:
    return "\n".join(f"  {path}: {reason}" for path, reason in failed.items())


def _misfits(part: PartialSum[Any], n_modes: int | None) -> Failures:
    reason = f"ResultError: its states have {part.n_modes} modes; those of the first file have {n_modes}"
    return dict.fromkeys(part.paths, reason)
