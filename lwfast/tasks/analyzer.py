"""Analysis: how well a circuit maps inputs to the outputs that are expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lwfast._base.origin import lightworks_package
from lwfast.circuit import PhotonicCircuit
from lwfast.rules import PostSelectionType
from lwfast.state import State, own_state
from lwfast.tasks.data import AnalyzerTask
from lwfast.tasks.task import (
    Task,
    as_lightworks,
    built,
    check_circuit,
    check_enough_photons,
    check_length,
    check_post_selection,
    check_state,
    check_states,
    snapshot,
)

Expected = dict[State, State | list[State]]


class Analyzer(Task):
    """Work out the probabilities of outputs that keep heralds and post-selection.

    The result has the performance (how probable it is that an output counts) and, where outputs are expected,
    the error rate.

    Args:
        circuit: The circuit to analyse; later changes of its Parameters count.
        inputs: One state or several, heralded modes left out.
        expected: The output, or outputs, that each input should give.
        post_selection: Which outputs count: a PostSelection, or any callable that takes a State.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: There is no input.
        ModeMismatchError: A state has another number of modes than the circuit.
        ModeRangeError: A rule of `post_selection` names a mode that outputs do not have.

    Example:
        >>> circuit = lw.PhotonicCircuit(2)
        >>> circuit.bs(0)
        >>> task = lw.Analyzer(circuit, lw.State([1, 1]), {lw.State([1, 1]): lw.State([2, 0])})
        >>> result = lw.emulator.Backend("auto").run(task)
        >>> round(result.error_rate, 6)
        0.5
    """

    def __init__(
        self,
        circuit: PhotonicCircuit,
        inputs: State | Iterable[State],
        expected: Mapping[State, State | list[State]] | None = None,
        post_selection: PostSelectionType | Callable[[State], bool] | None = None,
    ) -> None:
        self._circuit = check_circuit(circuit)
        self.post_selection = post_selection
        self.inputs = inputs
        self.expected = expected

    @property
    def circuit(self) -> PhotonicCircuit:
        """The circuit. A new one has to fit the states and the post-selection; else make a new task."""
        return self._circuit

    @circuit.setter
    def circuit(self, value: PhotonicCircuit) -> None:
        circuit = check_circuit(value)
        self._check(circuit)
        self._circuit = circuit

    @property
    def post_selection(self) -> PostSelectionType | None:
        """Which outputs count, or None for all."""
        return self._post_selection

    @post_selection.setter
    def post_selection(self, value: PostSelectionType | Callable[[State], bool] | None) -> None:
        self._post_selection = check_post_selection(value, self._circuit)

    @property
    def inputs(self) -> list[State]:
        """The inputs, heralded modes left out."""
        return list(self._inputs)

    @inputs.setter
    def inputs(self, value: State | Iterable[State]) -> None:
        self._inputs = check_states(value, self._circuit.input_modes)

    @property
    def expected(self) -> Expected | None:
        """The output, or outputs, that each input should give, or None."""
        return None if self._expected is None else dict(self._expected)

    @expected.setter
    def expected(self, value: Mapping[State, State | list[State]] | None) -> None:
        self._expected = None if value is None else _check_expected(value, self._circuit.input_modes)

    def to_lightworks(self) -> Any:
        """Return the task as a `lightworks.Analyzer`, whose circuit has the same Parameters.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        package = lightworks_package()
        if package is None:
            return self
        expected = self._expected and {
            start.to_lightworks(): end.to_lightworks()
            if isinstance(end, State)
            else [one.to_lightworks() for one in end]
            for start, end in self._expected.items()
        }
        inputs = [state.to_lightworks() for state in self._inputs]
        rules = as_lightworks(self._post_selection)
        return package.Analyzer(self._circuit.to_lightworks(), inputs, expected, rules)

    def __repr__(self) -> str:
        return f"lwfast.Analyzer({self._circuit}, {len(self._inputs)} inputs)"

    def _check(self, circuit: PhotonicCircuit) -> None:
        for state in self._inputs:
            check_length(state, circuit.input_modes)
        if self._expected is not None:
            _check_expected(self._expected, circuit.input_modes)
        check_post_selection(self._post_selection, circuit)

    def _generate_task(self) -> AnalyzerTask:
        """Return the data that a backend needs, as it is now.

        Raises:
            PhotonNumberError: An input has too few photons for the heralds.
            ModeMismatchError: The circuit has got heralds since, and a state does not fit any more.
            ModeRangeError: A rule names a mode that outputs do not have.
            CircuitCompilationError: A Parameter has a value that its element does not take.
        """
        self._check(self._circuit)
        check_enough_photons(self._circuit, self._inputs)
        return AnalyzerTask(
            circuit=built(self._circuit),
            inputs=self.inputs,
            expected=self.expected,
            post_selection=snapshot(self._post_selection),
        )


def _check_expected(value: Any, n_modes: int) -> Expected:
    """Return the expected outputs in a dict of its own.

    Raises:
        TypeError: It is not a mapping, or something in it is not a State.
        ValueError: An input has no expected output.
        ModeMismatchError: A state has another number of modes.
    """
    if not isinstance(value, Mapping):
        msg = f"expected should map each input to its outputs, got {type(value).__name__}."
        raise TypeError(msg)
    checked: Expected = {}
    for start, ends in value.items():
        outputs = check_states(ends, n_modes)
        single = own_state(ends) is not None
        checked[check_state(start, n_modes)] = outputs[0] if single else outputs
    return checked
