"""The client: QPUs, jobs and results at a remote scheduler, or at one that runs here.

Names are looked up on first use, so that importing this module reads no file and loads no HTTP library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lwfast.errors import (
    AmbiguousSubmissionError,
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
    ResultsError,
    SubmissionInterrupted,
    TokenError,
    ValidationError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from lwfast.results import QPUSamplingResult
    from lwfast.wire import ArtemisJobDetails, ArtemisPayload, ArtemisQPU, JobRecord, Status

    from .batch_job import BatchJob
    from .client import Client
    from .files import saved_job_exists
    from .functions import (
        cancel_job,
        check_job_complete,
        get_global_require_online,
        get_job_details,
        get_job_status,
        get_qpu_details,
        get_results,
        install_certificate,
        job,
        jobs,
        list_all_jobs,
        list_qpus,
        list_scheduled_jobs,
        load_job_from_file,
        pending,
        set_api_url,
        set_global_require_online,
        show_scheduled,
    )
    from .local import LocalScheduler, local_scheduler
    from .qpu import QPU
    from .resuming import PendingSubmission
    from .single_job import Job
    from .tokens import token
    from .waiting import as_completed, wait

_NAMES = {
    "lwfast.results": ["QPUSamplingResult"],
    "lwfast.wire": ["ArtemisJobDetails", "ArtemisPayload", "ArtemisQPU", "JobRecord", "Status"],
    "lwfast.remote.batch_job": ["BatchJob"],
    "lwfast.remote.client": ["Client"],
    "lwfast.remote.files": ["saved_job_exists"],
    "lwfast.remote.functions": [
        "cancel_job",
        "check_job_complete",
        "get_global_require_online",
        "get_job_details",
        "get_job_status",
        "get_qpu_details",
        "get_results",
        "install_certificate",
        "job",
        "jobs",
        "list_all_jobs",
        "list_qpus",
        "list_scheduled_jobs",
        "load_job_from_file",
        "pending",
        "set_api_url",
        "set_global_require_online",
        "show_scheduled",
    ],
    "lwfast.remote.local": ["LocalScheduler", "local_scheduler"],
    "lwfast.remote.qpu": ["QPU"],
    "lwfast.remote.resuming": ["PendingSubmission"],
    "lwfast.remote.single_job": ["Job"],
    "lwfast.remote.tokens": ["token"],
    "lwfast.remote.waiting": ["as_completed", "wait"],
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "QPU",
    "AmbiguousSubmissionError",
    "ArtemisJobDetails",
    "ArtemisPayload",
    "ArtemisQPU",
    "AuthenticationError",
    "BatchJob",
    "BatchSubmissionError",
    "Client",
    "ConfigurationError",
    "ConnectionFailedError",
    "HTTPError",
    "Job",
    "JobError",
    "JobFileError",
    "JobNotFoundError",
    "JobRecord",
    "JobSubmissionError",
    "LightworksRemoteError",
    "LocalScheduler",
    "PendingSubmission",
    "QPUOfflineError",
    "QPUSamplingResult",
    "ResultsError",
    "Status",
    "SubmissionInterrupted",
    "TokenError",
    "ValidationError",
    "WaitTimeoutError",
    "as_completed",
    "cancel_job",
    "check_job_complete",
    "get_global_require_online",
    "get_job_details",
    "get_job_status",
    "get_qpu_details",
    "get_results",
    "install_certificate",
    "job",
    "jobs",
    "list_all_jobs",
    "list_qpus",
    "list_scheduled_jobs",
    "load_job_from_file",
    "local_scheduler",
    "pending",
    "saved_job_exists",
    "set_api_url",
    "set_global_require_online",
    "show_scheduled",
    "token",
    "wait",
]


def __getattr__(name: str) -> Any:
    """Import the home of `name` on first use (PEP 562)."""
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
