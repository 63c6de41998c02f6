"""Real signals during submits to a real scheduler: no job is lost, and none made twice."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from lwfast import remote
from lwfast.remote.configuration import intents
from tests.marks import posix
from tests.started import PATIENCE, child, read_line

pytest.importorskip("uvicorn")
pytestmark = posix

TRIALS = 24
CHILD = """
import json, sys
from lwfast import remote
from tests.remote.samples import batch, sampler

qpu = remote.Client(sys.argv[1], sys.argv[2]).qpu("Artemis")
one, three = sampler(), batch(3)
qpu.details
for trial in range(int(sys.argv[3])):
    job, kept, told = None, [], []
    sys.stdin.readline()
    try:
        print("ready", flush=True)
        while True:
            job = qpu.run(three if trial % 2 else one, job_name=f"Trial {trial}")
            kept.append(job)
    except KeyboardInterrupt as error:
        if isinstance(error, remote.SubmissionInterrupted):
            told = error.jobs.jobs
            assert "pending()" in error.__notes__[0] or "Nothing is in doubt" in error.__notes__[0]
    if job is not None and job not in kept:  # Ctrl-C came between the two lines above: the caller has it
        kept.append(job)
    kept = [x for item in kept for x in (item.jobs if trial % 2 else [item])]
    print(json.dumps([[job.job_id for job in kept], [job.job_id for job in told]]), flush=True)
"""


@pytest.fixture
def submitting(tmp_path, monkeypatch):
    """A scheduler, and how to start a program that submits to it."""
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(tmp_path / "lwfast"))
    with remote.local_scheduler(workers=1) as running, contextlib.ExitStack() as started:

        def start(trials: int) -> subprocess.Popen[str]:
            root = str(Path(__file__).parents[2])
            command = [sys.executable, "-c", CHILD, str(running.url), running.token, str(trials)]
            environment = {**os.environ, "PYTHONPATH": root}
            return started.enter_context(child(command, stdin=subprocess.PIPE, env=environment, cwd=root))

        yield running, start


def go(process: subprocess.Popen[str]) -> None:
    process.stdin.write("go\n")
    process.stdin.flush()
    assert read_line(process) == "ready\n"


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C, once more if it fell into a finaliser, where Python drops every exception."""
    for _ in range(4):
        process.send_signal(signal.SIGINT)
        if select.select([process.stdout], [], [], 8)[0]:
            return
    pytest.fail("Four times Ctrl-C did not end a submit.")


def wait_for_a_file() -> None:
    end = time.monotonic() + PATIENCE
    while not list(Path(os.environ["LWFAST_CONFIG_DIR"], "pending").glob("*.json")):
        assert time.monotonic() < end, "no submit was begun"
        time.sleep(0.0002)


def all_ids(client: remote.Client) -> list[int]:
    return client.list_all_jobs()


def test_ctrl_c_while_submitting(submitting):
    running, start = submitting
    process = start(TRIALS)
    moments = random.Random(7)
    interrupted = 0
    known: set[int] = set()
    for trial in range(TRIALS):
        go(process)
        if trial % 4:
            wait_for_a_file()
        time.sleep(moments.uniform(0.0, 0.01 if trial % 4 else 0.2))
        interrupt(process)
        kept, told = json.loads(read_line(process))
        there = set(all_ids(running.client)) - known
        found = []
        for item in running.client.pending():
            resumed = item.resume()
            found += resumed.jobs if isinstance(resumed, remote.BatchJob) else [resumed]
        interrupted += bool(found or told)
        ids = [job.job_id for job in found]
        assert set(kept) | set(told) <= there
        assert there <= set(kept) | set(told) | set(ids)
        after = set(all_ids(running.client)) - known
        assert after == set(kept) | set(told) | set(ids)  # resuming made none twice
        assert not set(kept).intersection(told)
        known |= after
    assert process.wait(timeout=20) == 0
    assert interrupted


def test_a_killed_program_leaves_its_submit_to_be_resumed(submitting):
    running, start = submitting
    found = 0
    for _ in range(20):
        if found > 1:  # a program on a busy machine may have ended its submit before it is killed
            break
        process = start(1)
        go(process)
        wait_for_a_file()
        process.kill()
        process.wait(PATIENCE)
        before = set(all_ids(running.client))
        for item in running.client.pending():
            job = item.resume()
            found += 1
            # It is one of those that were there, or one more.
            assert set(all_ids(running.client)) == before | {job.job_id}
        assert running.client.pending() == []
    assert found


def test_a_scheduler_that_deletes_its_folder_takes_its_pending_submits_along(tmp_path, monkeypatch):
    """Those of an earlier scheduler with its URL, which may have kept its data, stay."""
    monkeypatch.setenv("LWFAST_CONFIG_DIR", str(tmp_path / "lwfast"))

    def write(url: str, created: str, key: str) -> None:
        parts = [intents.SubmitPart(key, [msgspec.Raw(b"{}")])]
        about = {"created": created, "qpu": "Artemis", "names": ["Job"], "batch": False, "parts": parts}
        intents.write(intents.Record(key=key, url=url, **about), []).release()

    old = "2026-01-02T03:04:05.678+00:00"
    write("https://qpu.example/", old, "elsewhere")
    kept = {"elsewhere"}
    for folder in (None, tmp_path / "kept"):
        with remote.local_scheduler(workers=1, data_dir=folder) as running:
            url = str(running.url)
            write(url, old, f"old at {url}")
            write(url, datetime.now(UTC).isoformat(timespec="milliseconds"), f"new at {url}")
            assert {item.key for item in running.client.pending()} == {f"old at {url}", f"new at {url}"}
        kept |= {f"old at {url}"} | (set() if folder is None else {f"new at {url}"})
        assert {item.key for item in remote.pending()} == kept
