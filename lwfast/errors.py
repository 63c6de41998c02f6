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
    """Base of every exception raised outside `lwfast.remote`."""


class StateError(LightworksError):
    """A State is used in a way that it does not allow."""


class ModeRangeError(LightworksError, ValueError):
    """A mode is outside the range of the circuit."""


class ModeMismatchError(LightworksError):
    """A state and a circuit disagree on the number of modes."""


class PhotonNumberError(LightworksError):
    """The photon numbers of inputs, outputs or heralds do not fit together."""


class CircuitCompilationError(LightworksError):
    """A circuit could not be built with its present parameters."""


class DisplayError(LightworksError):
    """A circuit could not be drawn."""


class ParameterValueError(LightworksError):
    """A Parameter was set to a value that it does not take."""


class ParameterBoundsError(LightworksError):
    """The bounds of a Parameter are not valid."""


class ParameterDictError(LightworksError):
    """A ParameterDict is used in a way that it does not allow."""


class DecompositionUnsuccessful(LightworksError):  # noqa: N818  (Lightworks' name)
    """A unitary could not be decomposed."""


class ResultError(LightworksError):
    """A result is used in a way that it does not allow."""


class ResultCreationError(ResultError):
    """A result could not be made from the given data."""


class ResultFormatError(ResultError, ValueError):
    """A result body or file cannot be read; the message names the byte."""


class CampaignError(ResultError):
    """Files of a campaign could not be processed.

    Attributes:
        failed: What was wrong with each of them, by path.
        outcome: What the other files gave, or None where there were none.
    """

    def __init__(self, message: str, failed: dict[str, str] | None = None, outcome: Any = None) -> None:
        super().__init__(message)
        self.failed = dict(failed or {})
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.failed, self.outcome)


class ProbabilityDistributionError(LightworksError):
    """A probability distribution is not valid."""


class SamplerError(LightworksError):
    """A Sampler is used in a way that it does not allow."""


class NotUnitaryError(LightworksError, ValueError):
    """A matrix is not unitary; the message says by how much."""


class ResourceLimitError(LightworksError, ValueError):
    """The work would not fit in memory, in the integers or in float64; the message says by how much."""


class PrecisionError(LightworksError, ArithmeticError):
    """Rounding leaves too few digits of a number, however it is computed; the message gives the bound."""


class LightworksDependencyError(LightworksError):
    """An optional package is needed and not installed; the message names the extra."""


class TomographyDataError(LightworksError):
    """Results of experiments that a tomography needs are missing, or empty."""


class EmulatorError(LightworksError):
    """Base of the emulator's exceptions."""


class AnnotatedStateError(EmulatorError):
    """An annotated state is not valid."""


class BackendError(EmulatorError):
    """A backend cannot run the given task."""


class LightworksRemoteError(_Printable):
    """Base of every exception raised by `lwfast.remote`.

    Attributes:
        job: The `Job` or `BatchJob` that the call was about, where there is one, so that it is never lost.
        shell_words: What the `lwfast` command says in place of the message, where that gives advice in
            Python; None where the message serves both.
    """

    job: Any = None
    shell_words: str | None = None

    def __init__(self, *args: object, in_shell: str | None = None) -> None:
        super().__init__(*args)
        if in_shell is not None:
            self.shell_words = in_shell


class AuthenticationError(LightworksRemoteError):
    """No token is set, or the scheduler refused it."""


class TokenError(LightworksRemoteError):
    """A saved token is missing, or would be overwritten."""


class ConfigurationError(LightworksRemoteError):
    """The client lacks a setting, or a settings file cannot be read."""


class QPUOfflineError(LightworksRemoteError):
    """The QPU is offline and the job was required to find it online."""


class ValidationError(LightworksRemoteError):
    """The task breaks limits of the QPU; the message lists all of them.

    Attributes:
        violations: One sentence for each.
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
    """A job is not in a state that allows the call."""


class JobFileError(JobError, ValueError):
    """A saved job cannot be read; the message names the file."""


class JobNotFoundError(LightworksRemoteError):
    """The scheduler knows no job with this id."""


class JobSubmissionError(LightworksRemoteError):
    """The scheduler refused the job, or its compilation failed.

    Attributes:
        errors: Field (or code) and reason of each complaint, as far as the scheduler gave them.
    """

    errors: tuple[tuple[str, str], ...] = ()


class AmbiguousSubmissionError(JobSubmissionError):
    """The answer to a submit was lost, so the job may or may not exist.

    Attributes:
        payload: The payload that was sent, to compare with jobs at the scheduler.
        sent_at: When it was sent, ISO 8601 in UTC: look for a job of this name created after it.
        jobs: Jobs of the same batch that the scheduler had accepted before.
        failed: Name of each job of the same batch that was not accepted for certain, with its exception.
        key: The idempotency key it was sent under, where the scheduler takes one: sending the same payload
            under it once more makes no second job.
        job_id: The id that the answer named, where there was an answer that did.
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
        failed: Name of each job that was not, with its exception.
    """

    def __init__(self, message: str, jobs: Any = None, failed: dict[str, Exception] | None = None) -> None:
        super().__init__(message)
        self.jobs = jobs
        self.failed = dict(failed or {})


class SubmissionInterrupted(KeyboardInterrupt):
    """Ctrl-C came during a submit; a KeyboardInterrupt that says what was accepted.

    Anything else that is not of lwfast and ends a submit, such as SystemExit, gets the same attributes, and a
    note.

    Attributes:
        job: The `Job`, with an id if it was accepted; of a batch, the same as `jobs`.
        jobs: The `BatchJob` with the jobs that were accepted.
        payload: The payload of the job; of a batch, those that were sent and got no answer.
        key: The idempotency key it was sent under, where the scheduler takes one.
        sent_at: When the latest request left, ISO 8601 in UTC.
    """

    job: Any = None
    jobs: Any = None
    payload: Any = None
    key: str | None = None
    sent_at: str = ""


class ResultsError(LightworksRemoteError):
    """The job has no results to fetch, or not yet."""


class WaitTimeoutError(LightworksRemoteError, TimeoutError):
    """The time given to wait is over and the job is not; the job itself goes on."""


class ConnectionFailedError(LightworksRemoteError, ConnectionError):
    """The scheduler could not be reached, or stopped answering."""


class HTTPError(LightworksRemoteError):
    """The scheduler answered in a way that the wire does not foresee.

    Attributes:
        status_code: The HTTP status code, where there was an answer.
        retry_after: Seconds after which the scheduler asks to be tried again, where it said so.
        job_id: The id of a job that the answer named, where it did.
    """

    retry_after: float | None = None
    job_id: str | None = None

    def __init__(self, message: str, response: Any = None) -> None:
        self.status_code: int | None = getattr(response, "status_code", None)
        if response is not None:
            message += f" (Code: {self.status_code} {getattr(response, 'reason', '')})"
        super().__init__(message)


class AnswerTooLargeError(HTTPError):
    """An answer is longer than its kind may be, counted after unpacking, so it was not read to its end."""
