"""What lwfast adds to the wire."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import pytest

from lwfast.remote import Client
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.scheduler.web import v1_api
from lwfast.wire import decode_changes, decode_page, decode_record, decode_records, decode_status
from tests.scheduler.harness import TOKEN, Api, make_settings, payload, running
from tests.scheduler.runners import NAPS, SLEEPS
from tests.started import PATIENCE, threads, until


def submit(api, key=None, **changes):
    headers = {"Idempotency-Key": key} if key else {}
    return api.post("v1/jobs", json=payload(**changes), headers=headers)


def test_submit_answers_with_the_record(api):
    answer = submit(api, n_modes=3, photons=2, job_name="Ünï <b>")
    assert answer.status_code == 202
    record = decode_record(answer.content)
    assert answer.headers["X-Job-Id"] == str(record.job_id)
    assert (record.job_name, record.n_modes, record.n_photons) == ("Ünï <b>", 3, 2)
    api.wait(record.job_id)
    later = decode_record(api.get(f"v1/jobs/{record.job_id}").content)
    assert later.job_status.value == "Completed"
    assert later.created_date <= later.started_date <= later.finished_date == later.updated_date
    assert later.seq > record.seq


def test_payload_is_handed_back(api):
    sent = payload(n_modes=3, job_data={"herald": [[[0], [1]]]})
    job_id = int(api.post("jobs", json=sent).headers["X-Job-Id"])
    assert api.get(f"v1/jobs/{job_id}/payload").json() == sent


def test_min_detection_null_is_all_photons(api):
    """`None` on the wire means as many photons as were put in."""
    job_id = api.submit(n_modes=4, photons=3, min_detection=None)
    assert api.get(f"v1/jobs/{job_id}/payload").json()["min_detection"] == 3


def test_same_key_same_payload_is_the_same_job(api):
    """A submit that is sent again yields one job, however its JSON is laid out."""
    first = submit(api, "key-1", n_modes=3)
    again = api.post(
        "v1/jobs",
        json=dict(reversed(payload(n_modes=3).items())),
        headers={"Idempotency-Key": "key-1"},
    )
    assert first.status_code == again.status_code == 202
    assert first.json()["jobId"] == again.json()["jobId"]


def test_same_key_other_payload_is_refused(api):
    first = submit(api, "key-2")
    answer = submit(api, "key-2", n_samples=7)
    assert answer.status_code == 422
    assert str(first.json()["jobId"]) in api.errors(answer)["Idempotency-Key"]
    batch = api.post("v1/jobs/batch", json={"jobs": [payload()]}, headers={"Idempotency-Key": "key-2"})
    assert batch.status_code == 422


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_bad_key(api, key):
    answer = api.post("v1/jobs", json=payload(), headers={"Idempotency-Key": key})
    assert list(api.errors(answer)) == ["Idempotency-Key"]


def test_the_longest_key_is_taken(api):
    first, again = (submit(api, "k" * 255) for _ in range(2))
    assert first.status_code == again.status_code == 202
    assert first.json()["jobId"] == again.json()["jobId"]


def test_key_under_concurrency(api):
    """Twenty clients that send the same key at once get the same job."""
    answers = []

    def send():
        other = Api(api.root)
        answers.append(submit(other, "key-3").json()["jobId"])
        other.session.close()

    with threads(*[send] * 20):
        pass
    assert len(answers) == 20
    assert len(set(answers)) == 1


def test_batch(api):
    """All jobs of a batch are accepted, in order, in one request; the key covers the whole batch."""
    body = {"jobs": [payload(job_name=f"b{i}", n_samples=i + 1) for i in range(5)]}
    answer = api.post("v1/jobs/batch", json=body, headers={"Idempotency-Key": "key-4"})
    assert answer.status_code == 202
    jobs = decode_records(answer.content).jobs
    assert [job.job_name for job in jobs] == [f"b{i}" for i in range(5)]
    ids = [job.job_id for job in jobs]
    assert ids == list(range(ids[0], ids[0] + 5))
    again = api.post("v1/jobs/batch", json=body, headers={"Idempotency-Key": "key-4"})
    assert [job.job_id for job in decode_records(again.content).jobs] == ids


def test_batch_is_all_or_nothing(api):
    before = api.get("jobs").json()["items"][0]["id"]
    jobs = [payload(), payload(n_samples=0), payload(), payload(qpu="None") | {"n_modes": "4"}]
    answer = api.post("v1/jobs/batch", json={"jobs": jobs})
    assert answer.status_code == 400
    assert set(api.errors(answer)) == {"jobs[1].n_samples", "jobs[3].qpu", "jobs[3].n_modes"}
    assert api.get("jobs").json()["items"][0]["id"] == before


@pytest.mark.parametrize(
    "body", [{}, [], {"jobs": []}, {"jobs": {}}, {"jobs": [1]}, {"jobs": [payload()], "x": 1}]
)
def test_bad_batch(api, body):
    answer = api.post("v1/jobs/batch", json=body)
    assert answer.status_code == 400
    assert api.errors(answer)


def test_pages(api):
    """Pages are newest first, and filters hold for jobs in memory and in the store alike."""
    ids = [api.submit(job_name="paged") for _ in range(5)]
    api.wait(ids[-1])
    first = decode_page(api.get("v1/jobs", params={"name": "paged", "limit": 2}).content)
    assert [job.job_id for job in first.items] == ids[:-3:-1]
    second = decode_page(
        api.get("v1/jobs", params={"name": "paged", "limit": 2, "before": first.before}).content
    )
    assert [job.job_id for job in second.items] == [ids[2], ids[1]]
    third = decode_page(
        api.get("v1/jobs", params={"name": "paged", "limit": 2, "before": second.before}).content
    )
    assert [job.job_id for job in third.items] == [ids[0]]
    assert third.before is None

    def count(**params):
        return len(decode_page(api.get("v1/jobs", params=params).content).items)

    assert count(name="paged", status="Completed") == 5
    assert count(name="paged", status=["Running", "Scheduled"]) == 0
    assert count(name="paged", qpu="Artemis") == 5
    assert count(name="paged", qpu="Other") == 0
    assert count(ids=f"{ids[0]},{ids[3]},999999") == 2
    assert count(ids="") == 0
    assert count(limit=10**9) > 4


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "before=-1", "ids=1,x", "ids=1,,2", "status=Nope"])
def test_bad_page(api, query):
    answer = api.get(f"v1/jobs?{query}")
    assert answer.status_code == 400
    assert list(api.errors(answer)) == [query.split("=")[0]]


def test_changes_answers_at_the_change(api):
    """A wait ends within milliseconds of the job's change, not at its timeout."""
    record = decode_record(submit(api, n_samples=NAPS).content)
    after, seen = record.seq, []
    began = time.monotonic()
    while not seen or not seen[-1].is_complete:
        answer = decode_changes(
            api.get("v1/changes", params={"after": after, "ids": record.job_id, "timeout": 20}).content
        )
        after = answer.seq
        seen.append(answer.items[0].job_status)
    assert time.monotonic() - began < 10
    assert [status.value for status in seen] in (["Running", "Completed"], ["Completed"])


