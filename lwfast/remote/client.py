"""A client of one scheduler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lwfast.remote.configuration.secret import hidden
from lwfast.remote.connection.cancelling import cancel
from lwfast.remote.connection.connection import Connected, Connection, connection_of
from lwfast.remote.connection.fetching import fetch
from lwfast.remote.job_path.job_and_batch import FoundJobs, Job
from lwfast.remote.job_path.job_handle import job_of
from lwfast.remote.job_path.listing import find_jobs, scheduled_table, waiting_ids
from lwfast.remote.job_path.resuming import PendingSubmission, find_pending
from lwfast.remote.qpu import QPU
from lwfast.remote.tracked import Tracked
from lwfast.wire import ArtemisJobDetails, ArtemisQPU, Status, id_order

if TYPE_CHECKING:
    import pandas as pd


class Client:
    """A client of one scheduler; threads may share it.

    Settings are looked up at the first request: argument, then the profile if that is an argument, then
    `LWFAST_URL`, `LWFAST_TOKEN` and `LWFAST_CERTIFICATE`, then the profile of `LWFAST_PROFILE`, then what was
    saved, then the files of Lightworks' client.

    Args:
        url: Base URL of the scheduler, such as `https://scheduler.example/api/`; by default the configured
            one.
        token: Access token, which is never shown; by default the configured one.
        certificate: PEM file against which https is checked, or "system" for the authorities of the system.
        profile: Name of a profile: the table `[profiles.NAME]` of `config.toml` in lwfast's data folder.
        timeout: Seconds to wait for an answer, and between two pieces of a large one; or a pair of that to
            connect and this. By default 5 to connect and 60.
        allow_insecure: Whether plain http to another machine is allowed; by default False, because it shows
            the token.
        compile_timeout: Seconds that `QPU.run` waits for the compilation of a job.
        outage_seconds: Seconds for which a wait keeps asking a scheduler that cannot be reached; by default
            300.
        adapter: An adapter of requests that replaces the network in tests; by default None.

    Attributes:
        connection: What it shares with its QPUs and jobs.

    Raises:
        TypeError: An argument is of a wrong type.
        ValueError: A number of seconds is negative or NaN.
        ConfigurationError: The URL cannot be used.

    Example:
        >>> with remote.local_scheduler() as local:
        ...     client = remote.Client(url=local.url, token=local.token)
        ...     print(client.list_qpus())
        ['Artemis']
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
        token = hidden(token)
        self._connection = Connection(
            url,
            token,
            certificate,
            profile,
            timeout,
            allow_insecure=allow_insecure,
            compile_timeout=compile_timeout,
            outage_seconds=outage_seconds,
            adapter=adapter,
        )

    @classmethod
    def _on(cls, connection: Connected) -> Client:
        """Return a client on a connection that is there."""
        client = cls.__new__(cls)
        client._connection = connection_of(connection)  # noqa: SLF001  (its own class)
        return client

    # --- QPUs ---------------------------------------------------------------------------------------

    def qpu(self, name: str) -> QPU:
        """Return a QPU to run tasks on."""
        return QPU(name, client=self)

    def list_qpus(self) -> list[str]:
        """Return the names of all QPUs."""
        return self._connection.list_qpus()

    def get_qpu_details(self, name: str) -> ArtemisQPU:
        """Return the limits of a QPU and whether it is online.

        Raises:
            ValueError: There is no QPU of this name; lists those there are.
        """
        return self._connection.qpu_details(name)

    # --- jobs by id ---------------------------------------------------------------------------------

    def job(self, job_id: int | str) -> Job:
        """Find a job again by its id.

        Raises:
            JobNotFoundError: The scheduler has no job with this id.
        """
        details = self._connection.api.details(job_id)
        return job_of(Job, Tracked.found(details, self.url), self)

    def jobs(
        self,
        status: Status | str | Iterable[Status | str] | None = None,
        name: str | None = None,
        limit: int | None = 50,
        *,
        qpu: str | None = None,
        before: int | None = None,
    ) -> FoundJobs:
        """Find jobs, newest first; see `remote.jobs`."""
        found = find_jobs(self._connection, status, name, limit, qpu, before)
        return FoundJobs(job_of(Job, tracked, self) for tracked in found)

    def pending(self) -> list[PendingSubmission]:
        """List the submissions to this scheduler whose outcome is unknown; see `remote.pending`."""
        return find_pending(self.url, self)

    def list_all_jobs(self) -> list[int | str]:
        """Return the ids of all jobs, newest first."""
        return sorted(self._connection.api.job_ids(), key=id_order, reverse=True)

    def list_scheduled_jobs(self) -> list[int | str]:
        """Return the ids of all jobs that wait, oldest first."""
        return waiting_ids(self._connection)

    def show_scheduled(self) -> pd.DataFrame:
        """Return a table of the jobs that wait; see `remote.show_scheduled`."""
        return scheduled_table(self._connection)

    def get_job_details(self, job_id: int | str) -> ArtemisJobDetails:
        """Return everything that the scheduler says about a job."""
        return self._connection.api.details(job_id)

    def get_job_status(self, job_id: int | str) -> str:
        """Return the status of a job as a word."""
        return str(self._connection.api.details(job_id).job_status)

    def check_job_complete(self, job_id: int | str) -> bool:
        """Return whether nothing more will happen to a job."""
        return self._connection.api.details(job_id).job_status.is_complete

    def cancel_job(self, job_id: int | str) -> None:
        """Cancel a job.

        A lost answer does no harm: the client asks for the status, and cancels again if the job is not
            cancelled.

        Raises:
            JobError: It was cancelled already, or is complete.
            JobNotFoundError: The scheduler has no job with this id.
        """
        cancel(self._connection.api, job_id)

    def get_results(self, job_id: int | str) -> Any:
        """Fetch the result of a job: a `QPUSamplingResult`, or a `SweepResult` of the job of a sweep.

        Raises:
            ResultsError: The job is not complete, or gave no results; says why.
            JobNotFoundError: The scheduler has no job with this id.
        """
        return fetch(self._connection.api, job_id, None)

    # --- the connection -----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The base URL in use."""
        return self._connection.url

    @property
    def require_online(self) -> bool | None:
        """Whether a QPU must be online to submit, by profile or saved setting; None if neither says."""
        return self._connection.require_online

    @property
    def compile_timeout(self) -> float:
        """Seconds that `QPU.run` waits for the compilation of a job."""
        return self._connection.compile_timeout

    @compile_timeout.setter
    def compile_timeout(self, value: float) -> None:
        self._connection.compile_timeout = value

    @property
    def outage_seconds(self) -> float:
        """Seconds for which a wait keeps asking a scheduler that cannot be reached; by default 300."""
        return self._connection.outage_seconds

    @outage_seconds.setter
    def outage_seconds(self, value: float) -> None:
        self._connection.outage_seconds = value

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        # One that could not be made is shown by what shows the variables of a traceback.
        made = vars(self).get("connection")
        return f"lwfast.remote.Client({'' if made is None else made.described()})"

    def __copy__(self) -> Client:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Client:
        return self
