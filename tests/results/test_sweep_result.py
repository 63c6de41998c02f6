"""Results of sweeps: settings found, verbs the same as of single results, files that come back whole."""

import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.results import SweepResult, SweepSimulationResult, scan_results
from lwfast.results.sweeps.setting_axis import SettingAxis


def a_sweep(n_settings=7, *, grid=False):
    theta, mix = lw.Parameter(0.1, label="theta"), lw.Parameter(0.5, label="mix")
    circuit = lw.PhotonicCircuit(4)
    circuit.bs(0)
    circuit.bs(2, reflectivity=mix)
    circuit.ps(1, theta)
    circuit.bs(1)
    circuit.bs(0)
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 1]), 300, random_seed=3)
    values = {theta: np.linspace(0, 3, n_settings), mix: [0.25, 0.5] if grid else 0.25}
    return lw.emulator.Backend().run(lw.Sweep(task, values, grid=grid))


def simulated(kind=lw.Simulator):
    theta = lw.Parameter(0.1, label="theta")
    circuit = lw.PhotonicCircuit(3)
    circuit.bs(0)
    circuit.ps(1, theta)
    circuit.bs(0)
    circuit.bs(1)
    inputs = [lw.State([1, 1, 0]), lw.State([0, 1, 1])]
    return lw.emulator.Backend().run(lw.Sweep(kind(circuit, inputs), {theta: np.linspace(0, 2, 5)}))


def same(mine, other):
    return np.array_equal(mine.states, other.states) and np.array_equal(mine.counts, other.counts)


def test_settings_are_found_by_their_values():
    sweep = a_sweep(31)
    assert sweep.labels == ("theta", "mix")
    found = sweep.where(theta=0.3)  # 0.30000000000000004 in a linspace
    assert len(found) == 1
    assert same(found[0], sweep[3])
    assert len(sweep.where(mix=0.25)) == 31
    assert len(sweep.where({"theta": 0.3}, mix=0.25)) == 1
    with pytest.raises(ValueError, match=r"the nearest is 0\.3"):
        sweep.where(theta=0.31)
    with pytest.raises(KeyError, match="no parameter 'phi'"):
        sweep.where(phi=1)
    with pytest.raises(TypeError, match="real number"):
        sweep.where(theta="x")
    with pytest.raises(ValueError, match="Name the value"):
        sweep.where()
    assert sweep.where(theta=0.3 + 0.9e-9).settings[0, 0] == pytest.approx(0.3)
    with pytest.raises(ValueError, match="nearest"):
        sweep.where(theta=0.3 + 2e-9)


def test_a_grid_keeps_its_shape():
    grid = a_sweep(5, grid=True)
    assert grid.shape == (5, 2)
    assert same(grid[3, 1], grid[7])
    assert same(grid[-1], grid[9])
    assert grid.where(mix=0.5).shape == (5,)
    assert grid.where(theta=1.5).settings.tolist() == [[1.5, 0.25], [1.5, 0.5]]
    assert len(grid[2:5]) == 3
    for wrong in (10, -11, (5, 0), (1, 1, 1)):
        with pytest.raises(IndexError):
            grid[wrong]
    with pytest.raises(TypeError):
        grid["theta"]


def test_columns_have_a_row_for_each_outcome():
    sweep = a_sweep()
    assert sweep.states.dtype == np.uint8
    assert sweep.counts.dtype == np.int64
    assert len(sweep.setting_index) == len(sweep.states) == sweep.offsets[-1]
    assert sweep.n_samples.tolist() == [300] * 7
    with pytest.raises(ValueError, match="read-only"):
        sweep.counts[0] = 1
    frame = sweep.to_pandas()
    assert frame.groupby("setting").counts.sum().tolist() == [300] * 7
    assert list(frame.columns) == [
        "setting",
        "theta",
        "mix",
        "mode_0",
        "mode_1",
        "mode_2",
        "mode_3",
        "counts",
    ]
    table = sweep.to_arrow()
    assert table.column("theta").to_pylist() == frame.theta.tolist()
    assert table.column("state").to_pylist() == sweep.states.tolist()
    pytest.importorskip("polars")
    assert sweep.to_polars()["counts"].sum() == 2100