def test_changes_after_the_end_answers_at_once(api):
    job_id = api.submit()
    api.wait(job_id)
    began = time.monotonic()
    answer = decode_changes(api.get("v1/changes", params={"after": 2**60, "ids": job_id}).content)
    assert answer.items[0].job_status.value == "Completed"
    answer = decode_changes(api.get("v1/changes", params={"after": answer.seq, "ids": job_id}).content)
    assert time.monotonic() - began < 2
    assert answer.items[0].job_id == job_id


def test_small_results_come_with_the_news(api):
    """With `results=B`, results of at most B bytes travel along; they are what `jobs/{id}/results` gives."""
    job_id = api.submit(n_modes=3)
    api.wait(job_id)
    body = api.get(f"jobs/{job_id}/results").content
    asked = {"after": 0, "ids": job_id}
    assert decode_changes(api.get("v1/changes", params=asked).content).results == {}
    given = decode_changes(api.get("v1/changes", params={**asked, "results": len(body)}).content).results
    assert bytes(given[str(job_id)]) == body
    too_large = {**asked, "results": len(body) - 1}
    assert decode_changes(api.get("v1/changes", params=too_large).content).results == {}


def test_only_so_many_results_come_with_the_news(api, monkeypatch):
    """The rest are fetched one by one."""
    monkeypatch.setattr(v1_api, "MOST_RESULTS", 2)
    ids = [api.submit() for _ in range(4)]
    for job_id in ids:
        api.wait(job_id)
    asked = {"after": 0, "ids": ",".join(map(str, ids)), "results": 10_000}
    answer = decode_changes(api.get("v1/changes", params=asked).content)
    assert [job.job_id for job in answer.items] == ids
    assert sorted(answer.results) == sorted(map(str, ids[:2]))


def test_the_latest_changes_come_first(api, monkeypatch):
    """Where no jobs are named, those that changed last are told, as many as a page holds."""
    monkeypatch.setattr(v1_api, "LARGEST_PAGE", 3)
    for _ in range(5):
        job_id = api.submit()
        api.wait(job_id)
    answer = decode_changes(api.get("v1/changes", params={"after": 0, "timeout": 0}).content)
    numbers = [job.seq for job in answer.items]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 3
    assert answer.items[0].job_id == job_id
    assert answer.seq >= numbers[0]


@pytest.mark.parametrize("path", ["v1/jobs", "v1/changes"])
def test_too_many_ids(api, path):
    """Ten thousand are allowed; with more, the answer says so, and what to do."""
    answer = api.get(path, params={"ids": ",".join(["1"] * 10_001), "timeout": 0})
    assert answer.status_code == 400
    assert "has 10001 ids and 10000 are allowed; ask in parts" in api.errors(answer)["ids"]
    fits = api.get(path, params={"ids": ",".join(["999999"] * 10_000), "timeout": 0})
    assert fits.status_code == (200 if path == "v1/jobs" else 404)


