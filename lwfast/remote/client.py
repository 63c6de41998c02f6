"""A client of one scheduler."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lwfast.errors import JobError, ResultsError
from lwfast.wire import ArtemisJobDetails, ArtemisQPU, Status

from . import settings
from .chosen import chosen
from .endpoints import Endpoints, check_job_id
from .qpu import QPU
from .single_job import Job
from .tokens import check_token
from .transport import DownloadProgress, LostAnswerError, Timeouts, Transport

if TYPE_CHECKING:
    import pandas as pd

    from lwfast.results import QPUSamplingResult

QPU_CACHE_SECONDS = 30.0
CANCEL_TRIES = 5
RESULT_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.5, 0.75, 1.0, 1.0, 1.0)
"""Results may come a moment after the job is complete."""


class Client:
    """A client of one scheduler; threads may share it.

    Settings are looked up at the first request: argument, then `LWFAST_URL`, `LWFAST_TOKEN`,
    `LWFAST_CERTIFICATE` and `LWFAST_PROFILE`, then the profile, then what was saved, then the files of
    Lightworks' client.

    Args:
        url: Base URL of the scheduler.
        token: Access token; never shown.
        certificate: PEM file that https is checked against, or "system".
        profile: Table `[profiles.NAME]` of `config.toml` in lwfast's data folder.
        timeout: Seconds to wait between two pieces of an answer, or a pair: to connect, and that.
        allow_insecure: Whether plain http may go to another machine.
        compile_timeout: Seconds that `QPU.run` waits for the compilation of a job.
        outage_seconds: How long a wait goes on asking a scheduler that is out of reach.
        adapter: Stands in for the network in tests: an adapter of requests.

    Raises:
        TypeError: An argument is of a wrong type.
        ConfigurationError: The URL cannot be used.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        certificate: str | None = None,
        profile: str | None = None,
        timeout: float | tuple[float, float] | None = None,
        *,
        allow_insecure: bool = False,
        compile_timeout: float = 600.0,
        outage_seconds: float = 300.0,
        adapter: Any = None,
    ) -> None:
        self._arguments = {
            "url": None if url is None else settings.normalise_url(url, allow_insecure=allow_insecure),
            "token_": None if token is None else check_token(token),
            "certificate": None if certificate is None else str(certificate),
            "profile": profile,
            "allow_insecure": allow_insecure,
        }
        self._timeouts = _timeouts(timeout)
        self._adapter = adapter
        self.compile_timeout = compile_timeout
        self.outage_seconds = outage_seconds
        self._lock = threading.RLock()
        self._endpoints: Endpoints | None = None
        self._generation = -1
        self._qpu_ids: dict[str, int | str] = {}
        self._qpus: dict[str, tuple[float, ArtemisQPU]] = {}

    # --- QPUs ---------------------------------------------------------------------------------------

    def qpu(self, name: str) -> QPU:
        """Return a QPU to run tasks on."""
        return QPU(name, client=self)

    def list_qpus(self) -> list[str]:
        """Return the names of all QPUs."""
        items = self._api.qpus()
        self._qpu_ids = {item.name: item.id for item in items}
        return list(self._qpu_ids)

    def get_qpu_details(self, name: str) -> ArtemisQPU:
        """Return the limits of a QPU and whether it is online.

        Raises:
            ValueError: There is no QPU of this name; lists those there are.
        """
        details = None
        if name in self._qpu_ids:
            details = self._api.qpu(self._qpu_ids[name])
        if details is None:
            known = self.list_qpus()
            details = self._api.qpu(self._qpu_ids[name]) if name in self._qpu_ids else None
            if details is None:
                raise ValueError(
                    f"QPU with name {name!r} not found; there are: {', '.join(known) or 'none'}."
                )
        self._qpus[name] = (time.monotonic(), details)
        return details

    def _recent_qpu_details(self, name: str) -> ArtemisQPU:
        """Return details that are at most `QPU_CACHE_SECONDS` old: limits hardly ever change."""
        asked, details = self._qpus.get(name, (0.0, None))
        if details is not None and self._api and time.monotonic() - asked < QPU_CACHE_SECONDS:
            return details
        return self.get_qpu_details(name)

    # --- jobs by id ---------------------------------------------------------------------------------

    def job(self, job_id: int | str) -> Job:
        """Find a job again by its id.

        Raises:
            JobNotFoundError: There is none of this id.
        """
        return self._attach(self._api.details(job_id))

    def jobs(
        self,
        status: Status | str | Iterable[Status | str] | None = None,
        name: str | None = None,
        limit: int | None = 50,
        *,
        qpu: str | None = None,
        before: int | None = None,
    ) -> list[Job]:
        """Find jobs, newest first; see `remote.jobs`."""
        from .listing import find_jobs

        return find_jobs(self, status, name, limit, qpu, before)

    def list_all_jobs(self) -> list[int]:
        """Return the ids of all jobs, newest first."""
        return sorted(self._api.job_ids(), reverse=True)

    def list_scheduled_jobs(self) -> list[int]:
        """Return the ids of all jobs that wait, oldest first."""
        return sorted(self._api.job_ids([Status.ACCEPTED, Status.SCHEDULED]))

    def show_scheduled(self) -> pd.DataFrame:
        """Return a table of the jobs that wait; see `remote.show_scheduled`."""
        from .listing import scheduled_table

        return scheduled_table(self)

    def get_job_details(self, job_id: int | str) -> ArtemisJobDetails:
        """Return everything that the scheduler says about a job."""
        return self._api.details(job_id)

    def get_job_status(self, job_id: int | str) -> str:
        """Return the status of a job in a word."""
        return str(self._api.details(job_id).job_status)

    def check_job_complete(self, job_id: int | str) -> bool:
        """Return whether nothing more will happen to a job."""
        return self._api.details(job_id).job_status.is_complete

    def cancel_job(self, job_id: int | str) -> None:
        """Cancel a job.

        A lost answer is no harm: the status tells whether the job was cancelled, and if not, it is asked again.

        Raises:
            JobError: It was cancelled already, or is complete.
            JobNotFoundError: There is none of this id.
        """
        self._check_cancellable(job_id)
        for attempt in range(1, CANCEL_TRIES + 1):
            try:
                answer = self._api.cancel(job_id)
            except LostAnswerError:
                if self._api.details(job_id).job_status is Status.CANCELLED:
                    return
                if attempt == CANCEL_TRIES:
                    raise
                continue
            if answer.status_code == 204:
                return
            if answer.status_code in {400, 404, 409}:
                # It may have come to its end since it was looked at.
                self._check_cancellable(job_id)
            raise self._api.transport.unexpected(answer, f"cancelling job {job_id}")

    def _check_cancellable(self, job_id: int | str) -> None:
        status = self._api.details(job_id).job_status
        if status is Status.CANCELLED:
            raise JobError(f"Job with requested ID ({job_id}) has already been cancelled.")
        if not status.is_cancellable:
            raise JobError(f"Job with requested ID ({job_id}) is not in a cancellable state: it is {status}.")

    def get_results(self, job_id: int | str) -> QPUSamplingResult:
        """Fetch the result of a job.

        Raises:
            ResultsError: The job is not complete, or gave no results; says why.
            JobNotFoundError: There is none of this id.
        """
        return self._fetch(job_id, None)

    def _fetch(
        self, job_id: int | str, final: Status | None, progress: DownloadProgress | None = None
    ) -> QPUSamplingResult:
        """Fetch results; where the job is known to be complete, its status is not asked for first."""
        from lwfast.results import QPUSamplingResult

        if final is None:
            final = self._check_complete(job_id)
        if not final.has_results:
            raise self._no_results(job_id)
        for pause in (*RESULT_PAUSES_SECONDS, None):
            answer = self._api.results(job_id, progress)
            if answer.status_code == 200:
                return QPUSamplingResult.from_body(answer.body, metadata={"job_id": job_id})
            if answer.status_code == 400:
                raise self._no_results(job_id)
            if answer.status_code != 404:
                raise self._api.transport.unexpected(answer, f"fetching the results of job {job_id}")
            if pause is not None:
                time.sleep(pause)
        raise ResultsError(
            f"Unable to retrieve results for Job with ID {job_id}: the job is {final}, but its results are not "
            "available yet. Try again in a moment."
        )

    def _check_complete(self, job_id: int | str) -> Status:
        status = self._api.details(job_id).job_status
        if not status.is_complete:
            raise ResultsError(f"Job with requested ID ({job_id}) is not yet complete: it is {status}.")
        return status

    def _no_results(self, job_id: int | str) -> ResultsError:
        details = self._api.details(job_id)
        return ResultsError(
            f"Job with requested ID ({job_id}) did not generate any results {_no_results_reason(details)}"
        )

    # --- the connection -----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The base URL in use."""
        return self._api.transport.settings.url

    @property
    def require_online(self) -> bool | None:
        """Whether a QPU must be online to submit, by profile or saved setting; None where nobody said."""
        profile = self._arguments["profile"]
        return settings.resolve_require_online(profile if isinstance(profile, str) else None)[0]

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        with self._lock:
            if self._endpoints is not None:
                self._endpoints.transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        url = self._arguments["url"]
        if url is None and self._endpoints is not None:
            url = self._endpoints.transport.settings.url
        profile = self._arguments["profile"]
        return f"lwfast.remote.Client({f'url={url!r}' if url else ''}{f', profile={profile!r}' if profile else ''})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The token stays behind: the other process finds one as any new client does.
        shown = {key: value for key, value in self._arguments.items() if key != "token_"}
        extra = {"compile_timeout": self.compile_timeout, "outage_seconds": self.outage_seconds}
        timeouts = (self._timeouts.connect, self._timeouts.read)
        return (_rebuild, ({**shown, **extra, "timeout": timeouts},))

    @property
    def _api(self) -> Endpoints:
        """The calls, on a connection by the present settings."""
        endpoints = self._endpoints
        if endpoints is not None and self._generation == chosen.generation:
            return endpoints
        with self._lock:
            if self._endpoints is None or self._generation != chosen.generation:
                generation = chosen.generation
                found = settings.resolve(**self._arguments)  # type: ignore[arg-type]
                if self._endpoints is None or self._endpoints.transport.settings != found:
                    self._endpoints = Endpoints(Transport(found, self._timeouts, self._adapter))
                    self._qpu_ids, self._qpus = {}, {}
                self._generation = generation
            return self._endpoints

    def _attach(self, details: ArtemisJobDetails) -> Job:
        job = Job(client=self)
        job._restore(details.job_id, None, [], None)  # noqa: SLF001
        job._saw(details.job_id, details.job_status)  # noqa: SLF001
        return job


