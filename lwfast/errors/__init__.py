"""Every exception that lwfast raises.

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

from typing import TYPE_CHECKING

from lwfast.errors.task_errors import (
    AnnotatedStateError,
    BackendError,
    CampaignError,
    CircuitCompilationError,
    DecompositionUnsuccessful,
    DisplayError,
    EmulatorError,
    LightworksDependencyError,
    LightworksError,
    ModeMismatchError,
    ModeRangeError,
    NotUnitaryError,
    ParameterBoundsError,
    ParameterDictError,
    ParameterValueError,
    PhotonNumberError,
    PrecisionError,
    ProbabilityDistributionError,
    ResourceLimitError,
    ResultCreationError,
    ResultError,
    ResultFormatError,
    SamplerError,
    StateError,
    TomographyDataError,
)

if TYPE_CHECKING:
    from lwfast.errors.job_errors import (
        AmbiguousSubmissionError,
        AnswerTooLargeError,
        AuthenticationError,
        BatchSubmissionError,
        ConfigurationError,
        ConnectionFailedError,
        HTTPError,
        JobError,
        JobFileError,
        JobNotFoundError,
        JobSubmissionError,
        LightworksRemoteError,
        QPUOfflineError,
        QuotaExceededError,
        ResultsError,
        SubmissionInterrupted,
        TaskError,
        TaskTypeError,
        TaskValueError,
        TokenError,
        ValidationError,
        WaitTimeoutError,
    )

__all__ = [
    "AmbiguousSubmissionError",
    "AnnotatedStateError",
    "AnswerTooLargeError",
    "AuthenticationError",
    "BackendError",
    "BatchSubmissionError",
    "CampaignError",
    "CircuitCompilationError",
    "ConfigurationError",
    "ConnectionFailedError",
    "DecompositionUnsuccessful",
    "DisplayError",
    "EmulatorError",
    "HTTPError",
    "JobError",
    "JobFileError",
    "JobNotFoundError",
    "JobSubmissionError",
    "LightworksDependencyError",
    "LightworksError",
    "LightworksRemoteError",
    "ModeMismatchError",
    "ModeRangeError",
    "NotUnitaryError",
    "ParameterBoundsError",
    "ParameterDictError",
    "ParameterValueError",
    "PhotonNumberError",
    "PrecisionError",
    "ProbabilityDistributionError",
    "QPUOfflineError",
    "QuotaExceededError",
    "ResourceLimitError",
    "ResultCreationError",
    "ResultError",
    "ResultFormatError",
    "ResultsError",
    "SamplerError",
    "StateError",
    "SubmissionInterrupted",
    "TaskError",
    "TaskTypeError",
    "TaskValueError",
    "TokenError",
    "TomographyDataError",
    "ValidationError",
    "WaitTimeoutError",
]


if not TYPE_CHECKING:

    def __getattr__(name):
        """Import the errors of jobs and connections once one of them is asked for, which few tasks do."""
        if name not in __all__:
            raise AttributeError(f"Module {__name__!r} has no attribute {name!r}")
        from lwfast.errors import job_errors

        return globals().setdefault(name, getattr(job_errors, name))

    def __dir__():
        return __all__
