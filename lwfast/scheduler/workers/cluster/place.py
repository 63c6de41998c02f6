"""Dask workers, and the places for jobs that they have: to the scheduler, a place is a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lwfast.scheduler.workers.frames import LENGTH, Share, decode_order


class Member:
    """A dask worker.

    Attributes:
        address: Where it listens; another one may take it once this one has ended.
        n_threads: How many tasks it runs at once.
        seen: When the cluster heard of it last, by the clock there.
        silent: How many looks ago that was.
        id: What it calls itself, once it has answered; this ends with its process.
        ready: Whether a worker process got ready there.
        refused: Why it gets no jobs, or None.
        greeting: What asks it who it is.
    """

    def __init__(self, address: str, n_threads: int, seen: float) -> None:
        self.address = address
        self.n_threads = n_threads
        self.seen = seen
        self.silent = 0
        self.id = ""
        self.ready = False
        self.refused: str | None = None
        self.greeting: asyncio.Task[None] | None = None


class Place:
    """Room for one job on a dask worker, which a job is given to as to a worker process here.

    Args:
        member: The dask worker that it is on.
        begin: Called with this place and the packed job to run it; returns the task that does.

    Attributes:
        job_id: The job it runs, or None.
        has_begun: Whether a worker process has said that it took the job.
        ready: True; there are places on dask workers only that are.
        held: Why the result of its job cannot be written yet, or None.
        process: Stands for what runs the job; another one once that was ended.
        cores: How many cores its job may use.
    """

    ready = True

    def __init__(self, member: Member, begin: Callable[[Place, bytes], asyncio.Task[None]]) -> None:
        self.member = member
        self.job_id: int | None = None
        self.has_begun = False
        self.held: str | None = None
        self.process = object()
        self.cores = 1
        self._begin = begin
        self._work: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether it could take a job now."""
        return self.job_id is None

    def send(self, frame: bytes) -> None:
        """Take a packed order; the pool's `claim` came before."""
        order = decode_order(frame[LENGTH.size :])
        if isinstance(order, Share):
            self.cores = order.cores
        else:
            self._work = self._begin(self, frame)

    def kill(self) -> None:
        """End the job here and on the cluster, and forget it."""
        self.clear()
        work, self._work = self._work, None
        if work is not None and work is not asyncio.current_task():
            work.cancel()

    def clear(self) -> None:
        """Forget the job, which has ended."""
        self.job_id = self.held = None
        self.has_begun = False
        self.process = object()
