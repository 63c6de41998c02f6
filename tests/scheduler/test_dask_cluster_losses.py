"""No job is lost on a cluster of dask.distributed, whatever becomes of its workers and its scheduler."""

from __future__ import annotations

import os
import signal
import time

import pytest

from lwfast.scheduler.qpus import parse_qpus, profile_text
from lwfast.scheduler.workers import workers
from lwfast.scheduler.workers.cluster import pool as pools
from lwfast.scheduler.workers.cluster import remote_run
from tests.marks import posix
from tests.scheduler.dask_cluster import (
    all_ready,
    children,
    free_port,
    has_begun,
    kill,
    on,
    reasons,
    result_of,
    worker_of,
)
from tests.scheduler.harness import payload
from tests.scheduler.runners import CRASHES, LARGE, NAPS, SLEEPS, WAITS
from tests.scheduler.test_crash import gone
from tests.started import until

pytestmark = [posix, pytest.mark.guarantee]


def test_a_worker_killed_midway(cluster, tmp_path):
    """Costs its job a try; another worker gives the same answer."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        process = worker_of(cluster, api, job_id)
        inner = children(process.pid)
        assert inner
        kill(process)
        cluster.gate.touch()
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        (reason,) = reasons(details)
        assert "left the dask cluster; the job is tried once more" in reason
        result_of(tmp_path, api, job_id)
        until(lambda: all(gone(pid) for pid in inner))
        all_ready(api, 1)


def test_a_worker_killed_while_its_result_is_fetched(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_run, "PART_BYTES", 100_000)
    part, killed = remote_run.RemoteRun._part, []

    async def killing(self, start, size):
        if start > 500_000 and not killed:
            killed.append(cluster.workers[[w.pid for w in cluster.workers].index(serving[0])])
            os.kill(serving[0], signal.SIGKILL)
        return await part(self, start, size)

    monkeypatch.setattr(remote_run.RemoteRun, "_part", killing)
    with on(cluster, tmp_path) as api:
        all_ready(api)
        blocker = api.submit(n_samples=SLEEPS)
        api.wait(blocker, {"Running"})
        busy = worker_of(cluster, api, blocker)
        serving = [next(worker.pid for worker in cluster.workers if worker is not busy)]
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        until(lambda: killed)
        api.cancel(blocker)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert len(reasons(details)) == 1
        result_of(tmp_path, api, job_id)
        assert len(list((tmp_path / "results").iterdir())) == 1


def test_another_dask_worker_at_the_same_address(cluster, tmp_path, monkeypatch):
    """Dask starts the job there by itself; that it was lost counts all the same."""
    cluster.start(0)
    port = str(free_port())
    with on(cluster, tmp_path) as api:
        cluster.workers.append(cluster.worker("--worker-port", port))
        all_ready(api, 1)
        monkeypatch.setattr(pools, "LOOK_SECONDS", 30.0)  # so that nobody sees it go
        time.sleep(0.5)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        time.sleep(0.3)
        kill(cluster.workers.pop())
        cluster.workers.append(cluster.worker("--worker-port", port))
        until(lambda: reasons(api.details(job_id)))
        # The second where a last look was under way when looks became rare, as on a loaded machine.
        told = "ended together with its dask worker", "left the dask cluster"
        assert any(text in reasons(api.details(job_id))[0] for text in told)


def test_a_part_that_arrives_damaged(cluster, tmp_path, monkeypatch):
    part, damaged = remote_run.RemoteRun._part, []

    async def flipping(self, start, size):
        data = await part(self, start, size)
        if not damaged:
            damaged.append(start)
            data = data[:100] + bytes([data[100] ^ 1]) + data[101:]
        return data

    monkeypatch.setattr(remote_run.RemoteRun, "_part", flipping)
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert "sent a result that is not what it had written" in reasons(details)[0]
        result_of(tmp_path, api, job_id)


def test_a_job_that_ends_its_worker_twice(cluster, tmp_path):
    """Fails as it does here, and the dask workers are none the worse for it."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        details = api.wait(api.submit(n_samples=CRASHES))
        assert details["jobStatus"] == "Failed"
        assert "ended with exit code 9, twice" in details["userExecutionNotes"]
        assert api.wait(api.submit())["jobStatus"] == "Completed"
        assert all(worker.poll() is None for worker in cluster.workers)


def test_a_worker_that_stands_still(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "SILENCE_SECONDS", 4.0)
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        process = worker_of(cluster, api, job_id)
        os.kill(process.pid, signal.SIGSTOP)
        cluster.gate.touch()
        try:
            details = api.wait(job_id)
            assert details["jobStatus"] == "Completed"
            assert "gave no sign of life for 4 s; the job is tried once more" in reasons(details)[0]
        finally:
            os.kill(process.pid, signal.SIGCONT)
        result_of(tmp_path, api, job_id)
        all_ready(api)  # it is of use again


