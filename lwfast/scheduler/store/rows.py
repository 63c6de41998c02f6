"""Reading rows of the store one by one, so that a damaged row is reported and hides no other row."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from lwfast.scheduler.jobs import Log, StoredJob
from lwfast.scheduler.store.checksums import IS_WHOLE
from lwfast.wire import Status

COLUMN_NAMES = [
    "id",
    "name",
    "qpu",
    "status",
    "created",
    "updated",
    "started",
    "finished",
    "n_modes",
    "n_photons",
    "n_samples",
    "min_detection",
    "timeout_seconds",
    "attempts",
    "notes",
    "owner",
    "payload_bytes",
]
READ_FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What reading a store can raise; the second where SQLite quotes what is damaged and no text any more."""
DAMAGED_ENTRY = "This entry of the log is damaged in the store"


def select_jobs(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[StoredJob]:
    """Read jobs with their logs.

    Args:
        connection: Connection that reads the store.
        where: What follows WHERE; text of this package, never of a request.
        values: The values in it.
    """
    names = ", ".join(COLUMN_NAMES)
    text = f"SELECT {names}, {IS_WHOLE['jobs']} FROM jobs WHERE {where}"  # noqa: S608
    jobs = [_job(row) for row in connection.execute(text, values).fetchall()]
    by_id = {job.id: job for job in jobs if job.damage is None}
    for chunk in _chunks(list(by_id)):
        marks = ", ".join("?" * len(chunk))
        entries = connection.execute(
            f"SELECT job_id, message, created, status, meta, {IS_WHOLE['logs']} FROM logs "  # noqa: S608
            f"WHERE job_id IN ({marks}) ORDER BY id",
            chunk,
        )
        for job_id, *entry in entries:
            job = by_id[job_id]
            job.logs.append(_entry(entry, job))
    return jobs


def _job(row: Sequence[Any]) -> StoredJob:
    *values, is_whole = row
    # A store of an earlier version may hold a text that is not UTF-8 and was taken to be what was written.
    if not is_whole or any(isinstance(value, bytes) for value in values):
        return StoredJob.damaged(row[0])
    fields = dict(zip(COLUMN_NAMES, values, strict=True))
    return StoredJob(**fields | {"status": Status(fields["status"]), "logs": []})


def _entry(row: Sequence[Any], job: StoredJob) -> Log:
    message, created, status, meta, is_whole = row
    if not is_whole or isinstance(message, bytes) or isinstance(created, bytes) or isinstance(status, bytes):
        return Log(message=DAMAGED_ENTRY, created_date=job.updated, status=job.status.wire_name)
    return Log(message=message, created_date=created, status=status, meta=_meta(meta))


def _meta(stored: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(stored, type=dict[str, Any])
    except msgspec.MsgspecError:  # of a store of an earlier version, as above
        return {}


def _chunks(ids: list[int], size: int = 500) -> list[list[int]]:
    """Cut ids so that a statement stays below SQLite's limit of variables."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]
