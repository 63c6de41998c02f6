"""Removing finished jobs, their results and their keys once they are old enough, where that was asked for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.clock import time_text
from lwfast.scheduler.faults import UnavailableError
from lwfast.scheduler.queue.known_jobs import KnownJobs
from lwfast.scheduler.store.result_files import remove_result
from lwfast.scheduler.store.store import Store
from lwfast.scheduler.store.writer import Writer

log = log_of(__name__)

SWEEP_SECONDS = 600.0
"""Between two looks for jobs that are old enough."""
AT_ONCE = 200
"""Most jobs that one transaction removes, so that others need not wait for long."""


class Retention:
    """Remove what is old.

    Args:
        writer: Writes to the store.
        book: Where the jobs stand.
        results_dir: Where large results lie.
        keep_days: How many days a job is kept after its end.
    """

    def __init__(self, writer: Writer, book: KnownJobs, results_dir: Path, keep_days: float) -> None:
        self._writer = writer
        self._book = book
        self._results_dir = results_dir
        self._keep = timedelta(days=keep_days)

    async def run(self) -> None:
        """Look for old jobs from time to time, until cancelled."""
        while True:
            try:
                removed = await self.sweep()
                if removed:
                    log.info("%d jobs that ended long ago were removed", removed)
            except UnavailableError:
                pass  # such as a full disk, which is told elsewhere: the next look finds the same
            except Exception:  # whatever it is, later looks go on
                log.exception("A look for jobs that ended long ago failed")
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """Remove all jobs that are old enough; return how many there were.

        Raises:
            UnavailableError: The store cannot write.
        """
        before = time_text(datetime.now(UTC) - self._keep)
        total = 0
        while True:
            ids, files = await self._writer.submit(partial(Store.forget, before=before, limit=AT_ONCE))
            self._book.forget(ids)
            for name in files:  # only now: until the jobs are gone for sure, their results stay
                await asyncio.to_thread(remove_result, self._results_dir, name, set(ids))
            total += len(ids)
            if len(ids) < AT_ONCE:
                return total
