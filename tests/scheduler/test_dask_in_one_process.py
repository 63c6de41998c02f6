"""Dask workers that live in one process, as those of a `LocalCluster` of threads do."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import types

import pytest

from lwfast.scheduler.workers.cluster import on_worker
from lwfast.scheduler.workers.cluster.cluster_faults import ClusterLostError, LostError
from lwfast.scheduler.workers.cluster.dask_link import connected
from lwfast.scheduler.workers.cluster.remote_run import result_of, submit
from tests.marks import posix
from tests.scheduler.dask_cluster import all_ready, on, reasons
from tests.scheduler.dask_cluster import result_of as served_result
from tests.scheduler.runners import LARGE, NAPS
from tests.started import PATIENCE, until

pytestmark = [posix, pytest.mark.guarantee]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs dask.distributed, an optional package")
    monkeypatch.setattr(on_worker, "_idle", [])
    where = {
        "host": "127.0.0.1",
        "protocol": "tcp",
        "dashboard_address": "127.0.0.1:0",
        "local_directory": tmp_path,
    }
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
            served_result(tmp_path / "store", api, job_id)


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
        served_result(tmp_path / "store", api, job_id)


def test_a_wait_that_is_given_up_leaves_no_traceback(cluster):
    """As where a dask worker leaves while its answer is fetched: what dask waits with ends unseen."""
    said = []

    async def given_up(client):
        asked, futures = asyncio.get_running_loop().create_future(), []

        async def no_answer(*_):
            client._send_to_scheduler = lambda _: None
            asked.set_result(None)  # the worker is gone, so dask waits until another one has run it
            return {"status": "error", "keys": [future.key for future in futures]}

        client._gather_remote = no_answer
        address = next(iter((await client.scheduler.identity())["workers"]))
        futures.append(submit(client, address, "lwfast-test", int))
        waiting = asyncio.create_task(result_of(futures[0]))
        await asked
        await asyncio.sleep(0.1)
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
        futures.pop().release()
        await asyncio.sleep(0.1)

    async def run():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["message"]))
        async with asyncio.timeout(PATIENCE), connected(f"tcp://{cluster.executor[7:]}") as link:
            await given_up(link.client)
            gc.collect()
            await asyncio.sleep(0)

    asyncio.run(run())
    assert said == []


def failing():
    """Raise what also a connection that is lost may raise."""
    raise OSError("of the function")


def test_a_connection_that_is_lost_while_an_answer_is_fetched(cluster):
    """That is not the doing of the job or of its worker, and costs no try, unlike what the job raises."""

    async def run():
        async with asyncio.timeout(PATIENCE), connected(f"tcp://{cluster.executor[7:]}") as link:
            address = next(iter((await link.client.scheduler.identity())["workers"]))
            raises = submit(link.client, address, "lwfast-raises", failing)
            with pytest.raises(LostError, match="of the function"):
                await result_of(raises)

            async def cut_off(*_):
                raise OSError("Stream is closed")

            link.client._gather_remote = cut_off
            fetched = submit(link.client, address, "lwfast-fetched", int)
            with pytest.raises(ClusterLostError):
                await result_of(fetched)
            raises.release()
            fetched.release()

    asyncio.run(run())
