"""Ctrl-C at any moment of a submit: what was accepted is in the exception, or found under its key."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lwfast import remote, wire
from tests.faults.fake_scheduler import TOKEN, FakeScheduler, reset, reset_after_doing, status
from tests.remote.samples import batch, sampler
from tests.started import PATIENCE

pytestmark = pytest.mark.guarantee

HOME = Path(remote.__file__).parent
FILES = {
    str(HOME / name)
    for name in (
        "configuration/intents.py",
        "connection/endpoints.py",
        "job_path/attempt.py",
        "job_path/job_and_batch.py",
        "job_path/submit.py",
        "qpu.py",
        "tracked.py",
    )
}
STRIDE = 13
"""Lines between two interruptions."""


def test_all_files_are_there():
    assert all(Path(file).is_file() for file in FILES)


def interrupted_at(line: int, call: Callable[[], Any]) -> Any:
    """Call, and press Ctrl-C before the so-many-th line; returns what came out, and whether it came to it."""
    left = line

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    found: list[Any] = []

    def run() -> None:
        sys.settrace(trace)
        try:
            found.append(call())
        except BaseException as caught:
            found.append(caught)
        finally:
            sys.settrace(None)

    # A thread of its own: where an interrupt comes at the end of an `except`, CPython 3.13 may go on to take
    # its exception for the one that the thread handles, and it became the context of errors in later tests.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return found[0], left <= 0


def found_again(caught: Any, client: remote.Client) -> list[int]:
    """The ids of all jobs that an exception, or the disk, leads to."""
    jobs = [] if getattr(caught, "jobs", None) is None else caught.jobs.jobs
    job = getattr(caught, "job", None)
    if isinstance(job, remote.Job) and job.job_id is None and job._tracked.pending_key is not None:
        job.retry()
    if isinstance(job, remote.Job):
        jobs.append(job)
    for item in client.pending():
        resumed = item.resume()
        jobs += resumed.jobs if isinstance(resumed, remote.BatchJob) else [resumed]
    assert client.pending() == []
    return [job.job_id for job in jobs if job.job_id is not None]


def check(fake: FakeScheduler, client: remote.Client, caught: Any, keyed: bool) -> None:
    """No job is lost, and none made twice."""
    made = len(fake.jobs)
    fake.faults.clear()
    if isinstance(caught, BaseException):
        ids = found_again(caught, client)
    else:
        assert client.pending() == []
        ids = [job.job_id for job in (caught.jobs if isinstance(caught, remote.BatchJob) else [caught])]
    if keyed:
        assert set(fake.jobs) == set(ids)
        assert len(fake.keys) <= 3
    else:  # without keys the one under way may be lost, which the exception says
        assert len(fake.jobs) == made
        lost = set(fake.jobs) - set(ids)
        assert len(lost) <= 1
        if lost:
            payload = caught.payload[0] if isinstance(caught.payload, list) else caught.payload
            assert payload.job_name == fake.jobs[lost.pop()].payload["job_name"]


@pytest.mark.parametrize("many", [False, True], ids=["job", "batch"])
@pytest.mark.parametrize(
    "fault", [None, reset_after_doing, reset, status(413)], ids=["well", "lost", "reset", "refused"]
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # sockets left open
def test_at_any_line_with_keys(ours, monkeypatch, many, fault):
    monkeypatch.setattr(wire, "BATCH_JOBS", 2)  # a batch of three goes in two parts
    task = batch(3) if many else sampler()
    client = remote.Client(ours.url, TOKEN)
    qpu = client.qpu("Artemis")
    qpu.run(task)
    line, came = 1, True
    while came:
        ours.jobs.clear()
        ours.keys.clear()
        if fault is not None:
            ours.fault("POST", "v1/jobs(/batch)?", fault)
        caught, came = interrupted_at(line, lambda: qpu.run(task))
        check(ours, client, caught, keyed=True)
        line += STRIDE


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_was_never_sent_does_not_wait_to_be_resumed(ours):
    """Not either once the frames are gone that held its file, which `pending` leaves out until then."""
    task, client = sampler(), remote.Client(ours.url, TOKEN)
    qpu = client.qpu("Artemis")
    qpu.run(task)
    caught: Any = KeyboardInterrupt()
    line = 0
    while type(caught) is KeyboardInterrupt:  # later ones say that the job may exist
        caught = None
        gc.collect()
        assert client.pending() == []
        line += 1
        caught, _ = interrupted_at(line, lambda: qpu.run(task))
    assert isinstance(caught, remote.SubmissionInterrupted)
    assert line > 150  # the file was written by then


@pytest.mark.parametrize("many", [False, True], ids=["job", "batch"])
@pytest.mark.parametrize("name", ["run", "run_async"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_at_each_of_the_last_lines(ours, many, name):
    """Where the file of the submit is dropped already, nothing but the return to the caller may follow."""
    task = batch(3) if many else sampler()
    client = remote.Client(ours.url, TOKEN)
    run = getattr(client.qpu("Artemis"), name)
    n_lines, came = 0, True
    while came:  # how many lines a run has
        n_lines += 100
        came = interrupted_at(n_lines, lambda: run(task))[1]
    for item in client.pending():
        item.resume()
    while not came:
        n_lines -= 1
        ours.jobs.clear()
        ours.keys.clear()
        caught, came = interrupted_at(n_lines, lambda: run(task))
        check(ours, client, caught, keyed=True)
    for line in range(n_lines - 30, n_lines):
        ours.jobs.clear()
        ours.keys.clear()
        caught, _ = interrupted_at(line, lambda: run(task))
        check(ours, client, caught, keyed=True)


@pytest.mark.parametrize("many", [False, True], ids=["job", "batch"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_at_any_line_without_keys(plain, many):
    task = batch(3) if many else sampler()
    client = remote.Client(plain.url, TOKEN)
    qpu = client.qpu("Artemis")
    qpu.run(task)
    line, came = 1, True
    while came:
        plain.jobs.clear()
        caught, came = interrupted_at(line, lambda: qpu.run(task))
        check(plain, client, caught, keyed=False)
        line += STRIDE
