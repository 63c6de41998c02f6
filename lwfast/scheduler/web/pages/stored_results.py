"""Results that pages show: read from the store, decoded once, and kept while they are looked at."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, BinaryIO

import numpy as np

from lwfast._base.limits import MIB
from lwfast.errors import LightworksError
from lwfast.results import SamplingResult, SweepResult
from lwfast.results.columns.record import known_raw, known_record
from lwfast.scheduler.faults import RequestError, UnavailableError
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.queue.core import Scheduler

Shown = SamplingResult | SweepResult
LARGEST_BODY = 64 * MIB
"""Bytes of a result's JSON; about a million outcomes of 20 modes."""
BUDGET = 256 * MIB
"""Bytes of the columns of all results that are kept."""


class ResultTooLargeError(RequestError):
    """The result is larger than what pages show."""

    status_code = 413


class StoredResults:
    """The results that were looked at last, decoded.

    One result is decoded at a time, so that the memory for it is bounded.

    Args:
        scheduler: Where bodies come from.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._kept: OrderedDict[int, tuple[Shown, int]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def get(self, job: StoredJob) -> Shown:
        """Return the result of a job, with the rules and heralds of the job applied.

        Raises:
            NotFoundError: The job has not ended.
            RequestError: It ended without a result.
            ResultTooLargeError: Its result is larger than `LARGEST_BODY`.
            UnavailableError: The result was lost or damaged.
        """
        # What is kept does not wait until another job's result is decoded.
        if job.id in self._kept:
            self._kept.move_to_end(job.id)
            return self._kept[job.id][0]
        async with self._one_at_a_time:
            if job.id not in self._kept:
                body = await self._body(job.id)
                result = await asyncio.to_thread(_decoded, body, job)
                self._kept[job.id] = result, _n_bytes(result)
            self._kept.move_to_end(job.id)
            result = self._kept[job.id][0]
            while sum(n_bytes for _, n_bytes in self._kept.values()) > BUDGET and len(self._kept) > 1:
                self._kept.popitem(last=False)
            return result

    async def _body(self, job_id: int) -> bytes:
        found = await self._scheduler.result(job_id)
        if isinstance(found, bytes):
            return found
        return await asyncio.to_thread(_read, *found)


def _read(file: BinaryIO, n_bytes: int) -> bytes:
    with file:
        if n_bytes > LARGEST_BODY:
            raise ResultTooLargeError.of(
                "results",
                f"the result has {n_bytes / 1e6:.0f} MB, and pages show up to {LARGEST_BODY / 1e6:.0f} MB; "
                "fetch it in Python",
            )
        return file.read()


def _decoded(body: bytes, job: StoredJob) -> Shown:
    from lwfast.results.sweeps.restoring import result_of_body

    about = {"job_id": job.id, "job_name": job.name, "qpu": job.qpu, "created": job.created}
    try:
        return result_of_body(body, about)
    except (LightworksError, TypeError, ValueError) as error:
        raise UnavailableError.of("results", f"the result cannot be read: {error}") from error


def has_rules(result: Shown) -> bool:
    """Say whether the job of a result has rules or heralds, which select from what was measured."""
    applied: Any = known_record(result).post_selection
    return known_raw(result) is not None and isinstance(applied, dict) and any(applied.values())


def _n_bytes(result: Shown) -> int:
    tables: list[Any] = [result]
    raw: Any = known_raw(result)
    if raw is not None and not np.may_share_memory(raw.counts, result.counts):
        tables.append(raw)
    return sum(table.states.nbytes + table.counts.nbytes for table in tables)
