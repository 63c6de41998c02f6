"""Lists of jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lwfast._base.limits import MAX_INT64
from lwfast.errors import JobNotFoundError, LightworksDependencyError, LightworksRemoteError
from lwfast.remote.connection.connection import Connection
from lwfast.remote.tracked import Tracked
from lwfast.wire import JobRecord, Status, fits, id_order
from lwfast.wire.name_search import WILDCARD

if TYPE_CHECKING:
    import pandas as pd

PAGE = 500
WAITING = (Status.ACCEPTED, Status.SCHEDULED)


def find_jobs(
    connection: Connection,
    status: Any,
    name: str | None,
    limit: int | None,
    qpu: str | None,
    before: int | None,
) -> list[Tracked]:
    """Find jobs, newest first; see `remote.jobs` for the arguments."""
    statuses = check_statuses(status)
    if limit is not None and limit < 1:
        raise ValueError(f"limit should be a number of jobs from 1 on, or None for all, got {limit!r}.")
    api = connection.api
    if api.offers_v1():
        return [
            Tracked.found(record) for record in all_records(connection, statuses, name, qpu, limit, before)
        ]
    asked = [key for key, value in (("name", name), ("qpu", qpu)) if value is not None]
    if asked:
        raise LightworksRemoteError(
            f"This scheduler lists ids only, so jobs cannot be found by {' and '.join(asked)}; filter by "
            "status, or keep the ids (job.save_to_file).",
            in_shell=f"This scheduler lists ids only, so jobs cannot be found by "
            f"{' and '.join(asked)}; filter by "
            "--status instead.",
        )
    ids = sorted(api.job_ids(statuses), key=id_order, reverse=True)
    if before is not None:
        ids = [item for item in ids if id_order(item) < id_order(before)]
    return [Tracked(job_id=job_id) for job_id in ids[:limit]]


def all_records(
    connection: Connection,
    statuses: Iterable[Status] = (),
    name: str | None = None,
    qpu: str | None = None,
    limit: int | None = None,
    before: int | None = None,
    owner: str | None = None,
) -> list[JobRecord]:
    """Ask for pages until there are enough records, or no more.

    The scheduler finds patterns of names. One of an older lwfast knows whole names only, and sends all jobs:
    so those of other names are left out here as well.
    """
    pattern = name if name is not None and WILDCARD in name else None
    found: list[JobRecord] = []
    while limit is None or len(found) < limit:
        ask = PAGE if limit is None else min(PAGE, limit - len(found))
        page = connection.api.page(
            statuses=statuses,
            name=None if pattern else name,
            search=pattern,
            qpu=qpu,
            owner=owner,
            limit=ask,
            before=before,
        )
        found += [record for record in page.items if pattern is None or fits(pattern, record.job_name)]
        before = page.before
        if before is None or not page.items:
            break
    return found[:limit]


def check_statuses(status: Any) -> list[Status]:
    """Return the statuses to filter by.

    Raises:
        ValueError: A word is not a status; the message lists the known ones.
    """
    if status is None:
        return []
    values = [status] if isinstance(status, str | Status) else list(status)
    found: list[Status] = []
    for value in values:
        known = Status(value)
        if known is Status.UNKNOWN:
            words = ", ".join(item.wire_name for item in Status if item is not Status.UNKNOWN)
            raise ValueError(f"{value!r} is not the status of a job; the statuses are: {words}.")
        found.append(known)
    return found


def waiting_ids(connection: Connection) -> list[int | str]:
    """Ask for the ids of the jobs that wait, oldest first."""
    return sorted(connection.api.job_ids(WAITING), key=id_order)


def scheduled_table(connection: Connection) -> pd.DataFrame:
    """Return the jobs that wait, in the order of the queue; see `remote.show_scheduled`."""
    try:
        import pandas as pd
    except ImportError as error:
        raise LightworksDependencyError(
            "show_scheduled needs pandas; python -m pip install pandas (the extra lwfast[frames])."
        ) from error
    rows = sorted(_waiting(connection), key=lambda row: (row[2] is None, row[2] or 0, id_order(row[0])))
    table = pd.DataFrame(rows, columns=["Job ID", "Status", "Queue Position"])
    numbers = all(isinstance(row[0], int) and abs(row[0]) <= MAX_INT64 for row in rows)
    return table.astype({"Job ID": "int64" if numbers else "object", "Queue Position": "Int64"})


def _waiting(connection: Connection) -> list[tuple[int | str, str, int | None]]:
    """Ask which jobs wait: in one request where the scheduler can, else one for each job."""
    if connection.api.offers_v1():
        return [
            (record.job_id, str(record.job_status), record.queue_position)
            for record in all_records(connection, WAITING)
        ]
    rows: list[tuple[int | str, str, int | None]] = []
    for job_id in waiting_ids(connection):
        try:
            details = connection.api.details(job_id)
        except JobNotFoundError:
            continue  # deleted since the list was made
        if details.job_status in WAITING:
            rows.append((details.job_id, str(details.job_status), details.queue_position))
    return rows
