"""The sum so far of a campaign, kept in a file, so that an interrupted run goes on where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lwfast.errors import ResultError
from lwfast.results.campaign.chunks import Given
from lwfast.results.campaign.counted_twice import Content
from lwfast.results.campaign.gathering import Gathering, Work
from lwfast.results.columns.json_like import json_like, path_text
from lwfast.results.columns.record import known_record
from lwfast.results.files.endings import result_path
from lwfast.results.load import load_result
from lwfast.results.sampling_result import SamplingResult

KEY = "resume"
"""Where the metadata of the file say what is in it."""
SAVE_SECONDS = 20.0
"""From one save to the next at least."""
SAVE_RATIO = 20
"""How many times as long as the last save took, at least, is worked before the next."""
_SUFFIXES = (".npz", ".parquet")


class Checkpoint:
    """A file with the sum so far.

    A file of the campaign counts as the one that was added where its path, size and time of change are the
    same.

    Args:
        filename: The file.
        paths: The files of the campaign.
        work: What is done with each.

    Attributes:
        rest: The files that are not in the sum.

    Raises:
        ValueError: If the name has another ending than .npz or .parquet.
        ResultError: If the file is of other steps, or one in it has changed or is not in the campaign.
        ResultFormatError: If it is not a file that a run has kept.
    """

    def __init__(self, filename: Any, paths: Sequence[Path], work: Work) -> None:
        self._path = result_path(filename)
        if self._path.suffix.lower() not in _SUFFIXES:
            raise ValueError(
                f"A run cannot be kept in {self._path.name}; give resume= a name that ends in "
                f"{' or '.join(_SUFFIXES)}."
            )
        told = json_like([work.raw_data, *(step.described for step in work.steps)], "steps")
        self._steps = json.loads(json.dumps(told))  # as it is read back: with lists for tuples
        # Before they are read: a file that changes meanwhile is told from what was added.
        self._marks = {str(path): _mark_of(path) for path in paths}
        self._before: SamplingResult | None = None
        self._known: dict[str, list[Any]] = {}
        self._saved_at, self._pause = time.monotonic(), SAVE_SECONDS
        own = self._path.resolve()
        if any(path.resolve() == own for path in paths):
            raise ResultError(f"{self._path} keeps the sum, and is a file of the campaign; exclude it.")
        if self._path.exists():
            self._read(paths)
        self.rest = tuple(path for path in paths if path_text(path) not in self._known)

    def start(self, gathering: Gathering) -> None:
        """Put the sum that was kept into an empty one."""
        if self._before is None:
            return
        gathering.totals[0].add_sum(self._before)
        tally = gathering.tally
        for path, (_, _, samples, kept, states, is_sum, job) in self._known.items():
            tally.given[path] = Given(path, samples, kept, states)
            tally.contents[path] = Content(path, is_sum, None if job is None else (job[0], job[1]))
            tally.n_tried += 1
            tally.empty += [path] if samples == 0 else []
        if len(self._before):
            gathering.expect_modes(0, self._before.n_modes)

    def tick(self, gathering: Gathering) -> None:
        """Save where the last time was long ago."""
        if time.monotonic() - self._saved_at > self._pause:
            self.save(gathering)

    def save(self, gathering: Gathering) -> None:
        """Write the sum, atomically; nothing where no file is in it, or where adding one was interrupted."""
        tally = gathering.tally
        if not tally.given or not gathering.is_whole:
            return
        began = time.monotonic()
        files = {}
        for name, given in tally.given.items():
            known = self._known.get(name)
            content = tally.contents.get(name)
            job = None if content is None or content.job is None else list(content.job)
            mark = known[:2] if known is not None else self._marks[name]
            counts = [given.samples, given.kept, given.states]
            files[path_text(name)] = [*mark, *counts, content is not None and content.is_sum, job]
        about = {"steps": self._steps, "files": files}
        total = gathering.totals[0].result(files=len(files), failed={}, **{KEY: about})
        total.save(self._path)
        self._saved_at = time.monotonic()
        self._pause = max(SAVE_SECONDS, SAVE_RATIO * (self._saved_at - began))

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
        files = about["files"]
        there = {path_text(path): path for path in paths}
        for name, entry in files.items():
            wrong = None
            if name not in there:
                wrong = "is not in this campaign"
            elif entry[:2] != self._marks[str(there[name])]:
                wrong = "has changed since"
            if wrong is not None:
                raise ResultError(
                    f"{self._path} keeps a sum with {name}, which {wrong}; remove {self._path.name} to begin "
                    "anew."
                )
        self._before, self._known = before, files


def _mark_of(path: Path) -> list[int]:
    """Return size and time of change of a file, by which a later version of it is told."""
    try:
        about = path.stat()
    except OSError:
        return [-1, -1]
    return [about.st_size, about.st_mtime_ns]
