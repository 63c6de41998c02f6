"""Submits are on the disk before they leave, and are found again when nobody heard of their end."""

from __future__ import annotations

import errno
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lwfast import remote, wire
from lwfast.cli import main
from lwfast.remote.configuration import intents, persistence
from tests.faults.fake_scheduler import TOKEN, FakeScheduler, reset, reset_after_doing, status
from tests.marks import posix
from tests.remote.samples import batch, sampler

pytestmark = pytest.mark.guarantee


def files() -> list[Path]:
    return sorted((persistence.own_folder() / intents.FOLDER).glob("*"))


def lose(fake: FakeScheduler, task, *first, name="Job"):
    """Submit so that the answer is lost; returns the exception."""
    fake.fault("POST", "v1/jobs(/batch)?", *first, reset_after_doing, *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError) as caught:
        remote.QPU("Artemis").run(task, job_name=name)
    fake.faults.clear()
    return caught.value


@pytest.mark.parametrize("task", [sampler(), batch(3)])
def test_it_is_on_the_disk_while_it_is_sent(ours, task):
    seen = []

    def look(handler):
        seen.append(
            (handler.headers["Idempotency-Key"], handler.body, *[item.read_bytes() for item in files()])
        )
        assert remote.pending() == []  # somebody is at it
        return False

    ours.fault("POST", "v1/jobs(/batch)?", look)
    remote.QPU("Artemis").run(task)
    [(key, body, content)] = seen
    held = json.loads(content)
    sent = json.loads(body)
    assert (held["key"], held["url"]) == (key, ours.url)
    assert [item for part in held["parts"] for item in part["payloads"]] == sent.get("jobs", [sent])
    assert TOKEN.encode() not in content
    assert files() == []


@posix
def test_only_the_user_may_read_it(ours):
    lose(ours, sampler())
    assert [stat.S_IMODE(item.stat().st_mode) for item in (files()[0], files()[0].parent)] == [0o600, 0o700]


def test_a_lost_job_is_listed_and_resumed(ours):
    error = lose(ours, sampler(), name="Mine")
    [item] = remote.pending()
    assert error.key == item.key
    assert item.key in str(error)
    assert (item.job_name, item.names, item.n_jobs, item.qpu) == ("Mine", ["Mine"], 1, "Artemis")
    assert item.url == ours.url
    assert abs(item.created - datetime.now(UTC)) < timedelta(minutes=1)
    assert repr(item).startswith("<pending submit of 1 job 'Mine' to 'Artemis' at http")
    job = item.resume()
    assert (job.job_id, job.name) == (next(iter(ours.jobs)), "Mine")
    assert len(ours.jobs) == 1
    assert remote.pending() == []
    assert job.payload == error.payload


def test_a_lost_batch_is_resumed_whole_in_its_order(ours, monkeypatch):
    monkeypatch.setattr(wire, "BATCH_JOBS", 2)
    error = lose(ours, batch(5), lambda _: False)
    assert list(ours.jobs) == [*error.jobs.job_id.values(), 17772, 17773]
    monkeypatch.setattr(wire, "BATCH_JOBS", 3)  # it goes in the parts in which it went
    [item] = remote.pending()
    assert error.key == f"{item.key}.2"
    assert (item.job_name, item.n_jobs) == ("Job_1 ... Job_5", 5)
    jobs = item.resume()
    assert jobs.names == [f"Job_{number}" for number in range(1, 6)]
    assert list(jobs.job_id.values()) == list(ours.jobs)
    assert [ours.jobs[job.job_id].payload["job_name"] for job in jobs.jobs] == jobs.names


def test_retrying_the_job_of_the_exception_settles_it(ours):
    error = lose(ours, sampler())
    ours.fault("POST", "v1/jobs", status(413))
    with pytest.raises(remote.HTTPError):
        error.job.retry()
    assert len(remote.pending()) == 1  # a refusal now says nothing of what was lost
    error.job.retry()
    assert remote.pending() == []
    assert list(ours.jobs) == [error.job.job_id]


@pytest.mark.parametrize("task", [sampler(), batch(2)])
@pytest.mark.parametrize("fault", [status(413), status(400, {"errors": [{"name": "a", "reason": "b"}]})])
def test_nothing_stays_of_a_refused_submit(ours, task, fault):
    ours.fault("POST", "v1/jobs(/batch)?", fault)
    with pytest.raises(remote.LightworksRemoteError):
        remote.QPU("Artemis").run(task)
    assert files() == []


def test_an_answer_of_another_size_is_no_reason_to_forget_the_jobs(ours):
    ours.fault("POST", "v1/jobs/batch", *[status(202, {"jobs": []})] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError, match="2 jobs were sent, 0 came back"):
        remote.QPU("Artemis").run(batch(2))
    assert remote.pending()[0].n_jobs == 2


