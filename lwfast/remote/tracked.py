"""What is known of a job, as data: nothing here asks a scheduler."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote

from lwfast._texts import is_unicode
from lwfast.errors import JobError, JobNotFoundError
from lwfast.wire import ArtemisJobDetails, ArtemisPayload, JobRecord, Status


@dataclass(eq=False)
class Tracked:
    """What is known of a job. Two of the same content are still two jobs.

    Attributes:
        payload: The payload that was, or will be, submitted.
        job_id: Its id at the scheduler; None before it is submitted.
        told_name: The name that the scheduler, or a file, gave it.
        final: A status after which nothing changes any more, once it was told.
        seen: The latest status that was told.
        seq: Of lwfast's API: the number of the change that told it.
        body: A small result that came with the news.
        said: What the scheduler said of the job that belongs to its result.
        pending_key: Idempotency key of a submit of which the end is not known.
        url: Base URL of the scheduler that the id is of, where it is known.
        parameters: Values of labelled Parameters of the task, which its result gets.
        previous_ids: Ids that the job had before it was submitted once more.
    """

    payload: ArtemisPayload | None = field(default=None, repr=False)
    job_id: int | str | None = None
    told_name: str | None = None
    final: Status | None = None
    seen: Status | None = None
    seq: int = 0
    body: bytes | None = field(default=None, repr=False)
    said: dict[str, Any] = field(default_factory=dict)
    pending_key: str | None = None
    url: str | None = None
    previous_ids: list[int | str] = field(default_factory=list)
    parameters: dict[str, float] = field(default_factory=dict)

    @classmethod
    def found(cls, said: JobRecord | ArtemisJobDetails, url: str | None = None) -> Tracked:
        """Return the job that a scheduler's answer describes."""
        job = cls(
            job_id=said.job_id, told_name=said.job_name if isinstance(said, JobRecord) else None, url=url
        )
        job.saw(said.job_id, said.job_status, said)
        return job

    @property
    def name(self) -> str | None:
        """The name of the job, where it is known."""
        return self.told_name if self.payload is None else self.payload.job_name

    @property
    def about(self) -> dict[str, Any]:
        """What is kept with the result."""
        sent = self.payload
        known = {} if sent is None else {"qpu": sent.qpu, "job_name": sent.job_name}
        settings = {"parameters": dict(self.parameters)} if self.parameters else {}
        return self.said | known | settings

    def required_id(self) -> int | str:
        """Return the id.

        Raises:
            JobError: The job has no id, because it was not submitted.
            JobNotFoundError: It cannot be the id of a job.
        """
        check_job_id(self.job_id)
        return self.job_id  # type: ignore[return-value]  # None was refused

    def copied(self) -> Tracked:
        """Return the same, to go a way of its own."""
        return replace(
            self, said=dict(self.said), previous_ids=list(self.previous_ids), parameters=dict(self.parameters)
        )

    # --- news ---------------------------------------------------------------------------------------

    def saw(self, job_id: Any, status: Status, said: JobRecord | ArtemisJobDetails | None = None) -> None:
        """Remember a status, and what came with it, if it is that of the present id."""
        if str(job_id) == str(self.job_id):
            if status.is_complete:  # before, the dates are not yet those of the result
                self.said |= said_of(said)
            self.seen = status
            self.final = status if status.is_complete else self.final

    def keep(self, job_id: Any, body: bytes) -> None:
        """Keep a result that came without being asked for."""
        if str(job_id) == str(self.job_id):
            self.body = body

    def accept(self, answer: JobRecord | int | str, url: str) -> None:
        """Take the id that the scheduler at `url` gave the job."""
        self.final = self.seen = self.body = None
        self.said = {}
        self.seq = 0
        self.url = url
        before = self.job_id
        # At once: Ctrl-C in between would leave neither an id nor the key that leads to it.
        self.job_id = answer.job_id if isinstance(answer, JobRecord) else answer
        self.pending_key = None
        if before is not None:
            self.previous_ids.append(before)
        if isinstance(answer, JobRecord):
            self.told_name = answer.job_name
            self.seq = answer.seq
            self.saw(answer.job_id, answer.job_status, answer)


def said_of(job: JobRecord | ArtemisJobDetails | None) -> dict[str, Any]:
    """Return what a scheduler says of a job that belongs to its result: QPU, name and dates, where known."""
    names = ("qpu", "job_name", "created_date", "started_date", "finished_date", "updated_date")
    said = {name: getattr(job, name, None) for name in names}
    if said["finished_date"]:
        del said["updated_date"]  # it may say when something else changed
    return {name: value for name, value in said.items() if value}


def check_job_id(job_id: Any) -> str:
    """Return a job id as it stands in a URL.

    Raises:
        TypeError: It is neither a number nor a string.
        JobError: It is None, as that of a job that was never submitted.
        JobNotFoundError: It cannot be the id of a job.
    """
    if job_id is None:
        raise JobError("This job has no id: it was not submitted.")
    if isinstance(job_id, bool) or not isinstance(job_id, int | str):
        try:
            job_id = job_id.__index__() if not isinstance(job_id, bool) else None
        except AttributeError:
            job_id = None
        if job_id is None:
            raise TypeError("A job id should be an integer or a string.")
    if not is_unicode(str(job_id)):
        raise JobNotFoundError(f"{job_id!a:.80} is not a job id: it has half a surrogate pair.")
    text = quote(str(job_id).strip(), safe="")
    if text in {"", ".", ".."}:
        raise JobNotFoundError(f"{job_id!r} is not a job id.")
    return text


class HasTracked(Protocol):
    """A job that people hold."""

    _tracked: Tracked


def tracked_of(job: HasTracked) -> Tracked:
    """Return what is known of a job that people hold: not a copy, so that news reach the job itself."""
    return job._tracked  # noqa: SLF001
