"""The reference wire, key by key."""

from __future__ import annotations

import pytest

from tests.scheduler.harness import Api
from tests.scheduler.runners import BROKEN, DOES_NOT_FIT, LARGE, NO_MEMORY, REFUSED, SLEEPS


def test_submit_to_result(api):
    """A job is accepted with 202 and an id, runs, and gives its result back with job_data."""
    data = {"post_select": [[[0], [0, 1]]], "herald": [[[1], [0]]], "mine": {"a": [1, None]}}
    job_id = api.submit(n_modes=3, job_data=data)
    details = api.wait(job_id)
    assert details["jobStatus"] == "Completed"
    answer = api.get(f"jobs/{job_id}/results")
    assert answer.status_code == 200
    body = answer.json()
    assert body["job_data"] == data
    assert sum(body["results"].values()) == 100
    assert set(body["results"]) <= {"(1, 0, 0)", "(0, 1, 0)", "(0, 0, 1)"}


def test_details_have_exactly_the_known_keys(api):
    """The public client raises on any other key."""
    details = api.wait(api.submit())
    assert list(details) == [
        "jobId",
        "queuePosition",
        "jobStatus",
        "createdDate",
        "updatedDate",
        "logs",
        "userExecutionNotes",
    ]
    assert details["queuePosition"] is None
    assert details["userExecutionNotes"] is None


def test_logs_read_as_in_the_seed(api):
    logs = api.wait(api.submit())["logs"]
    assert [(entry["message"], entry["status"]) for entry in logs] == [
        ("Job received successfully", "Accepted"),
        ("Job status updated to Scheduled", "Scheduled"),
        ("Job status updated to Running", "Running"),
        ("Job status updated to Completed", "Completed"),
    ]
    assert all(list(entry) == ["message", "createdDate", "status", "meta"] for entry in logs)
    assert all(entry["createdDate"].endswith("Z") and len(entry["createdDate"]) == 27 for entry in logs)
    assert [entry["createdDate"] for entry in logs] == sorted(entry["createdDate"] for entry in logs)


def test_results_without_job_data_lack_the_key(api):
    job_id = api.submit()
    api.wait(job_id)
    assert list(api.get(f"jobs/{job_id}/results").json()) == ["results"]


def test_large_result_comes_from_a_file(api):
    """A result above the inline limit is written by the worker and served whole."""
    job_id = api.submit(n_samples=LARGE)
    api.wait(job_id)
    assert len(list(api.scheduler.settings.results_dir.glob(f"{job_id}-*.json"))) == 1
    results = api.get(f"jobs/{job_id}/results").json()["results"]
    assert len(results) == 40_000
    assert results["(156, 63)"] == 1


@pytest.mark.parametrize(
    ("n_samples", "notes", "code"),
    [
        (DOES_NOT_FIT, "would need 1 TiB", 1),
        (REFUSED, "not like this", None),
        (BROKEN, "internal error, RuntimeError: a bug", None),
        (NO_MEMORY, "ran out of memory", 2),
    ],
)
def test_failed_job_says_why(api, n_samples, notes, code):
    """A failed job has notes; refusals before the work stand in the log as compilation errors."""
    job_id = api.submit(n_samples=n_samples)
    details = api.wait(job_id)
    assert details["jobStatus"] == "Failed"
    assert notes in details["userExecutionNotes"]
    meta = details["logs"][-1]["meta"]
    if code is None:
        assert meta == {}
    else:
        assert meta["CompilationErrors"][0]["Code"] == code
        assert notes in meta["CompilationErrors"][0]["Message"]
    answer = api.get(f"jobs/{job_id}/results")
    assert answer.status_code == 400
    assert notes in api.errors(answer)["results"]


