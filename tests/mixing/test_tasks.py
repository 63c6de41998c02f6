"""Tasks of lwfast with parts of Lightworks', tasks of Lightworks that run here, and ours lent to it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast import wire
from lwfast.circuit import Parameter
from lwfast.errors import ModeMismatchError, ModeRangeError
from lwfast.remote.compile import compile_tasks
from lwfast.tasks.foreign import adopt
from tests.reference.circuits import random_pair
from tests.strategies import seeds

lightworks = pytest.importorskip("lightworks", reason="Lightworks is not installed: nothing to mix with")
emulator = lightworks.emulator
RUN = lw.emulator.Backend().run


def circuit_and_phase():
    phase = lightworks.Parameter(0.7, label="phase")
    circuit = lightworks.PhotonicCircuit(3)
    circuit.bs(0)
    circuit.ps(1, phase)
    circuit.bs(0)
    circuit.bs(1, reflectivity=0.4)
    return circuit, phase


def rules_of(mode, n):
    rules = lightworks.PostSelection()
    rules.add(mode, n)
    return rules


def simulated(seed):
    """A circuit without loss, and how many photons it takes at least and at most; None for any other."""
    theirs = random_pair(seed, lw, lightworks).theirs
    heralded = sum(theirs.heralds.input.values())
    fewest = max(sum(theirs.heralds.output.values()) - heralded, 0)
    most = min(theirs.input_modes, 6 - heralded)
    fits = theirs.input_modes > 0 and fewest <= most and not theirs._build().loss_modes
    return (theirs, fewest, most) if fits else None


@given(seeds, st.data())
def test_simulators_give_lightworks_values(seed, data):
    """Amplitudes of any circuit and input of Lightworks, to 1e-10."""
    theirs, fewest, most = next(filter(None, map(simulated, range(seed, seed + 1000))))
    n_photons = data.draw(st.integers(fewest, most))
    occupied = data.draw(st.permutations(range(theirs.input_modes)))[:n_photons]
    state = lightworks.State([int(mode in occupied) for mode in range(theirs.input_modes)])
    expected = emulator.Backend("permanent").run(lightworks.Simulator(theirs, state))
    for result in (RUN(lw.Simulator(theirs, state)), RUN(lightworks.Simulator(theirs, [state]))):
        assert len(result.outputs) == len(expected.outputs)
        for output in expected.outputs:
            assert abs(result[state, output] - expected[state, output]) < 1e-10


def test_samplers_with_every_part():
    """Circuit, input, rules, source and detector of Lightworks give what those of lwfast give."""
    circuit, phase = circuit_and_phase()
    ours = lw.PhotonicCircuit(3)
    ours.add(circuit)
    state, rules = lightworks.State([1, 1, 0]), rules_of(0, (0, 1))
    own_rules = lw.PostSelection()
    own_rules.add(0, (0, 1))
    source = {"purity": 0.95, "brightness": 0.7, "indistinguishability": 0.9}
    detector = {"efficiency": 0.8, "p_dark": 0.01, "photon_counting": False}
    options = {"random_seed": 3, "sampling_mode": "input"}
    for some in ({}, {"source": source}, {"detector": detector}, {"source": source, "detector": detector}):
        kinds = {"source": (emulator.Source, lw.emulator.Source)}
        kinds["detector"] = (emulator.Detector, lw.emulator.Detector)
        mine, others = ({k: kinds[k][i](**v) for k, v in some.items()} for i in (1, 0))
        for value in (0.7, 2.0):
            phase.set(value)
            expected = RUN(lw.Sampler(ours, lw.State([1, 1, 0]), 500, own_rules, **options, **mine))
            mixed = lw.Sampler(circuit, state, 500, rules, **options, **others)
            whole = lightworks.Sampler(circuit, state, 500, rules, **options, **others)
            assert RUN(mixed) == RUN(whole) == expected
            assert mixed.probability_distribution == whole.probability_distribution


def test_analyzers():
    """Performance and error rate are Lightworks' own."""
    circuit, _ = circuit_and_phase()
    states = [lightworks.State(s) for s in ([1, 1, 0], [1, 0, 1])]
    expected = {states[0]: states[1], states[1]: [states[0], states[1]]}
    theirs = lightworks.Analyzer(circuit, states, expected, rules_of(2, (0, 1)))
    reference = emulator.Backend("permanent").run(theirs)
    for task in (theirs, lw.Analyzer(circuit, states, expected, rules_of(2, (0, 1)))):
        result = RUN(task)
        assert result.performance == pytest.approx(reference.performance, abs=1e-12)
        assert result.error_rate == pytest.approx(reference.error_rate, abs=1e-12)
        for start in states:
            for end in reference.outputs:
                assert result[start, end] == pytest.approx(reference[start, end], abs=1e-12)
    assert lw.Analyzer(circuit, states, expected).expected[states[0]] == states[1]


