"""The list of jobs: what the address asks for, and the lines that are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request

from lwfast._base.limits import MAX_INT64
from lwfast.scheduler.faults import RequestError
from lwfast.scheduler.job_query import MOST_SEARCH, JobQuery
from lwfast.scheduler.jobs import StoredJob
from lwfast.scheduler.queue.known_jobs import KnownJobs
from lwfast.scheduler.web.http import integer
from lwfast.scheduler.web.pages.page_html import seconds_between
from lwfast.scheduler.web.visible_jobs import VisibleJobs
from lwfast.wire import Status

PAGE = 50
OPERATORS = "(operator)"
"""What stands in the place of the operator's name, which is empty; no owner may have this one."""
LISTS: dict[str, tuple[str, tuple[Status, ...] | None]] = {
    "all": ("All", None),
    "queue": ("Queue", (Status.ACCEPTED, Status.SCHEDULED)),
    "running": ("Running", (Status.RUNNING,)),
    "history": ("History", (Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.TIMEDOUT)),
    "completed": ("Completed", (Status.COMPLETED,)),
    "not-completed": ("Not completed", (Status.FAILED, Status.CANCELLED, Status.TIMEDOUT)),
}


@dataclass(frozen=True, kw_only=True)
class JobLine:
    """A job as a line of the list, or as the head of its page.

    Attributes:
        job: A copy of the job.
        position: Its place in the queue, from 1; None for a job that does not wait.
        waited: Seconds from its creation to its start, or to its end where it was never started; None while
            it waits.
        ran: Seconds that it ran; None while it runs, and where it never did.
    """

    job: StoredJob
    position: int | None
    waited: float | None
    ran: float | None

    @property
    def is_live(self) -> bool:
        """Whether it can still change."""
        return not self.job.status.is_complete

    @classmethod
    def of(cls, job: StoredJob, book: KnownJobs) -> JobLine:
        """Make the line of a job as it is now: it may change while a thread writes the page."""
        return cls(
            job=msgspec.structs.replace(job, logs=list(job.logs)),
            position=book.queue.position(job.id),
            waited=seconds_between(job.created, job.started or job.finished),
            ran=seconds_between(job.started, job.finished),
        )


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """A page of the list of jobs, and what was asked for.

    Attributes:
        lines: The jobs, newest first.
        shown: The name of the list, one of `LISTS`.
        fields: What the fields of the search hold, by name.
        is_searched: Whether anything but the name of the list narrows it.
        links: The address of each list, with the same search.
        older: The address of the next page; None where this is the last.
        newest: The address of the first page; None where this is it.
    """

    lines: list[JobLine]
    shown: str
    fields: Mapping[str, str]
    is_searched: bool
    links: Mapping[str, str]
    older: str | None
    newest: str | None


async def job_list(request: Request, book: KnownJobs, visible: VisibleJobs) -> ListPage:
    """Return the page of the list that the address asks for.

    Args:
        request: The request, with the fields of the search in its address.
        book: Where jobs stand in the queue.
        visible: The jobs that its sender may see.

    Raises:
        RequestError: A field of the search does not hold what it should.
    """
    given = request.query_params
    shown = given.get("show", "all")
    if shown not in LISTS:
        raise RequestError.of("show", f"should be one of {', '.join(LISTS)}; got {shown[:40]!r}")
    fields = {name: given.get(name, "").strip() for name in ("q", "qpu", "owner", "since", "until")}
    if len(fields["q"]) > MOST_SEARCH:
        raise RequestError.of("q", f"has {len(fields['q'])} characters, and {MOST_SEARCH} are allowed")
    before = integer(request, "before", None, least=0, most=MAX_INT64)
    query = JobQuery(
        statuses=LISTS[shown][1],
        qpu=fields["qpu"] or None,
        before=before,
        search=fields["q"] or None,
        since=_time(fields["since"], "since"),
        until=_time(fields["until"], "until"),
        owner="" if fields["owner"] == OPERATORS else fields["owner"] or None,
    )
    jobs = await visible.page(query, PAGE + 1)
    page = jobs[:PAGE]
    asked: dict[str, Any] = {name: value for name, value in fields.items() if value}
    here = asked | ({"show": shown} if shown != "all" else {})
    return ListPage(
        lines=[JobLine.of(job, book) for job in page],
        shown=shown,
        fields=fields,
        is_searched=bool(asked),
        links={name: _address(asked | ({"show": name} if name != "all" else {})) for name in LISTS},
        older=_address(here | {"before": page[-1].id}) if len(jobs) > PAGE else None,
        newest=_address(here) if before is not None else None,
    )


def _address(fields: Mapping[str, Any]) -> str:
    return f"/?{urlencode(fields)}" if fields else "/"


def _time(text: str, name: str) -> str | None:
    """Return a time of the address as the store writes times; without an offset it is UTC."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RequestError.of(name, f"should be a time such as 2025-10-16T08:25, got {text[:40]!r}") from None
    # Unlike strftime, this writes early years with four digits, as sorting by text needs.
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
