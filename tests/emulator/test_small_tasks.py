"""Small and ordinary tasks take a short way, which gives the very results and errors of the long one."""

from __future__ import annotations

import copy
import pickle
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.emulator import Backend, Detector, Source
from lwfast.emulator.lean import small_tasks
from tests.started import PATIENCE, threads


def silent(*_):
    """Progress that nobody sees; whoever asks for progress gets the long way."""


def outcome(backend, task, progress):
    """What a run gives, to the last bit, or its error."""
    try:
        result = Backend(backend).run(task, progress=progress)
    except Exception as error:
        return type(error), str(error)
    if isinstance(task, lw.Sampler):
        numbers = result.states.shape, result.states.tobytes(), result.counts.tobytes(), result.input
        front = task.probability_distribution
        return *numbers, result.nothing_left, front.states.tobytes(), front.probabilities.tobytes()
    rest = {name: getattr(result, name) for name in ("performance", "error_rate") if hasattr(result, name)}
    columns = result.array, result.input_table, result.output_table
    return [(part.shape, part.dtype, part.tobytes()) for part in columns], type(result), rest


def assert_same(make, backend="auto"):
    """Compare both ways, each with a task of its own; return whether the short one was taken."""
    first, second = make(), make()
    short, long = outcome(backend, first, None), outcome(backend, second, silent)
    assert short == long
    assert outcome(backend, make(), None) == long, "with what was kept"
    again = make()
    if isinstance(first, lw.Sampler) and isinstance(first.rng, np.random.Generator):
        assert first.rng.random(3).tolist() == second.rng.random(3).tolist()
    return small_tasks.run_small(again, backend) is not None


@st.composite
def circuits(draw):
    """Circuits of one to five modes: with and without losses, heralds, groups and Parameters."""
    n_modes = draw(st.integers(1, 5))
    kind = draw(st.sampled_from(["unitary", "mesh", "permutation"]))
    if kind == "unitary":
        circuit = lw.Unitary(lw.random_unitary(n_modes, seed=draw(st.integers(0, 2**32 - 1))))
    else:
        circuit = lw.PhotonicCircuit(n_modes)
    if kind == "permutation":
        order = draw(st.permutations(range(n_modes)))
        circuit.mode_swaps(dict(enumerate(order)))
    if kind == "mesh" or draw(st.booleans()):
        lossy = draw(st.sampled_from([0, 0, 0, 1e-13, 0.1]))
        for mode in range(n_modes - 1):
            reflectivity = draw(st.sampled_from([0.5, 0.0, 1.0, 1 / 3, lw.Parameter(0.25)]))
            circuit.bs(mode, reflectivity=reflectivity, loss=lossy)
            circuit.ps(mode, draw(st.floats(-4, 4)))
    for mode in range(n_modes):
        if draw(st.integers(0, 3)) == 0:
            circuit.herald((mode, n_modes - 1 - mode), (draw(st.integers(0, 1)), draw(st.integers(0, 1))))
    if draw(st.integers(0, 3)) == 0:
        wide = lw.PhotonicCircuit(circuit.input_modes + 1)
        if circuit.input_modes:
            wide.add(circuit, 0)
        circuit = wide
    return circuit


def states(draw, n_modes, n_photons=None):
    if n_photons is None:
        return lw.State(draw(st.lists(st.integers(0, 2), min_size=n_modes, max_size=n_modes)))
    where = draw(st.lists(st.integers(0, max(n_modes - 1, 0)), min_size=n_photons, max_size=n_photons))
    return lw.State(np.bincount(where, minlength=n_modes).tolist())


@st.composite
def selections(draw, n_modes):
    """No post-selection, rules that share modes or not, or a callable."""
    kind = draw(st.sampled_from(["none", "rules", "rules", "callable"]))
    if kind == "none" or not n_modes:
        return None
    if kind == "callable":
        return lambda state: state[0] < 2
    rules = lw.PostSelection(multi_rules=True)
    for _ in range(draw(st.integers(0, 3))):
        modes = draw(st.lists(st.integers(0, n_modes - 1), min_size=1, max_size=n_modes, unique=True))
        rules.add(modes, draw(st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True)))
    return rules


