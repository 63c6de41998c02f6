"""Waiting for several jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, NamedTuple

from lwfast.errors import WaitTimeoutError
from lwfast.remote.connection.timeouts import check_timeout
from lwfast.remote.job_path.follow import until_complete, until_complete_async
from lwfast.remote.job_path.job_and_batch import BatchJob, Job, held_by
from lwfast.remote.tracked import tracked_of
from lwfast.wire import Status

FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"
ALL_COMPLETED = "ALL_COMPLETED"


class DoneAndNotDone(NamedTuple):
    """What `wait` returns: the jobs that are complete, and those that are not."""

    done: set[Job]
    not_done: set[Job]


class Completions(Iterator[Job], AsyncIterator[Job]):
    """Jobs in the order in which they complete, for `for` and for `async for`; see `as_completed`.

    The waiting, and its time limit, begin with the first job that is asked for. One object is gone through in
    one of the two ways.
    """

    def __init__(self, jobs: list[Job], timeout: float | None, progress: Any) -> None:
        self._wanted = held_by(jobs), timeout, progress
        self._here: Iterator[Job] | None = None
        self._in_loop: AsyncIterator[Job] | None = None

    def __next__(self) -> Job:
        if self._here is None:
            self._here = until_complete(*self._wanted)
        return next(self._here)

    def __aiter__(self) -> Completions:
        return self

    async def __anext__(self) -> Job:
        if self._in_loop is None:
            self._in_loop = until_complete_async(*self._wanted)
        return await anext(self._in_loop)


def as_completed(
    jobs: Job | BatchJob | Iterable[Job | BatchJob], timeout: float | None = None, progress: Any = None
) -> Completions:
    """Yield jobs in the order in which they complete, to `for`, or to `async for` in a running event loop.

    Args:
        jobs: The jobs to wait for; the jobs of a batch count one by one.
        timeout: Most seconds to wait altogether; by default None, for no limit.
        progress: True for progress on stderr, or a callable, as in `Job.wait_until_complete`.

    Raises:
        WaitTimeoutError: The time is over; carries the jobs that go on.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> jobs = [remote.QPU("Artemis").run(task, job_name=f"Part {k}") for k in range(3)]
        >>> sum(job.result().n_samples for job in remote.as_completed(jobs, timeout=60))
        300
    """
    members = all_jobs(jobs)
    if timeout is not None:
        check_timeout(timeout)
    return Completions(members, timeout, progress)


def wait(
    jobs: Job | BatchJob | Iterable[Job | BatchJob],
    timeout: float | None = None,
    return_when: str = ALL_COMPLETED,
    progress: Any = None,
) -> DoneAndNotDone:
    """Wait for jobs as `concurrent.futures.wait` does for futures.

    Args:
        jobs: The jobs to wait for; the jobs of a batch count one by one.
        timeout: Most seconds to wait; jobs that are not complete by then are in `not_done`. By default None,
            for no limit.
        return_when: `ALL_COMPLETED`, `FIRST_COMPLETED`, or `FIRST_EXCEPTION`: as soon as a job is complete
            without success.
        progress: True for progress on stderr, or a callable, as in `Job.wait_until_complete`.

    Raises:
        ValueError: `return_when` is not one of these.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> jobs = [remote.QPU("Artemis").run(task, job_name=f"Part {k}") for k in range(3)]
        >>> done, not_done = remote.wait(jobs, timeout=60)
        >>> len(done), len(not_done)
        (3, 0)
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
            failed = tracked_of(job).final is not Status.COMPLETED
            if return_when == FIRST_COMPLETED or (return_when == FIRST_EXCEPTION and failed):
                break
    except WaitTimeoutError:
        pass
    # Those that were complete in the same answer belong to `done` too.
    done.update(job for job in members if tracked_of(job).final is not None)
    return DoneAndNotDone(done, set(members) - done)


def all_jobs(jobs: Any) -> list[Job]:
    """Return each job once, batches taken apart.

    Raises:
        TypeError: Something is not a job.
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
