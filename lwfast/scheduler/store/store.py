"""The store: one SQLite file, and every statement that touches it.

Durability over speed: rollback journal and `synchronous=FULL`, so that what was committed survives a power
cut. WAL is left alone: SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when the log is reset, and it gains
nothing. With 200 pollers, in five interleaved runs, the status of a job that only the store knows took 214 ms
in the median and 1.9 s at the 99th percentile where threads read all of them; 32 ms and 0.4 s since the
thread of the event loop reads between commits (`reader.py`); and 35 ms and 0.6 s with WAL on top of that.
`Store` is used by the writer's thread alone and never commits by itself; `writer.py` does, for many requests
at once. Reading connections are separate and cannot write.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from lwfast._base.files.own_files import open_own, why
from lwfast._base.files.to_disk import folder_to_disk
from lwfast._texts import ended
from lwfast.scheduler.faults import DamagedError, KeyReusedError, StoreDamagedError, StoreOpenError
from lwfast.scheduler.jobs import Log, NewJob, StoredJob, acceptance_logs
from lwfast.scheduler.store.checksums import CHECKSUM, INSERTION, IS_WHOLE, teach
from lwfast.scheduler.store.result_files import JobAndSeed
from lwfast.scheduler.store.rows import COLUMN_NAMES, READ_FAULTS, select_jobs
from lwfast.scheduler.store.schema import form_of, migrate, right_form
from lwfast.wire import Status

JOURNAL_BYTES = 4 * 1024 * 1024
"""What the journal may keep on the disk between transactions."""
LIVE = (Status.ACCEPTED.wire_name, Status.SCHEDULED.wire_name, Status.RUNNING.wire_name)
FINISHED = tuple(status.wire_name for status in Status if status.is_complete)


def connect(path: Path, *, readonly: bool = False, patience: float = 30.0) -> sqlite3.Connection:
    """Open a connection whose transactions are begun and ended by hand.

    Args:
        path: Path of the store's SQLite file.
        readonly: Whether it may not write.
        patience: Seconds to wait for another program that holds the store.
    """
    uri = path.absolute().as_uri() + ("?mode=ro" if readonly else "")
    # One thread uses a connection; another closes it once that thread has ended.
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=patience, check_same_thread=False
    )
    try:
        teach(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cell_size_check = ON")  # finds damage to a page before it is followed
        if readonly:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA synchronous = FULL")
            # Else a transaction larger than the cache locks readers out before it is committed, which `Gate`
            # does not know of: they and the commit would wait for each other. Memory holds its rows anyway.
            connection.execute("PRAGMA cache_spill = OFF")
            # On macOS, through the disk's own cache as well; elsewhere these two change nothing.
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA checkpoint_fullfsync = ON")
    except BaseException:
        connection.close()
        raise
    return connection


class Store:
    """The writing end.

    Args:
        path: The SQLite file; made if it is missing.

    Raises:
        StoreOpenError: The file is damaged, newer than this version, or not ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # SQLite gives its journal the mode of the database: both are for this user alone.
            os.close(open_own(path, os.O_RDWR | os.O_CREAT))
            folder_to_disk(path.parent)
            for ending in ("journal", "wal", "shm"):
                beside = path.with_name(f"{path.name}-{ending}")
                if beside.is_symlink():
                    raise OSError(errno.ELOOP, f"{beside.name} is a symbolic link, which is not followed")
            self.connection = connect(path)
            try:
                self._check()
            except BaseException:
                self.connection.close()
                raise
        except OSError as error:
            raise StoreOpenError(
                f"The store {path} cannot be opened: {why(error)}; "
                "correct that, or choose another folder with --data-dir."
            ) from error
        except sqlite3.OperationalError as error:
            raise StoreOpenError(
                f"The store {path} cannot be opened: {error}; "
                "correct that, or choose another folder with --data-dir."
            ) from error
        except READ_FAULTS as error:
            raise StoreDamagedError(_refusal(path, str(error))) from error

    def _check(self) -> None:
        # A rollback journal whose file stays, so that the file system has less metadata to flush: measured
        # interleaved on ext4, a commit takes 0.82 ms, with DELETE 1.00 ms and with TRUNCATE 1.06 ms.
        self.connection.execute("PRAGMA journal_mode = PERSIST")
        self.connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")
        findings = [row[0] for row in self.connection.execute("PRAGMA integrity_check(5)")]
        if findings != ["ok"]:
            raise StoreDamagedError(_refusal(self.path, "; ".join(findings)))
        try:
            migrate(self.connection)
        except StoreOpenError as error:
            raise StoreOpenError(f"{self.path}: {ended(error)}") from None
        if form_of(self.connection) != right_form():
            raise StoreDamagedError(_refusal(self.path, "its tables are not those of a store"))
        orphans = self.connection.execute("PRAGMA foreign_key_check").fetchmany(5)
        if orphans:
            raise StoreDamagedError(_refusal(self.path, f"rows without a job: {orphans}"))

    def close(self) -> None:
        """Close the connection; nothing may be pending."""
        self.connection.close()

    def accept(
        self, jobs: Sequence[NewJob], time: str, key: str | None = None, digest: bytes = b""
    ) -> tuple[list[int], bool]:
        """Insert jobs as scheduled, all or none.

        Args:
            jobs: What to insert, in order.
            time: When they were accepted.
            key: Idempotency key; a known one with the same digest inserts nothing.
            digest: What the key stands for.

        Returns:
            The ids, and whether they are new.

        Raises:
            KeyReusedError: The key is known with another digest.
        """
        if key is not None and (known := self.accepted(key, digest)) is not None:
            return known, False
        ids = [self._insert(job, time) for job in jobs]
        if key is not None:
            self._do(INSERTION["idempotency"], key, digest, msgspec.json.encode(ids))
        return ids, True

    def accepted(self, key: str, digest: bytes) -> list[int] | None:
        """The ids of the jobs that were accepted with an idempotency key; None for a new key.

        Raises:
            KeyReusedError: The key is known with another digest.
            DamagedError: What is stored for the key is not what was written.
        """
        row = self._one(
            f"SELECT digest, job_ids, {IS_WHOLE['idempotency']} FROM idempotency WHERE key = ?",  # noqa: S608
            key,
        )
        if row is None:
            return None
        if not row[2]:
            raise DamagedError.of(
                "Idempotency-Key",
                "what the store holds for this key is damaged, so that it cannot say which jobs were "
                "accepted with it; look for them by their names, or restore the store from a copy",
            )
        if row[0] != digest:
            raise KeyReusedError.of(
                "Idempotency-Key",
                f"this key was used before with another payload (job {row[1].decode()}); "
                "use a new key for a new job",
            )
        return msgspec.json.decode(row[1], type=list[int])

    def _insert(self, job: NewJob, time: str) -> int:
        values = (
            job.name,
            job.qpu,
            Status.SCHEDULED.wire_name,
            time,
            time,
            job.n_modes,
            job.n_photons,
            job.n_samples,
            job.min_detection,
            job.timeout_seconds,
            job.owner,
            len(job.payload),
        )
        cursor = self._do(
            "INSERT INTO jobs (name, qpu, status, created, updated, n_modes, n_photons, n_samples, "
            "min_detection, timeout_seconds, owner, payload_bytes) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *values,
        )
        job_id = cursor.lastrowid
        assert job_id is not None  # noqa: S101  (an INSERT has just succeeded)
        self._sign(job_id)
        self._do(INSERTION["payloads"], job_id, job.payload, job.seed, job.hardware)
        for entry in acceptance_logs(time, job.origin):
            self._log(job_id, entry)
        return job_id

    def _sign(self, job_id: int) -> None:
        """Give a job's row, as it stands now, its checksum."""
        self._do(f"UPDATE jobs SET checksum = {CHECKSUM['jobs']} WHERE id = ?", job_id)  # noqa: S608

    def update(self, job_id: int, entry: Log, **columns: Any) -> None:
        """Set a job's status by a log entry, and further columns with it.

        Raises:
            DamagedError: Its row is not what was written: a new checksum would make it look as if it was.
        """
        columns |= {"status": entry.status, "updated": entry.created_date}
        sets = ", ".join(f"{name} = ?" for name in columns)
        where = f"id = ? AND {IS_WHOLE['jobs']}"
        changed = self._do(f"UPDATE jobs SET {sets} WHERE {where}", *columns.values(), job_id).rowcount  # noqa: S608
        if not changed:
            raise DamagedError.of("store", f"the row of job {job_id} is damaged in the store")
        self._sign(job_id)
        self._log(job_id, entry)

    def put_result(self, job_id: int, body: bytes | None, file: str | None) -> None:
        """Store a result, or the name of the file that holds it."""
        self._do(INSERTION["results"], job_id, body, file)

    def recover(self, time: str) -> None:
        """Put every job that was running when the scheduler ended back into the queue."""
        running = f"status IN (?, ?) AND {IS_WHOLE['jobs']}"
        rows = self._do(f"SELECT id FROM jobs WHERE {running}", LIVE[0], LIVE[2])  # noqa: S608
        for (job_id,) in rows.fetchall():
            meta = {"Reason": "The scheduler ended while the job was running"}
            self.update(job_id, Log.of(Status.SCHEDULED, time, meta), started=None)

    def live_jobs(self) -> list[StoredJob]:
        """Every job that is not known to be finished, oldest first; those whose rows are damaged say so."""
        text = f"status NOT IN ({', '.join('?' * len(FINISHED))}) ORDER BY id"
        return select_jobs(self.connection, text, FINISHED)

    def forget(self, before: str, limit: int) -> tuple[list[int], list[str]]:
        """Remove jobs that finished before a time, and the keys of which no job is left.

        A job whose row is damaged stays: nobody knows when it finished, or whether it did.

        Args:
            before: The time, as `lwfast.scheduler.clock` writes it.
            limit: Most jobs to remove at once.

        Returns:
            Their ids, and the names of the files that hold their results.
        """
        marks = ", ".join("?" * len(FINISHED))
        rows = self._do(
            f"SELECT id FROM jobs WHERE status IN ({marks}) AND finished < ? AND {IS_WHOLE['jobs']} LIMIT ?",  # noqa: S608
            *FINISHED,
            before,
            limit,
        ).fetchall()
        ids = [row[0] for row in rows]
        files = []
        for job_id in ids:
            row = self._one("SELECT file FROM results WHERE job_id = ? AND file IS NOT NULL", job_id)
            files += [row[0]] if row else []
            for table in ("logs", "results", "payloads"):
                self._do(f"DELETE FROM {table} WHERE job_id = ?", job_id)  # noqa: S608
            self._do("DELETE FROM jobs WHERE id = ?", job_id)
        if ids:
            self._do(
                "DELETE FROM idempotency WHERE json_valid(CAST(job_ids AS TEXT)) AND NOT EXISTS "
                "(SELECT 1 FROM json_each(CAST(job_ids AS TEXT)) AS named JOIN jobs ON jobs.id = named.value)"
            )
        return ids, files

    def write_again(self, job: StoredJob) -> None:
        """Write the whole row of a job as it stands in memory."""
        sets = ", ".join(f"{name} = ?" for name in COLUMN_NAMES)
        values = [getattr(job, name) for name in COLUMN_NAMES]
        values[COLUMN_NAMES.index("status")] = job.status.wire_name
        self._do(f"UPDATE jobs SET {sets} WHERE id = ?", *values, job.id)  # noqa: S608
        self._sign(job.id)

    def result_files(self) -> set[str]:
        """Names of all files that hold results."""
        return {row[0] for row in self.connection.execute("SELECT file FROM results WHERE file IS NOT NULL")}

    def rewrite(self) -> None:
        """Write what is there already, to see whether the file can be written."""
        version = self._one("PRAGMA user_version")[0]
        self._do(f"PRAGMA user_version = {version}")

    def knows(self, job: JobAndSeed) -> bool:
        """Whether a job with this id and this seed is in the store."""
        return self._one("SELECT 1 FROM payloads WHERE job_id = ? AND seed = ?", *job) is not None

    def has_no_result(self, job: JobAndSeed) -> bool:
        """Whether a job with this id and this seed is in the store, and no result of it."""
        return self.knows(job) and self._one("SELECT 1 FROM results WHERE job_id = ?", job[0]) is None

    def _log(self, job_id: int, entry: Log) -> None:
        self._do(
            INSERTION["logs"],
            job_id,
            entry.message,
            entry.created_date,
            entry.status,
            msgspec.json.encode(entry.meta),
        )

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self.connection.execute(statement, values)

    def _one(self, statement: str, *values: Any) -> Any:
        return self.connection.execute(statement, values).fetchone()


def _refusal(path: Path, finding: str) -> str:
    return (
        f"The store {path} is damaged or not a store ({finding}): restore it from a copy, keep what can be "
        "read of it with `lwfast serve --recover`, or choose another data folder."
    )
