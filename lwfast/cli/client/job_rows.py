"""Jobs as rows of a table, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lwfast.cli.terminal.screen import ACTIVE, BAD, GOOD, QUIET, Cell, Column
from lwfast.cli.terminal.wording import duration, seconds_between, when
from lwfast.errors import LightworksRemoteError
from lwfast.wire import Status

if TYPE_CHECKING:
    from lwfast.remote import Client

COLUMNS = (
    Column("Job ID", right=True),
    Column("Status"),
    Column("Queue", right=True, spare=2),
    Column("Created", spare=4),
    Column("QPU", spare=3),
    Column("Took", right=True, spare=1),
    Column("Name", flexible=True),
)
OWNER = Column("Owner", spare=5)
STYLES = {
    Status.COMPLETED: GOOD,
    Status.FAILED: BAD,
    Status.TIMEDOUT: BAD,
    Status.RUNNING: ACTIVE,
    Status.CANCELLED: QUIET,
}
"""The style of each status; all others have the colour of ordinary text."""


@dataclass(frozen=True)
class JobRow:
    """What is listed of a job. The reference wire tells neither name nor QPU, nor when a job ran.

    Attributes:
        id: Id of the job.
        status: Present status, in words.
        queue_position: From 1 while it waits, else None.
        name: Its name, or None.
        qpu: Name of its QPU, or None.
        created: When it was accepted, as the scheduler wrote it; likewise `started` and `finished`, or None.
        seconds: How long it ran, or has been running.
        owner: Who sent it, of a scheduler with several owners; else None.
    """

    id: int | str
    status: str
    queue_position: int | None
    name: str | None
    qpu: str | None
    created: Any
    started: Any
    finished: Any
    seconds: float | None
    owner: str | None = None


def find_rows(
    client: Client,
    statuses: Iterable[str],
    name: str | None,
    qpu: str | None,
    limit: int,
    owner: str | None = None,
) -> list[JobRow]:
    """Ask for jobs, newest first.

    Raises:
        ValueError: A word is not a status.
        LightworksRemoteError: The scheduler cannot filter by name, QPU or owner.
    """
    from lwfast.remote.connection.connection import connection_of
    from lwfast.remote.job_path.listing import all_records, check_statuses

    wanted = check_statuses(list(statuses))
    if connection_of(client).api.offers_v1():
        found = all_records(connection_of(client), wanted, name, qpu, limit, owner=owner)
        return [_of_record(one) for one in found]
    if owner is not None:
        raise LightworksRemoteError("This scheduler knows no owners; leave --owner out.")
    jobs = client.jobs(status=wanted, name=name, qpu=qpu, limit=limit)
    return [_of_details(client.get_job_details(job.job_id)) for job in jobs]


def _of_record(record: Any) -> JobRow:
    ended = record.finished_date or (datetime.now(UTC).isoformat() if record.started_date else None)
    return JobRow(
        id=record.job_id,
        status=str(record.job_status),
        queue_position=record.queue_position,
        name=record.job_name,
        qpu=record.qpu,
        created=record.created_date,
        started=record.started_date,
        finished=record.finished_date,
        seconds=seconds_between(record.started_date, ended),
        owner=record.owner,
    )


def _of_details(details: Any) -> JobRow:
    return JobRow(
        id=details.job_id,
        status=str(details.job_status),
        queue_position=details.queue_position,
        name=None,
        qpu=None,
        created=details.created_date,
        started=None,
        finished=None,
        seconds=None,
        owner=None,
    )


def columns_of(rows: Sequence[JobRow]) -> tuple[Column, ...]:
    """Return the columns of a table: with the owners where there are several, or one that is named."""
    return (*COLUMNS[:-1], OWNER, COLUMNS[-1]) if any(row.owner for row in rows) else COLUMNS


def as_cells(rows: Sequence[JobRow], *, local: bool) -> list[list[Cell]]:
    """Return jobs as cells below `columns_of` them.

    Args:
        rows: The jobs, one line each.
        local: Whether times are for a person here, rather than in UTC.
    """
    owners = any(row.owner for row in rows)
    return [
        [
            str(row.id),
            (row.status, STYLES.get(Status(row.status), "")),
            "" if row.queue_position is None else str(row.queue_position),
            when(row.created, local=local),
            row.qpu or "",
            duration(row.seconds),
            *([row.owner or ""] if owners else []),
            row.name or "",
        ]
        for row in rows
    ]


def as_plain(rows: Sequence[JobRow]) -> list[dict[str, Any]]:
    """Return jobs as JSON has them."""
    return [asdict(row) for row in rows]