def test_all_workers_gone_and_coming_back(cluster, tmp_path):
    """Jobs are accepted and wait, and the reason is shown."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        ids = [api.submit(n_samples=n) for n in (NAPS, 10, 20)]
        api.wait(ids[0], {"Running"})
        cluster.start(0)
        trouble = until(lambda: api.get("v1/status").json()["trouble"])
        assert trouble.endswith("has no workers; jobs wait until it has")
        assert api.get("v1/health").status_code == 503
        ids.append(api.submit())
        cluster.start(2)
        for job_id in ids:
            assert api.wait(job_id)["jobStatus"] == "Completed"
            result_of(tmp_path, api, job_id)
        assert api.get("v1/health").json() == {"status": "ok"}


def test_all_workers_lost_at_once(cluster, tmp_path, monkeypatch):
    """That is one try, not one for each of them: none gets a job whose worker is found lost with it."""
    look, looks = pools.DaskPool._look, []

    async def noting(self, link):
        await look(self, link)
        looks.append(link)

    monkeypatch.setattr(pools, "LOOK_SECONDS", 4.0)
    monkeypatch.setattr(pools.DaskPool, "_look", noting)
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        seen = len(looks)
        until(lambda: len(looks) > seen)  # so that the next look sees both go
        cluster.start(0)
        cluster.gate.touch()
        cluster.start(1)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        (reason,) = reasons(details)
        assert "left the dask cluster; the job is tried once more" in reason
        result_of(tmp_path, api, job_id)


def test_a_worker_that_never_began_its_job(cluster, tmp_path):
    """Costs no try: what ended it was not the job."""
    with on(cluster, tmp_path) as api:
        all_ready(api)
        job_id = api.submit(n_samples=WAITS)
        has_begun(api, job_id)
        first = worker_of(cluster, api, job_id)
        (second,) = (worker for worker in cluster.workers if worker is not first)
        os.kill(second.pid, signal.SIGSTOP)
        kill(first)
        until(lambda: len(reasons(api.details(job_id))) == 1)
        kill(second)
        cluster.gate.touch()
        cluster.start(1)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        lost, put_back = reasons(details)
        assert "left the dask cluster; the job is tried once more" in lost
        assert put_back.endswith("left the dask cluster before the job began")
        result_of(tmp_path, api, job_id)


def test_a_cluster_that_is_started_again(cluster, tmp_path):
    """Costs no job a try, however often; new jobs are refused meanwhile, with the reason."""
    with on(cluster, tmp_path) as api:
        job_id, behind = api.submit(n_samples=WAITS), api.submit()
        for _ in range(2):
            api.wait(job_id, {"Running"})
            cluster.stop()
            trouble = until(lambda: api.get("v1/status").json()["trouble"])
            assert f"the dask cluster at {cluster.address} cannot be reached" in trouble
            answer = api.post("jobs", json=payload())
            assert answer.status_code == 503
            assert "cannot be reached" in api.errors(answer)["workers"]
            assert api.get("v1/health").status_code == 503
            assert api.details(job_id)["queuePosition"] == 1
            cluster.start(1)
        cluster.gate.touch()
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert len(reasons(details)) == 2
        assert all(reason.startswith("The connection to the dask cluster") for reason in reasons(details))
        assert api.wait(behind)["jobStatus"] == "Completed"
        result_of(tmp_path, api, job_id)


def test_a_dask_scheduler_that_is_back_before_it_was_missed(cluster, tmp_path, monkeypatch):
    """Its memory is gone: what ran there is put back."""
    with on(cluster, tmp_path) as api:
        job_id = api.submit(n_samples=SLEEPS)
        api.wait(job_id, {"Running"})
        monkeypatch.setattr(pools, "LOOK_SECONDS", 300.0)
        time.sleep(0.5)
        kill(cluster.scheduler)
        cluster.start(2)
        until(lambda: reasons(api.details(job_id)))
        assert api.cancel(job_id).status_code == 204


def test_time_limits_hold_after_a_break(cluster, tmp_path, monkeypatch):
    """The cluster is told anew to say when jobs begin, also where nothing ran when it broke off."""
    qpus = parse_qpus(profile_text("artemis").replace("timeout_seconds = 600", "timeout_seconds = 1"), "test")
    with on(cluster, tmp_path, qpus=qpus) as api:
        all_ready(api)
        before = api.scheduler.pool._client
        monkeypatch.setattr(pools, "LOOK_SECONDS", 6.0)  # dask is likely to have connected again by itself
        time.sleep(0.5)
        kill(cluster.scheduler)
        cluster.start(2)
        until(lambda: before.status == "closed" or before.status == "running")
        time.sleep(6.0)
        monkeypatch.setattr(pools, "LOOK_SECONDS", 0.2)
        until(lambda: not api.scheduler.trouble)
        assert api.wait(api.submit(n_samples=SLEEPS))["jobStatus"] == "TimedOut"


def test_a_job_that_cannot_be_handed_over(cluster, tmp_path, monkeypatch):
    """Costs it a try, and does not leave it behind."""
    submit, failed = remote_run.submit, []

    def failing(client, address, key, *given):
        if key.endswith("-run") and not failed:
            failed.append(key)
            raise ValueError("not now")
        return submit(client, address, key, *given)

    monkeypatch.setattr(remote_run, "submit", failing)
    with on(cluster, tmp_path) as api:
        details = api.wait(api.submit())
        assert details["jobStatus"] == "Completed"
        assert "was lost (ValueError: not now); the job is tried once more" in reasons(details)[0]
