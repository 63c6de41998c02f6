"""What waits to be tried again says so, once and with the reason, for whoever sits before a terminal."""

from __future__ import annotations

import math

import pytest

from lwfast import remote
from lwfast.cli.main import main
from lwfast.remote.connection.retry import WaitNote
from tests.faults.fake_scheduler import reset, status
from tests.faults.isolation import folders, ours, plain, quick, scheduler
from tests.remote.samples import sampler

__all__ = ["folders", "ours", "plain", "quick", "scheduler"]

FULL = {"errors": [{"name": "queued_jobs", "reason": "anna has 2 jobs waiting or running and may have 2"}]}
HIDE = "Set LWFAST_QUIET=1 to hide this line."


@pytest.fixture(autouse=True)
def heard(monkeypatch):
    monkeypatch.delenv("LWFAST_QUIET", raising=False)


def notes(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("lwfast: ")]


def test_a_submit_that_waits_for_room_says_so(ours, capsys):
    """Once, with what is full, while it waits; the job is accepted in the end."""
    ours.fault("POST", "v1/jobs", *[status(429, FULL, Retry_After="1")] * 2)
    job = remote.QPU("Artemis").run(sampler())
    assert job.job_id is not None
    (note,) = notes(capsys)
    assert "anna has 2 jobs waiting or running and may have 2" in note
    assert note.endswith(f"Trying again for up to 30 s. {HIDE}")


def test_the_command_says_so_too(ours, capsys, tmp_path):
    remote.QPU("Artemis").run(sampler()).save_to_file(tmp_path / "job")
    capsys.readouterr()
    ours.fault("POST", "v1/jobs", status(429, FULL, Retry_After="1"))
    assert main(["submit", str(tmp_path / "job")]) == 0
    (note,) = notes(capsys)
    assert "may have 2" in note


def test_quiet_hides_it(ours, capsys, monkeypatch):
    monkeypatch.setenv("LWFAST_QUIET", "1")
    ours.fault("POST", "v1/jobs", status(429, FULL, Retry_After="1"))
    remote.QPU("Artemis").run(sampler())
    assert notes(capsys) == []


def test_other_waits_say_so_too(scheduler, capsys):
    """Requests, waits for jobs, and cancelling; each names what is wrong."""
    scheduler.fault("GET", "qpus", status(503, Retry_After="1"))
    remote.list_qpus()
    (note,) = notes(capsys)
    assert "busy" in note
    assert note.endswith(f"Trying again for up to 60 s. {HIDE}")
    job = remote.QPU("Artemis").run(sampler())
    scheduler.fault("GET", ".*", status(503, Retry_After="1"), status(503, Retry_After="1"))
    job.wait_until_complete(30)
    (note,) = notes(capsys)
    assert note.endswith(f"Trying again for up to 300 s. {HIDE}")
    job = remote.job(scheduler.add(status="Scheduled", script=[]).id)
    scheduler.fault("PUT", ".*cancel", status(503, Retry_After="1"))
    job.cancel()
    assert len(notes(capsys)) == 1


def test_short_pauses_are_not_worth_a_word(scheduler, capsys):
    scheduler.fault("GET", "qpus", reset, status(503), status(429, FULL))
    assert remote.list_qpus() == ["Artemis"]
    assert notes(capsys) == []


def test_a_wait_without_a_limit_names_none(capsys):
    note = WaitNote(math.inf)
    note.waits(0.9, ValueError("Too\n early."))
    note.waits(1.0, ValueError("Now\n  then."))
    note.waits(9.0, ValueError("Again."))
    assert notes(capsys) == [f"lwfast: Now then. Trying again. {HIDE}"]
