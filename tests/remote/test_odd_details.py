"""What is only shown of a job or a QPU never decides whether it can be used."""

from __future__ import annotations

import json

import pytest

from lwfast import remote
from lwfast.cli import main
from lwfast.remote.connection import retry
from tests.faults.fake_scheduler import details, qpu, record, status
from tests.remote.samples import sampler

ODD = [None, "", "yesterday", 17, 1.5, True, [], ["x", None, 3], {}, {"a": [1]}]
SHOWN = {
    "createdDate": "created_date",
    "updatedDate": "updated_date",
    "logs": "logs",
    "userExecutionNotes": "notes",
}


@pytest.fixture
def answer(plain):
    """Let the next question for a job get the usual details with changes."""
    job = plain.add(status="Completed")

    def change(**changes):
        value = details(job) | changes
        plain.fault("GET", "jobs/17770", status(200, {k: v for k, v in value.items() if v is not ...}))
        return value

    return change


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", SHOWN)
def test_what_is_only_shown_is_shown_as_it_comes(answer, name, value):
    answer(**{name: value})
    found = remote.get_job_details(17770)
    assert getattr(found, SHOWN[name]) == value
    assert (found.job_id, found.job_status) == (17770, remote.Status.COMPLETED)


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", SHOWN)
def test_a_result_can_be_fetched_all_the_same(answer, name, value, tmp_path):
    answer(**{name: value})
    result = remote.get_results(17770)
    assert len(result) == 2
    result.save(tmp_path / "r.json")
    answer(**{name: value, "jobStatus": "Failed"})
    answer(**{name: value, "jobStatus": "Failed"})
    with pytest.raises(remote.ResultsError, match="did not generate any results"):
        remote.get_results(17770)


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_a_failed_job_with_any_logs(answer, value):
    answer(logs=value, jobStatus="Failed")
    assert remote.get_job_details(17770).compilation_errors == []
    error = {"meta": {"CompilationErrors": [{"Code": 3, "Message": "too deep"}, "odd"]}}
    answer(logs=[value, error], jobStatus="Failed")
    assert remote.get_job_details(17770).compilation_errors == [(3, "too deep"), ("", "odd")]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_the_command_shows_any_logs(plain, answer, value, capsys):
    for logs in (value, [value, {"meta": {"Reason": value}, "status": value}]):
        answer(logs=logs)
        answer(logs=logs)
        assert main(["job", "17770"]) == 0
        assert capsys.readouterr().out.startswith("Job 17770: Completed\n")


@pytest.mark.parametrize("missing", [*SHOWN, "queuePosition"])
def test_what_is_only_shown_may_be_missing(answer, missing):
    answer(**{missing: ...})
    assert remote.get_job_details(17770).job_id == 17770


# --- what decides -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "read"), [("17770", 17770), ("0017770", 17770), ("a-1", "a-1"), ("9" * 30, "9" * 30), (-1, -1)]
)
def test_an_id_may_be_written_as_text(answer, given, read):
    answer(jobId=given)
    assert remote.get_job_details(17770).job_id == read
    answer(jobId=given)
    assert remote.job(17770).job_id == read


