"""Numbering changes, and waking whoever waits for them.

The numbers are given in the order in which changes become visible and start at the time of day in
microseconds, so they grow over restarts without being stored. A client that gives a number from another life
of the scheduler just gets an answer at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any


class ChangeCounter:
    """The number of the latest change, and who waits for the next.

    Attributes:
        seq: Number of the latest change.
        closed: Set when the scheduler shuts down: nobody waits any more.
    """

    def __init__(self) -> None:
        self.first = self.seq = time.time_ns() // 1000
        self.closed = False
        self._limits: set[asyncio.Timeout] = set()
        self._waiting: dict[int | None, set[asyncio.Event]] = defaultdict(set)

    def next(self, job_id: int) -> int:
        """Number a change of a job and wake those who wait for it; they look after the caller is done."""
        self.seq += 1
        for key in (job_id, None):
            for event in self._waiting.get(key, ()):
                event.set()
        return self.seq

    def announce(self) -> None:
        """Wake those who follow all jobs: something has changed that concerns no single one."""
        self.seq += 1
        for event in self._waiting.get(None, ()):
            event.set()

    def close(self) -> None:
        """Wake everybody for good."""
        self.closed = True
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(0.0)
        for events in self._waiting.values():
            for event in events:
                event.set()

    @contextlib.asynccontextmanager
    async def until_closed(self, seconds: float) -> AsyncIterator[None]:
        """Run a block for some time, and no longer than until everybody is woken for good.

        Raises:
            TimeoutError: It took longer.
        """
        async with asyncio.timeout(0.0 if self.closed else seconds) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)

    async def wait(
        self, job_ids: Iterable[int] | None, seconds: float, gone: asyncio.Future[Any] | None = None
    ) -> None:
        """Return at the next change of one of the jobs (None: of any), or after some time.

        Args:
            job_ids: Ids of the jobs.
            seconds: How long to wait at most.
            gone: Done once nobody wants to know any more, which ends the wait too.
        """
        if self.closed or (gone is not None and gone.done()):
            return
        event = asyncio.Event()

        def wake(_: object) -> None:
            event.set()

        if gone is not None:
            gone.add_done_callback(wake)
        keys: list[int | None] = [None] if job_ids is None else list(job_ids)
        for key in keys:
            self._waiting[key].add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            if gone is not None:
                gone.remove_done_callback(wake)
            for key in keys:
                self._waiting[key].discard(event)
                if not self._waiting[key]:
                    del self._waiting[key]
