"""Many result files at once."""

from __future__ import annotations

import itertools
import json
import shutil
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast._base.progress import step
from lwfast.errors import CampaignError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import chunks as _chunks
from lwfast.results.campaign import running

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
    assert campaign.report == (N_FILES, {}, N_FILES, ())
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
    for paths in (folder / "absent", str(folder / "absent.npz"), [folder, folder / "absent"]):
        with pytest.raises(FileNotFoundError, match=r"no file or folder .*absent"):
            scan_results(paths)
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
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            protocol="tcp",
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
    assert "Byte 19" in message
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


@pytest.fixture
def slow_files(monkeypatch):
    """Files are processed one by one, as if each took long."""
    monkeypatch.setattr(running, "_AT_ONCE_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([9.0] * 12, [1] * 12),
        ([0.001] * 12, [1, 7, 4]),
        ([0.03] * 12, [1, 3, 3, 1, 3, 1]),
        ([0.001, *[9.0] * 7, *[0.001] * 4], [1, 7, 1, 3]),
    ],
    ids=["slow", "quick", "between", "unlike"],
)
def test_slow_files_are_told_one_by_one(monkeypatch, seconds, expected):
    """In pieces of chunks, which depend on the files only."""
    paths = [Path(f"{k}.json") for k in range(12)]
    clock = [0.0]
    monkeypatch.setattr(running.time, "perf_counter", lambda: clock[0])

    def run(piece):
        clock[0] += sum(seconds[paths.index(path)] for path in piece)
        return "outcome"

    pieces = list(running._in_pieces([tuple(paths[:8]), tuple(paths[8:])], run))
    assert [path for piece, _ in pieces for path in piece] == paths
    assert [len(piece) for piece, _ in pieces] == expected


def test_progress_is_told(folder, small_chunks, slow_files, capsys):
    seen = []
    scan_results(folder).merge(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, N_FILES) for k in range(1, N_FILES + 1)]
    scan_results(folder).merge(progress=True)
    assert f"{N_FILES}/{N_FILES}" in capsys.readouterr().err
    with pytest.raises(TypeError):
        scan_results(folder).merge(progress=5)


def test_progress_takes_files_and_no_steps_of_the_work_on_one(folder, small_chunks, slow_files):
    seen = []

    def reporting(state):
        step("states", 1, 2)
        return state

    campaign = scan_results(folder).map(reporting)
    for run in (campaign.merge, campaign.summarise, partial(campaign.expectation, sum)):
        seen.clear()
        run(progress=lambda *told: seen.append(told))
        assert seen == [(k, N_FILES) for k in range(1, N_FILES + 1)]
    seen.clear()
    with ThreadPoolExecutor(1) as pool:
        campaign.merge(executor=pool, progress=lambda *told: seen.append(told))
    assert seen == [(k, N_FILES) for k in range(2, N_FILES + 1, 2)]


