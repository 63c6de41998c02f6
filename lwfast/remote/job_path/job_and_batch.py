"""A job, and several under their names: submitted once more, cancelled, saved, loaded."""

from __future__ import annotations

import warnings
from collections import UserDict
from collections.abc import Callable, Generator, Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lwfast.errors import BatchSubmissionError, JobError, LightworksRemoteError, ResultsError
from lwfast.remote.connection.cancelling import cancel
from lwfast.remote.connection.connection import Connected, connection_of
from lwfast.remote.connection.timeouts import check_timeout
from lwfast.remote.job_path import job_files as files
from lwfast.remote.job_path.attempt import Attempt
from lwfast.remote.job_path.follow import complete, until_complete
from lwfast.remote.job_path.job_handle import JobHandle, job_of
from lwfast.remote.job_path.job_html import jobs_table
from lwfast.remote.job_path.snapshot import statuses_of
from lwfast.remote.job_path.submit import submit_again
from lwfast.remote.tracked import Tracked, tracked_of
from lwfast.wire import Status

if TYPE_CHECKING:
    from lwfast.results import QPUSamplingResult


class Job(JobHandle):
    """A job at a scheduler. Made by `QPU.run`, `remote.job` or by loading a file.

    Waiting survives an outage of the scheduler, and nothing that fails changes what this object knows.

    Args:
        payload: The payload that was, or will be, submitted.
        client: Client that the job belongs to; by default None, for the default client at the time of each
            call.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> job.result(timeout=60).n_samples
        100
        >>> job.status, job.done()
        (<Status.COMPLETED: 'Completed'>, True)
    """

    # --- what can be done ---------------------------------------------------------------------------

    def cancel(self) -> None:
        """Cancel the job.

        Raises:
            JobError: It was cancelled already, or is complete.
        """
        job_id = self._tracked.required_id()
        cancel(self._connection.api, job_id)

    def retry(self) -> None:
        """Submit the job once more.

        `job_id` is then the id of the new job; the old one is kept in `previous_ids`, and its results stay
        where they are. If this fails, the job stays as it was.

        Raises:
            JobSubmissionError: There is no payload, or the scheduler refused it.
            SubmissionInterrupted: Ctrl-C came after it was sent; calling `retry` again makes no second job.
        """
        attempt = Attempt([self._tracked], several_of([self]), single=self)

        def submit() -> None:
            resubmit(self, attempt)
            attempt.hand_over()

        attempt.run(submit)

    # --- files --------------------------------------------------------------------------------------

    def save_to_file(self, filename: str | PathLike[str], allow_overwrite: bool = False) -> None:
        """Save id and payload, never the token, so that the job can be found again.

        Args:
            filename: Name or path of the file; `.json` is added if it is missing.
            allow_overwrite: Whether a file of this name may be replaced; by default False.

        Raises:
            ValueError: There is such a file, and it may not be replaced.
        """
        files.save(files.job_to_data(self._tracked), filename, allow_overwrite)

    def load_from_file(self, filename: str | PathLike[str]) -> None:
        """Take id and payload from a file that this or the reference's client saved; needs no connection.

        A job without a client of its own raises `JobError` if it was saved for another scheduler than the
        default one.

        Raises:
            FileNotFoundError: There is no such file.
            JobFileError: It holds no job.
        """
        path, data = files.read(filename)
        self._tracked = files.job_from_data(data, path)


