"""Results whose states have X in them, an invalid qubit, as a mapping of dual rails to qubits makes them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import CampaignError
from lwfast.results import (
    ProbabilityDistribution,
    SamplingResult,
    SimulationResult,
    load_result,
    total_variation,
)
from lwfast.results.columns.record import known_raw
from lwfast.results.sweeps.setting_axis import SettingAxis
from lwfast.results.sweeps.sweep_result import SweepResult
from lwfast.results.sweeps.sweep_simulation import SweepSimulationResult
from lwfast.results.sweeps.sweep_table import settings_taken

RAILS = {(1, 0, 0, 1): 3, (2, 0, 0, 1): 2, (0, 1, 1, 0): 5, (0, 0, 1, 1): 4, (1, 1, 0, 1): 6}
QUBITS = {(0, 1): 3, ("X", 1): 8, (1, 0): 5, ("X", "X"): 4}
"""What they become."""


def labelled(**attributes):
    rails = SamplingResult(RAILS, lw.State([1, 0, 1, 0]), **attributes)
    return rails.map(lw.convert.dual_rail_to_qubit, allow_invalid=True)


@pytest.mark.parametrize(
    ("mapping", "args", "kwargs"),
    [
        ("dual_rail_to_qubit", (), {"allow_invalid": True}),
        (lw.convert.dual_rail_to_qubit, (), {"allow_invalid": True}),
        (lw.convert.dual_rail_to_qubit, (True,), {}),
        (lambda state: lw.convert.dual_rail_to_qubit(state, allow_invalid=True), (), {}),
        (lambda state: list(lw.convert.dual_rail_to_qubit(state, True)), (), {}),
    ],
)
def test_all_ways_to_map_give_the_same(mapping, args, kwargs):
    mapped = SamplingResult(RAILS).map(mapping, *args, **kwargs)
    assert mapped == QUBITS
    assert list(mapped.items()) == [(lw.State(list(state)), count) for state, count in QUBITS.items()]
    assert mapped.has_x
    assert mapped.states.tolist() == [[0, 1], [255, 1], [1, 0], [255, 255]]
    assert mapped.raw_data == RAILS
    assert not mapped.raw_data.has_x


def test_a_state_with_x_is_a_label():
    """Lightworks' State takes it too; there, ordering is missing and a count of photons fails."""
    state = lw.State([0, "X"])
    assert (str(state), repr(state), len(state), state.n_modes) == ("|0,X>", "lwfast.State(|0,X>)", 2, 2)
    assert state == lw.convert.dual_rail_to_qubit(lw.State([1, 0, 1, 1]), allow_invalid=True)
    assert hash(state) == hash(lw.State([0, np.str_("X")]))
    assert pickle.loads(pickle.dumps(state)) == copy.copy(state) == state
    assert (state[1], state[:1], state + lw.State([2])) == ("X", lw.State([0]), lw.State([0, "X", 2]))
    assert state.s == [0, "X"]
    mixed = [lw.State(s) for s in (["X", 0], [300, 1], [0, "X"], [0, 7], ["X", "X"])]
    assert [s.s for s in sorted(mixed)] == [[0, 7], [0, "X"], [300, 1], ["X", 0], ["X", "X"]]
    assert lw.State(["X"]) >= lw.State([9]) > lw.State([8]) <= lw.State(["X"])


@pytest.mark.parametrize(
    "counting",
    [
        lambda x: x.n_photons,
        lambda x: x.merge(lw.State([1])),
        lambda x: lw.State([1]).merge(x),
        lambda x: lw.Sampler(lw.PhotonicCircuit(1), x, 10),
        lambda x: lw.Simulator(lw.PhotonicCircuit(1), x),
        lambda x: lw.Simulator(lw.PhotonicCircuit(1), lw.State([1]), x),
        lambda x: lw.Analyzer(lw.PhotonicCircuit(1), lw.State([1]), {lw.State([1]): x}),
        lambda x: lw.emulator.Source().check_number(x),
    ],
)
def test_what_counts_photons_refuses_x(counting):
    with pytest.raises(TypeError, match=r"State \|X> has X, an invalid qubit, in mode 0"):
        counting(lw.State(["X"]))


@pytest.mark.parametrize("wrong", [["x"], ["XX"], ["0"], ["", 1], [None]])
def test_no_other_text_is_a_mode(wrong):
    with pytest.raises(TypeError, match="should be integers"):
        lw.State(wrong)


def test_the_wire_carries_no_x():
    import msgspec

    from lwfast.wire.codec import payload_from_builtins

    payload = {"input": ["X"], "nSamples": 1, "jobName": "a", "circuitSpec": [], "nModes": 1}
    with pytest.raises(msgspec.ValidationError, match=r"X, an invalid qubit, in mode 0.*\$\.input"):
        payload_from_builtins(payload)


def test_states_are_looked_up():
    result = labelled()
    assert result[lw.State(["X", 1])] == result["X", 1] == result[["X", 1]] == 8
    assert result.get(("X", 0)) is None
    assert ("X", "X") in result
    with pytest.raises(KeyError, match=r"\|X,0>"):
        result["X", 0]
    for photons in ((255, 1), (255, 255), (255, "X"), (300, 1), (0, 1, "X")):
        assert photons not in result
    assert (255, "X") not in SamplingResult({(255, 1): 1})
    assert ("X", 1) not in SamplingResult({(255, 1): 1})


def test_many_states_are_looked_up():
    """Above 4096 rows another index is made."""
    table = np.random.default_rng(1).integers(0, 2, (5000, 40))
    rails = SamplingResult.from_columns(table, np.ones(5000, np.int64))
    result = rails.map("dual_rail_to_qubit", allow_invalid=True)
    assert result.has_x
    assert len(result) > 4096
    by_function = rails.map(lambda state: lw.convert.dual_rail_to_qubit(state, allow_invalid=True))
    assert by_function == result
    assert all(result[state] == count for state, count in result.items())
    assert list(reversed(result)) == list(result)[::-1]


def test_equality_knows_what_255_means():
    assert labelled() == labelled()
    assert labelled() != SamplingResult({(0, 1): 3, (255, 1): 8, (1, 0): 5, (255, 255): 4})
    assert labelled() != {**QUBITS, ("X", 1): 9}


def test_without_an_x_it_is_a_result_like_any_other():
    """What is not there needs no care: counting photons works again."""
    mapped = SamplingResult({(1, 0): 3, (0, 1): 4}).map("dual_rail_to_qubit", allow_invalid=True)
    kept = labelled().apply_post_selection(lambda state: "X" not in state)
    assert not mapped.has_x
    assert not kept.has_x
    assert not SamplingResult({}).map("dual_rail_to_qubit", allow_invalid=True).has_x
    assert kept == {(0, 1): 3, (1, 0): 5}
    assert kept.summary().mode_means.tolist() == [5 / 8, 3 / 8]


@pytest.mark.parametrize(
    "counting",
    [
        lambda result: result.summary(),
        lambda result: result.differences(0, 1),
        lambda result: result.map("threshold"),
        lambda result: result.map(lw.convert.parity_mapping, invert=True),
        lambda result: ProbabilityDistribution({s: c / 20 for s, c in result.items()}).mode_means,
        lambda result: ProbabilityDistribution({s: c / 20 for s, c in result.items()}).covariances,
    ],
)
def test_means_of_x_are_refused(counting):
    with pytest.raises(lw.ResultError, match="X, an invalid qubit, has none; keep the valid states first"):
        counting(labelled())


def test_an_x_meets_no_rule():
    """It has no photon number, whatever stands for it in the table."""
    result = labelled()
    rule = lw.PostSelection()
    rule.add(0, 1)
    both = lw.PostSelection()
    both.add((0, 1), (1, 256))  # 255 and 1
    assert result.apply_post_selection(rule) == {(1, 0): 5}
    assert result.apply_post_selection(both) == {(0, 1): 3, (1, 0): 5}
    assert result.apply_post_selection([(1, 1)]) == {(0, 1): 3, ("X", 1): 8}
    assert result.post_select([], {1: 1}) == {(0,): 3, ("X",): 8}
    assert result.post_select([], {1: 255}) == {}
    assert "none meets the herald" in repr(result.post_select([], {1: 255}))
    assert not rule.validate(lw.State(["X", 0]))
    assert both.validate(lw.State([1, 0]))
    seen = []
    result.apply_post_selection(lambda state: seen.append(state) or True)
    assert seen == list(result)
    with pytest.raises(lw.ModeRangeError):
        result.apply_post_selection([(2, 1)])


