from __future__ import annotations

import asyncio
import io
import sys
import time
import types

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.remote.connection import fetching
from lwfast.remote.job_path import job_progress as progress
from tests.faults.fake_scheduler import after_doing, details, reset, reset_after_doing, results, status
from tests.remote.samples import sampler
from tests.started import threads


@pytest.fixture
def job(scheduler):
    return remote.QPU("Artemis").run(sampler(), job_name="Test job")


# --- what it says -----------------------------------------------------------------------------------


def test_a_job_that_was_never_submitted():
    job = remote.Job()
    assert (str(job), repr(job)) == ("Job(id = None)", "lwfast.remote.Job(id = None)")
    assert job.job_id is None
    assert job.payload is None
    for call in (
        lambda: job.status,
        lambda: job.details,
        job.get_result,
        job.cancel,
        job.wait_until_complete,
    ):
        with pytest.raises(remote.JobError, match="not submitted"):
            call()
    with pytest.raises(remote.JobSubmissionError, match="No payload"):
        job.retry()


def test_what_a_job_says(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status, fake.position = [], "Scheduled", 2
    assert repr(job) == f"lwfast.remote.Job(id = {job.job_id})"
    assert isinstance(job.job_id, int)
    assert job.name == "Test job"
    assert job.status is remote.Status.SCHEDULED
    assert str(job.status) == "Scheduled"
    assert (job.complete, job.success, job.done()) == (False, False, False)
    assert job.queue_position == 2
    assert job.details.job_id == job.job_id
    assert job.details.queue_position == 2


def test_a_queue_position_counts_while_scheduled_only(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status, fake.position = [], "Running", 1
    assert job.queue_position is None
    assert job.details.queue_position is None


@pytest.mark.parametrize(
    ("word", "expected", "success"),
    [("Completed", "Completed", True), ("Failed", "Failed", False), ("TimedOut", "Timed Out", False)],
)
def test_a_complete_job_is_not_asked_for_again(job, scheduler, word, expected, success):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status = [], word
    assert str(job.status) == expected
    asked = len(scheduler.requests)
    assert (job.complete, job.success, job.done(), job.queue_position) == (True, success, True, None)
    assert len(scheduler.requests) == asked


def test_an_unknown_status_is_not_the_end(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status = ["Hibernating", "Completed"], "Hibernating"
    assert job.status is remote.Status.UNKNOWN
    assert not job.complete
    job.wait_until_complete(timeout=5)
    assert job.success


def test_a_failed_poll_changes_nothing(job, scheduler):
    before = (job.job_id, job.payload)
    scheduler.fault("GET", ".*", status(500))
    with pytest.raises(remote.HTTPError):
        _ = job.details
    assert (job.job_id, job.payload) == before
    assert job.status is not None


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({}, []),
        (None, []),
        ("odd", []),
        ({"CompilationErrors": None}, []),
        ({"CompilationErrors": 3}, []),
        ({"CompilationErrors": ["odd", {}]}, [("", "odd"), ("", "")]),
        ({"CompilationErrors": [{"Code": 3, "Message": "too deep"}]}, [(3, "too deep")]),
    ],
)
def test_compilation_errors_are_read_with_care(job, scheduler, meta, expected):
    answer = details(scheduler.jobs[job.job_id]) | {"jobStatus": "Failed", "logs": [{"meta": meta}, {}]}
    scheduler.fault("GET", r"jobs/\d+", status(200, answer))
    assert job.details.compilation_errors == expected


# --- results ----------------------------------------------------------------------------------------


def test_the_result(job):
    result = job.result(timeout=5)
    assert dict(result) == {lw.State([0, 1, 0, 0]): 45, lw.State([1, 0, 0, 0]): 55}
    assert job.get_result() == result


def test_a_result_that_is_not_there_yet_is_asked_for_again(job, scheduler):
    job.wait_until_complete(timeout=5)
    scheduler.fault("GET", r"jobs/\d+/results", status(404), status(404))
    assert len(job.get_result()) == 2
    assert len(scheduler.seen("GET", r"jobs/\d+/results")) == 3


def test_a_result_that_never_comes(job, scheduler, monkeypatch):
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0.001,) * 3)
    job.wait_until_complete(timeout=5)
    scheduler.fault("GET", r"jobs/\d+/results", *[status(404)] * 9)
    with pytest.raises(remote.ResultsError, match="not available yet") as caught:
        job.get_result()
    assert caught.value.job is job
    assert len(scheduler.seen("GET", r"jobs/\d+/results")) == 4


