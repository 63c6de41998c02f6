"""Experiments and Processors of Perceval as setups, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.perceval.noise_models import read_detectors, read_noise, write_detectors, write_noise
from lwfast.perceval.optical_setup import Setup
from lwfast.perceval.read_circuit import read_components
from lwfast.perceval.selections import read_selection, write_selection
from lwfast.perceval.states_and_counts import read_state, write_state
from lwfast.perceval.write_circuit import write_circuit
from lwfast.state import State


def read_experiment(pcvl: Any, given: Any, parameters: Mapping[str, Any]) -> Setup:
    """Return an Experiment or a Processor as a setup.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        given: The Experiment or Processor.
        parameters: Values, or Parameters to take, by the name of a variable.

    Raises:
        TypeError: A component, or the kind of its input, has no counterpart.
        ValueError: A value has no counterpart.
    """
    experiment = getattr(given, "experiment", given)
    circuit = read_components(pcvl, experiment.components, experiment.circuit_size, parameters)
    _add_heralds(circuit, experiment.in_heralds, experiment.heralds)
    noise = given.noise
    source = None if noise is None else read_noise(noise)
    if source is not None and source.is_perfect:
        source = None
    detector = read_detectors(pcvl, experiment.detectors)
    fewest = experiment.min_photons_filter
    lossy = detector is not None or any(isinstance(part, pcvl.LC) for _, part in experiment.components)
    if fewest is None and source is None and lossy:
        # Some of Perceval's ways to run it ask for all photons then, others for none.
        raise ValueError(
            "The experiment can miss photons and says nothing of how many an outcome has to have; runs of "
            "Perceval differ in what they take then. Set it: experiment.min_detected_photons_filter(0) "
            "keeps all outcomes."
        )
    return Setup(
        circuit=circuit,
        input_state=_input_state(pcvl, experiment),
        post_selection=read_selection(experiment.post_select_fn, circuit.n_modes, circuit.heralds.output),
        min_detection=None if fewest is None else max(int(fewest), 0),
        source=source,
        detector=detector,
    )


def _add_heralds(circuit: PhotonicCircuit, inputs: Mapping[int, int], outputs: Mapping[int, int]) -> None:
    """Give a circuit the heralds of an experiment; those on one mode are one herald.

    Raises:
        ValueError: There are more on one side than on the other.
    """
    if len(inputs) != len(outputs):
        msg = (
            f"The experiment has {len(inputs)} heralds at its inputs and {len(outputs)} at its outputs, and "
            "a circuit of lwfast has as many on both sides. Give the photons of an input with the input "
            "state instead, and ask for those of an output by post-selection."
        )
        raise ValueError(msg)
    both = sorted(inputs.keys() & outputs.keys())
    pairs = [(mode, mode) for mode in both]
    pairs += zip(sorted(inputs.keys() - both), sorted(outputs.keys() - both), strict=True)
    for start, end in pairs:
        circuit.herald((start, end), (int(inputs[start]), int(outputs[end])))


def _input_state(pcvl: Any, experiment: Any) -> State | None:
    """Return the input without its heralded modes, which Perceval puts in."""
    given = experiment.input_state
    if given is None:
        return None
    if not isinstance(given, pcvl.BasicState):
        msg = (
            f"The input of the experiment is a {type(given).__name__}, and inputs of lwfast are Fock states "
            "with a Source. Give the experiment a BasicState and a NoiseModel."
        )
        raise TypeError(msg)
    whole = read_state(pcvl, given)
    return State([n for mode, n in enumerate(whole) if mode not in experiment.in_heralds])


def write_setup(pcvl: Any, setup: Setup) -> Any:
    """Return a setup as an Experiment, which a Processor or SimulatedComputer runs.

    Without a `min_detection`, the experiment gets one of 0, which is what a task of lwfast does then.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        setup: The setup that is written as an experiment.

    Raises:
        ValueError: A value has no counterpart.
        ModeMismatchError: Detectors are given for another number of modes.
    """
    circuit = setup.circuit
    experiment = write_circuit(pcvl, circuit)
    if not isinstance(experiment, pcvl.Experiment):
        experiment = pcvl.Experiment(experiment)
    heralded = circuit.heralds.output
    places = [mode for mode in range(circuit.n_modes) if mode not in heralded]
    if setup.post_selection is not None:
        experiment.set_postselection(write_selection(pcvl, setup.post_selection, places))
    if setup.source is not None:
        experiment.noise = write_noise(pcvl, setup.source)
    if setup.detector is not None:
        for mode, detector in enumerate(write_detectors(pcvl, setup.detector, circuit.n_modes)):
            experiment.add(mode, detector)
    if setup.input_state is not None:
        experiment.with_input(write_state(pcvl, setup.input_state))
    experiment.min_detected_photons_filter(setup.min_detection or 0)
    return experiment