@st.composite
def samplers(draw):
    circuit = draw(circuits())
    state = states(draw, circuit.input_modes)
    visible = circuit.n_modes - len(circuit.heralds.output)
    detector = draw(st.sampled_from([None, None, None, Detector(), Detector(0.9, 0.01, False)]))
    options = {
        "n_samples": draw(st.sampled_from([0, 1, 10, 1000])),
        "post_selection": draw(selections(visible)),
        "min_detection": draw(st.sampled_from([None, None, 0, 1, 2, 4])),
        "source": draw(st.sampled_from([None, None, None, Source(), Source(brightness=0.7)])),
        "detector": detector,
        "sampling_mode": draw(st.sampled_from(["output", "input"])),
    }
    seed = draw(st.integers(0, 2**70))
    kind = draw(st.sampled_from(["seed", "rng", "sequence", "generator", "another"]))

    def make():
        task = lw.Sampler(circuit, state, **options)
        if kind == "seed":
            task.random_seed = seed
        elif kind == "sequence":
            task.rng = np.random.SeedSequence(seed)
        elif kind == "generator":
            task.rng = np.random.default_rng(seed)
        elif kind == "another":
            task.rng = np.random.Generator(np.random.MT19937(seed % 2**32))
        else:
            task.rng = seed
        return task

    return make


@given(samplers(), st.sampled_from(["auto", "auto", "slos", "permanent", "clifford"]))
@settings(max_examples=120, deadline=None)
def test_samplers(make, backend):
    """States, counts, order, reasons, errors, the distribution left behind and the generator's state."""
    assert_same(make, backend)


@given(st.data(), circuits(), st.sampled_from(["auto", "permanent"]))
@settings(max_examples=100, deadline=None)
def test_simulators(data, circuit, backend):
    """Amplitudes of all outputs and of named ones, one and several, wrong photon numbers among them."""
    n_modes = circuit.input_modes
    assume(n_modes)
    inputs = [states(data.draw, n_modes) for _ in range(data.draw(st.integers(1, 3)))]
    if data.draw(st.booleans()):
        inputs = [states(data.draw, n_modes, inputs[0].n_photons) for _ in inputs]
    heralds = circuit.heralds
    n_out = inputs[0].n_photons + sum(heralds.input.values()) - sum(heralds.output.values())
    outputs = None
    if data.draw(st.booleans()):
        wanted = max(n_out, 0) + data.draw(st.sampled_from([0, 0, 0, 1]))
        outputs = [states(data.draw, n_modes, wanted) for _ in range(data.draw(st.integers(1, 3)))]
    assert_same(lambda: lw.Simulator(circuit, inputs, outputs), backend)


@given(st.data(), circuits(), st.sampled_from(["auto", "permanent"]))
@settings(max_examples=100, deadline=None)
def test_analyzers(data, circuit, backend):
    """Probabilities, performance and error rate; wrong photon numbers and missing expectations among them."""
    n_modes = circuit.input_modes
    assume(n_modes)
    first = states(data.draw, n_modes)
    n_photons = data.draw(st.sampled_from([first.n_photons] * 3 + [None]))
    inputs = [first, *(states(data.draw, n_modes, n_photons) for _ in range(data.draw(st.integers(0, 2))))]
    expected = None
    if data.draw(st.booleans()):
        expected = {state: states(data.draw, n_modes, first.n_photons) for state in inputs}
        if data.draw(st.integers(0, 3)) == 0:
            expected.pop(inputs[-1])
    visible = circuit.n_modes - len(circuit.heralds.output)
    rules = data.draw(selections(visible))
    assert_same(lambda: lw.Analyzer(circuit, inputs, expected, rules), backend)


def balanced():
    circuit = lw.PhotonicCircuit(4)
    for mode in (0, 2, 1):
        circuit.bs(mode)
    return circuit


def rule(modes, photons):
    rules = lw.PostSelection()
    rules.add(modes, photons)
    return rules


STATE = lw.State([1, 0, 1, 0])
ORDINARY = {
    "sampler": lambda c: lw.Sampler(c, STATE, 1000, random_seed=5),
    "rules": lambda c: lw.Sampler(c, STATE, 1000, post_selection=rule((0, 1), 1), random_seed=5),
    "shots": lambda c: lw.Sampler(c, STATE, 1000, rule((0, 1), 1), random_seed=5, sampling_mode="input"),
    "least": lambda c: lw.Sampler(c, STATE, 1000, min_detection=2, rng=np.random.default_rng(5)),
    "simulator": lambda c: lw.Simulator(c, STATE, lw.State([0, 1, 0, 1])),
    "all outputs": lambda c: lw.Simulator(c, [STATE, lw.State([1, 1, 0, 0])]),
    "analyzer": lambda c: lw.Analyzer(c, [STATE, lw.State([1, 1, 0, 0])], post_selection=rule((0, 1), 1)),
}


