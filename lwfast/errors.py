"""Every exception lwfast raises, and the texts that they can print.

LightworksError                     base of everything raised outside `remote`
├── StateError                      a State used in a way it does not allow
├── ModeRangeError                  a mode outside the circuit (also a ValueError)
├── ModeMismatchError               state and circuit disagree on the number of modes
├── PhotonNumberError               photon numbers of inputs, outputs or heralds do not fit
├── CircuitCompilationError         a circuit could not be built
├── DisplayError
├── ParameterValueError
├── ParameterBoundsError
├── ParameterDictError
├── DecompositionUnsuccessful
├── ResultError
│   ├── ResultCreationError
│   ├── ResultFormatError           a result body or file that cannot be read (also a ValueError)
│   └── CampaignError               files of a campaign could not be processed; carries the rest
├── ProbabilityDistributionError
├── SamplerError
├── NotUnitaryError                 a matrix that is not unitary (also a ValueError)
├── ResourceLimitError              the work would not fit in memory, integers or float64 (a ValueError, too)
├── PrecisionError                  no method gets enough digits right (also an ArithmeticError)
├── LightworksDependencyError       an optional package is missing
├── TomographyDataError             results that a tomography needs are missing
└── EmulatorError
├── AnnotatedStateError
└── BackendError
LightworksRemoteError               base of everything raised by `remote`
├── AuthenticationError             no token, or it was refused
├── TokenError                      a saved token is missing or would be overwritten
├── ConfigurationError              no URL, bad profile, unreadable settings
├── QPUOfflineError
├── ValidationError                 a task the QPU cannot run; lists every violation
│   ├── TaskValueError              a value that no QPU takes (also a ValueError)
│   └── TaskTypeError               a part that no QPU takes (also a TypeError)
│       └── TaskError               both of these at once (also a TaskValueError)
├── JobError
│   └── JobFileError                a saved job cannot be read (also a ValueError)
├── JobNotFoundError
├── JobSubmissionError              the scheduler refused the job
│   ├── AmbiguousSubmissionError    the answer was lost: the job may or may not exist
│   ├── QuotaExceededError          more than the owner of the token may have waiting or running
│   └── BatchSubmissionError        part of a batch was accepted; carries the accepted jobs
├── ResultsError                    no result to fetch
├── WaitTimeoutError                the job is still going (also a TimeoutError)
├── ConnectionFailedError           the scheduler could not be reached (also a ConnectionError)
└── HTTPError                       any other answer the wire does not foresee
    └── AnswerTooLargeError         an answer that is longer than its kind may be
SubmissionInterrupted               Ctrl-C during a submit (a KeyboardInterrupt); carries the accepted jobs
"""

from __future__ import annotations

from typing import Any


