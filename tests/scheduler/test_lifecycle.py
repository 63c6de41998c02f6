"""What happens to jobs: order, cancellation, timeouts, dying workers, a full disk."""

from __future__ import annotations

import asyncio
import os
import signal

from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.wire import decode_page
from tests.marks import posix
from tests.scheduler.harness import Api, make_settings, payload, running
from tests.scheduler.runners import CRASHES, CRASHES_ONCE, NAPS, SLEEPS
from tests.started import threads, until

SHORT = profile_text("artemis").replace("timeout_seconds = 600", "timeout_seconds = 0.3")


def inside(api, work):
    """Run a coroutine in the scheduler's loop."""
    return asyncio.run_coroutine_threadsafe(work, api.loop).result(10)


def test_thousand_queued_jobs(api):
    """Positions are 1..n, and all jobs run in the order in which they came."""
    blocker = api.submit(n_samples=SLEEPS)
    api.wait(blocker, {"Running"})
    answer = api.post("v1/jobs/batch", json={"jobs": [payload(n_samples=1) for _ in range(1000)]})
    ids = [job["jobId"] for job in answer.json()["jobs"]]
    assert [job["queuePosition"] for job in answer.json()["jobs"]] == list(range(1, 1001))
    assert api.details(ids[499])["queuePosition"] == 500
    api.cancel(ids[0])
    assert api.details(ids[499])["queuePosition"] == 499
    api.cancel(blocker)
    assert api.wait(ids[-1], seconds=30)["jobStatus"] == "Completed"
    started = []
    before = None
    while True:
        page = decode_page(api.get("v1/jobs", params={"before": before, "limit": 1000}).content)
        started += [(job.job_id, job.started_date) for job in page.items if job.job_id in ids[1:]]
        before = page.before
        if before is None:
            break
    started.sort()
    assert len(started) == 999
    assert [time for _, time in started] == sorted(time for _, time in started)


def test_concurrent_cancels(api):
    """However many ask at once, each is told that the job is cancelled."""
    job_id = api.submit(n_samples=SLEEPS)
    api.wait(job_id, {"Running"})
    codes = []

    def cancel():
        other = Api(api.root)
        codes.append(other.cancel(job_id).status_code)
        other.session.close()

    with threads(*[cancel] * 10):
        pass
    assert codes == [204] * 10
    logs = api.details(job_id)["logs"]
    assert [entry["status"] for entry in logs].count("Cancelled") == 1
    assert api.wait(api.submit())["jobStatus"] == "Completed"


def test_cancel_races_with_the_end(api):
    """A cancel near the end either cancels or is told that the job is complete; nothing in between."""
    for _ in range(20):
        job_id = api.submit()
        code = api.cancel(job_id).status_code
        details = api.wait(job_id)
        assert (code, details["jobStatus"]) in {(204, "Cancelled"), (409, "Completed")}


def test_timeout(tmp_path):
    """A job that runs too long is ended; the next one runs."""
    settings = make_settings(tmp_path, qpus=parse_qpus(SHORT, "test"))
    with running(settings) as api:
        slow, quick = api.submit(n_samples=SLEEPS), api.submit()
        details = api.wait(slow)
        assert details["jobStatus"] == "TimedOut"
        assert "0.3 s" in details["userExecutionNotes"]
        assert api.get(f"v1/jobs/{slow}").json()["jobStatus"] == "TimedOut"
        assert [job["jobId"] for job in api.get("v1/jobs?status=TimedOut").json()["items"]] == [slow]
        assert api.get(f"jobs/{slow}/results").status_code == 400
        assert api.wait(quick)["jobStatus"] == "Completed"


def test_job_that_kills_its_worker_fails_after_two_tries(api):
    job_id = api.submit(n_samples=CRASHES)
    after = api.submit()
    details = api.wait(job_id)
    assert details["jobStatus"] == "Failed"
    assert "exit code 9, twice" in details["userExecutionNotes"]
    retries = [entry for entry in details["logs"] if "Reason" in entry["meta"]]
    assert [entry["status"] for entry in retries] == ["Scheduled"]
    assert "exit code 9" in retries[0]["meta"]["Reason"]
    assert api.wait(after)["jobStatus"] == "Completed"


