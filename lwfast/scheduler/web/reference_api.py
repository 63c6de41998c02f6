"""The reference wire: what the public client of the real scheduler speaks, and nothing more."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lwfast.scheduler.faults import NotFoundError
from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.web.http import FileAnswer, integer, json_answer, path_id, scheduler_of, statuses
from lwfast.scheduler.web.submission import submit_one
from lwfast.scheduler.web.visible_jobs import jobs_of, named_job
from lwfast.wire import (
    ALL_JOBS,
    JOB_ID_HEADER,
    JobList,
    JobListItem,
    QPUListItem,
    encode,
    encode_status_bearing,
)


async def submit(request: Request) -> Response:
    """`POST jobs`: 202 once the job is on the disk, its id in a header."""
    job = await submit_one(request)
    return Response(status_code=202, headers={JOB_ID_HEADER: str(job.id)})


async def job_list(request: Request) -> Response:
    """`GET jobs`: ids, newest first."""
    limit = integer(request, "pageSize", ALL_JOBS, least=1, most=ALL_JOBS)
    query = JobQuery(statuses=statuses(request, "statuses"))
    ids = await jobs_of(request).ids(query, limit or ALL_JOBS)
    return json_answer(encode(JobList(items=[JobListItem(id=job_id) for job_id in ids])))


async def job_details(request: Request) -> Response:
    """`GET jobs/{id}`: exactly the seven keys that the public client knows."""
    job = await named_job(request)
    position = scheduler_of(request).book.queue.position(job.id)
    return json_answer(encode_status_bearing(job.details(position)))


async def cancel(request: Request) -> Response:
    """`PUT jobs/{id}/cancel`: 204."""
    await jobs_of(request).cancel(path_id(request))
    return Response(status_code=204)


async def results(request: Request) -> Response:
    """`GET jobs/{id}/results`: 200 with the result, 400 if there never will be one, 404 if not yet."""
    found = await jobs_of(request).result(path_id(request))
    if isinstance(found, bytes):
        return json_answer(found)
    return FileAnswer(*found)


async def qpu_list(request: Request) -> Response:
    """`GET qpus`."""
    qpus = scheduler_of(request).settings.qpus.values()
    return json_answer(encode([QPUListItem(name=qpu.name, id=qpu.id) for qpu in qpus]))


async def qpu_details(request: Request) -> Response:
    """`GET Qpus/{id}`: exactly the nine keys that the public client knows."""
    wanted = request.path_params["qpu_id"]
    for qpu in scheduler_of(request).settings.qpus.values():
        if str(qpu.id) == wanted:
            return json_answer(encode(qpu.answer))
    raise NotFoundError.of("qpu", f"there is no QPU with the id {wanted[:40]!r}")


ROUTES = [
    Route("/jobs", submit, methods=["POST"]),
    Route("/jobs", job_list, methods=["GET"]),
    Route("/jobs/{job_id}", job_details, methods=["GET"]),
    Route("/jobs/{job_id}/cancel", cancel, methods=["PUT"]),
    Route("/jobs/{job_id}/results", results, methods=["GET"]),
    Route("/qpus", qpu_list, methods=["GET"]),
    Route("/Qpus", qpu_list, methods=["GET"]),
    Route("/qpus/{qpu_id}", qpu_details, methods=["GET"]),
    Route("/Qpus/{qpu_id}", qpu_details, methods=["GET"]),
]
