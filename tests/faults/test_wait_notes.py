"""What waits to be tried again says so, once and with the reason, for whoever sits before a terminal."""

from __future__ import annotations

import math
import re
import time

import pytest

from lwfast import remote
from lwfast.cli.main import main
from lwfast.remote.connection import retry, transport
from lwfast.remote.connection.connection import connection_of
from lwfast.remote.connection.retry import IDEMPOTENT, KEYED, SINGLE, WaitNote
from lwfast.remote.job_path import follow
from tests.faults.fake_scheduler import reset, status
from tests.faults.isolation import folders, ours, plain, quick, scheduler
from tests.remote.samples import sampler
from tests.started import PATIENCE

__all__ = ["folders", "ours", "plain", "quick", "scheduler"]

FULL = {"errors": [{"name": "queued_jobs", "reason": "anna has 2 jobs waiting or running and may have 2"}]}
HIDE = "Set LWFAST_QUIET=1 to hide this line."


@pytest.fixture(autouse=True)
def heard(monkeypatch):
    monkeypatch.delenv("LWFAST_QUIET", raising=False)


def late(_):
    """Answer after a while."""
    time.sleep(1.2)
    return False


def notes(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("lwfast: ")]


def test_a_submit_that_waits_for_room_says_so(ours, capsys):
    """Once, with what is full, while it waits; the job is accepted in the end."""
    ours.fault("POST", "v1/jobs", *[status(429, FULL, Retry_After="1")] * 2)
    job = remote.QPU("Artemis").run(sampler())
    assert job.job_id is not None
    (note,) = notes(capsys)
    assert "anna has 2 jobs waiting or running and may have 2" in note
    assert note.endswith(f"Trying again, up to 19 times. {HIDE}")


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
    assert note.endswith(f"Trying again, up to 5 times. {HIDE}")
    job = remote.QPU("Artemis").run(sampler())
    scheduler.fault("GET", ".*", status(503, Retry_After="1"), status(503, Retry_After="1"))
    job.wait_until_complete(30)
    (note,) = notes(capsys)
    assert note.endswith(f"Trying again for up to 300 s. {HIDE}")
    job = remote.job(scheduler.add(status="Scheduled", script=[]).id)
    scheduler.fault("PUT", ".*cancel", status(503, Retry_After="1"))
    job.cancel()
    (note,) = notes(capsys)
    assert note.endswith(f"Trying again, up to 5 times. {HIDE}")


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


@pytest.mark.parametrize(
    ("policy", "attempt", "asked", "left"),
    [
        (IDEMPOTENT, 4, None, 2),  # a refused connection is tried for about 3 s
        (IDEMPOTENT, 1, 30.0, None),  # 60 s are over before six tries are
        (KEYED, 3, None, None),
        (SINGLE, 1, None, None),
    ],
)
def test_what_ends_the_tries(policy, attempt, asked, left):
    """A note names what ends them first: their number, or the time."""
    assert policy.tries_left(attempt, asked, 0.7) == left


def test_a_refused_connection_says_how_often_it_is_tried(scheduler, capsys, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_PAUSE_SECONDS", 0.0005)
    monkeypatch.setattr(retry, "NOTE_SECONDS", 0.003)
    scheduler.stop()
    with pytest.raises(remote.ConnectionFailedError):
        remote.list_qpus()
    (note,) = notes(capsys)
    assert re.search(r"Trying again(, up to [2-5] times| once)\. Set", note)


def test_a_scheduler_that_hangs_is_announced_once(ours, capsys, monkeypatch):
    """And again only after it has answered; a wait that was asked for is not one."""
    monkeypatch.setattr(transport, "SILENCE_SECONDS", 0.1)
    client = remote.Client(timeout=PATIENCE)
    for _ in range(2):
        ours.fault("GET", "qpus", late)
        assert client.list_qpus() == ["Artemis"]
        (note,) = notes(capsys)
        host = f"127.0.0.1:{ours.port}"
        assert re.fullmatch(
            rf"lwfast: {host} has sent nothing for 0 s; waiting for up to \d+ s more\. {HIDE}", note
        )
    monkeypatch.setenv("LWFAST_QUIET", "1")
    ours.fault("GET", "qpus", late)
    assert client.list_qpus() == ["Artemis"]
    assert notes(capsys) == []


def test_waiting_for_news_is_not_hanging(ours, capsys, monkeypatch):
    monkeypatch.setattr(transport, "SILENCE_SECONDS", 0.1)
    connection = connection_of(remote.Client(timeout=PATIENCE))
    job = ours.add(status="Scheduled", script=[])
    ours.fault("GET", "v1/changes", late)
    connection.api.changes([job.id], timeout=5.0)
    assert notes(capsys) == []


@pytest.mark.parametrize("call", [remote.list_qpus, lambda: remote.get_job_status(5)])
def test_a_web_page_is_not_asked_for_again(ours, capsys, call):
    """Where no scheduler has answered yet, the page is what is there: one request, one line."""
    ours.fault("GET", ".*", *[status(200, b"<!DOCTYPE html><html></html>")] * 8)
    with pytest.raises(remote.HTTPError) as caught:
        call()
    said = f"{ours.url} answered with a web page, so it is probably not the address of a scheduler's API; "
    assert str(caught.value) == f"{said}ask whoever runs the scheduler for it."
    assert caught.value.status_code == 200
    assert len(ours.requests) == 1
    assert notes(capsys) == []


def test_a_web_page_in_between_is_passed(ours):
    """A scheduler that has answered before may do so again."""
    remote.list_qpus()
    ours.fault("GET", "qpus", status(200, b"<!DOCTYPE html><html></html>"))
    assert remote.list_qpus() == ["Artemis"]


@pytest.mark.parametrize("progress", [True, False])
def test_whoever_watches_a_job_hears_why_it_does_not_begin(ours, capsys, monkeypatch, progress):
    """Of a cluster without workers, say: once, and not of a job that is waited for in silence."""
    monkeypatch.setattr(follow, "ASK_WHY_SECONDS", 0.05)
    ours.health = {"trouble": "the dask cluster at tcp://a:1 has no workers; jobs wait until it has"}
    job = remote.job(ours.add(status="Scheduled", script=["Scheduled"] * 60 + ["Completed"], position=1).id)
    job.wait_until_complete(PATIENCE, progress=progress)
    said = [line for line in notes(capsys) if "No job can be run" in line]
    wanted = f"lwfast: No job can be run: {ours.health['trouble']}. {HIDE}"
    assert said == ([wanted] if progress else [])
    assert bool(ours.seen("GET", "v1/status")) is progress
