"""Waiting for several jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lwfast.errors import WaitTimeoutError
from lwfast.remote.connection.timeouts import check_timeout
from lwfast.remote.job_path.follow import until_complete
from lwfast.remote.job_path.job_and_batch import BatchJob, Job, held_by
from lwfast.wire import Status

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
        progress: True for progress on stderr, or a callable, as in `Job.wait_until_complete`.

    Raises:
        WaitTimeoutError: The time is over; carries the jobs that go on.
    """
    members = all_jobs(jobs)
    if timeout is not None:
        check_timeout(timeout)
    return until_complete(held_by(members), timeout, progress)


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
        progress: True for progress on stderr, or a callable, as in `Job.wait_until_complete`.

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
            failed = job.tracked.final is not Status.COMPLETED
            if return_when == FIRST_COMPLETED or (return_when == FIRST_EXCEPTION and failed):
                break
    except WaitTimeoutError:
        pass
    # Those that were complete in the same answer belong to `done` too.
    done.update(job for job in members if job.tracked.final is not None)
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
