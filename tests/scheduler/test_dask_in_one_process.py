"""Dask workers that live in one process, as those of a `LocalCluster` of threads do."""

from __future__ import annotations

import types

import pytest

from lwfast.scheduler.workers.cluster import on_worker
from tests.marks import posix
from tests.scheduler.runners import LARGE, NAPS
from tests.scheduler.test_dask_cluster import all_ready, on, reasons, result_of
from tests.started import until

pytestmark = [posix, pytest.mark.guarantee]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs dask.distributed, an optional package")
    monkeypatch.setattr(on_worker, "_idle", [])
    where = {"host": "127.0.0.1", "protocol": "tcp", "dashboard_address": None, "local_directory": tmp_path}
    try:
        with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, **where) as local:
            port = local.scheduler_address.rpartition(":")[2]
            yield types.SimpleNamespace(executor=f"dask://127.0.0.1:{port}")
    finally:
        for child, _, timer in on_worker._idle:
            timer.cancel()
            child.end()


def test_each_finds_its_own_large_results(cluster, tmp_path):
    """The process that ran a job is taken by the next one of the same dask worker only."""
    with on(cluster, tmp_path / "store") as api:
        all_ready(api)
        for keeps_first_busy in (False, False, True):
            if keeps_first_busy:
                api.submit(n_samples=NAPS)
            job_id = api.submit(n_samples=LARGE, n_modes=5)
            details = api.wait(job_id)
            assert (details["jobStatus"], reasons(details)) == ("Completed", [])
            result_of(tmp_path / "store", api, job_id)


def test_no_process_stays_behind_where_memory_runs_out(cluster, tmp_path, monkeypatch):
    """Even if what goes wrong is not what was expected, such as no memory for what it has written."""
    taken, made = on_worker._taken_from, []

    def failing(child, answer):
        made.append(child)
        if len(made) == 1:
            raise MemoryError
        return taken(child, answer)

    monkeypatch.setattr(on_worker, "_taken_from", failing)
    with on(cluster, tmp_path / "store") as api:
        all_ready(api)
        job_id = api.submit(n_samples=LARGE, n_modes=5)
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert "MemoryError" in reasons(details)[0]
        until(lambda: made[0].has_ended)
        result_of(tmp_path / "store", api, job_id)
