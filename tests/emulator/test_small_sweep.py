"""Small and ordinary sweeps take a short way, which gives the very results and errors of the long one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.emulator import Backend, Detector, Source
from lwfast.emulator.lean import small_sweep
from lwfast.emulator.lean.small_sweep import run_small_sweep


def silent(*_):
    """Progress that nobody sees; whoever asks for progress gets the long way."""


def outcome(backend, sweep, progress):
    """What a run gives, to the last bit, or its error."""
    try:
        result = Backend(backend).run(sweep, progress=progress)
    except Exception as error:
        return type(error), str(error)
    arrays = result.states, result.counts, result.offsets, result.settings
    return [(a.shape, a.dtype, a.tobytes()) for a in arrays], result.reason, result.input, result.labels


def assert_same(make, backend="auto"):
    """Compare both ways, each with a sweep of its own; return whether the short one was taken."""
    first, second = make(), make()
    assert outcome(backend, first, None) == outcome(backend, second, silent)
    if isinstance(first.task.rng, np.random.Generator):
        assert first.task.rng.random(3).tolist() == second.task.rng.random(3).tolist()
    try:
        return run_small_sweep(make(), backend) is not None
    except Exception:
        return True  # it raised, and so did the long way


def mesh(n_modes, *, loss=0.0):
    """A circuit with a phase and a reflectivity to vary."""
    theta, mix = lw.Parameter(0.7, label="theta"), lw.Parameter(0.5, bounds=[0, 1], label="mix")
    circuit = lw.PhotonicCircuit(n_modes)
    for layer in range(2):
        for mode in range(layer, n_modes - 1, 2):
            circuit.bs(mode, reflectivity=mix if mode == layer else 0.4, loss=loss)
            circuit.ps(mode, theta if layer == 0 else 0.3)
    circuit.ps(0, theta)
    circuit.ps(0, mix)
    return circuit, theta, mix


@st.composite
def sweeps(draw):
    n_modes = draw(st.integers(1, 4))
    circuit, theta, mix = mesh(n_modes, loss=draw(st.sampled_from([0, 0, 0, 1e-13, 0.2])))
    for mode in range(n_modes):
        if draw(st.integers(0, 3)) == 0:
            circuit.herald((mode, n_modes - 1 - mode), (draw(st.integers(0, 1)), draw(st.integers(0, 1))))
    visible = circuit.n_modes - len(circuit.heralds.output)
    rules = None
    if visible and draw(st.booleans()):
        rules = lw.PostSelection(multi_rules=True)
        for _ in range(draw(st.integers(0, 2))):
            modes = draw(st.lists(st.integers(0, visible - 1), min_size=1, max_size=visible, unique=True))
            rules.add(modes, draw(st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True)))
    occupation = st.lists(st.integers(0, 2), min_size=circuit.input_modes, max_size=circuit.input_modes)
    state = lw.State(draw(occupation))
    options = {
        "n_samples": draw(st.sampled_from([0, 1, 7, 300])),
        "post_selection": rules,
        "min_detection": draw(st.sampled_from([None, 0, 1, 3])),
        "sampling_mode": draw(st.sampled_from(["output", "input"])),
        "source": draw(st.sampled_from([None, None, None, Source(), Source(brightness=0.7)])),
        "detector": draw(st.sampled_from([None, None, None, Detector()])),
    }
    size = draw(st.integers(1, 6))
    phases = draw(st.lists(st.sampled_from([0.0, 0.1, -3.0, np.pi, 40.0]), min_size=size, max_size=size))
    values = {theta: phases, mix: draw(st.sampled_from([0.0, 0.5, 1.0]))}
    seed = draw(st.integers(0, 2**70))
    kind = draw(st.sampled_from(["seed", "rng", "sequence", "generator"]))

    def make():
        task = lw.Sampler(circuit, state, **options)
        if kind == "seed":
            task.random_seed = seed
        elif kind == "sequence":
            task.rng = np.random.SeedSequence(seed, spawn_key=(3, 2**40))
        elif kind == "generator":
            task.rng = np.random.default_rng(seed)
        else:
            task.rng = seed
        return lw.Sweep(task, values)

    return make


@given(sweeps(), st.sampled_from(["auto", "auto", "slos", "permanent", "clifford"]))
@settings(max_examples=100, deadline=None)
def test_any_sweep(make, backend):
    """States, counts, order, reasons, errors, and the generator's state."""
    assert_same(make, backend)