def test_an_error_in_a_worker_cancels_what_waits(folder, small_chunks):
    """A pool that breaks is not a broken file: it is raised at once."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="stop"):
        scan_results(folder).merge(
            executor=pool, progress=lambda done, total: (_ for _ in ()).throw(RuntimeError("stop"))
        )


RULE = [((0,), (0, 1))]


@pytest.fixture
def pair(tmp_path):
    """Two small files."""
    SamplingResult({(1, 0): 5, (0, 1): 3, (2, 0): 1}).save(tmp_path / "a.json")
    SamplingResult({(1, 0): 2, (0, 1): 7}).save(tmp_path / "b.npz")
    return tmp_path


def test_rules_are_those_at_the_time_of_the_verb(pair):
    """A generator, or a PostSelection that gets more rules later, is the same for every file."""
    expected = scan_results(pair).post_select(RULE).merge()
    assert scan_results(pair).post_select(rule for rule in RULE).merge() == expected
    assert scan_results(pair).apply_post_selection(rule for rule in RULE).merge() == expected
    rules = lw.PostSelection()
    rules.add(0, (0, 1))
    campaign = scan_results(pair).post_select(rules)
    rules.add(1, 9)
    assert campaign.merge() == expected
    assert campaign.merge().history[0]["rules"] == [[[0], [0, 1]]]
    heralds = {0: 1}
    once = scan_results(pair).post_select((), (herald for herald in [(0, 1)]))
    twice = scan_results(pair).post_select((), heralds)
    heralds[1] = 1
    assert once.merge() == twice.merge() == {(0,): 7}


def test_bad_arguments_are_refused_by_the_verb(pair):
    """Not at the end of all work, and not as the fault of each file."""
    campaign = scan_results(pair)
    with pytest.raises(ValueError, match="twice"):
        campaign.post_select([((0, 0), (1,))])
    with pytest.raises(ValueError, match="Unknown mapping"):
        campaign.map("paritty")
    for wrong in (lambda: campaign.map("parity", 1, 2), lambda: campaign.map(5)):
        with pytest.raises(TypeError):
            wrong()
    for wrong in (lambda: campaign.apply_post_selection(5), lambda: campaign.post_select((), 5)):
        with pytest.raises(TypeError):
            wrong()


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_steps_that_do_not_fit_the_first_file_end_the_campaign(pair, on_error):
    campaign = scan_results(pair, on_error=on_error)
    for wrong in (
        campaign.post_select([((9,), (1,))]),
        campaign.map("parity").post_select((), {0: 1}).post_select([((1,), (1,))]),
        campaign.apply_post_selection([((9,), (1,))]),
    ):
        for run in (wrong.merge, wrong.summarise, lambda wrong=wrong: list(wrong)):
            with pytest.raises(lw.ModeRangeError, match=r"Step \d .*a\.json, the first file"):
                run()
    assert campaign.post_select((), {0: 1}).map(lambda s: s + s).post_select([((1,), (0, 1))]).merge()
    with pytest.raises(lw.ResultError, match=r"Step 2 \(map\).*even number of modes"):
        campaign.post_select((), {0: 1}).map("dual_rail_to_qubit").merge()


def test_data_that_a_mapping_does_not_take_are_a_fault_of_the_file(pair):
    campaign = scan_results(pair, on_error="skip").map("dual_rail_to_qubit")
    with pytest.warns(UserWarning, match=r"1 of 2 files.*\n.*a\.json: ResultError: State \|2,0> "):
        assert campaign.merge() == {(0,): 2, (1,): 7}


def test_a_fault_of_a_callable_or_of_this_package_is_no_broken_file(pair, monkeypatch):
    def fails(state):
        raise ZeroDivisionError("mine")

    for campaign in (scan_results(pair).map(fails), scan_results(pair).apply_post_selection(fails)):
        with pytest.raises(ZeroDivisionError) as caught:
            campaign.merge()
        assert "a.json" in caught.value.__notes__[0]

    def refuses(state):
        raise ValueError("mine")

    for campaign in (scan_results(pair).map(refuses), scan_results(pair).apply_post_selection(refuses)):
        with pytest.raises(ValueError, match=r"^mine\n"):
            campaign.merge()
    for error in (MemoryError, RuntimeError, AttributeError, lw.errors.LightworksDependencyError):
        monkeypatch.setattr(
            _chunks, "read_result", lambda path, room, error=error: (_ for _ in ()).throw(error("x"))
        )
        with pytest.raises(error):
            scan_results(pair, on_error="skip").merge()


def test_a_callable_with_heralds_is_told_in_whole(pair):
    campaign = scan_results(pair).post_select(lambda state: state[0] < 2, {1: 1})
    assert [entry["step"] for entry in campaign.merge().history] == ["post_select", "merge"]
    with pytest.warns(UserWarning, match="1 of 1 files"):
        nothing = (
            scan_results(["missing.npz"], on_error="skip").post_select(RULE, {1: 1}).map("parity").merge()
        )
    assert [entry["step"] for entry in nothing.history] == ["post_select", "map", "merge"]
    assert nothing.history[0]["heralds"] == [[[1], [1]]]


def test_a_sum_tells_how_its_files_were_made(tmp_path, small_chunks):
    """As merge_results does: rules of jobs that differ do not vanish, and what all agree on is kept."""
    for k in range(5):
        data = {"post_select": [[[0], [0, k // 4 + 1]]], "note": "same", "number": k}
        body = json.loads(lw.encode_result([[0, 1], [1, 1]], [3, 4], data))
        result = lw.results.QPUSamplingResult(body)
        saved = SamplingResult.from_columns(
            result.states,
            result.counts,
            input=[1, 1],
            post_selection=result.post_selection,
            metadata={"qpu": "Artemis", "job_id": k},
        )
        saved.save(tmp_path / f"{k}.npz")
    campaign = scan_results(tmp_path).map("parity")
    merged = campaign.merge()
    assert merged.metadata == {"qpu": "Artemis", "files": 5, "failed": {}}
    assert merged.input == lw.State([1, 1])
    assert merged.post_selection is None
    assert [way["results"] for way in merged.history[0]["of"]] == [4, 1]
    assert merged.history == lw.merge_results(result for _, result in campaign).history
    with ThreadPoolExecutor(2) as pool:
        assert campaign.merge(executor=pool).history == merged.history
    with pytest.raises(lw.ResultError):
        _ = merged.raw_data


def test_files_without_the_raw_data_are_not_taken_for_raw(tmp_path):
    body = lw.encode_result([[0, 1], [1, 1]], [3, 4], {"post_select": [[[0], [1]]]})
    result = lw.results.QPUSamplingResult.from_body(body)
    result.save(tmp_path / "a.npz", raw_data=True)
    result.save(tmp_path / "b.npz")
    with pytest.raises(CampaignError, match=r"b\.npz: ResultError: The raw data") as caught:
        scan_results(tmp_path, raw_data=True).merge()
    assert caught.value.outcome == {(0, 1): 3, (1, 1): 4}


def test_a_file_is_taken_once(pair):
    (pair / "link.json").symlink_to(pair / "a.json")
    expected = lw.load_result(pair / "a.json") + lw.load_result(pair / "b.npz")
    with pytest.warns(UserWarning, match=r"taken once: .*link\.json"):
        campaign = scan_results([pair, pair / "a.json", str(pair / "*.npz")])
    assert len(campaign) == 2
    assert campaign.merge() == expected


def test_files_can_be_left_out(pair):
    total = scan_results(pair).merge()
    total.save(pair / "total.npz")
    assert scan_results(pair, exclude=pair / "total.npz").merge() == total
    for nothing in (pair / "not_there.npz", pair / "not*.npz"):
        assert scan_results(pair, exclude=nothing).paths == scan_results(pair).paths
    for run in (scan_results(pair).merge, scan_results(pair).summarise):
        with pytest.warns(UserWarning, match=r"counted twice: .*total\.npz"):
            run()
    assert scan_results(pair / "total.npz").merge() == total


def test_a_loop_that_is_left_tells_what_it_lost(broken):
    broken = [broken[1], *sorted(broken[0].iterdir())]
    campaign = scan_results(broken)
    loop = iter(campaign)
    next(loop)
    with pytest.warns(UserWarning, match=r"2 of 3 files could not be processed before the loop was left"):
        loop.close()
    assert {Path(p).name for p in campaign.report.failed} == {"bad_text.json", "missing.npz"}
    assert (campaign.report.n_files, campaign.report.n_tried) == (15, 3)


@pytest.mark.parametrize("n_large", [5, 3], ids=["within a chunk", "where a chunk is added"])
def test_sums_that_are_too_large_leave_one_file_out(tmp_path, n_large):
    """Not the whole chunk, and no bare error at the end."""
    for k in range(6):
        SamplingResult({(1, 0): 2**60 if k < n_large else 5, (0, k + 1): 1}).save(tmp_path / f"{k}.npz")
    SamplingResult({(1, 0): 2**63 - 2**61}).save(tmp_path / "4a.npz")
    for chunk_files, monkey in itertools.product((1, 3, 8), (False, True)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_chunks, "_CHUNK_FILES", chunk_files)
            campaign = scan_results(tmp_path)
            with pytest.raises(CampaignError, match=r"4a\.npz: ResourceLimitError") as caught:
                campaign.summarise() if monkey else campaign.merge()
        assert [Path(p).name for p in caught.value.failed] == ["4a.npz"]
        outcome = caught.value.outcome
        assert outcome.n_samples == n_large * 2**60 + (6 - n_large) * 5 + 6
    with pytest.raises(lw.ResourceLimitError):
        outcome + SamplingResult({(1, 0): 2**63 - 2**61}).summary()


class CountingExecutor(ThreadPoolExecutor):
    """Runs nothing before it is asked for, and knows how much waits."""

    def __init__(self):
        super().__init__(3)
        self.waiting = self.most = 0

    def submit(self, work, *arguments):
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        executor = self

        class Lazy(Future):
            def result(self):
                executor.waiting -= 1
                return work(*arguments)

        return Lazy()


@pytest.mark.parametrize(("in_flight", "most"), [(None, 6), (2, 2), (1, 1)])
def test_no_more_chunks_wait_than_said(folder, monkeypatch, in_flight, most):
    monkeypatch.setattr(_chunks, "_CHUNK_FILES", 1)
    pool = CountingExecutor()
    scan_results(folder).merge(executor=pool, in_flight=in_flight)
    assert pool.most == most
    with pytest.raises(ValueError, match="in_flight is 0"):
        scan_results(folder).merge(executor=pool, in_flight=0)


def test_small_files_are_shared_by_workers():
    """64 small files are several chunks: else one worker does all, and progress is told once."""
    assert len(_chunks.chunks_of([Path(f"{k}.json") for k in range(64)])) == 8


def test_folders_that_match_a_pattern_are_no_files(pair):
    (pair / "deeper").mkdir()
    assert scan_results(str(pair / "**")).paths == scan_results(pair).paths


def test_what_cannot_be_sent_to_processes_is_told(pair):
    campaign = scan_results(pair)
    with ProcessPoolExecutor(1) as pool:
        with pytest.raises(TypeError, match=r"A step cannot be sent .* pool of threads"):
            campaign.map(lambda state: state).merge(executor=pool)
        told = r"The observable cannot be sent .* pool of threads"
        with pytest.raises(TypeError, match=told):
            campaign.expectation(lambda state: state[0], executor=pool)
        with pytest.raises(TypeError, match=told):
            campaign.over_time(lambda state: state[0], executor=pool)
        with pytest.raises(TypeError, match=told):
            campaign.group_by("path").expectation(lambda state: state[0], executor=pool)


def test_the_same_job_in_two_files_is_told(tmp_path, monkeypatch):
    """Saved in two formats, or raw and processed side by side."""
    for k in range(4):
        about = {"job_id": k // 2, "created_date": "2026-01-01T00:00:00Z"}
        SamplingResult.from_columns([[k]], [1], metadata=about).save(tmp_path / f"{k}.npz")
    for chunk_files in (1, 8):
        monkeypatch.setattr(_chunks, "_CHUNK_FILES", chunk_files)
        with pytest.warns(UserWarning, match=r"2 files .* twice: .*1\.npz \(as .*0\.npz\), .*3\.npz"):
            scan_results(tmp_path).merge()


@pytest.mark.parametrize("dates", [{"finished_date": "2026-01-01T00:00:00Z"}, {"created_date": "2026-01-01"}])
def test_one_file_of_a_job_that_is_there_already_is_told(tmp_path, dates):
    for k, job in enumerate("abbc"):
        about = {"job_id": job, **(dates if job == "b" else {})}
        SamplingResult.from_columns([[k]], [1], metadata=about).save(tmp_path / f"{k}.npz")
    with pytest.warns(
        UserWarning, match=r"1 file holds the result of a job .* twice: .*2\.npz \(as .*1\.npz"
    ):
        scan_results(tmp_path).summarise()


@pytest.mark.parametrize("ending", ["parquet", "npz", "json", "csv"])
@pytest.mark.parametrize("rules", [(), [((0,), (1,))]], ids=["all", "few"])
def test_copies_of_files_are_told(tmp_path, ending, rules):
    """Whatever they say of themselves; files that look like others but are none, and small ones, are not."""
    rng = np.random.default_rng(2)
    states = np.unique(rng.integers(0, 2, (90, 7)), axis=0)
    counts = rng.integers(10, 99, len(states))
    for k in range(4):
        counts = np.roll(counts, 1)
        SamplingResult.from_columns(states, counts).save(tmp_path / f"run_{k}.{ending}")
    campaign = scan_results(tmp_path).post_select(rules)
    campaign.merge()
    shutil.copy(tmp_path / f"run_2.{ending}", tmp_path / f"run_2 copy.{ending}")
    campaign = scan_results(tmp_path).post_select(rules)
    told = r"1 file is a copy of another, .* counted twice: .*run_2.* \(as .*run_2.*exclude it"
    for run in (campaign.merge, campaign.summarise):
        with pytest.warns(UserWarning, match=told):
            run()
    for name in ("one", "other"):
        SamplingResult({(1,) * 7: 9}).save(tmp_path / f"{name}.{ending}")
    with pytest.warns(UserWarning, match=told):
        scan_results(tmp_path).merge()


def test_copies_of_files_that_were_added_before_are_told(tmp_path):
    rng = np.random.default_rng(2)
    states = np.unique(rng.integers(0, 2, (90, 7)), axis=0)
    files, kept = tmp_path / "files", tmp_path / "kept.npz"
    SamplingResult.from_columns(states, rng.integers(10, 99, len(states))).save(files / "a.parquet")
    scan_results(files).merge(resume=kept)
    shutil.copy(files / "a.parquet", files / "b.parquet")
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"b\.parquet \(as .*a\.parquet\)"):
            scan_results(files).merge(resume=kept)


def test_means_of_nothing_are_not_numbers(pair):
    """Post-selection that nothing meets is no reason for a warning."""
    summary = lw.load_result(pair / "a.json").post_select([((0,), (9,))]).summary()
    assert summary.n_samples == 0
    for values in (summary.mode_means, summary.mode_errors, summary.covariances, summary.correlations):
        assert np.isnan(values).all()


def test_no_rules_are_no_rules(tmp_path):
    """As with a single result: heralds alone will do."""
    SamplingResult({(0, 1): 3, (1, 1): 2, (0, 0): 4}).save(tmp_path / "a")
    campaign = scan_results(tmp_path / "a.json")
    assert campaign.post_select(None, {1: 1}).merge() == {(0,): 3, (1,): 2}
