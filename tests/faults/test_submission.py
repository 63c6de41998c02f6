"""No submit becomes two jobs, and none is lost without a word."""

from __future__ import annotations

import functools
import json
import time
from datetime import datetime

import pytest

from lwfast import remote, wire
from lwfast.remote.job_path import attempt
from tests.faults.fake_scheduler import (
    TOKEN,
    FakeScheduler,
    after_doing,
    reset,
    reset_after_doing,
    status,
)
from tests.remote.samples import batch, sampler

pytestmark = pytest.mark.guarantee


def qpu() -> remote.QPU:
    return remote.QPU("Artemis")


# --- one job, reference wire ------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [reset, reset_after_doing, status(502), status(504)])
def test_a_lost_answer_is_told_and_nothing_is_sent_again(plain, fault):
    plain.fault("POST", "jobs", fault)
    with pytest.raises(remote.AmbiguousSubmissionError, match="'My job' may or may not exist") as caught:
        qpu().run(sampler(), job_name="My job")
    assert len(plain.seen("POST", "jobs")) == 1
    assert len(plain.jobs) == (fault is reset_after_doing)
    assert caught.value.payload.job_name == "My job"
    assert datetime.fromisoformat(caught.value.sent_at).tzinfo is not None
    assert isinstance(caught.value, remote.JobSubmissionError)
    assert caught.value.job.job_id is None


@pytest.mark.parametrize("answer", [status(202), status(202, None, X_Job_Id=" ")])
def test_a_job_accepted_without_an_id_is_not_forgotten(plain, answer):
    plain.fault("POST", "jobs", answer)
    with pytest.raises(remote.AmbiguousSubmissionError, match="without an id"):
        qpu().run(sampler())


@pytest.mark.parametrize("code", [200, 201, 204, 500, 501, 507])
def test_an_answer_that_neither_accepts_nor_refuses_is_told(plain, code):
    plain.fault("POST", "jobs", status(code, None, X_Job_Id="17770"))
    with pytest.raises(remote.AmbiguousSubmissionError, match="named job 17770") as caught:
        qpu().run(sampler())
    assert caught.value.job_id == "17770"
    assert caught.value.key is None
    assert len(plain.seen("POST", "jobs")) == 1


@pytest.mark.parametrize("code", [301, 503, 413])
def test_a_refusal_is_no_lost_answer(plain, code):
    plain.fault("POST", "jobs", status(code, None, Retry_After="7"))
    with pytest.raises(remote.HTTPError) as caught:
        qpu().run(sampler())
    assert caught.value.status_code == code
    assert caught.value.retry_after == (None if code == 301 else 7.0)
    assert len(plain.seen("POST", "jobs")) == 1


@pytest.mark.parametrize("later", ["1", None])
def test_a_submit_that_came_too_often_is_sent_again_when_it_may(plain, later):
    """It made no job, so it is no reason to trouble anyone, with or without a key."""
    plain.fault("POST", "jobs", status(429, None, **({"Retry_After": later} if later else {})))
    began = time.monotonic()
    job = qpu().run_async(sampler())
    assert time.monotonic() - began >= (0.9 if later else 0)
    assert list(plain.jobs) == [job.job_id]
    assert len(plain.seen("POST", "jobs")) == 2


def test_a_submit_that_always_comes_too_often_is_refused(plain):
    plain.fault("POST", "jobs", *[status(429, None, Retry_After="0")] * 30)
    with pytest.raises(remote.HTTPError) as caught:
        qpu().run(sampler())
    assert (caught.value.status_code, caught.value.retry_after) == (429, 0.0)
    assert len(plain.seen("POST", "jobs")) == 6
    assert plain.jobs == {}


def test_a_refused_connection_sent_nothing(plain):
    """So it is tried again, and in the end it is a plain error: the job does not exist."""
    remote.get_qpu_details("Artemis")
    plain.stop()
    with pytest.raises(remote.ConnectionFailedError) as caught:
        qpu().run(sampler())
    assert not isinstance(caught.value, remote.AmbiguousSubmissionError)


def test_a_refused_payload_names_every_field(plain):
    errors = [{"name": "n_samples", "reason": "too many"}, {"name": "input", "reason": "odd"}]
    plain.fault("POST", "jobs", status(400, {"errors": errors}))
    with pytest.raises(remote.JobSubmissionError, match=r"(?s)n_samples : too many.*input : odd") as caught:
        qpu().run(sampler())
    assert caught.value.errors == (("n_samples", "too many"), ("input", "odd"))