def test_waiting_and_running(api):
    """Positions count from 1; results are 404 until there are some; both kinds of job can be cancelled."""
    running = api.submit(n_samples=SLEEPS)
    api.wait(running, {"Running"})
    waiting = [api.submit(job_name=f"waits {i}") for i in range(3)]
    assert [api.details(i)["queuePosition"] for i in [running, *waiting]] == [None, 1, 2, 3]
    assert api.get(f"jobs/{running}/results").status_code == 404
    scheduled = api.get("jobs", params={"pageSize": 2**31 - 1, "statuses": ["Accepted", "Scheduled"]})
    assert [item["id"] for item in scheduled.json()["items"]] == waiting[::-1]

    assert api.cancel(waiting[0]).status_code == 204
    assert [api.details(i)["queuePosition"] for i in waiting] == [None, 1, 2]
    assert api.status(waiting[0]) == "Cancelled"
    assert api.cancel(waiting[0]).status_code == 204
    assert api.get(f"jobs/{waiting[0]}/results").status_code == 400

    assert api.cancel(running).status_code == 204
    assert api.details(running)["logs"][-1]["message"] == "Job status updated to Cancelled"
    assert [api.wait(i)["jobStatus"] for i in waiting[1:]] == ["Completed"] * 2
    answer = api.cancel(waiting[1])
    assert answer.status_code == 409
    assert "Completed" in api.errors(answer)["job"]


def test_lists(api):
    ids = [api.submit() for _ in range(3)]
    for job_id in ids:
        api.wait(job_id)
    listed = [item["id"] for item in api.get("jobs", params={"pageSize": 2**31 - 1}).json()["items"]]
    assert listed[:3] == ids[::-1]
    assert listed == sorted(listed, reverse=True)
    assert [item["id"] for item in api.get("jobs", params={"pageSize": 2}).json()["items"]] == ids[:0:-1]
    done = api.get("jobs", params={"statuses": "Completed"}).json()["items"]
    assert {item["id"] for item in done} >= set(ids)
    assert api.get("jobs", params={"statuses": "Running"}).json() == {"items": []}
    assert list(api.get("jobs").json()["items"][0]) == ["id"]


@pytest.mark.parametrize("query", ["pageSize=0", "pageSize=x", "pageSize=-1", "statuses=Nonsense"])
def test_bad_list_query(api, query):
    answer = api.get(f"jobs?{query}")
    assert answer.status_code == 400
    assert list(api.errors(answer)) == [query.split("=")[0]]


@pytest.mark.parametrize("path", ["qpus", "Qpus"])
def test_qpus(api, path):
    assert api.get(path).json() == [{"name": "Artemis", "id": 1}]
    qpu = api.get(f"{path}/1").json()
    qpu.pop("lastUpdated")
    assert qpu == {
        "id": 1,
        "name": "Artemis",
        "numberOfModes": 20,
        "maxPhotonInputNumber": 8,
        "maxDetectionFilter": 4,
        "defaultMaxSamples": 1_000_000,
        "maxSamples": [
            {"item1": 1, "item2": 1_000_000},
            {"item1": 2, "item2": 1_000_000},
            {"item1": 3, "item2": 50_000},
            {"item1": 4, "item2": 10_000},
        ],
        "isAvailable": True,
    }
    assert api.get(f"{path}/2").status_code == 404
    assert api.get(f"{path}/x").status_code == 404


@pytest.mark.parametrize("job", ["999999", "0", "-1", "x", "1.5", "9" * 19, "9" * 60, "%00", "\u0663"])
@pytest.mark.parametrize("call", [("GET", ""), ("GET", "/results"), ("PUT", "/cancel")])
def test_unknown_job(api, job, call):
    answer = api.call(call[0], f"api/jobs/{job}{call[1]}")
    assert answer.status_code == 404
    assert api.errors(answer)


def test_token_is_required(api):
    """Without the right token every call of the API is 401, known path or not."""
    for token in ("", "wrong", "ünïcode".encode()):
        other = Api(api.root)
        other.session.headers["x-access-token"] = token
        for path in ("jobs", "jobs/1", "qpus", "Qpus/1", "v1/status", "nothing"):
            answer = other.get(path)
            assert answer.status_code == 401
            assert list(api.errors(answer)) == ["x-access-token"]
        other.session.close()


def test_unknown_path_and_method(api):
    """Errors of an unexpected kind are JSON too."""
    assert api.get("nothing").status_code == 404
    answer = api.call("DELETE", "api/jobs")
    assert answer.status_code == 405
    assert api.errors(answer)


def test_every_answer_names_the_api(api):
    for path in ("jobs", "jobs/999999", "nothing", "qpus"):
        assert api.get(path).headers["X-Lwfast-Api"] == "1"