def test_parts_stay_live():
    """What happens to Lightworks' objects until the run counts in it, as it does there."""
    circuit, phase = circuit_and_phase()
    source, detector = emulator.Source(), emulator.Detector()
    rules = lightworks.PostSelection()
    sampler = lw.Sampler(circuit, lightworks.State([1, 1, 0]), 300, rules, None, source, detector, 5, "input")
    simulator = lw.Simulator(circuit, lightworks.State([1, 0, 0]))
    analyzer = lw.Analyzer(circuit, lightworks.State([1, 0, 0]), post_selection=rules)
    for task in (sampler, simulator, analyzer):
        RUN(task)
    phase.set(2.2)
    circuit.bs(0, 2)
    source.brightness, detector.efficiency = 0.6, 0.7
    rules.add(2, 0)
    assert sampler.source is source
    assert sampler.detector is detector
    assert sampler.post_selection is rules
    same = lw.Sampler(circuit, lw.State([1, 1, 0]), 300, rules, None, source, detector, 5, "input")
    assert RUN(sampler) == RUN(same)
    assert all(state[2] == 0 for state in RUN(sampler))
    assert np.allclose(RUN(simulator).array[0], circuit.U[:, 0], atol=1e-12)
    assert all(output[2] == 0 for output in RUN(analyzer).outputs)
    assert sampler.circuit.to_lightworks() is circuit
    # A task that was handed out does not change any more.
    data = sampler._generate_task()
    source.brightness = 0.1
    rules.add(0, 0)
    circuit.bs(0)
    assert data.source.brightness == 0.6
    assert len(data.post_selection.rules) == 1


def test_what_does_not_fit_raises_as_for_ours():
    """Wrong states, modes and types are found when they are given, and said of Lightworks' objects too."""
    circuit, _ = circuit_and_phase()
    good, short = lightworks.State([1, 0, 0]), lightworks.State([1, 0])
    for make in (
        lambda s: lw.Sampler(circuit, s, 1),
        lambda s: lw.Simulator(circuit, s),
        lambda s: lw.Simulator(circuit, good, s),
        lambda s: lw.Analyzer(circuit, [good, s]),
        lambda s: lw.Analyzer(circuit, good, {good: s}),
    ):
        with pytest.raises(ModeMismatchError):
            make(short)
        with pytest.raises(TypeError, match="integers"):
            make(lightworks.State([1.0, 0, 0]))
        for wrong in ([1, 0, 0], "|1,0,0>", 5):
            with pytest.raises(TypeError, match=r"State should be given, got"):
                make(wrong)
    with pytest.raises(ModeRangeError):
        lw.Sampler(circuit, good, 1, rules_of(3, 0))
    sampler = lw.Sampler(circuit, good, 1)
    for name, wrong in (("source", emulator.Detector()), ("detector", emulator.Source()), ("circuit", good)):
        with pytest.raises(TypeError, match="got lightworks"):
            setattr(sampler, name, wrong)
    twice = lightworks.PostSelection()
    twice.add((0, 0), 2)
    with pytest.raises(ValueError, match="named twice"):
        sampler.post_selection = twice