@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY)
def test_what_is_ordinary(make):
    """Tasks that people run all day take the short way."""
    assert assert_same(lambda: make(balanced()))


@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY)
def test_repeated(make):
    """A circuit that was run before gives the same again."""
    circuit = balanced()
    for _ in range(3):
        assert assert_same(lambda: make(circuit))


def with_parameters(reflectivity, phase):
    circuit = balanced()
    inner = lw.PhotonicCircuit(2)
    inner.ps(0, phase)
    inner.bs(0, reflectivity=reflectivity)
    circuit.add(inner, 1, group=True)
    return circuit


@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY)
def test_parameter_changes(make):
    """A Parameter in a group that is set anew counts at the next run, and back again."""
    reflectivity, phase = lw.Parameter(0.3), lw.Parameter(0.1)
    circuit = with_parameters(reflectivity, phase)
    found = []
    for value in (0.3, 0.9, 1, np.float64(0.4), 0.3):
        reflectivity.set(value)
        fresh = with_parameters(value, 0.1)
        assert assert_same(lambda: make(circuit))
        found.append(outcome("auto", make(circuit), None))
        assert found[-1] == outcome("auto", make(fresh), silent)
    assert found[0] == found[-1] != found[1]


@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY)
@pytest.mark.parametrize("value", [float("nan"), 2.0, "a", None, np.inf])
def test_bad_parameter_set_later(make, value):
    """A value that an element does not take is refused in the same words, after runs that went well."""
    reflectivity, phase = lw.Parameter(0.3), lw.Parameter(0.1)
    circuit = with_parameters(reflectivity, phase)
    assert assert_same(lambda: make(circuit))
    for parameter in (reflectivity, phase):
        before = parameter.get()
        parameter.set(value)
        if parameter is reflectivity or value != 2.0:
            with pytest.raises(lw.errors.CircuitCompilationError):
                Backend().run(make(circuit))
        assert_same(lambda: make(circuit))
        parameter.set(before)
    assert assert_same(lambda: make(circuit))


CHANGES = {
    "element": lambda c: c.bs(0, 3, reflectivity=0.2),
    "sub-circuit": lambda c: c.add(lw.Unitary(lw.random_unitary(2, seed=3)), 1),
    "loss": lambda c: c.loss(1, 0.2),
    "rewritten": lambda c: (c.bs(1, 3, reflectivity=0.2), c.remove_non_adjacent_bs()),
    "swap": lambda c: c.mode_swaps({0: 1, 1: 0}),
}


@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_circuit_changes(make, change):
    """What is added to a circuit counts at the next run."""
    circuit, fresh = balanced(), balanced()
    before = outcome("auto", make(circuit), None)
    change(circuit)
    change(fresh)
    assert_same(lambda: make(circuit))
    after = outcome("auto", make(circuit), None)
    assert after == outcome("auto", make(fresh), silent)
    assert after != before


def test_heralds_change():
    """A herald that is added makes the input too long, and a shorter one fit."""
    circuit = balanced()
    task = lw.Sampler(circuit, STATE, 100, random_seed=1)
    assert assert_same(lambda: task)
    circuit.herald(3, 0)
    with pytest.raises(lw.errors.ModeMismatchError, match="incorrect number of modes"):
        Backend().run(task)
    assert assert_same(lambda: lw.Sampler(circuit, lw.State([1, 0, 1]), 100, random_seed=1))


def test_rules_change():
    """A rule that is added to post-selection counts at the next run, and so does a mode that is not there."""
    task = lw.Sampler(balanced(), STATE, 1000, post_selection=rule((0, 1), 1), random_seed=1)
    before = outcome("auto", task, None)
    assert assert_same(lambda: task)
    task.post_selection.add(2, 1)
    assert assert_same(lambda: task)
    assert outcome("auto", task, None) != before
    task.post_selection.add(7, 1)
    with pytest.raises(lw.errors.ModeRangeError):
        Backend().run(task)


def test_a_validate_of_its_own():
    """Post-selection whose `validate` was replaced is not read here."""
    rules = rule((0, 1), 1)
    rules.validate = lambda state: state[0] == 1
    task = lw.Sampler(balanced(), STATE, 1000, post_selection=rules, random_seed=1)
    assert not assert_same(lambda: task)


def test_backend_changes():
    """Each method is asked for itself."""
    task = lw.Sampler(balanced(), STATE, 1000, random_seed=1)
    backend = Backend("slos")
    first = backend.run(task)
    backend.backend = "clifford"
    assert backend.run(task).counts.sum() == 1000
    assert small_tasks.run_small(task, "clifford") is None
    backend.backend = "auto"
    assert backend.run(task) == first


