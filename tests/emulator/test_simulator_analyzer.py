from __future__ import annotations

import math

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import Backend, run_analyzer
from lwfast.emulator.plans import Plan
from lwfast.errors import PhotonNumberError, ResourceLimitError
from tests.reference.slos import amplitude


def circuit(loss=0.0, heralds=()):
    made = lw.PhotonicCircuit(4)
    for mode in (0, 2, 1, 0):
        made.bs(mode, mode + 1, reflectivity=0.35, loss=loss)
        made.ps(mode, 0.4 + mode)
    for mode in heralds:
        made.herald(mode, 1)
    return made


@pytest.mark.parametrize("name", ["auto", "permanent"])
@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_simulator_gives_amplitudes(name, loss):
    """Amplitudes are permanents of blocks of the transfer matrix, for all outputs or given ones."""
    made = circuit(loss)
    inputs = [lw.State([1, 1, 0, 0]), lw.State([0, 2, 0, 0])]
    result = Backend(name).run(lw.Simulator(made, inputs))
    assert result.result_type == "probability_amplitude"
    assert len(result.outputs) == 10
    matrix = made._build().transfer_matrix
    for row, start in enumerate(inputs):
        for column, end in enumerate(result.outputs):
            assert abs(result.array[row, column] - amplitude(matrix, start.s, end.s)) < 1e-13
    some = [lw.State([0, 0, 1, 1]), lw.State([2, 0, 0, 0])]
    given = Backend(name).run(lw.Simulator(made, inputs, some))
    for start in inputs:
        for end in some:
            assert abs(given[start, end] - result[start, end]) < 1e-13


@pytest.mark.parametrize("name", ["auto", "permanent"])
def test_simulator_with_heralds(name):
    """Heralded modes are added to inputs and outputs."""
    made = circuit(heralds=[1])
    result = Backend(name).run(lw.Simulator(made, lw.State([1, 0, 1])))
    matrix = made._build().transfer_matrix
    for column, end in enumerate(result.outputs):
        whole = [end[0], 1, end[1], end[2]]
        assert abs(result.array[0, column] - amplitude(matrix, [1, 1, 0, 1], whole)) < 1e-13


def test_simulator_of_the_vacuum():
    """No photons in: the amplitude of no photons out is 1."""
    result = Backend().run(lw.Simulator(circuit(), lw.State([0, 0, 0, 0])))
    assert result.array.tolist() == [[1.0]]


def test_simulator_photon_numbers():
    """Inputs with other photon numbers, or outputs with other ones than the inputs, are refused."""
    with pytest.raises(PhotonNumberError):
        Backend().run(lw.Simulator(circuit(), [lw.State([1, 0, 0, 0]), lw.State([1, 1, 0, 0])]))
    with pytest.raises(PhotonNumberError):
        Backend().run(lw.Simulator(circuit(), lw.State([1, 0, 0, 0]), lw.State([1, 1, 0, 0])))


@pytest.mark.parametrize("name", ["auto", "permanent"])
@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_analyzer(name, loss):
    """Probabilities under heralds and rules; performance is their mean sum; fewest photons come first."""
    made = circuit(loss, heralds=[3])
    rules = lw.PostSelection()
    rules.add(0, (0, 1))
    inputs = [lw.State([1, 1, 0]), lw.State([0, 1, 1])]
    expected = {inputs[0]: lw.State([1, 1, 0]), inputs[1]: [lw.State([0, 2, 0]), lw.State([1, 0, 1])]}
    result = Backend(name).run(lw.Analyzer(made, inputs, expected, rules))
    photons = [state.n_photons for state in result.outputs]
    assert photons == sorted(photons)
    assert (min(photons) == 0) == (loss > 0)
    assert all(state[0] <= 1 for state in result.outputs)
    matrix = made._build().transfer_matrix
    for row, start in enumerate(inputs):
        exact = lw.output_distribution(matrix, [*start.s, 1], heralds={3: 1}, rules=rules)
        found = {tuple(s): p for s, p in zip(exact.states.tolist(), exact.probabilities, strict=True)}
        for column, end in enumerate(result.outputs):
            assert abs(result.array[row, column] - found.get(tuple(end.s), 0)) < 1e-13
    assert abs(result.performance - result.array.sum() / 2) < 1e-14
    hits = [
        result[inputs[0], lw.State([1, 1, 0])] / result.array[0].sum(),
        (result[inputs[1], lw.State([0, 2, 0])] + result[inputs[1], lw.State([1, 0, 1])])
        / result.array[1].sum(),
    ]
    assert abs(result.error_rate - (1 - np.mean(hits))) < 1e-13


