"""Workers that hang, and who goes first where memory runs out."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from lwfast.scheduler.workers import workers
from tests.marks import posix
from tests.scheduler.harness import make_settings, running
from tests.scheduler.runners import NAPS, SLEEPS
from tests.started import until

pytestmark = pytest.mark.guarantee


@posix
def test_worker_that_stands_still(tmp_path, monkeypatch):
    """It is ended, and its job runs again in the next one: long before the time of the job is over."""
    monkeypatch.setattr(workers, "SILENCE_SECONDS", 6.0)
    with running(make_settings(tmp_path)) as api:
        job_id = api.submit(n_samples=NAPS)
        api.wait(job_id, {"Running"})
        (worker,) = api.scheduler.pool.workers
        os.kill(worker.process.pid, signal.SIGSTOP)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        reasons = [entry["meta"]["Reason"] for entry in details["logs"] if "Reason" in entry["meta"]]
        assert reasons == [
            "The worker process gave no sign of life for 6 s and was ended; the job is tried once more"
        ]


def test_busy_workers_are_left_alone(tmp_path, monkeypatch):
    """A job that takes long gives signs of life, and so does a worker that waits for one."""
    monkeypatch.setattr(workers, "SILENCE_SECONDS", 6.0)
    with running(make_settings(tmp_path)) as api:
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        (worker,) = api.scheduler.pool.workers
        pid = worker.process.pid
        time.sleep(8)
        assert (worker.process.pid, api.status(job_id)) == (pid, "Running")


def test_worker_that_hangs_before_it_is_ready(tmp_path, monkeypatch):
    """It is ended, started again, and after three times it is said that no job can be run."""
    monkeypatch.setattr(workers, "SILENCE_SECONDS", 6.0)
    monkeypatch.setattr(workers, "LOOKS", 30)
    monkeypatch.setattr(workers, "READY_SECONDS", 1.0)
    monkeypatch.setattr(workers, "FIRST_PAUSE_SECONDS", 0.05)
    with running(make_settings(tmp_path, runner="tests.scheduler.runners:never_ready")) as api:
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert "was not ready after 1 s and was ended" in trouble


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux says what it ends first")
def test_a_worker_goes_first_where_memory_runs_out(tmp_path):
    """Several workers may take more than there is: then the system ends one, and not the scheduler."""
    with running(make_settings(tmp_path)) as api:
        api.wait(api.submit())
        (worker,) = api.scheduler.pool.workers
        score = Path(f"/proc/{worker.process.pid}/oom_score_adj")
        assert int(score.read_text()) > int(Path("/proc/self/oom_score_adj").read_text())
