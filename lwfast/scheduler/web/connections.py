"""How many connections and how many bytes of requests there may be at once."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from lwfast._base.limits import MIB
from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.faults import is_scarce
from lwfast.scheduler.once_per_minute import OncePerMinute

MANY_FILES = 65_536
_RESERVED = 40
"""Open files of the process itself: the store and its journals, the lock, the event loop, libraries."""
_PER_WORKER = 4
_PER_CONNECTION = 2
"""Itself, and the file of a result on its way."""
_LEAST = 4
_PAUSE_SECONDS = 0.05
ROOM_BYTES = 128 * MIB
"""Two of the largest batches. Each is held as bytes, as parsed values and as stored payloads for a while."""
SMALL_BYTES = 64 * 1024
"""Bodies up to this size are let in at once."""

log = log_of(__name__)
seldom = OncePerMinute(log)


def allow_many_files() -> None:
    """Raise the limit of open files: each client that waits for a change holds a connection."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def files_allowed() -> int:
    """How many files this process may have open at once; without a limit, as many as are ever asked for."""
    if sys.platform == "win32":
        return MANY_FILES
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MANY_FILES if soft == resource.RLIM_INFINITY else soft


class Load:
    """How many connections there are, of those that the limit of open files has room for.

    Args:
        workers: Number of worker processes.
        count: Says how many connections there are.
        files: How many files may be open at once.
    """

    def __init__(self, workers: int, count: Callable[[], int], files: int) -> None:
        self._count = count
        self._files = files
        self.most = max(_LEAST, (files - _RESERVED - _PER_WORKER * workers) // _PER_CONNECTION)

    @property
    def is_high(self) -> bool:
        """Whether idle connections are to be closed, so that there is room for others."""
        return self._count() > self.most // 2

    def refusal(self) -> str | None:
        """Say why no request is answered now; None where it is."""
        if self._count() <= self.most:
            return None
        seldom.warning(
            "more than %d connections are open, which is what a limit of %d open files has room for; further "
            "requests are answered with 503. Raise the limit, with `ulimit -n` or LimitNOFILE of the service",
            self.most,
            self._files,
        )
        return f"more than {self.most} are open, which is the limit; try again later"


class BodyRoom:
    """Room for bodies: who finds none waits, and its client with it, for nothing is read from its connection.

    Args:
        room: Bytes for which there is room; None for `ROOM_BYTES`.
    """

    def __init__(self, room: int | None = None) -> None:
        self._free = ROOM_BYTES if room is None else room
        self._turn = asyncio.Lock()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def held(self, size: int) -> AsyncIterator[None]:
        """Hold room for a body for as long as the block runs; they are let in as they come."""
        if size <= SMALL_BYTES:
            yield
            return
        async with self._turn, self._freed:
            await self._freed.wait_for(lambda: size <= self._free)
            self._free -= size
        try:
            yield
        finally:
            async with self._freed:
                self._free += size
                self._freed.notify_all()


class Listener(socket.socket):
    """A listening socket that closes new connections where no more files can be opened.

    asyncio would log the same error thousands of times, and go on trying after it was closed. A spare file is
    given up for a moment instead, which makes room for taking a connection and closing it; clients try again.

    Args:
        family: Address family of the socket, such as `AF_INET6`.
    """

    def __init__(self, family: int) -> None:
        # With the protocol named, asyncio turns Nagle's algorithm off; it costs 40 ms an answer.
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._files = files_allowed()  # asked now: nothing can be imported once there is no file left
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY)

    def accept(self) -> tuple[socket.socket, Any]:
        """Take a connection.

        Raises:
            BlockingIOError: No connection waits, or the system has no file for it.
        """
        try:
            return super().accept()
        except OSError as error:
            if not is_scarce(error):
                raise
            self._shed(error)
            raise BlockingIOError(error.errno, error.strerror) from error

    def close(self) -> None:
        """Close it, and the spare file."""
        self._give_up_spare()
        super().close()

    def _shed(self, error: OSError) -> None:
        seldom.warning(
            "connections are closed unanswered (%s); %d files may be open at once. Raise the limit, with "
            "`ulimit -n` or LimitNOFILE of the service",
            error.strerror,
            self._files,
        )
        if self._spare is None:
            time.sleep(_PAUSE_SECONDS)  # another thread was faster; without a pause the loop would spin
        self._give_up_spare()
        with suppress(OSError):
            super().accept()[0].close()
        with suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY)

    def _give_up_spare(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