def test_a_resume_that_fails_can_be_tried_again(ours):
    lose(ours, batch(2))
    [item] = remote.pending()
    for fault, error in ((reset, remote.AmbiguousSubmissionError), (status(413), remote.HTTPError)):
        ours.fault("POST", "v1/jobs/batch", *[fault] * 30)
        with pytest.raises(error):
            item.resume()
        ours.faults.clear()
        assert [again.key for again in remote.pending()] == [item.key]
    assert len(item.resume()) == 2
    assert len(ours.jobs) == 2


def test_another_scheduler_is_not_sent_it(ours):
    lose(ours, sampler())
    [item] = remote.pending()
    with FakeScheduler(v1=True) as other:
        client = remote.Client(other.url, TOKEN)
        assert client.pending() == []
        with pytest.raises(remote.JobError, match=r"one to the scheduler at .*resume\(client="):
            type(item)(intents.listed()[0], client).resume()
        assert other.jobs == {}
        item.resume(client=client)  # the same one at another address, as the caller says
        assert len(other.jobs) == 1


def test_a_scheduler_that_takes_no_keys_any_more_is_not_sent_it(ours):
    lose(ours, sampler())
    [item] = remote.pending()
    with (
        FakeScheduler() as other,
        pytest.raises(remote.JobSubmissionError, match="takes no idempotency keys"),
    ):
        item.resume(client=remote.Client(other.url, TOKEN))
    assert len(remote.pending()) == 1


def test_it_is_settled_once_only(ours, monkeypatch):
    monkeypatch.setattr(intents, "PATIENCE_SECONDS", 0.01)
    lose(ours, sampler())
    [one], [two] = remote.pending(), remote.pending()
    held = intents.claim_key(one.key)
    for call in (one.resume, one.discard):
        with pytest.raises(remote.JobError, match="Another process or thread"):
            call()
    assert remote.pending() == []
    held.release()
    one.discard()
    for call in (two.resume, two.discard):
        with pytest.raises(remote.JobError, match="resumed or discarded meanwhile"):
            call()
    assert files() == []
    assert len(ours.jobs) == 1  # discarding touches no job


def test_what_cannot_be_read_is_told(ours):
    lose(ours, sampler())
    [path] = files()
    content = path.read_bytes()
    for text in (content[:-20], content.replace(b'"format_version":1', b'"format_version":9')):
        path.write_bytes(text)
        with pytest.warns(RuntimeWarning, match=f"{path.name} cannot be read"):
            assert remote.pending() == []
    path.write_bytes(content.replace(b'"n_modes"', b'"modes"'))
    with pytest.raises(remote.JobFileError, match=path.name):
        remote.pending()[0].resume()


def test_what_cannot_be_read_is_told_once(ours):
    lose(ours, sampler())
    [path] = files()
    path.write_bytes(b"{")
    with pytest.warns(RuntimeWarning, match=f"{path.name} cannot be read") as told:
        assert remote.pending() == remote.pending() == []
    assert len(told) == 1


@posix
def test_a_link_is_not_followed(ours, tmp_path):
    lose(ours, sampler())
    [path] = files()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.warns(RuntimeWarning, match=f"{path.name} cannot be read .it is a symbolic link"):
        assert remote.pending() == []


def test_a_folder_that_cannot_be_written_is_told_and_the_job_sent(ours):
    persistence.own_folder().mkdir()
    (persistence.own_folder() / intents.FOLDER).write_text("")
    with pytest.warns(RuntimeWarning, match="will not find this submit"):
        job = remote.QPU("Artemis").run(sampler())
    assert list(ours.jobs) == [job.job_id]


def test_a_full_disk_is_told_and_the_job_sent(ours, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(RuntimeWarning, match="No space left"):
        error = lose(ours, sampler())
    assert files() == []
    assert "pending()" not in str(error)


def test_a_scheduler_without_keys_has_none(plain):
    plain.fault("POST", "jobs", reset_after_doing)
    with pytest.raises(remote.AmbiguousSubmissionError, match="look for a job created after"):
        remote.QPU("Artemis").run(sampler())
    assert remote.pending() == []
    assert files() == []


# --- what ends a submit from outside ----------------------------------------------------------------


class Ended(BaseException):
    """Something that lwfast does not know."""


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, Ended, RuntimeError])
def test_whatever_ends_a_batch_carries_what_was_accepted(plain, error, monkeypatch):
    client = remote.Client(plain.url, TOKEN)
    submit = client._connection.api.submit

    def stop(body):
        if len(plain.jobs) == 2:
            submit(body)
            raise error
        return submit(body)

    client.list_qpus()
    monkeypatch.setattr(client._connection.api, "submit", stop)
    with pytest.raises(error) as caught:
        client.qpu("Artemis").run(batch(4))
    told = caught.value
    assert isinstance(told, remote.SubmissionInterrupted) == (error is KeyboardInterrupt)
    assert told.jobs.job_id == told.job.job_id == {"Job_1": 17770, "Job_2": 17771}
    assert [item.job_name for item in told.payload] == ["Job_3"]
    assert told.key is None
    said = f"{told} {told.__notes__[0]}"
    for text in ("2 of 4 jobs accepted (ids 17770, 17771", "'Job_3' may or may not", "not accepted: 'Job_4'"):
        assert text in said
    assert f"created after {told.sent_at}" in said


