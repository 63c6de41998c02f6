"""A scheduler that is away is not hammered: hours of outages are gone through on a clock of the test."""

from __future__ import annotations

import time
from contextlib import suppress
from types import SimpleNamespace

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.remote.connection import cancelling, fetching, transport
from lwfast.remote.job_path import follow
from tests.faults.fake_scheduler import FakeScheduler, reset, status
from tests.remote.samples import batch, sampler

pytestmark = pytest.mark.guarantee

HTML = b"<html>We are back soon.</html>"


class Clock:
    """Stands in for `time` in the client; sleeping only moves it on, as does each look at it, a little."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        self.now += 1e-4
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    stand_in = SimpleNamespace(sleep=made.sleep, monotonic=made.monotonic)
    for module in (transport, follow, cancelling, fetching):
        monkeypatch.setattr(module, "time", stand_in)
    monkeypatch.setattr(transport, "AnswerTime", SlowTime)
    return made


class SlowTime(transport.AnswerTime):
    """Keeps to the time of the system: what is read really comes."""

    def __init__(self, silence: float, **changes: object) -> None:
        super().__init__(5.0)


@pytest.fixture(params=[False, True], ids=["reference-wire", "lwfast-wire"])
def away(request, clock, monkeypatch):
    """A scheduler with a client, of which every answer is the same fault until a test says otherwise."""
    with FakeScheduler(v1=request.param) as fake:
        monkeypatch.setenv("LWFAST_URL", fake.url)
        monkeypatch.setenv("LWFAST_TOKEN", fake.token)
        yield fake


FAULTS = {
    "reset": reset,
    "503": status(503),
    "HTML": status(200, HTML),
    "500": status(500),
    "503, later": status(503, Retry_After="30"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_hammering_by_a_wait(away, clock, fault):
    """Five minutes without an answer take 160 requests at most, and far fewer where it asks for time."""
    job = remote.QPU("Artemis").run_async(sampler())
    away.requests.clear()
    away.fault("GET", ".*", *[FAULTS[fault]] * 1000)
    began = clock.now
    with pytest.raises(remote.LightworksRemoteError) as caught:
        job.wait_until_complete()
    assert caught.value.job is job
    assert 300 <= clock.now - began < 400
    assert len(away.requests) <= (15 if fault == "503, later" else 175)
    away.faults.clear()
    job.wait_until_complete(timeout=600)
    assert job.success


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("task", [sampler(), batch(2)])
def test_hammering_by_a_submit(away, clock, fault, task):
    """A submit that nobody answers is sent 20 times at most within 30 s with a key, and once without."""
    remote.get_qpu_details("Artemis")
    away.requests.clear()
    away.fault("POST", ".*", *[FAULTS[fault]] * 1000)
    began = clock.now
    with pytest.raises(remote.LightworksRemoteError):
        remote.QPU("Artemis").run(task)
    assert clock.now - began < 31
    assert len(away.seen("POST", ".*")) <= (20 if away.v1 else 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_hammering_by_other_calls(away, fault):
    job = away.add(status="Completed")
    open_job = away.add(script=[])
    for call in (
        remote.list_qpus,
        lambda: remote.get_job_details(job.id),
        lambda: remote.get_results(job.id),
        lambda: remote.cancel_job(open_job.id),
    ):
        away.requests.clear()
        away.faults.clear()
        for method, path in (("PUT", ".*"), ("GET", "qpus|.*/results")):
            away.fault(method, path, *[FAULTS[fault]] * 1000)
        with suppress(remote.LightworksRemoteError, lw.ResultFormatError):
            call()
        assert 1 <= len(away.requests) <= 20
