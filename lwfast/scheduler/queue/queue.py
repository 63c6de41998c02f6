"""The waiting line: first come, first served."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator


class JobQueue:
    """Ids of scheduled jobs in the order in which they run.

    Ids grow with acceptance, so order of ids is order of arrival, and a job that goes back after a crash
    finds its old place. A sorted list gives positions by bisection; removing one of 10 000 takes a
    microsecond.
    """

    def __init__(self) -> None:
        self._ids: list[int] = []

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def add(self, job_id: int) -> None:
        """Put a job at its place."""
        insort(self._ids, job_id)

    def remove(self, job_id: int) -> None:
        """Take a job out, if it waits."""
        index = bisect_left(self._ids, job_id)
        if index < len(self._ids) and self._ids[index] == job_id:
            del self._ids[index]

    def position(self, job_id: int) -> int | None:
        """1 for the job that runs next; None for a job that does not wait."""
        index = bisect_left(self._ids, job_id)
        if index < len(self._ids) and self._ids[index] == job_id:
            return index + 1
        return None

    def first(self, may_run: Callable[[int], bool]) -> int | None:
        """Return the first job that may run; None where none may."""
        return next(filter(may_run, self._ids), None)
