"""States, distributions and counts, there and back; and what stands for nothing in the other package."""

from __future__ import annotations

import sys

import numpy as np
import pytest

pcvl = pytest.importorskip("perceval")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import lwfast as lw  # noqa: E402
from lwfast.results.probability_distribution import ProbabilityDistribution  # noqa: E402
from lwfast.results.sampling_result import SamplingResult  # noqa: E402
from lwfast.rules import DefaultPostSelection  # noqa: E402
from tests.strategies import occupations  # noqa: E402


@given(occupations.filter(bool))
def test_states(numbers):
    """Photon numbers are in the order of modes in both."""
    there = lw.to_perceval(lw.State(numbers))
    assert there == pcvl.BasicState(numbers)
    assert lw.from_perceval(there) == lw.State(numbers)


@pytest.mark.parametrize("text", ["|{0},1>", "|{P:H},1>"])
def test_annotated_states(text):
    with pytest.raises(ValueError, match="have annotations"):
        lw.from_perceval(pcvl.BasicState(text))
    assert lw.from_perceval(pcvl.BasicState(text).clear_annotations()) == lw.State([1, 1])


def test_invalid_qubits_have_no_photon_number():
    with pytest.raises(TypeError, match="X"):
        lw.to_perceval(lw.State([1, "X"]))
    for kind in (ProbabilityDistribution, SamplingResult):
        with pytest.raises(lw.ResultError, match="X"):
            lw.to_perceval(kind({lw.State([1, "X"]): 1}))


def keyed(values):
    return st.dictionaries(
        st.tuples(*[st.integers(0, 9)] * 3).map(lambda n: lw.State(list(n))), values, max_size=20
    )


@settings(deadline=None)
@given(keyed(st.floats(0, 1)))
def test_distributions(probabilities):
    """All values come back, also those below 1e-16, which Perceval leaves out of one made of a mapping."""
    there = lw.to_perceval(ProbabilityDistribution(probabilities))
    assert isinstance(there, pcvl.BSDistribution)
    back = dict(lw.from_perceval(there))
    assert {state: p for state, p in back.items() if p} == {
        state: p for state, p in probabilities.items() if p
    }


def test_distribution_of_a_run():
    """A distribution that Perceval computed is the one that lwfast computes."""
    matrix = lw.random_unitary(4, seed=2)
    processor = pcvl.Processor("SLOS", pcvl.Unitary(pcvl.Matrix(matrix)))
    processor.with_input(pcvl.BasicState([1, 2, 0, 1]))
    theirs = lw.from_perceval(processor.probs()["results"])
    ours = lw.output_distribution(matrix, [1, 2, 0, 1])
    assert len(theirs) == len(ours.states)
    np.testing.assert_allclose(
        [theirs[tuple(s)] for s in ours.states.tolist()], ours.probabilities, atol=1e-12
    )


def test_negative_probabilities_are_refused():
    negative = pcvl.BSDistribution()
    negative[pcvl.BasicState([1])] = -0.5
    with pytest.raises(lw.ProbabilityDistributionError, match=r"-0\.5"):
        lw.from_perceval(negative)


@settings(deadline=None)
@given(keyed(st.integers(0, 2**53)))
def test_counts(counts):
    there = lw.to_perceval(SamplingResult(counts))
    assert isinstance(there, pcvl.BSCount)
    back = lw.from_perceval(there)
    assert dict(back) == counts
    assert back.counts.dtype == np.int64


def test_counts_that_are_floats():
    with pytest.raises(TypeError, match="to_perceval needs integer counts"):
        lw.to_perceval(SamplingResult({lw.State([1]): 0.5}))


def test_results_of_a_run():
    """What was sampled here can go on there."""
    sampler = lw.Sampler(lw.Unitary(lw.random_unitary(3, seed=1)), lw.State([1, 1, 0]), 100, random_seed=1)
    result = lw.emulator.Backend("auto").run(sampler)
    assert lw.to_perceval(result).total() == 100
    assert dict(lw.from_perceval(lw.to_perceval(sampler.probability_distribution))) == pytest.approx(
        dict(sampler.probability_distribution)
    )


@pytest.mark.parametrize(
    ("obj", "remedy"),
    [
        (None, "got NoneType"),
        (lw.State([1]), "got lwfast.state.State"),
        ({"results": None}, "entry 'results'"),
        (pcvl.BSSamples(), "samples_to_sample_count"),
        (pcvl.StateVector("|1,0>"), "no superpositions"),
        (pcvl.SVDistribution(pcvl.StateVector("|1,0>")), "NoiseModel"),
        (pcvl.NoiseModel, "got type"),
    ],
)
def test_nothing_else_comes_from_perceval(obj, remedy):
    with pytest.raises(TypeError, match=f"Expected a Circuit.*{remedy}"):
        lw.from_perceval(obj)


@pytest.mark.parametrize(
    "obj", [None, [1, 0], pcvl.BasicState([1]), lw.Simulator(lw.PhotonicCircuit(1), lw.State([1])), lw.State]
)
def test_nothing_else_goes_to_perceval(obj):
    with pytest.raises(TypeError, match="Expected a PhotonicCircuit"):
        lw.to_perceval(obj)


def test_parameters_are_for_circuits():
    with pytest.raises(TypeError, match="parameters are those of a circuit"):
        lw.from_perceval(pcvl.BasicState([1]), parameters={})


def test_selections_without_rules():
    for selection in (lw.PostSelection(), DefaultPostSelection()):
        there = lw.to_perceval(selection)
        assert not there.has_condition
        assert lw.from_perceval(there) is None


def test_without_perceval(monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "perceval", None)
    for convert in (lw.from_perceval, lw.to_perceval):
        with pytest.raises(lw.LightworksDependencyError, match=r"perceval-quandela .*lwfast\[perceval\]"):
            convert(lw.State([1]))
