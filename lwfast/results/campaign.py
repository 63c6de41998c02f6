"""Many result files, larger than memory, processed with the verbs of one result."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

from lwfast.errors import CampaignError
from lwfast.results._chunks import Failures, ModeGroup, Step, chunks_of, loaded, merge_chunk, summarise_chunk
from lwfast.results._progress import Progress
from lwfast.results.merging import CountSum
from lwfast.results.sampling import SamplingResult
from lwfast.results.summaries import Summary

_IN_FLIGHT = 16
"""Chunks handed to an executor at a time: enough for its workers, few enough to hold in memory."""
_CHOICES = ("raise", "skip")


def scan_results(paths: Any, *, on_error: str = "raise", raw_data: bool = False) -> Campaign:
    """Prepare to process many result files; nothing is read before a result is asked for.

    Args:
        paths: A path, a folder, a pattern such as `"runs/*.json"`, or several of these. The files of a
            folder or pattern are taken in the order of their names.
        on_error: What a file that cannot be processed does once all files were tried: "raise" a
            `CampaignError` that names it and carries the outcome of the rest, or "skip" it with a warning
            that names it.
        raw_data: Process the data before the post-selection that came with a job.

    Returns:
        A campaign, to which steps are added and which then is merged, summarised or looped over.

    Raises:
        FileNotFoundError: If a folder or pattern has no result files.
        ValueError: If `on_error` is something else.
    """
    if on_error not in _CHOICES:
        raise ValueError(f"on_error is {on_error!r}; it is one of {', '.join(_CHOICES)}")
    return Campaign(tuple(_found(paths)), (), on_error, raw_data)


class CampaignReport(NamedTuple):
    """What became of the files of a campaign.

    Attributes:
        n_files: How many there were.
        failed: What was wrong with those that could not be processed, by path.
    """

    n_files: int
    failed: dict[str, str]


class Campaign:
    """Result files and the steps that each goes through; made by `scan_results`.

    A verb returns a new campaign with one more step. The work is cut into chunks of whole files that depend
    on the files only, and chunks are joined in their order: the answer is the same whatever the executor.

    Attributes:
        paths: The files, in order.
        report: What became of them in the last run, or None.
    """

    def __init__(
        self, paths: tuple[Path, ...], steps: tuple[Step, ...], on_error: str, raw_data: bool
    ) -> None:
        self.paths = paths
        self.report: CampaignReport | None = None
        self._steps = steps
        self._on_error = on_error
        self._raw_data = raw_data

    def apply_post_selection(self, post_selection: Any) -> Campaign:
        """Keep the states that meet post-selection, as `SamplingResult.apply_post_selection` does."""
        return self._with(Step("apply_post_selection", (post_selection,), {}))

    def post_select(self, rules: Any = (), heralds: Any = ()) -> Campaign:
        """Keep the states that meet rules and heralds and drop the heralded modes, as `post_select` does."""
        return self._with(Step("post_select", (rules, heralds), {}))

    def map(self, mapping: Any, *args: Any, **kwargs: Any) -> Campaign:
        """Map every state, as `SamplingResult.map` does."""
        return self._with(Step("map", (mapping, *args), kwargs))

    def merge(self, *, executor: Executor | None = None, progress: Any = None) -> SamplingResult:
        """Add up the counts of all files.

        Needs memory for the distinct states of the whole and a few chunks of about 64 MB of files.

        Args:
            executor: Where the chunks are processed: a process or thread pool, or dask's
                `Client.get_executor()`. Here, one after the other, where it is None.
            progress: True for a bar, or a callable that takes the files done and all files.

        Raises:
            CampaignError: If files could not be processed and the campaign does not skip them.
        """
        total = CountSum()
        n_modes: int | None = None
        failed: Failures = {}
        for groups, failures in self._run(merge_chunk, executor, progress):
            failed.update(failures)
            for group in groups:
                n_modes = group.n_modes if n_modes is None else n_modes
                if group.n_modes == n_modes:
                    total.add(group.states, group.counts)
                else:
                    failed.update(_misfits(group, n_modes))
        columns = total.columns()
        result = SamplingResult.from_owned(
            *columns,
            metadata={"files": len(self.paths) - len(failed), "failed": failed},
            history=(
                *(step.described() for step in self._steps),
                {"step": "merge", "results": len(self.paths) - len(failed)},
            ),
        )
        self._ended(result, failed)
        return result

    def summarise(self, *, executor: Executor | None = None, progress: Any = None) -> Summary:
        """Return photon-number histogram, means of modes and correlations over all files.

        Needs memory for a few chunks only, however many distinct states there are.

        Args:
            executor: As in `merge`.
            progress: As in `merge`.

        Raises:
            CampaignError: If files could not be processed and the campaign does not skip them.
        """
        parts: list[Summary] = []
        failed: Failures = {}
        n_modes: int | None = None
        for groups, failures in self._run(summarise_chunk, executor, progress):
            failed.update(failures)
            for group, summary in groups:
                n_modes = group.n_modes if n_modes is None else n_modes
                if group.n_modes == n_modes:
                    parts = [reduce(add, [*parts, summary])]
                else:
                    failed.update(_misfits(group, n_modes))
        if not parts:
            from lwfast.results.summaries import summary_of

            empty = SamplingResult({})
            parts = [summary_of(empty.states, empty.counts)]
        self._ended(parts[0], failed)
        return parts[0]

    def __iter__(self) -> Iterator[tuple[Path, SamplingResult]]:
        """Give each file with its result after all steps, one at a time."""
        failed: Failures = {}
        for path in self.paths:
            result = loaded(path, self._steps, self._raw_data, failed)
            if result is not None:
                yield path, result
        self._ended(None, failed)

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        steps = "".join(f".{step.name}(...)" for step in self._steps)
        return f"lwfast.Campaign({len(self.paths)} files){steps}"

    def _with(self, step: Step) -> Campaign:
        return Campaign(self.paths, (*self._steps, step), self._on_error, self._raw_data)

    def _run(self, work: Callable[..., Any], executor: Executor | None, progress: Any) -> Iterator[Any]:
        """Give what `work` makes of each chunk of files, in order."""
        chunks = chunks_of(self.paths)
        with Progress(progress, len(self.paths)) as bar:
            if executor is None:
                for chunk in chunks:
                    yield work(chunk, self._steps, self._raw_data)
                    bar.advance(len(chunk))
                return
            pending: list[Any] = []
            submitted = 0
            try:
                for number, chunk in enumerate(chunks):
                    while submitted < len(chunks) and submitted < number + _IN_FLIGHT:
                        pending.append(executor.submit(work, chunks[submitted], self._steps, self._raw_data))
                        submitted += 1
                    yield pending.pop(0).result()
                    bar.advance(len(chunk))
            finally:
                for future in pending:
                    future.cancel()

    def _ended(self, outcome: Any, failed: Failures) -> None:
        """Report broken files: nothing is left out without being named."""
        self.report = CampaignReport(len(self.paths), dict(failed))
        if failed:
            lines = "\n".join(f"  {path}: {reason}" for path, reason in failed.items())
            message = f"{len(failed)} of {len(self.paths)} files could not be processed:\n{lines}"
            if self._on_error == "raise":
                raise CampaignError(message, failed, outcome)
            warnings.warn(message, stacklevel=3)


def _misfits(group: ModeGroup, n_modes: int) -> Failures:
    reason = f"has states of {group.n_modes} modes; the first file has {n_modes} modes"
    return dict.fromkeys(group.paths, reason)


def _found(paths: Any) -> Iterator[Path]:
    """Give the files that paths, folders and patterns stand for."""
    if not isinstance(paths, str | os.PathLike):
        if not isinstance(paths, Iterable):
            raise TypeError(f"paths are a path or several, not {type(paths).__name__}")
        for path in paths:
            yield from _found(path)
        return
    path = Path(paths)
    if path.is_dir():
        from lwfast.results.files import SUFFIXES

        found = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    elif any(c in str(path) for c in "*?[") and not path.exists():
        import glob

        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207
    else:
        yield path  # one that does not exist is reported with those that cannot be read
        return
    if not found:
        raise FileNotFoundError(f"there are no result files in {path}")
    yield from found
