"""Experiments and Processors of Perceval: heralds, post-selection, noise and detectors, by both packages."""

from __future__ import annotations

import math
import pickle

import pytest

pcvl = pytest.importorskip("perceval")

import lwfast as lw  # noqa: E402
from lwfast.perceval import Setup  # noqa: E402
from lwfast.perceval.selection_text import Combination  # noqa: E402
from tests.perceval.comparing import assert_same_physics, our_distribution, their_distribution  # noqa: E402

GATES = ["heralded cnot", "postprocessed cnot", "klm cnot", "heralded cz", "postprocessed cz", "toffoli"]


def gate(name, *numbers):
    experiment = pcvl.catalog[name].build_experiment()
    experiment.with_input(pcvl.BasicState(list(numbers)))
    return experiment


def superposed(name):
    """A gate between beam splitters, so that every outcome of its qubits occurs."""
    experiment = pcvl.Experiment(6 if name == "toffoli" else 4)
    for mode in range(0, experiment.m, 2):
        experiment.add(mode, pcvl.BS.Ry(1 + 0.3 * mode, phi_tr=0.4))
    experiment.add(0, pcvl.catalog[name].build_experiment())
    experiment.with_input(pcvl.BasicState([1, 0] * (experiment.m // 2)))
    return experiment


@pytest.mark.parametrize("name", GATES)
def test_catalogue(name):
    """Perceval's own gates do here what they do there, with the same probability of success."""
    assert_same_physics(superposed(name))
    n_qubits = 3 if name == "toffoli" else 2
    assert_same_physics(gate(name, *([0, 1] * n_qubits)))


@pytest.mark.parametrize("name", ["heralded cnot", "postprocessed cnot"])
def test_catalogue_samples(name):
    """The CNOT takes |1,1> to |1,0>, sampled: no other outcome is seen."""
    setup = lw.from_perceval(gate(name, 0, 1, 0, 1))
    result = lw.emulator.Backend("auto").run(setup.sampler(200, random_seed=1))
    assert dict(result) == {lw.State([0, 1, 1, 0]): 200}


@pytest.mark.parametrize("name", GATES)
def test_there_and_back(name):
    """A setup that goes to Perceval is the same experiment there."""
    experiment = superposed(name)
    setup = lw.from_perceval(experiment)
    back = lw.to_perceval(setup)
    assert (back.heralds, back.in_heralds) == (experiment.heralds, experiment.in_heralds)
    assert back.input_state == experiment.input_state
    assert_same_physics(back, setup)


NOISE = {"indistinguishability": 0.9, "g2": 0.05, "transmittance": 0.6}


@pytest.mark.parametrize("fewest", [0, 1, 2])
@pytest.mark.parametrize("detected", [False, True])
def test_noise_detectors_and_heralds(fewest, detected):
    """An imperfect source, on heralded inputs too, detectors of all kinds, and a least number of photons."""
    experiment = gate("heralded cnot", 0, 1, 0, 1)
    experiment.noise = pcvl.NoiseModel(**NOISE)
    if detected:
        experiment.add(0, pcvl.Detector.threshold())
        experiment.add(1, pcvl.Detector.ppnr(wire_efficiency=0.7))
        experiment.add(3, pcvl.Detector.ppnr(1, wire_efficiency=0.8))
        experiment.add(4, pcvl.Detector.threshold())
    experiment.min_detected_photons_filter(fewest)
    assert_same_physics(experiment)
    back = lw.to_perceval(lw.from_perceval(experiment))
    assert_same_physics(back, lw.from_perceval(experiment))


def test_loss_in_the_circuit():
    """Loss channels between components, with photons that bunch, and noise."""
    experiment = (
        pcvl.Experiment(3).add(0, pcvl.BS()).add(1, pcvl.LC(0.3)).add(1, pcvl.BS.H(0.7, 0.1, 0.2, 0.3, 0.4))
    )
    experiment.add(0, pcvl.LC(0.2))
    for numbers in ([1, 1, 1], [2, 1, 0]):
        for noise in (None, pcvl.NoiseModel(brightness=0.7, transmittance=0.9, indistinguishability=0.8)):
            experiment.with_input(pcvl.BasicState(numbers))
            experiment.noise = noise
            experiment.min_detected_photons_filter(1)
            assert_same_physics(experiment)


def test_post_selection_on_heralded_modes():
    """A condition that counts heralded modes holds for what is left without them."""
    experiment = superposed("heralded cnot")
    experiment.set_postselection(pcvl.PostSelect("[0, 4] == 2 & [1, 2, 5] < 3 & [4] == 1"))
    setup = lw.from_perceval(experiment)
    assert [rule.modes for rule in setup.post_selection.rules] == [(0,), (1, 2)]
    assert setup.post_selection.rules[0].totals == (1,)
    assert_same_physics(experiment)
    experiment.set_postselection(pcvl.PostSelect("[0, 4] == 2 | ([1] == 1 & ! [3] == 1)"))
    setup = lw.from_perceval(experiment)
    assert isinstance(setup.post_selection.function, Combination)
    assert_same_physics(experiment)
    assert pickle.loads(pickle.dumps(setup.post_selection.function)) == setup.post_selection.function
    experiment.set_postselection(pcvl.PostSelect("[4] == 2"))
    with pytest.raises(ValueError, match=r"No outcome can meet the post-selection \[4\] == 2"):
        lw.from_perceval(experiment)


def test_samplers_go_to_perceval():
    """All parts of a Sampler are in the Experiment; heralds between other modes do not move its rules."""
    circuit = lw.PhotonicCircuit(5)
    circuit.add(lw.Unitary(lw.random_unitary(5, seed=3)))
    circuit.loss(2, 0.1)
    circuit.herald(1, 1)
    circuit.herald((3, 0), (0, 1))
    rules = lw.PostSelection(multi_rules=True)
    rules.add((0, 1), (0, 1))
    rules.add(2, (0, 1, 2))
    source = lw.emulator.Source(purity=0.97, brightness=0.9, indistinguishability=0.95)
    detector = lw.emulator.Detector(
        efficiency=(1, 0.9, 1, 0.8, 1), photon_counting=(True, True, False, True, True)
    )
    sampler = lw.Sampler(circuit, lw.State([1, 1, 0]), 10, rules, 1, source, detector)
    experiment = lw.to_perceval(sampler)
    setup = Setup(circuit, sampler.input_state, rules, 1, source, detector)
    assert_same_physics(experiment, setup)
    back = lw.from_perceval(experiment)
    assert (back.input_state, back.min_detection) == (setup.input_state, 1)
    assert back.detector == detector
    assert back.source.brightness == pytest.approx(0.9, abs=1e-15)
    assert back.circuit.heralds == circuit.heralds
    assert our_distribution(back).keys() == our_distribution(setup).keys()


def test_processors():
    """A Processor is its experiment, with the noise that it has itself."""
    processor = pcvl.Processor("SLOS", pcvl.BS(), noise=pcvl.NoiseModel(indistinguishability=0.5))
    processor.with_input(pcvl.BasicState([1, 1]))
    processor.min_detected_photons_filter(2)
    setup = lw.from_perceval(processor)
    assert setup.source == lw.emulator.Source(indistinguishability=0.5)
    ours = our_distribution(setup)
    assert ours[lw.State([1, 1])] == pytest.approx(0.25)
    theirs, _ = their_distribution(processor.experiment)
    assert sum(theirs.values()) == pytest.approx(1)
    assert dict(lw.from_perceval(processor.probs()["results"])) == pytest.approx(ours)


def test_parameters_of_an_experiment():
    x = pcvl.P("x")
    experiment = pcvl.Experiment(2).add(0, pcvl.BS()).add(0, pcvl.PS(x)).add(0, pcvl.BS())
    setup = lw.from_perceval(experiment, {"x": 0.5})
    (parameter,) = setup.circuit.get_all_params()
    parameter.set(math.pi)
    assert abs(setup.circuit.U[0, 0]) == pytest.approx(1)


def test_setups_without_input_or_with_other_options():
    setup = lw.from_perceval(pcvl.catalog["heralded cz"].build_experiment())
    assert (setup.input_state, setup.min_detection, setup.source, setup.detector) == (None, None, None, None)
    with pytest.raises(ValueError, match="no input state"):
        setup.sampler(10)
    sampler = setup.sampler(10, lw.State([1, 0, 1, 0]), sampling_mode="input", min_detection=1)
    assert (sampler.sampling_mode, sampler.min_detection, sampler.n_samples) == ("input", 1, 10)


# --- what has no counterpart --------------------------------------------------------------------------------


def test_the_number_of_photons_has_to_be_said():
    """Perceval's own runs differ where an experiment can miss photons and does not say how many it wants."""
    lossy = pcvl.Experiment(1).add(0, pcvl.LC(0.5))
    detected = pcvl.Experiment(1).add(0, pcvl.Detector.threshold())
    for experiment in (lossy, detected):
        with pytest.raises(ValueError, match=r"experiment.min_detected_photons_filter\(0\)"):
            lw.from_perceval(experiment)
        experiment.min_detected_photons_filter(0)
        assert lw.from_perceval(experiment).min_detection == 0


def test_heralds_on_one_side():
    for location in (pcvl.PortLocation.INPUT, pcvl.PortLocation.OUTPUT):
        experiment = pcvl.Experiment(2).add(0, pcvl.BS())
        experiment.add_herald(0, 1, location=location)
        with pytest.raises(ValueError, match="heralds at its inputs"):
            lw.from_perceval(experiment)


def test_inputs_of_other_kinds():
    experiment = pcvl.Experiment(2).add(0, pcvl.BS())
    experiment.with_input(pcvl.StateVector("|1,0>") + pcvl.StateVector("|0,1>"))
    with pytest.raises(TypeError, match="input of the experiment is a SVDistribution"):
        lw.from_perceval(experiment)


def test_feed_forward():
    experiment = pcvl.Experiment(3)
    experiment.add(0, pcvl.Detector.pnr())
    experiment.add(0, pcvl.FFCircuitProvider(1, 0, pcvl.Circuit(2)))
    with pytest.raises(TypeError, match="no time delay, feed-forward or detector"):
        lw.from_perceval(experiment)


def test_phase_noise_is_refused_and_can_be_drawn():
    """The error names the field, and its remedy works."""
    experiment = (
        pcvl.Experiment(2, noise=pcvl.NoiseModel(phase_error=0.3)).add(0, pcvl.BS()).add(0, pcvl.PS(1))
    )
    with pytest.raises(ValueError, match=r"phase_error=0.3 .*use_phase_noise\(noise, seed\)"):
        lw.from_perceval(experiment)
    drawn = experiment.use_phase_noise(experiment.noise, 5)
    drawn.noise = None
    phase = lw.from_perceval(drawn).circuit._get_circuit_spec()[-1].phi
    assert 0.7 <= phase <= 1.3
    assert phase != 1


def test_functions_do_not_go_to_perceval():
    sampler = lw.Sampler(lw.PhotonicCircuit(1), lw.State([1]), 1, post_selection=lambda state: True)
    with pytest.raises(ValueError, match="is a function, and Perceval has conditions"):
        lw.to_perceval(sampler)
