"""The module's functions: calls of the default client, and saved settings."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

from lwfast.remote.client import Client
from lwfast.remote.configuration import client_settings as settings
from lwfast.remote.configuration import persistence
from lwfast.remote.configuration.chosen import chosen
from lwfast.remote.connection.connection import Connected
from lwfast.remote.connection.default import default_connection
from lwfast.remote.job_path import job_files as files
from lwfast.remote.job_path.job_and_batch import BatchJob, Job
from lwfast.remote.job_path.resuming import PendingSubmission, find_pending
from lwfast.remote.job_path.sweep_batch import SweepBatch
from lwfast.wire import ArtemisJobDetails, ArtemisQPU, Status

if TYPE_CHECKING:
    import pandas as pd


def _client() -> Client:
    return Client._on(default_connection())  # noqa: SLF001  (our own class)


def list_qpus() -> list[str]:
    """Return the names of all QPUs.

    Example:
        >>> remote.list_qpus()
        ['Artemis']
    """
    return _client().list_qpus()


def get_qpu_details(name: str) -> ArtemisQPU:
    """Return the limits of a QPU and whether it is online.

    Raises:
        ValueError: There is no QPU of this name; lists those there are.

    Example:
        >>> remote.get_qpu_details("Artemis").n_modes
        20
    """
    return _client().get_qpu_details(name)


def list_all_jobs() -> list[int | str]:
    """Return the ids of all jobs, newest first.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> job.job_id in remote.list_all_jobs()
        True
    """
    return _client().list_all_jobs()


def list_scheduled_jobs() -> list[int | str]:
    """Return the ids of all jobs that wait, oldest first.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> _ = job.result(timeout=60)
        >>> job.job_id in remote.list_scheduled_jobs()  # it is complete
        False
    """
    return _client().list_scheduled_jobs()


def show_scheduled() -> pd.DataFrame:
    """Return a table of the jobs that wait: `Job ID`, `Status`, `Queue Position` (missing before it has one).

    Raises:
        LightworksDependencyError: pandas is not installed.

    Example:
        >>> waiting = remote.show_scheduled()  # a pandas DataFrame
        >>> len(waiting)
        0
    """
    return _client().show_scheduled()


def get_job_status(job_id: int | str) -> str:
    """Return the status of a job as a word.

    Raises:
        JobNotFoundError: The scheduler has no job with this id.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> _ = job.result(timeout=60)
        >>> remote.get_job_status(job.job_id)
        'Completed'
    """
    return _client().get_job_status(job_id)


def get_job_details(job_id: int | str) -> ArtemisJobDetails:
    """Return everything that the scheduler says about a job.

    Raises:
        JobNotFoundError: The scheduler has no job with this id.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> _ = job.result(timeout=60)
        >>> remote.get_job_details(job.job_id).job_status
        <Status.COMPLETED: 'Completed'>
    """
    return _client().get_job_details(job_id)


def check_job_complete(job_id: int | str) -> bool:
    """Return whether nothing more will happen to a job.

    Raises:
        JobNotFoundError: The scheduler has no job with this id.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> _ = job.result(timeout=60)
        >>> remote.check_job_complete(job.job_id)
        True
    """
    return _client().check_job_complete(job_id)


def cancel_job(job_id: int | str) -> None:
    """Cancel a job.

    Raises:
        JobError: It was cancelled already, or is complete.
        JobNotFoundError: The scheduler has no job with this id.

    Example:
        >>> circuit = lw.Unitary(lw.random_unitary(20, seed=1))
        >>> slow = lw.Sampler(circuit, lw.State([1] * 8 + [0] * 12), 1_000_000, min_detection=1)
        >>> jobs = [remote.QPU("Artemis").run_async(slow) for _ in range(3)]
        >>> remote.cancel_job(jobs[-1].job_id)
        >>> jobs[-1].status
        <Status.CANCELLED: 'Cancelled'>
    """
    _client().cancel_job(job_id)


def get_results(job_id: int | str) -> Any:
    """Fetch the result of a job.

    Raises:
        ResultsError: The job is not complete, or gave no results; says why.
        JobNotFoundError: The scheduler has no job with this id.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> _ = job.result(timeout=60)
        >>> remote.get_results(job.job_id).n_samples
        100
    """
    return _client().get_results(job_id)


def job(job_id: int | str) -> Job:
    """Find a job again by its id.

    Raises:
        JobNotFoundError: The scheduler has no job with this id.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> again = remote.job(job.job_id)  # in another program, for example
        >>> again.result(timeout=60).n_samples
        100
    """
    return _client().job(job_id)


def jobs(
    status: Status | str | Iterable[Status | str] | None = None,
    name: str | None = None,
    limit: int | None = 50,
    *,
    qpu: str | None = None,
    before: int | None = None,
) -> list[Job]:
    """Find jobs, newest first.

    Args:
        status: One status or several, as `Status` or as words; by default None, for all.
        name: Name of the jobs, or a pattern such as `HOM*`, in which each `*` stands for any text. Case is
            ignored for ASCII letters. Needs a scheduler that offers lwfast's API.
        limit: Most jobs to return; None for all.
        qpu: Name of the QPU, by default None for all. Needs a scheduler that offers lwfast's API.
        before: Only jobs with smaller ids: the last id of one call begins the next page.

    Raises:
        ValueError: A status or the limit makes no sense.
        LightworksRemoteError: The scheduler cannot filter by name or QPU.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="HOM 1")
        >>> [record.name for record in remote.jobs(name="HOM*")]
        ['HOM 1']
    """
    return _client().jobs(status, name, limit, qpu=qpu, before=before)


def pending() -> list[PendingSubmission]:
    """List the submissions whose outcome is unknown, of this user on this machine, the oldest first.

    Only submits to schedulers that take keys (lwfast's) are found: they are on the disk from before they are
    sent until their jobs are returned. What another process is sending just now is left out. This needs no
    connection, and finds submits to other schedulers than the one in use, too.

    Returns:
        Objects with `key`, `url`, `created`, `qpu`, `names` and `n_jobs`. `resume()` sends one again under
        its key, so that no job becomes two, and returns the `Job` or `BatchJob`; `discard()` forgets it.

    Example:
        >>> remote.pending()  # nothing was lost
        []
    """
    return find_pending()


def load_job_from_file(filename: str | PathLike[str], *, client: Connected | None = None) -> Job | BatchJob:
    """Load a saved job, batch or batch of a sweep, ours or the reference's; needs no connection.

    Args:
        filename: Name or path of the file; `.json` is added if it is missing.
        client: Client that asks for the job; by default None, for the default client, which must have the URL
            that the job was saved with.

    Raises:
        FileNotFoundError: There is no such file.
        JobFileError: It holds no job.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> _ = job.save_to_file("job.json")
        >>> remote.load_job_from_file("job.json").job_id == job.job_id
        True
    """
    path, data = files.read(filename)
    kind: type[Job | BatchJob] = Job
    if files.kind_of(data, path) == "batch_job":
        kind = SweepBatch if files.is_sweep(data) else BatchJob
    loaded = kind(client=client)
    loaded.load_from_file(filename)
    return loaded


def set_api_url(url: str) -> None:
    """Use a base URL from now on, in this process and, saved, in later ones.

    Raises:
        ConfigurationError: It cannot be used, or not be saved.

    Example:
        >>> remote.set_api_url("http://127.0.0.1:8765/api/")
    """
    value = settings.normalise_url(url)
    persistence.save_setting("api_url", value)
    chosen.set_url(value)


def install_certificate(filename: str | PathLike[str]) -> None:
    """Keep a copy of a PEM file; https connections are checked against it from now on.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigurationError: It holds no PEM certificate.

    Example:
        >>> import certifi
        >>> remote.install_certificate(certifi.where())  # or the file that the operator gave you
    """
    persistence.install_certificate(filename)
    chosen.touch()


def set_global_require_online(value: bool) -> None:
    """Save whether a QPU must be online to submit to it.

    Raises:
        TypeError: `value` is not a bool.

    Example:
        >>> remote.set_global_require_online(False)  # submit to QPUs that are offline, too
        >>> remote.get_global_require_online()
        False
    """
    if not isinstance(value, bool):
        raise TypeError("Provided value for require_online should be True or False.")
    persistence.save_setting("require_online", value)


def get_global_require_online() -> bool | None:
    """Return what was saved with `set_global_require_online`, or None.

    Example:
        >>> remote.set_global_require_online(True)
        >>> remote.get_global_require_online()
        True
    """
    value: bool | None = persistence.read_setting("require_online")[0]
    return value
