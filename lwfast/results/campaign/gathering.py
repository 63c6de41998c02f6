"""Add up the files of a campaign, apart for each group of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lwfast._base.limits import some
from lwfast.errors import CampaignError, ResourceLimitError, ResultError
from lwfast.results.campaign.chunks import (
    Failures,
    Given,
    Outcome,
    PartialSum,
    chunks_of,
    reason_of,
    run_chunk,
)
from lwfast.results.campaign.running import RunOptions, outcomes_of
from lwfast.results.campaign.sums import S
from lwfast.results.campaign.verbs import CampaignStep
from lwfast.results.columns.json_like import path_text
from lwfast.results.files.paths import Search
from lwfast.results.processing.counted_twice import MOST_FILES, Content, CountedTwice, Look, copies_among

if TYPE_CHECKING:
    from concurrent.futures import BrokenExecutor


class CampaignReport(NamedTuple):
    """What happened to the files of a campaign.

    Attributes:
        n_files: Number of files in the campaign.
        failed: What was wrong with each file that could not be processed, by path.
        n_tried: How many files were tried; fewer than `n_files` if a loop was left early, or an error ended
            it.
        empty: Files that could be read but hold no states, such as an answer of the scheduler whose `results`
            are null. They add nothing.

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


class Work(NamedTuple):
    """What is done with each file.

    Attributes:
        steps: The steps that it goes through.
        raw_data: Whether they start from the data before post-selection.
        on_error: "raise" or "skip", as in `scan_results`.
        search: By what the files were found.
    """

    steps: tuple[CampaignStep, ...] = ()
    raw_data: bool = False
    on_error: str = "raise"
    search: Search = Search()


@dataclass
class FileTally:
    """What became of files so far."""

    failed: Failures = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    given: dict[str, Given] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    n_tried: int = 0
    broken: BrokenExecutor | None = None

    def report(self, n_files: int) -> CampaignReport:
        """Return it as people see it."""
        return CampaignReport(n_files, dict(self.failed), self.n_tried, tuple(self.empty))

    def fail(self, failed: Failures) -> None:
        """Note files that are not in the outcome."""
        self.failed.update(failed)
        for path in failed:
            self.given.pop(path, None)

    def sort(self, paths: Iterable[Path]) -> None:
        """Bring the files that failed into the order of all files.

        Some failures are noticed only after later files were read, sooner or later by the time of reading.
        """
        ordered = [text for text in map(str, paths) if text in self.failed]
        self.failed = {text: self.failed[text] for text in dict.fromkeys((*ordered, *self.failed))}


