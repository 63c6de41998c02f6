"""The sums so far of a campaign, kept in files, so that an interrupted run goes on where it was."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from lwfast._texts import ended
from lwfast.errors import ResultError, ResultFormatError
from lwfast.results.campaign.chunks import Given, Mark, mark_of
from lwfast.results.campaign.functions.fingerprints import difference_of, functions_of
from lwfast.results.campaign.gathering import Gathering, Work, warn_of_sum_among
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
        is_one: Whether there is one sum, of all files, and no groups.
    """

    def __init__(self, kept: Sequence[Checkpoint], *, is_one: bool = False) -> None:
        self._kept = kept
        self._is_one = is_one
        self._saved_at, self._pause = time.monotonic(), SAVE_SECONDS
        self._failed: dict[Path, OSError] = {}

    @classmethod
    def of_one(cls, filename: Any, paths: Sequence[Path], work: Work) -> Self:
        """Return the sum of all files, kept in one; see `Checkpoint`.

        Raises:
            ValueError: If the name has another ending than .npz or .parquet.
            ResultError: As `Checkpoint`.
            ResultFormatError: As `Checkpoint`.
        """
        given = Path(filename)
        if given.is_dir():
            raise ResultError(
                f"{given} is a folder; resume= of a campaign names one file, such as {given / 'sum.npz'}, "
                "and that of groups a folder."
            )
        path = result_path(filename)
        if path.suffix.lower() not in _SUFFIXES:
            raise ValueError(
                f"A run cannot be kept in {given.name}; resume= of a campaign names one file, which ends in "
                f"{' or '.join(_SUFFIXES)}, and only that of groups a folder."
            )
        kept = Checkpoint(path, paths, work, functions_of(work.steps))
        warn_of_sum_among(work, path, stacklevel=3)
        return cls([kept], is_one=True)

    @classmethod
    def of_groups(
        cls, folder: Any, groups: Sequence[tuple[Sequence[str], Sequence[Path]]], work: Work
    ) -> Self:
        """Return the sums of groups, each in a file of a folder.

        Args:
            folder: Where they are; it may not be there yet.
            groups: For each group the names that its file may have, the first of them for a new one, and its
                files.
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
        if any(path.resolve().parent == own for _, paths in groups for path in paths):
            raise ResultError(f"{top} holds files of the campaign; give resume= a folder of its own.")
        kept = {_in_folder(top, names): paths for names, paths in groups}
        if too_long := [path.name for path in kept if len(os.fsencode(path.name)) > _NAME_BYTES]:
            raise ResultError(
                f"The sum of a group would be kept as {min(too_long):.80}..., a longer name than "
                "a file may have; group by fewer columns or shorter values, or leave out resume=."
            )
        there = [path.name for path in sorted(top.glob(f"*{_OF_A_GROUP}")) if path not in kept]
        if there:
            raise ResultError(
                f"{top} has {there[0]}, which is not the sum of a group of this campaign; name another "
                "folder for resume=, or remove that file."
            )
        functions = functions_of(work.steps)
        sums = [Checkpoint(path, paths, work, functions, of="group") for path, paths in kept.items()]
        for path in list(kept)[:1]:  # a word of one is enough
            warn_of_sum_among(work, path, stacklevel=3)
        return cls(sums)

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

    def save(self, gathering: Gathering, *, is_last: bool = False) -> None:
        """Write the sums that have changed, each atomically; none where adding a file was interrupted.

        One that cannot be written does not end the run, of which the work would be lost: the first time there
        is a warning, and `failure` has what was wrong the last time.
        """
        if not gathering.is_whole:
            return
        began = time.monotonic()
        warned, self._failed = bool(self._failed), {}
        for place, one in enumerate(self._kept):
            try:
                one.save(gathering, place)
            except OSError as error:
                self._failed[one.path] = error
        if self._failed and not warned and not is_last:
            path, failure = next(iter(self._failed.items()))
            warnings.warn(
                f"The sum so far cannot be kept in {path} ({failure.strerror or failure}); the run goes on, "
                "and tries again later.",
                stacklevel=5,
            )
        self._saved_at = time.monotonic()
        self._pause = max(SAVE_SECONDS, SAVE_RATIO * (self._saved_at - began))

    def failure(self) -> OSError | None:
        """Return why a sum could not be written the last time; None where all were."""
        return next(iter(self._failed.values()), None)

    def told(self) -> str:
        """Say how many files are kept, and where."""
        n_kept, n_files = sum(one.n_saved for one in self._kept), sum(one.n_files for one in self._kept)
        place = self._kept[0].path if self._is_one else self._kept[0].path.parent
        failure = self.failure()
        why = f": {failure.strerror or failure}" if failure else ""
        if n_kept == 0:
            return f"None of the {n_files} files is kept in {place}{why}."
        are = "files is" if n_kept == 1 else "files are"
        lost = f" Those that came later are not{why}." if why else ""
        return f"{n_kept} of {n_files} {are} kept in {place}; the same call goes on from there.{lost}"


class Kept(NamedTuple):
    """What a file that keeps a sum says of one of the files in it.

    Attributes:
        mark: What the file was when it was added.
        samples: How many it holds; `kept` and `states` as in `Given`.
        is_sum: Whether it says to be the sum of others.
        job: Id and date of the job whose result it says to hold, or None.
    """

    mark: Mark
    samples: int
    kept: int
    states: int
    is_sum: bool
    job: tuple[str, str] | None

    @classmethod
    def of(cls, entry: Any) -> Self | None:
        """Read an entry of the list of files; None where no run has written it."""
        if not isinstance(entry, list) or len(entry) != _N_FIELDS:
            return None
        *numbers, is_sum, job = entry
        if not all(type(number) is int for number in numbers) or min(numbers[2:]) < 0:
            return None
        is_job = isinstance(job, list) and len(job) == 2 and all(isinstance(text, str) for text in job)
        if type(is_sum) is not bool or not (job is None or is_job):
            return None
        size, modified, samples, kept, states = numbers
        named = None if job is None else (job[0], job[1])
        return cls(Mark(size, modified), samples, kept, states, is_sum, named)


_N_FIELDS = 7


class Checkpoint:
    """A file with the sum so far of a group of files.

    A file of the campaign counts as the one that was added where its path, size and time of change are the
    same.

    Args:
        path: Path of the file, which need not be there yet.
        paths: The files of the group.
        work: What is done with each.
        functions: What its callables are, as `functions_of` tells it.
        of: What the files are, for messages: "campaign" or "group".

    Attributes:
        path: Path of the file.
        n_files: How many files the group has.
        n_saved: How many of them are in the sum that the file holds.
        rest: The files that are not in the sum.

    Raises:
        ResultError: If the file is of other steps, or one in it has changed or is not in the campaign.
        ResultFormatError: If it is not a file that a run has kept, or was changed since.
    """

    def __init__(
        self,
        path: Path,
        paths: Sequence[Path],
        work: Work,
        functions: list[dict[str, str]],
        *,
        of: str = "campaign",
    ) -> None:
        self.path = path
        self.n_files = len(paths)
        self._functions = functions
        self._of = of
        told = json_like([work.raw_data, *(step.described for step in work.steps)], "steps")
        self._steps = json.loads(json.dumps(told))  # as it is read back: with lists for tuples
        # Before they are read: a file that changes meanwhile is told from what was added.
        self._marks = {str(path): mark_of(path) for path in paths}
        self._before: SamplingResult | None = None
        self._known: dict[str, Kept] = {}
        own = self.path.resolve()
        if any(path.resolve() == own for path in paths):
            raise ResultError(f"{self.path} keeps the sum, and is a file of the campaign; exclude it.")
        if self.path.is_dir():
            raise ResultError(f"{self.path} is a folder, and keeps no sum; remove it or rename it.")
        if self.path.exists():
            self._read(paths)
        self.n_saved = len(self._known)
        self.rest = tuple(path for path in paths if str(path) not in self._known)

    def start(self, gathering: Gathering, place: int) -> None:
        """Put the sum that was kept into an empty one."""
        if self._before is None:
            return
        gathering.totals[place].add_sum(self._before)
        tally = gathering.tally
        for path, (mark, samples, kept, states, is_sum, job) in self._known.items():
            tally.given[path] = Given(path, samples, kept, states, mark, resumed=True)
            tally.contents[path] = Content(path, is_sum, job)
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
        if len(files) == self.n_saved:
            return
        about = {"steps": self._steps, "files": files}
        if self._functions:
            about["functions"] = self._functions
        total = gathering.totals[place].result(files=len(files), failed={}, **{KEY: about})
        total.save(self.path)
        self.n_saved = len(files)

    def _read(self, paths: Sequence[Path]) -> None:
        try:
            before = load_result(self.path)
        except ResultFormatError as error:
            raise ResultFormatError(
                f"{ended(error)} It keeps the sum: remove {self.path} to add up all files anew, or give "
                "resume= another name."
            ) from error
        about = known_record(before).metadata.get(KEY) if isinstance(before, SamplingResult) else None
        if not isinstance(about, dict) or not isinstance(about.get("files"), dict):
            raise ResultFormatError(
                f"{self.path} is there, and is not a sum that a run has kept; give resume= another name."
            )
        if about.get("steps") != self._steps:
            raise ResultError(
                f"{self.path} keeps a sum of other steps than those of this {self._of}; give resume= "
                "another name, or remove that file to add up all files anew."
            )
        other = difference_of(about.get("functions"), self._functions)
        if other is not None:
            raise ResultError(
                f"{self.path} {other}. Give resume= another name, or remove that file to add up all files "
                "anew."
            )
        known: dict[str, Kept] = {}
        for name, entry in about["files"].items():
            kept = Kept.of(entry)
            if kept is None:
                raise self._changed(f"its entry of {name} is {entry!r:.100}")
            known[name] = kept
        n_kept = sum(kept.kept for kept in known.values())
        if n_kept != before.n_samples:
            raise self._changed(f"it holds {before.n_samples} samples, and its files gave {n_kept}")
        there = {path_text(path): str(path) for path in paths}
        self._check_files(known, there)
        self._known = {there[name]: kept for name, kept in known.items()}
        self._before = before

    def _check_files(self, known: Mapping[str, Kept], there: Mapping[str, str]) -> None:
        """Refuse a sum with a file that is another one now, or not here.

        Raises:
            ResultError: There is one; says what it was and is, and what to do.
        """
        wrong = {}
        for name, kept in known.items():
            if name not in there:
                wrong[name] = f"is not among the {len(there)} files of this {self._of}{self._where(kept)}"
            elif self._marks[there[name]] != kept.mark:
                wrong[name] = f"has changed since: now it {_words_of(self._marks[there[name]])}"
        if not wrong:
            return
        name, how = next(iter(wrong.items()))
        more = (
            f" The same is true of {len(wrong) - 1} more of its {len(known)} files." if len(wrong) > 1 else ""
        )
        raise ResultError(
            f"{self.path} holds the counts of {name}, which {_words_of(known[name].mark, 'had')} when they "
            f"were added, and {how}.{more} Put that version back under that path, or remove {self.path} to "
            "add up all files anew."
        )

    def _where(self, kept: Kept) -> str:
        """Say where a file with the same size and time of change is, such as one that was moved."""
        same = [name for name, mark in self._marks.items() if mark == kept.mark]
        return f" ({same[0]}, which is, has the same size and time of change)" if len(same) == 1 else ""

    def _changed(self, what: str) -> ResultFormatError:
        return ResultFormatError(
            f"{self.path} is not as a run has written it: {what}. Remove it to add up all files anew, or "
            "give resume= another name."
        )


def _in_folder(top: Path, names: Sequence[str]) -> Path:
    """Return the file that keeps the sum of a group: the one that is there, or a new one.

    Raises:
        ResultError: There are two of them.
    """
    paths = [top / f"{name}{_OF_A_GROUP}" for name in names]
    there = [path for path in paths if path.exists()]
    if len(there) > 1:
        raise ResultError(
            f"{there[0]} and {there[1]} keep sums of one group; remove both to add up its files anew."
        )
    return there[0] if there else paths[0]


def _words_of(mark: Mark, has: str = "has") -> str:
    if mark.size < 0:
        return "cannot be looked at"
    return f"{has} {mark.size:,} bytes, changed at {mark.time}"
