"""Sending payloads so that none becomes two jobs, and none is lost without a word."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from lwfast import wire
from lwfast.errors import (
    AmbiguousSubmissionError,
    BatchSubmissionError,
    HTTPError,
    JobSubmissionError,
    LightworksRemoteError,
)
from lwfast.remote.configuration.intents import Part
from lwfast.remote.connection.transport import LostAnswerError
from lwfast.remote.job_path.attempt import Attempt, how_to_look, how_to_resume, some

if TYPE_CHECKING:
    from lwfast.remote.client import Client
    from lwfast.remote.compile import Submission
    from lwfast.remote.connection.endpoints import Endpoints
    from lwfast.remote.job_path.single_job import Job

AROUND_BATCH = 64
"""What a request may hold around the jobs of a batch, in bytes as in brackets."""


def new_key() -> str:
    """Make an idempotency key."""
    return str(uuid.uuid4())


def submit_job(client: Client, job: Job, attempt: Attempt, body: bytes | None = None) -> None:
    """Send the payload of a job, whose encoded form is `body` if that was made already, and give it its id.

    Where that fails, the job is as it was, but for the key of a submit whose answer was lost: the next submit
    of the job goes under the same key, so that the scheduler can tell that it has it.

    Raises:
        AmbiguousSubmissionError: The answer was lost: the job may or may not exist.
        JobSubmissionError: The scheduler refused the payload, or there is none.
        ConnectionFailedError: The scheduler could not be reached; nothing was sent.
    """
    if job._payload is None and job._job_id is not None and client._api.offers_v1():
        job._payload = client._api.payload(job._job_id)
    payload = job._payload
    if payload is None:
        raise JobSubmissionError("No payload provided to job, so there is nothing to submit.")
    api = client._api
    body = body or wire.encode(payload)
    before = job._pending_key, job._url
    try:
        if api.offers_v1():
            key = job._pending_key or new_key()
            attempt.record(key, client.url, [job], [Part(key, [msgspec.Raw(body)])], batch=False)
            job._pending_key, job._url = key, client.url
            answer: wire.JobRecord | int | str = _send_one(api, job, payload, body, attempt)
        else:
            answer = _send_one(api, job, payload, body, attempt)
    except LightworksRemoteError as error:
        if not isinstance(error, AmbiguousSubmissionError):
            # A refusal now says nothing of the earlier try whose answer was lost.
            job._pending_key, job._url = before
            attempt.refused([job])
        error.job = job
        raise
    job._client = client
    job._accept(answer)
    client._remember_open(job)


def submit_batch(
    client: Client, jobs: Sequence[Job], submissions: Sequence[Submission], attempt: Attempt
) -> None:
    """Send the payloads of a batch, and give each job its id.

    With lwfast's API all are accepted or none, but for batches above the size of a request, which are sent in
    parts; without it they are sent one by one. Nothing is sent after the first failure.

    Raises:
        BatchSubmissionError: Some were accepted, then one failed; carries the accepted jobs.
        AmbiguousSubmissionError: The answer to one was lost; carries the accepted jobs.
        LightworksRemoteError: None was accepted; as for a single job.
    """
    if not jobs:
        return
    api = client._api
    if api.offers_v1():
        bodies = [item.body for item in submissions]
        slices, key = list(_parts(bodies)), new_key()
        names = [key] if len(slices) == 1 else [f"{key}.{number}" for number in range(1, len(slices) + 1)]
        parts = [
            Part(name, [msgspec.Raw(body) for body in bodies[of]])
            for name, of in zip(names, slices, strict=True)
        ]
        attempt.record(key, client.url, jobs, parts, batch=True)
        submit_parts(api, jobs, parts, attempt)
        return
    for number, (job, submission) in enumerate(zip(jobs, submissions, strict=True)):
        try:
            job._accept(_send_one(api, job, submission.payload, submission.body, attempt))
        except LightworksRemoteError as error:
            if not isinstance(error, AmbiguousSubmissionError):
                attempt.refused([job])
            raised = _partly(error, jobs, slice(number, number + 1))
            if raised is error:
                raise
            raise raised from error


def submit_parts(api: Endpoints, jobs: Sequence[Job], parts: Sequence[Part], attempt: Attempt) -> None:
    """Send a batch in the parts that it was cut into, each under its key, and give each job its id.

    Raises:
        LightworksRemoteError: See `submit_batch`.
    """
    start = 0
    for part in parts:
        of = slice(start, start + len(part.payloads))
        try:
            _send_part(api, jobs[of], part, attempt)
        except LightworksRemoteError as error:
            if not isinstance(error, AmbiguousSubmissionError):
                attempt.refused(jobs[of])
            raised = error if len(parts) == 1 else _partly(error, jobs, of)
            if raised is error:
                raise
            raise raised from error
        start = of.stop


def _send_one(
    api: Endpoints, job: Job, payload: wire.ArtemisPayload, body: bytes, attempt: Attempt
) -> wire.JobRecord | int | str:
    """Send one payload; returns its record where it goes under the job's key, else its id."""
    key = job._pending_key if api.offers_v1() else None
    attempt.sends([job])
    try:
        return api.submit(body) if key is None else api.submit_keyed(body, key)
    except (LostAnswerError, HTTPError) as error:
        if _is_definite(error):
            raise
        raise _ambiguous(error, payload, attempt, key) from error


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