def test_ctrl_c_in_the_wait_for_compilation_carries_the_jobs(scheduler, monkeypatch):
    from lwfast.remote import qpu

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(qpu, "_wait_for_compilation", stop)
    for task in (sampler(), batch(2)):
        with pytest.raises(remote.SubmissionInterrupted, match=r"accepted \(ids") as caught:
            remote.QPU("Artemis").run(task)
        assert set(caught.value.jobs.job_id.values()) <= set(scheduler.jobs)
    assert {job.job_id for item in remote.pending() for job in _jobs(item.resume())} in (
        set(),
        set(scheduler.jobs),
    )
    assert len(scheduler.jobs) == 3


def _jobs(resumed):
    return resumed.jobs if isinstance(resumed, remote.BatchJob) else [resumed]


def test_ctrl_c_in_a_retry_goes_on_under_its_key(ours, monkeypatch):
    job = remote.QPU("Artemis").run(sampler())
    first = job.job_id
    send = job._connection.api.submit_keyed

    def stop(*arguments):
        send(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(job._connection.api, "submit_keyed", stop)
    with pytest.raises(remote.SubmissionInterrupted, match="0 of 1 jobs accepted") as caught:
        job.retry()
    assert caught.value.job is job
    assert caught.value.payload == job.payload
    assert caught.value.key == remote.pending()[0].key
    assert (job.job_id, job.previous_ids) == (first, [])
    monkeypatch.undo()
    job._given = remote.Client(ours.url, TOKEN)._connection
    job.retry()
    assert list(ours.jobs) == [first, job.job_id]


def test_ctrl_c_in_retry_failed_carries_those_that_were_submitted(ours, monkeypatch):
    ours.script = ["Failed"]
    jobs = remote.QPU("Artemis").run_async(batch(3))
    jobs.wait_until_complete(5)
    api = jobs.jobs[0]._connection.api
    send = api.submit_keyed

    def stop(*arguments):
        answer = send(*arguments)
        if len(ours.jobs) == 5:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(api, "submit_keyed", stop)
    with pytest.raises(remote.SubmissionInterrupted, match="1 of 3 jobs accepted") as caught:
        jobs.retry_failed()
    assert caught.value.job is jobs
    assert list(caught.value.jobs.job_id.values()) == [17773]
    assert [item.job_name for item in caught.value.payload] == ["Job_2"]
    assert [item.names for item in remote.pending()] == [["Job_2"]]


# --- the command line -------------------------------------------------------------------------------


def test_the_command_line_lists_resumes_and_discards(ours, monkeypatch, capsys):
    error = lose(ours, batch(2), name="Scan")
    lose(ours, sampler(), name="Other")
    monkeypatch.delenv("LWFAST_TOKEN")
    assert main(["jobs", "--pending"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[1].split() == [
        error.key,
        *lines[1].split()[1:3],
        "2",
        "Scan_1",
        "...",
        "Scan_2,",
        *lines[1].split()[7:],
    ]
    assert ours.url in lines[1]
    assert lines[2].split()[4] == "Other,"
    assert main(["jobs", "--discard", lines[2].split()[0]]) == 0
    monkeypatch.setenv("LWFAST_TOKEN", TOKEN)
    assert main(["jobs", "--resume", error.key]) == 0
    assert "Submitted 'Scan_2' as job 17771." in capsys.readouterr().out
    assert main(["jobs", "--resume", error.key]) == 1
    assert "there are: none" in capsys.readouterr().err
    assert len(ours.jobs) == 3


def test_the_command_line_tells_what_ctrl_c_left(ours, monkeypatch, capsys, tmp_path):
    from lwfast.remote.connection.endpoints import Endpoints

    remote.QPU("Artemis").run(batch(3)).save_to_file(tmp_path / "all")
    send = Endpoints.submit_keyed

    def stop(*arguments):
        answer = send(*arguments)
        if len(ours.jobs) == 5:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(Endpoints, "submit_keyed", stop)
    assert main(["submit", str(tmp_path / "all")]) == 130
    out, err = capsys.readouterr()
    assert "as job 17773" in out
    for text in ("interrupted: ", "ids 17773", "'Job_2' may or may not", "lwfast jobs --resume"):
        assert text in err
    assert [item.names for item in remote.pending()] == [["Job_2"]]


def test_the_command_line_sends_a_lost_job_under_its_key(ours, tmp_path):
    lose(ours, sampler()).job.save_to_file(tmp_path / "lost")
    assert main(["submit", str(tmp_path / "lost"), "--name", "Another"]) == 0
    assert len(ours.jobs) == 2
    assert main(["submit", str(tmp_path / "lost")]) == 0
    assert len(ours.jobs) == 2
    assert remote.pending() == []
