"""A checksum for each row of the store, made when it is written and checked when it is read.

SQLite notices damage to the structure of its file, but not to the values in a row. A disk may give back a
count or a name with one bit changed. Each row therefore holds a checksum of all its values, including those
that say whose it is. SQL computes it with a function that `teach` adds to a connection, from the stored bytes
of texts, so that a text that is no longer valid UTF-8 can be compared as well.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

import msgspec

CHECKED = {
    "jobs": "id, name, qpu, status, created, updated, started, finished, n_modes, n_photons, n_samples, "
    "min_detection, attempts, timeout_seconds, notes, owner, payload_bytes",
    "payloads": "job_id, body, seed, hardware",
    "results": "job_id, body, file",
    "logs": "job_id, message, created, status, meta",
    "idempotency": "key, digest, job_ids",
}
"""The columns of each table that its checksum covers, in the order in which they are taken."""
TEXTS = frozenset(
    "name qpu status created updated started finished notes owner file message key".split()  # noqa: SIM905  (shorter)
)
"""The columns that hold texts."""
_BYTES = 8
_encode = msgspec.msgpack.Encoder().encode


def _checksum_sql(columns: str) -> str:
    values = (f"CAST({name} AS BLOB)" if name in TEXTS else name for name in columns.split(", "))
    return f"row_checksum({', '.join(values)})"


CHECKSUM = {table: _checksum_sql(columns) for table, columns in CHECKED.items()}
"""For each table, the SQL expression of what the checksum of a row should be."""
IS_WHOLE = {table: f"checksum IS {made}" for table, made in CHECKSUM.items()}
"""For each table, the SQL condition that a row is what was written."""


def _insertion_sql(table: str) -> str:
    names = CHECKED[table].split(", ")
    # Each value is given once, for the row and its checksum; Python 3.12.0 to 3.12.3 warn about `?1`.
    given = ", ".join(f"? AS {name}" for name in names)
    return (
        f"INSERT INTO {table} ({CHECKED[table]}, checksum) "  # noqa: S608  (names of this file only)
        f"SELECT {CHECKED[table]}, {CHECKSUM[table]} FROM (SELECT {given})"
    )


INSERTION = {table: _insertion_sql(table) for table in CHECKED}
"""For each table, the statement that inserts a row with its checksum; it takes the values of `CHECKED`."""


def teach(connection: sqlite3.Connection) -> None:
    """Let SQL of a connection compute checksums, and let it hand out texts that are damaged, as bytes."""
    connection.create_function("row_checksum", -1, _row_checksum, deterministic=True)
    connection.text_factory = _text


def _row_checksum(*values: Any) -> bytes:
    return hashlib.blake2b(_encode(values), digest_size=_BYTES).digest()


def _text(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored
