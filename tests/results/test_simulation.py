"""Results of simulations, and probability distributions."""

from __future__ import annotations

import copy
import pickle
import time

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import ProbabilityDistribution, SamplingResult, SimulationResult

INPUTS = [(1, 0), (0, 1)]
OUTPUTS = [(1, 0), (0, 1), (2, 0)]
VALUES = np.array([[0.25, 0.5, 0.25], [0.5, 0.5, 0.0]])


@pytest.fixture
def result():
    return SimulationResult(VALUES, "probability", INPUTS, [lw.State(s) for s in OUTPUTS], performance=0.9)


@pytest.fixture
def amplitudes():
    return SimulationResult(VALUES * 1j, "probability_amplitude", INPUTS, OUTPUTS)


def test_values_are_read_by_input_and_output(result):
    assert list(result) == result.inputs == [lw.State(s) for s in INPUTS]
    assert result.outputs == [lw.State(s) for s in OUTPUTS]
    one = {lw.State(s): v for s, v in zip(OUTPUTS, VALUES[0].tolist(), strict=True)}
    assert result[lw.State([1, 0])] == one
    assert result[1, 0] == result[[1, 0]] == result[lw.State([1, 0]),] == result[(1, 0), None] == one
    assert result[lw.State([1, 0]), lw.State([0, 1])] == 0.5
    assert result[(1, 0), (0, 1)] == 0.5
    assert result.array.tolist() == VALUES.tolist()
    assert result.performance == 0.9
    assert result.result_type == "probability"
    assert (1, 0) in result
    assert (5, 5) not in result
    assert 5 not in result
    assert dict(result)[lw.State([0, 1])][lw.State([1, 0])] == 0.5
    assert "|1,0>: 0.25" in repr(result[1, 0])


