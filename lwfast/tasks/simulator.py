"""Simulation: the amplitude from given inputs to given outputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lwfast._base.origin import lightworks_package
from lwfast.circuit import PhotonicCircuit
from lwfast.state import State
from lwfast.tasks.data import SimulatorTask
from lwfast.tasks.task import Task, built, check_circuit, check_enough_photons, check_length, check_states


class Simulator(Task):
    """Work out the probability amplitude from each input to each output.

    Args:
        circuit: The circuit whose amplitudes are computed; later changes of its Parameters count.
        inputs: One state or several, heralded modes left out.
        outputs: One state or several, heralded modes left out; None takes all that can occur.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: There is no input, or no output.
        ModeMismatchError: A state has another number of modes than the circuit.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> task = lw.Simulator(circuit, lw.State([1, 1]), lw.State([2, 0]))
        >>> result = lw.emulator.Backend("auto").run(task)
        >>> (abs(result.array) ** 2).round(6).tolist()
        [[0.5]]
    """

    def __init__(
        self,
        circuit: PhotonicCircuit,
        inputs: State | Iterable[State],
        outputs: State | Iterable[State] | None = None,
    ) -> None:
        self._circuit = check_circuit(circuit)
        self.inputs = inputs
        self.outputs = outputs

    @property
    def circuit(self) -> PhotonicCircuit:
        """The circuit. A new one has to fit the inputs and the outputs; else make a new task."""
        return self._circuit

    @circuit.setter
    def circuit(self, value: PhotonicCircuit) -> None:
        circuit = check_circuit(value)
        self._check(circuit)
        self._circuit = circuit

    @property
    def inputs(self) -> list[State]:
        """The inputs, heralded modes left out."""
        return list(self._inputs)

    @inputs.setter
    def inputs(self, value: State | Iterable[State]) -> None:
        self._inputs = check_states(value, self._circuit.input_modes)

    @property
    def outputs(self) -> list[State] | None:
        """The outputs, heralded modes left out, or None for all that can occur."""
        return None if self._outputs is None else list(self._outputs)

    @outputs.setter
    def outputs(self, value: State | Iterable[State] | None) -> None:
        self._outputs = None if value is None else check_states(value, self._circuit.input_modes)

    def to_lightworks(self) -> Any:
        """Return the task as a `lightworks.Simulator`, whose circuit has the same Parameters.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        package = lightworks_package()
        if package is None:
            return self
        inputs = [state.to_lightworks() for state in self._inputs]
        outputs = None if self._outputs is None else [state.to_lightworks() for state in self._outputs]
        return package.Simulator(self._circuit.to_lightworks(), inputs, outputs)

    def __repr__(self) -> str:
        outputs = "all" if self._outputs is None else len(self._outputs)
        return f"lwfast.Simulator({self._circuit}, {len(self._inputs)} inputs, {outputs} outputs)"

    def _check(self, circuit: PhotonicCircuit) -> None:
        for state in [*self._inputs, *(self._outputs or [])]:
            check_length(state, circuit.input_modes)

    def _generate_task(self) -> SimulatorTask:
        """Return the data that a backend needs, as it is now.

        Raises:
            PhotonNumberError: An input has too few photons for the heralds.
            ModeMismatchError: The circuit has got heralds since, and a state does not fit any more.
            CircuitCompilationError: A Parameter has a value that its element does not take.
        """
        self._check(self._circuit)
        check_enough_photons(self._circuit, self._inputs)
        return SimulatorTask(circuit=built(self._circuit), inputs=self.inputs, outputs=self.outputs)
