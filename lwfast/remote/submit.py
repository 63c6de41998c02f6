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
        raise _ambiguous(error, payload, sent_at, keyed=keyed) from error


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
            raise _partly(error, jobs, submissions, number) from error


def _submit_together(api: Endpoints, jobs: Sequence[Job], submissions: Sequence[Submission]) -> None:
    if not jobs:
        return
    sent_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    try:
        records = api.submit_batch_keyed([item.body for item in submissions], new_key())
    except (LostAnswerError, HTTPError) as error:
        if _is_definite(error):
            raise
        raise _ambiguous(error, [item.payload for item in submissions], sent_at, keyed=True) from error
    if len(records) != len(jobs):
        raise JobSubmissionError(f"{len(jobs)} jobs were sent, {len(records)} came back; see remote.jobs().")
    for job, record in zip(jobs, records, strict=True):
        job._accept(record)


def _is_definite(error: LightworksRemoteError) -> bool:
    """Whether the scheduler certainly made no job: it refused, rather than accept in unreadable words."""
    return isinstance(error, HTTPError) and error.status_code != 202


def _partly(
    error: LightworksRemoteError, jobs: Sequence[Job], submissions: Sequence[Submission], number: int
) -> LightworksRemoteError:
    """Make the error of a batch whose job `number` failed: those before it were accepted."""
    from .batch_job import BatchJob

    names = [item.payload.job_name for item in submissions]
    accepted = BatchJob._of(names[:number], jobs[:number])
    if isinstance(error, AmbiguousSubmissionError):
        error.jobs = accepted
        return error
    if number == 0:
        return error
    not_sent = JobSubmissionError(f"Not sent, since {names[number]!r} before it failed.")
    failed: dict[str, Exception] = dict.fromkeys(names[number + 1 :], not_sent)
    ids = ", ".join(str(job.job_id) for job in jobs[:number])
    result = BatchSubmissionError(
        f"{number} of {len(jobs)} jobs were accepted (ids {ids}; see the attribute jobs), then "
        f"{names[number]!r} failed: {error}",
        jobs=accepted,
        failed={names[number]: error, **failed},
    )
    result.job = accepted
    return result


def _ambiguous(
    error: LightworksRemoteError,
    payload: wire.ArtemisPayload | list[wire.ArtemisPayload],
    sent_at: str,
    *,
    keyed: bool,
) -> AmbiguousSubmissionError:
    several = isinstance(payload, list)
    names = ", ".join(repr(item.job_name) for item in (payload if isinstance(payload, list) else [payload]))
    how = "It was not sent again, so as not to make a job twice."
    if keyed:
        how = "It was sent again under the same key, in vain."
        how += "" if several else " This exception's job.retry() sends it once more under that key, safely."
    return AmbiguousSubmissionError(
        f"{error} The answer to a submit is lost: the {'jobs' if several else 'job'} {names} may or may not "
        f"exist. {how} Before you submit again, look for a job created after {sent_at}, in "
        "remote.list_all_jobs() or on the dashboard.",
        payload=payload,
        sent_at=sent_at,
    )
