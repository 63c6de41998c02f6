"""The states a job goes through."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """Status of a job; the value is what `get_job_status` returns.

    `UNKNOWN` stands for any status that this version does not know. It is not terminal, so a wait continues.

    Example:
        >>> remote.Status.COMPLETED.is_complete, remote.Status.RUNNING.is_complete
        (True, False)
        >>> str(remote.Status("Scheduled"))
        'Scheduled'
    """

    ACCEPTED = "Accepted"
    COMPILING = "Compiling"
    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    TIMEDOUT = "Timed Out"
    UNKNOWN = "Unknown"

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def _missing_(cls, value: object) -> Status:
        """Map other spellings, of which the wire's has no space; anything unheard of is `UNKNOWN`."""
        word = str(value).replace(" ", "").lower()
        return next((item for item in cls if item.value.replace(" ", "").lower() == word), cls.UNKNOWN)

    @property
    def wire_name(self) -> str:
        """The spelling on the wire, which has no space in `TimedOut`."""
        return "TimedOut" if self is Status.TIMEDOUT else str(self.value)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more will happen to the job; it may have failed."""
        return self in _COMPLETE

    @property
    def is_cancellable(self) -> bool:
        """Whether a job in this status can still be cancelled."""
        return self not in _COMPLETE

    @property
    def has_results(self) -> bool:
        """Whether a job in this status may have results to fetch."""
        return self in {Status.COMPLETED, Status.TIMEDOUT}


_COMPLETE = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.TIMEDOUT})
