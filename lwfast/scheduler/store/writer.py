"""The one thread that writes to the store, and the group commit.

Each request to write is a function of the `Store`. The thread takes all that wait, runs each in a savepoint
of one transaction and commits once, so that concurrent requests share the disk's flushes. A future resolves
only after its commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.faults import RequestError, StoreWriteError, UnavailableError
from lwfast.scheduler.store.gate import Gate
from lwfast.scheduler.store.store import Store

T = TypeVar("T")
log = log_of(__name__)

GROUP_LIMIT = 1000
"""Most requests in one transaction; bounds how long the first of them waits."""
LATER_SECONDS = 0.1
"""How long a write that nobody waits for may wait for company."""


_REQUESTS_OWN = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
"""SQLite's errors that say something of a request and nothing of the store."""


class _Request(Generic[T]):
    __slots__ = ("future", "may_wait", "on_commit", "operation", "outcome")

    def __init__(
        self,
        operation: Callable[[Store], T],
        on_commit: Callable[[T], None] | None,
        future: asyncio.Future[T],
        *,
        may_wait: bool = False,
    ) -> None:
        self.operation = operation
        self.on_commit = on_commit
        self.future = future
        self.may_wait = may_wait
        self.outcome: Any = None


class Writer:
    """Own the store's writing connection in a thread.

    Args:
        path: Path of the store's SQLite file.
        loop: Event loop that its futures resolve in.
        gate: Keeps readers and commits apart.
        on_failure: Called in the loop with the reason when a transaction could not be written.

    Raises:
        StoreOpenError: As `Store`.
    """

    def __init__(
        self,
        path: Path,
        loop: asyncio.AbstractEventLoop,
        gate: Gate,
        on_failure: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._loop = loop
        self._gate = gate
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[_Request[Any] | None] = queue.SimpleQueue()
        self._later: list[_Request[Any]] = []
        self._left: list[_Request[Any]] = []
        self._timer: asyncio.TimerHandle | None = None
        opened: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(path, opened), name="lwfast-store")
        self._thread.start()
        failure = opened.get()
        if failure is not None:
            self._thread.join()
            raise failure

    def submit(
        self, operation: Callable[[Store], T], on_commit: Callable[[T], None] | None = None
    ) -> asyncio.Future[T]:
        """Run `operation` in the next transaction; call from the loop's thread.

        Args:
            operation: Writes through the store it is given; must not commit.
            on_commit: Called in the loop with the outcome before the future resolves, even if nobody waits.

        Returns:
            A future with the outcome; fails with `StoreWriteError` where the store could not write, and with
            another `UnavailableError` where it did not take this.
        """
        self._flush_later()
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Request(operation, on_commit, future))
        return future

    def submit_later(self, operation: Callable[[Store], None]) -> None:
        """Run an operation whose loss would do no harm, in the transaction of the next that matters.

        For a job of a millisecond this saves one of three flushes of the disk. Operations keep their order;
        one that could not be written is tried again with the next transaction.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # logged by the thread
        self._later.append(_Request(operation, None, future, may_wait=True))
        if self._timer is None:
            self._timer = self._loop.call_later(LATER_SECONDS, self._flush_later)

    def _flush_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for request in self._later:
            self._queue.put(request)
        self._later.clear()

    async def close(self) -> None:
        """Commit what waits, then close the store."""
        self._flush_later()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self, path: Path, opened: queue.SimpleQueue[BaseException | None]) -> None:
        try:
            store = Store(path)
        except BaseException as error:  # noqa: BLE001  (handed to the thread that waits for it)
            opened.put(error)
            return
        opened.put(None)
        with contextlib.closing(store):
            while self._write_next(store):
                pass

    def _write_next(self, store: Store) -> bool:
        """Write what waits, or comes next; return whether more may come."""
        # In a function of its own: payloads and results are let go while the thread waits for others.
        group, closing = self._take_group()
        group[:0], self._left = self._left, []
        if group:
            self._commit(store.connection, store, group)
        return not closing

    def _take_group(self) -> tuple[list[_Request[Any]], bool]:
        group: list[_Request[Any]] = []
        item = self._queue.get()
        while item is not None:
            group.append(item)
            if len(group) == GROUP_LIMIT:
                return group, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, connection: sqlite3.Connection, store: Store, group: list[_Request[Any]]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for request in group:
                request.outcome = _attempt(connection, store, request.operation)
            with self._gate.committing():
                connection.execute("COMMIT")
        except Exception as error:
            # Such as a full disk: SQLite has undone the whole transaction, or this does.
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error):
                log.exception("the store could not write")
            self._left = [request for request in group if request.may_wait]
            group = [request for request in group if not request.may_wait]
            for request in group:
                request.outcome = StoreWriteError.of(
                    "store", f"the store could not write: {error}; try again later"
                )
            self._loop.call_soon_threadsafe(self._on_failure, str(error))
        self._loop.call_soon_threadsafe(_resolve, group)


def _attempt(
    connection: sqlite3.Connection, store: Store, operation: Callable[[Store], T]
) -> T | RequestError:
    """Run one request in a savepoint, so that its failure leaves the others alone.

    Raises:
        sqlite3.Error: The store itself cannot write; that is every request's failure.
    """
    connection.execute("SAVEPOINT request")
    try:
        outcome: T | RequestError = operation(store)
    except RequestError as error:
        connection.execute("ROLLBACK TO request")
        outcome = error
    except Exception as error:
        if isinstance(error, sqlite3.Error) and not isinstance(error, _REQUESTS_OWN):
            raise
        log.exception("a request could not be written")
        connection.execute("ROLLBACK TO request")
        outcome = UnavailableError.of("store", f"this could not be written: {error}")
    connection.execute("RELEASE request")
    return outcome


def _resolve(group: list[_Request[Any]]) -> None:
    for request in group:
        failure: Exception | None = request.outcome if isinstance(request.outcome, RequestError) else None
        if failure is None and request.on_commit is not None:
            try:
                request.on_commit(request.outcome)
            except Exception as error:  # the others of the group were committed as well, and are told so
                log.exception("what was written could not be made visible")
                failure = error
        if request.future.done():  # whoever waited is gone
            continue
        if failure is not None:
            request.future.set_exception(failure)
        else:
            request.future.set_result(request.outcome)