class BatchJob(UserDict[str, Job]):
    """The jobs of a batch, by name. Made by `QPU.run` or by loading a file.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> batch = lw.Batch(lw.Sampler, [[task.circuit], [task.input_state], [100, 200]])
        >>> jobs = remote.QPU("Artemis").run(batch)
        >>> results = jobs.result(timeout=60)
        >>> [result.n_samples for result in results.values()]
        [100, 200]
    """

    def __init__(self, *, client: Connected | None = None) -> None:
        super().__init__()
        self._given = None if client is None else connection_of(client)
        # Of each name the id and its result: a job that is submitted once more has another id.
        self._results: dict[str, tuple[int | str, QPUSamplingResult]] = {}

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """The names of all jobs."""
        return list(self)

    @property
    def jobs(self) -> list[Job]:
        """All jobs."""
        return list(self.values())

    @property
    def job_id(self) -> dict[str, int]:
        """The id of each job, by name."""
        return {name: job.job_id for name, job in self.items()}

    @property
    def status(self) -> dict[str, Status]:
        """The status of each job, by name."""
        return {name: status for name, (status, _) in self._snapshot().items()}

    @property
    def queue_position(self) -> dict[str, int | None]:
        """The queue position of each job, by name."""
        return {name: position for name, (_, position) in self._snapshot().items()}

    @property
    def all_complete(self) -> bool:
        """Whether nothing more will happen to any of the jobs."""
        return all(status.is_complete for status in self.status.values())

    @property
    def all_success(self) -> bool:
        """Whether all jobs were completed successfully."""
        return all(status is Status.COMPLETED for status in self.status.values())

    def done(self) -> bool:
        """Say whether all jobs are complete."""
        return self.all_complete

    def __str__(self) -> str:
        return f"BatchJob(names = {self.names})"

    def __repr__(self) -> str:
        return f"lwfast.remote.{self}"

    def _repr_html_(self) -> str:
        pairs = ((name, tracked_of(job)) for name, job in self.items())
        return jobs_table(f"{type(self).__name__} of {len(self)} jobs", pairs, len(self))

    def __getitem__(self, key: str) -> Job:
        if key not in self:
            raise KeyError(f"Job with name {key!r} not found; there are {self.names}.")
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Job) -> None:
        if key in self:
            raise KeyError(f"Job with name {key!r} already exists.")
        if not isinstance(value, Job):
            raise TypeError(f"Job should be a Job object, got {type(value).__name__}.")
        if not isinstance(key, str):
            raise TypeError(f"name should be a string, got {type(key).__name__}.")
        super().__setitem__(key, value)

    # --- what can be done ---------------------------------------------------------------------------

    def cancel_all(self) -> None:
        """Cancel all jobs that are not complete, the last first; prints which could not be cancelled."""
        states = self._snapshot()
        for name, job in reversed(list(self.items())):
            if states[name][0].is_complete:
                continue
            try:
                job.cancel()
            except JobError as error:
                print(error)  # noqa: T201  (the reference's interface)

    def wait_until_complete(self, timeout: float | None = None, progress: Any = None) -> None:
        """Wait until all jobs are complete.

        Args:
            timeout: Most seconds to wait altogether; by default None, for no limit.
            progress: True for progress on stderr, or a callable, as in `Job.wait_until_complete`.

        Raises:
            WaitTimeoutError: The time is over; the jobs go on.
        """
        if timeout is not None:
            check_timeout(timeout)
        for _ in until_complete(held_by(self.jobs), timeout, progress):
            pass

    def get_result(self, name: str) -> QPUSamplingResult | str:
        """Fetch the result of one job; if it has none, warn and return the reason."""
        job = self[name]
        job_id = job.job_id
        known_id, kept = self._results.get(name, (None, None))
        if kept is not None and known_id == job_id:
            return kept
        try:
            result: QPUSamplingResult = job.get_result()
        except ResultsError as error:
            warnings.warn(f"Job '{name}' (id = {job_id}) did not generate any results.", stacklevel=2)
            return str(error)
        self._results[name] = (job_id, result)
        return result

    def get_all_results(self) -> dict[str, QPUSamplingResult | str | None]:
        """Fetch the results of all jobs, by name; for a job without a result, the reason.

        Raises:
            ResultsError: Not all jobs are complete.
        """
        if not self.all_complete:
            raise ResultsError("Jobs are not all complete yet.")
        return {name: self.get_result(name) for name in self.names}

    def result(
        self, timeout: float | None = None, progress: Any = None
    ) -> dict[str, QPUSamplingResult | str | None]:
        """Wait until all jobs are complete, then fetch their results."""
        self.wait_until_complete(timeout, progress)
        return self.get_all_results()

    def __await__(self) -> Generator[Any, None, dict[str, QPUSamplingResult | str | None]]:
        """Wait without blocking the event loop, then return the results by name."""
        return self._results_async().__await__()

    async def _results_async(self) -> dict[str, QPUSamplingResult | str | None]:
        import asyncio

        await complete(held_by(self.jobs))
        return await asyncio.to_thread(self.get_all_results)

    def retry_failed(self) -> bool:
        """Submit the jobs again that failed, timed out or were cancelled; all other jobs stay as they are.

        Returns:
            Whether any job was submitted.

        Raises:
            BatchSubmissionError: Some jobs could not be submitted; the message names each of them with the
                reason.
            SubmissionInterrupted: Ctrl-C was pressed; the exception carries the jobs that were submitted.
        """
        ended = [name for name, status in self.status.items() if status.is_complete]
        to_retry = [name for name in ended if tracked_of(self[name]).final is not Status.COMPLETED]
        jobs = [self[name] for name in to_retry]
        attempt = Attempt([tracked_of(job) for job in jobs], several_of(jobs), whole=self)

        def submit() -> bool:
            failed: dict[str, Exception] = {}
            for name in to_retry:
                try:
                    resubmit(self[name], attempt)
                except LightworksRemoteError as error:
                    failed[name] = error
                attempt.hand_over()  # the caller holds this batch
            if failed:
                raise self._not_all(to_retry, failed)
            return bool(to_retry)

        return attempt.run(submit)

    # --- files --------------------------------------------------------------------------------------

    def save_to_file(self, filename: str | PathLike[str], allow_overwrite: bool = False) -> None:
        """Save ids and payloads, never the token; see `Job.save_to_file`."""
        files.save(self._saved_data(), filename, allow_overwrite)

    def load_from_file(self, filename: str | PathLike[str]) -> None:
        """Take all jobs from a file that this or the reference's client saved; see `Job.load_from_file`."""
        path, data = files.read(filename)
        self._take(data, path)

    # --- inside -------------------------------------------------------------------------------------

    def _saved_data(self) -> dict[str, Any]:
        """Return what a file holds of the batch."""
        return files.batch_to_data({name: tracked_of(job) for name, job in self.items()})

    def _take(self, data: dict[str, Any], path: Path) -> None:
        """Take what a file holds."""
        loaded = files.batch_from_data(data, path)
        self.data = {name: job_of(Job, tracked, self._given) for name, tracked in loaded.items()}
        self._results = {}

    def _snapshot(self) -> dict[str, tuple[Status, int | None]]:
        """Ask for status and queue position of all jobs, in one request where the scheduler can."""
        found = statuses_of(held_by(self.jobs))
        return {name: found[tracked_of(job)] for name, job in self.items()}

    def _not_all(self, names: Sequence[str], failed: dict[str, Exception]) -> BatchSubmissionError:
        """Make the error of jobs of which not all could be submitted again."""
        reasons = "".join(f"\n\t{name}: {error}" for name, error in failed.items())
        done = [name for name in names if name not in failed]
        problem = BatchSubmissionError(
            f"{len(failed)} of {len(names)} jobs could not be submitted again:{reasons}",
            jobs=batch_of(BatchJob, done, [self[name] for name in done]),
            failed=failed,
        )
        problem.job = self
        return problem


