"""A campaign loses nothing silently: links, files of nothing, workers that die."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import SimpleNamespace

import pytest

import lwfast as lw
from lwfast.errors import CampaignError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import chunks as _chunks
from tests.marks import posix

N_FILES = 12


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files of 2^k samples each, so that a sum tells which are in it, in chunks of two."""
    monkeypatch.setattr(_chunks, "_CHUNK_FILES", 2)
    for k in range(N_FILES):
        SamplingResult({(1, 0): 2**k}).save(tmp_path / f"run_{k:02}.json")
    return tmp_path


def in_sum(result):
    return [f"run_{k:02}.json" for k in range(N_FILES) if result.n_samples >> k & 1]


def names(paths):
    return sorted(os.path.basename(path) for path in paths)  # noqa: PTH119


class BreakingPool(ThreadPoolExecutor):
    """Processes some chunks; then it is broken, first for what waits, then for what is handed in."""

    def __init__(self, n_good, error=BrokenProcessPool):
        super().__init__(1)
        self.n_good, self.error = n_good, error
        self.broken = False

    def submit(self, work, *arguments):
        if self.broken and issubclass(self.error, BrokenExecutor):
            raise self.error("broken")
        pool, future = self, Future()
        if self.n_good > 0:
            self.n_good -= 1
            future.set_result(work(*arguments))
            return future

        class Lost(Future):
            def result(self):
                pool.broken = True
                raise pool.error("gone")

        return Lost()


@pytest.mark.parametrize("n_good", [0, 1, 3])
@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_what_a_broken_pool_did_is_not_lost(folder, n_good, on_error):
    """Whatever the campaign does with broken files: none of these is at fault."""
    campaign = scan_results(folder, on_error=on_error).map("threshold")
    for verb in (campaign.merge, campaign.summarise):
        with pytest.raises(CampaignError, match="worker ended abruptly") as caught:
            verb(executor=BreakingPool(n_good))
        missing = names(caught.value.failed)
        assert missing == [f"run_{k:02}.json" for k in range(2 * n_good, N_FILES)]
        assert caught.value.outcome.n_samples == 2 ** (2 * n_good) - 1
        assert isinstance(caught.value.__cause__, BrokenProcessPool)
        assert names(campaign.report.failed) == missing
        assert campaign.report.n_tried == 2 * n_good
        reasons = list(caught.value.failed.values())
        assert reasons[0].startswith("BrokenProcessPool: ")
        assert reasons[-1].startswith("not tried")


def test_a_pool_that_was_broken_before_says_so(folder):
    pool = BreakingPool(0)
    pool.broken = True
    with pytest.raises(BrokenProcessPool):
        scan_results(folder).merge(executor=pool)


@posix
def test_a_worker_that_is_killed_is_told_with_the_rest(folder):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        def kill(done, total):
            if done == 4:
                for process in list(pool._processes.values()):
                    os.kill(process.pid, signal.SIGKILL)
                limit = time.monotonic() + 30
                while not pool._broken and time.monotonic() < limit:
                    time.sleep(0.01)

        with pytest.raises(CampaignError, match=f"of {N_FILES} files were not processed") as caught:
            scan_results(folder).merge(executor=pool, progress=kill, in_flight=2)
    done, missing = in_sum(caught.value.outcome), names(caught.value.failed)
    assert done[:4] == [f"run_{k:02}.json" for k in range(4)]
    assert len(missing) >= 2
    assert sorted(done + missing) == [f"run_{k:02}.json" for k in range(N_FILES)]


def test_a_chunk_that_kills_workers_of_dask_is_left_out(folder, monkeypatch):
    """The cluster gives up the chunk, not the others; an exception of a user that is called so stays one."""
    KilledWorker = type("KilledWorker", (Exception,), {})
    with pytest.raises(KilledWorker):
        scan_results(folder, on_error="skip").merge(executor=BreakingPool(5, KilledWorker))
    monkeypatch.setitem(sys.modules, "distributed.scheduler", SimpleNamespace(KilledWorker=KilledWorker))
    campaign = scan_results(folder, on_error="skip")
    with pytest.warns(UserWarning, match="KilledWorker: "):
        merged = campaign.merge(executor=BreakingPool(5, KilledWorker))
    assert in_sum(merged) == [f"run_{k:02}.json" for k in range(10)]
    assert campaign.report.n_tried == N_FILES


@posix
def test_links_that_lead_nowhere_are_broken_files(folder):
    """As well in a folder as where a pattern finds them; what is no file at all is not met."""
    (folder / "link.json").symlink_to(folder / "moved.json")
    (folder / "loop.npz").symlink_to(folder / "loop.npz")
    os.mkfifo(folder / "pipe.json")
    (folder / "deeper").mkdir()
    SamplingResult({(1, 0): 1}).save(folder / "deeper" / "more.json")
    for paths in (folder, [str(folder / "r*.json"), str(folder / "l*")]):
        with pytest.raises(CampaignError, match="2 of 14 files") as caught:
            scan_results(paths).merge()
        assert names(caught.value.failed) == ["link.json", "loop.npz"]
        assert caught.value.outcome.n_samples == 2**N_FILES - 1