def statuses_of(jobs: Sequence[Job]) -> dict[Job, tuple[Status, int | None]]:
    """Ask for status and queue position of jobs, in one request each 200 where the scheduler can."""
    from .follow import IDS_PER_REQUEST

    found: dict[Job, tuple[Status, int | None]] = {}
    groups: dict[int, tuple[Client, list[Job]]] = {}
    for job in jobs:
        if job._final is not None:  # noqa: SLF001
            found[job] = (job._final, None)  # noqa: SLF001
        else:
            client = job._where()  # noqa: SLF001
            groups.setdefault(id(client), (client, []))[1].append(job)
    for client, members in groups.values():
        if not client._api.transport.speaks_v1:
            for job in members:
                details = job.details
                found[job] = (details.job_status, details.queue_position)
            continue
        for start in range(0, len(members), IDS_PER_REQUEST):
            some = members[start : start + IDS_PER_REQUEST]
            answer = client._api.changes([check_job_id(job.job_id) for job in some])
            records = {str(record.job_id): record for record in answer.items}
            for job in some:
                record = records[str(job.job_id)]
                job._saw(record.job_id, record.job_status)  # noqa: SLF001
                found[job] = (record.job_status, record.queue_position)
    return found


def _rebuild(arguments: dict[str, Any]) -> Client:
    return Client(**arguments)


def _timeouts(timeout: Any) -> Timeouts:
    if timeout is None:
        return Timeouts()
    pair = timeout if isinstance(timeout, tuple) else (min(Timeouts.connect, timeout), timeout)
    if len(pair) != 2 or not all(isinstance(item, int | float) and item > 0 for item in pair):
        raise ValueError(
            f"timeout should be a positive number of seconds, or a pair (connect, read) of them, got {timeout!r}."
        )
    return Timeouts(float(pair[0]), float(pair[1]))


def _no_results_reason(details: ArtemisJobDetails) -> str:
    status = details.job_status
    if not status.is_complete:
        return f"as it is not yet complete: it is {status}."
    if status is Status.FAILED:
        return f"as its execution failed with reason:\n{details.notes}" if details.notes else "as it failed."
    if status is Status.CANCELLED:
        return "as the job was cancelled."
    if status is Status.TIMEDOUT:
        return "as the job timed out (likely from a hardware issue)."
    return "although it was completed."
