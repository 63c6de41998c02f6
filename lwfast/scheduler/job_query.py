"""Which jobs a list is to show, asked in the same words of memory and of the store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lwfast._base.limits import MAX_INT64
from lwfast.scheduler.jobs import StoredJob
from lwfast.wire import Status
from lwfast.wire.name_search import fits, pieces_of

MOST_SEARCH = 200
"""Characters of a search."""


@dataclass(frozen=True, kw_only=True)
class JobQuery:
    """What a job has to be in order to be listed; the default lists all jobs.

    Attributes:
        statuses: One of these statuses; None takes all.
        name: Exactly this name; None takes all.
        qpu: Exactly this QPU; None takes all.
        ids: One of these ids.
        before: An id below this one.
        after: An id above this one.
        search: Finds names, as `lwfast.wire.name_search` says. Digits alone, or behind `#`, find the job with
            this id too.
        since: Created at this time or later, as `lwfast.scheduler.clock` writes times.
        until: Created before this time.
        owner: Of exactly this owner; empty for the operator.
    """

    statuses: Collection[Status] | None = None
    name: str | None = None
    qpu: str | None = None
    ids: Collection[int] | None = None
    before: int | None = None
    after: int | None = None
    search: str | None = None
    since: str | None = None
    until: str | None = None
    owner: str | None = None

    @property
    def reaches_finished(self) -> bool:
        """Whether a finished job can match."""
        return self.statuses is None or any(status.is_complete for status in self.statuses)

    def matches(self, job: StoredJob) -> bool:
        """Say whether a job is to be listed."""
        return (
            (self.statuses is None or job.status in self.statuses)
            and self.name in (None, job.name)
            and self.qpu in (None, job.qpu)
            and self.owner in (None, job.owner)
            and (self.ids is None or job.id in self.ids)
            and (self.before is None or job.id < self.before)
            and (self.after is None or job.id > self.after)
            and (self.since is None or job.created >= self.since)
            and (self.until is None or job.created < self.until)
            and (not self.search or job.id == _id_of(self.search) or fits(self.search, job.name))
        )

    def conditions(self, live: Collection[str]) -> tuple[str, list[Any]]:
        """Return the same, of finished jobs, as the text of a WHERE clause and its values.

        Args:
            live: The statuses of jobs that are not finished.
        """
        where, values = [], list[Any]()
        if self.statuses is None:
            where.append(f"status NOT IN ({', '.join('?' * len(live))})")
            values += live
        else:
            names = [status.wire_name for status in self.statuses if status.is_complete]
            where.append(f"status IN ({', '.join('?' * len(names))})")
            values += names
        for text, value in (
            ("name = ?", self.name),
            ("qpu = ?", self.qpu),
            ("owner = ?", self.owner),
            ("id < ?", self.before),
            ("id > ?", self.after),
            ("created >= ?", self.since),
            ("created < ?", self.until),
        ):
            if value is not None:
                where.append(text)
                values.append(value)
        if self.ids is not None:
            where.append("id IN (SELECT value FROM json_each(?))")
            values.append(str([job_id for job_id in self.ids if 0 < job_id <= MAX_INT64]))
        if self.search:
            where.append("(id = ? OR name LIKE ? ESCAPE '\\')")
            values += [_id_of(self.search), _like(self.search)]
        return " AND ".join(where), values


def _id_of(search: str) -> int | None:
    digits = search.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 18 else None


def _like(search: str) -> str:
    escaped = [
        piece.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for piece in pieces_of(search)
    ]
    return "%".join(escaped)
