"""Files, what is done with each, and what became of them in the last run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lwfast._base.progress import Progress
from lwfast.errors import CampaignError, ResultError
from lwfast.results.campaign.chunks import Given, loaded, processed
from lwfast.results.campaign.gathering import CampaignReport, FileTally, Gathering, Work, ended
from lwfast.results.campaign.running import RunOptions
from lwfast.results.columns.json_like import path_text
from lwfast.results.sampling_result import SamplingResult

if TYPE_CHECKING:
    from lwfast.results.campaign.checkpoint import KeptSums
    from lwfast.results.processing.named_columns import NamedColumns

MANIFEST = ("status", "samples", "kept", "states", "bytes", "modified", "resumed", "reason")
"""Columns of a manifest, besides `path`."""


def with_outcome(error: OSError, outcome: Any) -> OSError:
    """Return the error of a file that cannot be written, with what it should have held as `outcome`."""
    error.outcome = outcome  # type: ignore[attr-defined]
    error.add_note("All files were processed: what was added up is the attribute `outcome` of this error.")
    return error


def why_no(owner: Any, name: str, results: Sequence[tuple[type, str]]) -> str:
    """Say that an object has no such member, and how to get one that does.

    Args:
        owner: What was asked for it, of any class.
        name: The name of the member.
        results: Classes that may have it, and how to get at it, with a place for the name.
    """
    what = f"{type(owner).__name__!r} object has no attribute {name!r}"
    remedy = next((remedy for kind, remedy in results if hasattr(kind, name)), None)
    return what if remedy is None or name.startswith("_") else f"{what}: {remedy.format(name)}"


class RanFiles:
    """What a campaign and its groups have in common: a run over files, its report and its manifest.

    Args:
        every_path: The files, in order.
        work: What is done with each.
    """

    def __init__(self, every_path: Sequence[Path], work: Work) -> None:
        self.report: CampaignReport | None = None
        self._every_path = tuple(every_path)
        self._work = work
        self._given: dict[str, Given] = {}
        self._unread: dict[str, str] = {}
        """Files that are in no group because they cannot be read, and why."""

    if not TYPE_CHECKING:  # type checkers would take any name

        def __getattr__(self, name):
            """Name the results that have this member, which campaigns and groups do not."""
            raise AttributeError(why_no(self, name, self._results()), name=name, obj=self)

    def _results(self) -> Sequence[tuple[type, str]]:
        """Return the classes of what a run gives, and how to get it."""
        return [(SamplingResult, "call merge() first, as in merge().{}")]

    @property
    def manifest(self) -> NamedColumns:
        """What each file contributed in the last run, one row per file.

        `status` is "added", "empty", "failed" (then `reason` says why) or "not tried"; `samples` is how many
        the file holds, `kept` how many of them are in the outcome, `states` how many distinct states. `bytes`
        and `modified`, in ISO 8601 and UTC, say which version of the file that was. `resumed` is True for a
        file that an earlier run had read, and that `resume=` did not read again. The manifest of groups also
        has columns with the values of each file's group.

        Raises:
            ResultError: If there was no run yet.
        """
        if self.report is None:
            raise ResultError("There is no manifest before a run: call merge, summarise or the like first.")
        from lwfast.results.processing.named_columns import NamedColumns

        lines = [self._line(path, self.report) | self._group_of(path) for path in map(str, self._every_path)]
        return NamedColumns(lines, ["path", *self._group_names, *MANIFEST])

    _group_names: tuple[str, ...] = ()

    def _group_of(self, path: str) -> dict[str, Any]:  # noqa: ARG002  (groups say it)
        """Return the values of a file's group."""
        return {}

    def _line(self, path: str, report: CampaignReport) -> dict[str, Any]:
        if path in report.failed:
            return {"path": path, "status": "failed", "reason": report.failed[path]}
        if path not in self._given:
            return {"path": path, "status": "not tried"}
        given = self._given[path]
        status = "empty" if path in report.empty else "added"
        read = {"bytes": given.mark.size, "modified": given.mark.time, "resumed": given.resumed}
        counts = {"samples": given.samples, "kept": given.kept, "states": given.states}
        return {"path": path, "status": status, **counts, **read}

    def _gathered(
        self,
        kind: Callable[[], Any],
        groups: Sequence[Sequence[Path]],
        run: RunOptions,
        *,
        kept: KeptSums | None = None,
    ) -> Gathering:
        """Add up groups of files, and note what became of them.

        Args:
            kind: Makes an empty sum.
            groups: The files of each group.
            run: Executor, progress and files at a time, as `Campaign.merge` takes them.
            kept: Sums of an earlier run, to which only the other files are added.
        """
        gathering = Gathering(kind, groups if kept is None else kept.rest, self._work)
        gathering.tally.fail(self._unread)
        gathering.tally.n_tried += len(self._unread)
        if kept is not None:
            kept.start(gathering)
            n_resumed = len(gathering.tally.given)
            run = run._replace(n_before=n_resumed)
            if n_resumed:
                # Where nothing is left to do, there is no bar.
                Progress(run.progress, takes=("done", "total")).say(
                    f"{n_resumed} of {len(self._every_path)} files were in the sum already"
                )
        try:
            if kept is None:
                with closing(gathering.run(run)) as chunks:
                    for _ in chunks:
                        pass
            else:
                self._kept_up(gathering, run, kept)
        except BaseException:
            self._note(gathering.tally)
            raise
        gathering.tally.sort(self._every_path)  # for the metadata of sums; the report is made later
        gathering.warn()
        return gathering

    def _kept_up(self, gathering: Gathering, run: RunOptions, kept: KeptSums) -> None:
        """Add up the files and save the sums now and then, and once more whatever ends the run."""
        from lwfast._base.termination import Termination, TerminationError
        from lwfast._kernels.stderr_notes import is_quiet, say

        with Termination() as termination:
            try:
                with closing(gathering.run(run, termination.held)) as chunks:
                    for _ in chunks:
                        with termination.held():
                            kept.tick(gathering)
                        termination.check()
            except BaseException as error:
                with termination.held():
                    kept.save(gathering, is_last=True)
                    error.add_note(kept.told())
                    if isinstance(error, TerminationError) and not is_quiet():  # which nobody sees
                        say(f"SIGTERM came. {kept.told()}")
                raise
            with termination.held():
                kept.save(gathering, is_last=True)

    def _why_nothing(self, paths: Sequence[Path], tally: FileTally) -> str | None:
        """Say why the steps left nothing of files, from a second look at the first that has samples."""
        given = [tally.given[str(path)] for path in paths if str(path) in tally.given]
        given = [one for one in given if one.samples]
        if not given or any(one.kept for one in given):
            return None
        path = Path(given[0].path)
        result = loaded(path, self._work.raw_data, {})
        result = None if result is None else processed(path, result, self._work.steps, {})
        reason = None if result is None else result.nothing_left
        if reason is None or len(given) == 1:
            return reason
        return f"in {path_text(path.name)}, the first of {len(given)} files, {reason}"

    def _note(self, tally: FileTally) -> None:
        tally.sort(self._every_path)
        self.report, self._given = tally.report(len(self._every_path)), dict(tally.given)

    def _ended(self, outcome: Any, tally: FileTally, kept: KeptSums | None = None) -> None:
        """Note what became of the files, and raise what is to be raised, with the outcome."""
        self._note(tally)
        failure = None if kept is None else kept.failure()
        try:
            ended(outcome, tally, len(self._every_path), self._work.on_error)
        except CampaignError as error:
            if kept is not None and failure is not None:
                error.add_note(kept.told())
            raise
        if kept is not None and failure is not None:
            failure.add_note(kept.told())
            raise with_outcome(failure, outcome)