def printable(text: str) -> str:
    """Return a text with an escape for each half of a surrogate pair.

    Python has such halves where a file name is not Unicode, or a text was cut in the middle of a character.
    No encoding has them: `print` raises, and JSON cannot be written.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def ended(error: BaseException) -> str:
    """Return what an error says, with a period at its end: the errors of Python and of parsers have none."""
    text = str(error)
    return text if text.endswith((".", "?", "!", ".)")) else f"{text}."


def is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Printable(Exception):  # noqa: N818  (a part of two bases)
    """An exception whose message can be printed, also where it names a file or a job whose name cannot."""

    def __str__(self) -> str:
        return printable(super().__str__())


class LightworksError(_Printable):
    """Base of every exception raised outside `lwfast.remote`.

    Example:
        >>> try:
        ...     lw.PhotonicCircuit(2).bs(5)
        ... except lw.LightworksError as error:
        ...     print(type(error).__name__)
        ModeRangeError
    """


class StateError(LightworksError):
    """A State is used in a way that it does not allow.

    Example:
        >>> state = lw.State([1, 0])
        >>> state[0] = 2
        Traceback (most recent call last):
            ...
        lwfast.errors.StateError: State object does not support item assignment; make a new State.
    """


class ModeRangeError(LightworksError, ValueError):
    """A mode is outside the range of the circuit.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(5)
        Traceback (most recent call last):
            ...
        lwfast.errors.ModeRangeError: Selected mode 5 is not within the range of the created ...
    """


class ModeMismatchError(LightworksError):
    """A state and a circuit disagree on the number of modes.

    Example:
        >>> lw.Sampler(lw.PhotonicCircuit(2), lw.State([1, 0, 0]), 10)
        Traceback (most recent call last):
            ...
        lwfast.errors.ModeMismatchError: State |1,0,0> has an incorrect number of modes, 3; ...
    """


class PhotonNumberError(LightworksError):
    """The photon numbers of inputs, outputs or heralds do not fit together.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> lw.emulator.Backend("auto").run(lw.Simulator(circuit, [lw.State([1, 0]), lw.State([1, 1])]))
        Traceback (most recent call last):
            ...
        lwfast.errors.PhotonNumberError: Mismatch in photon numbers between some ...
    """


class CircuitCompilationError(LightworksError):
    """A circuit could not be built with its present parameters.

    Example:
        >>> reflectivity = lw.Parameter(0.5)
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0, reflectivity=reflectivity)
        >>> reflectivity.set(2)
        >>> circuit.U
        Traceback (most recent call last):
            ...
        lwfast.errors.CircuitCompilationError: An error occurred during the circuit ...
    """


class DisplayError(LightworksError):
    """A circuit could not be drawn.

    Example:
        >>> lw.display(lw.PhotonicCircuit(2), display_type="gif")
        Traceback (most recent call last):
            ...
        lwfast.errors.DisplayError: Display type not recognised: 'gif'; it should be 'svg' or 'mpl'.
    """


class ParameterValueError(LightworksError):
    """A Parameter was set to a value that it does not take.

    Example:
        >>> lw.Parameter(0.5, bounds=[0, 1]).set(2)
        Traceback (most recent call last):
            ...
        lwfast.errors.ParameterValueError: Set value 2 is above maximum bound 1.
    """


class ParameterBoundsError(LightworksError):
    """The bounds of a Parameter are not valid.

    Example:
        >>> lw.Parameter(5, bounds=[0, 1])
        Traceback (most recent call last):
            ...
        lwfast.errors.ParameterBoundsError: Current parameter value 5 is above new maximum bound 1.
    """


class ParameterDictError(LightworksError):
    """A ParameterDict is used in a way that it does not allow.

    Example:
        >>> parameters = lw.ParameterDict()
        >>> parameters["angle"] = 1.0
        Traceback (most recent call last):
            ...
        lwfast.errors.ParameterDictError: The value of the new key 'angle' should be a ...
    """


class DecompositionUnsuccessful(LightworksError):  # noqa: N818  (Lightworks' name)
    """A unitary could not be decomposed.

    Example:
        >>> issubclass(lw.DecompositionUnsuccessful, lw.LightworksError)
        True
    """


class ResultError(LightworksError):
    """A result is used in a way that it does not allow.

    Example:
        >>> result = SamplingResult({(1, 0): 3})
        >>> result |= {}
        Traceback (most recent call last):
            ...
        lwfast.errors.ResultError: Result objects should not be modified directly. To get a ...
    """


class ResultCreationError(ResultError):
    """A result could not be made from the given data.

    Example:
        >>> SamplingResult({(1, 0): -3})
        Traceback (most recent call last):
            ...
        lwfast.errors.ResultCreationError: Results should map states to counts: Counts cannot ...
    """


class ResultFormatError(ResultError, ValueError):
    """A result body or file cannot be read; the message names the byte.

    Example:
        >>> lw.decode_result("not a result")
        Traceback (most recent call last):
            ...
        lwfast.errors.ResultFormatError: Byte 0: a result body is a JSON object and starts ...
    """


class CampaignError(ResultError):
    """Files of a campaign could not be processed.

    Attributes:
        failed: What was wrong with each file, by path.
        outcome: The outcome of all other files, or None without any.
    """

    def __init__(self, message: str, failed: dict[str, str] | None = None, outcome: Any = None) -> None:
        super().__init__(message)
        self.failed = dict(failed or {})
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.failed, self.outcome)


class ProbabilityDistributionError(LightworksError):
    """A probability distribution is not valid.

    Example:
        >>> lw.results.ProbabilityDistribution({lw.State([1, 0]): -0.5})
        Traceback (most recent call last):
            ...
        lwfast.errors.ProbabilityDistributionError: Probability -0.5 of state 0 is negative ...
    """


class SamplerError(LightworksError):
    """A Sampler is used in a way that it does not allow.

    Example:
        >>> rules = lw.PostSelection()
        >>> rules.add(0, 3)
        >>> task = lw.Sampler(lw.PhotonicCircuit(2), lw.State([1, 0]), 10, post_selection=rules)
        >>> lw.emulator.Backend("auto").run(task)
        Traceback (most recent call last):
            ...
        lwfast.errors.SamplerError: No output states compatible with provided ...
    """


class NotUnitaryError(LightworksError, ValueError):
    """A matrix is not unitary; the message says by how much.

    Example:
        >>> lw.Unitary([[1, 1], [0, 1]])
        Traceback (most recent call last):
            ...
        lwfast.errors.NotUnitaryError: Provided matrix is not unitary: the largest entry of ...
    """


class ResourceLimitError(LightworksError, ValueError):
    """The work would not fit in memory, in the integers or in float64; the message says by how much.

    Example:
        >>> lw.fock_basis(60, 30)
        Traceback (most recent call last):
            ...
        lwfast.errors.ResourceLimitError: The 448755316337720114153376 states of 30 photons ...
    """


class PrecisionError(LightworksError, ArithmeticError):
    """Rounding leaves too few digits of a number, however it is computed; the message gives the bound.

    Example:
        >>> try:
        ...     value = lw.permanent([[1, 1], [1, -1]], rows=[60, 60], cols=[60, 60])
        ... except lw.PrecisionError:
        ...     value = None  # no method here gets ten digits right
        >>> value is None
        False
    """


class LightworksDependencyError(LightworksError):
    """An optional package is needed and not installed; the message names the extra.

    Example:
        >>> try:
        ...     table = SamplingResult({(1, 0): 3}).to_pandas()
        ... except lw.LightworksDependencyError as error:
        ...     print(error)  # says what to install
    """


class TomographyDataError(LightworksError):
    """Results of experiments that a tomography needs are missing, or empty."""


class EmulatorError(LightworksError):
    """Base of the emulator's exceptions.

    Example:
        >>> splitter = lw.PhotonicCircuit(2)
        >>> try:
        ...     lw.emulator.Backend("slos").run(lw.Simulator(splitter, lw.State([1, 1])))
        ... except lw.EmulatorError as error:
        ...     print(type(error).__name__)
        BackendError
    """


class AnnotatedStateError(EmulatorError):
    """An annotated state is not valid.

    Example:
        >>> issubclass(lw.AnnotatedStateError, lw.LightworksError)
        True
    """


class BackendError(EmulatorError):
    """A backend cannot run the given task.

    Example:
        >>> backend = lw.emulator.Backend("slos")
        >>> circuit = lw.PhotonicCircuit(2)
        >>> backend.run(lw.Simulator(circuit, lw.State([1, 0])))
        Traceback (most recent call last):
            ...
        lwfast.errors.BackendError: Selected backend 'slos' not compatible with task ...
    """


class LightworksRemoteError(_Printable):
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

    Example:
        >>> client = remote.Client(url="http://127.0.0.1:9/api/", token="token")
        >>> try:
        ...     client.list_qpus()
        ... except remote.ConnectionFailedError:
        ...     print("no scheduler listens there")
        no scheduler listens there
    """


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
