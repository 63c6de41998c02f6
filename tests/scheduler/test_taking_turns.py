"""Those who read the store and the one who commits to it take turns."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time

import msgspec
import pytest

from lwfast.scheduler.job_query import JobQuery
from lwfast.scheduler.jobs import Log
from lwfast.scheduler.qpus import load_qpus
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store.gate import Gate
from lwfast.scheduler.store.reader import FEW, Reader
from lwfast.scheduler.store.writer import Writer
from lwfast.scheduler.validation.payloads import check_one
from lwfast.wire import Status
from tests.scheduler.harness import payload
from tests.started import PATIENCE, threads

TIME = "2025-10-16T08:25:47.928816Z"
pytestmark = pytest.mark.guarantee


def test_order():
    """A commit waits for those who read; those who come after it wait for it."""
    gate, order = Gate(), []
    reads, may_end = threading.Event(), threading.Event()

    def until(condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def read():
        with gate.reading():
            reads.set()
            assert may_end.wait(PATIENCE)
            order.append("first reader")

    def commit():
        assert reads.wait(PATIENCE)
        with gate.committing():
            order.append("commit")

    def read_later():
        until(lambda: gate._commits)
        may_end.set()
        with gate.reading():
            order.append("second reader")

    with threads(read, commit, read_later):
        pass
    assert order == ["first reader", "commit", "second reader"]


def test_who_waited_for_a_commit_goes_before_the_next_one():
    """However soon the next commit asks; those who come later wait for that one."""
    for _ in range(50):
        gate, order = Gate(), []

        def read(name, gate=gate, order=order):
            with gate.reading():
                order.append(name)

        def commit(gate=gate, order=order):
            with gate.committing():
                order.append("commit")

        def until(condition):
            deadline = time.monotonic() + PATIENCE
            while not condition():
                assert time.monotonic() < deadline

        with contextlib.ExitStack() as stack, gate.committing():
            stack.enter_context(threads(commit))
            until(lambda gate=gate: gate._commits == 2)
            stack.enter_context(threads(lambda read=read: read("reader"), lambda read=read: read("reader")))
            until(lambda gate=gate: gate._waiting == 2)
        assert order == ["reader", "reader", "commit"]


def test_who_asks_meanwhile_shares_one_reading(tmp_path, monkeypatch):
    """However many ask while the store is read: one reading answers all of them, each with its own."""
    rounds = []

    async def run():
        gate, path = Gate(), tmp_path / STORE_FILE
        writer = Writer(path, asyncio.get_running_loop(), gate)
        reader = Reader(path, gate)
        jobs = [check_one(payload(job_name=f"job {i}"), load_qpus()) for i in range(200)]
        ids, _ = await writer.submit(lambda store: store.accept(jobs, TIME))
        ask = reader._run
        monkeypatch.setattr(reader, "_run", lambda question: rounds.append(1) or ask(question))
        with gate.committing():
            first = asyncio.create_task(reader.jobs([1]))
            await asyncio.sleep(0.05)
            others = [asyncio.create_task(reader.jobs([job_id])) for job_id in [*ids, 999]]
            await asyncio.sleep(0.05)
        async with asyncio.timeout(PATIENCE):
            found = await asyncio.gather(first, *others)
        await writer.close()
        reader.close()
        return [[job.name for job in jobs.values()] for jobs in found]

    assert asyncio.run(run()) == [["job 0"], *([f"job {i}"] for i in range(200)), []]
    assert len(rounds) == 2


@contextlib.asynccontextmanager
async def opened(folder):
    """A writer and a reader of one store; they end with the block, and their threads with them."""
    gate, path = Gate(), folder / STORE_FILE
    writer = Writer(path, asyncio.get_running_loop(), gate)
    try:
        reader = Reader(path, gate)
        try:
            yield writer, reader
        finally:
            reader.close()
    finally:
        await writer.close()


def test_a_few_jobs_are_read_without_another_thread(tmp_path, monkeypatch):
    """Between commits, a request for a job of the store needs no turns of the event loop but its own."""

    async def run():
        async with opened(tmp_path) as (writer, reader):
            jobs = [check_one(payload(job_name=f"job {i}"), load_qpus()) for i in range(FEW + 1)]
            ids, _ = await writer.submit(lambda store: store.accept(jobs, TIME))
            questions = []
            ask = reader._run
            monkeypatch.setattr(reader, "_run", lambda question: questions.append(1) or ask(question))
            found = [await reader.jobs(some) for some in (ids[:FEW], [3], [999], [])]
            assert not questions
            return [list(jobs) for jobs in (*found, await reader.jobs(ids))], len(questions)

    ids = list(range(1, FEW + 2))
    assert asyncio.run(run()) == ([ids[:FEW], [3], [], [], ids], 1)


def test_a_few_jobs_are_not_read_during_a_commit(tmp_path):
    """They would find the store locked: who asks waits for the commit, and then reads."""

    async def run():
        async with opened(tmp_path) as (writer, reader), asyncio.timeout(PATIENCE):
            await writer.submit(lambda store: store.accept([check_one(payload(), load_qpus())], TIME))
            with reader._gate.committing():
                asked = asyncio.create_task(reader.jobs([1]))
                done, _ = await asyncio.wait([asked], timeout=0.2)
                assert not done
            return list(await asked)

    assert asyncio.run(run()) == [1]


def test_the_loop_does_not_wait_for_another_program(tmp_path, monkeypatch):
    """While one holds the store, who asks for a job waits for it in another thread, and all else goes on."""
    connect, patience = sqlite3.connect, {}

    def noted(*args, **options):
        patience[threading.current_thread()] = options["timeout"]
        return connect(*args, **options)

    async def run():
        async with opened(tmp_path) as (writer, reader), asyncio.timeout(PATIENCE):
            await writer.submit(lambda store: store.accept([check_one(payload(), load_qpus())], TIME))
            monkeypatch.setattr(sqlite3, "connect", noted)
            with contextlib.closing(connect(tmp_path / STORE_FILE, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE")
                asked = asyncio.create_task(reader.jobs([1]))
                done, _ = await asyncio.wait([asked], timeout=0.2)
                assert not done
                other.execute("ROLLBACK")
                return list(await asked)

    assert asyncio.run(run()) == [1]
    assert patience.pop(threading.current_thread()) == 0.0
    assert list(patience.values()) == [30.0]


def test_large_transactions_lock_nobody_out(tmp_path):
    """Jobs are read while more is written than a cache holds: only the commit itself keeps readers out."""
    was_read = threading.Event()

    async def run():
        gate, path, loop = Gate(), tmp_path / STORE_FILE, asyncio.get_running_loop()
        writer = Writer(path, loop, gate)
        reader = Reader(path, gate)
        job = check_one(payload(), load_qpus())
        large = msgspec.structs.replace(job, payload=bytes(8 << 20))
        await writer.submit(lambda store: store.accept([job], TIME))

        writing = loop.create_future()

        def write(store):
            ids, _ = store.accept([large], TIME)
            loop.call_soon_threadsafe(writing.set_result, None)
            assert was_read.wait(PATIENCE)
            return ids

        async with asyncio.timeout(2 * PATIENCE):
            written = writer.submit(write)
            await writing
            try:
                found = await reader.jobs([1, 2])
            finally:
                was_read.set()
            assert await written == [2]
            later = await reader.jobs([1, 2])
        await writer.close()
        reader.close()
        return list(found), list(later)

    assert asyncio.run(run()) == ([1], [1, 2])


def test_nobody_finds_the_store_locked(tmp_path, monkeypatch):
    """Though no connection waits for another, none is refused: while jobs change, others are read."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k | {"timeout": 0.0}))

    async def run():
        gate, path = Gate(), tmp_path / STORE_FILE
        writer = Writer(path, asyncio.get_running_loop(), gate)
        reader = Reader(path, gate)
        jobs = [check_one(payload(), load_qpus()) for _ in range(20)]
        ids, _ = await writer.submit(lambda store: store.accept(jobs, TIME))
        entry = Log.of(Status.SCHEDULED, TIME)
        is_over = False

        async def change():
            nonlocal is_over
            for turn in range(200):
                await writer.submit(lambda store, job_id=ids[turn % 20]: store.update(job_id, entry))
            is_over = True

        async def ask():
            while not is_over:
                assert len(await reader.jobs(ids)) == 20
                await reader.finished_ids(JobQuery(), 10)

        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(change(), ask(), ask(), ask())
        await writer.close()
        reader.close()

    asyncio.run(run())