def test_verbs_are_those_of_single_results():
    sweep = a_sweep()
    rules = [((0, 1), (1, 2)), ((3,), (0, 1))]
    verbs = {
        "rules": lambda r: r.apply_post_selection(rules),
        "callable": lambda r: r.apply_post_selection(lambda state: state[0] == 1),
        "heralds": lambda r: r.post_select(heralds={1: 1}),
        "either": lambda r: r.post_select(rules[:1], heralds={2: (0, 1)}),
        "mapped": lambda r: r.map("threshold"),
        "own": lambda r: r.map(lambda state: lw.State([state[0] + state[1], state[2]])),
        "twice": lambda r: r.map("parity").apply_post_selection([((0,), (1,))]),
        "top": lambda r: r.top(3),
        "sorted": lambda r: r.sort("state"),
    }
    for name, verb in verbs.items():
        done = verb(sweep)
        for row, single in enumerate(sweep):
            assert same(done[row], verb(single)), name
        assert done.raw_data == sweep, name
        assert same(done[2].raw_data, sweep[2]), name
        assert bool(done.history) is (name != "sorted")
    asked = []
    sweep.apply_post_selection(lambda state: asked.append(state) is None)
    assert len(asked) == len(sweep.distinct_states)  # once each, not once a setting
    assert sweep.sample(20, rng=1) == sweep.sample(20, rng=1)
    assert sweep.sample(20, rng=1).n_samples.tolist() == [20] * 7


def test_nothing_left_is_told():
    none = a_sweep().apply_post_selection([((0,), (3,)), ((1,), (3,))])
    assert none.n_samples.tolist() == [0] * 7
    assert "post-selection" in none[0].nothing_left
    with pytest.raises(ValueError, match="nothing to draw"):
        none.plot("theta", show=False)


def test_shares_of_outputs():
    sweep = a_sweep()
    state = lw.State(sweep.states[0].tolist())
    shares = sweep.probabilities([state, lw.State([0, 0, 0, 3])])
    assert shares.shape == (7, 2)
    assert shares[:, 0].tolist() == [single[state] / 300 if state in single else 0 for single in sweep]
    assert sweep.probabilities().sum(axis=1) == pytest.approx(np.ones(7))
    simulation = simulated()
    assert simulation.probabilities().sum(axis=1) == pytest.approx(np.ones(5))


@pytest.mark.parametrize("ending", ["npz", "json", "parquet"])
@pytest.mark.parametrize(
    "make", [a_sweep, lambda: a_sweep(3, grid=True), simulated, lambda: simulated(lw.Analyzer)]
)
def test_files_come_back_whole(tmp_path, make, ending):
    sweep = make()
    if ending == "parquet" and not isinstance(sweep, SweepResult):
        with pytest.raises(ValueError, match="one of"):
            sweep.save(tmp_path / "sweep.parquet")
        return
    path = sweep.save(tmp_path / f"sweep.{ending}")
    loaded = lw.load_result(path)
    assert type(loaded) is type(sweep)
    assert loaded == sweep
    assert loaded.shape == sweep.shape
    if isinstance(sweep, SweepResult):
        assert loaded.input == sweep.input
        assert loaded.raw_data == sweep
        selected = sweep.apply_post_selection([((0,), (0,))])
        again = lw.load_result(selected.save(tmp_path / f"selected.{ending}"))
        assert again == selected
        assert again.history == selected.history
        with pytest.raises(lw.ResultError, match="not known"):
            again.raw_data  # noqa: B018
        assert lw.load_result(selected.save(tmp_path / f"raw.{ending}", raw_data=True)) == sweep
    elif sweep.result_type == "probability":
        assert loaded.performance.tolist() == sweep.performance.tolist()
    assert pickle.loads(pickle.dumps(sweep)) == sweep


def test_a_name_without_an_ending_and_one_of_no_form(tmp_path):
    sweep = a_sweep()
    assert sweep.save(tmp_path / "sweep").name == "sweep.json"
    with pytest.raises(ValueError, match=r"\.npz, \.json, \.parquet"):
        sweep.save(tmp_path / "sweep.csv")


@pytest.mark.parametrize(
    "make", [a_sweep, lambda: a_sweep(3, grid=True), simulated, lambda: simulated(lw.Analyzer)]
)
def test_any_sweep_is_exported_for_other_programs(tmp_path, make):
    pd, pq = pytest.importorskip("pandas"), pytest.importorskip("pyarrow.parquet")
    sweep = make()
    expected = sweep.to_pandas(np.int64)
    if "amplitude" in expected:
        values = expected.pop("amplitude")
        expected["amplitude_real"], expected["amplitude_imag"] = np.real(values), np.imag(values)
    # As text first: what pandas makes of numbers may miss their last digit.
    found = pd.read_csv(sweep.export(tmp_path / "sweep.csv"), dtype=str)
    assert list(found) == list(expected)
    assert found.map(float).to_numpy().tolist() == expected.to_numpy().tolist()
    assert pq.read_table(sweep.export(tmp_path / "sweep.parquet")).equals(sweep.to_arrow())
    with pytest.raises(ValueError, match=r"save\(\) writes a file that lw\.load_result reads"):
        sweep.export(tmp_path / "sweep.npz")


