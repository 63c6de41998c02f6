"""What lwfast adds to the reference wire, as `lwfast.wire.v1` describes it."""

from __future__ import annotations

import asyncio
import math
import time

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast._base.limits import MAX_INT64
from lwfast._version import __version__
from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.job_query import MOST_SEARCH, JobQuery
from lwfast.scheduler.web.http import (
    integer,
    integers,
    json_answer,
    path_id,
    scheduler_of,
    statuses,
    until_gone,
)
from lwfast.scheduler.web.submission import submit_batch, submit_one
from lwfast.scheduler.web.visible_jobs import jobs_of, named_job
from lwfast.wire import (
    JOB_ID_HEADER,
    Changes,
    JobPage,
    JobRecords,
    SchedulerStatus,
    encode,
    encode_status_bearing,
)

DEFAULT_PAGE, LARGEST_PAGE = 100, 1000
MOST_IDS = 10_000
COALESCE_SECONDS = 0.01
"""Who follows many jobs is answered at most a hundred times a second."""
LARGEST_RESULT, MOST_RESULTS = 16 * 1024, 256
"""Small results travel with the news that they are there: one request less for each job."""
DEFAULT_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 30.0, 300.0


async def submit(request: Request) -> Response:
    """`POST v1/jobs`: 202 with the job's record."""
    job = await submit_one(request)
    body = encode_status_bearing(scheduler_of(request).book.record(job))
    return json_answer(body, 202, {JOB_ID_HEADER: str(job.id)})


async def submit_many(request: Request) -> Response:
    """`POST v1/jobs/batch`: 202 with the records, in the order of the batch."""
    jobs = await submit_batch(request)
    book = scheduler_of(request).book
    return json_answer(encode_status_bearing(JobRecords(jobs=[book.record(job) for job in jobs])), 202)


async def job_page(request: Request) -> Response:
    """`GET v1/jobs`: a page of records, newest first."""
    book = scheduler_of(request).book
    limit = integer(request, "limit", DEFAULT_PAGE, least=1, most=LARGEST_PAGE) or DEFAULT_PAGE
    ids = integers(request, "ids", MOST_IDS)
    search = request.query_params.get("search")
    if search is not None and len(search) > MOST_SEARCH:
        raise RequestError.of("search", f"has {len(search)} characters, and {MOST_SEARCH} are allowed")
    query = JobQuery(
        statuses=statuses(request, "status"),
        name=request.query_params.get("name"),
        qpu=request.query_params.get("qpu"),
        ids=None if ids is None else set(ids),
        before=integer(request, "before", None, least=0, most=MAX_INT64),
        search=search,
        owner=request.query_params.get("owner"),
    )
    jobs = await jobs_of(request).page(query, limit + 1)  # one more tells whether there is a next page
    page = jobs[:limit]
    before = page[-1].id if len(jobs) > limit else None
    return json_answer(
        encode_status_bearing(JobPage(items=[book.record(job) for job in page], before=before))
    )


async def job_record(request: Request) -> Response:
    """`GET v1/jobs/{id}`."""
    job = await named_job(request)
    return json_answer(encode_status_bearing(scheduler_of(request).book.record(job)))


async def job_payload(request: Request) -> Response:
    """`GET v1/jobs/{id}/payload`: as stored."""
    return json_answer(await jobs_of(request).payload(path_id(request)))


async def changes(request: Request) -> Response:
    """`GET v1/changes`: wait until one of the jobs changes, or any job where none is named.

    Answers at once where one has changed already, and where nothing can change any more. The wait ends with
    the connection of who asked: else it would be kept for as long as was asked for.

    Raises:
        ClientDisconnect: The connection has ended.
    """
    scheduler = scheduler_of(request)
    book, counter, visible = scheduler.book, scheduler.changes, jobs_of(request)
    after = integer(request, "after", 0, least=0, most=MAX_INT64) or 0
    ids = integers(request, "ids", MOST_IDS)
    largest = integer(request, "results", 0, least=0, most=LARGEST_RESULT) or 0
    deadline = time.monotonic() + _seconds(request)
    if after and (ids is None or len(ids) > 1):
        await asyncio.sleep(COALESCE_SECONDS)
    gone: asyncio.Task[None] | None = None
    try:
        while True:
            if ids is None:
                jobs = visible.changed_after(after, LARGEST_PAGE)
                done = counter.seq > after
            else:
                jobs = await visible.find_all(ids)
                done = any(job.seq > after for job in jobs) or all(job.status.is_complete for job in jobs)
            left = deadline - time.monotonic()
            if done or after > counter.seq or left <= 0 or counter.closed:
                break
            gone = gone or asyncio.create_task(until_gone(request))
            await counter.wait(ids, left, gone)
            if gone.done():
                raise ClientDisconnect
    finally:
        if gone is not None:
            gone.cancel()
    results = {
        str(job.id): msgspec.Raw(body)
        for job in jobs[:MOST_RESULTS]
        if largest and (body := scheduler.result_at_hand(job, largest)) is not None
    }
    answer = Changes(seq=counter.seq, items=[book.record(job) for job in jobs], results=results)
    return json_answer(encode_status_bearing(answer))


def _seconds(request: Request) -> float:
    text = request.query_params.get("timeout")
    if text is None:
        return DEFAULT_WAIT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise RequestError.of("timeout", f"should be a number of seconds from 0 on, got {text[:40]!r}")
    return min(seconds, LONGEST_WAIT_SECONDS)


async def status(request: Request) -> Response:
    """`GET v1/status`."""
    scheduler = scheduler_of(request)
    answer = SchedulerStatus(
        version=__version__,
        started_date=scheduler.started,
        workers=len(scheduler.pool.workers),
        running=scheduler.running,
        waiting=len(scheduler.book.queue),
        ready=scheduler.pool.ready,
        trouble=scheduler.trouble,
    )
    return json_answer(encode(answer))


ROUTES = [
    Route("/jobs", submit, methods=["POST"]),
    Route("/jobs", job_page, methods=["GET"]),
    Route("/jobs/batch", submit_many, methods=["POST"]),
    Route("/jobs/{job_id}", job_record, methods=["GET"]),
    Route("/jobs/{job_id}/payload", job_payload, methods=["GET"]),
    Route("/changes", changes, methods=["GET"]),
    Route("/status", status, methods=["GET"]),
]