STATE = lw.State([1, 0, 1, 0])
RULES = lw.PostSelection()
RULES.add((0, 1), 1)
ORDINARY = {
    "plain": {},
    "rules": {"post_selection": RULES},
    "shots": {"post_selection": RULES, "sampling_mode": "input"},
    "least": {"min_detection": 2},
    "many samples": {"n_samples": 20_000},
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_sweeps_take_the_short_way(kind):
    circuit, theta, _ = mesh(4)
    options = {"n_samples": 1000, "random_seed": 5, **ORDINARY[kind]}
    assert assert_same(lambda: lw.Sweep(lw.Sampler(circuit, STATE, **options), {theta: np.arange(9) / 3}))


def test_a_grid_takes_it_too():
    circuit, theta, mix = mesh(3)
    task = lw.Sampler(circuit, lw.State([1, 1, 0]), 100, random_seed=5)
    assert assert_same(lambda: lw.Sweep(task, {theta: [0.1, 0.2, 0.3], mix: [0.0, 1.0]}, grid=True))


EXTRAORDINARY = {
    "a source": lambda c, v: lw.Sweep(lw.Sampler(c, STATE, 10, source=Source()), v),
    "a detector": lambda c, v: lw.Sweep(lw.Sampler(c, STATE, 10, detector=Detector()), v),
    "a callable": lambda c, v: lw.Sweep(lw.Sampler(c, STATE, 10, post_selection=lambda s: s[0] < 2), v),
    "no samples": lambda c, v: lw.Sweep(lw.Sampler(c, STATE, 0), v),
    "many samples": lambda c, v: lw.Sweep(lw.Sampler(c, STATE, 1 << 18), v),
    "amplitudes": lambda c, v: lw.Sweep(lw.Simulator(c, STATE, STATE), v),
    "no photon": lambda c, v: lw.Sweep(lw.Sampler(c, lw.State([0] * 4), 10, random_seed=1), v),
}


@pytest.mark.parametrize("kind", EXTRAORDINARY)
def test_others_take_the_long_way(kind):
    circuit, theta, _ = mesh(4)
    assert run_small_sweep(EXTRAORDINARY[kind](circuit, {theta: [0.1, 0.2]}), "auto") is None


def test_who_asks_for_progress_or_gives_an_executor_gets_that(monkeypatch):
    circuit, theta, _ = mesh(4)
    sweep = lw.Sweep(lw.Sampler(circuit, STATE, 10, random_seed=1), {theta: [0.1, 0.2]})
    told = []
    monkeypatch.setattr(small_sweep, "run_small_sweep", lambda *_: pytest.fail("the short way was taken"))
    Backend().run(sweep, progress=lambda *given: told.append(given))
    assert told[-1] == ("settings of the sweep", 2, 2)


def test_nothing_is_drawn_where_the_long_way_is_taken():
    """A total that may be rounding: the generator is drawn from once, by the long way."""
    circuit, theta = lw.PhotonicCircuit(2), lw.Parameter(0.0)
    circuit.bs(0)
    circuit.ps(0, theta)
    circuit.bs(0)
    rules = lw.PostSelection()
    rules.add(0, 1)
    rules.add(1, 1)

    def make():
        task = lw.Sampler(circuit, lw.State([1, 1]), 20, rules, rng=np.random.default_rng(3))
        # At half of pi, photons leave together, and nothing counts.
        return lw.Sweep(task, {theta: [0.3, np.pi / 2, 0.2]})

    assert not assert_same(make)


def test_a_setting_in_which_nothing_was_seen_says_so():
    circuit, theta = lw.PhotonicCircuit(2), lw.Parameter(0.0)
    circuit.bs(0)
    circuit.ps(0, theta)
    circuit.bs(0)
    rules = lw.PostSelection()
    rules.add(0, 2)
    task = lw.Sampler(circuit, lw.State([1, 1]), 5, rules, sampling_mode="input", random_seed=1)
    make = lambda: lw.Sweep(task, {theta: [0.0, np.pi / 2]})  # noqa: E731
    assert assert_same(make)
    found = Backend().run(make())
    assert len(found[0]) == 0
    assert "none of 5 samples" in found[0].nothing_left


def test_an_imprecise_matrix_takes_the_long_way():
    """It is cleaned of its rounding there."""
    circuit, theta = lw.PhotonicCircuit(3), lw.Parameter(0.1, label="theta")
    circuit.add(lw.Unitary(lw.random_unitary(3, seed=2) * (1 + 1e-11)))
    circuit.ps(0, theta)
    circuit.bs(0)
    task = lw.Sampler(circuit, lw.State([1, 1, 0]), 100, random_seed=1)
    assert not assert_same(lambda: lw.Sweep(task, {theta: [0.1, 0.2]}))


def test_a_parameter_that_went_and_a_bound_that_came():
    circuit, theta, _ = mesh(4)
    sweep = lw.Sweep(lw.Sampler(circuit, STATE, 10, random_seed=1), {theta: [0.1, 2.0]})
    theta.set(0.5)
    theta.max_bound = 1.0
    short, long = (outcome("auto", sweep, progress) for progress in (None, silent))
    assert short == long
    assert short[0] is lw.ParameterValueError
    theta.max_bound = None
    sweep.task.circuit = lw.PhotonicCircuit(4)
    short, long = (outcome("auto", sweep, progress) for progress in (None, silent))
    assert short == long
    assert short[0] is ValueError


def test_less_memory_than_a_small_task_may_take(monkeypatch):
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "1e6")
    circuit, theta, _ = mesh(4)
    assert not assert_same(lambda: lw.Sweep(lw.Sampler(circuit, STATE, 10, random_seed=1), {theta: [0.1]}))
