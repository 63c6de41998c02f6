"""Sweeps on backends: every setting is what a run of its own gives, bit for bit; nothing is left behind."""

import copy
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.emulator import Backend, Detector, Source
from lwfast.emulator.sweeps import run_sweep as sweeping
from lwfast.emulator.sweeps import stacked

PHASES = np.linspace(0.1, 3, 6)


def silent(*_):
    """Progress that nobody sees; whoever asks for progress gets the long way of small sweeps too."""


def a_circuit(*, loss=0.0, heralded=False):
    theta = lw.Parameter(0.7, label="theta")
    mix = lw.Parameter(0.5, bounds=[0, 1], label="mix")
    circuit = lw.PhotonicCircuit(4)
    circuit.bs(0, loss=loss)
    circuit.bs(2, reflectivity=mix)
    circuit.ps(1, theta)
    circuit.bs(1, convention="H")
    circuit.bs(0)
    circuit.bs(2)
    if heralded:
        circuit.herald(3, (1, 1))
    return circuit, theta, mix


def alone(task, values, children):
    """Yield what a loop over single runs gives, on the very task."""
    before = {parameter: parameter.get() for parameter in values}
    for row in range(len(PHASES)):
        for parameter, column in values.items():
            parameter.set(float(np.broadcast_to(column, len(PHASES))[row]))
        single = copy.copy(task)
        if isinstance(single, lw.Sampler):
            single.random_seed = None
            single.rng = children[row]
        yield single
    for parameter, value in before.items():
        parameter.set(value)


def same_counts(sweep, singles):
    assert len(sweep) == len(singles)
    for mine, other in zip(sweep, singles, strict=True):
        assert np.array_equal(mine.states, other.states)
        assert np.array_equal(mine.counts, other.counts)
        assert mine.input == other.input
        assert mine.nothing_left == other.nothing_left


RULES = lw.PostSelection()
RULES.add((0, 1), (1, 2))
KINDS = {
    "ideal": {},
    "rules": {"post_selection": RULES},
    "callable": {"post_selection": lambda state: state[0] < 2},
    "min detection": {"min_detection": 2},
    "shots": {"sampling_mode": "input", "post_selection": RULES},
    "no samples": {"n_samples": 0},
    "source": {"source": Source(purity=0.95, brightness=0.8, indistinguishability=0.9)},
    "dim source": {"source": Source(brightness=0.5)},
    "detector": {"detector": Detector(efficiency=0.7, p_dark=1e-3), "sampling_mode": "input"},
    "threshold": {"detector": Detector(photon_counting=False)},
}


@pytest.mark.parametrize("loss", [0.0, 0.2])
@pytest.mark.parametrize("heralded", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_is_the_loop_over_single_runs(kind, heralded, loss):
    circuit, theta, mix = a_circuit(loss=loss, heralded=heralded)
    state = lw.State([1, 1, 0] if heralded else [1, 1, 1, 0])
    task = lw.Sampler(circuit, state, **{"n_samples": 500, "random_seed": 11, **KINDS[kind]})
    values = {theta: PHASES, mix: 0.3}
    sweep = lw.Sweep(task, values)
    found = Backend().run(sweep)
    assert Backend().run(sweep, progress=silent) == found
    children = np.random.SeedSequence(11).spawn(len(PHASES))
    singles = [Backend().run(single) for single in alone(task, values, children)]
    same_counts(found, singles)
    assert (theta.get(), mix.get()) == (0.7, 0.5)
    assert task.random_seed == 11
    assert task.rng is None


@pytest.mark.parametrize("name", ["auto", "slos", "permanent", "clifford"])
def test_every_backend_runs_sweeps(name):
    circuit, theta, _ = a_circuit()
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 1]), 300, random_seed=2)
    found = Backend(name).run(lw.Sweep(task, {theta: PHASES}))
    children = np.random.SeedSequence(2).spawn(len(PHASES))
    same_counts(found, [Backend(name).run(one) for one in alone(task, {theta: PHASES}, children)])