def test_mapping_again():
    result = labelled()
    doubled = result.map(lambda state: [*state, *state])
    assert doubled == {(*state, *state): count for state, count in QUBITS.items()}
    assert result.map("dual_rail_to_qubit", allow_invalid=True) == {(1,): 3, ("X",): 12, (0,): 5}
    with pytest.raises(ValueError, match=r"State \|X,1> does not have one photon"):
        result.map("dual_rail_to_qubit")
    with pytest.raises(ValueError, match="255 photons"):
        SamplingResult({(1, 0): 1, (255, 0): 1}).map(lambda s: ["X", 0] if s[0] == 1 else s)


def test_verbs_keep_x():
    result = labelled()
    assert result.sort("state").outputs == sorted(result)
    assert result.top(1) == {("X", 1): 8}
    assert result[1:2] == {("X", 1): 8}
    assert result.sample(20, rng=1, replace=False) == result
    assert dict(result) == result.copy() == (result | {})
    assert result | {("X", 1): 0} == {**result.copy(), lw.State(["X", 1]): 0}
    for copied in (copy.copy(result), copy.deepcopy(labelled(mine=[1])), pickle.loads(pickle.dumps(result))):
        assert copied == result
        assert list(copied) == list(result)


def test_adding_up():
    result = labelled()
    valid = SamplingResult({(0, 1): 10})
    for total in (result + valid, valid + result, lw.merge_results([valid, result])):
        assert total == {**QUBITS, (0, 1): 13}
        assert total.has_x
    assert (result + result) == {state: 2 * count for state, count in QUBITS.items()}
    assert (result + result).raw_data == {state: 2 * count for state, count in RAILS.items()}
    photons = SamplingResult({(255, 1): 1})
    for pair in ((result, photons), (photons, result), (valid, photons, result)):
        with pytest.raises(lw.ResultError, match="255 photons"):
            lw.merge_results(pair)


@pytest.mark.parametrize("name", ["a.json", "a.npz", "a.parquet", "a.csv"])
def test_files_keep_x(tmp_path, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    result = labelled()
    read = load_result(result.save(tmp_path / name))
    assert read == result
    assert list(read) == list(result)
    assert read.has_x
    raw = load_result(result.save(tmp_path / name, raw_data=True))
    assert raw == RAILS
    assert not raw.has_x


def test_json_shows_x(tmp_path):
    result = labelled()
    assert '"X, 1": 8' in result.save(tmp_path / "a.json").read_text()
    path = result.save(tmp_path / "b.json", metadata=True)
    assert '"(X, 1)": 8' in path.read_text()
    assert load_result(path).history == result.history
    assert load_result(path).raw_data if known_raw(load_result(path)) else True
    counted = SamplingResult({("X",): 255, (25,): 2555, (1,): 1255}, lw.State([1]), note="X, |X>")
    for metadata in (False, True):
        read = load_result(counted.save(tmp_path / "c.json", metadata=metadata))
        assert read == counted
    assert read.note == "X, |X>"


def test_texts_that_only_look_like_states_stay(tmp_path):
    """A body of the wire may begin with what travelled with the job."""
    path = tmp_path / "body.json"
    path.write_text('{"job_data": {"best": "X", "worst": "|X>"}, "results": {"(0, 1)": 2}}')
    assert load_result(path).job_data == {"best": "X", "worst": "|X>"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"|X,255>": 1}'),
        ("a.json", '{"(X, 0)": 1, "(255, 0)": 1}'),
        ("a.json", '{"(XX, 0)": 1, "(1, 0)": 1}'),
        ("a.csv", "mode_0,mode_1,counts\nX,255,1\n"),
        ("a.csv", "mode_0,counts\nXX,1\n"),
        ("a.csv", "mode_0,counts\n1,X\n"),
    ],
)
def test_files_that_mean_nothing_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(lw.ResultFormatError):
        load_result(tmp_path / name)


