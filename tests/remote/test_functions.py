from __future__ import annotations

import sys

import numpy as np
import pytest

import lwfast as lw
from lwfast import remote
from tests.faults.fake_scheduler import reset, reset_after_doing, results, status
from tests.remote.samples import sampler


def test_lists(scheduler):
    first, second = scheduler.add(status="Completed"), scheduler.add(status="Scheduled")
    third = scheduler.add(status="Accepted")
    assert remote.list_qpus() == ["Artemis"]
    assert remote.list_all_jobs() == [third.id, second.id, first.id]
    assert remote.list_scheduled_jobs() == [second.id, third.id]
    assert scheduler.seen("GET", "jobs")[0].query == {"pageSize": ["2147483647"]}


def test_empty_lists(scheduler):
    scheduler.qpus.clear()
    assert (remote.list_qpus(), remote.list_all_jobs(), remote.list_scheduled_jobs()) == ([], [], [])
    assert len(remote.show_scheduled()) == 0


def test_status_and_details_by_id(scheduler):
    fake = scheduler.add(status="TimedOut")
    for job_id in (fake.id, str(fake.id), np.int64(fake.id)):
        assert remote.get_job_status(job_id) == "Timed Out"
        assert remote.check_job_complete(job_id) is True
        assert remote.get_job_details(job_id).job_id == fake.id
    fake.script, fake.status = [], "Running"
    assert remote.check_job_complete(fake.id) is False


def test_results_by_id(scheduler):
    fake = scheduler.add(status="Completed")
    assert dict(remote.get_results(fake.id)) == {lw.State([0, 1, 0, 0]): 45, lw.State([1, 0, 0, 0]): 55}


def test_results_that_are_null(scheduler):
    fake = scheduler.add(status="Completed", results=results(None))
    assert len(remote.get_results(fake.id)) == 0


@pytest.mark.parametrize("bad", [1, "1", "abc", "../qpus", "..", "", "1/../2", "a b?c#d", -1])
def test_an_id_that_nobody_has(scheduler, bad):
    for call in (remote.get_job_status, remote.get_results, remote.cancel_job, remote.job):
        with pytest.raises(remote.JobNotFoundError):
            call(bad)
    assert all(item.path.startswith("jobs/") for item in scheduler.requests)


@pytest.mark.parametrize("bad", [True, 1.5, [1], b"1"])
def test_an_id_is_a_number_or_a_string(scheduler, bad):
    with pytest.raises(TypeError):
        remote.get_job_status(bad)


def test_no_id_at_all(scheduler):
    with pytest.raises(remote.JobError, match="no id"):
        remote.get_job_status(None)


# --- cancel -----------------------------------------------------------------------------------------


def test_cancel(scheduler):
    fake = scheduler.add(status="Running", script=[])
    remote.cancel_job(fake.id)
    assert fake.status == "Cancelled"
    with pytest.raises(remote.JobError, match=f"\\({fake.id}\\) has already been cancelled"):
        remote.cancel_job(fake.id)


@pytest.mark.parametrize("fault", [reset, reset_after_doing, status(502)])
def test_a_lost_answer_to_a_cancel_is_looked_up(scheduler, fault):
    fake = scheduler.add(status="Running", script=[])
    scheduler.fault("PUT", ".*", fault)
    remote.cancel_job(fake.id)
    assert fake.status == "Cancelled"
    assert len(scheduler.seen("PUT", ".*")) == (1 if fault is reset_after_doing else 2)


def test_a_cancel_waits_for_a_busy_scheduler(scheduler):
    fake = scheduler.add(status="Running", script=[])
    scheduler.fault("PUT", ".*", status(503, Retry_After="0"), status(429, Retry_After="0"))
    remote.cancel_job(fake.id)
    assert fake.status == "Cancelled"
    assert len(scheduler.seen("PUT", ".*")) == 3


def test_a_cancel_that_is_lost_again_and_again(scheduler):
    fake = scheduler.add(status="Running", script=[])
    scheduler.fault("PUT", ".*", *[reset] * 20)
    with pytest.raises(remote.ConnectionFailedError):
        remote.cancel_job(fake.id)
    assert fake.status == "Running"


def test_a_job_that_ended_meanwhile(scheduler):
    fake = scheduler.add(status="Running", script=["Completed"])
    with pytest.raises(remote.JobError, match="it is Completed"):
        remote.cancel_job(fake.id)


def test_a_cancel_that_is_refused(scheduler):
    fake = scheduler.add(status="Running", script=[])
    scheduler.fault("PUT", ".*", status(400, {"why": "no"}))
    with pytest.raises(remote.HTTPError, match="no") as caught:
        remote.cancel_job(fake.id)
    assert caught.value.status_code == 400


# --- tables -----------------------------------------------------------------------------------------