def test_job_survives_one_dead_worker(tmp_path, monkeypatch):
    monkeypatch.setenv("LWFAST_TEST_FLAG", str(tmp_path / "flag"))
    with running(make_settings(tmp_path)) as api:
        job_id, behind = api.submit(n_samples=CRASHES_ONCE), api.submit()
        assert api.wait(job_id)["jobStatus"] == "Completed"
        api.wait(behind)
        records = {i: api.get(f"v1/jobs/{i}").json() for i in (job_id, behind)}
        assert records[job_id]["finishedDate"] < records[behind]["startedDate"]


@posix
def test_all_workers_killed_at_once(tmp_path):
    """As by `pkill`, or where the memory of a container runs out: that costs a job one try and not two."""
    with running(make_settings(tmp_path, workers=4)) as api:
        until(lambda: api.scheduler.pool.ready == 4)
        job_id = api.submit(n_samples=NAPS)
        until(lambda: api.scheduler.pool.running(job_id))
        for worker in api.scheduler.pool.workers:
            os.kill(worker.process.pid, signal.SIGKILL)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        (reason,) = [entry["meta"]["Reason"] for entry in details["logs"] if "Reason" in entry["meta"]]
        assert reason.endswith("ended with signal 9; the job is tried once more")


def test_unavailable_qpu_keeps_its_jobs(tmp_path):
    """Jobs of a QPU that is offline wait; others pass; once it is back they run."""
    second = profile_text("artemis").replace("id = 1", "id = 2").replace('"Artemis"', '"Spare"')
    both = profile_text("artemis").replace("available = true", "available = false") + second
    with running(make_settings(tmp_path, qpus=parse_qpus(both, "test"))) as api:
        assert api.get("Qpus/1").json()["isAvailable"] is False
        waits, runs = api.submit(), api.submit(qpu="Spare")
        assert api.wait(runs)["jobStatus"] == "Completed"
        assert api.details(waits)["queuePosition"] == 1
    with running(make_settings(tmp_path)) as api:
        assert api.wait(waits)["jobStatus"] == "Completed"


def test_several_workers(tmp_path):
    with running(make_settings(tmp_path, workers=2)) as api:
        ids = [api.submit(n_samples=SLEEPS) for _ in range(2)]
        for job_id in ids:
            api.wait(job_id, {"Running"})
        assert api.get("v1/status").json()["running"] == 2
        assert api.cancel(ids[1]).status_code == 204
        assert api.wait(api.submit())["jobStatus"] == "Completed"


def test_full_disk_loses_no_result(tmp_path):
    """Without room a submit is refused with 503, and a result is held until there is room."""
    with running(make_settings(tmp_path)) as api:
        writer = api.scheduler._writer

        async def limit(pages=None):
            def change(store):
                count = pages or store.connection.execute("PRAGMA page_count").fetchone()[0]
                store.connection.execute(f"PRAGMA max_page_count = {count}").fetchone()

            await writer.submit(change)

        api.wait(api.submit())
        job_id = api.submit(n_samples=NAPS, n_modes=20)
        inside(api, limit())
        big = payload(n_modes=20)
        codes = {api.post("v1/jobs/batch", json={"jobs": [big] * 200}).status_code for _ in range(2)}
        assert codes == {503}
        inside(api, limit(10**6))
        assert api.wait(job_id)["jobStatus"] == "Completed"
        assert api.post("v1/jobs/batch", json={"jobs": [big] * 20}).status_code == 202


def test_finished_jobs_leave_memory(tmp_path):
    """Old jobs are read from the store and look the same."""
    with running(make_settings(tmp_path)) as api:
        api.scheduler.book._recent_limit = 2
        ids = [api.submit(job_name=f"old {i}", job_data={"i": i}) for i in range(6)]
        api.wait(ids[-1])
        assert len(api.scheduler.book._recent) == 2
        for i, job_id in enumerate(ids):
            assert [entry["status"] for entry in api.details(job_id)["logs"]][-1] == "Completed"
            assert api.get(f"v1/jobs/{job_id}").json()["jobName"] == f"old {i}"
            api.scheduler._results.drop(job_id)
            assert api.get(f"jobs/{job_id}/results").json()["job_data"] == {"i": i}
        listed = ",".join(map(str, ids))
        answer = api.get("v1/changes", params={"after": 0, "ids": listed}).json()
        assert [item["jobId"] for item in answer["items"]] == ids
