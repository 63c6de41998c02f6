"""Waiting for several jobs, and waiting without blocking an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from lwfast.errors import WaitTimeoutError
from lwfast.remote.job_path.batch_job import BatchJob
from lwfast.remote.job_path.follow import check_timeout, follow, group_by_client
from lwfast.remote.job_path.job_progress import Shown
from lwfast.remote.job_path.single_job import Job
from lwfast.wire import Status

if TYPE_CHECKING:
    from lwfast.results import QPUSamplingResult

FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"
ALL_COMPLETED = "ALL_COMPLETED"


class DoneAndNotDone(NamedTuple):
    """What `wait` returns: the jobs that are complete, and those that are not."""

    done: set[Job]
    not_done: set[Job]


def as_completed(
    jobs: Job | BatchJob | Iterable[Job | BatchJob], timeout: float | None = None, progress: Any = None
) -> Iterator[Job]:
    """Yield jobs in the order in which they complete.

    Args:
        jobs: Jobs; batches are taken apart.
        timeout: Seconds to wait at most in all; None to wait without end.
        progress: As in `Job.wait_until_complete`.

    Raises:
        WaitTimeoutError: The time is over; carries the jobs that go on.
    """
    members = all_jobs(jobs)
    if timeout is not None:
        check_timeout(timeout)
    return _as_completed(members, timeout, progress)


def _as_completed(jobs: list[Job], timeout: float | None, progress: Any) -> Iterator[Job]:
    with Shown(progress, jobs) as on_change:
        yield from follow(jobs, _is_complete, timeout, on_change)


def wait(
    jobs: Job | BatchJob | Iterable[Job | BatchJob],
    timeout: float | None = None,
    return_when: str = ALL_COMPLETED,
    progress: Any = None,
) -> DoneAndNotDone:
    """Wait for jobs as `concurrent.futures.wait` does for futures.

    Args:
        jobs: Jobs; batches are taken apart.
        timeout: Seconds to wait at most; what is not complete then is in `not_done`.
        return_when: `ALL_COMPLETED`, `FIRST_COMPLETED`, or `FIRST_EXCEPTION`: as soon as a job is complete
            without success.
        progress: As in `Job.wait_until_complete`.

    Raises:
        ValueError: `return_when` is none of these.
    """
    if return_when not in {ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION}:
        raise ValueError(
            f"return_when should be {ALL_COMPLETED}, {FIRST_COMPLETED} or {FIRST_EXCEPTION}, "
            f"got {return_when!r}."
        )
    members = all_jobs(jobs)
    done: set[Job] = set()
    try:
        for job in as_completed(members, timeout, progress):
            done.add(job)
            failed = job._final is not Status.COMPLETED
            if return_when == FIRST_COMPLETED or (return_when == FIRST_EXCEPTION and failed):
                break
    except WaitTimeoutError:
        pass
    # Those that were complete in the same answer belong to `done` too.
    done.update(job for job in members if job._final is not None)
    return DoneAndNotDone(done, set(members) - done)


def all_jobs(jobs: Any) -> list[Job]:
    """Return each job once, batches taken apart.

    Raises:
        TypeError: Something is no job.
    """
    if isinstance(jobs, Job | BatchJob):
        jobs = [jobs]
    found: dict[Job, None] = {}
    for item in jobs:
        if isinstance(item, BatchJob):
            found.update(dict.fromkeys(item.jobs))
        elif isinstance(item, Job):
            found[item] = None
        else:
            raise TypeError(f"Only jobs can be waited for, got {type(item).__name__}.")
    return list(found)


async def result_of(job: Job) -> QPUSamplingResult:
    """Wait for a job without blocking the event loop, then return its result.

    Requests run in threads, each for a moment only, so that many jobs can be awaited at once and a cancelled
    task ends at once.
    """
    await complete([job])
    return await asyncio.to_thread(job.get_result)


async def complete(jobs: list[Job]) -> None:
    """Wait for jobs without blocking the event loop."""
    followers = group_by_client([job for job in jobs if job._final is None], _is_complete)
    while followers:
        began = time.monotonic()
        for follower in followers:
            await asyncio.to_thread(follower.poll, 0.0)
        followers = [follower for follower in followers if follower.pending]
        if followers:
            spent = time.monotonic() - began
            await asyncio.sleep(max(0.0, min(follower.pause for follower in followers) - spent))


def _is_complete(status: Status) -> bool:
    return status.is_complete
