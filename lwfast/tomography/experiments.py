"""What has to be measured: circuits with other bases before and after them, one by one or as a sweep."""

from __future__ import annotations

import functools
from collections import UserList
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from lwfast.circuit import Parameter, PhotonicCircuit, Unitary
from lwfast.rules import PostSelection
from lwfast.state import State
from lwfast.tasks import Sampler, Sweep
from lwfast.tomography.estimation.paulis import MEASURED

_HALF_PI = float(np.pi / 2)
_INPUT_SETTINGS = {
    "X+": (0.5, 0.0),
    "X-": (0.5, 2 * _HALF_PI),
    "Y+": (0.5, _HALF_PI),
    "Y-": (0.5, -_HALF_PI),
    "Z+": (1.0, 0.0),
    "Z-": (0.0, 0.0),
}
"""Reflectivity and phase that make each state of |1,0>."""
_OUTPUT_SETTINGS = {"X": (0.0, 0.5), "Y": (-_HALF_PI, 0.5), "Z": (0.0, 1.0)}
"""Phase and reflectivity that turn each basis into that of the modes."""


@dataclass(slots=True, kw_only=True)
class StateTomographyExperiment:
    """A circuit to be run, and what it measures.

    Attributes:
        circuit: The circuit to run, with the measurement's gates behind it.
        measurement_basis: The basis of each qubit, such as "X,Z".
    """

    circuit: PhotonicCircuit
    measurement_basis: str


@dataclass(slots=True, kw_only=True)
class ProcessTomographyExperiment:
    """A circuit to be run, its input, and what they stand for.

    Attributes:
        circuit: The circuit to run, with preparation and measurement around it.
        input_state: The photonic state that enters the circuit.
        input_basis: The state of each qubit in front of the process, such as "X+,Z-".
        measurement_basis: The basis of each qubit behind it, such as "X,Z".
    """

    circuit: PhotonicCircuit
    input_state: State
    input_basis: str
    measurement_basis: str


E = TypeVar("E", StateTomographyExperiment, ProcessTomographyExperiment)


class _ExperimentList(UserList[E]):
    """A list of experiments, and each of their attributes as a list."""

    @property
    def all_circuits(self) -> list[PhotonicCircuit]:
        """The circuit of each experiment."""
        return [experiment.circuit for experiment in self]

    @property
    def all_measurement_basis(self) -> list[str]:
        """The measured basis of each experiment."""
        return [experiment.measurement_basis for experiment in self]


class StateTomographyList(_ExperimentList[StateTomographyExperiment]):
    """The experiments of a state tomography."""


class ProcessTomographyList(_ExperimentList[ProcessTomographyExperiment]):
    """The experiments of a process tomography."""

    @property
    def all_inputs(self) -> list[State]:
        """The input state of each experiment."""
        return [experiment.input_state for experiment in self]

    @property
    def all_input_basis(self) -> list[str]:
        """The prepared state of each experiment."""
        return [experiment.input_basis for experiment in self]


def measured_circuit(base: PhotonicCircuit, measured: str, prepared: str | None = None) -> PhotonicCircuit:
    """Return a circuit between a preparation and the turn into a measured basis.

    Args:
        base: The circuit whose state or process is wanted.
        measured: The basis of each qubit.
        prepared: The state of each qubit in front of it, made of `input_of`; None leaves its inputs as they
            are.
    """
    circuit = PhotonicCircuit(base.input_modes)
    if prepared is not None:
        _add(circuit, [_preparations()[name] for name in prepared.split(",")])
    # Heralded modes become internal, so that the modes of qubits can be counted.
    circuit.add(base)
    _add(circuit, [_turns()[name] for name in measured.split(",")])
    return circuit


def input_of(prepared: str) -> State:
    """Return the input that the circuit of `measured_circuit` prepares a state from."""
    return State([n for name in prepared.split(",") for n in ((1, 0) if name[1] == "+" else (0, 1))])


def sweep_of(
    base: PhotonicCircuit,
    n_qubits: int,
    pairs: list[tuple[str | None, str]],
    input_state: State,
    n_samples: int,
    options: dict[str, Any],
) -> Sweep:
    """Return one sweep that measures all that the circuits of `measured_circuit` do.

    In the place of circuits, the phase and the reflectivity in front of each qubit and behind it vary.

    Args:
        base: The circuit whose state or process is wanted.
        n_qubits: Number of qubits, two modes each.
        pairs: What is prepared, or None, and measured in each setting.
        input_state: Input of all settings.
        n_samples: Samples of each setting.
        options: Further arguments of the Sampler.
    """
    circuit = PhotonicCircuit(base.input_modes)
    values: dict[Parameter[Any] | str, Any] = {}
    if pairs[0][0] is not None:
        for qubit in range(n_qubits):
            chosen = [_INPUT_SETTINGS[str(prepared).split(",")[qubit]] for prepared, _ in pairs]
            reflectivity, phase = _varied(
                values, chosen, f"input_reflectivity_{qubit}", f"input_phase_{qubit}"
            )
            circuit.bs(2 * qubit, reflectivity=reflectivity, convention="H")
            circuit.ps(2 * qubit + 1, phase)
    circuit.add(base)
    for qubit in range(n_qubits):
        turned = [_OUTPUT_SETTINGS[measured.split(",")[qubit]] for _, measured in pairs]
        phase, reflectivity = _varied(values, turned, f"output_phase_{qubit}", f"output_reflectivity_{qubit}")
        circuit.ps(2 * qubit + 1, phase)
        circuit.bs(2 * qubit, reflectivity=reflectivity, convention="H")
    if "post_selection" not in options:
        options = {**options, "post_selection": one_photon_each(n_qubits)}
    return Sweep(Sampler(circuit, input_state, n_samples, **options), values)


def one_photon_each(n_qubits: int) -> PostSelection:
    """Return the rule that each qubit has its photon."""
    rules = PostSelection()
    for qubit in range(n_qubits):
        rules.add((2 * qubit, 2 * qubit + 1), 1)
    return rules


def _varied(
    values: dict[Parameter[Any] | str, Any], settings: list[tuple[float, float]], *names: str
) -> list[Parameter[float]]:
    """Make a Parameter of each name, and add the values that it takes."""
    made = []
    for name, column in zip(names, zip(*settings, strict=True), strict=True):
        parameter = Parameter(column[0], label=name)
        values[parameter] = list(column)
        made.append(parameter)
    return made


def _add(circuit: PhotonicCircuit, parts: list[PhotonicCircuit | None]) -> None:
    for qubit, part in enumerate(parts):
        if part is not None:
            circuit.add(part, 2 * qubit)


@functools.cache
def _preparations() -> dict[str, PhotonicCircuit | None]:
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    made = {"X": Unitary(hadamard, "H"), "Y": Unitary(np.diag([1, 1j]) @ hadamard, "SH"), "Z": None}
    return {name + sign: made[name] for name in MEASURED for sign in "+-"}


@functools.cache
def _turns() -> dict[str, PhotonicCircuit | None]:
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    return {"X": Unitary(hadamard, "H"), "Y": Unitary(hadamard @ np.diag([1, -1j]), "HS†"), "Z": None}
