"""Cancelling a job, also where an answer is lost."""

from __future__ import annotations

import time

from lwfast.errors import HTTPError, JobError
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.remote.connection.retry import IDEMPOTENT
from lwfast.remote.connection.transport import LostAnswerError
from lwfast.wire import Status


def cancel(api: Endpoints, job_id: int | str) -> None:
    """Cancel a job.

    A lost answer does no harm: the status tells whether the job was cancelled; if not, it is asked again.

    Raises:
        JobError: It was cancelled already, or is complete.
        JobNotFoundError: There is none of this id.
    """
    _check_cancellable(api, job_id)
    began = time.monotonic()
    lost = False
    for attempt in range(1, IDEMPOTENT.attempts + 1):
        try:
            answer = api.cancel(job_id)
        except (LostAnswerError, HTTPError) as error:
            if isinstance(error, LostAnswerError):
                lost = True
                if api.details(job_id).job_status is Status.CANCELLED:
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
            if lost and api.details(job_id).job_status is Status.CANCELLED:
                return  # by the try whose answer was lost
            # It may have come to its end since it was looked at.
            _check_cancellable(api, job_id)
        raise api.transport.unexpected(answer, f"cancelling job {job_id}")


def _check_cancellable(api: Endpoints, job_id: int | str) -> None:
    status = api.details(job_id).job_status
    if status is Status.CANCELLED:
        raise JobError(f"Job with requested ID ({job_id}) has already been cancelled.")
    if not status.is_cancellable:
        raise JobError(f"Job with requested ID ({job_id}) is not in a cancellable state: it is {status}.")
