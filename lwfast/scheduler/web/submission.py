"""From a request's body to accepted jobs, for one job and for batches, with and without a key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec
from starlette.requests import Request

from lwfast.scheduler.faults import KeyReusedError, RequestError
from lwfast.scheduler.jobs import NewJob, StoredJob
from lwfast.scheduler.qpus import QPUConfig
from lwfast.scheduler.validation.payloads import check_batch, check_one, parse_json, stored_form
from lwfast.scheduler.web.http import checked, held_body, scheduler_of
from lwfast.scheduler.web.operations.request_ids import request_id_of
from lwfast.scheduler.web.visible_jobs import owner_of
from lwfast.wire import IDEMPOTENCY_HEADER
from lwfast.wire.tracing import TRACE_HEADERS, span, trace_headers

MAX_KEY = 255
ONE, BATCH = b"one", b"batch"
Check = Callable[[bytes, Mapping[str, QPUConfig]], Sequence[NewJob]]


def _one(body: bytes, qpus: Mapping[str, QPUConfig]) -> Sequence[NewJob]:
    return [check_one(parse_json(body), qpus)]


def _batch(body: bytes, qpus: Mapping[str, QPUConfig]) -> Sequence[NewJob]:
    return check_batch(parse_json(body), qpus)


async def submit_one(request: Request) -> StoredJob:
    """Accept the job of a request.

    Raises:
        RequestError: It breaks rules; lists all of them.
    """
    limit = scheduler_of(request).settings.body_limit
    return (await _submit(request, _one, limit, ONE))[0]


async def submit_batch(request: Request) -> list[StoredJob]:
    """Accept all jobs of a request, or none.

    Raises:
        RequestError: One breaks rules; lists all violations of all jobs.
    """
    limit = scheduler_of(request).settings.batch_limit
    return await _submit(request, _batch, limit, BATCH)


async def _submit(request: Request, check: Check, limit: int, kind: bytes) -> list[StoredJob]:
    key = _key(request)
    async with held_body(request, limit) as body:
        return await _submit_body(request, body, check, kind, key)


async def submit_again(request: Request, body: bytes) -> StoredJob:
    """Accept a job with the payload of an earlier one; a key stands for the new job, as with `submit_one`.

    Args:
        request: The request, of which the body is not looked at.
        body: The payload of the job, as it was stored.

    Raises:
        RequestError: It breaks rules that were others when it was first accepted.
    """
    return (await _submit_body(request, body, _one, ONE, _key(request)))[0]


def _key(request: Request) -> str | None:
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if key is not None and not 1 <= len(key) <= MAX_KEY:
        raise RequestError.of(IDEMPOTENCY_HEADER, f"should have 1 to {MAX_KEY} characters, has {len(key)}")
    return key


async def _submit_body(
    request: Request, body: bytes, check: Check, kind: bytes, key: str | None
) -> list[StoredJob]:
    parent = {name: request.headers[name] for name in TRACE_HEADERS if name in request.headers}
    with span("lwfast.accept", parent, request_id=request_id_of(request.scope)):
        return await _accept(request, body, check, kind, key)


async def _accept(
    request: Request, body: bytes, check: Check, kind: bytes, key: str | None
) -> list[StoredJob]:
    scheduler, owner = scheduler_of(request), owner_of(request)
    if key is not None and owner.name:  # no header holds a line feed, so no two owners share a key
        key = f"{owner.name}\n{key}"
    about = {"owner": owner.name, "request_id": request_id_of(request.scope), "trace": trace_headers()}
    try:
        checked_jobs = await checked(lambda text: check(text, scheduler.settings.qpus), body)
        jobs = [msgspec.structs.replace(job, **about) for job in checked_jobs]
        return await scheduler.submit(jobs, key, _digest(kind, [job.payload for job in jobs]), owner)
    except KeyReusedError:
        raise
    except RequestError:
        # What is taken depends on QPUs and workers as they are now; what was accepted stays accepted.
        if key is None:
            raise
        digest = await checked(lambda text: _digest_unchecked(kind, text), body)
        accepted = await scheduler.accepted_before(key, digest)
        if accepted is None:
            raise
        return accepted


def _digest(kind: bytes, payloads: Sequence[bytes]) -> bytes:
    """What a key stands for: the payloads as stored, so white space and order of fields do not matter."""
    digest = hashlib.sha256(kind)
    for payload in payloads:
        digest.update(len(payload).to_bytes(8, "little"))
        digest.update(payload)
    return digest.digest()


def _digest_unchecked(kind: bytes, body: bytes) -> bytes:
    """What `_digest` would give if the body were taken; of one that never could be, nothing it ever gives."""
    try:
        value = parse_json(body)
    except RequestError:
        return b""
    if kind == BATCH:
        if not isinstance(value, dict) or set(value) != {"jobs"} or not isinstance(value["jobs"], list):
            return b""
        forms = [stored_form(item) for item in value["jobs"]]
    else:
        forms = [stored_form(value)]
    known = [form for form in forms if form is not None]
    return _digest(kind, known) if len(known) == len(forms) else b""
