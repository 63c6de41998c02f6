"""Sending payloads so that none becomes two jobs, and none is lost without a word."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

import msgspec

from lwfast import wire
from lwfast.errors import (
    AmbiguousSubmissionError,
    BatchSubmissionError,
    HTTPError,
    JobSubmissionError,
    LightworksRemoteError,
)
from lwfast.remote.configuration.intents import SubmitPart
from lwfast.remote.connection.causes import LostAnswerError
from lwfast.remote.connection.connection import Connection
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.remote.job_path.attempt import Attempt, how_to_look, how_to_resume, quoted
from lwfast.remote.tracked import Tracked

AROUND_BATCH = 64
"""What a request may hold around the jobs of a batch, in bytes as in brackets."""


def _new_key() -> str:
    """Make an idempotency key."""
    return str(uuid.uuid4())


def submit(
    connection: Connection, jobs: Sequence[Tracked], bodies: Sequence[bytes], attempt: Attempt, *, batch: bool
) -> None:
    """Send the payloads of jobs, and give each job its id.

    With lwfast's API all of a batch are accepted or none, but for batches above the size of a request, which
    are sent in parts; without it they are sent one by one. Nothing is sent after the first failure.

    Where a single job fails, it is as it was, but for the key of a submit whose answer was lost: the next
    submit of the job goes under the same key, so that the scheduler can tell that it has it.

    Args:
        connection: Connection to the scheduler that gets them.
        jobs: The jobs, each with its payload; one, unless it is a batch.
        bodies: The payload of each as it is sent.
        attempt: What it is a part of.
        batch: Whether the jobs belong together.

    Raises:
        BatchSubmissionError: Some were accepted, then one failed; carries the accepted jobs.
        AmbiguousSubmissionError: The answer to one was lost: it may or may not exist; carries the accepted
            jobs.
        JobSubmissionError: The scheduler refused a payload; none was accepted.
        ConnectionFailedError: The scheduler could not be reached; nothing was sent.
    """
    if not jobs:
        return
    api = connection.api
    if not api.offers_v1():
        send(connection, jobs, [SubmitPart("", [msgspec.Raw(body)]) for body in bodies], attempt, batch=batch)
        return
    key = (None if batch else jobs[0].pending_key) or _new_key()
    slices = list(_parts(bodies))
    names = [key] if len(slices) == 1 else [f"{key}.{number}" for number in range(1, len(slices) + 1)]
    parts = [
        SubmitPart(name, [msgspec.Raw(body) for body in bodies[of]])
        for name, of in zip(names, slices, strict=True)
    ]
    attempt.record(key, api.transport.settings.url, jobs, parts, batch=batch)
    send(connection, jobs, parts, attempt, batch=batch)


def submit_again(connection: Connection, job: Tracked, attempt: Attempt) -> None:
    """Send the payload of a job that exists, or of one that was made by hand.

    Raises:
        LightworksRemoteError: See `submit`; a job without a payload is a JobSubmissionError.
    """
    if job.payload is None and job.job_id is not None and connection.api.offers_v1():
        job.payload = connection.api.payload(job.job_id)
    if job.payload is None:
        raise JobSubmissionError("No payload provided to job, so there is nothing to submit.")
    submit(connection, [job], [wire.encode(job.payload)], attempt, batch=False)


def send(
    connection: Connection,
    jobs: Sequence[Tracked],
    parts: Sequence[SubmitPart],
    attempt: Attempt,
    *,
    batch: bool,
) -> None:
    """Send what was cut into requests, each under its key if it has one, and give each job its id.

    Raises:
        LightworksRemoteError: See `submit`.
    """
    api = connection.api
    url = api.transport.settings.url
    before = jobs[0].pending_key, jobs[0].url
    if parts[0].key and not batch:
        jobs[0].pending_key, jobs[0].url = parts[0].key, url
    start = 0
    for part in parts:
        of = slice(start, start + len(part.payloads))
        try:
            answers = _send_part(api, jobs[of], part, attempt, batch=batch)
        except LightworksRemoteError as error:
            if not isinstance(error, AmbiguousSubmissionError):
                # A refusal now says nothing of the earlier try whose answer was lost.
                if not batch:
                    jobs[0].pending_key, jobs[0].url = before
                attempt.refused(jobs[of])
            raised = (
                error if len(parts) == 1 and (part.key or not batch) else _partly(error, jobs, of, attempt)
            )
            if raised is error:
                raise
            raise raised from error
        for job, answer in zip(jobs[of], answers, strict=True):
            job.accept(answer, url)
        start = of.stop
    if not batch:
        connection.remember_open(jobs[0])


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


def _send_part(
    api: Endpoints, jobs: Sequence[Tracked], part: SubmitPart, attempt: Attempt, *, batch: bool
) -> Sequence[wire.JobRecord | int | str]:
    """Send one request; returns the record of each job where it goes under a key, else the id of its one."""
    attempt.sends(jobs)
    bodies = [bytes(item) for item in part.payloads]
    key = part.key or None
    try:
        if key is None:
            return [api.submit(bodies[0])]
        if not batch:
            return [api.submit_keyed(bodies[0], key)]
        return api.submit_batch_keyed(bodies, key)
    except (LostAnswerError, HTTPError) as error:
        if _is_definite(error):
            raise
        raise _ambiguous(error, jobs, attempt, key, several=batch and key is not None) from error


def _is_definite(error: LightworksRemoteError) -> bool:
    """Whether the scheduler certainly made no job: it refused, rather than fail or be unreadable."""
    if not isinstance(error, HTTPError):
        return False
    code = error.status_code or 0
    return 300 <= code < 500 or code == 503


def _partly(
    error: LightworksRemoteError, jobs: Sequence[Tracked], part: slice, attempt: Attempt
) -> LightworksRemoteError:
    """Make the error of a batch of which a part failed: the jobs before it were accepted."""
    names = [str(job.name) for job in jobs]
    if part.start == 0 and not isinstance(error, AmbiguousSubmissionError):
        return error
    failing, after = names[part], names[part.stop :]
    accepted = attempt.batch_of(jobs[: part.start])
    not_sent = JobSubmissionError(f"Not sent, since {quoted(failing)} before it failed.")
    failed: dict[str, Exception] = dict.fromkeys(failing, error)
    failed |= dict.fromkeys(after, not_sent)
    ids = quoted([job.job_id for job in jobs[: part.start]])
    so_far = f"{part.start} of {len(jobs)} jobs were accepted (ids {ids}; see the attribute jobs), then "
    result: AmbiguousSubmissionError | BatchSubmissionError
    if isinstance(error, AmbiguousSubmissionError):
        result = AmbiguousSubmissionError(
            f"{so_far}the answer for {quoted(failing)} was lost. Not sent: {quoted(after)}. {error}",
            error.payload,
            error.sent_at,
            accepted,
            failed=failed,
            key=error.key,
        )
        result.job_id = error.job_id
    else:
        result = BatchSubmissionError(f"{so_far}{quoted(failing)} failed: {error}", accepted, failed)
    result.job = accepted
    return result


def _ambiguous(
    error: LightworksRemoteError, jobs: Sequence[Tracked], attempt: Attempt, key: str | None, *, several: bool
) -> AmbiguousSubmissionError:
    payloads = [job.payload for job in jobs]
    names = quoted([job.name for job in jobs])
    how = "It was not sent again, so as not to make a job twice."
    if key is not None:
        how = "It was sent again under the same key, without success."
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
        payload=payloads if several else payloads[0],
        sent_at=attempt.sent_at,
        key=key,
    )
    result.job_id = told
    return result
