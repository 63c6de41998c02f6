"""What the scheduler says of jobs and QPUs.

Ids, statuses and limits decide what can be done and are checked. What is only shown (dates, logs, notes) is
taken as it comes, null and texts included, so that it never makes a job unusable.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import field

from lwfast._base.limits import MAX_INT64
from lwfast.wire.ids import JobId, plain_id
from lwfast.wire.status import Status


class ArtemisJobDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `GET jobs/{id}`.

    Attributes:
        job_id: Id of the job, a number where it can be.
        queue_position: Position in the queue, from 1, while the job is scheduled; else None.
        job_status: The status of the job at the time of the answer.
        created_date: Date of acceptance as the scheduler wrote it, usually in ISO 8601. `updated_date` has
            the same form.
        logs: Entries of the log as the scheduler wrote them, usually a list of dictionaries with `message`,
            `createdDate`, `status` and `meta`.
        notes: The reason why the job failed, or None.

    Example:
        >>> task = lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 1, 0, 0]), 100)
        >>> job = remote.QPU("Artemis").run(task, job_name="Example")
        >>> _ = job.result(timeout=60)
        >>> details = job.details
        >>> details.job_status, details.queue_position
        (<Status.COMPLETED: 'Completed'>, None)
    """

    job_id: JobId = field(name="jobId")
    queue_position: Any = field(name="queuePosition", default=None)
    job_status: Status = field(name="jobStatus")
    created_date: Any = field(name="createdDate", default="")
    updated_date: Any = field(name="updatedDate", default="")
    logs: Any = field(name="logs", default_factory=list)
    notes: Any = field(name="userExecutionNotes", default=None)

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "job_id", plain_id(self.job_id))
        msgspec.structs.force_setattr(self, "queue_position", plain_position(self.queue_position))

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import facts

        rows = [
            ("Status", self.job_status),
            ("Queue position", self.queue_position),
            ("Created", self.created_date or None),
            ("Updated", self.updated_date or None),
            ("Attempts", self.attempts if self.attempts > 1 else None),
            ("Last retry", "; ".join(why for _, why in self.retries[-1:]) or None),
            ("Log entries", len(self.logs) if isinstance(self.logs, list) and self.logs else None),
            ("Notes", self.notes),
        ]
        return facts(f"Job {self.job_id}", rows)

    @property
    def compilation_errors(self) -> list[tuple[int | str, str]]:
        """Code and message of each compilation error of a failed job."""
        if self.job_status is not Status.FAILED or not isinstance(self.logs, list):
            return []
        return [_code_and_message(error) for log in self.logs for error in _errors_of(log)]

    @property
    def attempts(self) -> int:
        """How many times the job has begun to run, by its log; 2 or more for a job that was tried again."""
        entries = self.logs if isinstance(self.logs, list) else []
        return sum(isinstance(entry, dict) and entry.get("status") == "Running" for entry in entries)

    @property
    def retries(self) -> list[tuple[Any, str]]:
        """Date and reason of each time that the job was put back into the queue after it had begun to run.

        Only schedulers of lwfast give reasons, such as a worker process that died.
        """
        entries = self.logs if isinstance(self.logs, list) else []
        return [(entry.get("createdDate"), why) for entry in entries if (why := reason_of(entry))]


def reason_of(entry: Any) -> str | None:
    """Return why an entry of a log was made, if it says so: of one that puts a job back into the queue."""
    meta = entry.get("meta") if isinstance(entry, dict) else None
    reason = meta.get("Reason") if isinstance(meta, dict) else None
    return str(reason) if reason else None


def plain_position(position: Any) -> int | None:
    """Return a position in the queue as a number, or None for anything else."""
    if isinstance(position, str):
        position = plain_id(position)
    is_number = isinstance(position, int) and not isinstance(position, bool)
    return position if is_number and 0 <= position <= MAX_INT64 else None


def _errors_of(log: Any) -> list[Any]:
    """Find the errors in the free part of a log entry, whatever else stands there."""
    meta = log.get("meta") if isinstance(log, dict) else None
    errors = meta.get("CompilationErrors") if isinstance(meta, dict) else None
    return errors if isinstance(errors, list) else []