@pytest.mark.parametrize("name", ["auto", "permanent"])
def test_a_state_that_is_named_twice_is_one_state(name):
    """Expected outputs count once, however often they are named; an error rate is never negative."""
    identity = lw.Unitary(np.eye(2))
    one = lw.State([1, 0])
    result = Backend(name).run(lw.Analyzer(identity, one, {one: [one, one]}))
    assert result.error_rate == 0.0
    for seed in range(20):
        wanted = [lw.State([1, 0]), lw.State([0, 1]), lw.State([1, 0])]
        task = lw.Analyzer(lw.Unitary(lw.random_unitary(2, seed)), one, {one: wanted})
        assert 0.0 <= Backend(name).run(task).error_rate < 1e-14
    task = lw.Analyzer(identity, [one, one], {one: one})
    result = Backend(name).run(task)
    assert result.array.shape == (2, 2)
    assert (result.performance, result.error_rate) == (1.0, 0.0)


@pytest.mark.parametrize("asked_at_once", [1 << 14, 7])
def test_analyzer_takes_callables(monkeypatch, asked_at_once):
    """A callable selects as the rule that says the same, however many outputs it is asked about at once."""
    monkeypatch.setattr(run_analyzer, "_ASKED", asked_at_once)
    rules = lw.PostSelection()
    rules.add((0, 1), 1)
    start = lw.State([1, 1, 0, 0])
    by_rule = Backend().run(lw.Analyzer(circuit(0.1), start, post_selection=rules))
    by_call = Backend().run(lw.Analyzer(circuit(0.1), start, post_selection=lambda s: s[0] + s[1] == 1))
    assert by_rule.outputs == by_call.outputs
    assert np.array_equal(by_rule.array, by_call.array)
    assert not hasattr(by_rule, "error_rate")


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_analyzer_takes_rules_with_a_test_of_their_own(loss):
    """The rules leave outcomes out early, the test some more; what is left keeps its probability."""

    class Stricter(lw.PostSelection):
        def validate(self, state):
            return super().validate(state) and state[2] == 0

    strict, both = Stricter(), lw.PostSelection()
    strict.add((0, 1), 1)
    both.add((0, 1), 1)
    both.add(2, 0)
    start = lw.State([1, 1, 0, 0])
    tested = Backend().run(lw.Analyzer(circuit(loss), start, post_selection=strict))
    by_rules = Backend().run(lw.Analyzer(circuit(loss), start, post_selection=both))
    assert tested.outputs == by_rules.outputs
    assert np.array_equal(tested.array, by_rules.array)


def test_analyzer_of_a_loss_of_nothing():
    """An element that could lose light and does not: outcomes with fewer photons are listed, with 0."""
    made, mixing = lw.PhotonicCircuit(4), lw.Unitary(lw.random_unitary(4, 2))
    made.add(mixing, 0)
    made.loss(0, 0)
    rules = lw.PostSelection()
    rules.add(0, (0, 1))
    result = Backend().run(lw.Analyzer(made, lw.State([1, 1, 0, 0]), post_selection=rules))
    whole = Backend().run(lw.Analyzer(mixing, lw.State([1, 1, 0, 0]), post_selection=rules))
    assert {state.n_photons for state in result.outputs} == {0, 1, 2}
    for state, p in zip(result.outputs, result.array[0].tolist(), strict=True):
        expected = whole[lw.State([1, 1, 0, 0]), state] if state.n_photons == 2 else 0.0
        assert abs(p - expected) < 1e-15
    assert result.array[0, -1] > 0.01


def test_analyzer_errors():
    """No output left, an input without expectation, mixed photon numbers."""
    rules = lw.PostSelection()
    rules.add(0, 9)
    start = lw.State([1, 1, 0, 0])
    with pytest.raises(ValueError, match="relaxing post-selection"):
        Backend().run(lw.Analyzer(circuit(), start, post_selection=rules))
    with pytest.raises(KeyError, match="expectation"):
        Backend().run(lw.Analyzer(circuit(), start, expected={}))
    with pytest.raises(PhotonNumberError):
        Backend().run(lw.Analyzer(circuit(), [start, lw.State([1, 0, 0, 0])]))


