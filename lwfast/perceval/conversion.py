"""From objects of Perceval to those of lwfast, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lwfast._base.validation import full_name
from lwfast.circuit.photonic_circuit import PhotonicCircuit
from lwfast.hardware import Detector, HardwareModel, Source
from lwfast.perceval.experiments_and_processors import read_experiment, write_setup
from lwfast.perceval.importing import perceval_module
from lwfast.perceval.noise_models import (
    read_detector,
    read_noise,
    write_detector,
    write_hardware,
    write_noise,
)
from lwfast.perceval.optical_setup import Setup
from lwfast.perceval.read_circuit import read_circuit
from lwfast.perceval.selections import read_selection, write_selection
from lwfast.perceval.states_and_counts import (
    read_counts,
    read_distribution,
    read_state,
    write_counts,
    write_distribution,
    write_state,
)
from lwfast.perceval.write_circuit import write_circuit
from lwfast.results.probability_distribution import ProbabilityDistribution
from lwfast.results.sampling_result import SamplingResult
from lwfast.rules import PostSelectionType
from lwfast.state import State
from lwfast.tasks.sampler import Sampler


def from_perceval(obj: Any, parameters: Mapping[str, Any] | None = None) -> Any:
    """Return an object of Perceval as one of lwfast.

    A `Circuit` or a component becomes a `PhotonicCircuit`, an `Experiment` or `Processor` a
    `lwfast.perceval.Setup`, a `FockState` a `State`, a `BSDistribution` a `ProbabilityDistribution`, a
    `BSCount` a `SamplingResult`, a `NoiseModel` a `Source`, and a `Detector` a `Detector`. A `PostSelect`
    becomes a `PostSelection`, or a `PostSelectionFunction` if it is more than comparisons that all have to
    hold, or None if it has no condition.

    Variables of a circuit become Parameters with their value, bounds and name, one for each name. The new
    object is independent of the old one: a later change in Perceval does not reach it.

    Args:
        obj: The object of Perceval that is converted.
        parameters: For a circuit, Experiment or Processor: values for variables, or Parameters to take their
            place, by name. Variables without a value in Perceval have to be among them.

    Raises:
        LightworksDependencyError: Perceval is not installed.
        TypeError: The object, or a part of it, has no counterpart.
        ValueError: A value has no counterpart, a variable has no value, or a name has no parameter.

    Example:
        >>> import perceval as pcvl
        >>> circuit = lw.from_perceval(pcvl.BS())
        >>> circuit.n_modes
        2
    """
    pcvl = perceval_module()
    given = {} if parameters is None else parameters
    if isinstance(obj, pcvl.AProcessor | pcvl.Experiment):
        return read_experiment(pcvl, obj, given)
    if isinstance(obj, pcvl.ACircuit | pcvl.LC | pcvl.TD):
        return read_circuit(pcvl, obj, given)
    if parameters is not None:
        msg = f"parameters are those of a circuit, and {full_name(obj)} has none; leave them out."
        raise TypeError(msg)
    readers: tuple[tuple[Any, Callable[[Any, Any], Any]], ...] = (
        (pcvl.BasicState, read_state),
        (pcvl.PostSelect, lambda _, selection: read_selection(selection)),
        (pcvl.BSDistribution, read_distribution),
        (pcvl.BSCount, read_counts),
        (pcvl.NoiseModel, lambda _, noise: read_noise(noise)),
        (pcvl.IDetector, read_detector),
    )
    for kind, read in readers:
        if isinstance(obj, kind):
            return read(pcvl, obj)
    remedy = _REMEDIES.get(type(obj).__name__, "")
    msg = (
        "Expected a Circuit, component, Experiment, Processor, FockState, PostSelect, BSDistribution, "
        f"BSCount, NoiseModel or Detector of Perceval, got {full_name(obj)}{remedy}."
    )
    raise TypeError(msg)


_REMEDIES = {
    "dict": "; take the entry 'results' of what a Processor returns",
    "BSSamples": "; count samples first, with perceval.samples_to_sample_count()",
    "StateVector": "; lwfast has Fock states, and no superpositions of them",
    "SVDistribution": "; describe a mixture of inputs by a NoiseModel",
}


def to_perceval(obj: Any) -> Any:
    """Return an object of lwfast as one of Perceval.

    A `PhotonicCircuit` becomes a `Circuit`, or an `Experiment` if it has loss or heralds; a `Sampler` or
    `lwfast.perceval.Setup` an `Experiment`, a `State` a `FockState`, a `PostSelection` a `PostSelect`, a
    `ProbabilityDistribution` a `BSDistribution`, which keeps no state of probability 0, a
    `SamplingResult` a `BSCount`, with its counts alone, a `Source` or `HardwareModel` a `NoiseModel`, and a
    `Detector` a `Detector`.

    Parameters of a circuit become variables of Perceval, with their value, bounds and label; those without a
    label are called `p0`, `p1` and so on. Of a Sampler, the number of samples, the seed and the sampling mode
    are left out: in Perceval they are arguments of a run.

    Args:
        obj: The object of lwfast that is converted.

    Raises:
        LightworksDependencyError: Perceval is not installed.
        TypeError: The object has no counterpart.
        ValueError: A value has no counterpart.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> lw.to_perceval(circuit).m
        2
    """
    pcvl = perceval_module()
    if isinstance(obj, Sampler):
        names = ("circuit", "input_state", "post_selection", "min_detection", "source", "detector")
        return write_setup(pcvl, Setup(**{name: getattr(obj, name) for name in names}))
    writers: tuple[tuple[type, Callable[[Any, Any], Any]], ...] = (
        (PhotonicCircuit, write_circuit),
        (Setup, write_setup),
        (State, write_state),
        (PostSelectionType, write_selection),
        (ProbabilityDistribution, write_distribution),
        (SamplingResult, write_counts),
        (Source, write_noise),
        (HardwareModel, write_hardware),
        (Detector, write_detector),
    )
    for kind, write in writers:
        if isinstance(obj, kind):
            return write(pcvl, obj)
    msg = (
        "Expected a PhotonicCircuit, Setup, Sampler, State, PostSelection, ProbabilityDistribution, "
        f"SamplingResult, Source, HardwareModel or Detector of lwfast, got {full_name(obj)}."
    )
    raise TypeError(msg)
