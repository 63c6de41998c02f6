"""Following jobs until they reach a status: pauses, outages, deadlines.

A scheduler with lwfast's API answers one long request as soon as something changed. On the reference wire
each job is asked for in turn, with pauses that grow from 0.05 to 2 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lwfast.errors import (
    ConnectionFailedError,
    HTTPError,
    JobNotFoundError,
    LightworksRemoteError,
    WaitTimeoutError,
)
from lwfast.remote.connection.retry import SINGLE
from lwfast.remote.connection.transport import UntrustedError
from lwfast.remote.job_path.snapshot import IDS_PER_REQUEST
from lwfast.wire import ArtemisJobDetails, JobRecord, Status

if TYPE_CHECKING:
    from lwfast.remote.client import Client
    from lwfast.remote.job_path.single_job import Job

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
LONG_POLL_SECONDS = 20.0
QUEUE_POLL_SECONDS = 1.0
"""A long poll while queue positions are shown: they move with other jobs, which does not end it."""

Reached = Callable[[Status], bool]
OnChange = Callable[["Job", Status, "int | None"], None]


class Follower:
    """Follows jobs of one client, of which some are still pending.

    Args:
        client: Whose jobs these are.
        jobs: The jobs, each with an id.
        reached: Says for a status whether the job need not be followed any more.
        on_change: Called with job, status and queue position where these differ from before.
    """

    def __init__(
        self, client: Client, jobs: Sequence[Job], reached: Reached, on_change: OnChange | None
    ) -> None:
        self.client = client
        self.pending: dict[str, list[Job]] = {}
        for job in jobs:
            self.pending.setdefault(str(job._required_id()), []).append(job)
        self.pause = FIRST_PAUSE_SECONDS
        self._reached = reached
        self._on_change = on_change
        self._seen: dict[str, tuple[Status, int | None]] = {}
        # Whoever wants to see something sees the present state first; else the next change is waited for.
        self._seq = 0 if on_change else min((job._seq for job in jobs), default=0)
        self._last_success = time.monotonic()

    @property
    def longest_poll(self) -> float:
        """Seconds that the scheduler may wait for a change without hiding anything from `on_change`."""
        queued = (
            position is not None for job_id, (_, position) in self._seen.items() if job_id in self.pending
        )
        return QUEUE_POLL_SECONDS if self._on_change is not None and any(queued) else LONG_POLL_SECONDS

    def poll(self, long_poll: float, deadline: float | None = None) -> list[Job]:
        """Ask once for every pending job; returns those that need no more following.

        Args:
            long_poll: Seconds that the scheduler may wait for a change, where it can.
            deadline: Monotonic time by which the answer is wanted.

        Raises:
            LightworksRemoteError: The scheduler refused, or has been out of reach for longer than the
                client's `outage_seconds`; carries the job.
        """
        finished: list[Job] = []
        try:
            if self.client._api.transport.speaks_v1:
                self._poll_changes(finished, long_poll, deadline)
            else:
                self._poll_each(finished, deadline)
        except LightworksRemoteError as error:
            if not self._bearable(error):
                jobs = [job for group in self.pending.values() for job in group]
                error.job = jobs[0] if len(jobs) == 1 else jobs
                raise
            self._grow()
            self.pause = max(self.pause, getattr(error, "retry_after", None) or 0.0)
        else:
            self._last_success = time.monotonic()
        return finished

    def _poll_changes(self, finished: list[Job], long_poll: float, deadline: float | None) -> None:
        ids = list(self.pending)
        api = self.client._api
        began = time.monotonic()
        if len(ids) <= IDS_PER_REQUEST:
            answer = api.changes(ids, after=self._seq, timeout=long_poll, retry=SINGLE, deadline=deadline)
            self._seq, records = answer.seq, answer.items
            for job_id, body in answer.results.items():
                for job in self.pending.get(job_id, ()):
                    job._keep(job_id, bytes(body))
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
            raise JobNotFoundError(f"Job with requested ID ({', '.join(sorted(missing))}) not found.")
        moved = [self._note(str(record.job_id), record, finished) for record in records]
        # The scheduler did the waiting, unless it answered early without news, as it does when it ends.
        waited = len(ids) <= IDS_PER_REQUEST and (any(moved) or time.monotonic() - began > long_poll / 2 > 0)
        if waited and long_poll > 0:
            self.pause = 0.0
        else:
            self._grow()

    def _poll_each(self, finished: list[Job], deadline: float | None) -> None:
        for job_id in list(self.pending):
            details = self.client._api.details(job_id, retry=SINGLE, deadline=deadline)
            self._note(job_id, details, finished)
            if deadline is not None and time.monotonic() > deadline:
                break
        self._grow()

    def _note(self, job_id: str, said: JobRecord | ArtemisJobDetails, finished: list[Job]) -> bool:
        """Take what was said of a job; returns whether that was news."""
        status, position = said.job_status, said.queue_position
        news = self._seen.get(job_id) != (status, position)
        if news:
            self.pause = min(self.pause, 4 * FIRST_PAUSE_SECONDS)  # the next change may be near
            self._seen[job_id] = (status, position)
            if self._on_change is not None:
                for job in self.pending[job_id]:
                    self._on_change(job, status, position)
        for job in self.pending[job_id]:
            job._saw(job_id, status, said)
        if self._reached(status):
            finished += self.pending.pop(job_id)
        return news

    def _grow(self) -> None:
        self.pause = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, self.pause) * 1.4)

    def _bearable(self, error: LightworksRemoteError) -> bool:
        """Whether to go on asking: the scheduler may come back."""
        out_for = time.monotonic() - self._last_success
        if out_for > self.client.outage_seconds or isinstance(error, UntrustedError):
            return False
        if isinstance(error, HTTPError):
            return error.status_code == 429 or (error.status_code or 0) >= 500
        return isinstance(error, ConnectionFailedError)


def follow(
    jobs: Sequence[Job], reached: Reached, timeout: float | None = None, on_change: OnChange | None = None
) -> Iterator[Job]:
    """Yield each job once its status is one that `reached` accepts.

    Raises:
        WaitTimeoutError: `timeout` seconds are over; carries the jobs that go on.
        LightworksRemoteError: See `Follower.poll`.
    """
    deadline = None if timeout is None else time.monotonic() + check_timeout(timeout)
    open_jobs = []
    for job in jobs:
        # What was told may be old, but no status that was reached is ever left backwards.
        if job._seen is not None and reached(job._seen):
            if on_change is not None:
                on_change(job, job._seen, None)
            yield job
        else:
            open_jobs.append(job)
    followers = group_by_client(open_jobs, reached, on_change)
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
                raise still_going(followers, timeout)
            pause = min(pause, max(0.0, deadline - time.monotonic()))
        if pause > 0:
            time.sleep(pause)


def group_by_client(
    jobs: Sequence[Job], reached: Reached, on_change: OnChange | None = None
) -> list[Follower]:
    """Make one follower for each client."""
    groups: dict[int, tuple[Client, list[Job]]] = {}
    for job in jobs:
        client = job._where()
        groups.setdefault(id(client), (client, []))[1].append(job)
    return [Follower(client, members, reached, on_change) for client, members in groups.values()]


def still_going(followers: Sequence[Follower], timeout: float | None) -> WaitTimeoutError:
    """Make the error of a wait that is over before the jobs are."""
    jobs = [job for follower in followers for group in follower.pending.values() for job in group]
    seen = {job_id: status for follower in followers for job_id, (status, _) in follower._seen.items()}
    if len(jobs) == 1:
        status = seen.get(str(jobs[0].job_id))
        what = f"Job {jobs[0].job_id} is {f'still {status}' if status else 'not known to be complete'}"
    else:
        what = f"{len(jobs)} jobs are not complete"
    error = WaitTimeoutError(f"{what} after {timeout:g} s. Nothing is lost: wait again, or cancel.")
    error.job = jobs[0] if len(jobs) == 1 else jobs
    return error


def check_timeout(timeout: Any) -> float:
    """Return a timeout in seconds.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative or NaN.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        try:
            timeout = float(timeout) if not isinstance(timeout, bool | str) else None
        except (TypeError, ValueError):
            timeout = None
        if timeout is None:
            raise TypeError("timeout should be a number of seconds, or None to wait without end.")
    if not timeout >= 0:
        raise ValueError(f"timeout should be at least 0 seconds, got {timeout}.")
    return float(timeout)
