"""How jobs end: decided at once, visible once it is stored, and kept while the store cannot write.

A job whose end is not stored at once is shown at its old place in the queue, as no worker works on it any
more; its result stays in memory. Nothing new begins meanwhile, so few are kept. The store is tried again,
with longer and longer pauses, by writing what is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lwfast._base.files.own_files import why
from lwfast._base.limits import MIB
from lwfast._base.pauses import pause_after
from lwfast._base.showing.silent_log import log_of
from lwfast.scheduler.faults import DamagedError, StoreWriteError, UnavailableError
from lwfast.scheduler.jobs import Log, StoredJob
from lwfast.scheduler.queue.known_jobs import KnownJobs
from lwfast.scheduler.store.reader import Reader
from lwfast.scheduler.store.result_files import JobAndSeed, remove_all_of
from lwfast.scheduler.store.store import Store
from lwfast.scheduler.store.writer import Writer
from lwfast.scheduler.workers.frames import Done
from lwfast.wire import Status

log = log_of(__name__)

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
LEAST_FREE_BYTES = MIB
"""Once a write has failed, less room than this counts as none, or small writes would go on and off."""
AHEAD = 64
"""Most ends on their way to the disk when a job begins: enough for short jobs to share its flushes."""
LATE_SECONDS = 1.0
"""An end that is not stored by then, such as while another program holds the store, is late."""
KEPT = "The job has ended; how it ended is kept in memory, since it cannot be stored yet."


class End(NamedTuple):
    """How a job ended: the log's last entry, why, and the result if there is one."""

    entry: Log
    notes: str | None
    done: Done | None


