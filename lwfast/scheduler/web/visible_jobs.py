"""The jobs that the sender of a request may see. Routes reach jobs through here, and in no other way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from starlette.requests import Request

from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.owners import Owner
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.web.http import path_id, scheduler_of

OWNER_KEY = "lwfast.owner"
"""Where the guard leaves the sender in the scope of a request."""


def owner_of(request: Request) -> Owner:
    """Return who sends a request; the guard has checked the token."""
    owner: Owner = request.scope[OWNER_KEY]
    return owner


def jobs_of(request: Request) -> VisibleJobs:
    """Return the jobs that the sender of a request may see."""
    return VisibleJobs(scheduler_of(request), owner_of(request))


async def named_job(request: Request) -> StoredJob:
    """Return the job of a path.

    Raises:
        NotFoundError: There is no such job, or it belongs to another owner.
    """
    return await jobs_of(request).find(path_id(request))


class VisibleJobs:
    """The jobs of one owner, or of all for one who sees all. A job that is hidden is as if it were not there.

    Args:
        scheduler: The scheduler that holds all jobs.
        owner: Owner of the token that asks.
    """

    def __init__(self, scheduler: Scheduler, owner: Owner) -> None:
        self._scheduler = scheduler
        self._owner = owner

    def _sees(self, job: StoredJob) -> bool:
        return self._owner.sees(job.owner)

    async def find(self, job_id: int) -> StoredJob:
        """Find a job.

        Raises:
            NotFoundError: There is no job with this id that the owner may see.
        """
        return await self._scheduler.book.find(job_id, self._sees)

    async def find_all(self, job_ids: Sequence[int]) -> list[StoredJob]:
        """Find several jobs, in the order of the ids.

        Raises:
            NotFoundError: Names the ids that there is no job with that may be seen.
        """
        return await self._scheduler.book.find_all(job_ids, self._sees)

    async def page(self, query: JobQuery, limit: int) -> list[StoredJob]:
        """List jobs that match, newest first."""
        own = self._narrowed(query)
        return [] if own is None else await self._scheduler.book.page(own, limit)

    async def ids(self, query: JobQuery, limit: int) -> list[int]:
        """List the ids of jobs that match, newest first."""
        own = self._narrowed(query)
        return [] if own is None else await self._scheduler.book.ids(own, limit)

    def changed_after(self, seq: int, limit: int) -> list[StoredJob]:
        """Jobs in memory that changed after `seq`, the latest change first."""
        return self._scheduler.book.changed_after(seq, limit, self._sees)

    async def cancel(self, job_id: int) -> None:
        """Cancel a job; raises as `find` and `Scheduler.cancel`."""
        await self.find(job_id)
        await self._scheduler.cancel(job_id)

    async def result(self, job_id: int) -> bytes | tuple[BinaryIO, int]:
        """Return the result of a job; raises as `find` and `Scheduler.result`."""
        await self.find(job_id)
        return await self._scheduler.result(job_id)

    async def payload(self, job_id: int) -> bytes:
        """Return the payload of a job; raises as `find` and `Scheduler.payload`."""
        await self.find(job_id)
        return await self._scheduler.payload(job_id)

    def _narrowed(self, query: JobQuery) -> JobQuery | None:
        """Return a query for what may be seen of what was asked for; None where that is nothing."""
        if self._owner.sees_all:
            return query
        if query.owner not in (None, self._owner.name):
            return None
        return replace(query, owner=self._owner.name)
