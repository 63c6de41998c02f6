"""Find what a campaign would count twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lwfast._base.limits import some

MOST_FILES = 5
"""Most files that a message names: their paths are long."""


class Content(NamedTuple):
    """What a file says to hold: the sum of others, and the result of which job, where that is known."""

    path: str
    is_sum: bool
    job: tuple[str, str] | None


def content_of(path: str, metadata: Mapping[str, Any]) -> Content:
    """Return what a file says to hold."""
    told = "job_id" in metadata and "created_date" in metadata  # an id alone is another job elsewhere
    job = (str(metadata["job_id"]), str(metadata["created_date"])) if told else None
    return Content(path, "files" in metadata, job)


class CountedTwice:
    """Gathers what files say to hold."""

    def __init__(self) -> None:
        self._n_files = 0
        self._sums: list[str] = []
        self._jobs: dict[tuple[str, str], str] = {}
        self._again: list[str] = []

    def add(self, contents: Iterable[Content]) -> None:
        """Take in some more."""
        for path, is_sum, job in contents:
            self._n_files += 1
            if is_sum:
                self._sums.append(path)
            if job is None:
                continue
            if self._jobs.setdefault(job, path) != path:
                self._again.append(f"{path} (as {self._jobs[job]})")

    def warnings(self) -> list[str]:
        """Return what may be counted twice, in words."""
        found = []
        if 0 < len(self._sums) < self._n_files:
            found.append(
                f"{len(self._sums)} of {self._n_files} files hold sums of other files, and what stands here "
                f"too is counted twice: {some(self._sums, MOST_FILES)}; exclude them, or what they hold."
            )
        if self._again:
            found.append(
                f"{len(self._again)} files hold results of jobs that others hold too, which are counted "
                f"twice: {some(self._again, MOST_FILES)}; exclude them."
            )
        return found
