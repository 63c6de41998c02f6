"""What can be asked of a job: its status, its details, its result."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from typing import Any, Self, TypeVar

from lwfast._base.showing.html import facts
from lwfast.errors import JobError, LightworksRemoteError
from lwfast.remote.connection.body import OnBytes
from lwfast.remote.connection.connection import Connected, Connection, connection_of
from lwfast.remote.connection.default import default_connection
from lwfast.remote.connection.fetching import fetch
from lwfast.remote.job_path.follow import complete, deadline_of, until_complete
from lwfast.remote.job_path.job_html import known_of
from lwfast.remote.job_path.job_progress import Download
from lwfast.remote.job_path.snapshot import details_of, look_around
from lwfast.remote.tracked import Tracked
from lwfast.wire import ArtemisJobDetails, ArtemisPayload, Status


class JobHandle:
    """A job that can be looked at and waited for, and whose result can be fetched.

    Args:
        payload: The payload that was, or will be, submitted.
        client: Client that the job belongs to; by default None, for the default client at the time of each
            call.
    """

    def __init__(self, payload: ArtemisPayload | None = None, *, client: Connected | None = None) -> None:
        self._tracked = Tracked(payload)
        self._given = None if client is None else connection_of(client)

    def __str__(self) -> str:
        return f"Job(id = {self.job_id})"

    def __repr__(self) -> str:
        return f"lwfast.remote.{self}"

    def _repr_html_(self) -> str:
        # What is known already: showing an object asks nobody, and cannot fail.
        name = f"Job {'not submitted' if self.job_id is None else self.job_id}"
        return facts(name, known_of(self._tracked))

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def job_id(self) -> Any:
        """The id of the job, or None before it is submitted."""
        return self._tracked.job_id

    @property
    def previous_ids(self) -> list[int | str]:
        """The ids that the job had before `retry`."""
        return self._tracked.previous_ids

    @property
    def name(self) -> str | None:
        """The name of the job, where it is known."""
        return self._tracked.name

    @property
    def payload(self) -> ArtemisPayload | None:
        """What was submitted; None for a job found by its id, unless the scheduler gives payloads out."""
        job = self._tracked
        if job.payload is None and job.job_id is not None:
            api = self._connection.api
            if api.transport.speaks_v1:
                job.payload = api.payload(job.job_id)
        return job.payload

    @property
    def details(self) -> ArtemisJobDetails:
        """Everything that the scheduler says about the job."""
        self._tracked.required_id()
        return details_of(self._connection, self._tracked)

    @property
    def status(self) -> Status:
        """The present status."""
        final = self._tracked.final
        return self.details.job_status if final is None else final

    @property
    def complete(self) -> bool:
        """Whether nothing more will happen to the job; it may have failed or been cancelled."""
        return self.status.is_complete

    @property
    def success(self) -> bool:
        """Whether the job was completed successfully."""
        return self.status is Status.COMPLETED

    @property
    def queue_position(self) -> int | None:
        """Position in the queue, from 1, or None if the job is not in the queue."""
        return self.details.queue_position if self._tracked.final is None else None

    @property
    def _connection(self) -> Connection:
        """The connection that requests about the job use, that of its client or else of the default client.

        Raises:
            JobError: The default client is one of another scheduler than the job.
        """
        if self._given is not None:
            return self._given
        connection, url = default_connection(), self._tracked.url
        if url is not None and connection.url != url:
            raise JobError(
                f"This job (id {self.job_id}) is one of the scheduler at {url}, but {connection.url} is "
                "in use now, where that id is another job. Use the job's URL, e.g. with "
                "remote.set_api_url(...), or, if it is the same scheduler, "
                "remote.load_job_from_file(..., client=remote.Client(...))."
            )
        return connection

    def done(self) -> bool:
        """Say whether the job is complete."""
        return self.complete

    # --- waiting and results ------------------------------------------------------------------------

    def wait_until_complete(self, timeout: float | None = None, progress: Any = None) -> None:
        """Wait until the job is complete.

        Args:
            timeout: Most seconds to wait; by default None, for no limit.
            progress: True for a line with status and queue position on stderr, or a callable that takes job,
                status and queue position whenever these change.

        Raises:
            WaitTimeoutError: The time is over; the job goes on.
            ConnectionFailedError: The scheduler has been out of reach for longer than the client's
                `outage_seconds`.
        """
        began = time.monotonic()
        deadline = deadline_of(timeout, began)
        if self._tracked.final is None and self._tracked.job_id is not None:
            try:
                look_around(self._connection, self._tracked, deadline)
            except LightworksRemoteError as error:
                error.job = self
                raise
        for _ in until_complete({self._tracked: self}, timeout, progress, began):
            pass

    def get_result(self) -> Any:
        """Fetch the result: a `QPUSamplingResult`, or a `SweepResult` of a sweep.

        Raises:
            ResultsError: The job is not complete, or gave no results; says why.
        """
        return self._fetch(None)

    def result(self, timeout: float | None = None, progress: Any = None) -> Any:
        """Wait until the job is complete, then fetch the result; see `get_result`.

        Args:
            timeout: Most seconds to wait for the job; by default None, for no limit. The download has
                timeouts of its own.
            progress: True for progress on stderr, or a callable, as in `wait_until_complete`.

        Raises:
            WaitTimeoutError: The time is over; the job goes on.
            ResultsError: The job gave no results; says why.
        """
        self.wait_until_complete(timeout, progress)
        with closing(Download(progress)) as download:
            return self._fetch(download.came if download.is_wanted else None)

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait without blocking the event loop, then return the result."""
        return self._result_async().__await__()

    async def _result_async(self) -> Any:
        import asyncio

        await complete({self._tracked: self})
        return await asyncio.to_thread(self.get_result)

    # --- inside -------------------------------------------------------------------------------------

    def _fetch(self, on_bytes: OnBytes | None) -> Any:
        job = self._tracked
        job_id = job.required_id()
        if job.body is not None:
            from lwfast.results.sweeps.restoring import result_of_body

            return result_of_body(job.body, {"job_id": job_id, **job.about})
        try:
            return fetch(self._connection.api, job_id, job.final, on_bytes, job.about)
        except LightworksRemoteError as error:
            error.job = self
            raise

    def __copy__(self) -> Self:
        return job_of(type(self), self._tracked.copied(), self._given)


J = TypeVar("J", bound=JobHandle)


def job_of(kind: type[J], tracked: Tracked, client: Connected | None = None) -> J:
    """Return the job of what is known of it.

    Args:
        kind: The class of the job.
        tracked: What is known of it; the job notes in it what it hears.
        client: Client that the job belongs to; by default None, for the default client at each call.
    """
    job = kind(client=client)
    job._tracked = tracked  # noqa: SLF001  (of its own class)
    return job
