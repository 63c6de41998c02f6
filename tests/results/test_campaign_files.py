"""What files of a campaign know: columns to filter and group by, manifests, trends."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.errors import CampaignError, ResultError
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign import chunks
from tests.results.campaign_runs import QPUS, START, result_of, same


def mode_0(state):
    return state[0]


def summed(results):
    """Counts by state, added up in plain Python."""
    total = Counter()
    for result in results:
        total.update(
            {
                tuple(state): count
                for state, count in zip(result.states.tolist(), result.counts.tolist(), strict=True)
            }
        )
    return dict(total)


def as_plain(result):
    return {
        tuple(state): count
        for state, count in zip(result.states.tolist(), result.counts.tolist(), strict=True)
    }


def plain_mean(results, worth):
    """Mean and its standard error, sample by sample."""
    values = [
        worth(state)
        for result in results
        for state, count in zip(result.states.tolist(), result.counts.tolist(), strict=True)
        for _ in range(count)
    ]
    return float(np.mean(values)), float(np.std(values) / np.sqrt(len(values)))


def test_files_are_told_with_what_they_know(folder, runs):
    files = scan_results(folder).files
    assert files["path"] == [str(folder / name) for name in runs]
    assert files["qpu"] == [QPUS[k % 2] for k in range(12)]
    assert files["job_id"] == list(range(12))
    assert files["theta"] == [result.parameters["theta"] for result in runs.values()]
    assert "error" not in files
    assert "path" not in scan_results(folder).metadata
    assert files.to_pandas()["qpu"].tolist() == files["qpu"]
    assert files.to_polars()["theta"].to_list() == files["theta"]
    assert files.to_arrow().column("job_id").to_pylist() == files["job_id"]
    assert files.save(folder / "files.csv").read_text().splitlines()[0] == ",".join(files)
    assert "run_00" in repr(files)
    assert "2 more rows" in repr(files)
    assert "run_00" in files._repr_html_()


def test_where_and_filter_keep_files(folder, runs):
    campaign = scan_results(folder)
    names = list(runs)

    def kept(found):
        return [path.name for path in found.paths]

    assert kept(campaign.where(qpu="Artemis")) == names[::2]
    assert kept(campaign.where(theta=0.3)) == names[4:8]  # 0.1 + 0.2 among them
    assert kept(campaign.where(theta=[0, 0.6], qpu="Apollo")) == [*names[1:4:2], *names[9::2]]
    assert kept(campaign.where(theta=lambda value: value > 0.5)) == names[8:]
    assert kept(campaign.filter(lambda row: row["job_id"] % 5 == 0)) == names[::5]
    both = campaign.map("threshold").where(qpu="Apollo").merge()
    assert as_plain(both) == summed(run.map("threshold") for run in list(runs.values())[1::2])
    with pytest.raises(ValueError, match="No file has the column 'phi'; there are path, "):
        campaign.where(phi=1)
    with pytest.raises(ValueError, match="None of the 12 files is left"):
        campaign.where(qpu="Nobody")
    with pytest.raises(TypeError, match="function of a row"):
        campaign.filter("qpu")


def test_groups_are_added_up(folder, runs, small_chunks):
    groups = scan_results(folder).map("parity").group_by("theta")
    results = [run.map("parity") for run in runs.values()]
    assert groups.keys == pytest.approx([0.0, 0.3, 0.6])
    found = groups.merge()
    assert groups.report.failed == {}
    for k, key in enumerate(groups.keys):
        assert as_plain(found[key]) == summed(results[4 * k : 4 * k + 4])
        assert found[key].metadata["files"] == 4
        assert found[key].parameters == {"theta": key}  # also of two spellings of 0.3
    assert as_plain(found.total()) == summed(results)
    table = found.to_polars()
    assert table.columns == ["theta", "state", "counts", "probability", "error"]
    assert table["counts"].sum() == found.total().n_samples
    first = table.row(0, named=True)
    n = found[0.0].n_samples
    assert first["probability"] == first["counts"] / n
    p = first["probability"]
    assert first["error"] == pytest.approx(np.sqrt(p * (1 - p) / n))
    assert [len(paths) for paths in groups.paths.values()] == [4, 4, 4]


def test_groups_of_two_columns(folder, runs):
    groups = scan_results(folder).group_by("qpu", "theta")
    assert groups.keys == sorted(groups.keys)
    assert groups.keys[0] == ("Apollo", 0.0)
    assert as_plain(groups.merge()["Artemis", 0.6]) == summed(list(runs.values())[8::2])
    assert groups.summarise()["Apollo", 0.0].n_samples == sum(r.n_samples for r in list(runs.values())[1:4:2])
    with pytest.raises(ValueError, match="at least one column"):
        scan_results(folder).group_by()


def test_means_of_groups_have_errors(folder, runs, small_chunks):
    trend = scan_results(folder).group_by("theta").expectation(mode_0)
    for k in range(3):
        value, error = plain_mean(list(runs.values())[4 * k : 4 * k + 4], mode_0)
        assert trend.values[k] == pytest.approx(value)
        assert trend.errors[k] == pytest.approx(error)
    assert trend.table()["theta"] == trend.positions
    value, error = scan_results(folder).expectation(mode_0)
    assert (value, error) == pytest.approx(plain_mean(runs.values(), mode_0))
    assert (trend.total.value, trend.total.error) == pytest.approx((value, error))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 50)), min_size=1, max_size=20))
def test_the_mean_of_an_observable(rows):
    states = [(a, b) for a, b, _ in rows]
    counts = [count for _, _, count in rows]
    result = SamplingResult.from_columns(states, counts)
    worth = {(a, b): a - 1.5 * b for a in range(4) for b in range(4)}
    for observable in (worth, lambda s: s[0] - 1.5 * s[1], [worth[tuple(s)] for s in result.states.tolist()]):
        mean = result.expectation(observable)
        assert mean.n_samples == sum(counts)
        if sum(counts):
            value, error = plain_mean([result], lambda s: worth[tuple(s)])
            assert mean.value == pytest.approx(value, abs=1e-12)
            assert mean.error == pytest.approx(error, abs=1e-9)
        else:
            assert np.isnan(mean.value)
            assert np.isnan(mean.error)


@given(st.lists(st.lists(st.integers(-5, 5), min_size=1, max_size=9), min_size=1, max_size=6))
def test_means_of_parts_add_up_to_that_of_the_whole(parts):
    results = [SamplingResult.from_columns([[v + 5] for v in part], [1] * len(part)) for part in parts]
    total = sum(
        (result.expectation(lambda s: s[0] + 1e6) for result in results[1:]),
        results[0].expectation(lambda s: s[0] + 1e6),
    )
    whole = lw.merge_results(results).expectation(lambda s: s[0] + 1e6)
    assert total.n_samples == whole.n_samples
    assert total.value == pytest.approx(whole.value, rel=1e-14)
    assert total.variance == pytest.approx(whole.variance, rel=1e-6, abs=1e-9)


def test_folders_of_groups_are_read_back(folder, tmp_path, runs):
    duckdb = pytest.importorskip("duckdb")
    found = scan_results(folder).group_by("theta", "qpu").merge()
    written = found.save(tmp_path / "by_theta")
    assert len(written) == 6
    assert written[0].parent.parent.name == "theta=0.0"
    again = scan_results(tmp_path / "by_theta")
    assert len(again) == 6
    assert sorted(set(again.files["theta"])) == pytest.approx([0.0, 0.3, 0.6])
    assert as_plain(again.where(qpu="Artemis", theta=0.6).merge()) == as_plain(found[0.6, "Artemis"])
    pattern = str(tmp_path / "by_theta" / "**" / "*.parquet")
    assert len(scan_results(pattern)) == 6
    counts = duckdb.sql(f"select sum(counts) from read_parquet('{pattern}') where qpu = 'Apollo'").fetchall()
    assert counts == [(sum(run.n_samples for run in list(runs.values())[1::2]),)]


def test_no_group_is_written_over_another(tmp_path):
    """1 and "1" have one folder; a slash in a name makes none."""
    for k, value in enumerate([1, "1"]):
        SamplingResult({(k, 1): 3}).with_parameters(theta=value).save(tmp_path / f"{k}.npz")
    totals = lw.scan_results(tmp_path).group_by("theta").merge()
    with pytest.raises(lw.ResultError, match="both be saved"):
        totals.save(tmp_path / "same")
    assert not (tmp_path / "same").exists()
    odd = "a/b=c"
    SamplingResult({(0, 1): 3}).with_parameters(**{odd: 2}).save(tmp_path / "odd" / "run.npz")
    (written,) = lw.scan_results(tmp_path / "odd").group_by(odd).merge().save(tmp_path / "out")
    assert written.parent.parent == tmp_path / "out"
    assert lw.scan_results(tmp_path / "out").files[odd] == [2]


def test_folders_of_other_programs_are_read(tmp_path):
    pytest.importorskip("polars")
    one, two = result_of(1, 0.0, "A"), result_of(2, 0.0, "A")
    for result, name in ((one, "phi=7"), (two, "phi=__HIVE_DEFAULT_PARTITION__")):
        (tmp_path / name).mkdir()
        result.to_polars().write_parquet(tmp_path / name / "0.parquet")
    campaign = scan_results(tmp_path)
    assert campaign.files["phi"] == [7, None]
    groups = campaign.group_by("phi")
    assert groups.keys == [7, None]
    assert as_plain(groups.merge()[None]) == as_plain(two)


def test_a_folder_that_contradicts_its_file_is_told(tmp_path):
    (tmp_path / "theta=0.9").mkdir()
    result_of(0, 0.1, "A").save(tmp_path / "theta=0.9" / "a.npz")
    with pytest.raises(ResultError, match=r"'theta' is 0\.1 there already"):
        _ = scan_results(tmp_path).files
    result_of(0, 0.1, "A").with_parameters(path=1).save(tmp_path / "b.npz")
    with pytest.raises(ResultError, match="rename the"):
        _ = scan_results(tmp_path / "b.npz").files


def test_a_broken_file_stays_until_it_is_told(folder):
    (folder / "run_03.json").write_text("{")
    campaign = scan_results(folder).where(qpu="Artemis")
    assert campaign.files["error"][2].startswith("ResultFormatError")
    assert len(campaign) == 7  # six, and the one that cannot say
    with pytest.raises(CampaignError, match="run_03") as caught:
        campaign.merge()
    assert list(caught.value.failed) == [str(folder / "run_03.json")]
    groups = scan_results(folder, on_error="skip").group_by("qpu")
    with pytest.warns(UserWarning, match="run_03"):
        found = groups.merge()
    assert found["Apollo"].metadata["files"] == 5
    with pytest.raises(CampaignError, match="run_03"):
        scan_results(folder).over_time()


def test_the_manifest_says_which_file_gave_what(folder, runs):
    campaign = scan_results(folder, on_error="skip").post_select([((0,), (0,))])
    with pytest.raises(ResultError, match="no manifest before a run"):
        _ = campaign.manifest
    (folder / "run_02.parquet").write_bytes(b"PAR1")
    SamplingResult({}).save(folder / "run_04.npz")
    with pytest.warns(UserWarning, match="run_02"):
        total = campaign.merge()
    rows = {Path(row["path"]).name: row for row in campaign.manifest.rows()}
    assert rows["run_02.parquet"]["status"] == "failed"
    assert "ResultFormatError" in rows["run_02.parquet"]["reason"]
    assert rows["run_04.npz"]["status"] == "empty"
    run = runs["run_07.npz"]
    kept = run.post_select([((0,), (0,))])
    told = rows["run_07.npz"]
    assert (told["status"], told["samples"], told["kept"], told["states"]) == (
        "added", run.n_samples, kept.n_samples, len(kept),
    )  # fmt: skip
    assert sum(row["kept"] or 0 for row in rows.values()) == total.n_samples


# --- over time --------------------------------------------------------------------------------------------


def test_trends_follow_time(folder, runs):
    campaign = scan_results(folder).post_select([((0,), (0,))])
    trend = campaign.over_time()
    assert trend.positions == [START + dt.timedelta(hours=k) for k in range(12)]
    for k, run in enumerate(runs.values()):
        kept = run.post_select([((0,), (0,))]).n_samples
        assert trend.values[k] == kept / run.n_samples
        p = kept / run.n_samples
        assert trend.errors[k] == pytest.approx(np.sqrt(p * (1 - p) / run.n_samples))
    means = campaign.over_time(mode_1 := (lambda state: state[1]))
    value, error = plain_mean([list(runs.values())[3].post_select([((0,), (0,))])], mode_1)
    assert (means.values[3], means.errors[3]) == pytest.approx((value, error))
    assert means.paths[3] == str(folder / "run_03.json")
    square, degrees = trend.chi_square()
    assert degrees == 11
    p = trend.total.value  # the share of all samples, and its spread
    errors = np.sqrt(p * (1 - p) / trend.n_samples)
    assert square == pytest.approx(np.sum(((trend.values - p) / errors) ** 2))


def test_drifts_are_found(tmp_path):
    for k in range(10):
        lost = 200 + 30 * k
        about = {"finished_date": (START + dt.timedelta(hours=2 * k)).isoformat()}
        result = SamplingResult.from_columns([[0], [1]], [lost, 1000 - lost], metadata=about)
        result.save(tmp_path / f"{k}.npz")
    trend = scan_results(tmp_path).over_time(mode_0)
    slope, error = trend.slope()
    assert slope == pytest.approx(-0.015, abs=3 * error)
    assert slope < -10 * error
    square, degrees = trend.chi_square()
    assert square > degrees + 3 * np.sqrt(2 * degrees)
    assert len(trend.to_polars()) == 10
    fitted = np.polyfit(np.arange(10) * 2, trend.values, 1, w=np.sqrt(trend.n_samples))
    assert slope == pytest.approx(fitted[0])


def test_times_that_are_missing_or_wrong(tmp_path):
    SamplingResult({(1,): 2}).save(tmp_path / "a.json")
    with pytest.raises(ValueError, match="No file says its time"):
        scan_results(tmp_path).over_time()
    SamplingResult.from_columns([[1]], [2], metadata={"created_date": "today"}).save(tmp_path / "b.npz")
    with pytest.raises(ValueError, match="'today' is not a time"):
        scan_results(tmp_path).over_time()
    with pytest.raises(ValueError, match="No file has the column 'when'"):
        scan_results(tmp_path).over_time(time="when")
    with pytest.raises(CampaignError, match="it has no saved, the time by which") as caught:
        scan_results(tmp_path).over_time(time="saved")
    assert len(caught.value.outcome) == 1


def test_trends_are_drawn(folder):
    import matplotlib as mpl

    trend = scan_results(folder).over_time(mode_0)
    figure, axes = trend.plot(show=False)
    assert axes.get_xlabel() == "time"
    assert next(line.get_label() for line in axes.get_lines()) == "mean of all"
    (bars,) = axes.containers
    assert bars.lines[0].get_ydata().tolist() == trend.values.tolist()
    mpl.pyplot.close(figure)
    figure, axes = scan_results(folder).group_by("qpu").merge().plot(mode_0, show=False)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["Apollo", "Artemis"]
    mpl.pyplot.close(figure)
    figure, axes = scan_results(folder).plot(show=False, top=3)
    mpl.pyplot.close(figure)


# --- elsewhere --------------------------------------------------------------------------------------------


def test_groups_on_a_process_pool(folder, small_chunks):
    groups = scan_results(folder).group_by("theta")
    here = groups.merge()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = groups.merge(executor=pool)
        trend = scan_results(folder).over_time(mode_0, executor=pool)
    assert list(here) == list(there)
    assert all(same(here[key], there[key]) for key in here)
    assert trend.values.tolist() == scan_results(folder).over_time(mode_0).values.tolist()


def test_large_files_use_threads_and_give_the_same(tmp_path, monkeypatch):
    from lwfast.results.campaign import running

    for k in range(6):
        result_of(k, 0.1, "A", 500).save(tmp_path / f"{k}.parquet")
    monkeypatch.setattr(chunks, "_CHUNK_FILES", 1)
    campaign = scan_results(tmp_path).map("threshold")
    monkeypatch.setattr(running, "available_cores", lambda: 3)
    kinds = []
    real = running._may_use_threads
    monkeypatch.setattr(running, "_may_use_threads", lambda *given: kinds.append(real(*given)) or kinds[-1])
    one = campaign.merge()
    monkeypatch.setattr(running, "_LARGE_FILE", 1)
    two = campaign.merge()
    campaign.map(lambda state: state).merge()
    campaign.expectation(mode_0)
    assert kinds == [False, True, False, False]
    assert same(one, two)


@pytest.mark.parametrize(
    ("thetas", "key"), [((-5.0, -1.7763568394002505e-14, 0.0, 5.0), 0.0), ((1e-3, 1e-3 + 4e-13, 900.0), 1e-3)]
)
def test_the_sum_of_a_group_knows_its_setting(tmp_path, thetas, key):
    """Among all files two values are one; the group alone has nothing to compare their difference with."""
    for k, theta in enumerate(thetas):
        SamplingResult({(1, 0): k + 1}).with_parameters(theta=theta, o=1).save(tmp_path / f"{k}.npz")
    found = scan_results(tmp_path).group_by("theta").merge()
    assert found[key].metadata["files"] == 2
    assert found[key].parameters == {"theta": key, "o": 1}
