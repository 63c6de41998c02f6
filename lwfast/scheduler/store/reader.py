"""Reading from the store, with connections that cannot write.

A few jobs are read at once, in the thread of the event loop: that takes a tenth of a millisecond, where a
loop with many requests takes several of its rounds to hand a question to another thread and its answer back.
Everything that may take longer, or would have to wait for a commit, is read in threads of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.faults import DamagedError, UnavailableError
from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.once_per_minute import OncePerMinute
from lwfast.scheduler.store.checksums import IS_WHOLE
from lwfast.scheduler.store.gate import Gate
from lwfast.scheduler.store.rows import READ_FAULTS, select_jobs
from lwfast.scheduler.store.store import LIVE, connect
from lwfast.wire import Status

T = TypeVar("T")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
LONGEST_SEARCH_SECONDS = 2.0
"""A hundred thousand jobs are looked through in a tenth of a second."""
_STEPS = 10_000
"""SQLite's instructions between two looks at the clock."""
FEW = 16
"""As many jobs are read in the thread of the event loop; each takes 60 microseconds."""
seldom = OncePerMinute(log_of(__name__))


class Span(NamedTuple):
    """A finished job as the load of a QPU sees it."""

    status: Status
    created: str
    started: str | None
    finished: str


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
        path: Path of the store's SQLite file.
        gate: Keeps readers and commits apart.
    """

    def __init__(self, path: Path, gate: Gate) -> None:
        self._path = path
        self._gate = gate
        self._local = threading.local()
        self._rounds = asyncio.Lock()
        self._own: sqlite3.Connection | None = None
        self._next: tuple[set[int], asyncio.Task[dict[int, StoredJob]]] | None = None
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="lwfast-reader")

    def close(self) -> None:
        """End the threads and close their connections."""
        self._pool.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    async def jobs(self, ids: Collection[int]) -> dict[int, StoredJob]:
        """Read those of several jobs that there are, with their logs.

        A few are read at once where no commit is in the way. Else, whoever asks while another question is
        being answered shares the next one with all others who do: so one reading between two commits serves
        everybody, however many ask.
        """
        if len(ids) <= FEW and (at_once := self._jobs_now(ids)) is not None:
            return at_once
        if self._next is None:
            wanted: set[int] = set()
            task = asyncio.create_task(self._round(wanted))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to whoever waits
            self._next = wanted, task
        wanted, task = self._next
        wanted.update(ids)
        found = await asyncio.shield(task)
        return {job_id: found[job_id] for job_id in ids if job_id in found}

    async def _round(self, wanted: set[int]) -> dict[int, StoredJob]:
        async with self._rounds:
            self._next = None  # who comes from now on is too late for this one
            return await self._run(lambda c: _jobs(c, wanted))

    def _jobs_now(self, ids: Collection[int]) -> dict[int, StoredJob] | None:
        """Read a few jobs in the calling thread; None where that could not be done without waiting."""
        with self._gate.reading_now() as may_read:
            if not may_read:
                return None
            try:
                if self._own is None:
                    # Another program may hold the store: only threads wait for it.
                    self._own = connect(self._path, readonly=True, patience=0.0)
                    self._connections.append(self._own)
                return _jobs(self._own, ids)
            except READ_FAULTS:
                return None  # a thread asks again, and says what is wrong

    async def finished_ids(self, query: JobQuery, limit: int) -> list[int]:
        """Read the ids of finished jobs that match, newest first.

        Raises:
            UnavailableError: Few of very many jobs match, so that looking for them takes too long.
        """
        where, values = query.conditions(LIVE)
        text = f"SELECT id FROM jobs WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608
        rows = await self._run(lambda c: _bounded(c, lambda: c.execute(text, [*values, limit]).fetchall()))
        return [row[0] for row in rows]

    async def spans(self, qpu: str, latest: int) -> list[Span]:
        """Read when the latest jobs of a QPU that have finished were created, begun and finished.

        Args:
            qpu: Name of the QPU whose jobs count.
            latest: How many of the latest jobs, of all QPUs, to look at.
        """
        text = (
            "SELECT status, created, started, finished FROM jobs WHERE id > (SELECT max(id) FROM jobs) - ? "  # noqa: S608
            f"AND qpu = ? AND finished IS NOT NULL AND {IS_WHOLE['jobs']}"
        )
        rows = await self._run(lambda c: c.execute(text, (latest, qpu)).fetchall())
        return [Span(Status(row[0]), *row[1:]) for row in rows]

    async def finished_before(self, qpu: str, latest: int, since: str) -> bool:
        """Say whether jobs of a QPU finished since a time that `spans` does not look at.

        As many jobs again are looked at, those before its own; older ones have finished earlier.
        """
        text = (
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE id <= (SELECT max(id) FROM jobs) - ? "
            "AND id > (SELECT max(id) FROM jobs) - ? AND qpu = ? AND finished >= ? ORDER BY id DESC)"
        )
        found = await self._run(lambda c: c.execute(text, (latest, 2 * latest, qpu, since)).fetchone())
        return bool(found[0])

    async def run(self, job_id: int) -> StoredRun | None:
        """Read what a job runs on.

        Raises:
            DamagedError: It is not what was written.
        """
        row = await self._row("payloads", "body, seed, hardware", job_id)
        return None if row is None else StoredRun(*row)

    async def result(self, job_id: int) -> StoredResult | None:
        """Read a result.

        Raises:
            DamagedError: It is not what was written.
        """
        row = await self._row("results", "body, file", job_id)
        return None if row is None else StoredResult(*row)

    async def seed(self, job_id: int) -> int | None:
        """Read a job's random seed.

        Raises:
            DamagedError: It is not what was written.
        """
        row = await self._row("payloads", "seed", job_id)
        return None if row is None else int(row[0])

    async def _row(self, table: str, columns: str, job_id: int) -> Any:
        text = f"SELECT {columns}, {IS_WHOLE[table]} FROM {table} WHERE job_id = ?"  # noqa: S608
        row = await self._run(lambda c: c.execute(text, (job_id,)).fetchone())
        if row is None:
            return None
        *values, is_whole = row
        if not is_whole:
            seldom.warning("what the store holds of job %d in %s is damaged", job_id, table)
            raise DamagedError.of(
                table,
                f"the store does not hold what was written for job {job_id}, as a checksum shows: restore "
                "the store from a copy, or submit the job again",
            )
        return values

    async def _run(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, question)

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = connect(self._path, readonly=True)
                self._connections.append(connection)
            with self._gate.reading():
                return question(connection)
        except READ_FAULTS as error:
            seldom.warning("the store could not be read: %s", error)
            # Any other error is one of the system's, such as too many open files.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            is_damaged = code & 0xFF in _DAMAGED
            remedy = "restore it from a copy, or keep what can be read of it with `lwfast serve --recover`"
            remedy = remedy if is_damaged else "try again later"
            raise UnavailableError.of("store", f"the store could not be read: {error}; {remedy}") from error


def _jobs(connection: sqlite3.Connection, ids: Collection[int]) -> dict[int, StoredJob]:
    found = select_jobs(connection, "id IN (SELECT value FROM json_each(?))", [str(list(ids))])
    return {job.id: job for job in found}


def _bounded(connection: sqlite3.Connection, work: Callable[[], T]) -> T:
    """Do a search, and give it up where it takes so long that others would have to wait for it."""
    deadline = time.monotonic() + LONGEST_SEARCH_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        return work()
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
            raise
        raise UnavailableError.of(
            "search",
            f"takes longer than {LONGEST_SEARCH_SECONDS:g} s; name a status, or a later time to begin with",
        ) from error
    finally:
        connection.set_progress_handler(None, 0)
