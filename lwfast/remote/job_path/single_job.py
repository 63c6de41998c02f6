"""A submitted job: its status, its result, and what can be done with it."""

from __future__ import annotations

from collections.abc import Generator
from os import PathLike
from typing import TYPE_CHECKING, Any

from lwfast import wire
from lwfast.errors import AmbiguousSubmissionError, JobError, JobSubmissionError, LightworksRemoteError
from lwfast.remote.connection.fetching import fetch, said_of
from lwfast.remote.job_path import job_files as files
from lwfast.remote.job_path.follow import check_timeout, follow
from lwfast.remote.job_path.job_progress import Download, Shown
from lwfast.remote.job_path.snapshot import look_around
from lwfast.wire import Status

if TYPE_CHECKING:
    from lwfast.remote.client import Client
    from lwfast.remote.connection.transport import DownloadProgress
    from lwfast.results import QPUSamplingResult


class Job:
    """A job at a scheduler. Made by `QPU.run`, `remote.job` or by loading a file.

    Waiting survives an outage of the scheduler, and nothing that fails changes what this object knows.

    Args:
        payload: What was, or will be, submitted.
        client: Whose job it is; None for the default client at the time of each call.

    Attributes:
        previous_ids: Ids that the job had before `retry`.
    """

    def __init__(self, payload: wire.ArtemisPayload | None = None, *, client: Client | None = None) -> None:
        self._payload = payload
        self._client = client
        self._job_id: int | str | None = None
        self._name: str | None = None
        self._final: Status | None = None  # a status after which nothing changes any more
        self._seen: Status | None = None  # the latest status that was told
        self._seq = 0  # of lwfast's API: the change that told it
        self._body: bytes | None = None  # a small result that came with the news
        self._said: dict[str, Any] = {}  # what the scheduler said of the job that belongs to its result
        self._pending_key: str | None = None
        self._url: str | None = None  # base URL of the scheduler that the id is of, where it is known
        self.previous_ids: list[int | str] = []

    def __str__(self) -> str:
        return f"Job(id = {self.job_id})"

    def __repr__(self) -> str:
        return f"lwfast.remote.{self}"

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def job_id(self) -> Any:
        """The id of the job, or None before it is submitted."""
        return self._job_id

    @property
    def name(self) -> str | None:
        """The name of the job, where it is known."""
        return self._name if self._payload is None else self._payload.job_name

    @property
    def payload(self) -> wire.ArtemisPayload | None:
        """What was submitted; None for a job found by its id, unless the scheduler gives payloads out."""
        if self._payload is None and self._job_id is not None:
            api = self._where()._api
            if api.transport.speaks_v1:
                self._payload = api.payload(self._job_id)
        return self._payload

    @property
    def details(self) -> wire.ArtemisJobDetails:
        """Everything that the scheduler says about the job."""
        job_id = self._required_id()
        details = self._where()._api.details(job_id)
        self._saw(job_id, details.job_status, details)
        return details

    @property
    def status(self) -> Status:
        """The present status."""
        return self._final if self._final is not None else self.details.job_status

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
        """Position in the queue, from 1, or None where the job is not in it."""
        return None if self._final is not None else self.details.queue_position

    def done(self) -> bool:
        """Say whether the job is complete."""
        return self.complete

    # --- what can be done ---------------------------------------------------------------------------

    def cancel(self) -> None:
        """Cancel the job.

        Raises:
            JobError: It was cancelled already, or is complete.
        """
        self._where().cancel_job(self._required_id())

    def retry(self) -> None:
        """Submit the job once more.

        `job_id` is then the id of the new job; the old one is kept in `previous_ids`, and its results stay
        where they are. Where this fails, the job is as it was.

        Raises:
            JobSubmissionError: There is no payload, or the scheduler refused it.
        """
        self._submit()

    def wait_until_complete(self, timeout: float | None = None, progress: Any = None) -> None:
        """Wait until the job is complete.

        Args:
            timeout: Seconds to wait at most; None to wait without end.
            progress: True for a line with status and queue position on stderr, or a callable that takes job,
                status and queue position whenever these change.

        Raises:
            WaitTimeoutError: The time is over; the job goes on.
            ConnectionFailedError: The scheduler has been out of reach for longer than the client's
                `outage_seconds`.
        """
        if timeout is not None:
            check_timeout(timeout)
        if self._final is None and self._job_id is not None:
            look_around(self)
        with Shown(progress, [self]) as on_change:
            for _ in follow([self], lambda status: status.is_complete, timeout, on_change):
                pass

    def get_result(self) -> QPUSamplingResult:
        """Fetch the result.

        Raises:
            ResultsError: The job is not complete, or gave no results; says why.
        """
        return self._fetch(None)

    def result(self, timeout: float | None = None, progress: Any = None) -> QPUSamplingResult:
        """Wait until the job is complete, then fetch the result.

        Args:
            timeout: Seconds to wait at most for the job; the download has timeouts of its own.
            progress: As in `wait_until_complete`.

        Raises:
            WaitTimeoutError: The time is over; the job goes on.
            ResultsError: The job gave no results; says why.
        """
        self.wait_until_complete(timeout, progress)
        with Download(progress is True) as on_bytes:
            return self._fetch(on_bytes)

    def __await__(self) -> Generator[Any, None, QPUSamplingResult]:
        """Wait without blocking the event loop, then return the result."""
        from lwfast.remote.job_path.waiting import result_of

        return result_of(self).__await__()

    # --- files --------------------------------------------------------------------------------------

    def save_to_file(self, filename: str | PathLike[str], allow_overwrite: bool = False) -> None:
        """Save id and payload, never the token, so that the job can be found again.

        Args:
            filename: Name or path; `.json` is added where it does not end so.
            allow_overwrite: Whether a file of this name may be replaced.

        Raises:
            ValueError: There is such a file, and it may not be replaced.
        """
        files.save(files.job_to_data(self), filename, allow_overwrite)

    def load_from_file(self, filename: str | PathLike[str]) -> None:
        """Take id and payload from a file that this or the reference's client saved; needs no connection.

        A job without a client of its own, saved for one scheduler, raises `JobError` if another is asked.

        Raises:
            FileNotFoundError: There is no such file.
            JobFileError: It holds no job.
        """
        path, data = files.read(filename)
        files.job_from_data(self, data, path)

    # --- for the rest of the package ----------------------------------------------------------------

    def _where(self) -> Client:
        if self._client is not None:
            return self._client
        from lwfast.remote.default import default_client

        client = default_client()
        if self._url is not None and client.url != self._url:
            raise JobError(
                f"This job (id {self._job_id}) is one of the scheduler at {self._url}, but {client.url} is "
                "in use now, where that id is another job. Use the job's URL, e.g. with "
                "remote.set_api_url(...), or, if it is the same scheduler, "
                "remote.load_job_from_file(..., client=remote.Client(...))."
            )
        return client

    def _required_id(self) -> int | str:
        from lwfast.remote.connection.endpoints import check_job_id

        check_job_id(self._job_id)
        return self._job_id  # type: ignore[return-value]  # None was refused

    def _fetch(self, on_bytes: DownloadProgress | None) -> QPUSamplingResult:
        job_id = self._required_id()
        sent = self._payload
        about = self._said | ({} if sent is None else {"qpu": sent.qpu, "job_name": sent.job_name})
        if self._body is not None:
            from lwfast.results import QPUSamplingResult

            return QPUSamplingResult.from_body(self._body, metadata={"job_id": job_id, **about})
        try:
            return fetch(self._where()._api, job_id, self._final, on_bytes, about)
        except LightworksRemoteError as error:
            error.job = self
            raise

    def _saw(
        self, job_id: Any, status: Status, said: wire.JobRecord | wire.ArtemisJobDetails | None = None
    ) -> None:
        """Remember a status, and what came with it, if it is that of the present id."""
        if str(job_id) == str(self._job_id):
            if status.is_complete:  # before, the dates are not yet those of the result
                self._said |= said_of(said)
            self._seen = status
            self._final = status if status.is_complete else self._final

    def _keep(self, job_id: Any, body: bytes) -> None:
        """Keep a result that came without being asked for."""
        if str(job_id) == str(self._job_id):
            self._body = body

    def _accept(self, answer: wire.JobRecord | int | str) -> None:
        """Take the id that the scheduler gave the job."""
        if self._job_id is not None:
            self.previous_ids.append(self._job_id)
        self._final = self._seen = self._body = None
        self._said = {}
        self._seq = 0
        self._pending_key = None
        self._url = None if self._client is None else self._client.url
        if isinstance(answer, wire.JobRecord):
            self._job_id = answer.job_id
            self._name = answer.job_name
            self._seq = answer.seq
            self._saw(answer.job_id, answer.job_status, answer)
        else:
            self._job_id = answer

    def _restore(
        self,
        job_id: Any,
        payload: wire.ArtemisPayload | None,
        previous: list[Any],
        name: str | None,
        key: str | None = None,
        url: str | None = None,
    ) -> None:
        """Become the job that was saved."""
        self._job_id = job_id
        self._payload = payload
        self._name = name
        self._final = self._seen = self._body = None
        self._said = {}
        self._seq = 0
        self._pending_key = key
        self._url = url
        self.previous_ids = previous

    def _submit(self, body: bytes | None = None) -> None:
        """Submit the payload, whose encoded form is `body` if that was made already."""
        from lwfast.remote.job_path.submit import new_key, submit_one

        client = self._where()
        if self._payload is None and self._job_id is not None and client._api.offers_v1():
            self._payload = client._api.payload(self._job_id)
        payload = self._payload
        if payload is None:
            raise JobSubmissionError("No payload provided to job, so there is nothing to submit.")
        # After a lost answer the same key is used, so that the scheduler can tell that it has the job.
        known_key = self._pending_key
        self._pending_key = known_key or new_key()
        try:
            answer = submit_one(client._api, payload, body or wire.encode(payload), self._pending_key)
        except LightworksRemoteError as error:
            if not isinstance(error, AmbiguousSubmissionError):
                # A refusal now says nothing of the earlier try whose answer was lost.
                self._pending_key = known_key
            else:
                self._url = client.url  # the key is one of that scheduler
            error.job = self
            raise
        self._client = client
        self._accept(answer)
        client._remember_open(self)
