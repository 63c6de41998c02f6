"""A job as the scheduler holds it, and its two forms on the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from lwfast.wire import ArtemisJobDetails, JobRecord, Status

RECEIVED = "Job received successfully"


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A checked job on its way into the store: all that its result depends on, and what lists show."""

    name: str
    qpu: str
    n_modes: int
    n_photons: int
    n_samples: int
    min_detection: int
    timeout_seconds: float
    payload: bytes
    hardware: bytes
    seed: int


class Log(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One entry of a job's log."""

    message: str
    created_date: str
    status: str
    meta: dict[str, Any] = {}

    @classmethod
    def of(cls, status: Status, created_date: str, meta: dict[str, Any] | None = None) -> Log:
        """Make the entry for a change to `status`."""
        name = status.wire_name
        return cls(
            message=f"Job status updated to {name}", created_date=created_date, status=name, meta=meta or {}
        )


class Job(msgspec.Struct, kw_only=True):
    """A job in memory: what was committed, and, for a running job, that it runs.

    Attributes:
        settling: A final status was decided and is being stored: nothing else may change the job.
        seq: Number of the job's latest visible change; see `changes.py`.
    """

    id: int
    name: str
    qpu: str
    status: Status
    created: str
    updated: str
    started: str | None = None
    finished: str | None = None
    n_modes: int
    n_photons: int
    n_samples: int
    min_detection: int
    timeout_seconds: float
    attempts: int = 0
    notes: str | None = None
    logs: list[Log] = []
    seq: int = 0
    settling: bool = False

    def log(self, entry: Log) -> None:
        """Take over the status and time of a log entry."""
        self.logs.append(entry)
        self.status = Status(entry.status)
        self.updated = entry.created_date

    def details(self, position: int | None) -> ArtemisJobDetails:
        """The answer of `GET jobs/{id}`."""
        return ArtemisJobDetails(
            job_id=self.id,
            queue_position=position,
            job_status=self.status,
            created_date=self.created,
            updated_date=self.updated,
            logs=[msgspec.to_builtins(entry) for entry in self.logs],
            notes=self.notes,
        )

    def record(self, position: int | None) -> JobRecord:
        """The line that lists, waits and the dashboard show."""
        return JobRecord(
            job_id=self.id,
            job_name=self.name,
            qpu=self.qpu,
            job_status=self.status,
            queue_position=position,
            created_date=self.created,
            updated_date=self.updated,
            started_date=self.started,
            finished_date=self.finished,
            n_modes=self.n_modes,
            n_photons=self.n_photons,
            n_samples=self.n_samples,
            min_detection=self.min_detection,
            seq=self.seq,
            notes=self.notes,
        )
