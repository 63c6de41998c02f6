"""Deadlines hold within an answer, too: a byte now and then is no reason to wait on."""

from __future__ import annotations

import asyncio
import io
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest

from lwfast import remote
from lwfast.remote.connection import retry, timeouts, transport
from lwfast.remote.connection.connecting import _TimedReader
from lwfast.remote.job_path import snapshot
from tests.faults.fake_scheduler import TOKEN, FakeScheduler, Handler, results, slow
from tests.remote.samples import sampler

pytestmark = pytest.mark.guarantee

DRIP_SECONDS = 0.05
LONG = 4.0
"""Seconds that no call here may take; what drips takes more than twice as long."""
LARGE = results({f"({i}, 0, 0, 0)": i for i in range(200)})


def drip(handler: Handler) -> bool:
    """Answer one byte after the other, beginning with the status line."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Lwfast-Api: 1\r\nContent-Length: 200\r\n\r\n"
    )
    try:
        for byte in head + b" " * 200:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(DRIP_SECONDS)
    except OSError:
        pass
    handler.close_connection = True
    return True


def drip_body(handler: Handler) -> bool:
    """Answer the head at once, and its body one byte after the other."""
    with suppress(OSError):
        slow(b'{"a": 1}' + b" " * 300, pieces=308, pause=DRIP_SECONDS)(handler)
    return True


def endless_greeting(handler: Handler) -> bool:
    """Say over and over that an answer is going to come."""
    try:
        for _ in range(400):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            handler.wfile.flush()
            time.sleep(DRIP_SECONDS / 2)
    except OSError:
        pass
    handler.close_connection = True
    return True


DRIPS = [drip, drip_body, endless_greeting]


@pytest.fixture
def once(monkeypatch):
    monkeypatch.setattr(transport, "IDEMPOTENT", retry.SINGLE)


@pytest.mark.parametrize("fault", DRIPS)
def test_a_wait_ends_at_its_deadline(scheduler, fault):
    job = remote.QPU("Artemis").run_async(sampler())
    scheduler.fault("GET", "jobs/.*|v1/.*", *[fault] * 30)
    began = time.monotonic()
    with pytest.raises(remote.WaitTimeoutError, match="Nothing is lost") as caught:
        job.wait_until_complete(timeout=0.4)
    assert time.monotonic() - began < LONG
    assert caught.value.job is job
    scheduler.faults.clear()
    job.wait_until_complete(timeout=10)


@pytest.mark.parametrize("fault", DRIPS)
def test_a_wait_among_other_jobs_ends_at_its_deadline(ours, fault):
    """The first request of a wait asks for all open jobs at once; it counts, too."""
    jobs = [remote.QPU("Artemis").run_async(sampler()) for _ in range(3)]
    ours.fault("GET", "v1/.*", *[fault] * 30)
    began = time.monotonic()
    with pytest.raises(remote.WaitTimeoutError):
        jobs[0].wait_until_complete(timeout=0.4)
    assert time.monotonic() - began < LONG


def test_many_jobs_end_at_one_deadline(ours, monkeypatch):
    """They are asked for in several requests, of which none gets a time of its own."""
    from lwfast.remote.job_path import follow

    for room in (snapshot, follow):
        monkeypatch.setattr(room, "IDS_PER_REQUEST", 1)
    jobs = [remote.QPU("Artemis").run_async(sampler()) for _ in range(12)]
    ours.fault("GET", "v1/.*", *[drip_body] * 60)
    began = time.monotonic()
    done, waiting = remote.wait(jobs, timeout=0.3)
    assert time.monotonic() - began < LONG
    assert (len(done), len(waiting)) == (0, 12)


def test_a_wait_in_a_loop_ends_at_its_deadline(scheduler):
    job = remote.QPU("Artemis").run_async(sampler())
    scheduler.fault("GET", "jobs/.*|v1/.*", *[drip] * 30)

    async def wait() -> None:
        async for _ in remote.as_completed([job], timeout=0.4):
            pass

    began = time.monotonic()
    with pytest.raises(remote.WaitTimeoutError):
        asyncio.run(wait())
    assert time.monotonic() - began < LONG


@pytest.mark.parametrize("fault", DRIPS)
@pytest.mark.parametrize(
    "call", [lambda c: c.get_job_details(17770), lambda c: c.list_qpus(), lambda c: c.cancel_job(17770)]
)
def test_a_small_answer_has_its_timeout_in_all(plain, fault, call):
    plain.add()
    plain.fault("GET", ".*", *[fault] * 30)
    began = time.monotonic()
    with pytest.raises(remote.ConnectionFailedError, match=r"127\.0\.0\.1:\d+ sent .* in answer to GET"):
        call(remote.Client(plain.url, TOKEN, timeout=0.15))
    assert time.monotonic() - began < LONG


def test_the_message_says_that_bytes_came(plain):
    plain.add()
    plain.fault("GET", ".*", *[drip_body] * 30)
    with pytest.raises(remote.ConnectionFailedError, match=r"sent \d\d+ bytes in 0\.\d+ s and no end"):
        remote.Client(plain.url, TOKEN, timeout=0.3).get_job_details(17770)


def test_a_connection_is_of_use_after_a_short_deadline(plain):
    """The time limit of the last read is no limit of the next request."""
    one = remote.Client(plain.url, TOKEN, timeout=5.0)
    job = plain.add(script=[])
    with pytest.raises(remote.WaitTimeoutError):
        one.job(job.id).wait_until_complete(timeout=0)
    plain.fault("GET", "qpus", slow(b'[{"name": "Artemis", "id": 1}]', pieces=2, pause=0.7))
    assert one.list_qpus() == ["Artemis"]
    assert plain.connections == 1


def test_a_large_answer_may_take_its_time_but_not_for_ever(plain, once, monkeypatch):
    monkeypatch.setattr(timeouts, "PATIENCE_SECONDS", 0.2)
    job = plain.add(status="Completed", results=LARGE)
    one = remote.Client(plain.url, TOKEN, timeout=1.0)
    plain.fault("GET", ".*/results", slow(LARGE, pieces=8, pause=0.16))
    assert len(one.get_results(job.id)) == 200
    plain.fault("GET", ".*/results", slow(LARGE, pieces=len(LARGE) // 4, pause=0.05))
    began = time.monotonic()
    with pytest.raises(remote.ConnectionFailedError, match="and no end"):
        one.get_results(job.id)
    assert time.monotonic() - began < LONG


@pytest.mark.parametrize("large", [False, True])
def test_the_clock_of_an_answer(large, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(timeouts.time, "monotonic", lambda: now[0])
    clock = timeouts.AnswerTime(2.0, large=large)
    assert clock.left() == 2.0
    now[0] += 1.5
    assert clock.left() == (2.0 if large else 0.5)
    clock.came(10)
    now[0] += 0.6
    if large:
        assert clock.left() == 2.0
        now[0] += timeouts.PATIENCE_SECONDS
    with pytest.raises(TimeoutError):
        clock.left()
    clock.came(4096)
    assert not large or clock.left() == 1.0 + 0.9 + 10 / 1024 or clock.left() > 0
    clock.start()
    assert clock.left() == 2.0
    assert timeouts.AnswerTime(2.0, large=large, cutoff=now[0] + 0.25).left() == 0.25


def test_a_deadline_that_is_over_asks_for_nothing_again(quick):
    with FakeScheduler() as fake:
        fake.add(script=[])
        one = remote.Client(fake.url, TOKEN)
        began = time.monotonic()
        with pytest.raises(remote.WaitTimeoutError):
            one.job(17770).wait_until_complete(timeout=0)
        assert time.monotonic() - began < LONG
        assert len(fake.requests) <= 3


def test_what_is_left_bounds_each_read(monkeypatch):
    """Not the whole timeout once more, which a sender that stops after a while would get."""
    now = [100.0]
    monkeypatch.setattr(timeouts.time, "monotonic", lambda: now[0])
    bounds = []

    class Slow(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            now[0] += 0.6
            buffer[:1] = b"x"
            return 1

    sock = SimpleNamespace(settimeout=bounds.append)
    reader = _TimedReader(Slow(), sock, timeouts.AnswerTime(2.0))
    for _ in range(4):
        reader.readinto(bytearray(1))
    with pytest.raises(TimeoutError):
        reader.readinto(bytearray(1))
    assert bounds == pytest.approx([2.0, 1.4, 0.8, 0.2])