@pytest.mark.parametrize("n", [99, 170])
def test_many_photons_in_one_mode(n):
    """Up to 170 photons in a mode keep their amplitude, by layers and by permanents."""
    identity = lw.Unitary(np.eye(2, dtype=complex))
    balanced = lw.Unitary(np.array([[1, 1], [1, -1]]) / np.sqrt(2))
    bunched, split = lw.State([n, 0]), lw.State([n - n // 2, n // 2])
    assert abs(Backend().run(lw.Simulator(identity, bunched, bunched)).array[0, 0] - 1) < 1e-12
    everything = Backend().run(lw.Simulator(balanced, bunched))
    one = Backend().run(lw.Simulator(balanced, bunched, split))
    wanted = np.sqrt(float(math.comb(n, n // 2) / 2**n))
    assert abs(one[bunched, split] - wanted) < 1e-12 * wanted * n
    assert abs(everything[bunched, split] - wanted) < 1e-12 * wanted * n
    assert abs(Backend("permanent").run(lw.Analyzer(balanced, bunched)).performance - 1) < 1e-11


@pytest.mark.parametrize("name", ["auto", "permanent"])
@pytest.mark.parametrize("n", [171, 300])
def test_too_many_photons_are_refused(name, n):
    """Beyond 170! there are no float64 factorials: an error, before anything is laid out."""
    identity = lw.Unitary(np.eye(2, dtype=complex))
    bunched = lw.State([n, 0])
    for task in (
        lw.Simulator(identity, bunched),
        lw.Simulator(identity, bunched, bunched),
        lw.Analyzer(identity, bunched),
    ):
        with pytest.raises(ResourceLimitError, match="170"):
            Backend(name).run(task)
        with pytest.raises(ResourceLimitError, match="170"):
            Backend(name).plan(task)


@pytest.mark.parametrize("name", ["auto", "permanent"])
def test_memory_is_asked_for_before_work(name, monkeypatch):
    """What cannot fit is refused by plan and run alike, with the estimate and what to do."""
    big = lw.Unitary(lw.random_unitary(40, 1))
    state = lw.State([1] * 20 + [0] * 20)
    for task in (lw.Simulator(big, state), lw.Analyzer(big, state)):
        for call in (Backend(name).plan, Backend(name).run):
            with pytest.raises(ResourceLimitError, match=r"outputs would take about .* (Name|Sampler)"):
                call(task)
    small = lw.Analyzer(lw.Unitary(lw.random_unitary(8, 1)), lw.State([1] * 4 + [0] * 4))
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "1e3")
    with pytest.raises(ResourceLimitError, match=r"1 inputs to 330 outputs .* 1 kB are allowed"):
        Backend(name).run(small)


def test_permanents_of_all_outcomes_may_not_fit(monkeypatch):
    """A Sampler that asks for permanents tells what they would take."""
    task = lw.Sampler(lw.Unitary(lw.random_unitary(12, 1)), lw.State([1] * 6 + [0] * 6), 10)
    assert Backend("permanent").plan(task).n_outcomes == math.comb(17, 6)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "1e5")
    for call in (Backend("permanent").plan, Backend("permanent").run):
        with pytest.raises(ResourceLimitError, match=r"'permanent' would need about .* 12,376 outcomes"):
            call(task)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2e-6, "2 µs"),
        (0.0123, "12 ms"),
        (59.96, "60.0 s"),
        (599, "599.0 s"),
        (7200, "2.0 h"),
        (3.6e9, "1,000,000.0 h"),
        (3.6e20, "1e+17 h"),
    ],
)
def test_estimates_are_told_in_their_unit(seconds, text):
    """A plan says its time so that a person can read it."""
    assert f"{text}." in str(Plan("slos", "why.", 1, 1, seconds))


def test_plans_of_samplers_tell_what_run_tells():
    """Shots that would take hours each are refused by plan too; so are states that nothing holds."""
    wide = lw.Sampler(lw.Unitary(lw.random_unitary(60, 1)), lw.State([1] * 40 + [0] * 20), 3)
    bunched = lw.Sampler(lw.Unitary(np.eye(2)), lw.State([10**9, 0]), 3)
    for task, reason in ((wide, "different modes"), (bunched, "at most 255")):
        for name in ("auto", "clifford"):
            for call in (Backend(name).plan, Backend(name).run):
                with pytest.raises(ResourceLimitError, match=reason):
                    call(task)
    many = lw.Sampler(lw.Unitary(lw.random_unitary(2, 1)), lw.State([200, 0]), 3, random_seed=1)
    plan = Backend().plan(many)
    assert plan.method == "clifford"
    assert plan.seconds < 1
    assert Backend().run(many).counts.sum() == 3


def test_rules_count_in_the_plan():
    """Dual-rail rules let a problem fit that would not fit without them."""
    rules = lw.PostSelection()
    for pair in range(10):
        rules.add((2 * pair, 2 * pair + 1), 1)
    unitary = lw.Unitary(lw.random_unitary(20, 1))
    state = lw.State([1, 0] * 10)
    free = Backend("slos").plan(lw.Sampler(unitary, state, 1000))
    bound = Backend("slos").plan(lw.Sampler(unitary, state, 1000, post_selection=rules))
    assert 50 * bound.needed_bytes < free.needed_bytes
    analysed = Backend().run(lw.Analyzer(unitary, state, post_selection=rules))
    assert analysed.array.shape == (1, 1024)
    sampled = Backend().run(lw.Sampler(unitary, state, 10**6, post_selection=rules, random_seed=1))
    weights = analysed.array[0] / analysed.array.sum()
    counts = np.array([sampled.get(state, 0) for state in analysed.outputs])
    expected = weights * 10**6
    assert ((counts - expected) ** 2 / expected).sum() < 1024 + 6 * np.sqrt(2 * 1024)