def test_a_wait_for_changes_ends_with_its_connection(api):
    """A scheduler would keep the waits of clients that come and go, and look after each at every change."""
    job_id = api.submit(n_samples=SLEEPS)
    api.wait(job_id, {"Running"})
    seq = decode_record(api.get(f"v1/jobs/{job_id}").content).seq
    waiting = api.scheduler.changes._waiting
    where = urlsplit(api.root)
    try:
        with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as client:
            client.sendall(
                f"GET /api/v1/changes?ids={job_id}&after={seq}&timeout=300 HTTP/1.1\r\n"
                f"Host: localhost\r\nx-access-token: {TOKEN}\r\n\r\n".encode()
            )
            until(lambda: job_id in waiting)
        until(lambda: job_id not in waiting)
    finally:
        assert api.cancel(job_id).status_code == 204


def test_changes_times_out(api):
    job_id = api.submit(n_samples=SLEEPS)
    api.wait(job_id, {"Running"})
    seq = decode_changes(api.get("v1/changes", params={"after": 0, "timeout": 0}).content).seq
    began = time.monotonic()
    answer = decode_changes(
        api.get("v1/changes", params={"after": seq, "ids": job_id, "timeout": 0.3}).content
    )
    assert 0.25 < time.monotonic() - began < 5
    assert (answer.seq, answer.items[0].job_status.value) == (seq, "Running")
    began = time.monotonic()
    everything = decode_changes(api.get("v1/changes", params={"after": seq, "timeout": 0.1}).content)
    assert everything.items == []
    api.cancel(job_id)


def test_changes_of_unknown_jobs(api):
    answer = api.get("v1/changes", params={"ids": "999998,999999"})
    assert answer.status_code == 404
    assert "999998, 999999" in api.errors(answer)["ids"]


@pytest.mark.parametrize("query", ["after=x", "ids=x", "timeout=x", "timeout=-1", "timeout=nan"])
def test_bad_changes(api, query):
    answer = api.get(f"v1/changes?{query}")
    assert answer.status_code == 400
    assert list(api.errors(answer)) == [query.split("=")[0]]


def test_status(api):
    job_id = api.submit(n_samples=SLEEPS)
    api.wait(job_id, {"Running"})
    waiting = [api.submit() for _ in range(2)]
    status = decode_status(api.get("v1/status").content)
    assert (status.workers, status.running, status.waiting) == (1, 1, 2)
    for job in (job_id, *waiting):
        api.cancel(job)


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A scheduler with jobs of several names, of which some have finished and some wait."""
    with running(make_settings(tmp_path_factory.mktemp("named"))) as api:
        ids = {}
        for n_samples in (10, SLEEPS):
            for name in ("HOM 1", "hom 2", "Dip", "HOM[1]*", "100%", "a_b", "axb"):
                ids.setdefault(name, []).append(api.submit(job_name=name, n_samples=n_samples))
            if n_samples == 10:
                for found in ids.values():
                    api.wait(found[0])
        yield api, ids


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("HOM*", {"HOM 1", "hom 2", "HOM[1]*"}),
        ("hom", {"HOM 1", "hom 2", "HOM[1]*"}),
        ("*1", {"HOM 1"}),
        ("HOM[1]*", {"HOM[1]*"}),
        ("d*p", {"Dip"}),
        ("100%", {"100%"}),
        ("a_b", {"a_b"}),
        ("*", None),
        ("", None),
        ("nothing*", set()),
    ],
)
def test_search_by_name(named, search, names):
    """One dialect, the same for jobs in memory and in the store, on all pages together."""
    api, ids = named
    found, before = [], ""
    while before is not None:
        asked = {"search": search, "limit": 2} | ({"before": before} if before else {})
        page = api.get("v1/jobs", params=asked)
        found += [item["jobId"] for item in page.json()["items"]]
        before = page.json()["before"]
    wanted = [job for name, jobs in ids.items() if names is None or name in names for job in jobs]
    assert found == sorted(wanted, reverse=True)


def test_a_search_is_limited(named):
    api, _ = named
    answer = api.get("v1/jobs", params={"search": "x" * 201})
    assert answer.status_code == 400
    assert "200" in api.errors(answer)["search"]


def test_the_client_searches_on_the_scheduler(named, monkeypatch):
    """A pattern takes one request for what is found, however many other jobs there are."""
    api, ids = named
    asked = []
    page = Endpoints.page
    monkeypatch.setattr(Endpoints, "page", lambda self, **given: asked.append(given) or page(self, **given))
    with Client(url=f"{api.root}api/", token=TOKEN) as client:
        found = client.jobs(name="HOM*", limit=3)
        assert [(given["search"], given["name"], given["limit"]) for given in asked] == [("HOM*", None, 3)]
        assert [job.name for job in found] == ["HOM[1]*", "hom 2", "HOM 1"]
        assert [job.job_id for job in client.jobs(name="Dip")] == ids["Dip"][::-1]
