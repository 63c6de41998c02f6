"""Every fault of the table, while every operation: what comes of it, and what must never come of any.

In each cell: a job that was sent exists once at most, and once where the call says so; what is in doubt is
settled by what the exception offers; the call ends, asks a bounded number of times, and pauses in between;
the token is in no text, log, frame or pickle, and with no other host; afterwards all goes on.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from lwfast import remote
from lwfast.remote.connection import cancelling, fetching, transport
from lwfast.remote.job_path import follow
from tests.faults.fake_scheduler import TOKEN, FakeScheduler
from tests.faults.fault_proxy import FaultProxy, bomb
from tests.faults.fault_table import DONE, OPERATIONS, ROWS
from tests.remote.samples import batch, sampler

MOST_REQUESTS = 12
MOST_SECONDS = 15.0
LEAST_PAUSE_SECONDS = 0.04

ERRORS: dict[str, type[Exception]] = {
    "asks": remote.AmbiguousSubmissionError,
    "raises": remote.HTTPError,
    "lost": remote.ConnectionFailedError,
    "large": remote.AnswerTooLargeError,
}
WAITED_FOR = {"stall", "drip", "silence"}
"""Faults that end with the timeout."""
WIRES = [
    (operation, v1)
    for operation in OPERATIONS
    for v1 in (False, True)
    if operation.split()[0] not in {"submit", "batch"} or v1 != operation.endswith("plain")
]
PATHS = {
    "submit": ("POST", "(v1/)?jobs"),
    "batch": ("POST", "(v1/)?jobs(/batch)?"),
    "poll": ("GET", "jobs/.*"),
    "wait": ("GET", "jobs/.*|v1/changes"),
    "cancel": ("PUT", ".*/cancel"),
    "result": ("GET", ".*/results"),
}


class Pauses:
    """Stands in for `time` in the client: notes how long it would sleep, and sleeps for a moment."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.then: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) >= 2:
            self.then()
        time.sleep(min(seconds, 0.005))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    noted = Pauses()
    clock = SimpleNamespace(sleep=noted.sleep, monotonic=time.monotonic)
    for module in (transport, follow, cancelling, fetching):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(follow, "LONG_POLL_SECONDS", 0.05)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", str(64 << 20))
    return noted


class Case:
    """A scheduler behind a proxy, a client of it, and a job there.

    Attributes:
        done: What the operation returned, or None.
    """

    def __init__(self, fake: FakeScheduler, proxy: FaultProxy, operation: str, timeout: float) -> None:
        self.fake = fake
        self.client = remote.Client(proxy.url, TOKEN, timeout=timeout)
        self.qpu = self.client.qpu("Artemis")
        self.client.get_qpu_details("Artemis")  # so that the operation asks for what it is about only
        self.operation = operation.split()[0]
        self.keyed = not operation.endswith("plain")
        ready = {"poll": "Scheduled", "wait": "Running", "cancel": "Scheduled", "result": "Completed"}
        self.job: Any = None
        if self.operation in ready:
            script = ["Completed"] if self.operation == "wait" else []
            there = fake.add(status=ready[self.operation], script=list(script))
            self.job = self.client.job(there.id)
            there.status, there.script = ready[self.operation], list(script)
            self.there = there

    def run(self) -> None:
        """Do it once, and look at what it says."""
        if self.operation == "submit":
            self.holds(self.qpu.run_async(sampler(), job_name="alone"))
        elif self.operation == "batch":
            self.holds(self.qpu.run_async(batch(2), job_name="some"))
        elif self.operation == "poll":
            assert self.job.status is remote.Status.SCHEDULED
        elif self.operation == "wait":
            self.job.wait_until_complete(timeout=10)
            assert self.job.success
        elif self.operation == "cancel":
            self.job.cancel()
            assert self.there.status == "Cancelled"
        else:
            assert len(self.job.get_result()) == 2

    def holds(self, what: Any) -> None:
        """Check that jobs are those, and all those, that the scheduler has."""
        ids = [what.job_id] if isinstance(what, remote.Job) else list(what.job_id.values())
        assert sorted(ids) == sorted(self.fake.jobs)

    def settle(self, error: BaseException) -> None:
        """Do what an exception says, until nothing is in doubt."""
        if self.operation not in {"submit", "batch"}:
            self.run()
            return
        names = Counter(job.payload["job_name"] for job in self.fake.jobs.values())
        assert all(count == 1 for count in names.values()), names
        if not isinstance(error, remote.AmbiguousSubmissionError):
            assert not self.fake.jobs
            self.run()
        elif self.keyed:
            [pending] = self.client.pending()
            self.holds(pending.resume())
            assert self.client.pending() == []
        else:
            # Whoever looks finds the job, and knows what else to look at.
            assert error.sent_at
            assert error.payload.job_name in {"alone", "some_1"}
            assert len(self.fake.jobs) <= 1


