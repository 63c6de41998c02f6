"""Cancelling a job, also where an answer is lost."""

from __future__ import annotations

import time

from lwfast.errors import HTTPError, JobError, LightworksRemoteError
from lwfast.remote.connection.causes import LostAnswerError, WrongSchemeError
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.remote.connection.retry import IDEMPOTENT, WaitNote
from lwfast.wire import Status


def cancel(api: Endpoints, job_id: int | str) -> None:
    """Cancel a job.

    A lost answer does no harm, nor does one that cannot be read or says that the scheduler failed: the status
    tells whether the job was cancelled; if not, it is asked again.

    Raises:
        JobError: It was cancelled already, or is complete.
        JobNotFoundError: The scheduler has no job with this id.
    """
    _check_cancellable(api, job_id)
    began = time.monotonic()
    note = WaitNote(IDEMPOTENT.max_seconds)
    lost = False
    for attempt in range(1, IDEMPOTENT.attempts + 1):
        try:
            answer = api.cancel(job_id)
        except (LostAnswerError, HTTPError) as error:
            if not _leaves_open(error):
                raise
            failed: LightworksRemoteError = error
        else:
            if answer.status_code == 204:
                return
            failed = api.transport.unexpected(answer, f"cancelling job {job_id}")
            if not _leaves_open(failed):
                if answer.status_code in {400, 404, 409}:
                    if lost and _is_cancelled(api, job_id):
                        return  # by the try whose answer was lost
                    # It may have come to its end since it was looked at.
                    _check_cancellable(api, job_id)
                raise failed
        lost = True
        if _is_cancelled(api, job_id):
            return
        asked = getattr(failed, "retry_after", None)
        pause = IDEMPOTENT.pause(attempt, asked)
        elapsed = time.monotonic() - began
        over = elapsed + pause > IDEMPOTENT.max_seconds
        if over or attempt == IDEMPOTENT.attempts:
            raise failed
        note.waits(elapsed + pause, failed, IDEMPOTENT.tries_left(attempt, asked, elapsed))
        time.sleep(pause)


def _leaves_open(error: LightworksRemoteError) -> bool:
    """Whether the job may have been cancelled: the answer is lost or unreadable, or the scheduler failed."""
    if isinstance(error, WrongSchemeError):
        return False
    code = (error.status_code or 0) if isinstance(error, HTTPError) else 0
    return not 300 <= code < 500


def _is_cancelled(api: Endpoints, job_id: int | str) -> bool:
    return api.details(job_id).job_status is Status.CANCELLED


def _check_cancellable(api: Endpoints, job_id: int | str) -> None:
    status = api.details(job_id).job_status
    if status is Status.CANCELLED:
        raise JobError(f"Job with requested ID ({job_id}) has already been cancelled.")
    if not status.is_cancellable:
        raise JobError(f"Job with requested ID ({job_id}) is not in a cancellable state: it is {status}.")
