"""Find what a campaign would count twice."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lwfast._base.limits import some
from lwfast._types import AnyArray

MOST_FILES = 5
"""Most files that a message names: their paths are long."""
_FIRST = 1024
_LEAST_STATES, _LEAST_SIZE = 8, 1 << 14
_OF_JOBS = "holds the result of a job that another holds too", "hold results of jobs that others hold too"
_COPIES = "is a copy of another, byte for byte", "are copies of others, byte for byte"


class Content(NamedTuple):
    """What a file says to hold: the sum of others, and the result of which job, where that is known."""

    path: str
    is_sum: bool
    job: tuple[str, str] | None


def content_of(path: str, metadata: Mapping[str, Any]) -> Content:
    """Return what a file says to hold."""
    # An id alone is another job elsewhere.
    date = metadata.get("created_date") or metadata.get("finished_date")
    told = metadata.get("job_id") is not None and date is not None
    return Content(path, "files" in metadata, (str(metadata["job_id"]), str(date)) if told else None)


class Look(NamedTuple):
    """What a file looks like from afar: copies look the same.

    Attributes:
        path: Path of the file.
        size: Its size in bytes.
        samples: How many it holds, and how many of them are left after all steps.
        n_states: How many states these have.
        first: Checksum of the counts of the first of these; None where it is not known.
    """

    path: str
    size: int
    samples: tuple[int, int]
    n_states: int
    first: int | None


def checksum_of_first(counts: AnyArray) -> int:
    """Return a checksum of the counts of the first states, which two measurements hardly share."""
    return zlib.crc32(counts[:_FIRST].tobytes())


def copies_among(looks: Iterable[Look]) -> dict[str, str]:
    """Return the files that are copies of earlier ones, byte for byte, and which.

    Only files that look the same are read again. Small ones of few states are left out: what always gives the
    same state gives equal files.
    """
    alike: dict[tuple[int, ...], list[Look]] = {}
    for look in looks:
        if look.n_states >= _LEAST_STATES or look.size >= _LEAST_SIZE:
            alike.setdefault((look.size, *look.samples, look.n_states), []).append(look)
    copies: dict[str, str] = {}
    for several in alike.values():
        known = {look.first for look in several}
        for first in known if None not in known else [None]:
            same = [look.path for look in several if first in (None, look.first)]
            copies |= _equal(same) if len(same) > 1 else {}
    return copies


def _equal(paths: Sequence[str]) -> dict[str, str]:
    from hashlib import blake2b

    copies: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for path in paths:
        try:
            digest = blake2b(Path(path).read_bytes(), digest_size=16).digest()
        except OSError:
            continue  # it went away meanwhile
        if seen.setdefault(digest, path) != path:
            copies[path] = seen[digest]
    return copies


class CountedTwice:
    """Gathers what files say to hold."""

    def __init__(self) -> None:
        self._n_files = 0
        self._copies: dict[str, str] = {}
        self._sums: list[str] = []
        self._jobs: dict[tuple[str, str], str] = {}
        self._again: dict[str, str] = {}

    def add(self, contents: Iterable[Content]) -> None:
        """Take in some more."""
        for path, is_sum, job in contents:
            self._n_files += 1
            if is_sum:
                self._sums.append(path)
            if job is None:
                continue
            if self._jobs.setdefault(job, path) != path:
                self._again[path] = self._jobs[job]

    def add_copies(self, copies: Mapping[str, str]) -> None:
        """Take in files that are copies of others, as `copies_among` finds them."""
        self._copies = {path: of for path, of in copies.items() if path not in self._again}

    def warnings(self) -> list[str]:
        """Return what may be counted twice, in words."""
        found = []
        n = len(self._sums)
        if 0 < n < self._n_files:
            hold, they = "hold sums", "them, or what they hold"
            if n == 1:
                hold, they = "holds a sum", "it, or what it holds"
            found.append(
                f"{n} of {self._n_files} files {hold} of other files, and what stands here too is counted "
                f"twice: {some(self._sums, MOST_FILES)}; exclude {they}."
            )
        for again, one, several in ((self._again, *_OF_JOBS), (self._copies, *_COPIES)):
            if not again:
                continue
            what, they = f"{len(again)} files {several}, which are", "them"
            if len(again) == 1:
                what, they = f"1 file {one}, which is", "it"
            named = some([f"{path} (as {of})" for path, of in again.items()], MOST_FILES)
            found.append(f"{what} counted twice: {named}; exclude {they}.")
        return found