@pytest.mark.parametrize("code", [404, 409, 413, 422])
def test_any_refusal_in_the_words_of_the_wire_names_the_fields(scheduler, code):
    remote.list_qpus()
    scheduler.fault("POST", "(v1/)?jobs", status(code, {"errors": [{"name": "body", "reason": "too large"}]}))
    with pytest.raises(remote.JobSubmissionError, match="body : too large"):
        qpu().run(sampler())


def test_a_400_in_other_words_is_shown(plain):
    plain.fault("POST", "jobs", status(400, b"<html>Bad Request</html>"))
    with pytest.raises(remote.HTTPError, match="Bad Request"):
        qpu().run(sampler())


# --- one job, keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [reset, reset_after_doing, status(502), status(503), status(429), status(500), status(200), status(201)],
)
def test_with_a_key_it_is_sent_again_and_becomes_one_job(ours, fault):
    ours.fault("POST", "v1/jobs", fault, fault)
    job = qpu().run(sampler())
    sent = ours.seen("POST", "v1/jobs")
    assert len(sent) == 3
    assert len({item.headers["Idempotency-Key"] for item in sent}) == 1
    assert len({item.body for item in sent}) == 1
    assert list(ours.jobs) == [job.job_id]


@pytest.mark.parametrize("page", [b"<html>Please sign in</html>", b"", b"{}"])
def test_a_page_of_the_network_takes_no_key_away(ours, page):
    """It says 200 without the scheduler's header, which does not mean that the scheduler takes no keys."""
    remote.get_qpu_details("Artemis")

    def without_header(handler):
        handler.owner.v1 = False
        try:
            return status(200, page)(handler)
        finally:
            handler.owner.v1 = True

    ours.fault("GET", "qpus", *[without_header] * 6)
    with pytest.raises(remote.HTTPError):
        remote.list_qpus()
    ours.fault("POST", ".*", reset_after_doing)
    job = qpu().run(sampler())
    assert list(ours.jobs) == [job.job_id]


def test_each_submission_has_its_own_key(ours):
    qpu().run(sampler())
    qpu().run(sampler())
    assert len({item.headers["Idempotency-Key"] for item in ours.seen("POST", "v1/jobs")}) == 2
    assert len(ours.jobs) == 2


def test_a_scheduler_that_stays_away_makes_it_ambiguous_and_the_same_key_settles_it(ours):
    ours.fault("POST", "v1/jobs", reset_after_doing, *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError, match="same key") as caught:
        qpu().run(sampler())
    job = caught.value.job
    assert [caught.value.key] == list(ours.keys)
    for fault, error in (
        (reset, remote.AmbiguousSubmissionError),
        (status(503), remote.HTTPError),
        (status(413), remote.HTTPError),
    ):
        ours.faults.clear()
        ours.fault("POST", "v1/jobs", *[fault] * 30)
        with pytest.raises(error):
            job.retry()
    ours.faults.clear()
    job.retry()
    assert list(ours.jobs) == [job.job_id]
    assert job.previous_ids == []


@pytest.mark.parametrize("then", [401, 302])
def test_a_refusal_after_a_lost_answer_leaves_it_open(ours, then):
    ours.fault("POST", "v1/jobs", reset_after_doing, status(then))
    with pytest.raises(remote.AmbiguousSubmissionError):
        qpu().run(sampler())


def test_a_saved_job_keeps_the_key_of_a_lost_answer(ours, tmp_path):
    ours.fault("POST", "v1/jobs", reset_after_doing, *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError) as caught:
        qpu().run(sampler())
    ours.faults.clear()
    caught.value.job.save_to_file(tmp_path / "lost")
    job = remote.load_job_from_file(tmp_path / "lost")
    assert job.job_id is None
    job.retry()
    assert list(ours.jobs) == [job.job_id]
    job.save_to_file(tmp_path / "found")
    assert "pending_key" not in json.loads((tmp_path / "found.json").read_text())


def test_an_unreadable_acceptance_is_not_forgotten(ours):
    ours.fault("POST", "v1/jobs", *[status(202, b"{}")] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError):
        qpu().run(sampler())


