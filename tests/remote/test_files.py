from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast import remote
from tests.faults.fake_scheduler import TOKEN, FakeScheduler
from tests.remote.samples import batch, sampler

REFERENCE_JOB = {
    "job_type": "job",
    "job_id": 17770,
    "payload": {
        "qpu": "Artemis",
        "job_name": "Job",
        "lightworks_version": "2.3.1",
        "n_modes": 2,
        "input": [1, 0],
        "n_samples": 100,
        "min_detection": 1,
        "direct_implementation": False,
        "unitary": [["(0.6+0j)", "(-0.8+0j)"], ["0.8j", "(0+0.6j)"]],
        "circuit_spec": None,
        "job_data": None,
    },
}


@pytest.fixture
def job(scheduler):
    return remote.QPU("Artemis").run(sampler(), job_name="Test job")


def test_a_job_is_saved_and_loaded(job, tmp_path):
    job.save_to_file(tmp_path / "deep" / "folder" / "mine")
    assert remote.saved_job_exists(tmp_path / "deep" / "folder" / "mine")
    loaded = remote.load_job_from_file(str(tmp_path / "deep" / "folder" / "mine.json"))
    assert isinstance(loaded, remote.Job)
    assert (loaded.job_id, loaded.name) == (job.job_id, "Test job")
    assert loaded.payload == job.payload
    assert isinstance(loaded.payload, remote.ArtemisPayload)
    assert isinstance(loaded.payload.input, lw.State)
    assert loaded.payload.unitary.tobytes() == np.asarray(job.payload.unitary, complex).tobytes()
    assert len(loaded.result(timeout=5)) == 2


@pytest.mark.parametrize("found_by_id", [False, True])
def test_a_loaded_job_is_not_asked_of_another_scheduler(job, scheduler, found_by_id, tmp_path, monkeypatch):
    (remote.job(job.job_id) if found_by_id else job).save_to_file(tmp_path / "mine")
    batch_job = remote.BatchJob()
    batch_job["one"] = job
    batch_job.save_to_file(tmp_path / "batch")
    saved = json.loads((tmp_path / "mine.json").read_text())
    assert saved["url"] == scheduler.url
    with FakeScheduler(v1=scheduler.v1) as other:
        other.add()
        remote.set_api_url(other.url)
        loaded = remote.load_job_from_file(tmp_path / "mine")
        of_batch = remote.load_job_from_file(tmp_path / "batch")["one"]
        for call in (loaded.cancel, loaded.result, loaded.retry, lambda: loaded.status, of_batch.cancel):
            with pytest.raises(remote.JobError, match=rf"{scheduler.url}.*{other.url}.*client="):
                call()
        assert other.requests == []
        told = remote.load_job_from_file(tmp_path / "mine", client=remote.Client(other.url, TOKEN))
        assert isinstance(told, remote.Job)
        assert len(told.result(timeout=5)) == 2
        told.save_to_file(tmp_path / "mine", allow_overwrite=True)
        del saved["url"]
        (tmp_path / "old.json").write_text(json.dumps(saved))
        assert len(remote.load_job_from_file(tmp_path / "old").result(timeout=5)) == 2
    remote.set_api_url(scheduler.url)
    assert len(loaded.result(timeout=5)) == 2


def test_a_retried_job_keeps_its_former_ids(job, tmp_path):
    job.retry()
    job.save_to_file(tmp_path / "mine")
    assert remote.load_job_from_file(tmp_path / "mine").previous_ids == job.previous_ids != []


def test_loading_needs_no_connection_and_no_settings(tmp_path):
    (tmp_path / "old.json").write_text(json.dumps(REFERENCE_JOB))
    job = remote.load_job_from_file(tmp_path / "old")
    assert job.job_id == 17770
    assert job.payload.lightworks_version == "2.3.1"
    assert job.payload.unitary[1, 0] == 0.8j
    with pytest.raises(remote.ConfigurationError):
        _ = job.status


def test_no_token_is_in_the_file(job, tmp_path):
    remote.token.set(TOKEN)
    job.save_to_file(tmp_path / "mine")
    assert TOKEN not in (tmp_path / "mine.json").read_text()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("a", "a.json"),
        ("a.json", "a.json"),
        ("run_0.25", "run_0.25.json"),
        ("a.txt", "a.txt.json"),
        ("A.JSON", "A.JSON"),
    ],
)
def test_no_name_is_cut_off(job, tmp_path, name, file):
    job.save_to_file(tmp_path / name)
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == [file]
    assert remote.load_job_from_file(tmp_path / name).job_id == job.job_id


def test_a_file_that_the_reference_cut_is_found(tmp_path):
    (tmp_path / "run_0.json").write_text(json.dumps(REFERENCE_JOB))
    assert remote.saved_job_exists(tmp_path / "run_0.25")
    assert remote.load_job_from_file(tmp_path / "run_0.25").job_id == 17770


def test_a_file_of_ours_is_not_taken_for_another_name(job, tmp_path):
    job.save_to_file(tmp_path / "run_0")
    batch_job = remote.BatchJob()
    batch_job["one"] = job
    batch_job.save_to_file(tmp_path / "batch_0")
    for name in ("run_0.25", "batch_0.25"):
        assert not remote.saved_job_exists(tmp_path / name)
        with pytest.raises(FileNotFoundError, match=name):
            remote.load_job_from_file(tmp_path / name)


