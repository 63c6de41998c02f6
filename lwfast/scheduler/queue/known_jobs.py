"""The jobs, as the API sees them: live and lately finished ones in memory, older ones in the store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from lwfast._base.limits import MAX_INT64, first_ids
from lwfast.scheduler.faults import NotFoundError
from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.queue.changes import ChangeCounter
from lwfast.scheduler.queue.queue import JobQueue
from lwfast.scheduler.store.reader import Reader
from lwfast.wire import JobRecord

RECENT_LIMIT = 5000
Sees = Callable[[StoredJob], bool]


def everybody(_: StoredJob) -> bool:
    """Hide no job."""
    return True


class InQueue(NamedTuple):
    """What an owner has in the queue: jobs that wait or run, and the bytes of their payloads."""

    jobs: int
    payload_bytes: int


class KnownJobs:
    """Find jobs and list them.

    Args:
        reader: Reads what is not in memory.
        changes: Gives each change its number.
        recent_limit: How many finished jobs to keep in memory.

    Attributes:
        live: Jobs that are not finished, by id, oldest first.
        queue: Those of them that wait.
        damaged: What stands for jobs that were perhaps not finished, and whose rows are damaged.
        held: How many jobs of each owner are not finished, and the bytes of their payloads.
    """

    def __init__(self, reader: Reader, changes: ChangeCounter, recent_limit: int = RECENT_LIMIT) -> None:
        self.live: dict[int, StoredJob] = {}
        self.queue = JobQueue()
        self.damaged: dict[int, StoredJob] = {}
        self.held: dict[str, InQueue] = {}
        self._recent: OrderedDict[int, StoredJob] = OrderedDict()
        self._recent_limit = recent_limit
        self._reader = reader
        self._changes = changes
        self._cold_seq = changes.first

    def add(self, job: StoredJob) -> None:
        """Take in a live job; it waits."""
        job.seq = self._changes.next(job.id)
        self.live[job.id] = job
        self.queue.add(job.id)
        self._count(job, 1)

    def forget(self, job_ids: Collection[int]) -> None:
        """Keep finished jobs no longer that the store does not keep."""
        for job_id in job_ids:
            self._recent.pop(job_id, None)

    def set_aside(self, job: StoredJob) -> None:
        """Take in a job whose row is damaged: it is listed, and neither run nor changed."""
        job.seq = self._changes.first
        self.damaged[job.id] = job

    def touch(self, job: StoredJob) -> None:
        """Make a change of a job visible."""
        job.seq = self._changes.next(job.id)

    def retire(self, job: StoredJob) -> None:
        """Move a job to the finished ones."""
        if self.live.pop(job.id, None) is not None:
            self._count(job, -1)
        self._recent[job.id] = job
        self.touch(job)
        while len(self._recent) > self._recent_limit:
            _, oldest = self._recent.popitem(last=False)
            # Jobs read back later count as changed at least this late: rather one answer too many.
            self._cold_seq = max(self._cold_seq, oldest.seq)

    def _count(self, job: StoredJob, sign: int) -> None:
        before = self.held.pop(job.owner, InQueue(0, 0))
        now = InQueue(before.jobs + sign, before.payload_bytes + sign * job.payload_bytes)
        if now.jobs:
            self.held[job.owner] = now

    def record(self, job: StoredJob) -> JobRecord:
        """A job's line."""
        return job.record(self.queue.position(job.id))

    async def find(self, job_id: int, sees: Sees = everybody) -> StoredJob:
        """Find a job.

        Args:
            job_id: Id of the job, as the store numbers it.
            sees: Says of a job whether who asks may see it; one that is hidden is not there.

        Raises:
            NotFoundError: There is no job with this id.
            DamagedError: Its row in the store is damaged.
        """
        found = await self._look_up([job_id])
        if job_id not in found or not sees(found[job_id]):
            raise NotFoundError.of("job", f"there is no job {job_id}")
        found[job_id].check_readable()
        return found[job_id]

    async def find_all(self, job_ids: Sequence[int], sees: Sees = everybody) -> list[StoredJob]:
        """Find several jobs, in the order of the ids.

        Args:
            job_ids: Ids of the jobs, as the store numbers them.
            sees: Whether a job may be seen, as for `find`.

        Raises:
            NotFoundError: Names the ids that there is no job with, the first of them if they are many.
        """
        found = await self._look_up(job_ids)
        missing = [str(i) for i in job_ids if i not in found or not sees(found[i])]
        if missing:
            raise NotFoundError.of("ids", f"there is no job {first_ids(missing)}")
        return [found[i] for i in job_ids]

    def _at_hand(self, job_id: int) -> StoredJob | None:
        return self.live.get(job_id) or self._recent.get(job_id) or self.damaged.get(job_id)

    async def _look_up(self, job_ids: Collection[int]) -> dict[int, StoredJob]:
        """Find those of several jobs that there are.

        While the store is read, a job may be accepted, may finish, and may leave memory. What was found is
        kept, for a job that leaves memory changes no more; and only the store says that a job does not exist.
        """
        found: dict[int, StoredJob] = {}
        left = [i for i in job_ids if 0 < i <= MAX_INT64]
        while left:
            found |= {i: job for i in left if (job := self._at_hand(i)) is not None}
            left = [i for i in left if i not in found]
            if not left:
                break
            stored = await self._reader.jobs(left)
            for i, job in stored.items():
                job.seq = self._cold_seq
                if (present := self._at_hand(i)) is not None:
                    found[i] = present
                elif job.status.is_complete or job.damage is not None:
                    found[i] = job
            # One that is live in the store and not here is about to be taken in, or has just left.
            left = [i for i in stored if i not in found]
            if left:
                await asyncio.sleep(0)  # reading a few jobs lets nothing else happen meanwhile
        return found

    async def ids(self, query: JobQuery, limit: int) -> list[int]:
        """List the ids of jobs that match, newest first; raises as `Reader.finished_ids`."""
        live = {job.id for job in self.live.values() if query.matches(job)}
        if query.reaches_finished:
            live.update(await self._reader.finished_ids(query, min(limit, MAX_INT64)))
        return sorted(live, reverse=True)[:limit]

    async def page(self, query: JobQuery, limit: int) -> list[StoredJob]:
        """List jobs that match, newest first; raises as `Reader.finished_ids`."""
        oldest = self._oldest_of(query, limit)
        page = await self._page(query, limit, oldest)
        # Where one of the live jobs has ended meanwhile as something else, it left room for an older job.
        is_full = oldest is None or (len(page) == limit and page[-1].id >= oldest)
        return page if is_full else await self._page(query, limit, None)

    def _oldest_of(self, query: JobQuery, limit: int) -> int | None:
        """Return the least id of a page that live jobs fill alone; None where they do not."""
        newest = list(islice(filter(query.matches, reversed(self.live.values())), limit))
        return newest[-1].id if len(newest) == limit else None

    async def _page(self, query: JobQuery, limit: int, oldest: int | None) -> list[StoredJob]:
        """List jobs that match, newest first; of finished ones, those from the id `oldest` on."""
        held, stored = dict(self.live), dict[int, StoredJob]()
        if query.reaches_finished:
            after = max((bound for bound in (query.after, oldest) if bound is not None), default=None)
            ids = await self._reader.finished_ids(replace(query, after=after), min(limit, MAX_INT64))
            # What is in memory is not read again, and of the others each is read once.
            stored = await self._look_up(ids)
        # A job may have ended meanwhile, and left memory: so those from before the reading count as well,
        # each as it is now.
        held |= self.live
        newest_first = reversed(held.values())
        found = {job.id: job for job in islice(filter(query.matches, newest_first), limit)}
        # One whose end is stored and not shown yet is still live here, and may be none that was asked for.
        found |= {i: job for i, job in stored.items() if job.damage is not None or query.matches(job)}
        found |= {job.id: job for job in filter(query.matches, self.damaged.values())}
        return [found[i] for i in sorted(found, reverse=True)[:limit]]

    def changed_after(self, seq: int, limit: int, sees: Sees = everybody) -> list[StoredJob]:
        """Jobs in memory that changed after `seq`, the latest change first; `sees` as for `find`."""
        jobs = [job for job in (*self.live.values(), *self._recent.values()) if job.seq > seq and sees(job)]
        return sorted(jobs, key=lambda job: -job.seq)[:limit]
