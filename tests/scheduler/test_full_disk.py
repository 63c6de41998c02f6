"""While results cannot be written nothing new begins, nothing is lost, and it is said once."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from unittest import mock

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.cli.main import main
from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.scheduler.queue import job_ends as ends
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.scheduler.store.store import Store
from tests.marks import posix
from tests.scheduler.harness import TOKEN, make_settings, own_process, payload, running
from tests.scheduler.runners import CRASHES, LARGE, NAPS, SLEEPS
from tests.started import read_rest, threads, until

pytestmark = pytest.mark.guarantee

SHORT = profile_text("artemis").replace("timeout_seconds = 600", "timeout_seconds = 1.5")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(ends, "FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(ends, "LONGEST_PAUSE_SECONDS", 0.2)


@pytest.fixture
def complaints(capfd):
    """What the scheduler and its workers write to standard error, by line."""
    lines = []

    def said():
        lines.extend(capfd.readouterr().err.splitlines())
        return lines

    return said


def status_of(api):
    return api.get("v1/status").json()


def statuses(api, ids):
    items = api.get("v1/jobs", params={"ids": ",".join(map(str, ids)), "limit": 1000}).json()["items"]
    assert len(items) == len(ids)
    return [item["jobStatus"] for item in items]


def batch(api, count, **changes):
    answer = api.post("v1/jobs/batch", json={"jobs": [payload(**changes)] * count})
    assert answer.status_code == 202, answer.text
    return [job["jobId"] for job in answer.json()["jobs"]]


@contextlib.contextmanager
def full_store():
    """The store takes no new rows while the block lasts, as on a full disk."""
    execute = Store._do

    def refuse(store, statement, *values):
        if statement.startswith("INSERT"):
            raise sqlite3.OperationalError("database or disk is full")
        return execute(store, statement, *values)

    with mock.patch.object(Store, "_do", refuse):
        yield


def test_ends_are_kept_until_there_is_room(tmp_path, complaints):
    """Jobs that ended wait again with their results; none begins; all is told once and mends by itself."""
    with running(make_settings(tmp_path)) as api:
        api.scheduler.book._recent_limit = 1
        blocker = api.submit(n_samples=NAPS)
        waiting = batch(api, 40)
        api.wait(blocker, {"Running"})
        with full_store():
            trouble = until(lambda: status_of(api)["trouble"])
            assert "the store cannot write (database or disk is full)" in trouble
            until(lambda: status_of(api)["running"] == 0)
            time.sleep(0.5)
            kept = [i for i in (blocker, *waiting) if api.scheduler.ends.keeps(i)]
            assert 1 <= len(kept) <= ends.AHEAD + 1
            assert f"keeps {len(kept)} ended jobs in memory" in status_of(api)["trouble"]
            assert set(statuses(api, [blocker, *waiting])) == {"Scheduled"}
            details = api.details(kept[0])
            assert (details["queuePosition"], details["userExecutionNotes"]) == (1, ends.KEPT)
            answer = api.post("jobs", json=payload())
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
            assert "the store cannot write (database or disk is full)" in api.errors(answer)["store"]
            assert len(complaints()) == 1
        assert api.wait(waiting[-1])["jobStatus"] == "Completed"
        until(lambda: status_of(api)["trouble"] is None)
        assert statuses(api, [blocker, *waiting]) == ["Completed"] * 41
        assert [entry["status"] for entry in api.details(kept[0])["logs"]] == [
            *("Accepted", "Scheduled", "Running", "Completed")
        ]
        assert ["ERROR" in complaints()[0], len(complaints())] == [True, 2]
        assert complaints()[1].endswith("WARNING lwfast.scheduler.queue.job_ends: the store can write again")


def test_trouble_wakes_who_follows_all_jobs(tmp_path):
    """So does its end: the dashboard shows both at once."""
    with running(make_settings(tmp_path)) as api:
        job_id = api.submit(n_samples=NAPS)
        api.wait(job_id, {"Running"})
        with full_store():
            until(lambda: status_of(api)["trouble"])
            seq = api.get("v1/changes", params={"after": 2**53 - 1, "timeout": 0}).json()["seq"]
        until(lambda: api.get("v1/changes", params={"after": seq, "timeout": 10}).json()["seq"] > seq)
        api.wait(job_id)


def test_cancelling_meanwhile(tmp_path):
    """503 as long as it cannot be written down; then the job is cancelled, a waiting one and a kept one."""
    with running(make_settings(tmp_path)) as api:
        kept = api.submit(n_samples=NAPS)
        api.wait(kept, {"Running"})
        waiting = batch(api, 10)
        with full_store():
            until(lambda: status_of(api)["trouble"])
            for job_id in (kept, waiting[-1]):
                answer = api.cancel(job_id)
                assert answer.status_code == 503
                assert "could not be written down yet" in api.errors(answer)["store"]
                assert api.details(job_id)["queuePosition"] == (1 if job_id == kept else 11)
        assert {api.wait(i)["jobStatus"] for i in (kept, waiting[-1])} == {"Cancelled"}
        assert api.cancel(kept).status_code == 204
        assert {api.wait(i)["jobStatus"] for i in waiting[:-1]} == {"Completed"}


def test_a_cancellation_that_the_store_does_not_take(tmp_path):
    """It is tried again, as what a full disk refuses is, though the store takes all else."""
    update, calls = Store.update, []

    def refuse_twice(store, job_id, entry, **changes):
        if entry.status == "Cancelled":
            calls.append(job_id)
            if len(calls) < 3:
                raise ValueError("not this one")
        return update(store, job_id, entry, **changes)

    with running(make_settings(tmp_path)) as api, mock.patch.object(Store, "update", refuse_twice):
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        api.cancel(job_id)
        assert api.wait(job_id)["jobStatus"] == "Cancelled"
        assert calls == [job_id] * 3
        until(lambda: status_of(api)["trouble"] is None)
        api.wait(api.submit(), {"Completed"})


def test_end_of_the_scheduler_meanwhile(tmp_path):
    """It ends in time, and what could not be stored runs again at the next start."""
    with contextlib.ExitStack() as full:
        with running(make_settings(tmp_path)) as api:
            ids = [api.submit(n_samples=NAPS), *batch(api, 30)]
            api.wait(ids[0], {"Running"})
            full.enter_context(full_store())
            until(lambda: status_of(api)["trouble"])
            began = time.monotonic()
        assert time.monotonic() - began < 8
    with running(make_settings(tmp_path)) as api:
        assert api.wait(ids[-1])["jobStatus"] == "Completed"
        assert set(statuses(api, ids)) == {"Completed"}


def test_submitting_with_the_client_meanwhile(tmp_path):
    """The client sends the job again, under its key, until there is room: one job."""
    with running(make_settings(tmp_path)) as api:
        job_id = api.submit(n_samples=NAPS)
        api.wait(job_id, {"Running"})
        with contextlib.ExitStack() as sending, full_store():
            until(lambda: status_of(api)["trouble"])
            jobs = []
            client = remote.Client(url=f"{api.root}api/", token=TOKEN)
            sending.enter_context(threads(lambda: jobs.append(_send(client))))
            time.sleep(1)
            assert jobs == []
        assert len(jobs[0].result(timeout=20)) > 0
        client.close()
        assert [item["jobId"] for item in api.get("v1/jobs").json()["items"]] == [job_id + 1, job_id]


def _send(client):
    sampler = lw.Sampler(lw.Unitary(lw.random_unitary(4)), lw.State([1, 0, 0, 0]), n_samples=100)
    return client.qpu("Artemis").run(sampler, job_name="Test job")


def test_slow_store_holds_up_new_jobs(tmp_path, monkeypatch):
    """While another program keeps the store to itself, no job stands Running that no worker works on."""
    monkeypatch.setattr(ends, "AHEAD", 3)
    monkeypatch.setattr(ends, "LATE_SECONDS", 0.2)
    with running(make_settings(tmp_path)) as api:
        blocker = api.submit(n_samples=NAPS)
        ids = [blocker, *batch(api, 40)]
        api.wait(blocker, {"Running"})
        other = sqlite3.connect(tmp_path / STORE_FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        until(lambda: status_of(api)["running"] == 0)
        until(lambda: "Running" not in statuses(api, ids))
        assert 1 <= len(api.scheduler.ends._unstored) <= ends.AHEAD
        assert api.details(blocker)["userExecutionNotes"] == ends.KEPT
        other.execute("ROLLBACK")
        other.close()
        assert api.wait(ids[-1])["jobStatus"] == "Completed"
        assert status_of(api)["trouble"] is None


@contextlib.contextmanager
def no_folder(settings):
    """No file can be written among the results while the block lasts."""
    shutil.rmtree(settings.results_dir)
    settings.results_dir.write_text("")
    try:
        yield
    finally:
        settings.results_dir.unlink()


def test_worker_holds_a_large_result(tmp_path, complaints):
    """It stands Running, past its time, for a worker holds it; no other begins; then it completes."""
    settings = make_settings(tmp_path, workers=2, qpus=parse_qpus(SHORT, "test"))
    with running(settings) as api:
        until(lambda: status_of(api)["ready"] == 2)
        with no_folder(settings):
            large, small = api.submit(n_samples=LARGE), api.submit(n_samples=1)
            trouble = until(lambda: status_of(api)["trouble"])
            assert f"a worker cannot write the result of job {large} (File exists" in trouble
            behind = api.submit(n_samples=1)
            time.sleep(2.5)
            assert (api.status(large), api.status(behind)) == ("Running", "Scheduled")
            assert (status_of(api)["running"], len(complaints())) == (1, 1)
        assert api.wait(large)["jobStatus"] == "Completed"
        assert len(api.get(f"jobs/{large}/results").json()["results"]) == 40_000
        assert {api.wait(i)["jobStatus"] for i in (small, behind)} == {"Completed"}
        assert status_of(api)["trouble"] is None
        assert len(complaints()) == 1


def test_cancelling_a_job_whose_result_is_held(tmp_path):
    settings = make_settings(tmp_path)
    with running(settings) as api, no_folder(settings):
        large, behind = api.submit(n_samples=LARGE), api.submit(n_samples=1)
        until(lambda: status_of(api)["trouble"])
        assert api.cancel(large).status_code == 204
        assert status_of(api)["trouble"] is None
        assert api.wait(behind)["jobStatus"] == "Completed"


def test_payload_that_cannot_be_read(tmp_path):
    """Its worker is free again, and the job fails with the reason after a second try."""
    with running(make_settings(tmp_path)) as api:
        api.wait(api.submit())
        blocker, job_id, behind = api.submit(n_samples=NAPS), api.submit(n_samples=CRASHES), api.submit()
        api.scheduler._orders.drop(job_id)
        reader, run = api.scheduler._reader, api.scheduler._reader.run

        def unreadable(wanted):
            async def ask(_):
                return await reader._run(lambda connection: connection.execute("SELECT nothing FROM nowhere"))

            return ask(wanted) if wanted == job_id else run(wanted)

        reader.run = unreadable
        details = api.wait(job_id)
        assert details["jobStatus"] == "Failed"
        assert (
            "payload could not be read: store: the store could not be read" in details["userExecutionNotes"]
        )
        assert "twice" in details["userExecutionNotes"]
        assert api.wait(behind)["jobStatus"] == api.wait(blocker)["jobStatus"] == "Completed"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    may = os.name == "posix" and os.geteuid() == 0
    if not may or subprocess.run(mount, capture_output=True, timeout=20).returncode:
        pytest.skip("needs the right to mount a disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True, timeout=20)


def fill(disk):
    """Leave no room on a disk; returns the file to remove for some."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


