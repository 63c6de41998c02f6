"""The sums so far of a campaign, kept in files, so that an interrupted run goes on where it was."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from lwfast.errors import ResultError
from lwfast.results.campaign.chunks import Given
from lwfast.results.campaign.gathering import Gathering, Work
from lwfast.results.columns.json_like import json_like, path_text
from lwfast.results.columns.record import known_record
from lwfast.results.files.endings import result_path
from lwfast.results.load import load_result
from lwfast.results.processing.counted_twice import Content
from lwfast.results.sampling_result import SamplingResult

KEY = "resume"
"""Where the metadata of the file say what is in it."""
SAVE_SECONDS = 20.0
"""From one save to the next at least."""
SAVE_RATIO = 20
"""How many times as long as the last save took, at least, is worked before the next."""
_SUFFIXES = (".npz", ".parquet")
_OF_A_GROUP = ".npz"
_NAME_BYTES = 255
"""What file systems give a name."""


class KeptSums:
    """The sums of all groups of files, each in a file of its own.

    A group has files of its own, so that its sum is right whatever became of the others.

    Args:
        kept: The sum of each group.
    """

    def __init__(self, kept: Sequence[Checkpoint]) -> None:
        self._kept = kept
        self._saved_at, self._pause = time.monotonic(), SAVE_SECONDS

    @classmethod
    def of_one(cls, filename: Any, paths: Sequence[Path], work: Work) -> Self:
        """Return the sum of all files, kept in one; see `Checkpoint`.

        Raises:
            ValueError: If the name has another ending than .npz or .parquet.
            ResultError: As `Checkpoint`.
            ResultFormatError: As `Checkpoint`.
        """
        path = result_path(filename)
        if path.suffix.lower() not in _SUFFIXES:
            raise ValueError(
                f"A run cannot be kept in {path.name}; give resume= a name that ends in "
                f"{' or '.join(_SUFFIXES)}."
            )
        return cls([Checkpoint(path, paths, work)])

    @classmethod
    def of_groups(cls, folder: Any, groups: Mapping[str, Sequence[Path]], work: Work) -> Self:
        """Return the sums of groups, each in a file of a folder.

        Args:
            folder: Where they are; it may not be there yet.
            groups: The files of each group, by a name that can be that of a file.
            work: What is done with each file.

        Raises:
            ResultError: As `Checkpoint`; or the folder has sums of other groups, holds files of the campaign,
                or is a file; or a name is too long.
            ResultFormatError: As `Checkpoint`.
        """
        top = Path(folder)
        if top.exists() and not top.is_dir():
            raise ResultError(f"{top} is a file; resume= of groups names a folder, with a file for each.")
        own = top.resolve()
        if any(path.resolve().parent == own for paths in groups.values() for path in paths):
            raise ResultError(f"{top} holds files of the campaign; give resume= a folder of its own.")
        names = {f"{name}{_OF_A_GROUP}" for name in groups}
        if too_long := [name for name in names if len(os.fsencode(name)) > _NAME_BYTES]:
            raise ResultError(
                f"The sum of a group would be kept as {min(too_long):.80}..., a longer name than "
                "a file may have; group by fewer columns or shorter values, or leave out resume=."
            )
        there = [path.name for path in sorted(top.glob(f"*{_OF_A_GROUP}")) if path.name not in names]
        if there:
            raise ResultError(
                f"{top} has {there[0]}, which is not the sum of a group of this campaign; name another "
                "folder for resume=, or remove that file."
            )
        return cls([Checkpoint(top / f"{name}{_OF_A_GROUP}", paths, work) for name, paths in groups.items()])

    @property
    def rest(self) -> list[tuple[Path, ...]]:
        """The files of each group that are not in its sum."""
        return [one.rest for one in self._kept]

    def start(self, gathering: Gathering) -> None:
        """Put the sums that were kept into empty ones."""
        for place, one in enumerate(self._kept):
            one.start(gathering, place)

    def tick(self, gathering: Gathering) -> None:
        """Save where the last time was long ago."""
        if time.monotonic() - self._saved_at > self._pause:
            self.save(gathering)

    def save(self, gathering: Gathering) -> None:
        """Write the sums that have changed, each atomically; none where adding a file was interrupted."""
        if not gathering.is_whole:
            return
        began = time.monotonic()
        for place, one in enumerate(self._kept):
            one.save(gathering, place)
        self._saved_at = time.monotonic()
        self._pause = max(SAVE_SECONDS, SAVE_RATIO * (self._saved_at - began))


class Checkpoint:
    """A file with the sum so far of a group of files.

    A file of the campaign counts as the one that was added where its path, size and time of change are the
    same.

    Args:
        path: Path of the file, which need not be there yet.
        paths: The files of the group.
        work: What is done with each.

    Attributes:
        rest: The files that are not in the sum.

    Raises:
        ResultError: If the file is of other steps, or one in it has changed or is not in the campaign.
        ResultFormatError: If it is not a file that a run has kept.
    """

    def __init__(self, path: Path, paths: Sequence[Path], work: Work) -> None:
        self._path = path
        told = json_like([work.raw_data, *(step.described for step in work.steps)], "steps")
        self._steps = json.loads(json.dumps(told))  # as it is read back: with lists for tuples
        # Before they are read: a file that changes meanwhile is told from what was added.
        self._marks = {str(path): _mark_of(path) for path in paths}
        self._before: SamplingResult | None = None
        self._known: dict[str, list[Any]] = {}
        own = self._path.resolve()
        if any(path.resolve() == own for path in paths):
            raise ResultError(f"{self._path} keeps the sum, and is a file of the campaign; exclude it.")
        if self._path.exists():
            self._read(paths)
        self._n_saved = len(self._known)
        self.rest = tuple(path for path in paths if str(path) not in self._known)

    def start(self, gathering: Gathering, place: int) -> None:
        """Put the sum that was kept into an empty one."""
        if self._before is None:
            return
        gathering.totals[place].add_sum(self._before)
        tally = gathering.tally
        for path, (_, _, samples, kept, states, is_sum, job) in self._known.items():
            tally.given[path] = Given(path, samples, kept, states)
            tally.contents[path] = Content(path, is_sum, None if job is None else (job[0], job[1]))
            tally.n_tried += 1
            tally.empty += [path] if samples == 0 else []
        if len(self._before):
            gathering.expect_modes(place, self._before.n_modes)
        self._before = None

    def save(self, gathering: Gathering, place: int) -> None:
        """Write the sum; nothing where no other file is in it than the last time."""
        tally = gathering.tally
        files = {}
        for name, mark in self._marks.items():
            given = tally.given.get(name)
            if given is None:
                continue
            content = tally.contents.get(name)
            job = None if content is None or content.job is None else list(content.job)
            counts = [given.samples, given.kept, given.states]
            files[path_text(name)] = [*mark, *counts, content is not None and content.is_sum, job]
        if len(files) == self._n_saved:
            return
        about = {"steps": self._steps, "files": files}
        total = gathering.totals[place].result(files=len(files), failed={}, **{KEY: about})
        total.save(self._path)
        self._n_saved = len(files)

    def _read(self, paths: Sequence[Path]) -> None:
        before = load_result(self._path)
        about = known_record(before).metadata.get(KEY) if isinstance(before, SamplingResult) else None
        if not isinstance(about, dict) or not isinstance(about.get("files"), dict):
            raise ResultError(f"{self._path} is there, and is not a sum that a run has kept; name another.")
        if about.get("steps") != self._steps:
            raise ResultError(
                f"{self._path} keeps a sum of other steps than those of this campaign; name another file, or "
                "remove this one to begin anew."
            )
        there = {path_text(path): str(path) for path in paths}
        for name, entry in about["files"].items():
            wrong = None
            if name not in there:
                wrong = "is not in this campaign"
            elif entry[:2] != self._marks[there[name]]:
                wrong = "has changed since"
            if wrong is not None:
                raise ResultError(
                    f"{self._path} keeps a sum with {name}, which {wrong}; remove {self._path.name} to begin "
                    "anew."
                )
            self._known[there[name]] = entry
        self._before = before


def _mark_of(path: Path) -> list[int]:
    """Return size and time of change of a file, by which a later version of it is told."""
    try:
        about = path.stat()
    except OSError:
        return [-1, -1]
    return [about.st_size, about.st_mtime_ns]