def _code_and_message(error: Any) -> tuple[int | str, str]:
    """Read an error; one of another form is a message as it stands."""
    if not isinstance(error, dict):
        return "", str(error)
    return error.get("Code", ""), str(error.get("Message", ""))


class ArtemisQPU(msgspec.Struct, frozen=True, kw_only=True):
    """A QPU and its limits.

    Attributes:
        name: Name under which jobs are submitted to the QPU.
        id: Id within the scheduler.
        n_modes: Most modes a circuit may have.
        max_photon_input: Most photons an input may have.
        max_detection_filter: The largest `min_detection` that a job may ask for.
        default_max_samples: Most samples that a job may ask for, if `max_samples` has no entry.
        max_samples: Most samples that a job may ask for, by its `min_detection`.
        available: Whether the QPU is known to be online.
        last_updated: When the scheduler last heard from the QPU, as it wrote it, usually in ISO 8601.

    Example:
        >>> details = remote.QPU("Artemis").details
        >>> details.n_modes, details.max_photon_input
        (20, 8)
    """

    name: str
    id: int | str
    n_modes: int
    max_photon_input: int
    max_detection_filter: int
    default_max_samples: int
    max_samples: dict[int, int]
    available: bool
    last_updated: Any = None

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import facts, grouped

        limits = "; ".join(f"{k}: {grouped(n)}" for k, n in sorted(self.max_samples.items()))
        rows = [
            ("Online", "yes" if self.available else "no"),
            ("Modes", f"up to {self.n_modes}"),
            ("Input photons", f"up to {self.max_photon_input}"),
            ("min_detection", f"up to {self.max_detection_filter}"),
            ("Samples", f"up to {grouped(self.default_max_samples)}"),
            ("Samples by min_detection", limits or None),
            ("Last heard of", self.last_updated),
        ]
        return facts(f"QPU {self.name}", rows)

    def samples_allowed(self, min_detection: int) -> int:
        """Most samples that a job with this detection filter may ask for."""
        return min(self.default_max_samples, self.max_samples.get(min_detection, self.default_max_samples))


class SampleLimit(msgspec.Struct, frozen=True):
    """One entry of `maxSamples`: detection filter, samples."""

    item1: int
    item2: int


class QPUAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Answer of `GET Qpus/{id}`, in the wire's words."""

    id: int | str
    name: str
    number_of_modes: int
    max_photon_input_number: int
    max_detection_filter: int
    default_max_samples: int
    max_samples: list[SampleLimit]
    is_available: bool | None
    last_updated: Any = None

    @classmethod
    def from_qpu(cls, qpu: ArtemisQPU) -> QPUAnswer:
        """Put a QPU into the wire's words."""
        return cls(
            id=qpu.id,
            name=qpu.name,
            number_of_modes=qpu.n_modes,
            max_photon_input_number=qpu.max_photon_input,
            max_detection_filter=qpu.max_detection_filter,
            default_max_samples=qpu.default_max_samples,
            max_samples=[SampleLimit(k, v) for k, v in qpu.max_samples.items()],
            is_available=qpu.available,
            last_updated=qpu.last_updated,
        )

    def to_qpu(self) -> ArtemisQPU:
        """Put the answer into Lightworks' words."""
        return ArtemisQPU(
            name=self.name,
            id=self.id,
            n_modes=self.number_of_modes,
            max_photon_input=self.max_photon_input_number,
            max_detection_filter=self.max_detection_filter,
            default_max_samples=self.default_max_samples,
            max_samples={limit.item1: limit.item2 for limit in self.max_samples},
            available=bool(self.is_available),
            last_updated=self.last_updated,
        )


class QPUListItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `GET qpus`; only these two fields are relied on."""

    name: str
    id: int | str


class JobListItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `GET jobs`; only the id is relied on."""

    id: JobId


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `GET jobs`."""

    items: list[JobListItem]


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One violation: which field, and why."""

    name: str
    reason: str


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a 400 answer: every violation."""

    errors: list[FieldError]