def test_samples_are_counted_where_settings_have_none():
    axis = SettingAxis(["theta"], np.arange(4.0)[:, np.newaxis], [4])
    states, counts = np.array([[1, 0], [0, 1], [1, 0]], np.uint8), np.array([3, 4, 5])
    for offsets, expected in (([0, 0, 2, 2, 3], [0, 7, 0, 5]), ([0, 3, 3, 3, 3], [12, 0, 0, 0])):
        sweep = SweepResult(axis, states, counts, np.array(offsets))
        assert sweep.n_samples.tolist() == expected
    none = SweepResult(axis, states[:0], counts[:0], np.zeros(5, np.int64))
    assert none.n_samples.tolist() == [0] * 4


def test_parquet_is_a_table_for_other_programs(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    sweep = a_sweep().apply_post_selection([((0,), (3,))])  # of some settings, nothing is left
    table = pq.read_table(sweep.save(tmp_path / "sweep.parquet"))
    assert table.column_names == ["setting", "theta", "mix", "state", "counts"]
    assert table.column("theta").to_pylist() == sweep.column("theta")[sweep.setting_index].tolist()
    assert lw.load_result(tmp_path / "sweep.parquet") == sweep


@pytest.mark.parametrize("change", [b'"lengths"', b'"settings"', b'"labels"'])
def test_damaged_parquet_is_refused(tmp_path, change):
    pq = pytest.importorskip("pyarrow.parquet")
    path = a_sweep().save(tmp_path / "sweep.parquet")
    table = pq.read_table(path)
    kept = dict(table.schema.metadata)
    kept[b"lwfast"] = kept[b"lwfast"].replace(change, b'"other"')
    pq.write_table(table.replace_schema_metadata(kept), path)
    with pytest.raises(lw.ResultFormatError, match="damaged"):
        lw.load_result(path)
    del kept[b"lwfast.crc32"]
    pq.write_table(table.replace_schema_metadata(kept), path)
    with pytest.raises(lw.ResultFormatError):
        lw.load_result(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s["shape"].append(2), "do not have the shape"),
        (lambda s: s["labels"].append("x"), "a column for each of 3 labels"),
        (lambda s: s.update(version=2), "version 2"),
        (lambda s: s["columns"].pop("lengths"), "no column 'lengths'"),
        (lambda s: s["columns"]["states"].update(dtype="|O"), "has the type"),
        (lambda s: s["columns"]["states"].update(shape=[10**12, 4]), "bytes"),
        (lambda s: s["columns"]["rows"].update(data=""), "bytes"),
        (lambda s: s["columns"]["counts"].update(data="!"), "not the body"),
        (lambda s: s.update(labels=["theta", "theta"]), "should differ"),
        (lambda s: s.update(labels=["theta", "counts"]), "another label"),
    ],
)
def test_damaged_json_is_refused(tmp_path, change, told):
    path = a_sweep().save(tmp_path / "sweep.json")
    data = json.loads(path.read_text())
    if told.startswith("do not have"):
        data["metadata"]["sweep"]["shape"].append(2)
    elif "labels" in told or "label" in told or "differ" in told:
        change(data["metadata"]["sweep"])
    else:
        change(data["sweep"])
    path.write_text(json.dumps(data))
    with pytest.raises(lw.ResultFormatError, match=told):
        lw.load_result(path)


def test_a_state_twice_in_a_setting_is_refused(tmp_path):
    path = a_sweep().save(tmp_path / "sweep.npz")
    with np.load(path) as held:
        arrays = dict(held)
    arrays["states"][1] = arrays["states"][0]
    np.savez(path, **arrays)
    with pytest.raises(lw.ResultFormatError, match="twice"):
        lw.load_result(path)


