"""Jobs that exist are found, whatever else happens while the store is read."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from types import SimpleNamespace

import pytest

from lwfast.errors import JobNotFoundError
from lwfast.remote.job_path.follow import Follower
from lwfast.scheduler.faults import NotFoundError
from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.jobs import Log
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.queue.changes import ChangeCounter
from lwfast.scheduler.queue.known_jobs import KnownJobs
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store.gate import Gate
from lwfast.scheduler.store.reader import Reader
from lwfast.scheduler.store.store import Store
from lwfast.scheduler.validation.payloads import check_one
from lwfast.wire import Status
from tests.scheduler.harness import Api, make_settings, payload, running
from tests.started import threads

TIME = "2025-10-16T08:25:47.928816Z"
DONE = Log.of(Status.COMPLETED, TIME)


class Busy:
    """A book of one finished job in memory, over a store; `meanwhile` runs while the store is read."""

    def __init__(self, folder):
        self.store = Store(folder / STORE_FILE)
        self.reader = Reader(folder / STORE_FILE, Gate())
        self.book = KnownJobs(self.reader, ChangeCounter(), recent_limit=1)
        self.before = self.after = lambda: None
        run = self.reader._run

        async def interrupted(question):
            self.before()
            answer = await run(question)
            self.after()
            return answer

        self.reader._run = interrupted
        self.reader._jobs_now = lambda _: None  # as while a commit is on its way

    def accept(self, count):
        """Store jobs, and take them in unless told otherwise."""
        ids, _ = self.store.accept([check_one(payload(), load_qpus()) for _ in range(count)], TIME)
        return ids

    def take_in(self):
        for job in self.store.live_jobs():
            if job.id not in self.book.live:
                self.book.add(job)

    def finish(self, *ids):
        for job_id in ids:
            self.store.update(job_id, DONE, finished=TIME)
            job = self.book.live[job_id]
            job.log(DONE)
            self.book.queue.remove(job_id)
            self.book.retire(job)

    def once(self, moment, *work):
        """Do something at the next `before` or `after` only."""

        def act():
            setattr(self, moment, lambda: None)
            for step in work:
                step()

        setattr(self, moment, act)


@pytest.fixture
def busy(tmp_path):
    busy = Busy(tmp_path)
    yield busy
    busy.reader.close()
    busy.store.close()


def ids_of(jobs):
    return [job.id for job in jobs]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_job_that_leaves_memory_while_the_store_is_read(busy, moment):
    """Found before the reading, gone from memory after it: still found, with what it has become."""
    cold, leaves, stays = busy.accept(3)
    busy.take_in()
    busy.finish(cold)
    busy.finish(leaves)
    last = busy.accept(2)
    busy.take_in()
    busy.once(moment, lambda: busy.finish(stays, *last))
    jobs = asyncio.run(busy.book.find_all([cold, leaves, stays]))
    assert ids_of(jobs) == [cold, leaves, stays]
    assert {job.status for job in jobs} == {Status.COMPLETED}
    assert all(job.seq for job in jobs)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_job_that_comes_and_goes_while_the_store_is_read(busy, moment):
    """Accepted, finished and gone from memory during one reading: the store is asked once more."""
    new = busy.accept(2)
    busy.once(moment, busy.take_in, lambda: busy.finish(*new))
    assert asyncio.run(busy.book.find(new[0])).status is Status.COMPLETED
    newer = busy.accept(2)
    busy.once(moment, busy.take_in, lambda: busy.finish(*newer))
    assert ids_of(asyncio.run(busy.book.find_all([*new, *newer]))) == [*new, *newer]


def test_the_client_names_the_first_of_many_that_are_missing():
    nothing = SimpleNamespace(seq=1, items=[], results={})
    api = SimpleNamespace(changes=lambda *_, **__: nothing)
    pending = {str(i): () for i in range(101, 201)}
    follower = SimpleNamespace(pending=pending, connection=SimpleNamespace(api=api), _seq=0)
    with pytest.raises(JobNotFoundError) as caught:
        Follower._poll_changes(follower, [], 0.0, None)
    assert "120 and 80 more (100 in all)) not found." in str(caught.value)
    assert "121" not in str(caught.value)


def test_only_the_store_says_that_there_is_no_job(busy):
    known = busy.accept(1)
    busy.take_in()
    with pytest.raises(NotFoundError, match="no job 7, 0"):
        asyncio.run(busy.book.find_all([*known, 7, 0]))
    with pytest.raises(NotFoundError, match=r"no job 101, 102, .*, 120 and 9980 more \(10000 in all\)"):
        asyncio.run(busy.book.find_all(range(101, 10101)))
    with pytest.raises(NotFoundError, match="no job 7"):
        asyncio.run(busy.book.find(7))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_page_keeps_what_ends_while_the_store_is_read(busy, moment):
    ids = busy.accept(4)
    busy.take_in()

    def page(*statuses):
        busy.once(moment, lambda: busy.finish(*list(busy.book.live)[:3]))
        question = busy.book.page(JobQuery(statuses=set(statuses) or None), 10)
        return asyncio.run(question)

    assert ids_of(page()) == ids[::-1]
    ids += busy.accept(5)
    busy.take_in()
    jobs = page(Status.SCHEDULED, Status.FAILED)
    assert {job.status for job in jobs} == {Status.SCHEDULED}, "a job is listed under a status that it left"
    assert ids_of(jobs) == list(busy.book.live)[::-1]


def test_job_that_is_stored_and_about_to_be_taken_in(busy, monkeypatch):
    """The loop gets its turn, also where it reads the store itself without waiting for anything."""
    monkeypatch.delattr(busy.reader, "_jobs_now")
    read, n_read = busy.reader._jobs_now, [0]

    def counting(ids):
        n_read[0] += 1
        assert n_read[0] < 100, "nothing else can happen"
        return read(ids)

    async def main():
        (job_id,) = busy.accept(1)
        asyncio.get_running_loop().call_soon(busy.take_in)  # as the writer's thread has the loop do
        return (await busy.book.find(job_id)).status

    monkeypatch.setattr(busy.reader, "_jobs_now", counting)
    assert asyncio.run(main()) is Status.SCHEDULED


def test_page_that_live_jobs_fill(busy, monkeypatch):
    """Finished jobs are looked for above the oldest of the page only, unless one leaves room meanwhile."""
    old = busy.accept(3)
    busy.take_in()
    busy.finish(*old)
    ids = busy.accept(6)
    busy.take_in()
    asked = []
    find = busy.reader.finished_ids

    async def noted(query, limit):
        asked.append(query.after)
        return await find(query, limit)

    monkeypatch.setattr(busy.reader, "finished_ids", noted)
    query = JobQuery(statuses={Status.SCHEDULED, Status.COMPLETED})
    assert ids_of(asyncio.run(busy.book.page(query, 4))) == ids[:1:-1]
    busy.finish(ids[3])
    assert ids_of(asyncio.run(busy.book.page(query, 4))) == ids[:1:-1]
    assert asked == [ids[2], ids[1]]
    assert ids_of(asyncio.run(busy.book.page(query, 8))) == [*ids[::-1], *old[:0:-1]]

    query = JobQuery(statuses={Status.SCHEDULED, Status.CANCELLED})
    cancelled = Log.of(Status.CANCELLED, TIME)
    busy.store.update(old[2], cancelled, finished=TIME)
    busy.book._recent.clear()
    asked.clear()
    busy.once("after", lambda: busy.finish(*[i for i in busy.book.live if i > ids[0]]))
    assert ids_of(asyncio.run(busy.book.page(query, 2))) == [ids[0], old[2]]
    assert asked == [ids[4], None]


def test_page_shows_no_end_before_it_is_shown(busy):
    """A job whose end is stored, and not visible yet, is not listed under the status that it will have."""
    shown, hidden = busy.accept(2)
    busy.take_in()
    busy.finish(shown)
    busy.store.update(hidden, DONE, finished=TIME)
    completed = JobQuery(statuses={Status.COMPLETED})
    assert ids_of(asyncio.run(busy.book.page(completed, 10))) == [shown]
    assert ids_of(asyncio.run(busy.book.page(JobQuery(), 10))) == [hidden, shown]
    busy.book.queue.remove(hidden)
    busy.book.live[hidden].log(DONE)
    busy.book.retire(busy.book.live[hidden])
    assert ids_of(asyncio.run(busy.book.page(completed, 10))) == [hidden, shown]


def test_nobody_is_told_that_there_is_no_job(tmp_path):
    """With two finished jobs in memory, many ask for the same jobs while they end."""
    answers, over = [], threading.Event()
    with running(make_settings(tmp_path)) as api:
        api.scheduler.book._recent_limit = 2
        first = [api.submit(n_samples=1) for _ in range(6)]
        batch = api.post("v1/jobs/batch", json={"jobs": [payload(n_samples=1)] * 150}).json()["jobs"]
        ids = first + [job["jobId"] for job in batch]
        listed = ",".join(map(str, ids))

        def ask(path, **params):
            other = Api(api.root)
            with contextlib.closing(other.session):
                while not over.is_set():
                    answers.append((path, other.get(path, params=params)))

        asked = [
            ("v1/changes", {"ids": listed, "after": 1, "timeout": 0}),
            ("v1/changes", {"ids": listed, "after": 1, "timeout": 0}),
            ("v1/jobs", {"ids": listed, "limit": 1000}),
            ("jobs", {}),
            (f"v1/jobs/{ids[60]}", {}),
        ]
        with threads(*[functools.partial(ask, path, **params) for path, params in asked]):
            api.wait(ids[-1])
            over.set()
    assert {answer.status_code for _, answer in answers} == {200}
    for path, answer in answers:
        if "items" in answer.json():
            assert len(answer.json()["items"]) == len(ids), path
