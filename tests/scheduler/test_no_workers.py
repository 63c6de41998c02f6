"""Workers that cannot start: whoever has to know is told, and no queue is lost."""

from __future__ import annotations

import time

import pytest

from lwfast.scheduler.workers import workers
from lwfast.wire import decode_status
from tests.scheduler.harness import make_settings, payload, running
from tests.scheduler.runners import SLEEPS

NOWHERE = "tests.scheduler.nowhere:nothing"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(workers, "FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(workers, "LONGEST_PAUSE_SECONDS", 0.1)


@pytest.fixture
def exits_at_once(monkeypatch):
    monkeypatch.setattr(workers, "_START", "raise SystemExit(3)")


def wait_for_status(api, wanted, seconds=20):
    deadline = time.monotonic() + seconds
    while not wanted(status := decode_status(api.get("v1/status").content)):
        assert time.monotonic() < deadline, status
        time.sleep(0.01)
    return status


@pytest.mark.parametrize("count", [1, 2])
def test_exit_at_once(tmp_path, exits_at_once, count):
    """Jobs of this run fail with the reason, the status says it, and new jobs are refused."""
    with running(make_settings(tmp_path, workers=count)) as api:
        waiting = api.submit()
        keyed = {"Idempotency-Key": "k"}
        accepted = api.post("v1/jobs", json=payload(), headers=keyed).json()["jobId"]
        details = api.wait(waiting)
        assert details["jobStatus"] == "Failed"
        assert "before they are ready (exit code 3)" in details["userExecutionNotes"]
        status = wait_for_status(api, lambda status: status.trouble is not None)
        assert (status.ready, status.workers, status.waiting) == (0, count, 0)
        assert "exit code 3" in status.trouble
        answer = api.post("jobs", json=payload())
        assert answer.status_code == 503
        assert "exit code 3" in api.errors(answer)["workers"]
        again = api.post("v1/jobs", json=payload(), headers=keyed)
        assert (again.status_code, again.json()["jobId"]) == (202, accepted)


def test_reason_of_an_error(tmp_path):
    """A worker that knows what is wrong says so, in place of its exit code."""
    with running(make_settings(tmp_path, runner=NOWHERE)) as api:
        job_id = api.submit()
        assert api.details(job_id)["queuePosition"] == 1
        assert "ModuleNotFoundError: No module named" in api.wait(job_id)["userExecutionNotes"]


def test_jobs_of_earlier_runs_wait(tmp_path, monkeypatch):
    """An installation that broke in between costs no queue."""
    with running(make_settings(tmp_path)) as api:
        api.wait(api.submit(n_samples=SLEEPS), {"Running"})
        old = api.submit()
    with running(make_settings(tmp_path, runner=NOWHERE)) as api:
        api.wait(api.submit())
        wait_for_status(api, lambda status: status.trouble is not None)
        assert api.details(old)["queuePosition"] == 2
        assert api.cancel(old - 1).status_code == 204
    with running(make_settings(tmp_path)) as api:
        assert api.wait(old)["jobStatus"] == "Completed"


def test_workers_that_were_ready_once(tmp_path, monkeypatch):
    """Where workers ran before, all accepted jobs wait for them to come back; new ones are taken then."""
    with running(make_settings(tmp_path)) as api:
        assert api.wait(api.submit())["jobStatus"] == "Completed"
        blocker, behind = api.submit(n_samples=SLEEPS), api.submit()
        api.wait(blocker, {"Running"})
        assert wait_for_status(api, lambda status: status.ready == 1).trouble is None
        good = api.scheduler.pool._arguments[:]
        api.scheduler.pool._arguments[3] = "raise SystemExit(4)"
        api.cancel(blocker)
        assert "exit code 4" in wait_for_status(api, lambda status: status.trouble is not None).trouble
        assert api.post("jobs", json=payload()).status_code == 503
        assert api.details(behind)["queuePosition"] == 1
        api.scheduler.pool._arguments[:] = good
        assert api.wait(behind)["jobStatus"] == "Completed"
        assert decode_status(api.get("v1/status").content).trouble is None
        assert api.wait(api.submit())["jobStatus"] == "Completed"