def test_memory_limit(monkeypatch):
    """Where less memory is allowed than a small task may take, the long way says what it thinks of that."""
    task = lw.Sampler(balanced(), STATE, 1000, random_seed=1)
    assert assert_same(lambda: task)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "100")
    assert not assert_same(lambda: task)
    with pytest.raises(lw.errors.ResourceLimitError):
        Backend("slos").run(task)
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "nothing")
    with pytest.raises(ValueError, match="LWFAST_MAX_MEMORY"):
        Backend().run(task)


def test_nothing_is_shared():
    """What a caller does to a matrix, or a result holds, changes no later run."""
    circuit = lw.Unitary(lw.random_unitary(3, seed=1))
    task = lw.Analyzer(circuit, lw.State([1, 1, 0]))
    before = outcome("auto", task, None)
    circuit.U[:] = 0
    circuit.U_full[:] = 0
    circuit._build().U_full[:] = 0
    result = Backend().run(task)
    for array in (result.array, result.output_table):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
    assert outcome("auto", task, None) == before


def test_shared_axes():
    """Results of the same inputs and outputs share their states, which nobody can change."""
    circuit = balanced()
    inputs, outputs = [STATE], [lw.State([0, 1, 0, 1]), lw.State([1, 1, 0, 0])]
    first = Backend().run(lw.Simulator(circuit, inputs, outputs))
    circuit.ps(0, 0.3)
    second = Backend().run(lw.Simulator(circuit, inputs, outputs))
    assert first.output_table is second.output_table
    assert not np.array_equal(first.array, second.array)
    assert first[STATE, outputs[1]] == first.array[0, 1] != second[STATE, outputs[1]] == second.array[0, 1]
    for table in (first.input_table, first.output_table):
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            table.flags.writeable = True