def test_functions_are_asked_about_states_that_compare():
    """A user's function that names Lightworks' states works in tasks and results of ours."""
    circuit, _ = circuit_and_phase()
    wanted = lightworks.State([1, 0, 0])
    asked = []

    def closely(state):
        asked.append(type(state))
        return state == wanted

    for selection in (closely, lambda state: wanted == state, lightworks.PostSelectionFunction(closely)):
        sampler = lw.Sampler(circuit, wanted, 50, selection, random_seed=1)
        assert list(RUN(sampler)) == [wanted]
        every = RUN(lw.Sampler(circuit, wanted, 50, random_seed=1))
        assert list(every.apply_post_selection(selection)) == [wanted]
        assert list(every.post_select(selection)) == [wanted]
    # Lightworks' own object is asked about its own states, a plain function about ours.
    assert set(asked) == {lw.State, lightworks.State}


def test_sweeps():
    """A sweep of Lightworks' task, or of ours with its circuit, varies its Parameters."""
    circuit, phase = circuit_and_phase()
    state, values = lightworks.State([1, 1, 0]), [0.1, 0.5, 0.9]
    for task in (
        lightworks.Sampler(circuit, state, 200, random_seed=4),
        lw.Sampler(circuit, state, 200, random_seed=4),
        lightworks.Simulator(circuit, state),
        lightworks.Analyzer(circuit, state),
    ):
        sweep = lw.Sweep(task, {phase: values})
        found = RUN(sweep)
        assert phase.get() == 0.7
        singles = RUN(sweep.as_batch())
        for one, other in zip(found, singles, strict=True):
            assert one == other
    task = lightworks.Sampler(circuit, state, 200, random_seed=4)
    sweep = lw.Sweep(task, {"phase": values})
    task.n_samples = 100  # as it is when the sweep is run
    assert [result.n_samples for result in RUN(sweep)] == [100] * 3
    with pytest.raises(ValueError, match="not one of the circuit's 1 parameters"):
        lw.Sweep(task, {lightworks.Parameter(0.7): values})
    with pytest.raises(TypeError, match="A sweep takes"):
        lw.Sweep(lightworks.Batch(), {phase: values})


def test_batches():
    """Kinds, arguments, Parameters and tasks of Lightworks make a batch of ours."""
    circuit, phase = circuit_and_phase()
    state = lightworks.State([1, 1, 0])
    batch = lw.Batch(
        lightworks.Sampler, [[circuit], [state], [20, 30]], {"random_seed": [1]}, {phase: [0.2, 1.4]}
    )
    assert all(type(task) is lw.Sampler for task in batch)
    assert phase.get() == 0.7
    circuit.bs(0)  # the circuits of a batch were copied
    results = RUN(batch)
    assert [result.n_samples for result in results] == [20, 30]
    copied, phase = circuit_and_phase()
    phase.set(1.4)
    assert results[1] == RUN(lw.Sampler(copied, state, 30, random_seed=1))
    theirs = lightworks.Sampler(copied, state, 40, random_seed=2)
    batch.add(theirs)
    assert len(RUN(batch)) == 3
    assert RUN(batch)[2] == RUN(theirs)
    assert theirs.probability_distribution  # left with the very task
    for wrong in (lightworks.Batch, lightworks.State, theirs):
        with pytest.raises(TypeError, match="class such as Sampler"):
            lw.Batch(wrong)
    with pytest.raises(TypeError, match="Task object"):
        batch.add(state)


