"""Letting jobs take the time that a device takes, so that queues behave as at a real one.

A device runs one job at a time: it is set up, and then it takes shots at a steady rate. The result is
computed at once, and kept back until that time is over. Where computing takes longer, so does the job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.qpus import QPUConfig, device_seconds


class Pace:
    """The jobs that the QPUs are busy with.

    Args:
        qpus: The QPUs by name.
        name: Whose pace it is; None lets jobs end when they are computed, and run beside each other.
    """

    def __init__(self, qpus: Mapping[str, QPUConfig], name: str | None) -> None:
        self._qpus = qpus
        self._name = name
        self._begun: dict[str, tuple[int, float]] = {}
        self._kept_back: dict[int, asyncio.TimerHandle] = {}

    @property
    def n_kept_back(self) -> int:
        """How many jobs are computed, and still run as far as anybody can see."""
        return len(self._kept_back)

    def is_free(self, qpu: str) -> bool:
        """Say whether a QPU can take a job."""
        return qpu not in self._begun

    def begin(self, job: StoredJob) -> None:
        """Note that a job has begun to run."""
        if self._name is not None:
            self._begun[job.qpu] = (job.id, asyncio.get_running_loop().time())

    def when_due(self, job: StoredJob, then: Callable[[], None]) -> None:
        """Call a function once the time of a job that is computed is over; at once where it is."""
        job_id, begun = self._begun.get(job.qpu, (None, 0.0))
        if self._name is None or job_id != job.id:
            then()
            return
        due = begun + device_seconds(self._qpus.get(job.qpu), self._name, job.n_samples)
        self._kept_back[job.id] = asyncio.get_running_loop().call_at(due, self._over, job.id, then)

    def end(self, job: StoredJob) -> None:
        """Note that a job does not run any more, however it ended."""
        timer = self._kept_back.pop(job.id, None)
        if timer is not None:
            timer.cancel()
        if self._begun.get(job.qpu, (None, 0.0))[0] == job.id:
            del self._begun[job.qpu]

    def _over(self, job_id: int, then: Callable[[], None]) -> None:
        self._kept_back.pop(job_id, None)
        then()
