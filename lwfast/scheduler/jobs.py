"""A job as the scheduler holds it, and its two forms on the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from lwfast.scheduler.faults import DamagedError, NotFoundError, RequestError
from lwfast.wire import ArtemisJobDetails, JobRecord, Status

RECEIVED = "Job received successfully"
REQUEST_ID = "RequestId"
TRACE = "Trace"
"""In the `meta` of a job's first log entry: the id of the request that it came with, and its span."""


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A checked job on its way into the store: all that its result depends on, and what lists show.

    Attributes:
        owner: Name of who sent it; empty for the operator.
        request_id: Of the request that it came with.
        trace: Headers that name the span in which it was accepted, where there is one.
    """

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
    owner: str = ""
    request_id: str | None = None
    trace: dict[str, str] = {}

    @property
    def origin(self) -> dict[str, Any]:
        """Where it came from, the `meta` of its first log entry."""
        found = {REQUEST_ID: self.request_id, TRACE: self.trace}
        return {name: value for name, value in found.items() if value}


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


def acceptance_logs(time: str, origin: dict[str, Any]) -> list[Log]:
    """The two entries that every accepted job starts with; the first says where it came from."""
    accepted = Log(message=RECEIVED, created_date=time, status=Status.ACCEPTED.wire_name, meta=origin)
    return [accepted, Log.of(Status.SCHEDULED, time)]


class StoredJob(msgspec.Struct, kw_only=True):
    """A stored job in memory: what was committed, and, for a running job, that it runs.

    Attributes:
        settling: A final status was decided and is being stored: nothing else may change the job.
        seq: Number of the job's latest visible change; see `changes.py`.
        damage: What is wrong with its row in the store, or None; of such a job the id alone is sure.
        owner: Name of who sent it; empty for the operator.
        payload_bytes: Size of its payload.
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
    damage: str | None = None
    owner: str = ""
    payload_bytes: int = 0

    @classmethod
    def accepted(cls, job_id: int, new: NewJob, time: str) -> StoredJob:
        """Make a job that has just been stored."""
        return cls(
            id=job_id,
            name=new.name,
            qpu=new.qpu,
            status=Status.SCHEDULED,
            created=time,
            updated=time,
            n_modes=new.n_modes,
            n_photons=new.n_photons,
            n_samples=new.n_samples,
            min_detection=new.min_detection,
            timeout_seconds=new.timeout_seconds,
            logs=acceptance_logs(time, new.origin),
            owner=new.owner,
            payload_bytes=len(new.payload),
        )

    @classmethod
    def damaged(cls, job_id: int) -> StoredJob:
        """Make what stands for a job whose row is damaged: its status is unknown, its notes say why."""
        damage = (
            f"the row of job {job_id} is damaged in the store: restore the store from a copy, or keep what "
            "can be read of it with `lwfast serve --recover`"
        )
        return cls(
            id=job_id,
            name="",
            qpu="",
            status=Status.UNKNOWN,
            created="",
            updated="",
            n_modes=0,
            n_photons=0,
            n_samples=0,
            min_detection=0,
            timeout_seconds=0.0,
            notes=f"{damage[0].upper()}{damage[1:]}.",
            damage=damage,
        )

    def check_readable(self) -> None:
        """Make sure that the job is known.

        Raises:
            DamagedError: Its row is damaged.
        """
        if self.damage is not None:
            raise DamagedError.of("job", self.damage)

    @property
    def request_id(self) -> str | None:
        """The id of the request that it came with; None where nobody wrote one down."""
        return self.logs[0].meta.get(REQUEST_ID) if self.logs else None

    @property
    def trace(self) -> dict[str, str]:
        """Headers that name the span in which it was accepted; none where nobody traced."""
        return self.logs[0].meta.get(TRACE, {}) if self.logs else {}

    def log(self, entry: Log) -> None:
        """Take over the status and time of a log entry."""
        self.logs.append(entry)
        self.status = Status(entry.status)
        self.updated = entry.created_date

    def check_completed(self) -> None:
        """Make sure that there is a result.

        Raises:
            NotFoundError: The job has not ended.
            RequestError: It ended without a result.
        """
        status = self.status.wire_name
        if not self.status.is_complete:
            raise NotFoundError.of("results", f"job {self.id} is {status}: ask again when it is Completed")
        if self.status is not Status.COMPLETED:
            notes = f": {self.notes}" if self.notes else ""
            raise RequestError.of("results", f"job {self.id} ended as {status} without results{notes}")

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
            owner=self.owner or None,
        )