@pytest.mark.parametrize("number", [1, 40, 120])
def test_many_named_outputs(number):
    """Few named outputs or many, kept or not, some of them twice: the same amplitudes."""
    circuit = lw.Unitary(lw.random_unitary(8, seed=2))
    rows = [np.eye(8, dtype=int)[[i % 8, i // 8 % 8, i // 3 % 8]].sum(axis=0).tolist() for i in range(number)]
    outputs = [lw.State(row) for row in rows]
    for _ in range(2):
        assert assert_same(lambda: lw.Simulator(circuit, lw.State([1, 1, 1, 0, 0, 0, 0, 0]), outputs))


def test_copies():
    """Copies and pickles of a circuit that was run are circuits of their own."""
    parameter = lw.Parameter(0.3)
    circuit = with_parameters(parameter, 0.1)
    make = ORDINARY["sampler"]
    before = outcome("auto", make(circuit), None)
    others = [circuit.copy(), copy.deepcopy(circuit), pickle.loads(pickle.dumps(circuit))]
    assert "KeptBuild" not in str(pickle.dumps(circuit))
    parameter.set(0.8)
    assert outcome("auto", make(circuit), None) == outcome("auto", make(others[0]), None) != before
    for other in others[1:]:
        assert outcome("auto", make(other), None) == before
        other.get_all_params()[0].set(0.8)
        assert outcome("auto", make(other), None) != before


def test_without_a_seed():
    """Samples without a seed differ from run to run, and from those of seed 0."""
    task = lw.Sampler(balanced(), STATE, 10_000)
    runs = [Backend().run(task).counts.tobytes() for _ in range(4)]
    assert len(set(runs)) == 4


def test_threads():
    """Threads that run tasks of one circuit, while a Parameter changes, get results of one of its values."""
    parameter = lw.Parameter(0.2)
    circuit = with_parameters(parameter, 0.1)
    make = ORDINARY["rules"]
    allowed = set()
    for value in (0.2, 0.7):
        parameter.set(value)
        allowed.add(Backend().run(make(circuit)).counts.tobytes())
    seen, wrong, ended = set(), [], []

    def work():
        for _ in range(150):
            counts = Backend().run(make(circuit)).counts.tobytes()
            seen.add(counts)
            if counts not in allowed:
                wrong.append(counts)
        ended.append(True)

    last = time.monotonic() + PATIENCE
    with threads(*[work] * 4):
        while len(ended) < 4 and time.monotonic() < last:
            for value in (0.2, 0.7):
                parameter.set(value)
    assert not wrong
    parameter.set(0.2)
    assert Backend().run(make(circuit)).counts.tobytes() in allowed


def test_batches():
    """Tasks of a batch, small ones and others, give what they give alone, and leave their distributions."""
    circuit = balanced()

    def tasks():
        lossy = balanced()
        lossy.loss(0, 0.1)
        seeded = [make(circuit) for name, make in ORDINARY.items() if name != "least"]
        batch = lw.Batch()
        for task in [*seeded, lw.Sampler(lossy, STATE, 100, random_seed=3), *seeded]:
            batch.add(task)
        return batch

    first, second = tasks(), tasks()
    found, shown = Backend().run(first), Backend().run(second, progress=silent)
    assert len(found) == len(shown) == len(first)
    for result, long, task in zip(found, shown, first, strict=True):
        assert result == long == Backend().run(task)
        if isinstance(task, lw.Sampler):
            assert task.probability_distribution is not None


def test_batch_streams():
    """Small tasks of a batch that share a generator get streams of their own, as others do."""

    def run(progress):
        rng = np.random.default_rng(7)
        batch = lw.Batch()
        for _ in range(3):
            batch.add(lw.Sampler(balanced(), STATE, 1000, rng=rng))
        return [result.counts.tolist() for result in Backend().run(batch, progress=progress)]

    assert run(None) == run(silent)
    assert len({tuple(counts) for counts in run(None)}) == 3


def test_a_bad_task_of_a_batch():
    """One task that cannot be run is an error, whatever the others are."""
    batch = lw.Batch()
    batch.add(ORDINARY["sampler"](balanced()))
    batch.add(lw.Sampler(balanced(), STATE, 10, min_detection=3, random_seed=1))
    with pytest.raises(lw.errors.SamplerError):
        Backend().run(batch)


def test_foreign_subclass():
    """A class of somebody else's takes the long way, whatever it does."""

    class Mine(lw.Sampler):
        pass

    task = Mine(balanced(), STATE, 100, random_seed=1)
    assert small_tasks.run_small(task, "auto") is None
    assert Backend().run(task) == Backend().run(lw.Sampler(balanced(), STATE, 100, random_seed=1))


def noisy_circuit(phase):
    circuit = balanced()
    circuit.ps(1, phase, loss=0.1)
    circuit.bs(0)
    circuit.bs(1)
    return circuit


def test_distributions_are_kept_as_long_as_nothing_changes(monkeypatch):
    """Source, detector, input, rules and Parameters: whatever changes, the result is that of the long way."""
    from lwfast.emulator.lean import kept_distributions

    computed = []
    count = kept_distributions.what_counts
    monkeypatch.setattr(kept_distributions, "what_counts", lambda *given: computed.append(1) or count(*given))
    phase, source, detector = lw.Parameter(0.3), Source(brightness=0.8), Detector(efficiency=0.9)
    circuit = noisy_circuit(phase)
    options = {"source": source, "detector": detector, "sampling_mode": "input", "random_seed": 3}
    task = lw.Sampler(circuit, STATE, 1000, **options)

    def same_as_on_the_long_way():
        before = len(computed)
        task.random_seed += 1
        short, long = outcome("auto", task, None), outcome("auto", copy.copy(task), silent)
        assert short == long
        return len(computed) - before

    assert same_as_on_the_long_way() == 1
    assert same_as_on_the_long_way() == 0
    changes = [
        lambda: phase.set(0.4),
        lambda: setattr(source, "brightness", 0.7),
        lambda: setattr(source, "purity", 0.9),
        lambda: setattr(detector, "p_dark", 0.01),
        lambda: setattr(detector, "photon_counting", False),
        lambda: setattr(task, "input_state", lw.State([0, 1, 0, 1])),
        lambda: setattr(task, "post_selection", rule((0, 1), 1)),
        lambda: setattr(task, "min_detection", 1),
        lambda: setattr(task, "n_samples", 500),
        lambda: circuit.bs(0),
    ]
    for change in changes:
        change()
        assert same_as_on_the_long_way() == 1
        assert same_as_on_the_long_way() == 0
    for brightness in np.linspace(0.5, 0.9, 20).tolist():
        source.brightness = brightness
        assert same_as_on_the_long_way() == 1
    shelf = circuit._kept_build().derived["distributions"]
    assert len(shelf) == 4


def test_distributions_of_large_states_are_not_kept():
    circuit = lw.Unitary(lw.random_unitary(12, seed=1))
    task = lw.Sampler(circuit, lw.State([1] * 6 + [0] * 6), 10, source=Source(purity=0.95), random_seed=1)
    assert small_tasks.run_small(task, "auto") is None
