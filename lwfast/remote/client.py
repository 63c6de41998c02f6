"""A client of one scheduler."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from lwfast.errors import HTTPError, JobError
from lwfast.remote.configuration import client_settings as settings
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.configuration.tokens import check_token
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.remote.connection.fetching import fetch
from lwfast.remote.connection.retry import IDEMPOTENT
from lwfast.remote.connection.transport import LostAnswerError, Timeouts, Transport
from lwfast.remote.job_path.single_job import Job
from lwfast.remote.qpu import QPU
from lwfast.wire import ArtemisJobDetails, ArtemisQPU, Status

if TYPE_CHECKING:
    import pandas as pd

    from lwfast.results import QPUSamplingResult

QPU_CACHE_SECONDS = 30.0


class Client:
    """A client of one scheduler; threads may share it.

    Settings are looked up at the first request: argument, then the profile if that is an argument, then
    `LWFAST_URL`, `LWFAST_TOKEN` and `LWFAST_CERTIFICATE`, then the profile of `LWFAST_PROFILE`, then what was
    saved, then the files of Lightworks' client.

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
        self._qpus: dict[str, tuple[float, ArtemisQPU, Endpoints]] = {}
        self._open: WeakKeyDictionary[Job, Endpoints] = WeakKeyDictionary()

    # --- open jobs ----------------------------------------------------------------------------------

    def _remember_open(self, job: Job) -> None:
        """Remember a job that was submitted here, for as long as somebody holds it."""
        with self._lock:
            self._open[job] = self._api

    def _open_jobs(self) -> list[Job]:
        """Return the jobs submitted to the present scheduler that are not known to be complete."""
        with self._lock:
            api = self._api
            for job, theirs in list(self._open.items()):
                if job._final is not None or theirs is not api:
                    del self._open[job]
            return list(self._open)

    def _forget_open_jobs(self) -> None:
        with self._lock:
            self._open.clear()

    # --- QPUs ---------------------------------------------------------------------------------------

    def qpu(self, name: str) -> QPU:
        """Return a QPU to run tasks on."""
        return QPU(name, client=self)

    def list_qpus(self) -> list[str]:
        """Return the names of all QPUs."""
        ids = self._qpu_ids = {item.name: item.id for item in self._api.qpus()}
        return list(ids)

    def get_qpu_details(self, name: str) -> ArtemisQPU:
        """Return the limits of a QPU and whether it is online.

        Raises:
            ValueError: There is no QPU of this name; lists those there are.
        """
        api = self._api
        ids = self._qpu_ids
        details = api.qpu(ids[name]) if name in ids else None
        if details is None:
            ids = self._qpu_ids = {item.name: item.id for item in api.qpus()}
            details = api.qpu(ids[name]) if name in ids else None
        if details is None:
            raise ValueError(f"QPU with name {name!r} not found; there are: {', '.join(ids) or 'none'}.")
        self._qpus[name] = (time.monotonic(), details, api)
        return details

    def _recent_qpu_details(self, name: str) -> ArtemisQPU:
        """Return details that are at most `QPU_CACHE_SECONDS` old: limits hardly ever change."""
        known = self._qpus.get(name)
        # Details of another connection are those of another scheduler.
        if known is not None and known[2] is self._api and time.monotonic() - known[0] < QPU_CACHE_SECONDS:
            return known[1]
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
        from lwfast.remote.job_path.listing import find_jobs

        return find_jobs(self, status, name, limit, qpu, before)

    def list_all_jobs(self) -> list[int]:
        """Return the ids of all jobs, newest first."""
        return sorted(self._api.job_ids(), reverse=True)

    def list_scheduled_jobs(self) -> list[int]:
        """Return the ids of all jobs that wait, oldest first."""
        return sorted(self._api.job_ids([Status.ACCEPTED, Status.SCHEDULED]))

    def show_scheduled(self) -> pd.DataFrame:
        """Return a table of the jobs that wait; see `remote.show_scheduled`."""
        from lwfast.remote.job_path.listing import scheduled_table

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

        A lost answer does no harm: the status tells whether the job was cancelled; if not, it is asked again.

        Raises:
            JobError: It was cancelled already, or is complete.
            JobNotFoundError: There is none of this id.
        """
        self._check_cancellable(job_id)
        began = time.monotonic()
        lost = False
        for attempt in range(1, IDEMPOTENT.attempts + 1):
            try:
                answer = self._api.cancel(job_id)
            except (LostAnswerError, HTTPError) as error:
                if isinstance(error, LostAnswerError):
                    lost = True
                    if self._api.details(job_id).job_status is Status.CANCELLED:
                        return
                elif error.status_code not in {429, 503}:
                    raise
                pause = IDEMPOTENT.pause(attempt, getattr(error, "retry_after", None))
                over = time.monotonic() + pause - began > IDEMPOTENT.max_seconds
                if over or attempt == IDEMPOTENT.attempts:
                    raise
                time.sleep(pause)
                continue
            if answer.status_code == 204:
                return
            if answer.status_code in {400, 404, 409}:
                if lost and self._api.details(job_id).job_status is Status.CANCELLED:
                    return  # by the try whose answer was lost
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
        return fetch(self._api, job_id, None)

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
        shown = [f"{key}={value!r}" for key, value in (("url", url), ("profile", profile)) if value]
        return f"lwfast.remote.Client({', '.join(shown)})"

    def __copy__(self) -> Client:
        return self  # a copy of a job is a job of the same client

    def __deepcopy__(self, memo: dict[int, Any]) -> Client:
        return self

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
        job._restore(details.job_id, None, [], None, url=self.url)
        job._saw(details.job_id, details.job_status, details)
        return job


def _rebuild(arguments: dict[str, Any]) -> Client:
    return Client(**arguments)


def _timeouts(timeout: Any) -> Timeouts:
    if timeout is None:
        return Timeouts()
    pair = timeout if isinstance(timeout, tuple) else (min(Timeouts.connect, timeout), timeout)
    if len(pair) != 2 or not all(isinstance(item, int | float) and item > 0 for item in pair):
        raise ValueError(
            f"timeout should be seconds, above 0, or a pair of them (to connect, to read), got {timeout!r}."
        )
    return Timeouts(float(pair[0]), float(pair[1]))
