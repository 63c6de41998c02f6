"""Errors of jobs and connections: all that `lwfast.remote` raises."""

from __future__ import annotations

from typing import Any

from lwfast._texts import Printable


class LightworksRemoteError(Printable):
    """Base of every exception raised by `lwfast.remote`.

    Attributes:
        job: The `Job` or `BatchJob` that the call was about, where there is one, so that it is never lost.
        shell_words: Text that the `lwfast` command prints instead of a message with advice in Python; None if
            the message suits both.

    Example:
        >>> try:
        ...     remote.job(10**9).status
        ... except remote.LightworksRemoteError as error:
        ...     print(type(error).__name__)
        JobNotFoundError
    """

    job: Any = None
    shell_words: str | None = None

    def __init__(self, *args: object, in_shell: str | None = None) -> None:
        super().__init__(*args)
        if in_shell is not None:
            self.shell_words = in_shell


class AuthenticationError(LightworksRemoteError):
    """No token is set, or the scheduler refused it.

    Example:
        >>> with remote.local_scheduler() as local:
        ...     client = remote.Client(url=local.url, token="wrong")
        ...     try:
        ...         client.list_qpus()
        ...     except remote.AuthenticationError as error:
        ...         print("refused")
        refused
    """


class TokenError(LightworksRemoteError):
    """A saved token is missing, or would be overwritten.

    Example:
        >>> remote.token.load("never saved")
        Traceback (most recent call last):
            ...
        lwfast.errors.TokenError: Token 'never saved' not found among the saved tokens ...
    """


class ConfigurationError(LightworksRemoteError):
    """The client lacks a setting, or a settings file cannot be read.

    Example:
        >>> remote.set_api_url("ftp://scheduler.example/")
        Traceback (most recent call last):
            ...
        lwfast.errors.ConfigurationError: 'ftp://scheduler.example/' is not a URL to connect to; ...
    """


class QPUOfflineError(LightworksRemoteError):
    """The QPU is offline and the job was required to find it online.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> try:
        ...     job = remote.QPU("Artemis").run(task, require_online=True)
        ... except remote.QPUOfflineError:
        ...     job = None  # try again later, or pass require_online=False
        >>> job is None
        False
    """


