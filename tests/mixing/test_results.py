"""Results of the two packages in each other's functions."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given

import lwfast as lw
from lwfast.errors import ResultError
from lwfast.results import (
    ProbabilityDistribution,
    SamplingResult,
    SimulationResult,
    merge_results,
    plot_results,
)
from lwfast.results.distances import fidelity, total_variation
from lwfast.visualisation import plot_correlations
from tests.strategies import tables

lightworks = pytest.importorskip("lightworks", reason="Lightworks is not installed: nothing to mix with")
theirs = pytest.importorskip("lightworks.sdk.results")
RUN = lw.emulator.Backend().run


def pair():
    counts = {(1, 0, 1): 30, (0, 2, 0): 12, (1, 1, 0): 5}
    ours = SamplingResult(counts, lw.State([1, 1, 0]), run=7)
    other = theirs.SamplingResult(
        {lightworks.State(list(s)): n for s, n in counts.items()}, lightworks.State([1, 1, 0]), run=7
    )
    return ours, other


@given(tables(max_modes=5))
def test_counts_there_and_back(table):
    """Every state, its count, the input and the attributes."""
    ours = SamplingResult.from_columns(*table, input=[1, 0])
    written = ours.to_lightworks()
    assert type(written) is theirs.SamplingResult
    assert ours == written
    assert written == ours
    assert written.input == ours.input == lightworks.State([1, 0])
    assert [state.s for state in written] == [state.s for state in ours]
    assert merge_results([written]) == ours


def test_attributes_cross():
    ours, other = pair()
    written = ours.to_lightworks()
    assert written.run == 7
    assert merge_results([other]).run == 7
    with pytest.raises(ResultError, match="needs the input state"):
        SamplingResult({(1, 0): 3}).to_lightworks()
    labels = ours.map(lambda s: ["X", s[0]])
    assert labels.to_lightworks()[lightworks.State(["X", 1])] == 35


def test_either_finds_the_states_of_the_other():
    """Look-ups, membership and comparisons take both kinds of states and results."""
    ours, other = pair()
    for state in other:
        assert ours[state] == other[state] == ours.get(state)
        assert state in ours
    for state in ours:
        assert other[state] == ours[state]
        assert state in other
    assert ours == other == ours
    assert dict(ours) == dict(other) == dict(ours)
    assert {**ours, **other} == dict(ours)
    assert ours | other == other
    assert set(ours) == set(other)


def test_sums_and_distances():
    """Merging, `+`, `sum` and distances take results of Lightworks."""
    ours, other = pair()
    twice = {state: 2 * n for state, n in ours.items()}
    for whole in (ours + other, other + ours, merge_results([other, ours]), sum([ours, other])):
        assert type(whole) is SamplingResult
        assert whole == twice
        assert (whole.input, whole.run) == (lw.State([1, 1, 0]), 7)
    assert total_variation(ours, other).value == 0
    assert fidelity(other, ours).value == pytest.approx(1)
    with pytest.raises(TypeError, match="Only results of counts"):
        merge_results([theirs.ProbabilityDistribution({})])
    with pytest.raises(TypeError):
        ours + {}


def test_simulations_and_distributions_there_and_back():
    """Arrays, types, states and attributes."""
    circuit = lw.Unitary(lw.random_unitary(3, 1))
    states = [lw.State([1, 1, 0]), lw.State([0, 1, 1])]
    for task in (lw.Simulator(circuit, states), lw.Analyzer(circuit, states, {s: s for s in states})):
        ours = RUN(task)
        written = ours.to_lightworks()
        assert type(written) is theirs.SimulationResult
        assert written.result_type == ours.result_type
        assert np.array_equal(written.array, ours.array)
        assert ours == written == ours
        for start in written.inputs:
            for end in written.outputs:
                assert ours[start, end] == written[lw.State(start.s), lw.State(end.s)]
        back = SimulationResult(written.array, written.result_type, written.inputs, written.outputs)
        assert back == ours
    assert (written.performance, written.error_rate) == (ours.performance, ours.error_rate)
    found = ProbabilityDistribution({(1, 0): 0.25, (0, 1): 0.75})
    written = found.to_lightworks()
    assert type(written) is theirs.ProbabilityDistribution
    assert found == written == found
    assert ProbabilityDistribution(written) == found


def test_mappings_and_post_selection_of_lightworks():
    """Its functions and rules on our results, and ours on its results."""
    ours, other = pair()
    rules = lightworks.PostSelection()
    rules.add(0, 1)
    own_rules = lw.PostSelection()
    own_rules.add(0, 1)
    for name in ("threshold_mapping", "parity_mapping"):
        mapped = ours.map(getattr(lightworks.convert, name), invert=True)
        assert mapped == other.map(getattr(lightworks.convert, name), invert=True)
        assert mapped == other.map(getattr(lw.convert, name), invert=True)
        assert mapped == ours.map(partial(getattr(lightworks.convert, name), invert=True))
    kept = other.apply_post_selection(rules)
    assert ours.apply_post_selection(rules) == kept == ours.apply_post_selection(own_rules)
    assert other.apply_post_selection(own_rules.to_lightworks()) == kept
    assert ours.apply_post_selection(lambda s: s != lightworks.State([0, 2, 0])) == kept
    for rails in ([1, 0, 0, 1], [1, 1, 0, 1]):
        for convert in (lw.convert, lightworks.convert):
            qubits = [convert.dual_rail_to_qubit(p.State(rails), True) for p in (lw, lightworks)]
            assert qubits[0] == qubits[1]
    assert lw.convert.qubit_to_dual_rail(lightworks.State([0, 1])) == lightworks.State([1, 0, 0, 1])


def test_state_labels_of_plots():
    """Labels by Lightworks' states find their bars."""
    pytest.importorskip("matplotlib")
    ours, other = pair()
    for result in (ours, other):
        _, axes = result.plot(show=False, state_labels={lightworks.State([1, 0, 1]): "both"})
        assert "both" in [text.get_text() for text in axes.get_xticklabels()]
        _, axes = result.plot(show=False, state_labels={lw.State([1, 0, 1]): "both"})
        assert "both" in [text.get_text() for text in axes.get_xticklabels()]
    for results in (other, [ours, other], {"a": other, "b": ours}):
        _, axes = plot_results(results, compare=other, show=False)
        assert axes.get_xticklabels()[0].get_text().startswith("|1,0,1")
    found = theirs.ProbabilityDistribution({lightworks.State([1, 0, 1]): 1.0})
    for probabilities in (found, [found]):
        _, axes = plot_results(probabilities, show=False)
        assert axes.get_xticklabels()[0].get_text().startswith("|1,0,1")
    own_map, other_map = (plot_correlations(one, show=False)[1].images[0] for one in (ours, other))
    assert np.array_equal(own_map.get_array().filled(0), other_map.get_array().filled(0))
    with pytest.raises(TypeError, match="can be drawn"):
        plot_results([lightworks.State([1, 0, 1])], show=False)


