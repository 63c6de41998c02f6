"""Fetching results, and saying why a job does not have any."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from lwfast.errors import ResultsError
from lwfast.remote.connection.body import OnBytes
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.remote.tracked import said_of
from lwfast.wire import ArtemisJobDetails, Status

PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.5, 0.75, 1.0, 1.0, 1.0)
"""Results may come a moment after the job is complete."""


def fetch(
    api: Endpoints,
    job_id: int | str,
    final: Status | None,
    progress: OnBytes | None = None,
    metadata: dict[str, Any] | None = None,
) -> Any:
    """Fetch the result of a job.

    Args:
        api: The calls of its scheduler.
        job_id: Id of the job, at this scheduler.
        final: Its status, where it is known to be complete; else it is asked for first.
        progress: Called with the bytes that came, and how many there will be.
        metadata: Kept with the result, beside the id; where the job is asked for first, with its dates.

    Raises:
        ResultsError: The job is not complete, or gave no results; says why.
        ResultFormatError: The answer is not a result.
    """
    from lwfast.results.sweeps.restoring import result_of_body

    about = {"job_id": job_id, **(metadata or {})}
    if final is None:
        details = _complete(api, job_id)
        about |= said_of(details)
    status = details.job_status if final is None else final
    if not status.has_results:
        raise _no_results(api, job_id)
    for pause in (*PAUSES_SECONDS, None):
        answer = api.results(job_id, partial(result_of_body, metadata=about), progress)
        if answer.status_code == 200:
            return answer.value
        if answer.status_code == 400:
            raise _no_results(api, job_id)
        if answer.status_code != 404:
            raise api.transport.unexpected(answer, f"fetching the results of job {job_id}")
        if pause is not None:
            time.sleep(pause)
    raise ResultsError(
        f"Unable to retrieve results for Job with ID {job_id}: the job is {status}, but its results are not "
        "available yet. Try again in a moment."
    )


def _complete(api: Endpoints, job_id: int | str) -> ArtemisJobDetails:
    details = api.details(job_id)
    if not details.job_status.is_complete:
        raise ResultsError(
            f"Job with requested ID ({job_id}) is not yet complete: it is {details.job_status}."
        )
    return details


def _no_results(api: Endpoints, job_id: int | str) -> ResultsError:
    reason = _reason(api.details(job_id))
    return ResultsError(f"Job with requested ID ({job_id}) did not generate any results {reason}")


def _reason(details: ArtemisJobDetails) -> str:
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
