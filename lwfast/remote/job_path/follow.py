"""Following jobs until they reach a status: pauses, outages, deadlines.

A scheduler with lwfast's API answers one long request as soon as something changed. On the reference wire
each job is asked for in turn, with pauses that grow from 0.05 to 2 s.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Generic, TypeVar

from lwfast._base.limits import first_ids
from lwfast._base.pauses import longer
from lwfast.errors import (
    ConnectionFailedError,
    HTTPError,
    JobNotFoundError,
    LightworksRemoteError,
    WaitTimeoutError,
)
from lwfast.remote.connection.causes import UntrustedError, WrongSchemeError
from lwfast.remote.connection.connection import Connected, Connection
from lwfast.remote.connection.retry import SINGLE, WaitNote, announce
from lwfast.remote.connection.timeouts import check_timeout
from lwfast.remote.connection.transport import UnreadableAnswerError, WrongAddressError
from lwfast.remote.job_path.job_progress import JobProgress
from lwfast.remote.job_path.snapshot import IDS_PER_REQUEST, by_connection
from lwfast.remote.tracked import Tracked
from lwfast.wire import ArtemisJobDetails, JobRecord, Status

H = TypeVar("H", bound=Connected)
"""The object that holds a job, and that is yielded and shown in its place."""

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
LONG_POLL_SECONDS = 20.0
QUEUE_POLL_SECONDS = 1.0
"""A long poll while queue positions are shown: they move with other jobs, which does not end it."""

ASK_WHY_SECONDS = 5.0
"""Without news for so long, the scheduler is asked why no job begins; it may be asked as often as that."""

Reached = Callable[[Status], bool]
OnChange = Callable[[H, Status, "int | None"], None]


class Follower(Generic[H]):
    """Follows jobs of one connection, of which some are still pending.

    Args:
        connection: Where to ask for them.
        jobs: The jobs, each with an id, and who holds it.
        reached: Says for a status whether the job need not be followed any more.
        on_change: Called with holder, status and queue position where these differ from before.
    """

    def __init__(
        self,
        connection: Connection,
        jobs: Mapping[Tracked, H],
        reached: Reached,
        on_change: OnChange[H] | None,
    ) -> None:
        self.connection = connection
        self.pending: dict[str, list[Tracked]] = {}
        for job in jobs:
            self.pending.setdefault(str(job.required_id()), []).append(job)
        self._holders = jobs
        self.pause = FIRST_PAUSE_SECONDS
        self._reached = reached
        self._on_change = on_change
        self._seen: dict[str, tuple[Status, int | None]] = {}
        # Whoever wants to see something sees the present state first; else the next change is waited for.
        self._seq = 0 if on_change else min((job.seq for job in jobs), default=0)
        self._last_success = time.monotonic()
        self._fails_since: float | None = None
        self._wait_note = WaitNote(connection.outage_seconds)
        self._ask_why_at = self._last_success + ASK_WHY_SECONDS
        self._trouble: str | None = None

    @property
    def followed(self) -> list[H]:
        """The holders of the jobs that are still pending."""
        return [self._holders[job] for group in self.pending.values() for job in group]

    @property
    def last_seen(self) -> dict[str, Status]:
        """The latest status of each job that was asked for, by id."""
        return {job_id: status for job_id, (status, _) in self._seen.items()}

    @property
    def longest_poll(self) -> float:
        """Seconds that the scheduler may wait for a change without hiding anything from `on_change`."""
        queued = (
            position is not None for job_id, (_, position) in self._seen.items() if job_id in self.pending
        )
        return QUEUE_POLL_SECONDS if self._on_change is not None and any(queued) else LONG_POLL_SECONDS

    def poll(self, long_poll: float, deadline: float | None = None) -> list[H]:
        """Ask once for every pending job; returns who holds those that need no more following.

        Args:
            long_poll: Seconds that the scheduler may wait for a change, where it can.
            deadline: Monotonic time by which the answer is wanted.

        Raises:
            LightworksRemoteError: The scheduler refused, or has been out of reach for longer than the
                client's `outage_seconds`; carries the job.
        """
        finished: list[H] = []
        try:
            if self.connection.api.transport.speaks_v1:
                self._poll_changes(finished, long_poll, deadline)
            else:
                self._poll_each(finished, deadline)
        except LightworksRemoteError as error:
            if not self._bearable(error):
                error.job = one_or_all(self.followed)
                raise
            self._grow()
            self.pause = max(self.pause, getattr(error, "retry_after", None) or 0.0)
            now = time.monotonic()
            self._fails_since = self._fails_since or now
            self._wait_note.waits(now - self._fails_since + self.pause, error)
        else:
            self._last_success = time.monotonic()
            if self._fails_since is not None:
                self._fails_since, self._wait_note = None, WaitNote(self.connection.outage_seconds)
            if self._on_change is not None and self.pending:
                self._say_why_none_begins(deadline)
        return finished

    def _say_why_none_begins(self, deadline: float | None) -> None:
        """Say once what keeps jobs from running, such as a cluster without workers, where they only wait."""
        transport, now = self.connection.api.transport, time.monotonic()
        statuses = (self._seen[job_id][0] for job_id in self.pending if job_id in self._seen)
        if now < self._ask_why_at or not transport.speaks_v1 or Status.RUNNING in statuses:
            return
        self._ask_why_at = now + ASK_WHY_SECONDS
        try:
            trouble = self.connection.api.status(retry=SINGLE, deadline=deadline).trouble
        except LightworksRemoteError:
            return  # the next question for the jobs finds out what is wrong
        if trouble is not None and trouble != self._trouble:
            announce(f"No job can be run: {transport.scrub(trouble)}.")
        self._trouble = trouble

    def _poll_changes(self, finished: list[H], long_poll: float, deadline: float | None) -> None:
        ids = list(self.pending)
        api = self.connection.api
        began = time.monotonic()
        if len(ids) <= IDS_PER_REQUEST:
            answer = api.changes(ids, after=self._seq, timeout=long_poll, retry=SINGLE, deadline=deadline)
            self._seq, records = answer.seq, answer.items
            for job_id, body in answer.results.items():
                for job in self.pending.get(job_id, ()):
                    job.keep(job_id, bytes(body))
        else:
            records = [
                record
                for start in range(0, len(ids), IDS_PER_REQUEST)
                for record in api.changes(
                    ids[start : start + IDS_PER_REQUEST], retry=SINGLE, deadline=deadline
                ).items
            ]
        missing = set(ids).difference(str(record.job_id) for record in records)
        if missing:
            raise JobNotFoundError(f"Job with requested ID ({first_ids(sorted(missing))}) not found.")
        moved = [self._note(str(record.job_id), record, finished) for record in records]
        # The scheduler did the waiting, unless it answered early without news, as it does when it ends.
        waited = len(ids) <= IDS_PER_REQUEST and (any(moved) or time.monotonic() - began > long_poll / 2 > 0)
        if waited and long_poll > 0:
            self.pause = 0.0
        else:
            self._grow()

    def _poll_each(self, finished: list[H], deadline: float | None) -> None:
        for job_id in list(self.pending):
            details = self.connection.api.details(job_id, retry=SINGLE, deadline=deadline)
            self._note(job_id, details, finished)
            if deadline is not None and time.monotonic() > deadline:
                break
        self._grow()

    def _note(self, job_id: str, said: JobRecord | ArtemisJobDetails, finished: list[H]) -> bool:
        """Take what was said of a job; returns whether that was news."""
        status, position = said.job_status, said.queue_position
        news = self._seen.get(job_id) != (status, position)
        if news:
            self._ask_why_at = time.monotonic() + ASK_WHY_SECONDS
            self.pause = min(self.pause, 4 * FIRST_PAUSE_SECONDS)  # the next change may be near
            self._seen[job_id] = (status, position)
            if self._on_change is not None:
                for job in self.pending[job_id]:
                    self._on_change(self._holders[job], status, position)
        for job in self.pending[job_id]:
            job.saw(job_id, status, said)
        if self._reached(status):
            finished += [self._holders[job] for job in self.pending.pop(job_id)]
        return news

    def _grow(self) -> None:
        self.pause = longer(self.pause, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, 1.4)

    def _bearable(self, error: LightworksRemoteError) -> bool:
        """Whether to go on asking: the scheduler may come back."""
        out_for = time.monotonic() - self._last_success
        hopeless = isinstance(error, UntrustedError | WrongSchemeError | WrongAddressError)
        if hopeless or out_for > self.connection.outage_seconds:
            return False
        if isinstance(error, HTTPError) and not isinstance(error, UnreadableAnswerError):
            return error.status_code == 429 or (error.status_code or 0) >= 500
        return isinstance(error, UnreadableAnswerError | ConnectionFailedError)


def follow(
    jobs: Mapping[Tracked, H],
    reached: Reached,
    timeout: float | None = None,
    on_change: OnChange[H] | None = None,
    began: float | None = None,
) -> Iterator[H]:
    """Yield who holds a job once the job's status is one that `reached` accepts.

    Args:
        jobs: The jobs, and who holds each; a connection is only needed for those that have to be asked for.
        reached: Says for a status whether the job need not be followed any more.
        timeout: Most seconds to wait altogether; by default None, for no limit.
        on_change: Called with holder, status and queue position where these differ from before.
        began: Monotonic time from which the seconds count; None for now.

    Raises:
        WaitTimeoutError: `timeout` seconds are over; carries the jobs that go on.
        LightworksRemoteError: See `Follower.poll`.
    """
    deadline = deadline_of(timeout, began)
    there, open_jobs = _split(jobs, reached)
    for job, holder in there.items():
        if on_change is not None and job.seen is not None:
            on_change(holder, job.seen, None)
        yield holder
    followers = _followers(open_jobs, reached, on_change)
    while followers:
        left = None if deadline is None else deadline - time.monotonic()
        # With several schedulers none may be waited for at length: another may have news.
        longest = followers[0].longest_poll if len(followers) == 1 else 0.0
        for follower in followers:
            yield from follower.poll(longest if left is None else max(0.0, min(longest, left)), deadline)
        followers = [follower for follower in followers if follower.pending]
        if not followers:
            break
        pause = min(follower.pause for follower in followers)
        if deadline is not None:
            if time.monotonic() >= deadline:
                raise _still_going(followers, timeout)
            pause = min(pause, max(0.0, deadline - time.monotonic()))
        if pause > 0:
            time.sleep(pause)


def deadline_of(timeout: float | None, began: float | None = None) -> float | None:
    """Return the monotonic time at which so many seconds are over, counted from then or from now, or None.

    Raises:
        TypeError: It is not a number of seconds.
        ValueError: It is negative or NaN.
    """
    if timeout is None:
        return None
    return check_timeout(timeout) + (time.monotonic() if began is None else began)


def until_complete(
    jobs: Mapping[Tracked, H], timeout: float | None, progress: Any, began: float | None = None
) -> Iterator[H]:
    """Yield who holds a job once the job is complete, and show how it is going; see `follow`.

    Raises:
        WaitTimeoutError: As `follow`, which raises the others too.
    """
    with closing(JobProgress(progress, len(jobs))) as shown:
        yield from follow(jobs, _is_complete, timeout, shown.changed if shown.is_wanted else None, began)


async def complete(jobs: Mapping[Tracked, Connected]) -> None:
    """Wait until jobs are complete without blocking the event loop."""
    async for _ in until_complete_async(jobs, None, None):
        pass


async def until_complete_async(
    jobs: Mapping[Tracked, H],
    timeout: float | None,  # noqa: ASYNC109  (it carries the jobs that go on, which asyncio's cannot)
    progress: Any,
) -> AsyncIterator[H]:
    """Do what `until_complete` does without blocking the event loop.

    Requests run in threads, each for a moment only, so that many jobs can be awaited at once and a cancelled
    task ends at once. Progress is shown by the event loop's own thread.

    Raises:
        WaitTimeoutError: As `follow`, which raises the others too.
    """
    import asyncio

    deadline = deadline_of(timeout)
    there, open_jobs = _split(jobs, _is_complete)
    news: list[tuple[H, Status, int | None]] = [
        (holder, job.seen, None) for job, holder in there.items() if job.seen is not None
    ]

    def note(holder: H, status: Status, position: int | None) -> None:
        news.append((holder, status, position))

    with closing(JobProgress(progress, len(jobs))) as shown:
        followers = _followers(open_jobs, _is_complete, note if shown.is_wanted else None)
        finished = list(there.values())
        while True:
            for item in news if shown.is_wanted else ():
                shown.changed(*item)
            news.clear()
            for holder in finished:
                yield holder
            finished = []
            followers = [follower for follower in followers if follower.pending]
            if not followers:
                return
            began = time.monotonic()
            for follower in followers:
                finished += await asyncio.to_thread(follower.poll, 0.0, deadline)
            if finished or not any(follower.pending for follower in followers):
                continue
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise _still_going(followers, timeout)
            pause = max(0.0, min(follower.pause for follower in followers) - (now - began))
            await asyncio.sleep(pause if deadline is None else min(pause, deadline - now))


def _split(jobs: Mapping[Tracked, H], reached: Reached) -> tuple[dict[Tracked, H], dict[Tracked, H]]:
    """Part the jobs that need not be asked for from the others, each with its holder.

    What was told may be old, but no status that was reached is ever left backwards.
    """
    there = {job: holder for job, holder in jobs.items() if job.seen is not None and reached(job.seen)}
    return there, {job: holder for job, holder in jobs.items() if job not in there}


def one_or_all(holders: Sequence[Any]) -> Any:
    """Return what an exception's `job` is: the only one, or a list."""
    return holders[0] if len(holders) == 1 else list(holders)


def _followers(
    jobs: Mapping[Tracked, H], reached: Reached, on_change: OnChange[H] | None
) -> list[Follower[H]]:
    """Make one follower for each connection."""
    return [
        Follower(connection, {job: jobs[job] for job in members}, reached, on_change)
        for connection, members in by_connection(jobs)
    ]


def _still_going(followers: Sequence[Follower[H]], timeout: float | None) -> WaitTimeoutError:
    """Make the error of a wait that is over before the jobs are."""
    ids = [job_id for follower in followers for job_id, group in follower.pending.items() for _ in group]
    if len(ids) == 1:
        status = followers[0].last_seen.get(ids[0])
        what = f"Job {ids[0]} is {f'still {status}' if status else 'not known to be complete'}"
    else:
        what = f"{len(ids)} jobs are not complete"
    error = WaitTimeoutError(f"{what} after {timeout:g} s. Nothing is lost: wait again, or cancel.")
    error.job = one_or_all([holder for follower in followers for holder in follower.followed])
    return error


def _is_complete(status: Status) -> bool:
    return status.is_complete
