"""What lwfast's own scheduler adds, under `/api/v1/`.

Every answer of an lwfast scheduler carries the header `X-Lwfast-Api: 1`; a client that saw it may use:

    POST v1/jobs              payload, header Idempotency-Key     202 JobRecord; same key again: same job;
                              with the field `sweep` a job of many settings, see `lwfast.wire.sweep_form`
    POST v1/jobs/batch        {"jobs": [payload, ...]}, the same  202 JobRecords; all are accepted or none is
    GET  v1/jobs              ?status= &name= &search= &qpu= &owner= &ids= &limit= &before=
                              JobPage, newest first; for `search` see `lwfast.wire.name_search`
    GET  v1/jobs/{id}         JobRecord
    GET  v1/jobs/{id}/payload the payload as stored
    GET  v1/changes           ?after=SEQ &ids=1,2 &timeout=S     Changes: answers as soon as one of the jobs
                              changed after SEQ, or after S seconds; holds the records of all named jobs,
                              and with &results=B the results of at most B bytes that are at hand
    GET  v1/status            SchedulerStatus
    GET  v1/health            Health: 200 while jobs can be run, else 503; asked without a token
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from lwfast.wire.details import plain_position
from lwfast.wire.status import Status

API_HEADER = "X-Lwfast-Api"
API_VERSION = "1"
TOKEN_HEADER = "x-access-token"  # noqa: S105  (a header's name)
JOB_ID_HEADER = "X-Job-Id"
IDEMPOTENCY_HEADER = "Idempotency-Key"
REQUEST_ID_HEADER = "X-Request-Id"
"""A name for a request, which client, scheduler and worker write into their logs; see `is_request_id`."""
BATCH_BYTES = 64 * 1024 * 1024
"""Largest body of a batch: about 3 700 jobs of 20 modes."""
BATCH_JOBS = 10_000
QUEUED_JOBS, QUEUED_BYTES = "queued_jobs", "queued_bytes"
"""What refusals name where jobs are more than an owner may have waiting or running: ever (413), now (429)."""
ALL_JOBS = 2**31 - 1
"""The page size by which the reference asks for everything."""
BATCH_PARTS = 500_000
"""Most `[` and `{` of a body: parsing holds up all other requests, a quarter of a second for this many."""


_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def is_request_id(text: str) -> bool:
    """Say whether a text can be the id of a request: 1 to 64 letters, digits and `._:-`."""
    return _REQUEST_ID.fullmatch(text) is not None


class JobRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A job in one line: what lists, waits and the dashboard show.

    Attributes:
        job_id: Id of the job.
        job_name: Name given at submission.
        qpu: Name of the QPU.
        job_status: The status of the job at the time of the answer.
        queue_position: Position in the queue, from 1 to n, while the job is scheduled; else None.
        created_date: When the job was accepted, in ISO 8601 and UTC. `updated_date`, `started_date` and
            `finished_date` have the same form. These and `notes` are only shown, so a client accepts any
            value.
        n_modes: Modes of the circuit.
        n_photons: Number of photons of the input, heralds included.
        n_samples: How many samples the job asks for, over all settings of a sweep.
        min_detection: Fewest photons that a sample must have, heralds included.
        seq: Grows with every change of any job; give the largest seen to `v1/changes`.
        notes: The reason why the job failed, or None.
        owner: Name of the owner who submitted the job, at a scheduler with several owners; None for its
            operator.

    Example:
        >>> record = remote.JobRecord(
        ...     job_id=1, job_name="HOM", qpu="Artemis", job_status=remote.Status.RUNNING,
        ...     n_modes=2, n_photons=2, n_samples=100, min_detection=2, seq=1
        ...     )
        >>> record.job_status
        <Status.RUNNING: 'Running'>
    """

    job_id: int
    job_name: str
    qpu: str
    job_status: Status
    queue_position: Any = None
    created_date: Any = None
    updated_date: Any = None
    started_date: Any = None
    finished_date: Any = None
    n_modes: int
    n_photons: int
    n_samples: int
    min_detection: int
    seq: int
    notes: Any = None
    owner: Any = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "queue_position", plain_position(self.queue_position))

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import facts, grouped

        task = f"{self.n_modes} modes, {self.n_photons} photons, {grouped(self.n_samples)} samples"
        rows = [
            ("Name", self.job_name),
            ("QPU", self.qpu),
            ("Status", self.job_status),
            ("Queue position", self.queue_position),
            ("Task", task),
            ("Created", self.created_date),
            ("Started", self.started_date),
            ("Finished", self.finished_date),
            ("Notes", self.notes),
            ("Owner", self.owner),
        ]
        return facts(f"Job {self.job_id}", rows)


class JobPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of jobs, newest first; `before` asks for the next page, None where this is the last."""

    items: list[JobRecord]
    before: int | None = None


class JobRecords(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Answer of a batch submission, in the order of the batch."""

    jobs: list[JobRecord]


class Changes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Answer of `v1/changes`; `results` holds bodies as `jobs/{id}/results` gives them, by id."""

    seq: int
    items: list[JobRecord]
    results: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)


class SchedulerStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Answer of `v1/status`.

    Attributes:
        version: Of the scheduler's lwfast.
        started_date: Since when it runs, ISO 8601 in UTC.
        workers: Worker processes that there should be.
        running: How many jobs run.
        waiting: How many jobs wait in the queues of all QPUs.
        ready: Worker processes that are ready or busy; None from a scheduler that does not say.
        trouble: Why no job can be run, or None.
    """

    version: str
    started_date: str
    workers: int
    running: int
    waiting: int
    ready: int | None = None
    trouble: str | None = None


class Health(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Answer of `v1/health`: whether jobs can be run. Why not stands in `v1/status`, which needs a token."""

    status: Literal["ok", "starting", "trouble"]
