"""Jobs on a cluster of dask.distributed: the same answers as from workers here."""

from __future__ import annotations

import errno
import pickle
import time

import pytest

from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.scheduler.validation import payloads
from lwfast.scheduler.workers.cluster import pool as pools
from lwfast.scheduler.workers.cluster import remote_run
from tests.marks import posix
from tests.scheduler.dask_cluster import (
    Cluster,
    all_ready,
    children,
    on,
    reasons,
    result_of,
    worker_of,
)
from tests.scheduler.harness import TOKEN, make_settings, own_process, payload, running
from tests.scheduler.runners import LARGE, NAPS, REFUSED, SLEEPS, WAITS
from tests.scheduler.test_crash import gone
from tests.scheduler.test_sweep_validation import sweep
from tests.started import PATIENCE, until

pytestmark = [posix, pytest.mark.guarantee]
REAL = "lwfast.emulator.raw:run_raw"


def test_the_same_answers_as_from_a_worker_here(cluster, tmp_path, monkeypatch):
    """Bit for bit, of samples and of a sweep, for the same seed."""
    monkeypatch.setattr(payloads.secrets, "randbits", lambda bits: 12345)
    wanted = [
        {"n_modes": 4, "photons": 2, "n_samples": 1000, "min_detection": 2},
        {"n_modes": 12, "photons": 6, "n_samples": 20_000, "min_detection": 3},
        {"sweep": sweep()},
    ]
    served = []
    for name, changes in (("cluster", {"executor": cluster.executor, "workers": None}), ("here", {})):
        with running(make_settings(tmp_path / name, runner=REAL, **changes)) as api:
            ids = [api.submit(**job) if "sweep" not in job else submit_sweep(api, job) for job in wanted]
            assert {api.wait(job_id)["jobStatus"] for job_id in ids} == {"Completed"}
            served.append([api.get(f"jobs/{job_id}/results").content for job_id in ids])
    assert served[0] == served[1]
    assert len(served[0][1]) > 10_000


def submit_sweep(api, job):
    answer = api.post("v1/jobs", json=payload(**job))
    assert answer.status_code == 202, answer.text
    return answer.json()["jobId"]