class ValidationError(LightworksRemoteError):
    """The task breaks limits of the QPU; the message lists all of them.

    Attributes:
        violations: One sentence for each limit that the task breaks.

    Example:
        >>> task = lw.Sampler(lw.PhotonicCircuit(30), lw.State([1] + [0] * 29), 100)
        >>> remote.QPU("Artemis").run(task)
        Traceback (most recent call last):
            ...
        lwfast.errors.ValidationError: The circuit needs 30 modes, Artemis has 20.
    """

    def __init__(self, message: str, violations: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.violations = violations or (message,)


class TaskValueError(ValidationError, ValueError):
    """The task holds a value that no QPU takes, e.g. two photons in one input mode."""


class TaskTypeError(ValidationError, TypeError):
    """The task holds a part that no QPU takes, e.g. a detector model."""


class TaskError(TaskTypeError, TaskValueError):
    """The task holds both a value and a part that no QPU takes."""


class JobError(LightworksRemoteError):
    """A job is not in a state that allows the call.

    Example:
        >>> issubclass(remote.JobFileError, remote.JobError)
        True
    """


class JobFileError(JobError, ValueError):
    """A saved job cannot be read; the message names the file.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("job.json").write_text("{}")
        >>> remote.load_job_from_file("job.json")
        Traceback (most recent call last):
            ...
        lwfast.errors.JobFileError: job.json holds no job: its job_type is None, not 'job' or ...
    """


class JobNotFoundError(LightworksRemoteError):
    """The scheduler knows no job with this id.

    Example:
        >>> remote.get_job_details(10**9)
        Traceback (most recent call last):
            ...
        lwfast.errors.JobNotFoundError: Job with requested ID (1000000000) not found.
    """


class JobSubmissionError(LightworksRemoteError):
    """The scheduler refused the job, or its compilation failed.

    Attributes:
        errors: Field or code of each complaint and its reason, as far as the scheduler gave them.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> try:
        ...     job = remote.QPU("Artemis").run(task)
        ... except remote.JobSubmissionError as error:
        ...     print(error)  # names every field that the scheduler refused
    """

    errors: tuple[tuple[str, str], ...] = ()


class QuotaExceededError(JobSubmissionError):
    """The jobs are more than the owner of the token may have waiting or running; none was accepted.

    Attributes:
        never_fits: Whether the jobs are more than the owner may have in all. Otherwise there is room once
            other jobs have ended.
        retry_after: Seconds after which the scheduler asks to be tried again, where there may be room then.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> try:
        ...     job = remote.QPU("Artemis").run(task)
        ... except remote.QuotaExceededError as error:
        ...     print("too large for this token" if error.never_fits else "try again later")
    """

    never_fits: bool = False
    retry_after: float | None = None


class AmbiguousSubmissionError(JobSubmissionError):
    """The answer to a submit was lost, so the job may or may not exist.

    Attributes:
        payload: The payload that was sent, to compare with jobs at the scheduler.
        sent_at: When it was sent, ISO 8601 in UTC: look for a job of this name created after it.
        jobs: Jobs of the same batch that the scheduler had accepted before.
        failed: For each job of the same batch that was certainly not accepted, its exception by the name of
            the job.
        key: The idempotency key of the submit, or None if the scheduler does not accept keys. Sending the
            same payload again under this key does not make a second job.
        job_id: The id that the answer named, or None.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> try:
        ...     job = remote.QPU("Artemis").run(task)
        ... except remote.AmbiguousSubmissionError:
        ...     print(remote.pending())  # resume() completes it without making a second job
    """

    job_id: str | None = None

    def __init__(
        self,
        message: str,
        payload: Any = None,
        sent_at: str = "",
        jobs: Any = None,
        *,
        failed: dict[str, Exception] | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.payload = payload
        self.sent_at = sent_at
        self.jobs = jobs
        self.failed = dict(failed or {})
        self.key = key


class BatchSubmissionError(JobSubmissionError):
    """A batch was accepted in part.

    Attributes:
        jobs: The `BatchJob` with the jobs that were accepted.
        failed: For each job that was not accepted, its exception by the name of the job.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> batch = lw.Batch(lw.Sampler, [[task.circuit], [task.input_state], [100, 200]])
        >>> try:
        ...     jobs = remote.QPU("Artemis").run(batch)
        ... except remote.BatchSubmissionError as error:
        ...     jobs = error.jobs  # those that were accepted
        >>> len(jobs)
        2
    """

    def __init__(self, message: str, jobs: Any = None, failed: dict[str, Exception] | None = None) -> None:
        super().__init__(message)
        self.jobs = jobs
        self.failed = dict(failed or {})


class SubmissionInterrupted(KeyboardInterrupt):
    """Ctrl-C came during a submit; a KeyboardInterrupt that says what was accepted.

    Any other exception that ends a submit from outside, such as SystemExit, gets the same attributes and a
    note.

    Attributes:
        job: The `Job`, with an id if it was accepted; of a batch, the same as `jobs`.
        jobs: The `BatchJob` with the jobs that were accepted.
        payload: The payload of the job; for a batch, the payloads that were sent without an answer.
        key: The idempotency key of the submit, or None if the scheduler does not accept keys.
        sent_at: When the latest request left, ISO 8601 in UTC.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> try:
        ...     job = remote.QPU("Artemis").run(task)
        ... except remote.SubmissionInterrupted as error:  # Ctrl-C
        ...     print(error.jobs, remote.pending())
    """

    job: Any = None
    jobs: Any = None
    payload: Any = None
    key: str | None = None
    sent_at: str = ""


class ResultsError(LightworksRemoteError):
    """The job has no results to fetch, or not yet.

    Example:
        >>> circuit = lw.Unitary(lw.random_unitary(20, seed=1))
        >>> slow = lw.Sampler(circuit, lw.State([1] * 8 + [0] * 12), 1_000_000, min_detection=1)
        >>> jobs = [remote.QPU("Artemis").run_async(slow) for _ in range(3)]
        >>> jobs[-1].cancel()
        >>> result = jobs[-1].get_result()
        Traceback (most recent call last):
            ...
        lwfast.errors.ResultsError: Job with requested ID ...
    """


class WaitTimeoutError(LightworksRemoteError, TimeoutError):
    """The time limit of a wait has passed before the job was complete; the job itself continues.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> try:
        ...     result = job.result(timeout=60)
        ... except remote.WaitTimeoutError:
        ...     result = None  # the job goes on; ask again later
        >>> result.n_samples
        100
    """


class ConnectionFailedError(LightworksRemoteError, ConnectionError):
    """The scheduler could not be reached, or stopped answering.

    Attributes:
        host: Where no connection could be made, though another try may succeed; else None.

    Example:
        >>> client = remote.Client(url="http://127.0.0.1:9/api/", token="token")
        >>> try:
        ...     client.list_qpus()
        ... except remote.ConnectionFailedError:
        ...     print("no scheduler listens there")
        no scheduler listens there
    """

    host: str | None = None


class HTTPError(LightworksRemoteError):
    """The scheduler answered in a way that the wire does not foresee.

    Attributes:
        status_code: The HTTP status code, or None without an answer.
        retry_after: Seconds after which the scheduler asks for another try, or None if it did not say.
        job_id: The id of the job that the answer named, or None.

    Example:
        >>> try:
        ...     names = remote.list_qpus()
        ... except remote.HTTPError as error:
        ...     print(error.status_code)
    """

    retry_after: float | None = None
    job_id: str | None = None

    def __init__(self, message: str, response: Any = None) -> None:
        self.status_code: int | None = getattr(response, "status_code", None)
        if response is not None:
            message += f" (Code: {self.status_code} {getattr(response, 'reason', '')})"
        super().__init__(message)


class AnswerTooLargeError(HTTPError):
    """An answer is longer than its kind may be, counted after unpacking, so it was not read to its end.

    Example:
        >>> try:
        ...     names = remote.list_qpus()
        ... except remote.AnswerTooLargeError:
        ...     names = []  # this is not the address of a scheduler
        >>> names
        ['Artemis']
    """


for _error in list(vars().values()):
    if isinstance(_error, type) and _error.__module__ == __name__:
        # Tracebacks, pickles and pages name the module that people import from.
        _error.__module__ = "lwfast.errors"
