"""Status and queue position of one job or of many at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from lwfast.errors import ConnectionFailedError, HTTPError, JobNotFoundError
from lwfast.remote.connection.connection import Connected, Connection, connection_of
from lwfast.remote.connection.retry import IDEMPOTENT, SINGLE, RetryPolicy
from lwfast.remote.tracked import Tracked
from lwfast.wire import ArtemisJobDetails, Status

IDS_PER_REQUEST = 200

State = tuple[Status, "int | None"]


def details_of(connection: Connection, job: Tracked) -> ArtemisJobDetails:
    """Ask for everything that the scheduler says about a job."""
    job_id = job.required_id()
    details = connection.api.details(job_id)
    job.saw(job_id, details.job_status, details)
    return details


def statuses_of(jobs: Mapping[Tracked, Connected]) -> dict[Tracked, State]:
    """Ask for status and queue position of jobs; nothing is asked of those known to be complete.

    With lwfast's API this is one request for every 200 jobs, else one for each.

    Args:
        jobs: The jobs, and who holds each.

    Raises:
        JobNotFoundError: The scheduler does not know one of them.
    """
    found: dict[Tracked, State] = {job: (job.final, None) for job in jobs if job.final is not None}
    for connection, members in by_connection({job: jobs[job] for job in jobs if job not in found}):
        if connection.api.transport.speaks_v1:
            for start in range(0, len(members), IDS_PER_REQUEST):
                found |= _ask(connection, members[start : start + IDS_PER_REQUEST])
        else:
            for job in members:
                details = details_of(connection, job)
                found[job] = (details.job_status, details.queue_position)
    return found


def look_around(connection: Connection, job: Tracked, deadline: float | None = None) -> None:
    """Ask for a job and for all open ones of its connection, so that waiting for each costs no request.

    A hundred jobs that are submitted and then waited for one by one are asked for once, not a hundred times.

    Args:
        connection: Connection to the scheduler of the job.
        job: The job that is going to be waited for.
        deadline: Monotonic time by which the answer is wanted, or None.
    """
    if not connection.api.transport.speaks_v1:
        return
    others = [other for other in connection.open_jobs() if other is not job][: IDS_PER_REQUEST - 1]
    if not others:
        return
    try:
        _ask(connection, [job, *others], retry=SINGLE, deadline=deadline)
    except (JobNotFoundError, ConnectionFailedError, HTTPError) as error:
        # One of the others may be gone, or the scheduler is out of reach: the wait asks for its own job.
        connection.forget_open_jobs()
        pause = getattr(error, "retry_after", None) or 0.0
        left = pause if deadline is None else max(0.0, min(pause, deadline - time.monotonic()))
        time.sleep(left)  # as long as the scheduler asked for


def by_connection(jobs: Mapping[Tracked, Connected]) -> list[tuple[Connection, list[Tracked]]]:
    """Put jobs together that are asked for in the same place."""
    groups: dict[int, tuple[Connection, list[Tracked]]] = {}
    for job, holder in jobs.items():
        connection = connection_of(holder)
        groups.setdefault(id(connection), (connection, []))[1].append(job)
    return list(groups.values())


def _ask(
    connection: Connection,
    jobs: Sequence[Tracked],
    *,
    retry: RetryPolicy = IDEMPOTENT,
    deadline: float | None = None,
) -> dict[Tracked, State]:
    ids = [job.required_id() for job in jobs]
    answer = connection.api.changes(ids, retry=retry, deadline=deadline)
    for job in jobs:
        if (body := answer.results.get(str(job.job_id))) is not None:
            job.keep(job.job_id, bytes(body))
    records = {str(record.job_id): record for record in answer.items}
    found: dict[Tracked, State] = {}
    for job in jobs:
        record = records.get(str(job.job_id))
        if record is None:
            raise JobNotFoundError(f"Job with requested ID ({job.job_id}) not found.")
        job.saw(record.job_id, record.job_status, record)
        found[job] = (record.job_status, record.queue_position)
    return found