def _send_part(api: Endpoints, jobs: Sequence[Job], part: Part, attempt: Attempt) -> None:
    attempt.sends(jobs)
    payloads = [job._payload for job in jobs if job._payload is not None]
    try:
        records = api.submit_batch_keyed([bytes(item) for item in part.payloads], part.key)
    except (LostAnswerError, HTTPError) as error:
        if _is_definite(error):
            raise
        raise _ambiguous(error, payloads, attempt, part.key) from error
    if len(records) != len(jobs):
        odd = JobSubmissionError(f"{len(jobs)} jobs were sent, {len(records)} came back.")
        raise _ambiguous(odd, payloads, attempt, part.key) from odd
    for job, record in zip(jobs, records, strict=True):
        job._accept(record)


def _is_definite(error: LightworksRemoteError) -> bool:
    """Whether the scheduler certainly made no job: it refused, rather than fail or be unreadable."""
    if not isinstance(error, HTTPError):
        return False
    code = error.status_code or 0
    return 300 <= code < 500 or code == 503


def _partly(error: LightworksRemoteError, jobs: Sequence[Job], part: slice) -> LightworksRemoteError:
    """Make the error of a batch of which a part failed: the jobs before it were accepted."""
    from lwfast.remote.job_path.batch_job import BatchJob

    names = [str(job.name) for job in jobs]
    if part.start == 0 and not isinstance(error, AmbiguousSubmissionError):
        return error
    before, failing, after = names[: part.start], names[part], names[part.stop :]
    accepted = BatchJob._of(before, jobs[: part.start])
    not_sent = JobSubmissionError(f"Not sent, since {some(failing)} before it failed.")
    failed: dict[str, Exception] = dict.fromkeys(failing, error)
    failed |= dict.fromkeys(after, not_sent)
    ids = some([job.job_id for job in jobs[: part.start]])
    so_far = f"{part.start} of {len(jobs)} jobs were accepted (ids {ids}; see the attribute jobs), then "
    result: AmbiguousSubmissionError | BatchSubmissionError
    if isinstance(error, AmbiguousSubmissionError):
        result = AmbiguousSubmissionError(
            f"{so_far}the answer for {some(failing)} was lost. Not sent: {some(after)}. {error}",
            error.payload,
            error.sent_at,
            accepted,
            failed=failed,
            key=error.key,
        )
        result.job_id = error.job_id
    else:
        result = BatchSubmissionError(f"{so_far}{some(failing)} failed: {error}", accepted, failed)
    result.job = accepted
    return result


def _ambiguous(
    error: LightworksRemoteError,
    payload: wire.ArtemisPayload | list[wire.ArtemisPayload],
    attempt: Attempt,
    key: str | None,
) -> AmbiguousSubmissionError:
    several = isinstance(payload, list)
    names = some([item.job_name for item in (payload if isinstance(payload, list) else [payload])])
    how = "It was not sent again, so as not to make a job twice."
    if key is not None:
        how = "It was sent again under the same key, in vain."
        how += "" if several else " This exception's job.retry() sends it once more under that key, safely."
    what_next = how_to_look(attempt.sent_at)
    if attempt.key is not None and attempt.is_on_disk:
        what_next = how_to_resume(attempt.key)
    told = error.job_id if isinstance(error, HTTPError | LostAnswerError) else None
    named = (
        "" if told is None else f" The answer named job {told}: see whether remote.job({told!r}) finds it."
    )
    result = AmbiguousSubmissionError(
        f"{error} The answer to a submit is lost: the {'jobs' if several else 'job'} {names} may or may not "
        f"exist.{named} {how} {what_next}",
        payload=payload,
        sent_at=attempt.sent_at,
        key=key,
    )
    result.job_id = told
    return result
