"""The scheduler against a model of it: forty lines of plain Python that forget nothing.

Workers are played: they do what the machine says, when it says so. All else is the scheduler itself, with
its store on the disk; a crash leaves it what `kill -9` would.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lwfast.scheduler import clock
from lwfast.scheduler.faults import ConflictError, KeyReusedError
from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.queue import core
from lwfast.scheduler.queue.core import Scheduler
from lwfast.scheduler.validation.payloads import check_one
from lwfast.scheduler.workers.frames import LENGTH, Done, Failed, Run, decode_order
from tests.scheduler.harness import make_settings, payload
from tests.started import PATIENCE

pytestmark = pytest.mark.guarantee


class Model:
    """What the scheduler should be, if nothing ever went wrong."""

    def __init__(self):
        self.status, self.names, self.results, self.deaths, self.keys = {}, {}, {}, {}, {}
        self.running, self.may_run = None, True

    def accept(self, names, key):
        if key in self.keys:
            known, ids = self.keys[key]
            return ids if known == names else "reused"
        ids = [len(self.status) + 1 + place for place in range(len(names))]
        for job_id, name in zip(ids, names, strict=True):
            self.status[job_id], self.names[job_id], self.deaths[job_id] = "Scheduled", name, 0
        if key is not None:
            self.keys[key] = (names, ids)
        self.begin()
        return ids

    def begin(self):
        waiting = self.waiting()
        if self.running is None and waiting and self.may_run:
            self.running = waiting[0]
            self.status[self.running] = "Running"

    def waiting(self):
        return [job_id for job_id, status in self.status.items() if status == "Scheduled"]

    def end(self, job_id, status, result=None):
        self.status[job_id] = status
        self.results[job_id] = result
        self.leave(job_id)

    def leave(self, job_id):
        if self.running == job_id:
            self.running = None
        self.begin()

    def worker_died(self):
        job_id = self.running
        self.deaths[job_id] += 1
        self.status[job_id] = "Scheduled" if self.deaths[job_id] < 2 else "Failed"
        self.leave(job_id)

    def restart(self):
        if self.running is not None:
            self.status[self.running], self.running = "Scheduled", None
        self.begin()


class PlayedWorker:
    """A worker that is a name for what the machine does next."""

    def __init__(self, pool):
        self.pool, self.job_id, self.process, self.order = pool, None, self, None

    @property
    def idle(self):
        return self.job_id is None

    def send(self, frame):
        order = decode_order(frame[LENGTH.size :])
        if isinstance(order, Run):
            self.order = order

    def kill(self):
        self.job_id = self.order = None


class PlayedPool:
    """What the scheduler knows of its pool of workers, with one worker in it."""

    trouble = held = None
    ever_ready, cores = True, 1

    def __init__(self, *_, on_answer, on_lost, on_idle, **__):
        self.workers = [PlayedWorker(self)]
        self.on_answer, self.on_lost, self.start = on_answer, on_lost, on_idle

    def claim(self, job_id):
        self.workers[0].job_id = job_id
        return self.workers[0]

    def running(self, job_id):
        return self.workers[0] if self.workers[0].job_id == job_id else None

    @property
    def running_ids(self):
        return [worker.job_id for worker in self.workers if worker.job_id is not None]

    async def stop(self):
        self.workers[0].kill()


job_names = st.text("abc", min_size=1, max_size=3)
keys = st.sampled_from([None, "k1", "k2", "k3"])


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.model = Model()
        self.shown = {}
        self.ahead = 0.0
        self.cleanup = contextlib.ExitStack()
        self.base = Path(tempfile.mkdtemp(prefix="lwfast-model-"))
        self.cleanup.callback(shutil.rmtree, self.base)
        self.folder = self.base / "0"
        self.loop = asyncio.new_event_loop()
        self.cleanup.callback(self.loop.close)
        self.cleanup.enter_context(mock.patch.object(core, "WorkerPool", PlayedPool))
        self.cleanup.enter_context(mock.patch.object(core, "now_text", self.now))
        self.real_now = clock.now_text
        self.qpus = dict(load_qpus())
        self.scheduler = None

    def now(self):
        """The time, as a clock tells it that is set forward and back."""
        year = min(max(2026 + int(self.ahead), 1970), 9000)
        return f"{year:04d}{self.real_now()[4:]}"

    def do(self, work):
        async def limited():
            async with asyncio.timeout(PATIENCE):
                return await work

        return self.loop.run_until_complete(limited())

    @initialize()
    def start(self):
        async def begin():
            self.scheduler = Scheduler(make_settings(self.folder, qpus=self.qpus))
            await self.scheduler.start()

        self.do(begin())

    def settle(self):
        """Let what was decided reach the disk."""

        async def wait():
            while self.scheduler.ends._tasks:
                await asyncio.wait(self.scheduler.ends._tasks.values())
            await asyncio.sleep(0)

        self.do(wait())

    # --- what clients do ---------------------------------------------------------------------------

    @rule(name=job_names, key=keys)
    def submit(self, name, key):
        self.send([name], key)

    @rule(batch=st.lists(job_names, min_size=1, max_size=4), key=keys)
    def submit_batch(self, batch, key):
        self.send(batch, key)

    def send(self, batch, key):
        jobs = [check_one(payload(job_name=name), load_qpus()) for name in batch]
        digest = hashlib.sha256(json.dumps(batch).encode()).digest()
        expected = self.model.accept(batch, key)
        try:
            found = [job.id for job in self.do(self.scheduler.submit(jobs, key, digest))]
        except KeyReusedError:
            found = "reused"
        assert found == expected

    @precondition(lambda self: self.model.status)
    @rule(data=st.data())
    def cancel(self, data):
        job_id = data.draw(st.sampled_from(sorted(self.model.status)))
        before = self.model.status[job_id]
        try:
            self.do(self.scheduler.cancel(job_id))
            assert before in {"Scheduled", "Running", "Cancelled"}
            if before != "Cancelled":
                self.model.end(job_id, "Cancelled")
        except ConflictError:
            assert before in {"Completed", "Failed"}
        self.settle()

    # --- what workers do ---------------------------------------------------------------------------

    def worker(self):
        worker = self.scheduler.pool.workers[0]

        for _ in range(20_000):  # where the order is not in memory, it is read from the store
            if worker.order is not None:
                break
            self.do(asyncio.sleep(0.001))
        order = worker.order
        assert order.job_id == self.model.running
        return worker, order

    @precondition(lambda self: self.model.running is not None)
    @rule(large=st.booleans())
    def complete(self, large):
        worker, order = self.worker()
        body = b'{"seed": %d}' % order.seed
        worker.kill()

        async def answer():
            self.scheduler._on_answer(Done(order.job_id, body=body))
            self.scheduler._pump()

        self.do(answer())
        self.model.end(order.job_id, "Completed", body)
        self.settle()

    @precondition(lambda self: self.model.running is not None)
    @rule()
    def fail(self):
        worker, order = self.worker()
        worker.kill()

        async def answer():
            self.scheduler._on_answer(Failed(order.job_id, "not like this"))
            self.scheduler._pump()

        self.do(answer())
        self.model.end(order.job_id, "Failed")
        self.settle()

    @precondition(lambda self: self.model.running is not None)
    @rule()
    def worker_dies(self):
        worker, order = self.worker()
        worker.kill()

        async def lose():
            self.scheduler._on_lost(order.job_id, "ended with signal 9")

        self.do(lose())
        self.model.worker_died()
        self.settle()

    # --- what happens to the scheduler -------------------------------------------------------------

    @rule()
    def restart(self):
        self.do(self.scheduler.stop())
        self.model.restart()
        self.start()
        attempts = {job.id: job.attempts for job in self.scheduler.book.live.values()}
        assert attempts == {job_id: self.model.deaths[job_id] for job_id in attempts}

    @rule()
    def crash(self):
        """Go on with what is in the folder at this moment."""
        number = int(self.folder.name) + 1
        shutil.copytree(self.folder, self.base / str(number))
        self.do(self.scheduler.stop())
        shutil.rmtree(self.folder)
        self.folder = self.base / str(number)
        self.model.restart()
        self.start()
        for job in self.scheduler.book.live.values():  # that a worker died may be forgotten: one try more
            assert job.attempts <= self.model.deaths[job.id]
            self.model.deaths[job.id] = job.attempts

    @rule(years=st.sampled_from([-30, -1, 0, 1, 500]))
    def set_clock(self, years):
        self.ahead = years

    @rule(available=st.booleans())
    def change_qpus(self, available):
        """The QPU goes off line or comes back, and the scheduler starts again with the new file."""
        self.qpus = {
            name: msgspec.structs.replace(qpu, available=available) for name, qpu in load_qpus().items()
        }
        self.model.may_run = available
        self.restart()

    # --- what holds at all times -------------------------------------------------------------------

    @invariant()
    def agrees(self):
        if self.scheduler is None:
            return
        jobs = self.do(self.scheduler.book.page(JobQuery(), 100_000))
        assert [job.id for job in jobs] == sorted(self.model.status, reverse=True)
        for job in jobs:
            assert (job.name, job.status.wire_name) == (self.model.names[job.id], self.model.status[job.id])
            stage = 2 if job.status.is_complete else 0
            assert stage >= self.shown.get(job.id, 0), "a status went backward"
            self.shown[job.id] = stage
            if stage == 2 and self.model.results.get(job.id) is not None:
                assert self.do(self.scheduler.result(job.id)) == self.model.results[job.id]
        waiting = self.model.waiting()
        assert [self.scheduler.book.queue.position(i) for i in waiting] == list(range(1, len(waiting) + 1))

    def teardown(self):
        if self.scheduler is not None:
            self.do(self.scheduler.stop())
        self.cleanup.close()


Machine.TestCase.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
test_scheduler_is_what_its_model_is = Machine.TestCase