def test_show_scheduled(scheduler):
    scheduler.add(status="Completed")
    late = scheduler.add(status="Scheduled", position=2, script=[])
    new = scheduler.add(status="Accepted", script=[])
    soon = scheduler.add(status="Scheduled", position=1, script=[])
    remote.list_qpus()
    scheduler.requests.clear()
    table = remote.show_scheduled()
    assert list(table.columns) == ["Job ID", "Status", "Queue Position"]
    assert list(table["Job ID"]) == [soon.id, late.id, new.id]
    assert list(table["Status"]) == ["Scheduled", "Scheduled", "Accepted"]
    assert list(table["Queue Position"][:2]) == [1, 2]
    assert table["Queue Position"].isna().tolist() == [False, False, True]
    assert str(table["Queue Position"].dtype) == "Int64"
    assert list(table.index) == [0, 1, 2]
    if scheduler.v1:
        assert len(scheduler.requests) == 1


def test_show_scheduled_without_pandas(scheduler, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(lw.LightworksDependencyError, match=r"lwfast\[frames\]"):
        remote.show_scheduled()


def test_a_job_that_vanished_since_the_list_was_made(plain):
    plain.add(status="Scheduled", position=1, script=[])
    gone = plain.add(status="Scheduled", position=2, script=[])
    plain.fault("GET", f"jobs/{gone.id}", status(404))
    assert len(remote.show_scheduled()) == 1


# --- finding jobs again -----------------------------------------------------------------------------


def test_a_job_is_found_by_its_id(scheduler):
    made = remote.QPU("Artemis").run(sampler(), job_name="Mine")
    found = remote.job(made.job_id)
    assert isinstance(found, remote.Job)
    assert found.job_id == made.job_id
    assert len(found.result(timeout=5)) == 2
    assert (found.payload == made.payload) is scheduler.v1


def test_a_job_found_by_its_id_is_retried_where_its_payload_is_known(ours):
    made = remote.QPU("Artemis").run(sampler(), job_name="Mine")
    found = remote.job(made.job_id)
    found.retry()
    assert found.previous_ids == [made.job_id]
    assert ours.jobs[found.job_id].payload == ours.jobs[made.job_id].payload


def test_jobs_newest_first(scheduler):
    made = [scheduler.add(status="Completed").id for _ in range(7)]
    assert [item.job_id for item in remote.jobs()] == made[::-1]
    assert [item.job_id for item in remote.jobs(limit=3)] == made[:3:-1]
    assert [item.job_id for item in remote.jobs(limit=2, before=made[2])] == made[1::-1]


def test_jobs_by_status(scheduler):
    done, waiting = scheduler.add(status="Completed"), scheduler.add(status="Scheduled", script=[])
    timed_out = scheduler.add(status="TimedOut")
    for word in ("Scheduled", "scheduled", remote.Status.SCHEDULED, ["Scheduled"]):
        assert [item.job_id for item in remote.jobs(status=word)] == [waiting.id]
    assert [item.job_id for item in remote.jobs(status="Timed Out")] == [timed_out.id]
    assert [item.job_id for item in remote.jobs(status=["Completed", "Scheduled"])] == [waiting.id, done.id]
    with pytest.raises(ValueError, match=r"'Sleeping' is not the status of a job.*Accepted"):
        remote.jobs(status="Sleeping")
    with pytest.raises(ValueError, match="not the status of a job"):
        remote.jobs(status=remote.Status.UNKNOWN)


def test_jobs_by_name(ours):
    ours.add()
    wanted = ours.add(payload={"job_name": "Mine", "qpu": "Artemis"})
    [found] = remote.jobs(name="Mine")
    assert (found.job_id, found.name) == (wanted.id, "Mine")


def test_the_reference_wire_knows_no_names(plain):
    with pytest.raises(remote.LightworksRemoteError, match="cannot be found by name and qpu"):
        remote.jobs(name="Mine", qpu="Artemis")


def test_all_jobs_page_by_page(ours, monkeypatch):
    from lwfast.remote.job_path import listing

    monkeypatch.setattr(listing, "PAGE", 4)
    made = [ours.add(status="Completed").id for _ in range(10)]
    assert [item.job_id for item in remote.jobs(limit=None)] == made[::-1]
    assert [item.job_id for item in remote.jobs(limit=6)] == made[:3:-1]
    assert [item.query["limit"] for item in ours.seen("GET", "v1/jobs")] == [
        ["4"],
        ["4"],
        ["4"],
        ["4"],
        ["2"],
    ]


@pytest.mark.parametrize("bad", [0, -1])
def test_a_limit_is_a_number_of_jobs(scheduler, bad):
    with pytest.raises(ValueError, match="limit"):
        remote.jobs(limit=bad)