@pytest.mark.parametrize("task", [sampler(), batch(2)])
@pytest.mark.parametrize("body", [b"", b"{}", b'{"jobId": 177', b"<html>Welcome</html>", b'{"jobs": []}'])
def test_an_unreadable_acceptance_is_asked_for_again_under_its_key(ours, task, body):
    ours.fault("POST", "v1/jobs.*", after_doing(status(202, body)))
    job = qpu().run(task)
    assert len({item.headers["Idempotency-Key"] for item in ours.seen("POST", "v1/jobs.*")}) == 1
    ids = [job.job_id] if isinstance(job, remote.Job) else list(job.job_id.values())
    assert list(ours.jobs) == ids


def test_a_refused_retry_leaves_the_job_as_it_was(scheduler):
    job = qpu().run(sampler())
    before = job.job_id
    scheduler.fault("POST", ".*", status(413))
    with pytest.raises(remote.HTTPError) as caught:
        job.retry()
    assert caught.value.job is job
    assert (job.job_id, job.previous_ids) == (before, [])
    job.retry()
    assert job.previous_ids == [before]


def test_a_job_from_a_file_learns_of_keys_before_it_is_sent(ours, tmp_path):
    """Nothing was asked yet, so the client does not know: it asks something harmless first."""
    job = qpu().run(sampler())
    job.save_to_file(tmp_path / "job")
    with remote.Client(url=ours.url, token=TOKEN) as fresh:
        loaded = remote.Job(client=fresh)
        loaded.load_from_file(tmp_path / "job")
        ours.requests.clear()
        loaded.retry()
    assert [item.path for item in ours.requests] == ["qpus", "v1/jobs"]


# --- batches ----------------------------------------------------------------------------------------


def test_a_batch_with_keys_is_one_request(ours):
    ours.fault("POST", "v1/jobs/batch", reset_after_doing, reset)
    jobs = qpu().run(batch(3))
    assert sorted(ours.jobs) == sorted(jobs.job_id.values())
    assert len({item.headers["Idempotency-Key"] for item in ours.seen("POST", "v1/jobs/batch")}) == 1
    names = [item["job_name"] for item in json.loads(ours.seen("POST", "v1/jobs/batch")[0].body)["jobs"]]
    assert names == ["Job_1", "Job_2", "Job_3"]


def test_a_batch_with_keys_that_is_refused_is_refused_whole(ours):
    ours.fault("POST", "v1/jobs/batch", status(400, {"errors": [{"name": "jobs[1].input", "reason": "odd"}]}))
    with pytest.raises(remote.JobSubmissionError, match="odd"):
        qpu().run(batch(3))
    assert ours.jobs == {}


def test_a_batch_with_keys_whose_answer_is_lost(ours):
    ours.fault("POST", "v1/jobs/batch", *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError, match="'Job_1', 'Job_2'") as caught:
        qpu().run(batch(2))
    assert [item.job_name for item in caught.value.payload] == ["Job_1", "Job_2"]
    assert {item.headers["Idempotency-Key"] for item in ours.seen("POST", ".*")} == {caught.value.key}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(202, b"{}"), remote.AmbiguousSubmissionError),
        (status(202, {"jobs": []}), remote.JobSubmissionError),
        (status(413), remote.HTTPError),
    ],
)
def test_a_batch_with_keys_whose_answer_is_odd(ours, answer, error):
    ours.fault("POST", "v1/jobs/batch", *[answer] * 30)
    with pytest.raises(error):
        qpu().run(batch(2))


@pytest.mark.parametrize(
    ("limit", "value", "sizes"),
    [
        ("BATCH_JOBS", 2, [2, 2, 1]),
        ("BATCH_JOBS", 5, [5]),
        ("BATCH_JOBS", 1, [1, 1, 1, 1, 1]),
        ("BATCH_BYTES", 2000, [2, 2, 1]),
        ("BATCH_BYTES", 10, [1, 1, 1, 1, 1]),
        ("BATCH_PARTS", 64 + 3 * 7, [3, 2]),
    ],
)
def test_a_batch_above_the_limits_goes_in_parts(ours, monkeypatch, limit, value, sizes):
    """Each part has a key of its own, which all its repetitions share, and fits if a job of it does."""
    monkeypatch.setattr(wire, limit, value)
    ours.fault("POST", "v1/jobs/batch", reset_after_doing)
    jobs = qpu().run(batch(5))
    assert list(jobs.job_id.values()) == list(ours.jobs)
    seen = {item.headers["Idempotency-Key"]: item.body for item in ours.seen("POST", "v1/jobs/batch")}
    assert [len(json.loads(body)["jobs"]) for body in seen.values()] == sizes
    if limit == "BATCH_BYTES" and value > 1000:
        assert all(len(body) <= value for body in seen.values())
    if limit == "BATCH_PARTS":
        assert all(body.count(b"[") + body.count(b"{") <= value for body in seen.values())


