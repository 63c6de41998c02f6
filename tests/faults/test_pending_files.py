"""The files of pending submits: odd, empty, foreign and homeless ones."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from lwfast import remote
from lwfast.remote.configuration import intents, persistence
from tests.faults.fake_scheduler import FakeScheduler, reset, reset_after_doing
from tests.remote.samples import batch, sampler

pytestmark = pytest.mark.guarantee


def files() -> list[Path]:
    return sorted((persistence.own_folder() / intents.FOLDER).glob("*"))


def lose(fake: FakeScheduler, name="Job"):
    """Submit so that the answer is lost; returns the exception."""
    fake.fault("POST", "v1/jobs", reset_after_doing, *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError) as caught:
        remote.QPU("Artemis").run(sampler(), job_name=name)
    fake.faults.clear()
    return caught.value


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"created": "yesterday"}, "Its time 'yesterday' is not an ISO 8601 time with a zone"),
        ({"created": "2026-01-01T00:00:00"}, "is not an ISO 8601 time with a zone"),
        ({"names": []}, "It has 0 names for 1 payloads"),
        ({"names": ["a", "b"]}, "It has 2 names for 1 payloads"),
        ({"names": [], "parts": []}, "It has 0 names for 0 payloads"),
    ],
)
def test_an_odd_file_hides_no_other(ours, odd, said):
    lose(ours, "Odd")
    [path] = files()
    lose(ours, "Sound")
    path.write_text(json.dumps(json.loads(path.read_text()) | odd))
    with pytest.warns(RuntimeWarning, match=f"{path.name} cannot be read .*{said}"):
        assert [item.job_name for item in remote.pending()] == ["Sound"]


@pytest.mark.parametrize("cut", [lambda _: b"", lambda whole: whole[:-20], lambda _: b'{"key":"another"}'])
def test_a_file_that_holds_nothing_of_use_is_written_anew(ours, cut):
    job = lose(ours).job
    [path] = files()
    whole = path.read_bytes()
    path.write_bytes(cut(whole))
    ours.fault("POST", "v1/jobs", *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError, match=r"remote\.pending\(\)"):
        job.retry()
    ours.faults.clear()
    [item] = remote.pending()
    assert files() == [path]
    assert item.key == json.loads(whole)["key"]
    assert item.resume().job_id == next(iter(ours.jobs))
    assert len(ours.jobs) == 1


def test_a_whole_file_is_taken_up_as_it_is(ours):
    lose(ours)
    [path] = files()
    record, content = intents.listed()[0], path.read_bytes()
    taken = intents.write(record, [])
    assert taken.was_there
    assert path.read_bytes() == content
    taken.release()


def test_empty_files_are_removed_unless_somebody_holds_them(ours):
    lose(ours)
    [path] = files()
    path.write_bytes(b"")
    held = intents.claim(path)
    assert remote.pending() == []
    assert files() == [path]
    held.release()
    assert remote.pending() == []
    assert files() == []


def test_a_file_that_is_removed_while_it_is_made_is_made_again(ours, monkeypatch):
    lose(ours)
    [record], [path] = intents.listed(), files()
    path.unlink()
    create = intents._create

    def create_and_lose(path):
        create(path)
        monkeypatch.setattr(intents, "_create", create)
        assert intents.listed() == []

    monkeypatch.setattr(intents, "_create", create_and_lose)
    intents.write(record, []).release()
    assert intents.listed() == [record]


def test_a_file_system_without_locks_is_told_and_no_empty_file_stays(ours, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(intents, "lock_within", no_locks)
    with pytest.warns(RuntimeWarning, match=r"could not be written \(No locks available\)"):
        job = remote.QPU("Artemis").run(sampler())
    assert list(ours.jobs) == [job.job_id]
    assert files() == []


@pytest.mark.parametrize("named", ["~", "~/x", "~nosuchuser/x"])
def test_a_user_without_a_home_submits_and_nothing_is_kept_in_the_working_folder(
    ours, monkeypatch, tmp_path, named
):
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("LWFAST_CONFIG_DIR", named)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.warns(RuntimeWarning, match=r"could not be written \(~.* stands for no home folder; set"):
        job = remote.QPU("Artemis").run(sampler())
    assert list(ours.jobs) == [job.job_id]
    assert remote.pending() == []
    assert list(empty.iterdir()) == []


def test_ctrl_c_in_retry_failed_names_every_key_that_is_kept(ours, monkeypatch):
    ours.script = ["Failed"]
    jobs = remote.QPU("Artemis").run_async(batch(3))
    jobs.wait_until_complete(5)
    api = jobs.jobs[0]._connection.api
    send = api.submit_keyed

    def lose_one_then_stop(*arguments):
        send(*arguments)
        if len(ours.jobs) == 5:
            raise KeyboardInterrupt
        raise remote.AmbiguousSubmissionError("Its answer was lost.")

    monkeypatch.setattr(api, "submit_keyed", lose_one_then_stop)
    with pytest.raises(remote.SubmissionInterrupted) as caught:
        jobs.retry_failed()
    kept = {item.names[0]: item.key for item in remote.pending()}
    assert set(kept) == {"Job_1", "Job_2"}
    [remedy] = caught.value.__notes__
    assert f"lists these submits under the keys {kept['Job_1']!r}, {kept['Job_2']!r}, and" in remedy
    assert "`lwfast jobs --resume KEY` with each key." in remedy
