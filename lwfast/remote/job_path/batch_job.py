"""Several jobs under their names."""

from __future__ import annotations

import warnings
from collections import UserDict
from collections.abc import Generator, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from lwfast.errors import BatchSubmissionError, JobError, LightworksRemoteError, ResultsError
from lwfast.remote.job_path import job_files as files
from lwfast.remote.job_path.follow import check_timeout, follow
from lwfast.remote.job_path.job_progress import Shown
from lwfast.remote.job_path.single_job import Job
from lwfast.wire import Status

if TYPE_CHECKING:
    from lwfast.remote.client import Client
    from lwfast.results import QPUSamplingResult


class BatchJob(UserDict[str, Job]):
    """The jobs of a batch, by name. Made by `QPU.run` or by loading a file."""

    def __init__(self, *, client: Client | None = None) -> None:
        super().__init__()
        self._client = client
        # Of each name the id and its result: a job that is submitted once more has another id.
        self._results: dict[str, tuple[int | str, QPUSamplingResult]] = {}

    @classmethod
    def _of(cls, names: Sequence[str], jobs: Sequence[Job]) -> BatchJob:
        batch = cls()
        for name, job in zip(names, jobs, strict=True):
            batch[name] = job
        return batch

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

    def __getitem__(self, key: str) -> Job:
        if key not in self:
            raise KeyError(f"Job with name {key!r} not found; there are {self.names}.")
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Job) -> None:
        if key in self:
            raise KeyError(f"Job with name {key!r} already exists.")
        if not isinstance(value, Job):
            raise TypeError(f"job should be a Job object, got {type(value).__name__}.")
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
            timeout: Seconds to wait at most in all; None to wait without end.
            progress: As in `Job.wait_until_complete`.

        Raises:
            WaitTimeoutError: The time is over; the jobs go on.
        """
        if timeout is not None:
            check_timeout(timeout)
        with Shown(progress, self.jobs) as on_change:
            for _ in follow(self.jobs, lambda status: status.is_complete, timeout, on_change):
                pass

    def get_result(self, name: str) -> QPUSamplingResult | str:
        """Fetch the result of one job; where it gave none, return why, with a warning."""
        job = self[name]
        job_id = job.job_id
        known_id, kept = self._results.get(name, (None, None))
        if kept is not None and known_id == job_id:
            return kept
        try:
            result = job.get_result()
        except ResultsError as error:
            warnings.warn(f"Job '{name}' (id = {job_id}) did not generate any results.", stacklevel=2)
            return str(error)
        self._results[name] = (job_id, result)
        return result

    def get_all_results(self) -> dict[str, QPUSamplingResult | str | None]:
        """Fetch the results of all jobs, by name; where one gave none, why.

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

        from lwfast.remote.job_path.waiting import complete

        await complete(self.jobs)
        return await asyncio.to_thread(self.get_all_results)

    def retry_failed(self) -> bool:
        """Submit once more the jobs that failed, timed out or were cancelled; those under way are left alone.

        Returns:
            Whether there were any.

        Raises:
            BatchSubmissionError: Not all could be submitted; names those that were not, and why.
        """
        ended = [name for name, status in self.status.items() if status.is_complete]
        to_retry = [name for name in ended if self[name]._final is not Status.COMPLETED]
        failed: dict[str, Exception] = {}
        for name in to_retry:
            try:
                self[name].retry()
            except LightworksRemoteError as error:
                failed[name] = error
        if failed:
            reasons = "".join(f"\n\t{name}: {error}" for name, error in failed.items())
            problem = BatchSubmissionError(
                f"{len(failed)} of {len(to_retry)} jobs could not be submitted again:{reasons}",
                jobs=BatchJob._of(
                    [name for name in to_retry if name not in failed],
                    [self[name] for name in to_retry if name not in failed],
                ),
                failed=failed,
            )
            problem.job = self
            raise problem
        return bool(to_retry)

    # --- files --------------------------------------------------------------------------------------

    def save_to_file(self, filename: str | PathLike[str], allow_overwrite: bool = False) -> None:
        """Save ids and payloads, never the token; see `Job.save_to_file`."""
        files.save(files.batch_to_data(self), filename, allow_overwrite)

    def load_from_file(self, filename: str | PathLike[str]) -> None:
        """Take all jobs from a file that this or the reference's client saved; see `Job.load_from_file`."""
        path, data = files.read(filename)
        loaded: dict[str, Job] = {}
        for name, saved in files.batch_from_data(data, path).items():
            loaded[name] = Job(client=self._client)
            files.job_from_data(loaded[name], saved, path)
        self.data = loaded
        self._results = {}

    # --- for the rest of the package ----------------------------------------------------------------

    def _snapshot(self) -> dict[str, tuple[Status, int | None]]:
        """Ask for status and queue position of all jobs, in one request where the scheduler can."""
        from lwfast.remote.job_path.snapshot import statuses_of

        found = statuses_of(self.jobs)
        return {name: found[job] for name, job in self.items()}
