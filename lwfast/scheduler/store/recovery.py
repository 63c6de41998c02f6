"""Keeping what can be read of a damaged store: `lwfast serve --recover`.

The damaged file is copied aside, byte for byte. A new store takes its place, in one step, with every row
that can be reached and whose checksum says that it is what was written. A job of which something is missing
is not forgotten: it stays, as failed, with the reason, so that nobody waits for it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lwfast._base.files.own_files import why
from lwfast._base.files.to_disk import file_to_disk, folder_to_disk
from lwfast._base.limits import MAX_INT64
from lwfast.scheduler.faults import StoreDamagedError, StoreOpenError
from lwfast.scheduler.jobs import Log
from lwfast.scheduler.store.checksums import CHECKED, INSERTION, IS_WHOLE, TEXTS, teach
from lwfast.scheduler.store.rows import READ_FAULTS
from lwfast.scheduler.store.schema import migrate
from lwfast.scheduler.store.store import FINISHED, Store, connect
from lwfast.wire import Status

Row = tuple[Any, ...]
LOST = "lost with a damaged store"
"""The name of a job of which nothing else is left."""
_UNREAD = "The {} of this job could not be read from a store that was damaged"
_STEP = 1000
_ABSENT = {"owner": "''", "payload_bytes": "0"}
"""What stands for columns that a store of an earlier version does not have."""
_LOGS_EACH = 8
_FARTHEST = 100_000
"""So many rows are looked for one by one, where neither what lies before them nor behind them can be read."""
_JOB_NAMES = CHECKED["jobs"].split(", ")
_STATUS, _UPDATED, _FINISHED, _NOTES = map(_JOB_NAMES.index, ("status", "updated", "finished", "notes"))


class Recovery(NamedTuple):
    """What came of it.

    Attributes:
        aside: Where the damaged store lies now.
        kept: How many jobs are as they were.
        harmed: Ids of jobs of which something could not be read.
    """

    aside: Path
    kept: int
    harmed: list[int]

    def __str__(self) -> str:
        harmed = ", ".join(map(str, self.harmed[:20])) + (", ..." if len(self.harmed) > 20 else "")
        lost = (
            f"; something is missing of {len(self.harmed)} ({harmed}), whose notes say what" if harmed else ""
        )
        return f"the damaged store lies in {self.aside} now; {self.kept} jobs were kept as they were{lost}"


def recover(path: Path, time: str) -> Recovery | None:
    """Set a damaged store aside, and keep what can be read of it.

    Nobody else may use the store meanwhile.

    Args:
        path: Path of the store's SQLite file.
        time: The present time, as `lwfast.scheduler.clock` writes it.

    Returns:
        What came of it; None where the store is not damaged, and is left as it is.

    Raises:
        StoreOpenError: It is another program's, or of a newer lwfast, or the disk is full; it is left as it
            is.
    """
    if not path.exists() or _is_whole(path):
        return None
    aside = _copy_aside(path)
    fresh = path.with_name(f"{path.name}.recovered")
    try:
        fresh.unlink(missing_ok=True)
        with contextlib.closing(Store(fresh)) as store:
            rows, last = _read_all(path)
            store.connection.execute("BEGIN IMMEDIATE")
            kept, harmed = _write(store, rows, time)
            store.connection.execute("UPDATE sqlite_sequence SET seq = max(seq, ?)", (last,))
            store.connection.execute("COMMIT")
        for ending in ("journal", "wal", "shm"):
            path.with_name(f"{path.name}-{ending}").unlink(missing_ok=True)
            fresh.with_name(f"{fresh.name}-{ending}").unlink(missing_ok=True)
        fresh.replace(path)
        folder_to_disk(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreOpenError(
            f"What can be read of {path} could not be written: {error}; correct that, and start "
            f"again. A copy of the damaged store lies in {aside}."
        ) from error
    return Recovery(aside, kept, harmed)


def _is_whole(path: Path) -> bool:
    """Say whether a store needs nothing.

    Raises:
        StoreOpenError: It is not ours to recover.
    """
    try:
        store = Store(path)
    except StoreDamagedError:
        return False
    with contextlib.closing(store):
        return all(
            store.connection.execute(f"SELECT 1 FROM {table} WHERE NOT {whole} LIMIT 1").fetchone() is None  # noqa: S608
            for table, whole in IS_WHOLE.items()
        )


def _copy_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        for ending in ("-journal", "-wal", ""):
            source, target = path.with_name(path.name + ending), aside.with_name(aside.name + ending)
            if source.exists():
                with source.open("rb") as given, os.fdopen(_private(target), "wb") as copy:
                    shutil.copyfileobj(given, copy, 1 << 20)
                    copy.flush()
                    file_to_disk(copy.fileno())
        folder_to_disk(path.parent)
    except OSError as error:
        raise StoreOpenError(
            f"The damaged store {path} cannot be copied: {why(error)}; correct that, and start again."
        ) from error
    return aside


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def _read_all(path: Path) -> tuple[dict[str, list[Row]], int]:
    """Read the rows of each table that are what was written, and the last id that was given.

    Without checksums, all that can be read is taken.
    """
    try:
        connection = connect(path)
    except READ_FAULTS:
        return {table: [] for table in CHECKED}, 0
    with contextlib.closing(connection):
        last = _last_id(connection)
        return {table: list(_rows(connection, table, last)) for table in CHECKED}, last


def _last_id(connection: sqlite3.Connection) -> int:
    """Read the last id that was given, so that none is given twice; 0 where it cannot be read."""
    with contextlib.suppress(*READ_FAULTS):
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").fetchone()
        return int(row[0]) if row else 0
    return 0


def _rows(connection: sqlite3.Connection, table: str, last_id: int) -> Iterator[Row]:
    """Read a table from both ends until a page is damaged, and what lies between row by row."""
    names = CHECKED[table].split(", ")
    try:
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    except READ_FAULTS:
        return
    texts = [place for place, name in enumerate(names) if name in TEXTS]
    whole = IS_WHOLE[table] if "checksum" in columns else "1"
    taken = ", ".join(name if name in columns else _ABSENT[name] for name in names)
    text = f"SELECT rowid, {taken}, {whole} FROM {table} NOT INDEXED WHERE "  # noqa: S608
    found: dict[int, Row] = {}

    def take(condition: str, value: int) -> int | None:
        """Read some rows; return the last rowid that was seen, or None where there was none."""
        last = None
        for rowid, *row, is_whole in connection.execute(text + condition, (value,)):
            last = rowid
            is_text = all(row[k] is None or isinstance(row[k], str) for k in texts)
            if is_whole and is_text:
                found[rowid] = tuple(row)
        return last

    low, high = 0, MAX_INT64
    try:
        while (last := take(f"rowid > ? ORDER BY rowid LIMIT {_STEP}", low)) is not None:
            low = last
    except READ_FAULTS:
        below = max(found, default=0)
        try:
            while (last := take(f"rowid < ? ORDER BY rowid DESC LIMIT {_STEP}", high)) is not None:
                high = last
        except READ_FAULTS:
            most = _LOGS_EACH * last_id if table == "logs" else last_id
            above = min((rowid for rowid in found if rowid > below), default=most + 1)
            for rowid in range(below + 1, min(above, below + _FARTHEST)):
                with contextlib.suppress(*READ_FAULTS):
                    take("rowid = ?", rowid)
    rows = (found[rowid] for rowid in sorted(found))
    yield from rows if "checksum" in columns else _fitting(table, rows)


def _fitting(table: str, rows: Iterable[Row]) -> Iterator[Row]:
    """Leave out rows that no store takes: without checksums, damage to them is noticed in no other way."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as trial:
        teach(trial)
        migrate(trial)
        for row in rows:
            try:
                # Only the kinds of bodies count, which may be large.
                trial.execute(INSERTION[table], [b"" if isinstance(item, bytes) else item for item in row])
                if table == "idempotency":
                    _ids_of(row)
            except (sqlite3.IntegrityError, msgspec.MsgspecError):
                continue
            yield row