def test_simulators_and_analyzers():
    circuit, theta, _ = a_circuit()
    inputs = [lw.State([1, 1, 0, 0]), lw.State([1, 0, 1, 0])]
    expected = {inputs[0]: lw.State([0, 1, 1, 0]), inputs[1]: lw.State([1, 1, 0, 0])}
    tasks = [
        lw.Simulator(circuit, inputs),
        lw.Simulator(circuit, inputs, [lw.State([0, 0, 1, 1])]),
        lw.Analyzer(circuit, inputs, expected, post_selection=RULES),
    ]
    for task in tasks:
        found = Backend().run(lw.Sweep(task, {theta: PHASES}))
        singles = [Backend().run(single) for single in alone(task, {theta: PHASES}, None)]
        for mine, other in zip(found, singles, strict=True):
            assert np.array_equal(mine.array, other.array)
            assert np.array_equal(mine.output_table, other.output_table)
            assert mine == other
        if isinstance(task, lw.Analyzer):
            assert found.performance.tolist() == [one.performance for one in singles]
            assert found.error_rate.tolist() == [one.error_rate for one in singles]


def test_what_the_seed_may_be():
    circuit, theta, _ = a_circuit()

    def run(**seed):
        task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 200, **seed)
        return Backend().run(lw.Sweep(task, {theta: PHASES}))

    seed = np.random.SeedSequence(5)
    first = run(random_seed=5)
    assert first == run(rng=5) == run(rng=seed)
    seed.spawn(3)
    assert first == run(rng=seed)  # as if nothing had been spawned from it
    assert seed.n_children_spawned == 3
    generator = np.random.default_rng(5)
    drawn = run(rng=generator)
    assert drawn != run(rng=generator)
    assert drawn == run(rng=np.random.default_rng(5))
    assert run() != run()


def test_an_executor_gives_the_same():
    circuit, theta, _ = a_circuit(loss=0.1)
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 200, random_seed=3, source=Source(purity=0.9))
    sweep = lw.Sweep(task, {theta: np.linspace(0, 3, 130)})
    here = Backend().run(sweep)
    with ThreadPoolExecutor(2) as threads:
        assert Backend().run(sweep, executor=threads) == here
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert Backend().run(sweep, executor=processes) == here


def test_progress_ends_with_all_settings():
    circuit, theta, _ = a_circuit()
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 20)
    told = []
    Backend().run(lw.Sweep(task, {theta: np.linspace(0, 1, 100)}), progress=lambda *step: told.append(step))
    assert told[-1] == ("settings of the sweep", 100, 100)


def test_a_plan_tells_of_all_settings():
    circuit, theta, _ = a_circuit()
    sweep = lw.Sweep(lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 20), {theta: np.linspace(0, 1, 100)})
    plan = Backend().plan(sweep)
    assert "100 settings" in str(plan)
    assert plan.seconds == pytest.approx(100 * Backend().plan(sweep.task).seconds)


def test_an_error_names_its_setting_and_leaves_all_as_it_was():
    circuit, theta, _ = a_circuit()
    calls = []

    def picky(state):
        calls.append(state)
        if len(calls) > 30:
            raise RuntimeError("picky")
        return True

    task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 20, post_selection=picky, random_seed=4)
    with pytest.raises(RuntimeError, match=r"^Setting 3 of the sweep \(theta=1\.84\): picky$"):
        Backend().run(lw.Sweep(task, {theta: PHASES}))
    assert theta.get() == 0.7
    assert task.circuit is circuit
    with pytest.raises(lw.SamplerError, match="first running"):
        task.probability_distribution  # noqa: B018


def test_ctrl_c_leaves_all_as_it_was(monkeypatch):
    circuit, theta, _ = a_circuit()
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 20)

    def interrupted(_part):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeping, "run_part", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Backend().run(lw.Sweep(task, {theta: PHASES}), progress=silent)
    assert theta.get() == 0.7


def test_nothing_that_happens_to_parameters_during_a_run_matters():
    circuit, theta, mix = a_circuit()
    task = lw.Sampler(
        circuit, lw.State([1, 1, 0, 0]), 20, random_seed=4, post_selection=lambda s: mix.set(0.9) is None
    )
    found = Backend().run(lw.Sweep(task, {theta: PHASES}))
    mix.set(0.5)
    assert found == Backend().run(lw.Sweep(task, {theta: PHASES}))