class Ends:
    """Store how jobs end.

    Args:
        writer: Writes to the store.
        reader: Reads jobs from the store.
        book: Where the jobs stand.
        results_dir: Where workers write large results.
        on_stored: Called with each job whose end has just become visible.
        on_trouble: Called when `trouble` begins and ends.
        on_better: Called when jobs may begin again.
    """

    def __init__(
        self,
        writer: Writer,
        reader: Reader,
        book: KnownJobs,
        results_dir: Path,
        *,
        on_stored: Callable[[StoredJob, End], None],
        on_trouble: Callable[[], None],
        on_better: Callable[[], None],
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._book = book
        self._results_dir = results_dir
        self._on_stored = on_stored
        self._on_trouble = on_trouble
        self._on_better = on_better
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._unstored: dict[int, asyncio.TimerHandle] = {}
        self._late: set[int] = set()
        self._kept: dict[int, End] = {}
        self._to_sweep: set[JobAndSeed] = set()
        self._sweeping = asyncio.Lock()
        self._mending: asyncio.Task[None] | None = None
        self._closing = False
        self._failed = False
        self._reason = ""

    @property
    def trouble(self) -> str | None:
        """Why the store cannot write, once it was tried again in vain."""
        if not self._failed:
            return None
        kept = f", and keeps {len(self._kept)} ended jobs in memory until then" if self._kept else ""
        return f"the store cannot write ({self._reason}); the scheduler tries again{kept}"

    @property
    def may_begin(self) -> bool:
        """Whether a job may begin, because the store can write, as far as is known, and keeps up."""
        return self._mending is None and not self._late and len(self._unstored) < AHEAD

    def keeps(self, job_id: int) -> bool:
        """Whether it is decided how a waiting job ends."""
        return job_id in self._kept

    def settle(self, job: StoredJob, end: End) -> None:
        """Decide how a job ends; it is visible once it is on the disk."""
        job.settling = True
        self._unstored[job.id] = asyncio.get_running_loop().call_later(LATE_SECONDS, self._be_late, job)
        self._tasks[job.id] = asyncio.create_task(self._store(job, end))

    async def wait(self, job_id: int, seconds: float) -> None:
        """Wait until the end of a job that has just been decided is stored or kept."""
        if (task := self._tasks.get(job_id)) is not None:
            await asyncio.wait([task], timeout=seconds)

    def doubt(self, reason: str) -> None:
        """Find out whether the store can write; a write has just failed."""
        self._reason = reason
        if self._mending is None and not self._closing:
            self._mending = asyncio.create_task(self._mend())

    async def close(self, seconds: float) -> None:
        """Try what is kept once more, and let what is on its way arrive; a second call does nothing."""
        if self._closing:
            return
        self._closing = True
        if self._mending is not None:
            self._mending.cancel()
        for job_id, end in list(self._kept.items()):
            if job_id not in self._unstored:
                self.settle(self._book.live[job_id], end)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)
        for task in self._tasks.values():
            task.cancel()

    async def _store(self, job: StoredJob, end: End) -> None:
        def write(store: Store) -> None:
            if end.done is not None:
                store.put_result(job.id, end.done.body, end.done.file)
            columns = {"finished": end.entry.created_date, "notes": end.notes}
            try:
                store.update(job.id, end.entry, **columns)
            except DamagedError:
                log.exception("job %d is written again, as it stands in memory", job.id)
                store.write_again(job)
                store.update(job.id, end.entry, **columns)

        def show(_: None) -> None:
            self._arrived(job)
            self._kept.pop(job.id, None)
            self._book.queue.remove(job.id)
            job.log(end.entry)
            job.finished = end.entry.created_date
            job.notes = end.notes
            self._book.retire(job)
            self._on_stored(job, end)

        try:
            await self._writer.submit(write, show)
            if end.done is None and (job.started is not None or job.attempts):  # else none was ever begun
                await self._drop_files(job.id)
        except StoreWriteError:
            self._keep(job, end)
        except UnavailableError as error:
            self._reject(job, end, error)
        finally:
            if self._tasks.get(job.id) is asyncio.current_task():
                del self._tasks[job.id]

    def _be_late(self, job: StoredJob) -> None:
        self._late.add(job.id)
        self._show_waiting(job)

    def _arrived(self, job: StoredJob) -> None:
        self._unstored.pop(job.id).cancel()
        self._late.discard(job.id)

    def _keep(self, job: StoredJob, end: End) -> None:
        self._arrived(job)
        self._kept[job.id] = end
        job.settling = False
        self._show_waiting(job)

    def _show_waiting(self, job: StoredJob) -> None:
        """Show that no worker works on a job; the store is not told, and the next start finds the same."""
        if self._book.queue.position(job.id) is None:
            job.status = Status.SCHEDULED
            job.notes = KEPT
            self._book.queue.add(job.id)
            self._book.touch(job)

    def _reject(self, job: StoredJob, end: End, error: UnavailableError) -> None:
        """End a job as failed whose result the store does not take; try an end without one again."""
        log.error("the end of job %d cannot be stored: %s", job.id, error)
        if end.done is None:
            self._keep(job, end)
            self.doubt(str(error))
        else:
            self._arrived(job)
            entry = Log.of(Status.FAILED, end.entry.created_date)
            self.settle(job, End(entry, f"The result could not be stored: {error}", None))

    async def _drop_files(self, job_id: int) -> None:
        """Remove what a worker may have written for a job that then ended without a result.

        The folder is read once for all jobs that ended while it was read before.
        """
        with contextlib.suppress(UnavailableError, OSError):  # the next start removes them
            seed = await self._reader.seed(job_id)
            if seed is None:
                return
            self._to_sweep.add((job_id, seed))
            async with self._sweeping:
                if (job_id, seed) in self._to_sweep:
                    jobs, self._to_sweep = self._to_sweep, set()
                    await asyncio.to_thread(remove_all_of, self._results_dir, jobs)

    async def _mend(self) -> None:
        tries = 0
        while not await self._can_write():
            tries += 1
            if not self._failed:
                self._failed = True
                log.error("the store cannot write (%s): no job begins until it can", self._reason)
                self._on_trouble()
            await asyncio.sleep(pause_after(tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))
        self._mending = None
        if self._failed:
            self._failed = False
            log.warning("the store can write again")
            self._on_trouble()
        self._on_better()

    async def _can_write(self) -> bool:
        """Write what is kept, the oldest first, then see whether there is room for more."""
        for job_id in sorted(self._kept):
            if job_id not in self._unstored and job_id in self._kept:
                self.settle(self._book.live[job_id], self._kept[job_id])
            await self.wait(job_id, LONGEST_PAUSE_SECONDS)
            if job_id in self._kept:
                return False
        try:
            free = (await asyncio.to_thread(shutil.disk_usage, self._results_dir.parent)).free
            if free < LEAST_FREE_BYTES:
                self._reason = f"{free} bytes are left on its disk"
                return False
            await self._writer.submit(Store.rewrite)
        except OSError as error:
            self._reason = why(error)
            return False
        except UnavailableError:
            return False
        return not self._kept