def _ids_of(key: Row) -> list[int]:
    """Return the ids of the jobs that were accepted with a key."""
    return msgspec.json.decode(key[-1], type=list[int])


def _write(store: Store, rows: dict[str, list[Row]], time: str) -> tuple[int, list[int]]:
    """Write what was read; return how many jobs are as they were, and of which something is missing."""
    jobs = {row[0]: list(row) for row in rows["jobs"]}
    payloads = {row[0]: row for row in rows["payloads"]}
    results = {row[0]: row for row in rows["results"]}
    mentioned = {*jobs, *payloads, *results, *(row[0] for row in rows["logs"])}
    for key in rows["idempotency"]:
        mentioned.update(_ids_of(key))
    harmed: dict[int, str] = {}
    for job_id in sorted(mentioned):
        if job_id not in jobs:
            jobs[job_id] = _made_up(job_id, payloads.get(job_id), is_done=job_id in results, time=time)
            harmed[job_id] = _UNREAD.format("row")
        status = jobs[job_id][_STATUS]
        if job_id not in payloads:
            harmed.setdefault(job_id, _UNREAD.format("payload"))
        elif status == Status.COMPLETED.wire_name and job_id not in results:
            harmed.setdefault(job_id, _UNREAD.format("result"))
        if job_id in harmed:
            jobs[job_id][_NOTES] = harmed[job_id]
            if status not in FINISHED:
                jobs[job_id][_STATUS] = Status.FAILED.wire_name
                jobs[job_id][_FINISHED] = jobs[job_id][_UPDATED] = time
                entry = Log.of(Status.FAILED, time)
                meta = msgspec.json.encode(entry.meta)
                rows["logs"].append((job_id, entry.message, time, entry.status, meta))
        store.connection.execute(INSERTION["jobs"], jobs[job_id])
    for table in ("payloads", "results", "logs", "idempotency"):
        store.connection.executemany(INSERTION[table], rows[table])
    return len(jobs) - len(harmed), list(harmed)


def _made_up(job_id: int, payload: Row | None, *, is_done: bool, time: str) -> list[Any]:
    """Make the row of a job from its payload, where there is one; it is live unless there is a result."""
    told: dict[str, Any] = {}
    if payload is not None:
        with contextlib.suppress(msgspec.MsgspecError):
            told = msgspec.json.decode(payload[1], type=dict[str, Any])
    status = Status.COMPLETED if is_done else Status.SCHEDULED
    values = {
        "id": job_id,
        "name": str(told.get("job_name", LOST)),
        "qpu": str(told.get("qpu", "")),
        "status": status.wire_name,
        "created": time,
        "updated": time,
        "finished": time if is_done else None,
        "n_modes": told.get("n_modes", 0),
        "n_photons": sum(told.get("input", ())),
        "n_samples": told.get("n_samples", 0),
        "min_detection": told.get("min_detection", 0),
        "attempts": 0,
        "timeout_seconds": 0.0,
        "owner": "",
        "payload_bytes": 0 if payload is None else len(payload[1]),
    }
    return [values.get(name) for name in _JOB_NAMES]
