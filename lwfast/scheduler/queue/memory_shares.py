"""How much memory each job may take, so that all workers together stay within what is allowed.

Each job has an equal share: which jobs run beside it does not change what becomes of it. One that does not
fit its share is tried again with all of the memory, while no other job runs.
"""

from __future__ import annotations

from collections.abc import Collection

from lwfast._base.memory import readable_bytes


class MemoryShares:
    """The shares of one scheduler.

    Args:
        allowed: Bytes that all jobs together may take.
        workers: How many jobs may run at once.
    """

    def __init__(self, allowed: int, workers: int) -> None:
        self._allowed = allowed
        self._workers = workers
        self._share = allowed // workers
        self._alone: set[int] = set()

    def of(self, job_id: int) -> int:
        """Return the bytes that a job may take."""
        return self._allowed if job_id in self._alone else self._share

    def runs_alone(self, job_id: int) -> bool:
        """Say whether a job has all of the memory, since it does not fit its share."""
        return job_id in self._alone

    def must_wait(self, job_id: int, running: Collection[int]) -> bool:
        """Say whether a job can only begin once others have ended."""
        return bool(running) and not self._alone.isdisjoint([job_id, *running])

    def widen(self, job_id: int) -> str | None:
        """Let a job that did not fit have all of the memory; say so, or return None where it had that."""
        if self.of(job_id) == self._allowed:
            return None
        self._alone.add(job_id)
        return (
            f"The job does not fit its share of the memory ({readable_bytes(self._share)} with "
            f"{self._workers} workers): it runs again with all {readable_bytes(self._allowed)}, while no "
            "other job does"
        )

    def forget(self, job_id: int) -> None:
        """Forget a job that has ended."""
        self._alone.discard(job_id)