def test_campaign(tmp_path):
    SamplingResult(RAILS).save(tmp_path / "a.npz")
    SamplingResult({(1, 0, 1, 0): 7}).save(tmp_path / "b.json")
    campaign = lw.scan_results(tmp_path).map(lw.convert.dual_rail_to_qubit, allow_invalid=True)
    assert campaign.merge() == {**QUBITS, (0, 0): 7}
    labelled().save(tmp_path / "a.npz")
    SamplingResult({(255, 1): 1}).save(tmp_path / "b.json")
    with pytest.raises(CampaignError, match=r"b\.json: ResultError: A mode holds 255 photons"):
        lw.scan_results(tmp_path).merge()
    with pytest.raises(CampaignError, match=r"a\.npz: ResultError: A summary needs photon numbers"):
        lw.scan_results(tmp_path).summarise()


def test_frames():
    pandas = pytest.importorskip("pandas")
    result = labelled()
    frame = result.to_pandas(dtype=int)
    assert frame.mode_0.tolist() == [0, "X", 1, "X"]
    assert frame.mode_1.tolist() == [1, 1, 0, "X"]
    assert result[:1].to_pandas().mode_0.dtype == np.uint8
    shown = result.display_as_dataframe()
    assert shown.columns.tolist() == ["|0,1>", "|X,1>", "|1,0>", "|X,X>"]
    assert isinstance(shown, pandas.DataFrame)


def test_arrow():
    pytest.importorskip("pyarrow")
    assert labelled().to_arrow().column("state").to_pylist() == [[0, 1], [None, 1], [1, 0], [None, None]]


def test_polars():
    pytest.importorskip("polars")
    assert labelled().to_polars()["state"].to_list() == [[0, 1], [None, 1], [1, 0], [None, None]]


def test_shown(capsys):
    result = labelled()
    assert "{|0,1>: 3, |X,1>: 8, |1,0>: 5, |X,X>: 4}" in repr(result)
    assert "|X,1&gt;" in result._repr_html_()
    result.print_outputs()
    assert capsys.readouterr().out == "|1,0,1,0> -> |0,1> : 3, |X,1> : 8, |1,0> : 5, |X,X> : 4\n"


def test_plotted():
    pytest.importorskip("matplotlib")
    from matplotlib import pyplot as plt

    result = labelled()
    _, axes = result.plot(show=False, state_labels={lw.State(["X", "X"]): "both"})
    assert [text.get_text() for text in axes.get_xticklabels()] == ["|X,1⟩", "|1,0⟩", "both", "|0,1⟩"]
    with pytest.raises(lw.ResultError, match="255 photons"):
        result.plot(show=False, compare=SamplingResult({(255, 0): 1}))
    plt.close("all")


def test_distances():
    result = labelled()
    assert total_variation(result, result).value == 0
    assert total_variation(result, QUBITS).value == 0
    with pytest.raises(lw.ResultError, match="255 photons"):
        total_variation(result, {(255, 1): 1})


def test_probabilities():
    distribution = ProbabilityDistribution({lw.State(["X"]): 0.25, (1,): 0.5, ("X",): 0.25})
    assert distribution == {("X",): 0.5, (1,): 0.5}
    assert pickle.loads(pickle.dumps(distribution)) == ProbabilityDistribution(distribution) == distribution
    assert "|X>: 0.5" in repr(distribution)
    assert "|X&gt;" in distribution._repr_html_()