class Gathering:
    """Sums over groups of files, chunk by chunk.

    Args:
        kind: Makes an empty sum.
        groups: The files of each group.
        work: What is done with each file.

    Attributes:
        totals: The sum of each group.
        tally: What became of the files.
        is_whole: Whether the sums hold what the tally says; not while a chunk is being added, nor where that
            was interrupted.
    """

    def __init__(self, kind: Callable[[], Any], groups: Sequence[Sequence[Path]], work: Work) -> None:
        self.totals = [kind() for _ in groups]
        self.tally = FileTally()
        self.is_whole = True
        self._kind = kind
        self._work = work
        self._groups = groups
        self._n_modes: list[int | None] = [None] * len(groups)

    def run(
        self, run: RunOptions, held: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> Generator[None, None, None]:
        """Add all files; pause after each chunk, or after each part of it that is processed by itself.

        Args:
            run: Where and how the work is done.
            held: Makes a context within which a chunk is added to a sum; files are read outside.

        Raises:
            Exception: As `run_chunk`; and the reason why the steps cannot be applied to the first file.
        """
        chunks: list[tuple[Path, ...]] = []
        places: dict[Path, int] = {}
        for place, paths in enumerate(self._groups):
            chunks += chunks_of(paths)
            places |= dict.fromkeys(paths, place)
        fits = False
        tally, work = self.tally, self._work
        with closing(outcomes_of(self._kind, chunks, work.steps, work.raw_data, run)) as outcomes:
            for chunk, outcome in outcomes:
                tally.broken = tally.broken or outcome.broken
                tally.n_tried += len(chunk) if outcome.broken is None else 0
                tally.empty += outcome.empty
                if outcome.misfit is not None and not fits:
                    raise outcome.misfit
                fits = fits or outcome.has_states
                tally.contents.update((content.path, content) for content in outcome.contents)
                with held():
                    self.is_whole = False
                    self._take(places[chunk[0]], outcome)
                    self.is_whole = True
                yield

    def expect_modes(self, place: int, n_modes: int) -> None:
        """Take no other files into a group than those of so many modes."""
        self._n_modes[place] = n_modes

    def warn(self) -> None:
        """Warn of what is counted twice."""
        twice = CountedTwice()
        twice.add(self.tally.contents.values())
        twice.add_copies(
            copies_among(
                Look(path, given.mark.size, (given.samples, given.kept), given.states, given.first)
                for path, given in self.tally.given.items()
            )
        )
        for message in twice.warnings():
            warnings.warn(message, stacklevel=4)

    def _take(self, place: int, outcome: Outcome[Any]) -> None:
        tally = self.tally
        tally.given.update((given.path, given) for given in outcome.given)
        tally.fail(outcome.failed)
        for part in outcome.parts:
            known = self._n_modes[place]
            n_modes = part.n_modes if known is None else known
            self._n_modes[place] = n_modes
            if part.n_modes not in (None, n_modes):
                tally.fail(_misfits(part, n_modes))
            else:
                tally.fail(self._join(self.totals[place], part))

    def _join(self, total: S, part: PartialSum[S]) -> Failures:
        """Add the sum of a chunk; where that is too much, file by file, so that only one is left out."""
        try:
            total.join(part.total)
        except (ResourceLimitError, ResultError) as error:
            if len(part.paths) == 1:
                return {part.paths[0]: reason_of(Path(part.paths[0]), error)}
            failed: Failures = {}
            for path in part.paths:
                outcome = run_chunk(self._kind, (Path(path),), self._work.steps, self._work.raw_data)
                failed.update(outcome.failed)
                for single in outcome.parts:
                    failed.update(self._join(total, single))
            return failed
        return {}


def ended(outcome: Any, tally: FileTally, n_files: int, on_error: str) -> None:
    """Report broken files: nothing is left out without being named.

    Raises:
        CampaignError: Files could not be processed, and `on_error` is "raise"; or a worker ended abruptly.
    """
    failed = tally.failed
    if tally.broken is not None:  # no fault of the files, so no reason to skip them
        causes = "it was killed, had no memory left, or raised what cannot be sent"
        if not tally.given and type(tally.broken).__name__ == "BrokenProcessPool":  # not even one began
            # New processes import the program, and would make pools of their own.
            causes += '; or the program makes its pool outside of `if __name__ == "__main__":`'
        raise CampaignError(
            f"{n_files - tally.n_tried} of {n_files} files were not processed because a "
            f"worker ended abruptly: {causes}. "
            f"{len(failed)} are missing in the outcome: {some(list(failed), MOST_FILES)}.",
            failed,
            outcome,
        ) from tally.broken
    if failed:
        message = f"{len(failed)} of {n_files} files could not be processed:\n{lines_of(failed)}"
        if on_error == "raise":
            raise CampaignError(message, failed, outcome)
        warnings.warn(message, stacklevel=4)


def warn_of_left(tally: FileTally) -> None:
    """Warn of broken files of a loop that was left, where nothing can be raised any more."""
    if tally.failed:
        warnings.warn(
            f"{len(tally.failed)} of {tally.n_tried} files could not be processed before the loop was "
            f"left:\n{lines_of(tally.failed)}",
            stacklevel=4,
        )


def warn_of_sum_among(work: Work, new: Path, *, stacklevel: int) -> None:
    """Warn where a sum is about to be written that the next scan would take for one of its files."""
    if not new.exists() and work.search.would_find(new):
        warnings.warn(
            f"{path_text(new)} will be among the files of the campaign: the next scan adds it to those that "
            "are in it. Write it into another folder, or leave it out there with exclude=.",
            stacklevel=stacklevel + 1,
        )


def lines_of(failed: Failures) -> str:
    """Return a line for each file with what is wrong with it."""
    return "\n".join(f"  {path}: {reason}" for path, reason in failed.items())


def _misfits(part: PartialSum[Any], n_modes: int | None) -> Failures:
    reason = f"ResultError: its states have {part.n_modes} modes; those of the first file have {n_modes}"
    return dict.fromkeys(part.paths, reason)