class FoundJobs(list[Job]):
    """Jobs that were found, newest first: a list that notebooks show as a table."""

    def _repr_html_(self) -> str:
        title = f"{len(self)} job{'s' if len(self) != 1 else ''}"
        return jobs_table(title, ((None, tracked_of(job)) for job in self), len(self))


B = TypeVar("B", bound=BatchJob)


def batch_of(kind: type[B], names: Iterable[str], jobs: Iterable[Job], client: Connected | None = None) -> B:
    """Return a batch of jobs.

    Args:
        kind: The class of the batch.
        names: The name of each job, all different.
        jobs: As many jobs as names.
        client: Client for jobs that the batch loads from a file; by default None, for the default client.
    """
    batch = kind(client=client)
    for name, job in zip(names, jobs, strict=True):
        batch[name] = job
    return batch


def resubmit(job: Job, attempt: Attempt) -> None:
    """Submit a job once more, as a part of something larger; see `Job.retry`.

    Args:
        job: What is submitted; it carries the connection that it was submitted through afterwards.
        attempt: What is under way, which holds the job until the caller has it.
    """
    connection = connection_of(job)
    try:
        submit_again(connection, tracked_of(job), attempt)
    except LightworksRemoteError as error:
        error.job = job
        raise
    job._given = connection  # noqa: SLF001  (of its own room)


def held_by(jobs: Iterable[Job]) -> dict[Tracked, Job]:
    """Return what is known of jobs, and the job of each."""
    return {tracked_of(job): job for job in jobs}


def several_of(jobs: Iterable[Job]) -> Callable[[Sequence[Tracked]], BatchJob]:
    """Return what makes a batch of some of these jobs, each under its name, or its id where that is taken."""
    held = held_by(jobs)

    def batch_of(some: Sequence[Tracked]) -> BatchJob:
        batch = BatchJob()
        for one in some:
            batch[one.name if one.name is not None and one.name not in batch else str(one.job_id)] = held[one]
        return batch

    return batch_of