def test_a_part_of_a_batch_that_is_refused_keeps_those_before_it(ours, monkeypatch):
    monkeypatch.setattr(wire, "BATCH_JOBS", 2)
    refusal = status(400, {"errors": [{"name": "jobs[1].input", "reason": "odd"}]})
    ours.fault("POST", "v1/jobs/batch", lambda _: False, refusal)
    with pytest.raises(remote.BatchSubmissionError, match=r"2 of 5 .*'Job_3', 'Job_4' failed") as caught:
        qpu().run(batch(5))
    assert list(caught.value.jobs.job_id.values()) == list(ours.jobs)
    assert list(caught.value.failed) == ["Job_3", "Job_4", "Job_5"]
    assert "odd" in str(caught.value.failed["Job_4"])
    assert "Not sent" in str(caught.value.failed["Job_5"])


def test_a_part_of_a_batch_whose_answer_is_lost(ours, monkeypatch):
    monkeypatch.setattr(wire, "BATCH_JOBS", 2)
    ours.fault("POST", "v1/jobs/batch", lambda _: False, *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError, match=r"2 of 5.*Not sent: 'Job_5'") as caught:
        qpu().run(batch(5))
    assert caught.value.jobs.names == ["Job_1", "Job_2"]
    assert [item.job_name for item in caught.value.payload] == ["Job_3", "Job_4"]
    assert caught.value.key == ours.seen("POST", "v1/jobs/batch")[-1].headers["Idempotency-Key"]


def test_a_batch_of_thousands_is_not_listed_in_full(ours, monkeypatch):
    monkeypatch.setattr(attempt, "NAMES_SHOWN", 2)
    ours.fault("POST", "v1/jobs/batch", *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError, match="'Job_1', 'Job_2' and 3 more may or may not"):
        qpu().run(batch(5))


def test_a_batch_that_fails_midway_keeps_the_accepted_jobs(plain):
    plain.fault("POST", "jobs", lambda _: False, status(413))
    with pytest.raises(remote.BatchSubmissionError, match=r"1 of 3 jobs were accepted \(ids 17770") as caught:
        qpu().run(batch(3))
    error = caught.value
    assert error.jobs.job_id == {"Job_1": 17770}
    assert list(error.failed) == ["Job_2", "Job_3"]
    assert isinstance(error.failed["Job_2"], remote.HTTPError)
    assert error.job is error.jobs
    assert len(plain.seen("POST", "jobs")) == 2


def test_a_batch_whose_answer_is_lost_midway_keeps_the_accepted_jobs(plain):
    plain.fault("POST", "jobs", lambda _: False, reset)
    with pytest.raises(
        remote.AmbiguousSubmissionError, match=r"1 of 3 .*ids 17770.*Not sent: 'Job_3'"
    ) as caught:
        qpu().run(batch(3))
    assert caught.value.jobs.names == ["Job_1"]
    assert caught.value.payload.job_name == "Job_2"
    assert list(caught.value.failed) == ["Job_2", "Job_3"]
    assert "Not sent" in str(caught.value.failed["Job_3"])
    assert caught.value.job is caught.value.jobs


def test_a_batch_whose_first_answer_is_lost_says_that_nothing_else_was_sent(plain):
    plain.fault("POST", "jobs", reset)
    with pytest.raises(
        remote.AmbiguousSubmissionError, match=r"0 of 2 .*ids none.*Not sent: 'Job_2'"
    ) as caught:
        qpu().run(batch(2))
    assert caught.value.jobs.names == []


def test_a_batch_of_which_nothing_was_accepted_fails_as_a_job_does(plain):
    plain.fault("POST", "jobs", status(401))
    with pytest.raises(remote.AuthenticationError):
        qpu().run(batch(3))
    assert plain.jobs == {}


def test_nothing_is_sent_unless_the_whole_batch_is_valid(scheduler):
    tasks = batch(2)
    tasks.add(sampler(n_samples=10**9))
    with pytest.raises(remote.ValidationError, match=r"Job_3: 1,000,000,000 samples"):
        qpu().run(tasks)
    assert scheduler.seen("POST", ".*") == []


