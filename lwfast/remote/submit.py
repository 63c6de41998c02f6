"""Sending payloads so that none becomes two jobs, and none is lost without a word."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lwfast import wire
from lwfast.errors import (
    AmbiguousSubmissionError,
    BatchSubmissionError,
    HTTPError,
    JobSubmissionError,
    LightworksRemoteError,
)

from .transport import LostAnswerError

if TYPE_CHECKING:
    from .compile import Submission
    from .endpoints import Endpoints
    from .single_job import Job


def new_key() -> str:
    """Make an idempotency key."""
    return str(uuid.uuid4())


def submit_one(
    api: Endpoints, payload: wire.ArtemisPayload, body: bytes, key: str
) -> wire.JobRecord | int | str:
    """Send one payload; returns its record where the scheduler offers lwfast's API, else its id.

    Raises:
        AmbiguousSubmissionError: The answer was lost: the job may or may not exist.
        JobSubmissionError: The scheduler refused the payload.
        ConnectionFailedError: The scheduler could not be reached; nothing was sent.
    """
    keyed = api.offers_v1()
    sent_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    try:
        return api.submit_keyed(body, key) if keyed else api.submit(body)
    except (LostAnswerError, HTTPError) as error:
        if _is_definite(error):
            raise
        raise _ambiguous(error, payload, sent_at, key if keyed else None) from error


def submit_batch(api: Endpoints, jobs: Sequence[Job], submissions: Sequence[Submission]) -> None:
    """Send the payloads of a batch, and give each job its id.

    With lwfast's API all are accepted or none; else they are sent one by one, up to the first that fails.

    Raises:
        BatchSubmissionError: Some were accepted, then one failed; carries the accepted jobs.
        AmbiguousSubmissionError: The answer to one was lost; carries the accepted jobs.
        LightworksRemoteError: None was accepted; as for a single job.
    """
    if api.offers_v1():
        _submit_together(api, jobs, submissions)
        return
    for number, (job, submission) in enumerate(zip(jobs, submissions, strict=True)):
        try:
            job._accept(submit_one(api, submission.payload, submission.body, new_key()))
        except LightworksRemoteError as error:
            raised = _partly(error, jobs, submissions, number)
            if raised is error:
                raise
            raise raised from error


def _submit_together(api: Endpoints, jobs: Sequence[Job], submissions: Sequence[Submission]) -> None:
    if not jobs:
        return
    sent_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    key = new_key()
    try:
        records = api.submit_batch_keyed([item.body for item in submissions], key)
    except (LostAnswerError, HTTPError) as error:
        if _is_definite(error):
            raise
        raise _ambiguous(error, [item.payload for item in submissions], sent_at, key) from error
    if len(records) != len(jobs):
        raise JobSubmissionError(f"{len(jobs)} jobs were sent, {len(records)} came back; see remote.jobs().")
    for job, record in zip(jobs, records, strict=True):
        job._accept(record)


def _is_definite(error: LightworksRemoteError) -> bool:
    """Whether the scheduler certainly made no job: it refused, rather than fail or be unreadable."""
    if not isinstance(error, HTTPError):
        return False
    code = error.status_code or 0
    return 300 <= code < 500 or code == 503


def _partly(
    error: LightworksRemoteError, jobs: Sequence[Job], submissions: Sequence[Submission], number: int
) -> LightworksRemoteError:
    """Make the error of a batch whose job `number` failed: those before it were accepted."""
    from .batch_job import BatchJob

    names = [item.payload.job_name for item in submissions]
    if number == 0 and not isinstance(error, AmbiguousSubmissionError):
        return error
    accepted = BatchJob._of(names[:number], jobs[:number])
    not_sent = JobSubmissionError(f"Not sent, since {names[number]!r} before it failed.")
    failed: dict[str, Exception] = {names[number]: error}
    failed |= dict.fromkeys(names[number + 1 :], not_sent)
    ids = ", ".join(str(job.job_id) for job in jobs[:number]) or "none"
    so_far = f"{number} of {len(jobs)} jobs were accepted (ids {ids}; see the attribute jobs), then "
    result: AmbiguousSubmissionError | BatchSubmissionError
    if isinstance(error, AmbiguousSubmissionError):
        left = ", ".join(repr(name) for name in names[number + 1 :]) or "none"
        result = AmbiguousSubmissionError(
            f"{so_far}the answer for {names[number]!r} was lost. Not sent: {left}. {error}",
            error.payload,
            error.sent_at,
            accepted,
            failed=failed,
            key=error.key,
        )
        result.job_id = error.job_id
    else:
        result = BatchSubmissionError(f"{so_far}{names[number]!r} failed: {error}", accepted, failed)
    result.job = accepted
    return result


def _ambiguous(
    error: LightworksRemoteError,
    payload: wire.ArtemisPayload | list[wire.ArtemisPayload],
    sent_at: str,
    key: str | None,
) -> AmbiguousSubmissionError:
    several = isinstance(payload, list)
    names = ", ".join(repr(item.job_name) for item in (payload if isinstance(payload, list) else [payload]))
    how = "It was not sent again, so as not to make a job twice."
    if key is not None:
        how = "It was sent again under the same key, in vain."
        how += "" if several else " This exception's job.retry() sends it once more under that key, safely."
    told = error.job_id if isinstance(error, HTTPError) else None
    named = (
        "" if told is None else f" The answer named job {told}: see whether remote.job({told!r}) finds it."
    )
    result = AmbiguousSubmissionError(
        f"{error} The answer to a submit is lost: the {'jobs' if several else 'job'} {names} may or may not "
        f"exist.{named} {how} Before you submit again, look for a job created after {sent_at}, in "
        "remote.list_all_jobs() or on the dashboard.",
        payload=payload,
        sent_at=sent_at,
        key=key,
    )
    result.job_id = told
    return result