@pytest.mark.parametrize("ending", ["jsn", "foo", "txt"])
def test_a_name_with_an_ending_is_not_another_file(tmp_path, ending):
    (tmp_path / "task.json").write_text(json.dumps(REFERENCE_JOB))
    wrong = tmp_path / f"task.{ending}"
    assert not remote.saved_job_exists(wrong)
    for load in (remote.load_job_from_file, remote.Job().load_from_file, remote.BatchJob().load_from_file):
        with pytest.raises(FileNotFoundError, match=rf"task\.{ending}.*task\.json meant"):
            load(wrong)
    wrong.write_text(json.dumps({**REFERENCE_JOB, "job_id": 5}))
    assert remote.load_job_from_file(wrong).job_id == 5


def test_overwriting_needs_permission(job, tmp_path):
    job.save_to_file(tmp_path / "mine")
    before = (tmp_path / "mine.json").read_bytes()
    with pytest.raises(ValueError, match="already exists"):
        job.save_to_file(tmp_path / "mine")
    job.retry()
    job.save_to_file(tmp_path / "mine", allow_overwrite=True)
    assert (tmp_path / "mine.json").read_bytes() != before


def test_a_failed_write_leaves_the_old_file_and_nothing_else(job, tmp_path, monkeypatch):
    job.save_to_file(tmp_path / "mine")
    before = (tmp_path / "mine.json").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        job.save_to_file(tmp_path / "mine", allow_overwrite=True)
    assert (tmp_path / "mine.json").read_bytes() == before
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == ["mine.json"]


@pytest.mark.parametrize("bad", [None, 3, b"x"])
def test_a_name_is_a_string_or_path(bad):
    for call in (remote.saved_job_exists, remote.load_job_from_file, remote.Job().save_to_file):
        with pytest.raises(TypeError, match="filename"):
            call(bad)


def test_a_missing_file(tmp_path):
    assert not remote.saved_job_exists(tmp_path / "none")
    for call in (remote.load_job_from_file, remote.Job().load_from_file, remote.BatchJob().load_from_file):
        with pytest.raises(FileNotFoundError, match=r"none\.json"):
            call(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a saved job"),
        ("[1]", "list"),
        ("{", "not a saved job"),
        ("{}", "job_type"),
        ('{"job_type": "other"}', "'other'"),
        ('{"job_type": "job"}', "job_id and payload"),
        ('{"job_type": "job", "job_id": [1], "payload": null}', "job_id"),
        ('{"job_type": "job", "job_id": 5, "payload": null, "previous_ids": 3}', "previous_ids"),
        ('{"job_type": "job", "job_id": 5, "payload": null, "pending_key": 3}', "pending_key"),
        ('{"job_type": "job", "job_id": 5, "payload": null, "url": 3}', "url"),
        ('{"job_type": "job", "job_id": 5, "payload": {"qpu": 3}}', r"remote\.job\(5\)"),
        ('{"job_type": "batch_job", "a": {"job_id": 3}}', "job_id and payload"),
        ('{"job_type": "batch_job", "a": 3}', "job_id and payload"),
        ('{"job_type": "batch_job", "format_version": 9, "jobs": {}}', "version 9"),
        ('{"job_type": "batch_job", "format_version": 2, "jobs": []}', "version 2"),
    ],
)
def test_a_file_that_holds_no_job(tmp_path, text, says):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(remote.JobFileError, match=says) as caught:
        remote.load_job_from_file(tmp_path / "bad")
    assert "bad.json" in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, remote.JobError)


def test_a_job_that_cannot_be_loaded_is_as_it_was(job, tmp_path):
    (tmp_path / "bad.json").write_text('{"job_type": "job", "job_id": 5, "payload": {"qpu": 3}}')
    before = job.job_id
    with pytest.raises(remote.JobFileError):
        job.load_from_file(tmp_path / "bad")
    assert (job.job_id, job.name) == (before, "Test job")


def test_a_batch_is_saved_and_loaded(scheduler, tmp_path):
    names = ["job_type", "jobs", "format_version"]
    jobs = remote.QPU("Artemis").run(batch(3), job_name=names)
    jobs.save_to_file(tmp_path / "all")
    loaded = remote.load_job_from_file(tmp_path / "all")
    assert isinstance(loaded, remote.BatchJob)
    assert loaded.job_id == jobs.job_id
    assert loaded.names == names
    assert [item.payload for item in loaded.jobs] == [item.payload for item in jobs.jobs]
    loaded.wait_until_complete(5)
    assert loaded.all_success
    with pytest.raises(ValueError, match="already exists"):
        jobs.save_to_file(tmp_path / "all")


def test_a_batch_of_the_reference_is_loaded(tmp_path):
    saved = {"a": REFERENCE_JOB, "format_version": REFERENCE_JOB, "job_type": "batch_job"}
    (tmp_path / "old.json").write_text(json.dumps(saved))
    loaded = remote.load_job_from_file(tmp_path / "old")
    assert loaded.job_id == {"a": 17770, "format_version": 17770}
    assert isinstance(loaded["a"].payload, remote.ArtemisPayload)


def test_loading_a_batch_replaces_what_was_in_it(scheduler, tmp_path):
    jobs = remote.QPU("Artemis").run(batch(2))
    jobs.save_to_file(tmp_path / "all")
    other = remote.QPU("Artemis").run(batch(1), job_name=["other"])
    other.load_from_file(tmp_path / "all")
    assert other.job_id == jobs.job_id


def test_a_job_without_a_payload_is_saved_and_loaded(plain, tmp_path):
    fake = plain.add(status="Completed")
    remote.job(fake.id).save_to_file(tmp_path / "found")
    loaded = remote.load_job_from_file(tmp_path / "found")
    assert (loaded.job_id, loaded.payload) == (fake.id, None)
    with pytest.raises(remote.JobSubmissionError, match="No payload"):
        loaded.retry()


def test_a_name_may_be_relative(job, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job.save_to_file("mine")
    assert Path("mine.json").exists()
    assert remote.load_job_from_file("mine").job_id == job.job_id