def test_tasks_written_for_lightworks():
    """Ours run on Lightworks' backend with the answers of ours; Parameters stay live."""
    phase = lw.Parameter(0.7)
    circuit = lw.PhotonicCircuit(3)
    circuit.bs(0)
    circuit.ps(1, phase)
    circuit.bs(0)
    heralded = lw.PhotonicCircuit(2)
    heralded.bs(0, reflectivity=0.3)
    heralded.herald(1, 0)
    circuit.add(heralded, 1)
    states = [lw.State(s) for s in ([1, 1, 0], [1, 0, 1])]
    rules = lw.PostSelection()
    rules.add((0, 1), (0, 1, 2))
    backend = emulator.Backend("permanent")
    simulator = lw.Simulator(circuit, states, states)
    analyzer = lw.Analyzer(circuit, states, {states[0]: states[1], states[1]: states}, rules)
    for task in (simulator, analyzer):
        written = task.to_lightworks()
        for value in (0.7, 2.1):
            phase.set(value)
            ours, theirs = RUN(task), backend.run(written)
            for start in states:
                for end in states:
                    assert ours[start, end] == pytest.approx(theirs[start, end], abs=1e-10)
    assert RUN(analyzer).error_rate == pytest.approx(theirs.error_rate, abs=1e-12)
    sampler = lw.Sampler(
        circuit,
        states[0],
        25,
        rules,
        1,
        lw.emulator.Source(brightness=0.9),
        lw.emulator.Detector(efficiency=[0.8] * 4),
        7,
        "input",
    )
    written = sampler.to_lightworks()
    assert type(written) is lightworks.Sampler
    assert (written.n_samples, written.min_detection, written.random_seed) == (25, 1, 7)
    assert (written.sampling_mode, written.source.brightness, written.detector.efficiency) == (
        "input",
        0.9,
        0.8,
    )
    assert [rule.as_tuple() for rule in written.post_selection.rules] == [((0, 1), (0, 1, 2))]
    assert RUN(written) == RUN(sampler)
    batch = lw.Batch()
    for task in (
        sampler,
        simulator,
        lightworks.Simulator(circuit.to_lightworks(), states[0].to_lightworks()),
    ):
        batch.add(task)
    assert [type(t) for t in batch.to_lightworks()] == [
        lightworks.Sampler,
        lightworks.Simulator,
        lightworks.Simulator,
    ]
    plain = lw.Sampler(circuit, states[0], 5, rng=9).to_lightworks()
    assert (plain.random_seed, plain.post_selection, plain.source, plain.detector) == (9, None, None, None)
    assert lw.Simulator(circuit, states).to_lightworks().outputs is None
    assert lw.Analyzer(circuit, states).to_lightworks().expected is None


def test_parts_of_lightworks_come_back_as_they_were():
    """A task of ours with Lightworks' parts has these very parts there."""
    circuit, _ = circuit_and_phase()
    source, detector, rules = emulator.Source(), emulator.Detector(), rules_of(0, 1)
    written = lw.Sampler(circuit, lw.State([1, 0, 0]), 1, rules, None, source, detector).to_lightworks()
    assert written.circuit is circuit
    assert (written.source, written.detector, written.post_selection) == (source, detector, rules)


def test_what_lightworks_has_not_is_said():
    """Streams of random numbers and detectors that differ cannot be written."""
    circuit = lw.PhotonicCircuit(2)
    for rng in (np.random.default_rng(1), np.random.SeedSequence(1)):
        with pytest.raises(ValueError, match="integer as seed"):
            lw.Sampler(circuit, lw.State([1, 0]), 1, rng=rng).to_lightworks()
    with pytest.raises(ValueError, match="one efficiency for all modes"):
        lw.emulator.Detector(efficiency=[0.1, 0.2]).to_lightworks()


def test_post_selection_there_and_back():
    """Rules stay rules, and functions are asked about the states of their own package."""
    rules = lw.PostSelection(multi_rules=True)
    rules.add((0, 1), 1)
    rules.add(1, (0, 1))
    theirs = rules.to_lightworks()
    assert type(theirs) is lightworks.PostSelection
    assert theirs.multi_rules
    assert not lw.PostSelection().to_lightworks().multi_rules
    assert lw.rules.own_selection(theirs).rules == rules.rules

    class OnlyFirst(lw.PostSelection):
        def validate(self, state):
            return type(state) is lw.State and state == lw.State([1, 0])

    mine = OnlyFirst()
    mine.add(0, 5)  # which is not what it asks for
    for selection in (mine, lw.PostSelectionFunction(lambda s: type(s) is lw.State and s[0] == 1)):
        written = selection.to_lightworks()
        assert type(written) is lightworks.PostSelectionFunction
        assert written.validate(lightworks.State([1, 0]))
        assert not written.validate(lightworks.State([0, 1]))
        assert lw.rules.own_selection(written).validate(lw.State([1, 0]))
    from lightworks.sdk.utils.post_selection import DefaultPostSelection

    sampler = lw.Sampler(lw.PhotonicCircuit(2), lw.State([1, 0]), 5, DefaultPostSelection())
    assert RUN(sampler) == {lw.State([1, 0]): 5}
    table, counts = lw.post_select([[1, 0], [0, 1]], [2, 3], theirs)
    assert (table.tolist(), counts.tolist()) == ([[1, 0], [0, 1]], [2, 3])
    table, counts = lw.post_select(
        [[1, 0], [0, 1]], [2, 3], lightworks.PostSelectionFunction(lambda s: s[0] == 1)
    )
    assert counts.tolist() == [2]