def test_many_jobs(cluster, tmp_path):
    """On both workers, first come, first served, each once."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        used = set()
        begin = api.scheduler.pool._begin

        def noting(place, frame):
            used.add(place.member.address)
            return begin(place, frame)

        for place in api.scheduler.pool.workers:
            place._begin = noting
        ids = [api.submit(n_samples=n) for n in range(1, 60)]
        details = [api.wait(job_id) for job_id in ids]
        assert {found["jobStatus"] for found in details} == {"Completed"}
        for job_id in ids:
            result_of(tmp_path, api, job_id)
        assert len(used) == 2
        starts = [entry["createdDate"] for found in details for entry in found["logs"][2:3]]
        assert starts == sorted(starts)
        assert api.wait(api.submit(n_samples=REFUSED))["userExecutionNotes"] == "not like this"


def test_at_most_so_many_at_once(cluster, tmp_path):
    with on(cluster, tmp_path, workers=1) as api:
        all_ready(api, 1)
        first, second = api.submit(n_samples=WAITS), api.submit()
        api.wait(first, {"Running"})
        assert api.details(second)["queuePosition"] == 1
        assert api.get("v1/status").json()["running"] == 1
        cluster.gate.touch()
        assert api.wait(second)["jobStatus"] == "Completed"


def test_large_results_come_in_parts(cluster, tmp_path, monkeypatch):
    """And into a file, as from a worker here."""
    monkeypatch.setattr(remote_run, "PART_BYTES", 100_000)
    sizes = []
    part = remote_run.RemoteRun._part

    async def noting(self, start, size):
        sizes.append(len(data := await part(self, start, size)))
        return data

    monkeypatch.setattr(remote_run.RemoteRun, "_part", noting)
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        assert api.wait(job_id)["jobStatus"] == "Completed"
        served = result_of(tmp_path, api, job_id)
        assert max(sizes) == 100_000
        assert sum(sizes) == len(served)
        (file,) = (tmp_path / "results").iterdir()
        assert file.read_bytes() == served


def test_no_room_for_a_large_result(cluster, tmp_path, monkeypatch):
    """The cluster holds it, however long that takes; nothing else begins, and the reason is shown."""
    write, full = remote_run.write_result, [True]

    def full_disk(*given):
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*given)

    monkeypatch.setattr(remote_run, "write_result", full_disk)
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert f"the result of job {job_id} cannot be written (No space left on device)" in trouble
        behind = api.submit()
        time.sleep(0.5)
        assert (api.status(job_id), api.status(behind)) == ("Running", "Scheduled")
        assert job_id not in api.scheduler._timers  # its time does not run out meanwhile
        full[0] = False
        assert api.wait(job_id)["jobStatus"] == "Completed"
        assert api.wait(behind)["jobStatus"] == "Completed"
        result_of(tmp_path, api, job_id)
        assert api.get("v1/status").json()["trouble"] is None


def test_cancel(cluster, tmp_path):
    """Ends the work at once where it runs, whose place takes the next job."""
    with on(cluster, tmp_path, workers=1) as api:
        running_id, waiting_id, next_id = (api.submit(n_samples=n) for n in (SLEEPS, SLEEPS, 10))
        api.wait(running_id, {"Running"})
        process = worker_of(cluster, api, running_id)
        inner = until(lambda: children(process.pid))
        time.sleep(0.5)
        assert api.details(next_id)["queuePosition"] == 2
        assert api.cancel(waiting_id).status_code == 204
        assert api.details(next_id)["queuePosition"] == 1
        assert api.cancel(running_id).status_code == 204
        assert api.wait(next_id)["jobStatus"] == "Completed"
        until(lambda: any(gone(pid) for pid in inner))  # others wait there for jobs of other schedulers
        assert api.status(running_id) == api.status(waiting_id) == "Cancelled"


def test_job_that_takes_too_long(cluster, tmp_path):
    qpus = parse_qpus(profile_text("artemis").replace("timeout_seconds = 600", "timeout_seconds = 1"), "test")
    with on(cluster, tmp_path, qpus=qpus) as api:
        all_ready(api)
        assert api.wait(api.submit(n_samples=SLEEPS))["jobStatus"] == "TimedOut"
        assert api.wait(api.submit(n_samples=SLEEPS))["jobStatus"] == "TimedOut"
        assert [api.wait(api.submit())["jobStatus"] for _ in range(4)] == ["Completed"] * 4


def test_a_crash_of_the_scheduler_while_jobs_are_on_the_cluster(cluster, tmp_path):
    """The next one runs them again, with the same answers; what ran on for the last one is ended."""
    inner = []
    with own_process(tmp_path, executor=cluster.executor) as (process, api):
        ids = [api.submit(n_samples=samples) for samples in (SLEEPS, NAPS, NAPS)]
        api.wait(ids[1], {"Running"})
        until(lambda: [inner.extend(children(worker.pid)) for worker in cluster.workers] and inner)
        process.kill()
        process.wait(PATIENCE)
    until(lambda: any(gone(pid) for pid in inner))
    with on(cluster, tmp_path) as api:
        assert api.cancel(ids[0]).status_code == 204
        for job_id in ids[1:]:
            details = api.wait(job_id)
            assert details["jobStatus"] == "Completed"
            assert [entry["status"] for entry in details["logs"]].count("Completed") == 1
            result_of(tmp_path, api, job_id)


def test_an_orderly_end_of_the_scheduler(cluster, tmp_path):
    """Puts its jobs back, and ends them on the cluster."""
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        process = worker_of(cluster, api, job_id)
        inner = children(process.pid)
    until(lambda: any(gone(pid) for pid in inner))
    with on(cluster, tmp_path) as api:
        assert reasons(api.details(job_id)) == ["The scheduler was stopped while the job was running"]
        assert api.cancel(job_id).status_code == 204


def test_another_lwfast_on_the_cluster(cluster, tmp_path, monkeypatch):
    """Gets no jobs, since its answers might differ; who sends one is told."""
    monkeypatch.setattr(pools, "build_here", lambda: "lwfast 0.0.1 (sources 0123abcd) with NumPy 1.26")
    with on(cluster, tmp_path) as api:
        waiting = api.submit()
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert "no worker of the dask cluster" in trouble
        assert "and the scheduler lwfast 0.0.1 (sources 0123abcd) with NumPy 1.26" in trouble
        assert api.post("jobs", json=payload()).status_code == 503
        assert api.details(waiting)["queuePosition"] == 1


def test_an_upgrade_while_the_scheduler_runs(cluster, tmp_path):
    """A dask worker that has another lwfast by now gets no jobs; the one it had waits, at no cost."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        pool = api.scheduler.pool
        pool._build, build = "another", pool._build
        job_id = api.submit()
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert trouble.endswith(f"has {build}, and the scheduler another")
        assert api.details(job_id)["queuePosition"] == 1
        pool._build = build
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert all("has lwfast" in reason for reason in reasons(details))
        assert api.scheduler.book.live == {}
        result_of(tmp_path, api, job_id)


def test_a_runner_that_is_missing_there(cluster, tmp_path):
    with on(cluster, tmp_path, runner="tests.scheduler.nowhere:nothing") as api:
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert "cannot get ready (ModuleNotFoundError" in trouble


def test_a_cluster_that_is_not_there_yet(cluster, tmp_path):
    """The reason is shown, new jobs are refused, and those that were accepted wait until it is there."""
    late = Cluster(tmp_path)
    try:
        with on(late, tmp_path / "store") as api:
            waiting = api.submit()
            trouble = until(lambda: api.get("v1/status").json()["trouble"])
            assert f"the dask cluster at {late.address} cannot be reached" in trouble
            assert api.get("v1/health").status_code == 503
            assert api.post("jobs", json=payload()).status_code == 503
            assert api.details(waiting)["queuePosition"] == 1
            late.start(1)
            assert api.wait(waiting)["jobStatus"] == "Completed"
            assert api.get("v1/status").json()["trouble"] is None
    finally:
        late.stop()


def test_no_token_leaves(cluster, tmp_path, monkeypatch):
    sent = []
    submit = remote_run.submit

    def noting(client, *given):
        sent.append(pickle.dumps([value for value in given if isinstance(value, bytes | str | int)]))
        return submit(client, *given)

    monkeypatch.setattr(remote_run, "submit", noting)
    with on(cluster, tmp_path) as api:
        assert api.wait(api.submit(job_name="A name"))["jobStatus"] == "Completed"
    assert any(b"A name" in message for message in sent)
    assert not any(TOKEN.encode() in message for message in sent)
