"""Numbers of a result: shares, quotients, means, dicts, parameters."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.errors import ModeMismatchError, ResultError
from lwfast.results import ProbabilityDistribution, SamplingResult

COUNTS = {(0, 1): 30, (1, 0): 50, (2, 0): 20}


@given(st.dictionaries(st.tuples(*[st.integers(0, 3)] * 2), st.integers(0, 1000), max_size=9))
def test_probabilities_are_shares_with_binomial_errors(counts):
    result = SamplingResult(counts)
    total = sum(counts.values())
    for k, (state, count) in enumerate(counts.items()):
        share = count / total if total else 0.0
        assert result.outputs[k] == lw.State(list(state))
        assert result.probabilities[k] == share
        error = np.sqrt(share * (1 - share) / total) if total else 0.0
        assert result.probability_errors[k] == pytest.approx(error)


def test_counts_are_divided_by_a_number():
    result = SamplingResult(COUNTS)
    half = result / 2
    assert half.counts.tolist() == [15.0, 25.0, 10.0]
    assert half.outputs == result.outputs
    assert half.history[-1] == {"step": "divide", "by": 2.0, "states": [3, 3]}
    assert (result / np.float64(4)).counts.tolist() == [7.5, 12.5, 5.0]
    for wrong in (0, float("nan"), float("inf")):
        with pytest.raises(ResultError, match="cannot be divided"):
            result / wrong
    with pytest.raises(TypeError):
        result / "2"


def test_counts_are_divided_by_a_reference():
    result = SamplingResult(COUNTS)
    reference = SamplingResult({(2, 0): 10, (1, 0): 5, (0, 1): 60, (0, 2): 7})
    assert (result / reference).counts.tolist() == [0.5, 10.0, 2.0]
    theory = ProbabilityDistribution({(0, 1): 0.25, (1, 0): 0.5, (2, 0): 0.25})
    assert (result / theory).counts.tolist() == [120.0, 100.0, 80.0]
    assert len(SamplingResult({}) / reference) == 0
    with pytest.raises(ResultError, match=r"nothing of \|2,0>"):
        result / SamplingResult({(0, 1): 1, (1, 0): 1})
    with pytest.raises(ResultError, match="nothing of"):
        result / SamplingResult({(0, 1): 1, (1, 0): 0, (2, 0): 3})
    with pytest.raises(ModeMismatchError, match="2 modes cannot be divided by one of 3"):
        result / SamplingResult({(0, 1, 0): 1})


def test_a_dict_of_states():
    result = SamplingResult(COUNTS)
    found = result.to_dict()
    assert type(found) is dict
    assert list(found.items()) == [(lw.State(list(state)), count) for state, count in COUNTS.items()]
    assert all(type(count) is int for count in found.values())


def test_observables_that_do_not_fit_are_refused():
    result = SamplingResult(COUNTS)
    with pytest.raises(ValueError, match="3 modes"):
        result.expectation({(1, 0, 0): 1})
    with pytest.raises(ValueError, match="shape"):
        result.expectation([1.0, 2.0])
    with pytest.raises(TypeError, match="real number"):
        result.expectation(lambda state: "one")
    with pytest.raises(ValueError, match="finite"):
        result.expectation(lambda state: float("nan"))
    qubits = SamplingResult({(1, 1): 3}).map("dual_rail_to_qubit", allow_invalid=True)
    with pytest.raises(ResultError, match="X"):
        qubits.expectation(lambda state: 1)


def test_the_mean_agrees_with_theory():
    circuit = lw.Unitary(lw.random_unitary(4, seed=2))
    sampler = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), n_samples=20_000, random_seed=3)
    result = lw.emulator.Backend("auto").run(sampler)
    value, error = result.expectation(lambda state: state[0] * state[1])
    assert abs(value - lw.expectation(sampler, lambda state: state[0] * state[1])) < 5 * error


@pytest.mark.parametrize("form", ["npz", "parquet", "json"])
def test_parameters_stay_with_a_result(tmp_path, form):
    result = SamplingResult(COUNTS).with_parameters(theta=0.25).with_parameters({"phase 2": np.float64(1.5)})
    assert result.parameters == {"theta": 0.25, "phase 2": 1.5}
    assert result.raw_data.parameters == result.parameters
    assert SamplingResult(COUNTS).parameters == {}
    path = result.save(tmp_path / f"a.{form}", metadata=True)
    again = lw.load_result(path)
    assert again.parameters == result.parameters
    assert again == result
    assert pickle.loads(pickle.dumps(result)).parameters == result.parameters
    assert result.map("threshold").parameters == result.parameters
    with pytest.raises(TypeError, match="label of a parameter is text"):
        result.with_parameters({1: 2})
    with pytest.raises(TypeError, match="parameters"):
        result.with_parameters(theta=object())


@pytest.mark.parametrize("by", [1, 10, 3000.0, "reference"])
def test_what_was_divided_has_no_error(by):
    """Its counts do not say how many samples there were; a thousandth of them had 30 times the error."""
    result = SamplingResult({(1, 0): 2000, (0, 1): 1000})
    value, error = result.expectation(lambda state: state[0])
    assert (value, error) == pytest.approx((2 / 3, (2 / 9 / 3000) ** 0.5))
    divided = result / (result if by == "reference" else by)
    mean = divided.expectation(lambda state: state[0])
    assert mean.value == pytest.approx(0.5 if by == "reference" else 2 / 3)
    assert math.isnan(mean.error)
    assert math.isnan((mean + mean).error)
    assert "error is not known" in repr(mean)
    assert np.isnan(divided.probability_errors).all()
    difference = divided.differences(0, 1)
    assert difference.mean == pytest.approx(0 if by == "reference" else 1 / 3)
    for one in (difference, difference + difference, difference + result.differences(0, 1)):
        assert math.isnan(one.error)
        assert math.isnan(pickle.loads(pickle.dumps(one)).error)
    for measure in (lw.results.total_variation, lw.results.fidelity):
        for pair in ((divided, result), (result, divided), (divided, divided)):
            found, exact = measure(*pair), measure(*({**one} for one in pair))
            assert found.value == exact.value
            assert math.isnan(found.error)
            assert math.isnan(found.expected)
            assert not math.isnan(exact.error)  # a dict of floats stands for probabilities
    assert divided.probabilities.tolist() == pytest.approx(
        [1 / 2] * 2 if by == "reference" else [2 / 3, 1 / 3]
    )
