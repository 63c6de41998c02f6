"""From a request's body to accepted jobs, for one job and for batches, with and without a key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request

from lwfast.wire import IDEMPOTENCY_HEADER

from .faults import RequestError
from .http import checked, read_body, scheduler_of
from .jobs import Job, NewJob
from .qpus import QPUConfig
from .validation import check_batch, check_one, parse_json

MAX_KEY = 255
Check = Callable[[bytes, Mapping[str, QPUConfig]], Sequence[NewJob]]


def _one(body: bytes, qpus: Mapping[str, QPUConfig]) -> Sequence[NewJob]:
    return [check_one(parse_json(body), qpus)]


def _batch(body: bytes, qpus: Mapping[str, QPUConfig]) -> Sequence[NewJob]:
    return check_batch(parse_json(body), qpus)


async def submit_one(request: Request) -> Job:
    """Accept the job of a request.

    Raises:
        RequestError: It breaks rules; lists all of them.
    """
    limit = scheduler_of(request).settings.body_limit
    return (await _submit(request, _one, limit, b"one"))[0]


async def submit_batch(request: Request) -> list[Job]:
    """Accept all jobs of a request, or none.

    Raises:
        RequestError: One breaks rules; lists all violations of all jobs.
    """
    limit = scheduler_of(request).settings.batch_limit
    return await _submit(request, _batch, limit, b"batch")


async def _submit(request: Request, check: Check, limit: int, kind: bytes) -> list[Job]:
    scheduler = scheduler_of(request)
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if key is not None and not 1 <= len(key) <= MAX_KEY:
        raise RequestError.of(IDEMPOTENCY_HEADER, f"should have 1 to {MAX_KEY} characters, has {len(key)}")
    body = await read_body(request, limit)
    jobs = await checked(lambda text: check(text, scheduler.settings.qpus), body)
    return await scheduler.submit(jobs, key, _digest(kind, jobs))


def _digest(kind: bytes, jobs: Sequence[NewJob]) -> bytes:
    """What a key stands for: the payloads as stored, so white space and order of fields do not matter."""
    digest = hashlib.sha256(kind)
    for job in jobs:
        digest.update(len(job.payload).to_bytes(8, "little"))
        digest.update(job.payload)
    return digest.digest()
