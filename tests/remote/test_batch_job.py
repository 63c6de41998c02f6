from __future__ import annotations

import asyncio
import time

import pytest

from lwfast import remote
from tests.faults.fake_scheduler import status
from tests.remote.samples import batch


@pytest.fixture
def jobs(scheduler):
    return remote.QPU("Artemis").run(batch(3))


def freeze(scheduler, *words):
    for fake, word in zip(scheduler.jobs.values(), words, strict=True):
        fake.script, fake.status = [], word


def test_what_a_batch_says(jobs, scheduler):
    freeze(scheduler, "Scheduled", "Running", "Completed")
    next(iter(scheduler.jobs.values())).position = 4
    assert repr(jobs) == "lwfast.remote.BatchJob(names = ['Job_1', 'Job_2', 'Job_3'])"
    assert jobs.names == list(jobs) == ["Job_1", "Job_2", "Job_3"]
    assert jobs.jobs == list(jobs.values())
    assert jobs.job_id == dict(zip(jobs.names, scheduler.jobs, strict=True))
    assert {name: str(value) for name, value in jobs.status.items()} == {
        "Job_1": "Scheduled",
        "Job_2": "Running",
        "Job_3": "Completed",
    }
    assert jobs.queue_position == {"Job_1": 4, "Job_2": None, "Job_3": None}
    assert (jobs.all_complete, jobs.all_success, jobs.done()) == (False, False, False)
    freeze(scheduler, "Completed", "Failed", "Completed")
    assert (jobs.all_complete, jobs.all_success, jobs.done()) == (True, False, True)
    assert jobs["Job_2"].job_id == jobs.job_id["Job_2"]


def test_a_batch_asks_once_where_the_scheduler_can_tell_at_once(jobs, scheduler):
    freeze(scheduler, "Running", "Running", "Running")
    scheduler.requests.clear()
    _ = jobs.status
    assert len(scheduler.requests) == (1 if scheduler.v1 else 3)


def test_a_batch_is_a_dictionary_of_jobs(jobs):
    with pytest.raises(KeyError, match="not found"):
        _ = jobs["nobody"]
    with pytest.raises(KeyError, match="already exists"):
        jobs["Job_1"] = remote.Job()
    with pytest.raises(TypeError, match="Job object"):
        jobs["new"] = "x"
    with pytest.raises(TypeError, match="string"):
        jobs[3] = remote.Job()
    jobs["new"] = remote.Job()
    assert "new" in jobs
    del jobs["new"]
    assert len(jobs) == 3


def test_wait_and_results(jobs):
    with pytest.raises(remote.ResultsError, match="not all complete"):
        remote.BatchJob.get_all_results(jobs)
    jobs.wait_until_complete(timeout=5)
    assert jobs.all_success
    found = jobs.get_all_results()
    assert list(found) == jobs.names
    assert jobs.get_result("Job_1") is found["Job_1"]
    assert list(jobs.result(timeout=5)) == jobs.names


def test_a_result_is_that_of_the_present_id(jobs):
    old = jobs.result(timeout=5)["Job_1"]
    jobs["Job_1"].retry()
    new = jobs.result(timeout=5)["Job_1"]
    assert new is not old
    assert jobs.get_result("Job_1") is new


def test_a_job_without_results_is_told_by_a_warning_and_its_reason(jobs, scheduler):
    freeze(scheduler, "Completed", "Cancelled", "Completed")
    with pytest.warns(UserWarning, match=r"Job 'Job_2' \(id = \d+\) did not generate any results"):
        found = jobs.get_all_results()
    assert isinstance(found["Job_2"], str)
    assert "cancelled" in found["Job_2"]
    assert len(found["Job_3"]) == 2


def test_a_wait_that_takes_too_long_names_what_goes_on(jobs, scheduler):
    freeze(scheduler, "Completed", "Running", "Running")
    began = time.monotonic()
    with pytest.raises(remote.WaitTimeoutError, match="2 jobs are not complete") as caught:
        jobs.wait_until_complete(timeout=0.1)
    assert time.monotonic() - began < 2
    assert caught.value.job == [jobs["Job_2"], jobs["Job_3"]]


def test_await(jobs):
    async def main():
        return await jobs

    assert list(asyncio.run(main())) == jobs.names


def test_cancel_all(jobs, scheduler, capsys):
    freeze(scheduler, "Completed", "Running", "Running")
    jobs.cancel_all()
    assert [str(item) for item in jobs.status.values()] == ["Completed", "Cancelled", "Cancelled"]
    assert [item.path for item in scheduler.seen("PUT", ".*")] == [
        f"jobs/{jobs.job_id[name]}/cancel" for name in ("Job_3", "Job_2")
    ]
    assert capsys.readouterr().out == ""


def test_cancel_all_goes_on_after_one_that_cannot_be_cancelled(jobs, scheduler, capsys):
    freeze(scheduler, "Running", "Running", "Running")

    def too_late(handler):
        freeze(scheduler, "Running", "Running", "Completed")
        handler.answer(400, {"errors": []})
        return True

    scheduler.fault("PUT", ".*", too_late)
    jobs.cancel_all()
    assert "not in a cancellable state" in capsys.readouterr().out
    assert [str(item) for item in jobs.status.values()] == ["Cancelled", "Cancelled", "Completed"]


def test_retry_failed_leaves_alone_what_is_under_way_or_succeeded(jobs, scheduler):
    freeze(scheduler, "Completed", "Running", "Scheduled")
    assert jobs.retry_failed() is False
    freeze(scheduler, "Completed", "Failed", "Scheduled")
    before = jobs.job_id
    assert jobs.retry_failed() is True
    assert jobs["Job_2"].previous_ids == [before["Job_2"]]
    assert (jobs.job_id["Job_1"], jobs.job_id["Job_3"]) == (before["Job_1"], before["Job_3"])
    assert len(scheduler.jobs) == 4


@pytest.mark.parametrize("word", ["Failed", "Cancelled", "TimedOut"])
def test_retry_failed_takes_every_end_that_is_no_success(jobs, scheduler, word):
    freeze(scheduler, word, word, word)
    for fake in scheduler.jobs.values():
        fake.results = None
    with pytest.warns(UserWarning, match="did not generate"):
        jobs.get_all_results()
    assert jobs.retry_failed() is True
    assert len(scheduler.jobs) == 6
    jobs.wait_until_complete(5)
    assert all(len(item) == 2 for item in jobs.get_all_results().values())


def test_retry_failed_tries_all_and_tells_of_those_that_failed(jobs, scheduler):
    freeze(scheduler, "Failed", "Failed", "Failed")
    scheduler.fault("POST", ".*", lambda _: False, status(413))
    with pytest.raises(
        remote.BatchSubmissionError, match="1 of 3 jobs could not be submitted again"
    ) as caught:
        jobs.retry_failed()
    assert list(caught.value.failed) == ["Job_2"]
    assert caught.value.jobs.names == ["Job_1", "Job_3"]
    assert caught.value.job is jobs
    assert jobs["Job_2"].previous_ids == []


def test_an_empty_batch():
    jobs = remote.BatchJob()
    assert (jobs.names, jobs.jobs, jobs.status, jobs.job_id) == ([], [], {}, {})
    assert jobs.all_complete
    jobs.wait_until_complete()
    assert jobs.get_all_results() == {}
    assert jobs.retry_failed() is False