@pytest.mark.parametrize("repeated", [1, 400])
def test_items_and_values_are_those_of_a_dict(repeated):
    """Also where an input stands there twice, and of a result that is too large to keep them."""
    inputs = [*INPUTS, (1, 0)]
    outputs = [(k % 20, k // 20) for k in range(2 * repeated)]
    array = np.arange(3.0 * len(outputs)).reshape(3, -1)
    found = SimulationResult(array, "probability", inputs, outputs)
    expected = {state: found[state] for state in found}
    assert [state for state, _ in found.items()] == [lw.State(s) for s in INPUTS]
    for _ in range(2):
        assert dict(found.items()) == expected
        assert list(found.values()) == list(expected.values())
        assert list(reversed(found.items())) == list(reversed(expected.items()))
        assert list(reversed(found.values())) == list(reversed(expected.values()))
    assert found[1, 0][0, 0] == 2 * len(outputs)
    assert len(found.items()) == len(found.values()) == 2
    assert (lw.State([1, 0]), found[1, 0]) in found.items()
    assert (lw.State([1, 0]), found[0, 1]) not in found.items()
    assert found[0, 1] in found.values()
    assert copy.copy(found).items() is not None
    assert pickle.loads(pickle.dumps(found)) == found


def test_wrong_keys_raise_what_lightworks_raises(result):
    with pytest.raises(KeyError):
        result[5, 5]
    with pytest.raises(KeyError):
        result[(1, 0), (5, 5)]
    with pytest.raises(TypeError):
        result["x"]
    with pytest.raises(TypeError):
        result[(1, 0), "x"]
    with pytest.raises(ValueError, match="two"):
        result[(1, 0), (0, 1), (0, 1)]
    with pytest.raises(AttributeError):
        result.nothing  # noqa: B018


def test_nothing_can_be_changed_and_copies_are_equal(result, amplitudes):
    for original in (result, amplitudes):
        with pytest.raises(lw.ResultError):
            original[(1, 0)] = {}
        with pytest.raises(ValueError, match="read-only"):
            original.array[0, 0] = 1
        again = pickle.loads(pickle.dumps(original))
        assert again == original
        assert copy.deepcopy(original) is original is copy.copy(original)
        assert original == {k: dict(v) for k, v in original.items()}
        assert original != {}
        assert original != 5
        for made in (original, again, SimulationResult.from_columns(*columns(original))):
            with pytest.raises(ValueError, match="WRITEABLE"):
                made.array.flags.writeable = True
    assert pickle.loads(pickle.dumps(result)).performance == 0.9
    assert result != amplitudes


def columns(result):
    return result.array.copy(), result.result_type, np.array(INPUTS, np.uint8), np.array(OUTPUTS, np.uint8)


def test_equality_is_that_of_mappings_whatever_stands_for_the_states(result):
    plain = {i: dict(zip(OUTPUTS, row, strict=True)) for i, row in zip(INPUTS, VALUES.tolist(), strict=True)}
    assert result == plain
    assert plain == result
    assert result == dict(reversed(plain.items()))
    assert result != {**plain, (1, 0): {}}
    assert result != {**plain, (1, 0): 5}
    assert result != {(1, 0): plain[1, 0], lw.State([1, 0]): plain[1, 0]}
    for wrong in ("x", (-1, 0), (5, 5)):
        assert result != {(1, 0): plain[1, 0], wrong: plain[0, 1]}
    amplitudes = SimulationResult(VALUES, "probability_amplitude", INPUTS, OUTPUTS)
    assert amplitudes == plain
    assert amplitudes != result, "the same numbers mean something else"
    assert SimulationResult(VALUES[::-1], "probability", INPUTS[::-1], OUTPUTS) == result


def test_it_does_what_a_dict_does_for_reading(result):
    assert type(result.copy()) is dict
    assert result.copy() == dict(result) == result
    assert list(reversed(result)) == result.inputs[::-1]
    assert (result | {(1, 0): 5})[lw.State([1, 0])] == 5
    assert list({"x": 1} | result) == ["x", *result]
    with pytest.raises(lw.ResultError):
        result |= {}
    with pytest.raises(lw.ResultError):
        del result[1, 0]
    with pytest.raises(KeyError):
        result[-1, 0]


@pytest.mark.parametrize(
    ("values", "kind", "inputs", "outputs"),
    [
        (VALUES, "counts", INPUTS, OUTPUTS),
        (VALUES, "probability", INPUTS[:1], OUTPUTS),
        (VALUES, "probability", INPUTS, OUTPUTS[:1]),
        (VALUES[0], "probability", INPUTS, OUTPUTS),
        ([["a"]], "probability", INPUTS[:1], OUTPUTS[:1]),
        (VALUES[:1], "probability", [5], OUTPUTS),
        (VALUES, "probability", INPUTS, [*OUTPUTS[:2], (1,)]),
    ],
)
def test_wrong_data_are_refused(values, kind, inputs, outputs):
    with pytest.raises(lw.ResultCreationError):
        SimulationResult(values, kind, inputs, outputs)


def test_outputs_are_mapped_and_selected(result, amplitudes):
    mapped = result.map("threshold")
    assert mapped[1, 0] == {(1, 0): 0.5, (0, 1): 0.5}
    assert mapped.outputs == [lw.State([1, 0]), lw.State([0, 1])]
    kept = result.apply_post_selection([((0,), (1, 2))])
    assert kept[0, 1] == {(1, 0): 0.5, (2, 0): 0.0}
    assert result.apply_post_selection(lambda s: s[0] > 0) == kept
    assert amplitudes.apply_post_selection([((0,), (1, 2))])[0, 1] == {(1, 0): 0.5j, (2, 0): 0}
    with pytest.raises(ValueError, match="amplitudes"):
        amplitudes.map("threshold")
    with pytest.raises(lw.ModeRangeError):
        result.apply_post_selection([((2,), (1,))])


def test_values_are_printed_and_shown_as_a_frame(result, amplitudes, capsys):
    result.print_outputs()
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "|1,0> -> 0.25*|1,0> + 0.5*|0,1> + 0.25*|2,0>",
        "|0,1> -> 0.5*|1,0> + 0.5*|0,1>",
    ]
    assert result.display_as_dataframe().loc["|1,0>", "|0,1>"] == 0.5
    assert amplitudes.display_as_dataframe().loc["|1,0>", "|0,1>"] == 0.5j
    assert amplitudes.display_as_dataframe(conv_to_probability=True).loc["|1,0>", "|0,1>"] == 0.25
    assert amplitudes.display_as_dataframe(threshold=0.3).loc["|1,0>", "|1,0>"] == 0
    assert "2 inputs, 3 outputs of 2 modes" in repr(result)


def test_states_that_stand_there_twice_are_one_key():
    """As in Lightworks: the array keeps both, the mapping has the last."""
    inputs, outputs = [(1, 0), (0, 1), (1, 0)], [(2, 0), (1, 1), (2, 0), (0, 2)]
    values = np.arange(12.0).reshape(3, 4)
    result = SimulationResult(values, "probability", inputs, outputs)
    assert len(result) == len(list(result)) == 2
    assert result.array.shape == (3, 4)
    assert [tuple(s) for s in result.inputs] == inputs
    assert [tuple(s) for s in result.outputs] == outputs
    assert result[1, 0] == {(2, 0): 10.0, (1, 1): 9.0, (0, 2): 11.0}
    assert result[(0, 1), (2, 0)] == 6.0
    assert result == dict(result)
    assert result.map("threshold")[0, 1] == {(1, 0): 6.0, (1, 1): 5.0, (0, 1): 7.0}
    assert pickle.loads(pickle.dumps(result)) == result


def test_results_show_themselves_in_a_small_table(result, amplitudes):
    table = result._repr_html_()
    assert table.count("<tr>") == 3
    assert "|2,0&gt;" in table
    assert "0.25" in table
    assert "1 input, 3 outputs of 2 modes, probability" in repr(
        SimulationResult(VALUES[:1], "probability", INPUTS[:1], OUTPUTS)
    )
    one = SimulationResult(VALUES[:1], "probability", INPUTS[:1], OUTPUTS)._repr_html_()
    assert one.count("width:100.0%") == 1
    assert "0.5j" in amplitudes._repr_html_()
    states = np.unique(np.random.default_rng(0).integers(0, 2, (2000, 100)), axis=0)
    large = SimulationResult.from_columns(np.ones((50, 2000)), "probability", states[:50], states)
    assert len(large._repr_html_()) < 10_000
    assert "1992 outputs with smaller values not shown" in large._repr_html_()
    assert "40 more inputs" in large._repr_html_()
    assert "0 outputs" in SimulationResult(np.zeros((1, 0)), "probability", [(1,)], [])._repr_html_()
    assert SimulationResult(np.zeros((0, 0)), "probability", [], [])._repr_html_()


def test_single_values_of_a_large_result_are_read_quickly():
    """An index of the outputs for each value would take minutes here."""
    outputs = [(k // 100, k % 100) for k in range(4000)]
    result = SimulationResult(np.arange(4000.0)[None], "probability", [(1, 0)], outputs)
    start = time.perf_counter()
    assert [result[(1, 0), output] for output in outputs] == list(range(4000))
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("name", ["array", "plot", "_x", "get", "result_type2"])
def test_attributes_that_could_not_be_read_are_refused(name):
    if name == "result_type2":
        assert SimulationResult(VALUES, "probability", INPUTS, OUTPUTS, **{name: 5}).result_type2 == 5
        return
    with pytest.raises(lw.ResultCreationError, match=name):
        SimulationResult(VALUES, "probability", INPUTS, OUTPUTS, **{name: 5})
    with pytest.raises(lw.ResultCreationError, match="counts"):
        SamplingResult({(1, 0): 1}, counts=5)


def test_a_distribution_reads_as_a_dict():
    distribution = ProbabilityDistribution({lw.State([0, 1]): 0.5, (1, 0): 0.25})
    assert distribution == {(0, 1): 0.5, (1, 0): 0.25}
    assert distribution[0, 1] == 0.5
    assert distribution.probabilities.dtype == np.float64
    assert ProbabilityDistribution(distribution) == distribution
    assert pickle.loads(pickle.dumps(distribution)) == distribution
    assert ProbabilityDistribution.from_columns([[0, 1], [1, 0]], [0.5, 0.25]) == distribution
    assert "|0,1>: 0.5" in repr(distribution)
    assert "<table" in distribution._repr_html_()
    with pytest.raises(lw.ProbabilityDistributionError):
        distribution[0, 1] = 0.1
    with pytest.raises(ValueError, match="shape"):
        ProbabilityDistribution.from_columns([[0, 1]], [0.5, 0.25])
    assert ProbabilityDistribution({lw.State([1, 0]): 0.5, (1, 0): 0.25}) == {(1, 0): 0.75}
    twice = ProbabilityDistribution.from_columns([[1, 0], [0, 1], [1, 0]], [0.5, 0.25, 0.25])
    assert list(twice.items()) == [(lw.State([1, 0]), 0.75), (lw.State([0, 1]), 0.25)]
    for value in (np.nan, np.inf, -0.1):
        with pytest.raises(lw.ProbabilityDistributionError, match="negative or not finite"):
            ProbabilityDistribution({(0, 1): 0.5, (1, 0): value})
        with pytest.raises(lw.ProbabilityDistributionError, match="negative or not finite"):
            ProbabilityDistribution.from_columns([[0, 1]], [value])
    for wrong in (5, {5: 1}, {(0, 1): "x"}, {(0, 1): 1, (0,): 1}):
        with pytest.raises(lw.ProbabilityDistributionError):
            ProbabilityDistribution(wrong)


def test_columns_make_the_same_result(result):
    """A result of arrays equals one of States, keeps its attributes, and shares the array it was given."""
    values = VALUES.copy()
    tables = np.array(INPUTS, np.uint8), np.array(OUTPUTS, np.uint8)
    made = SimulationResult.from_columns(values, "probability", *tables, performance=0.9)
    assert made == result
    assert (made.inputs, made.outputs, made.performance) == (result.inputs, result.outputs, 0.9)
    assert np.shares_memory(made.array, values)
    assert not made.array.flags.writeable
    assert pickle.loads(pickle.dumps(made)) == result
    with pytest.raises(lw.ResultCreationError, match="row for each input"):
        SimulationResult.from_columns(values, "probability", *tables[::-1])
    with pytest.raises(lw.ResultCreationError, match="one of"):
        SimulationResult.from_columns(values, "counts", *tables)


def test_deep_copies_share_only_what_cannot_be_changed():
    given = SimulationResult([[1.0]], "probability", [[1, 0]], [[0, 1]], notes=["a"])
    other = copy.deepcopy(given)
    other.notes.append("b")
    assert given.notes == ["a"]
    assert other == given
    plain = SimulationResult([[1.0]], "probability", [[1, 0]], [[0, 1]])
    assert copy.deepcopy(plain) is plain
