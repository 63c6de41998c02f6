"""Many result files at once."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import CampaignError
from lwfast.results import SamplingResult, _chunks, scan_results

N_FILES = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with files of every format."""
    path = tmp_path_factory.mktemp("campaign")
    rng = np.random.default_rng(0)
    for k in range(N_FILES):
        result = SamplingResult.from_columns(rng.integers(0, 3, (200, 5)), rng.integers(1, 50, 200))
        result.save(path / f"run_{k:02}{('.json', '.npz', '.parquet')[k % 3]}")
    return path


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_chunks, "_CHUNK_FILES", 2)


def expected(folder):
    results = [lw.load_result(p) for p in sorted(folder.iterdir())]
    done = [r.post_select([((0, 1), (1, 2))], {4: 0}).map("threshold") for r in results]
    return lw.merge_results(done)


def steps(campaign):
    return campaign.post_select([((0, 1), (1, 2))], {4: 0}).map("threshold")


def same(a, b):
    return np.array_equal(a.states, b.states) and np.array_equal(a.counts, b.counts)


def test_files_go_through_the_verbs_of_one_result(folder, small_chunks):
    campaign = steps(scan_results(folder))
    merged = campaign.merge()
    assert same(merged, expected(folder))
    assert merged.metadata == {"files": N_FILES, "failed": {}}
    assert [s["step"] for s in merged.history] == ["post_select", "map", "merge"]
    assert campaign.report == (N_FILES, {})
    assert len(campaign) == N_FILES
    assert repr(campaign) == f"lwfast.Campaign({N_FILES} files).post_select(...).map(...)"
    rules = lw.PostSelection()
    rules.add(0, (0, 1))
    kept = scan_results(folder).apply_post_selection(rules).merge()
    assert kept == scan_results(folder).merge().apply_post_selection(rules)


def test_paths_are_given_in_any_form(folder):
    every = scan_results(folder).paths
    assert scan_results(str(folder / "*")).paths == every
    assert scan_results([folder / "*.json", folder / "run_01.npz"]).paths == (
        *sorted(folder.glob("*.json")),
        folder / "run_01.npz",
    )
    assert scan_results(folder / "run_01.npz").paths == (folder / "run_01.npz",)
    with pytest.raises(FileNotFoundError, match="no result files"):
        scan_results(folder / "*.nothing")
    with pytest.raises(TypeError):
        scan_results(5)
    with pytest.raises(ValueError, match="raise, skip"):
        scan_results(folder, on_error="ignore")


def test_the_answer_does_not_depend_on_threads(folder, small_chunks):
    with ThreadPoolExecutor(3) as pool:
        assert same(steps(scan_results(folder)).merge(executor=pool), expected(folder))
        summary = scan_results(folder).summarise(executor=pool)
    whole = scan_results(folder).merge().summary()
    assert np.array_equal(summary.photon_histogram, whole.photon_histogram)
    assert np.allclose(summary.pair_sums, whole.pair_sums)


def test_the_answer_does_not_depend_on_processes(folder, small_chunks):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert same(steps(scan_results(folder)).merge(executor=pool), expected(folder))


@pytest.mark.slow
def test_the_answer_does_not_depend_on_a_dask_cluster(folder, small_chunks):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", protocol="tcp"
        ) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as pool,
    ):
        assert same(steps(scan_results(folder)).merge(executor=pool), expected(folder))


@pytest.fixture
def broken(folder, tmp_path):
    """Good files and three bad ones."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "bad_text.json").write_text('{"results": {"(0, 1')
    (tmp_path / "z_modes.json").write_text('{"0, 1": 3}')
    return [tmp_path, tmp_path / "missing.npz"]


def test_broken_files_are_named_and_skipped(broken, folder, small_chunks):
    campaign = steps(scan_results(broken, on_error="skip"))
    with pytest.warns(UserWarning, match="3 of 15 files") as caught:
        merged = campaign.merge()
    message = str(caught[0].message)
    assert "bad_text.json: ResultFormatError" in message
    assert "byte 19" in message
    assert "missing.npz: FileNotFoundError" in message
    assert "z_modes.json" in message
    assert same(merged, expected(folder))
    assert {Path(p).name for p in campaign.report.failed} == {"bad_text.json", "missing.npz", "z_modes.json"}
    assert merged.metadata["failed"] == campaign.report.failed


def test_broken_files_are_fatal_in_the_end_and_the_rest_is_not_lost(broken, folder, small_chunks):
    for campaign in (scan_results(broken), steps(scan_results(broken))):
        with pytest.raises(CampaignError, match="3 of 15 files") as caught:
            campaign.merge()
        assert len(caught.value.failed) == 3
        assert caught.value.outcome.n_samples > 0
        with pytest.raises(CampaignError, match=r"z_modes\.json"):
            campaign.summarise()
        with pytest.raises(CampaignError):
            list(scan_results([broken[1]]))
    assert same(caught.value.outcome, expected(folder))


def test_files_can_be_looped_over(folder, broken):
    names = [path.name for path, result in scan_results(folder) if len(result)]
    assert names == sorted(p.name for p in folder.iterdir())
    with pytest.warns(UserWarning, match="2 of 15"):
        assert len(list(scan_results(broken, on_error="skip"))) == 13


def test_raw_data_are_taken_where_asked_for(tmp_path):
    body = lw.encode_result([[0, 1], [1, 1]], [3, 4], {"herald": [[[0], [1]]]})
    (tmp_path / "a.json").write_bytes(body)
    assert scan_results(tmp_path).merge() == {(1,): 4}
    assert scan_results(tmp_path, raw_data=True).merge() == {(0, 1): 3, (1, 1): 4}


def test_progress_is_told(folder, small_chunks, capsys):
    seen = []
    scan_results(folder).merge(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, N_FILES) for k in range(2, N_FILES + 1, 2)]
    scan_results(folder).merge(progress=True)
    assert f"{N_FILES}/{N_FILES}" in capsys.readouterr().err
    with pytest.raises(TypeError):
        scan_results(folder).merge(progress=5)


def test_no_files_at_all_give_an_empty_result():
    assert scan_results([]).merge() == {}
    assert scan_results([]).summarise().n_samples == 0


def test_an_error_in_a_worker_cancels_what_waits(folder, small_chunks):
    """A pool that breaks is not a broken file: it is raised at once."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="stop"):
        scan_results(folder).merge(
            executor=pool, progress=lambda done, total: (_ for _ in ()).throw(RuntimeError("stop"))
        )
