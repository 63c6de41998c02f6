"""The store's tables, as a list of migrations.

`PRAGMA user_version` counts the migrations a file has seen; each runs in a transaction of its own.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from typing import Any

from lwfast.scheduler.faults import StoreOpenError
from lwfast.scheduler.store.checksums import CHECKSUM, teach

APPLICATION_ID = 0x4C574653  # "LWFS"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            qpu TEXT NOT NULL,
            status TEXT NOT NULL,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            started TEXT,
            finished TEXT,
            n_modes INTEGER NOT NULL,
            n_photons INTEGER NOT NULL,
            n_samples INTEGER NOT NULL,
            min_detection INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            timeout_seconds REAL NOT NULL,
            notes TEXT
        ) STRICT
        """,
        "CREATE INDEX jobs_by_status ON jobs (status, id)",
        # Apart from `jobs`, so that lists do not page through matrices.
        """
        CREATE TABLE payloads (
            job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
            body BLOB NOT NULL,
            seed INTEGER NOT NULL,
            hardware BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE results (
            job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
            body BLOB,
            file TEXT,
            CHECK ((body IS NULL) <> (file IS NULL))
        ) STRICT
        """,
        """
        CREATE TABLE logs (
            id INTEGER PRIMARY KEY,
            job_id INTEGER NOT NULL REFERENCES jobs (id),
            message TEXT NOT NULL,
            created TEXT NOT NULL,
            status TEXT NOT NULL,
            meta BLOB NOT NULL
        ) STRICT
        """,
        "CREATE INDEX logs_by_job ON logs (job_id, id)",
        """
        CREATE TABLE idempotency (
            key TEXT PRIMARY KEY,
            digest BLOB NOT NULL,
            job_ids BLOB NOT NULL
        ) STRICT
        """,
    ),
    (
        # Jobs of before belong to the operator.
        "ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE jobs ADD COLUMN payload_bytes INTEGER NOT NULL DEFAULT 0",
        """
        UPDATE jobs SET payload_bytes =
            ifnull((SELECT length(body) FROM payloads WHERE payloads.job_id = jobs.id), 0)
        """,
        "CREATE INDEX jobs_by_owner ON jobs (owner, id)",
    ),
    # Checksums; see `checksums.py`. Rows of before are taken to be what was written.
    tuple(
        statement
        for table, made in CHECKSUM.items()
        for statement in (
            f"ALTER TABLE {table} ADD COLUMN checksum BLOB",
            f"UPDATE {table} SET checksum = {made}",  # noqa: S608  (names of this package only)
        )
    ),
)


def form_of(connection: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return what tables and columns a store has; one other bit in its schema gives it others."""
    return {table: connection.execute(f"PRAGMA table_info({table})").fetchall() for table in CHECKSUM}


@functools.cache
def right_form() -> dict[str, list[tuple[Any, ...]]]:
    """Return what tables and columns a store of the present version has."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        teach(connection)
        migrate(connection)
        return form_of(connection)


def migrate(connection: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Bring an open store to the present version.

    Raises:
        StoreOpenError: The file is another program's, or of a newer lwfast.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION_ID and (owner or tables):
        raise StoreOpenError("The file is a database of another program: choose another data folder.")
    if version > len(migrations):
        raise StoreOpenError(
            f"The store has version {version} and this lwfast knows up to {len(migrations)}: "
            "update lwfast, or choose another data folder."
        )
    for number, statements in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN EXCLUSIVE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