def test_no_result_before_the_end(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status = [], "Running"
    with pytest.raises(remote.ResultsError, match="not yet complete: it is Running"):
        job.get_result()


@pytest.mark.parametrize(
    ("word", "notes", "says"),
    [
        ("Failed", None, "as it failed"),
        ("Failed", "the laser tripped", "reason:\nthe laser tripped"),
        ("Cancelled", None, "was cancelled"),
        ("TimedOut", None, "timed out"),
        ("Completed", None, "although it was completed"),
    ],
)
def test_no_result_says_why(job, scheduler, word, notes, says):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status, fake.notes, fake.results = [], word, notes, None
    with pytest.raises(remote.ResultsError, match=f"(?s)did not generate any results.*{says}"):
        job.result(timeout=5)


def test_a_job_that_timed_out_may_have_results(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status, fake.results = [], "TimedOut", results({"(1, 0, 0, 0)": 3})
    assert dict(job.result(timeout=5)) == {lw.State([1, 0, 0, 0]): 3}


def test_a_result_with_post_selection_and_heralds(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    data = {"post_select": [[[0], [1]]], "herald": [[[2], [1]]], "more": 5}
    fake.results = results({"(1, 0, 1)": 4, "(0, 1, 1)": 5, "(1, 1, 0)": 6}, data)
    result = job.result(timeout=5)
    assert dict(result) == {lw.State([1, 0]): 4}
    assert result.job_data == {"more": 5}


def test_a_result_that_cannot_be_read(job, scheduler):
    scheduler.jobs[job.job_id].results = b'{"results": {"(1 0)": 4}}'
    with pytest.raises(lw.ResultFormatError):
        job.result(timeout=5)


# --- waiting ----------------------------------------------------------------------------------------


def test_a_wait_that_takes_too_long_keeps_the_job(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status = [], "Running"
    began = time.monotonic()
    with pytest.raises(
        remote.WaitTimeoutError, match=f"Job {job.job_id} is still Running after 0.2 s"
    ) as caught:
        job.wait_until_complete(timeout=0.2)
    assert 0.1 < time.monotonic() - began < 2
    assert caught.value.job is job
    assert isinstance(caught.value, TimeoutError)
    fake.status = "Completed"
    assert len(job.result(timeout=5)) == 2


def test_no_time_at_all_still_looks_once(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status = [], "Completed"
    job.wait_until_complete(timeout=0)
    assert job.success


@pytest.mark.parametrize(
    ("bad", "error"), [(-1, ValueError), (float("nan"), ValueError), ("5", TypeError), (True, TypeError)]
)
def test_a_timeout_is_seconds(job, bad, error):
    with pytest.raises(error, match="timeout"):
        job.wait_until_complete(timeout=bad)


def test_progress_may_be_a_callable(job, scheduler):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status, fake.position = ["Running", "Completed"], "Scheduled", 3
    seen = []
    job.wait_until_complete(5, progress=lambda *change: seen.append(change))
    assert [(str(status), position is None) for _, status, position in seen][-1][0] == "Completed"
    assert [str(status) for _, status, _ in seen] == ["Scheduled", "Running", "Completed"]
    assert seen[0] == (job, remote.Status.SCHEDULED, 3)


def test_progress_without_a_terminal_is_lines(job, scheduler, capsys):
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status, fake.position = ["Running", "Completed"], "Scheduled", 3
    job.wait_until_complete(5, progress=True)
    text = capsys.readouterr().err
    assert f"Job {job.job_id}: Scheduled, position 3 in the queue" in text
    assert "Completed" in text


def test_progress_is_nothing_else(job):
    with pytest.raises(TypeError, match="progress"):
        job.wait_until_complete(progress="yes")


def test_await(job):
    async def main():
        return await job

    assert len(asyncio.run(main())) == 2


def test_await_many_and_do_other_things_meanwhile(scheduler):
    jobs = [remote.QPU("Artemis").run_async(sampler()) for _ in range(20)]

    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticking = asyncio.create_task(tick())
        found = await asyncio.gather(*jobs)
        ticking.cancel()
        return found, ticks

    found, ticks = asyncio.run(main())
    assert len(found) == 20
    assert ticks > 3


def test_a_cancelled_await_ends_at_once(job, scheduler):
    scheduler.jobs[job.job_id].script = []

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await job

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 2


# --- cancel, retry ----------------------------------------------------------------------------------


def test_cancel(job, scheduler):
    scheduler.jobs[job.job_id].script = []
    assert job.cancel() is None
    assert job.status is remote.Status.CANCELLED
    with pytest.raises(remote.JobError, match="already been cancelled"):
        job.cancel()


def noted_pauses(monkeypatch) -> list[float]:
    """Let the client note how long it would pause, instead of doing so."""
    pauses: list[float] = []
    clock = types.SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic)
    for module in ("cancelling", "transport"):
        monkeypatch.setattr(f"lwfast.remote.connection.{module}.time", clock)
    return pauses


@pytest.mark.parametrize("code", [429, 503])
def test_cancelling_is_tried_again_as_the_scheduler_asks(job, scheduler, code, monkeypatch):
    pauses = noted_pauses(monkeypatch)
    scheduler.jobs[job.job_id].script = []
    scheduler.fault("PUT", ".*", status(code, Retry_After="3"), status(code))
    job.cancel()
    assert job.status is remote.Status.CANCELLED
    assert pauses[0] == 3.0
    assert len(pauses) == 2


def test_cancelling_is_given_up_in_the_end(job, scheduler):
    scheduler.jobs[job.job_id].script = []
    scheduler.fault("PUT", ".*", *[status(503)] * 20)
    with pytest.raises(remote.HTTPError, match="503"):
        job.cancel()
    assert 1 < len(scheduler.seen("PUT", ".*")) < 20
    scheduler.faults.clear()
    scheduler.fault("PUT", ".*", *[status(500)] * 20)
    with pytest.raises(remote.HTTPError, match="500"):
        job.cancel()
    scheduler.faults.clear()
    scheduler.fault("PUT", ".*", status(500), after_doing(status(500)))
    job.cancel()
    assert job.status is remote.Status.CANCELLED
    assert scheduler.faults == []


def test_a_lost_answer_to_a_cancel_is_looked_up_after_a_pause(job, scheduler, monkeypatch):
    pauses = noted_pauses(monkeypatch)
    scheduler.jobs[job.job_id].script = []
    scheduler.fault("PUT", ".*", reset, reset_after_doing)
    job.cancel()
    assert job.status is remote.Status.CANCELLED
    assert len(pauses) == 1


def test_a_complete_job_cannot_be_cancelled(job):
    job.wait_until_complete(5)
    with pytest.raises(remote.JobError, match="not in a cancellable state: it is Completed"):
        job.cancel()


def test_retry_is_a_new_job_and_the_old_id_is_kept(job, scheduler):
    old = job.job_id
    job.wait_until_complete(5)
    assert job.retry() is None
    assert job.job_id != old
    assert job.previous_ids == [old]
    assert scheduler.jobs[job.job_id].payload == scheduler.jobs[old].payload
    assert job.status is not None
    job.wait_until_complete(5)
    assert len(remote.get_results(old)) == 2


def test_threads_may_wait_for_one_job(job):
    found = []
    with threads(*[lambda: found.append(len(job.result(5)))] * 8):
        pass
    assert found == [2] * 8


def test_a_job_may_be_copied_and_pickled(job):
    """A copy is a job of the same client; a pickle leaves the token behind."""
    import copy
    import pickle

    from tests.faults.fake_scheduler import TOKEN

    job._given = remote.Client(url=job._connection.url, token=TOKEN)._connection
    assert copy.deepcopy(job)._connection is copy.copy(job)._connection is job._connection
    data = pickle.dumps(job)
    assert TOKEN.encode() not in data
    loaded = pickle.loads(data)
    assert (loaded.job_id, loaded.payload) == (job.job_id, job.payload)
    assert loaded.status is not None  # the environment has a token


def test_a_copy_of_a_job_goes_a_way_of_its_own(job):
    import copy

    first, other = job.job_id, copy.copy(job)
    assert (other.name, other.payload) == (job.name, job.payload)
    job.retry()
    assert (other.job_id, other.previous_ids) == (first, [])
    assert (job.previous_ids, job.job_id != first) == ([first], True)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_in_a_terminal_is_one_line(job, scheduler, monkeypatch):
    pytest.importorskip("tqdm")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "LARGE_BYTES", 10)
    fake = scheduler.jobs[job.job_id]
    fake.script, fake.status, fake.position = ["Running", "Completed"], "Scheduled", 3
    job.result(5, progress=True)
    text = screen.getvalue()
    assert f"\rJob {job.job_id}: Scheduled, position 3 in the queue" in text
    assert f"\rJob {job.job_id}: Completed" in text
    assert "Result: 100%" in text


def test_progress_of_many_jobs_in_a_terminal(scheduler, monkeypatch):
    pytest.importorskip("tqdm")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    jobs = [remote.QPU("Artemis").run_async(sampler()) for _ in range(3)]
    remote.wait(jobs, 5, progress=True)
    assert "3/3" in screen.getvalue()


def test_progress_without_tqdm(job, scheduler, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert len(job.result(5, progress=True)) == 2
    assert "Completed" in capsys.readouterr().err