def test_objects_in_a_file_are_never_unpickled(tmp_path):
    path = a_sweep().save(tmp_path / "sweep.npz")
    with np.load(path) as held:
        arrays = dict(held)
    arrays["counts"] = np.array([print] * len(arrays["counts"]), dtype=object)
    np.savez(path, **arrays)
    with pytest.raises(lw.ResultFormatError):
        lw.load_result(path)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_file_with_changed_bytes_is_read_right_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("sweep")
    sweep = a_sweep(2)
    path = sweep.save(folder / "sweep.npz")
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        body[int(data.draw(st.floats(0, 1, exclude_max=True)) * len(body))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(body))
    try:
        loaded = lw.load_result(path)
    except (lw.ResultError, lw.ResourceLimitError):
        return
    assert loaded == sweep


def test_a_file_that_unpacks_to_more_than_memory(tmp_path, monkeypatch):
    path = a_sweep(40).save(tmp_path / "sweep.npz")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "metadata.npy"
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "20000")
    with pytest.raises(lw.ResourceLimitError):
        lw.load_result(path)


def test_a_campaign_says_that_a_sweep_is_no_result_of_its_kind(tmp_path):
    a_sweep().save(tmp_path / "sweep.json")
    campaign = scan_results(tmp_path / "*.json")
    with pytest.raises(lw.ResultError, match="holds a sweep"):
        campaign.merge()


def test_parts_that_do_not_fit_are_refused():
    axis = SettingAxis(["a"], np.zeros((2, 1)), [2])
    states, counts = np.zeros((1, 2), np.uint8), np.ones(1, np.int64)
    with pytest.raises(lw.ResultCreationError, match="offsets"):
        SweepResult(axis, states, counts, np.array([0, 1]))
    with pytest.raises(lw.ResultCreationError, match="should be"):
        SweepSimulationResult(axis, np.zeros((1, 1, 1)), "probability", states, states)


def test_plots_have_a_line_for_each_output():
    sweep = a_sweep(9)
    _, axes = sweep.plot("theta", show=False, errors=True)
    assert len(axes.get_legend().get_texts()) == 6
    assert len([bars for bars in axes.containers if bars.has_yerr]) == 6
    assert axes.get_xlabel() == "theta"
    assert axes.get_ylabel() == "Share of counts"
    named = lw.State(sweep.states[0].tolist())
    _, axes = sweep.plot("theta", outputs=named, show=False, state_labels={named: "both"})
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["both"]
    assert axes.lines[0].get_ydata() == pytest.approx(sweep.probabilities(named)[:, 0])
    with pytest.raises(ValueError, match="Name the parameter"):
        sweep.plot(show=False)
    with pytest.raises(ValueError, match="mix varies as well"):
        a_sweep(3, grid=True).plot("theta", show=False)
    with pytest.raises(ValueError, match="2 modes"):
        sweep.plot("theta", outputs=[lw.State([1, 1])], show=False)
    _, axes = simulated().plot(show=False)
    assert axes.get_ylabel() == "Probability"
    with pytest.raises(ValueError, match="no statistical errors"):
        simulated().plot(show=False, errors=True)


def test_theory_is_lines_and_what_is_measured_is_points():
    sweep, theory = a_sweep(9), a_sweep(40)
    state = lw.State(sweep.states[0].tolist())
    _, axes = sweep.plot("theta", outputs=[state], show=False, errors=True, theory=theory)
    points, line = axes.lines[0], axes.lines[-1]
    assert (points.get_linestyle(), points.get_marker()) == ("None", "o")
    assert line.get_ydata() == pytest.approx(theory.probabilities([state])[:, 0])
    assert line.get_color() == points.get_color()
    assert [text.get_text() for text in axes.get_legend().get_texts()][-1] == "theory"
    spread = axes.containers[0].lines[2][0].get_segments()[4]
    share = sweep.probabilities([state])[4, 0]
    expected = np.sqrt(share * (1 - share) / sweep[4].n_samples)
    assert np.ptp(spread[:, 1]) == pytest.approx(2 * expected)
    with pytest.raises(TypeError, match="theory is the result of a sweep"):
        sweep.plot("theta", show=False, theory={state: 0.5})


def test_simulations_have_verbs_too():
    sweep = simulated(lw.Analyzer)
    assert len(sweep.to_pandas()) == 5 * 2 * len(sweep.outputs)
    for verb in (lambda r: r.map("threshold"), lambda r: r.apply_post_selection([((0,), (1,))])):
        done = verb(sweep)
        for row, single in enumerate(sweep):
            assert np.array_equal(done[row].array, verb(single).array)
    with pytest.raises(ValueError, match="amplitudes"):
        simulated().map("threshold")
    assert "amplitude_imag" in simulated().to_arrow().column_names