def test_hardware_there_and_back():
    """Sources, detectors and models of QPUs take and give those of Lightworks."""
    source, detector = lw.emulator.Source(0.9, 0.8, 0.7, 1e-6), lw.emulator.Detector(0.9, 0.1, False)
    model = lw.emulator.HardwareModel(source.to_lightworks(), 0.1, detector.to_lightworks())
    assert (model.source, model.detector) == (source, detector)
    with pytest.raises(TypeError, match="source should be a Source or None"):
        lw.emulator.HardwareModel(emulator.Detector())
    state = lightworks.State([1, 0])
    found = lw.output_distribution(np.eye(2), state, source=emulator.Source(brightness=0.25))
    seen = dict(zip(map(tuple, found.states.tolist()), found.probabilities.tolist(), strict=True))
    assert seen[1, 0] == pytest.approx(0.25)
    assert seen[0, 0] == pytest.approx(0.75)


def test_tasks_with_followed_parts_are_pickled():
    """Process pools and batches get them with all that they are."""
    circuit, phase = circuit_and_phase()
    sampler = lw.Sampler(circuit, lightworks.State([1, 1, 0]), 100, rules_of(0, (0, 1)), random_seed=2)
    loaded = pickle.loads(pickle.dumps(sampler))
    assert RUN(loaded) == RUN(sampler)
    phase.set(2.0)
    assert loaded.circuit.get_all_params()[0].get() == 0.7


def test_a_payload_takes_them():
    """What is sent to a QPU is what the same task of lwfast would send."""
    circuit, _ = circuit_and_phase()
    ours = lw.PhotonicCircuit(3)
    ours.add(circuit)
    rules = lw.PostSelection()
    rules.add(0, 1)
    limits = {"n_modes": 20, "max_photon_input": 8, "max_detection_filter": 4, "default_max_samples": 10**6}
    qpu = wire.ArtemisQPU(name="Artemis", id=1, max_samples={}, available=True, **limits)
    [expected] = compile_tasks(lw.Sampler(ours, lw.State([1, 0, 1]), 10, rules), qpu, True, "Job", None)
    batch = lw.Batch()
    parts = circuit, lightworks.State([1, 0, 1]), 10, rules_of(0, 1)
    for package in (lw, lightworks):
        batch.add(package.Sampler(*parts))
    for single in compile_tasks(adopt(batch), qpu, True, ["A", "B"], None):
        named = single.body.replace(b'"A"', b'"Job"').replace(b'"B"', b'"Job"')
        assert named == expected.body
    refused = lw.Sampler(*parts[:3], lightworks.PostSelectionFunction(lambda s: True))
    with pytest.raises(TypeError, match="post_selection should be a PostSelection"):
        compile_tasks(refused, qpu, True, "Job", None)


def test_torch_like_loops_set_them():
    """A Parameter of Lightworks is varied and read like one of ours, wherever Parameters are asked for."""
    circuit, phase = circuit_and_phase()
    sampler = lw.Sampler(circuit, lw.State([1, 0, 0]), 1)
    observable = {lightworks.State([1, 0, 0]): 1.0}
    value, slopes = lw.expectation(sampler, observable, gradient=[phase])
    phase.set(0.7 + 1e-6)
    after = lw.expectation(sampler, observable)
    assert slopes[phase] == pytest.approx((after - value) / 1e-6, abs=1e-5)
    assert all(isinstance(key, Parameter) for key in slopes)