@pytest.mark.parametrize(
    "changes",
    [{"jobId": value} for value in (None, "", 1.5, True, [], ...)]
    + [{"jobStatus": value} for value in (None, 3, [], {}, ...)],
    ids=repr,
)
def test_without_an_id_or_a_status_it_is_no_job(answer, changes, monkeypatch):
    """It is asked for again, as after an answer that was lost."""
    monkeypatch.setattr(retry, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(retry, "LONGEST_PAUSE_SECONDS", 0.01)
    for _ in range(8):
        answer(**changes)
    with pytest.raises(remote.HTTPError, match="asking for a job"):
        remote.get_job_details(17770)


@pytest.mark.parametrize("word", ["Completed", "completed", "COMPLETED", " Completed"])
def test_a_status_in_another_spelling(answer, word):
    answer(jobStatus=word)
    assert remote.get_job_status(17770) == "Completed"


@pytest.mark.parametrize("word", ["TimedOut", "Timed Out", "timedout"])
def test_the_two_spellings_of_timed_out(answer, word):
    answer(jobStatus=word)
    assert remote.get_job_details(17770).job_status is remote.Status.TIMEDOUT


@pytest.mark.parametrize(
    ("given", "read"),
    [(3, 3), ("3", 3), (None, None), ("soon", None), (-1, None), (True, None), (1.5, None), (2**70, None)],
)
def test_a_position_in_the_queue_is_a_number_or_none(plain, answer, given, read):
    plain.jobs[17770].status = "Scheduled"
    answer(queuePosition=given)
    assert remote.get_job_details(17770).queue_position == read
    pytest.importorskip("pandas")
    answer(queuePosition=given)
    table = remote.show_scheduled()
    assert table["Queue Position"].astype(object).where(table["Queue Position"].notna(), None).tolist() == [
        read
    ]


def test_lists_of_ids_of_both_kinds(plain):
    ids = [{"id": "3"}, {"id": 20}, {"id": "b"}, {"id": "a"}, {"id": 10**30}]
    plain.fault("GET", "jobs", *[status(200, {"items": ids})] * 4)
    assert remote.list_all_jobs() == ["b", "a", 10**30, 20, 3]
    assert remote.list_scheduled_jobs() == [3, 20, 10**30, "a", "b"]
    assert [job.job_id for job in remote.jobs(limit=None)] == ["b", "a", 10**30, 20, 3]
    assert [job.job_id for job in remote.jobs(limit=None, before=20)] == [3]


def test_the_table_of_jobs_with_any_ids(plain):
    pytest.importorskip("pandas")
    job = plain.add(status="Scheduled")
    for ids in (["a", 5], [10**30]):
        plain.fault("GET", "jobs", status(200, {"items": [{"id": item} for item in ids]}))
        for item in ids:
            plain.fault("GET", f"jobs/{item}", status(200, details(job) | {"jobId": item}))
        assert sorted(remote.show_scheduled()["Job ID"].tolist(), key=str) == sorted(ids, key=str)


# --- QPUs and records ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_when_a_qpu_was_updated_is_only_shown(plain, value, capsys):
    plain.qpus = [qpu(lastUpdated=value)]
    assert remote.get_qpu_details("Artemis").last_updated == value
    assert remote.QPU("Artemis").run_async(sampler()).job_id == 17770
    assert main(["qpus"]) == 0


def test_a_qpu_that_is_not_said_to_be_online(plain):
    """It can be submitted to, unless it must be online."""
    plain.qpus = [qpu(isAvailable=None)]
    assert remote.get_qpu_details("Artemis").available is False
    assert remote.QPU("Artemis").run_async(sampler()).job_id == 17770
    with pytest.raises(remote.QPUOfflineError):
        remote.QPU("Artemis").run_async(sampler(), require_online=True)


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", ["createdDate", "updatedDate", "startedDate", "finishedDate", "notes"])
def test_dates_of_records_are_only_shown(ours, name, value):
    job = ours.add(status="Completed")
    ours.fault("GET", "v1/jobs", status(200, {"items": [record(job) | {name: value}], "before": None}))
    assert [item.job_id for item in remote.jobs()] == [17770]
    ours.fault("POST", "v1/jobs", status(202, record(job) | {name: value}))
    assert remote.QPU("Artemis").run_async(sampler()).job_id == 17770


def test_an_answer_behind_a_byte_order_mark(plain):
    job = plain.add(
        status="Completed", results=b"\xef\xbb\xbf" + json.dumps({"results": {"(1, 0)": 3}}).encode()
    )
    plain.fault("GET", "jobs/17770", status(200, b"\xef\xbb\xbf" + json.dumps(details(job)).encode()))
    assert len(remote.get_results(17770)) == 1