def test_simulation():
    values = [[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]]
    inputs = [(1, 0), (0, 1)]
    result = SimulationResult(values, "probability", inputs, [(1, 0), (0, 1), (2, 0), (0, 0)])
    mapped = result.map(lw.convert.dual_rail_to_qubit, allow_invalid=True)
    assert mapped.has_x
    assert mapped.outputs == [lw.State([0]), lw.State([1]), lw.State(["X"])]
    assert mapped[(1, 0)]["X",] == mapped[lw.State([1, 0]), lw.State(["X"])] == pytest.approx(0.7)
    assert mapped == {(1, 0): {(0,): 0.1, (1,): 0.2, ("X",): 0.7}, (0, 1): dict(mapped[(0, 1)])}
    assert mapped.apply_post_selection(lambda state: "X" in state).outputs == [lw.State(["X"])]
    assert mapped.apply_post_selection([(0, 1)]).outputs == [lw.State([1])]
    for copied in (pickle.loads(pickle.dumps(mapped)), copy.deepcopy(mapped)):
        assert copied == mapped
        assert copied.outputs == mapped.outputs
    assert "|X&gt;" in mapped._repr_html_()
    assert mapped.display_as_dataframe().columns.tolist() == ["|0>", "|1>", "|X>"]
    assert not mapped.apply_post_selection(lambda state: "X" not in state).has_x


def test_sweeps(tmp_path):
    axis = SettingAxis(("theta",), np.array([[0.0], [1.0]]), (2,))
    states = np.array([*RAILS, (1, 0, 1, 0)], np.uint8)
    counts = np.array([*RAILS.values(), 9], np.int64)
    sweep = SweepResult(axis, states, counts, np.array([0, len(RAILS), len(RAILS) + 1]))
    mapped = sweep.map(lw.convert.dual_rail_to_qubit, allow_invalid=True)
    assert (mapped[0], mapped[1]) == (QUBITS, {(0, 0): 9})
    assert (mapped.has_x, mapped[0].has_x, mapped[1].has_x) == (True, True, False)
    assert mapped.probabilities([("X", 1)])[:, 0].tolist() == [0.4, 0.0]
    assert mapped.apply_post_selection([(0, 0)])[0] == {(0, 1): 3}
    assert mapped.apply_post_selection(lambda state: "X" in state)[0] == {("X", 1): 8, ("X", "X"): 4}
    assert mapped.top(1)[0] == {("X", 1): 8}
    assert mapped.to_pandas().mode_0.tolist() == [0, "X", 1, "X", 0]
    assert pickle.loads(pickle.dumps(mapped)) == mapped
    for name in ("a.npz", "a.json", "a.parquet"):
        read = load_result(mapped.save(tmp_path / name))
        assert read == mapped
        assert read[0] == QUBITS
    _, axes = mapped.plot(show=False, outputs=("X", 1))
    assert axes.get_legend().get_texts()[0].get_text() == "|X,1⟩"
    assert mapped.to_arrow().column("state").to_pylist()[1] == [None, 1]
    inputs = np.array([[1, 0]], np.uint8)
    values = np.full((2, 1, 2), 0.5)
    simulated = SweepSimulationResult(
        axis, values, "probability", inputs, np.array([[1, 1], [1, 0]], np.uint8)
    )
    qubits = simulated.map("dual_rail_to_qubit", allow_invalid=True)
    singles = [single.map("dual_rail_to_qubit", allow_invalid=True) for single in simulated]
    assert (qubits.has_x, qubits[1].has_x, simulated.has_x) == (True, True, False)
    assert list(qubits) == singles
    assert qubits[0] == {(1, 0): {("X",): 0.5, (0,): 0.5}}
    assert qubits.outputs == singles[0].outputs == [lw.State(["X"]), lw.State([0])]
    assert settings_taken(qubits, np.array([1])).has_x
    assert qubits.map(lambda state: state).has_x
    assert qubits.apply_post_selection(lambda state: "X" not in state)[0] == {(1, 0): {(0,): 0.5}}
    assert not qubits.apply_post_selection(lambda state: "X" not in state).has_x
    with pytest.raises(lw.ResultError, match="keep the valid states first"):
        qubits.map("threshold")
    assert qubits.to_pandas().mode_0.tolist() == ["X", 0, "X", 0]
    assert qubits.to_arrow().column("state").to_pylist()[:2] == [[None], [0]]
    assert pickle.loads(pickle.dumps(qubits)) == qubits
    assert qubits != simulated
    for name in ("b.npz", "b.json"):
        read = load_result(qubits.save(tmp_path / name))
        assert read == qubits
        assert read.has_x
    photons = SweepSimulationResult(axis, values, "probability", inputs, np.array([[255], [0]], np.uint8))
    assert not photons.has_x
    assert photons != qubits