@pytest.fixture
def case(
    request: pytest.FixtureRequest, folders: object, pauses: Pauses
) -> Iterator[tuple[Case, FaultProxy, FakeScheduler]]:
    operation, v1 = request.param
    timeout = 0.3 if request.getfixturevalue("row") in WAITED_FOR else 5.0
    bomb()  # made before anybody waits for it
    with FakeScheduler(v1=v1) as fake, FaultProxy(fake.port) as proxy, FakeScheduler(v1=v1) as other:
        yield Case(fake, proxy, operation, timeout), proxy, other


@pytest.mark.guarantee
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize(
    "case", WIRES, indirect=True, ids=[f"{name}-{'lwfast' if v1 else 'reference'}" for name, v1 in WIRES]
)
def test_network(case, row, request, pauses, caplog):
    """One fault, one operation: the outcome is that of the table, and every promise holds."""
    caplog.set_level(logging.DEBUG)
    one, proxy, other = case
    entry = ROWS[row]
    name = request.node.callspec.params["case"][0]
    if entry.refused:
        proxy.refuse()
        pauses.then = proxy.listen
    else:
        given = entry.faults(other.url) if callable(entry.faults) else entry.faults
        proxy.fault(*PATHS[one.operation], *given)
    proxy.requests.clear()
    pauses.slept.clear()
    began = time.monotonic()
    error = None
    try:
        one.run()
    except Exception as raised:
        error = raised
    took = time.monotonic() - began

    expected = entry.outcome(name)
    if expected == DONE:
        assert error is None, repr(error)
    else:
        assert type(error) is ERRORS[expected] or (
            expected == "raises" and isinstance(error, remote.HTTPError)
        ), repr(error)
    assert took < MOST_SECONDS
    assert len(proxy.requests) <= MOST_REQUESTS
    if row.startswith("429"):
        assert max(pauses.slept) > 0.5
    repeated = Counter(item for item in proxy.requests if item[0] == PATHS[one.operation][0])
    if one.operation not in {"batch", "wait"} and max(repeated.values(), default=0) > 1:
        assert pauses.slept
        assert max(pauses.slept) >= LEAST_PAUSE_SECONDS

    assert other.requests == []
    said = caplog.text + repr(one.client) + repr(one.job)
    if error is not None:
        said += shown(error)
    assert TOKEN not in said

    proxy.listen()
    proxy.clear()
    pauses.then = lambda: None
    if error is not None:
        one.settle(error)


def shown(error: BaseException) -> str:
    """Return everything that a program which reports errors may show of one."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    said = "".join(whole.format())
    inside = [error]
    for item in inside:
        said += f"{item!r} {item.args!r} {vars(item)!r}"
        linked = (item.__cause__, item.__context__, *item.args)
        inside += [one for one in linked if isinstance(one, BaseException) and one not in inside]
        trace = item.__traceback__
        while trace is not None:
            said += repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
    return said