def test_a_setting_in_which_nothing_can_count_raises_as_alone():
    phase = lw.Parameter(0.0, label="phase")
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, phase)
    circuit.bs(0)
    rule = lw.PostSelection()
    rule.add(1, 0)
    # Without a phase each photon goes over to the other mode, for sure.
    task = lw.Sampler(circuit, lw.State([1, 0]), 50, post_selection=rule, random_seed=1)
    with pytest.raises(lw.SamplerError, match=r"^Setting 1 of the sweep \(phase=0\): No output states"):
        Backend().run(lw.Sweep(task, {phase: [1.0, 0.0, 2.0]}))
    with pytest.raises(lw.SamplerError):
        Backend().run(task)
    task.sampling_mode = "input"
    found = Backend().run(lw.Sweep(task, {phase: [1.0, 0.0, 2.0]}))
    assert found.n_samples[1] == 0
    assert "none of 50 samples" in found[1].nothing_left


def test_an_imprecise_matrix_in_a_sweep_is_mended_as_alone():
    phase = lw.Parameter(0.0, label="phase")
    circuit = lw.PhotonicCircuit(3)
    circuit.add(lw.Unitary(lw.random_unitary(3, seed=1) + 1e-11))
    circuit.ps(0, phase)
    circuit.bs(0)
    task = lw.Sampler(circuit, lw.State([1, 1, 0]), 2000, random_seed=8)
    found = Backend().run(lw.Sweep(task, {phase: PHASES}))
    children = np.random.SeedSequence(8).spawn(len(PHASES))
    same_counts(found, [Backend().run(one) for one in alone(task, {phase: PHASES}, children)])


def test_ideal_samplers_are_run_as_a_stack(monkeypatch):
    circuit, theta, _ = a_circuit()
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 20, random_seed=4)

    def slow(*_):
        raise AssertionError("one by one")

    monkeypatch.setattr(stacked.SettingRuns, "run_one", slow)
    Backend().run(lw.Sweep(task, {theta: PHASES}), progress=silent)


@pytest.mark.parametrize("allowed", [1, 7000, 20_000])
def test_how_many_are_worked_out_at_once_changes_nothing(monkeypatch, allowed):
    circuit, theta, _ = a_circuit()
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 200, random_seed=4)
    sweep = lw.Sweep(task, {theta: np.linspace(0, 3, 50)})
    whole = Backend().run(sweep, progress=silent)
    monkeypatch.setattr(stacked, "_STACK_BYTES", allowed)
    assert Backend().run(sweep, progress=silent) == whole


def test_a_circuit_that_lost_its_parameter():
    circuit, theta, _ = a_circuit()
    task = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), 20)
    sweep = lw.Sweep(task, {theta: PHASES})
    task.circuit = lw.PhotonicCircuit(4)
    with pytest.raises(ValueError, match="theta is not one of its parameters"):
        Backend().run(sweep)


def test_results_that_do_not_fit_in_memory_are_refused(monkeypatch):
    circuit, theta, _ = a_circuit()
    sweep = lw.Sweep(lw.Simulator(circuit, lw.State([3, 3, 0, 0])), {theta: np.linspace(0, 1, 5000)})
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "10000000")
    with pytest.raises(lw.ResourceLimitError, match="5,000 settings"):
        Backend().run(sweep)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(-10, 10), min_size=1, max_size=8),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
    st.integers(0, 2**40),
    st.integers(1, 400),
)
def test_any_sweep_is_its_single_runs(phases, photons, seed, n_samples):
    circuit, theta, _ = a_circuit()
    task = lw.Sampler(circuit, lw.State(photons), n_samples, random_seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Backend().run(lw.Sweep(task, {theta: phases}))
    children = np.random.SeedSequence(seed).spawn(len(phases))
    for row, phase in enumerate(phases):
        theta.set(phase)
        one = Backend().run(lw.Sampler(circuit, lw.State(photons), n_samples, rng=children[row]))
        assert np.array_equal(found[row].states, one.states)
        assert np.array_equal(found[row].counts, one.counts)
