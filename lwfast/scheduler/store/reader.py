"""Reading from the store, in threads of their own and with connections that cannot write."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lwfast.scheduler.faults import UnavailableError
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.once_per_minute import OncePerMinute
from lwfast.scheduler.store.store import LIVE, connect, select_jobs
from lwfast.wire import Status

T = TypeVar("T")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
seldom = OncePerMinute(logging.getLogger(__name__))


class StoredRun(NamedTuple):
    """All that a job's result depends on."""

    payload: bytes
    seed: int
    hardware: bytes


class StoredResult(NamedTuple):
    """A result's bytes, or the name of the file that holds them."""

    body: bytes | None
    file: str | None


class Reader:
    """Answer questions about jobs that are no longer held in memory.

    Each question raises `UnavailableError` where the store cannot be read.

    Args:
        path: The store's file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="lwfast-reader")

    def close(self) -> None:
        """End the threads and close their connections."""
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    async def jobs(self, ids: Collection[int]) -> dict[int, StoredJob]:
        """Read those of several jobs that there are, with their logs."""
        text = "id IN (SELECT value FROM json_each(?))"
        return {job.id: job for job in await self._run(lambda c: select_jobs(c, text, [str(list(ids))]))}

    async def finished(
        self,
        *,
        statuses: Collection[Status] | None,
        name: str | None = None,
        qpu: str | None = None,
        ids: Sequence[int] | None = None,
        before: int | None = None,
        limit: int,
    ) -> list[StoredJob]:
        """Read finished jobs that match, newest first."""
        where, values = _conditions(statuses)
        for column, value in (("name", name), ("qpu", qpu)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        if before is not None:
            where.append("id < ?")
            values.append(before)
        if ids is not None:
            where.append("id IN (SELECT value FROM json_each(?))")
            values.append(str(list(ids)))
        text = " AND ".join(where) + " ORDER BY id DESC LIMIT ?"
        return await self._run(lambda c: select_jobs(c, text, [*values, limit]))

    async def finished_ids(self, statuses: Collection[Status] | None, limit: int) -> list[int]:
        """Read the ids of finished jobs, newest first."""
        where, values = _conditions(statuses)
        text = f"SELECT id FROM jobs WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"  # noqa: S608
        rows = await self._run(lambda c: c.execute(text, [*values, limit]).fetchall())
        return [row[0] for row in rows]

    async def run(self, job_id: int) -> StoredRun | None:
        """Read what a job runs on."""
        row = await self._row("SELECT body, seed, hardware FROM payloads WHERE job_id = ?", job_id)
        return None if row is None else StoredRun(*row)

    async def result(self, job_id: int) -> StoredResult | None:
        """Read a result."""
        row = await self._row("SELECT body, file FROM results WHERE job_id = ?", job_id)
        return None if row is None else StoredResult(*row)

    async def seed(self, job_id: int) -> int | None:
        """Read a job's random seed."""
        row = await self._row("SELECT seed FROM payloads WHERE job_id = ?", job_id)
        return None if row is None else int(row[0])

    async def _row(self, statement: str, job_id: int) -> Any:
        return await self._run(lambda c: c.execute(statement, (job_id,)).fetchone())

    async def _run(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, question)

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = connect(self._path, readonly=True)
                self._connections.append(connection)
            return question(connection)
        except sqlite3.Error as error:
            seldom.warning("the store could not be read: %s", error)
            # Any other error is one of the system's, such as too many open files.
            is_damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
            remedy = "restore it from a copy" if is_damaged else "try again later"
            raise UnavailableError.of("store", f"the store could not be read: {error}; {remedy}") from error


def _conditions(statuses: Collection[Status] | None) -> tuple[list[str], list[Any]]:
    if statuses is None:
        return ["status NOT IN (?, ?, ?)"], list(LIVE)
    names = [status.wire_name for status in statuses if status.is_complete]
    return [f"status IN ({', '.join('?' * len(names))})"], [*names]
