"""The connection to a dask scheduler, which is given up as a whole where anything is wrong with it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

CONNECT_SECONDS = 10.0
"""How long connecting may take."""
CLOSE_SECONDS = 5.0


class Link:
    """A client of a dask scheduler, connected once.

    Attributes:
        client: The client, in this event loop.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._stream: Any = client.scheduler_comm
        self._scheduler: str | None = None

    @property
    def holds(self) -> bool:
        """Whether it is still the same connection.

        The client connects again by itself, with its tasks and its subscriptions forgotten.
        """
        return self.client.status == "running" and self.client.scheduler_comm is self._stream

    def leads_to(self, scheduler: str) -> bool:
        """Whether it holds, to the dask scheduler that calls itself so, as it did the first time."""
        if self._scheduler is None:
            self._scheduler = scheduler
        if scheduler != self._scheduler:
            self._stream = None  # the stream is about to find out
        return self.holds


@contextlib.asynccontextmanager
async def connected(address: str) -> AsyncIterator[Link]:
    """Connect to a dask scheduler while a block lasts.

    Args:
        address: `tcp://HOST:PORT`, or `tls://HOST:PORT` with the certificates of dask's configuration.

    Raises:
        OSError: It is out of reach.
        Exception: Whatever else dask raises, such as for certificates that are missing.
    """
    distributed = await asyncio.to_thread(_distributed)
    with _no_stream_left_open():
        client = distributed.Client(
            address, asynchronous=True, set_as_default=False, timeout=CONNECT_SECONDS, name="lwfast-scheduler"
        )
        try:
            async with asyncio.timeout(2 * CONNECT_SECONDS):
                await client
            yield Link(client)
        finally:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await client._close(fast=True)  # noqa: SLF001  (`close` would wait for an answer)


@contextlib.contextmanager
def _no_stream_left_open() -> Iterator[None]:
    """Close the streams of Tornado that a block has opened in this event loop, and not closed.

    A connection that is made at the very moment at which dask gives up waiting for it belongs to nobody: dask
    does not know of it, and the loop watches it for as long as the loop runs.
    """
    handlers = importlib.import_module("tornado.ioloop").IOLoop.current().handlers
    kind = importlib.import_module("tornado.iostream").BaseIOStream
    before = [opened for opened, _ in handlers.values()]
    try:
        yield
    finally:
        for opened, handle in list(handlers.values()):
            stream = getattr(handle, "__self__", None)
            if isinstance(stream, kind) and opened not in before:
                stream.close()


def _distributed() -> Any:
    """Import dask, which takes a second.

    It takes payloads of any size without a warning. Nor does it write to standard error what we say
    ourselves, with tracebacks of each try to connect, unless its configuration asks for logs.
    """
    import dask

    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"})
    if dask.config.get("logging", None) is None:  # before its defaults are there, which the import brings
        dask.config.set({"logging": dict.fromkeys(("distributed", "distributed.client"), "critical")})
    return importlib.import_module("distributed")