# --- after the submit -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [reset, status(503), status(500)])
def test_a_failed_poll_after_a_submit_loses_nothing(scheduler, fault):
    remote.list_qpus()
    scheduler.fault("GET", r"jobs/\d+|v1/changes", *[fault] * 8)
    job = qpu().run(sampler())
    assert list(scheduler.jobs) == [job.job_id]


def test_an_outage_that_lasts_leaves_the_job_in_the_error(scheduler):
    with remote.Client(url=scheduler.url, token=TOKEN, outage_seconds=0.05) as short:
        short.list_qpus()
        scheduler.fault("GET", r"jobs/\d+|v1/changes", *[status(500)] * 1000)
        with pytest.raises(remote.HTTPError) as caught:
            short.qpu("Artemis").run(sampler())
    assert caught.value.job.job_id in scheduler.jobs


def test_a_refused_poll_leaves_the_job_in_the_error(scheduler):
    remote.list_qpus()
    scheduler.fault("GET", r"jobs/\d+|v1/changes", status(401))
    with pytest.raises(remote.AuthenticationError) as caught:
        qpu().run(sampler())
    assert caught.value.job.job_id in scheduler.jobs


def test_compilation_that_takes_too_long_leaves_the_job_in_the_error(scheduler):
    scheduler.script = []
    with remote.Client(url=scheduler.url, token=TOKEN, compile_timeout=0.1) as short:
        with pytest.raises(remote.WaitTimeoutError) as caught:
            short.qpu("Artemis").run(sampler())
        with pytest.raises(remote.WaitTimeoutError) as of_batch:
            short.qpu("Artemis").run(batch(2))
    assert caught.value.job.job_id in scheduler.jobs
    assert isinstance(of_batch.value.job, remote.BatchJob)


def test_waiting_for_compilation_is_no_hot_loop(plain):
    plain.script = []
    short = remote.Client(url=plain.url, token=TOKEN, compile_timeout=0.3)
    with pytest.raises(remote.WaitTimeoutError):
        short.qpu("Artemis").run(sampler())
    assert len(plain.seen("GET", r"jobs/\d+")) < 60


def test_errors_of_compilation_are_told(scheduler):
    scheduler.script = ["Failed"]
    errors = [{"Code": 12, "Message": "too deep"}, {"Code": 13, "Message": "too wide"}]
    scheduler.add = functools.partial(scheduler.add, errors=errors)
    with pytest.raises(remote.JobSubmissionError, match=r"(?s)12\ttoo deep.*13\ttoo wide") as caught:
        qpu().run(sampler())
    assert caught.value.errors == (("12", "too deep"), ("13", "too wide"))
    assert caught.value.job.job_id in scheduler.jobs
    with pytest.raises(remote.BatchSubmissionError, match="2 of 2 jobs were not compiled") as of_batch:
        qpu().run(batch(2))
    assert list(of_batch.value.failed) == ["Job_1", "Job_2"]
    assert of_batch.value.job.names == ["Job_1", "Job_2"]


def test_a_job_that_failed_later_is_returned(scheduler):
    """As in the reference: only compilation counts here."""
    scheduler.script = ["Failed"]
    assert not qpu().run(sampler()).success


def test_run_async_does_not_wait(scheduler):
    job = qpu().run_async(sampler())
    assert job.job_id in scheduler.jobs
    assert not scheduler.seen("GET", r"jobs/\d+|v1/changes")


def test_a_scheduler_without_an_answer_to_the_first_question(quick):
    with FakeScheduler() as fake:
        pass
    with pytest.raises(remote.ConnectionFailedError):
        remote.Client(url=fake.url, token=TOKEN).qpu("Artemis").run(sampler())


def test_a_job_told_to_be_compiled_is_not_waited_for(ours):
    """The answer to the submit says so already; the next change may be a long queue away."""
    original = ours.add
    ours.add = lambda payload=None: original(payload, status="Scheduled", script=[])
    qpu().run(sampler())
    qpu().run(batch(3))
    assert ours.seen("GET", "v1/changes") == []


def test_an_error_of_a_gateway_does_not_make_the_client_forget_keys(ours):
    """Its answers lack the header by which the scheduler tells that it takes keys."""

    def gateway(handler):
        handler.send_response(502)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    qpu().run(sampler())
    ours.fault("GET", "jobs", *[gateway] * 20)
    with pytest.raises(remote.HTTPError):
        remote.list_all_jobs()
    ours.fault("POST", "v1/jobs", reset_after_doing)
    qpu().run(sampler())
    assert len(ours.jobs) == 2
    assert ours.seen("POST", "jobs") == []