@posix
@pytest.mark.parametrize("samples", [LARGE, 1000])
def test_disk_that_fills_up(small_disk, samples):
    """On a disk that is full in fact, in a scheduler of its own: no traceback, and every job completes."""
    data = small_disk / "data"
    with own_process(data, stderr=subprocess.PIPE) as (process, api):
        first = api.submit(n_samples=NAPS)
        ids = [first, api.submit(n_samples=samples), *batch(api, 30, n_modes=20)]
        api.wait(first, {"Running"})
        filler = fill(small_disk)
        assert until(lambda: status_of(api)["trouble"])
        time.sleep(1)
        found = statuses(api, ids)
        assert found.count("Running") == status_of(api)["running"] <= 1
        assert set(found) <= {"Running", "Scheduled", "Completed"}
        assert api.post("jobs", json=payload(n_modes=20)).status_code == 503
        filler.unlink()
        assert {api.wait(i)["jobStatus"] for i in ids} == {"Completed"}
        until(lambda: status_of(api)["trouble"] is None)
        assert api.wait(api.submit())["jobStatus"] == "Completed"
        process.terminate()
        said = read_rest(process)
        assert process.wait(10) == 0
    assert "Traceback" not in said
    assert said.count("ERROR") <= 3, said


@posix
def test_start_on_a_full_disk(small_disk, capsys):
    """It ends with the reason and no traceback; with room, it starts."""
    filler = fill(small_disk)
    assert main(["serve", "--port", "0", "--data-dir", str(small_disk / "data")]) == 1
    assert "cannot be used: No space left on device" in capsys.readouterr().err
    filler.unlink()
    with running(make_settings(small_disk / "data")) as api:
        waits = api.submit(n_samples=SLEEPS)
        api.wait(waits, {"Running"})
    filler = fill(small_disk)
    assert main(["serve", "--port", "0", "--data-dir", str(small_disk / "data")]) == 1
    assert "full" in (said := capsys.readouterr().err) or "No space left" in said
    filler.unlink()
    with running(make_settings(small_disk / "data")) as api:
        assert api.cancel(waits).status_code == 204
