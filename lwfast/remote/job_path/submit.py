"""Sending payloads so that none becomes two jobs, and none is lost without a word."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
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
from lwfast.remote.connection.transport import LostAnswerError

if TYPE_CHECKING:
    from lwfast.remote.compile import Submission
    from lwfast.remote.connection.endpoints import Endpoints
    from lwfast.remote.job_path.single_job import Job

AROUND_BATCH = 64
"""What a request may hold around the jobs of a batch, in bytes as in brackets."""
NAMES_SHOWN = 20


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

    With lwfast's API all are accepted or none, but for batches above the size of a request, which are sent in
    parts; without it they are sent one by one. Nothing is sent after the first failure.

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
            raised = _partly(error, jobs, submissions, slice(number, number + 1))
            if raised is error:
                raise
            raise raised from error


def _submit_together(api: Endpoints, jobs: Sequence[Job], submissions: Sequence[Submission]) -> None:
    parts = list(_parts([item.body for item in submissions]))
    for part in parts:
        try:
            _submit_part(api, jobs[part], submissions[part])
        except LightworksRemoteError as error:
            raised = error if len(parts) == 1 else _partly(error, jobs, submissions, part)
            if raised is error:
                raise
            raise raised from error


def _parts(bodies: Sequence[bytes]) -> Iterator[slice]:
    """Cut a batch into requests that the scheduler takes: of so many bytes, jobs and brackets at most."""
    start = size = brackets = 0
    for number, body in enumerate(bodies):
        more, inside = len(body) + 1, body.count(b"[") + body.count(b"{")
        if number > start and (
            size + more > wire.BATCH_BYTES - AROUND_BATCH
            or brackets + inside > wire.BATCH_PARTS - AROUND_BATCH
            or number - start == wire.BATCH_JOBS
        ):
            yield slice(start, number)
            start, size, brackets = number, 0, 0
        size += more
        brackets += inside
    if bodies:
        yield slice(start, len(bodies))


def _submit_part(api: Endpoints, jobs: Sequence[Job], submissions: Sequence[Submission]) -> None:
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
    error: LightworksRemoteError, jobs: Sequence[Job], submissions: Sequence[Submission], part: slice
) -> LightworksRemoteError:
    """Make the error of a batch of which a part failed: the jobs before it were accepted."""
    from lwfast.remote.job_path.batch_job import BatchJob

    names = [item.payload.job_name for item in submissions]
    if part.start == 0 and not isinstance(error, AmbiguousSubmissionError):
        return error
    before, failing, after = names[: part.start], names[part], names[part.stop :]
    accepted = BatchJob._of(before, jobs[: part.start])
    not_sent = JobSubmissionError(f"Not sent, since {_some(failing)} before it failed.")
    failed: dict[str, Exception] = dict.fromkeys(failing, error)
    failed |= dict.fromkeys(after, not_sent)
    ids = _some([job.job_id for job in jobs[: part.start]])
    so_far = f"{part.start} of {len(jobs)} jobs were accepted (ids {ids}; see the attribute jobs), then "
    result: AmbiguousSubmissionError | BatchSubmissionError
    if isinstance(error, AmbiguousSubmissionError):
        result = AmbiguousSubmissionError(
            f"{so_far}the answer for {_some(failing)} was lost. Not sent: {_some(after)}. {error}",
            error.payload,
            error.sent_at,
            accepted,
            failed=failed,
            key=error.key,
        )
        result.job_id = error.job_id
    else:
        result = BatchSubmissionError(f"{so_far}{_some(failing)} failed: {error}", accepted, failed)
    result.job = accepted
    return result


def _some(items: Sequence[object]) -> str:
    """A list for a message, which thousands of names would make unreadable."""
    shown = ", ".join(map(repr, items[:NAMES_SHOWN]))
    return (f"{shown} and {len(items) - NAMES_SHOWN} more" if len(items) > NAMES_SHOWN else shown) or "none"


def _ambiguous(
    error: LightworksRemoteError,
    payload: wire.ArtemisPayload | list[wire.ArtemisPayload],
    sent_at: str,
    key: str | None,
) -> AmbiguousSubmissionError:
    several = isinstance(payload, list)
    names = _some([item.job_name for item in (payload if isinstance(payload, list) else [payload])])
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
