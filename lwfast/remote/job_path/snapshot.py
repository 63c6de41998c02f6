"""Status and queue position of many jobs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lwfast.errors import ConnectionFailedError, HTTPError, JobNotFoundError, LightworksRemoteError
from lwfast.wire import Status

if TYPE_CHECKING:
    from lwfast.remote.client import Client
    from lwfast.remote.job_path.single_job import Job

IDS_PER_REQUEST = 200

State = tuple[Status, "int | None"]


def statuses_of(jobs: Sequence[Job]) -> dict[Job, State]:
    """Ask for status and queue position of jobs; nothing is asked of those known to be complete.

    With lwfast's API this is one request for every 200 jobs, else one for each.

    Raises:
        JobNotFoundError: The scheduler does not know one of them.
    """
    found: dict[Job, State] = {}
    groups: dict[int, tuple[Client, list[Job]]] = {}
    for job in jobs:
        if job._final is not None:
            found[job] = (job._final, None)
        else:
            client = job._where()
            groups.setdefault(id(client), (client, []))[1].append(job)
    for client, members in groups.values():
        if client._api.transport.speaks_v1:
            for start in range(0, len(members), IDS_PER_REQUEST):
                found |= _ask(client, members[start : start + IDS_PER_REQUEST])
        else:
            for job in members:
                details = job.details
                found[job] = (details.job_status, details.queue_position)
    return found


def look_around(job: Job) -> None:
    """Ask for a job and for all open ones of its client at once, so that waiting for each costs no request.

    A hundred jobs that are submitted and then waited for one by one are asked for once, not a hundred times.
    """
    client = job._where()
    if not client._api.transport.speaks_v1:
        return
    others = [other for other in client._open_jobs() if other is not job][: IDS_PER_REQUEST - 1]
    if not others:
        return
    try:
        _ask(client, [job, *others])
    except (JobNotFoundError, ConnectionFailedError, HTTPError):
        # One of the others may be gone, or the scheduler is out of reach: the wait asks for its own job.
        client._forget_open_jobs()
    except LightworksRemoteError as error:
        error.job = job
        raise


def _ask(client: Client, jobs: Sequence[Job]) -> dict[Job, State]:
    answer = client._api.changes([job._required_id() for job in jobs])
    for job in jobs:
        if (body := answer.results.get(str(job.job_id))) is not None:
            job._keep(job.job_id, bytes(body))
    records = {str(record.job_id): record for record in answer.items}
    found: dict[Job, State] = {}
    for job in jobs:
        record = records.get(str(job.job_id))
        if record is None:
            raise JobNotFoundError(f"Job with requested ID ({job.job_id}) not found.")
        job._saw(record.job_id, record.job_status, record)
        found[job] = (record.job_status, record.queue_position)
    return found