@pytest.mark.parametrize("kind", ["StateTomography", "LIProcessTomography", "GateFidelity"])
def test_tomography_takes_results_and_circuits_of_either(kind):
    """Lightworks' tomography of results of ours, and ours of results of either, have one answer."""
    base = lightworks.PhotonicCircuit(2)
    base.add(lightworks.qubit.Ry(0.7))
    reference = getattr(lightworks.tomography, kind)(1, base)
    ours = getattr(lw.tomography, kind)(1, base)
    target = (base.U,) if kind == "GateFidelity" else ()
    runs, mixed = [], []
    for one in reference.get_experiments():
        state = getattr(one, "input_state", lightworks.State([1, 0]))
        task = lightworks.Sampler(one.circuit, state, 400, random_seed=5)
        runs.append(RUN(task))
        mixed.append(runs[-1].to_lightworks())
    expected = reference.process(mixed, *target)
    assert np.allclose(reference.process(runs, *target), expected, rtol=0, atol=1e-12)
    for data in (runs, mixed):
        assert np.allclose(ours.process(data, *target), expected, rtol=0, atol=1e-10)
    assert ours.base_circuit is base
    # What happens to the circuit and its Parameters counts when experiments are made.
    base.ps(0, 0.3)
    for one, other in zip(ours.get_experiments(), reference.get_experiments(), strict=True):
        assert np.allclose(one.circuit.U, other.circuit.U, rtol=0, atol=1e-12)
