"""The same campaign on a process pool and on a dask cluster, one worker of which is killed midway."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from lwfast.errors import CampaignError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import chunks
from tests.marks import posix

N_FILES = 16


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "_CHUNK_FILES", 2)
    rng = np.random.default_rng(0)
    for k in range(N_FILES):
        result = SamplingResult.from_columns(rng.integers(0, 3, (300, 6)), rng.integers(1, 50, 300))
        result.with_parameters(theta=k % 2).save(tmp_path / "runs" / f"run_{k:02}.parquet")
    return scan_results(tmp_path / "runs").post_select([((0, 1), (1, 2))], {5: 0}).map("threshold")


def same(one, other):
    return one == other and one.outputs == other.outputs and one.history == other.history


def killer(pids, at):
    """A callable for progress that kills the first of some processes once so many files are done."""
    killed = []

    def kill(done, total):
        if done >= at and not killed:
            killed.append(pids()[0])
            os.kill(killed[0], signal.SIGKILL)

    return kill, killed


@posix
def test_a_pool_that_lost_a_worker_is_replaced_and_the_run_goes_on(campaign, tmp_path):
    expected, kept = campaign.merge(), tmp_path / "kept.npz"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        kill, killed = killer(lambda: list(pool._processes), 4)

        def kill_and_wait(done, total):
            kill(done, total)
            limit = time.monotonic() + 60
            while killed and not pool._broken and time.monotonic() < limit:
                time.sleep(0.01)

        with pytest.raises(CampaignError, match="ended abruptly"):
            campaign.merge(executor=pool, progress=kill_and_wait, in_flight=2, resume=kept)
    assert killed
    assert campaign.report.failed
    shown = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        again = campaign.merge(executor=pool, progress=lambda *given: shown.append(given), resume=kept)
    assert len(shown) < N_FILES  # some were in the sum already
    assert shown[-1] == (N_FILES, N_FILES)
    assert same(again, expected)


@posix
@pytest.mark.slow
def test_a_dask_cluster_that_loses_a_worker_gives_the_same(campaign):
    distributed = pytest.importorskip("distributed", reason="needs dask.distributed, an optional package")
    expected = campaign.merge()
    by_theta = campaign.group_by("theta")
    expected_groups = by_theta.merge()
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            protocol="tcp",
        ) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as pool,
    ):
        kill, killed = killer(lambda: list(client.run(os.getpid).values()), 4)
        total = campaign.merge(executor=pool, progress=kill, in_flight=3)
        groups = by_theta.merge(executor=pool)
    assert killed
    assert same(total, expected)
    assert all(same(groups[key], expected_groups[key]) for key in expected_groups)