def test_files_of_nothing_are_named(folder):
    """They are good files, and add nothing."""
    (folder / "null.json").write_text('{"results": null}')
    SamplingResult({}).save(folder / "none.npz")
    campaign = scan_results(folder)
    for run in (campaign.merge, campaign.summarise, lambda: list(campaign)):
        run()
        assert names(campaign.report.empty) == ["none.npz", "null.json"]
        assert campaign.report.failed == {}
    assert campaign.merge().metadata["files"] == N_FILES + 2


def test_no_files_are_no_campaign(folder):
    """As no results are no sum: an empty list is a mistake more often than not."""
    for paths, exclude in (([], ()), (folder, folder), ([[], ()], ())):
        with pytest.raises(ValueError, match="no files left"):
            scan_results(paths, exclude=exclude)


@pytest.mark.parametrize("paths", [{"a.json": 1}, b"runs", None, 5, [5]])
def test_what_is_no_path_is_refused(paths):
    with pytest.raises(TypeError, match="paths are a path or several"):
        scan_results(paths)


@posix
def test_names_that_are_no_text_are_kept(folder, tmp_path):
    """The sum tells of them in a form that can be read again, and the report as the paths they are."""
    odd = os.fsencode(folder) + b"/\xff.json"
    with open(odd, "wb") as file:  # noqa: PTH123
        file.write(b"{")
    campaign = scan_results(folder, on_error="skip")
    with pytest.warns(UserWarning, match="1 of 13"):
        merged = campaign.merge()
    assert list(campaign.report.failed) == [os.fsdecode(odd)]
    for name in ("sum.json", "sum.npz", "sum.parquet"):
        again = lw.load_result(merged.save(tmp_path / "out" / name, metadata=True))
        assert names(again.metadata["failed"]) == ["\\udcff.json"]
    with open(odd, "wb") as file:  # noqa: PTH123
        file.write(lw.encode_result([[1, 0]], [1]))
    one = lw.load_result(os.fsdecode(odd))
    assert lw.load_result(one.save(tmp_path / "one.json", metadata=True)).metadata["file"] == "\\udcff.json"


def test_arguments_of_a_run_are_checked_before_it(folder):
    campaign = scan_results(folder)
    for executor, in_flight in ((5, None), ("pool", 1), (BreakingPool(1), "3"), (BreakingPool(1), 2.5)):
        with pytest.raises(TypeError, match=r"executor|in_flight"):
            campaign.merge(executor=executor, in_flight=in_flight)


@pytest.mark.parametrize("pool", [False, True])
def test_lost_files_are_named_in_their_order(folder, pool):
    """Also where one is noticed late, as a sum gets too large: when depends on how long files take."""
    SamplingResult({(1, 0): 2**63 - 1}).save(folder / "run_08.json")
    for k in (9, 3):
        (folder / f"run_{k:02}.json").write_text("{")
    campaign = scan_results(folder)
    with ThreadPoolExecutor(2) as threads, pytest.raises(CampaignError) as caught:
        campaign.merge(executor=threads if pool else None)
    lost = ["run_03.json", "run_08.json", "run_09.json"]
    assert [os.path.basename(path) for path in campaign.report.failed] == lost  # noqa: PTH119
    assert [os.path.basename(path) for path in caught.value.outcome.metadata["failed"]] == lost  # noqa: PTH119
    told = [str(caught.value).index(name) for name in lost]
    assert told == sorted(told)


def test_lost_files_of_groups_are_named_in_the_order_of_all(folder):
    for k in range(N_FILES):
        SamplingResult({(1, 0): 2**k}).with_parameters(odd=k % 2).save(
            folder / f"run_{k:02}.json", metadata=True
        )
    for k in (11, 2):
        SamplingResult({(1, 0): 2**63 - 1}).with_parameters(odd=k % 2).save(
            folder / f"run_{k:02}.json", metadata=True
        )
    (folder / "run_05.json").write_text("{")
    groups = scan_results(folder, on_error="skip").group_by("odd")
    with pytest.warns(UserWarning, match="3 of 12") as told:
        found = groups.merge()
    lost = [f"run_{k:02}.json" for k in (2, 5, 11)]
    assert [os.path.basename(path) for path in groups.report.failed] == lost  # noqa: PTH119
    places = [str(told[0].message).index(name) for name in lost]
    assert places == sorted(places)
    assert names(found[1].metadata["failed"]) == ["run_11.json"]
