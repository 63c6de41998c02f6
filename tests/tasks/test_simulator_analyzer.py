"""Simulator and Analyzer: states that fit the circuit, also after it changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lwfast.circuit import PhotonicCircuit, Unitary
from lwfast.errors import ModeMismatchError, ModeRangeError, PhotonNumberError
from lwfast.optics.unitary import random_unitary
from lwfast.rules import PostSelection
from lwfast.state import State
from lwfast.tasks import Analyzer, Simulator

IN = State([1, 0, 1])
OUT = State([0, 1, 1])


@pytest.fixture
def circuit() -> Unitary:
    """Three modes."""
    return Unitary(random_unitary(3, 1))


@pytest.mark.parametrize("kind", [Simulator, Analyzer])
def test_one_state_or_several(kind: Any, circuit: Unitary) -> None:
    """A single state becomes a list; lists, tuples and generators are copied."""
    for inputs in (IN, [IN], (IN,), (s for s in [IN])):
        task = kind(circuit, inputs)
        assert task.inputs == [IN]
        task.inputs.clear()
        assert task._generate_task().inputs == [IN]


@pytest.mark.parametrize("kind", [Simulator, Analyzer])
def test_states_are_checked(kind: Any, circuit: Unitary) -> None:
    """States are States of the right length, and there is one at least."""
    for wrong in ([1, 0, 1], "101", 3, None, [IN, (1, 0, 1)]):
        with pytest.raises(TypeError, match="State"):
            kind(circuit, wrong)
    with pytest.raises(ModeMismatchError, match=r"\|1,0>.*takes 3"):
        kind(circuit, [IN, State([1, 0])])
    with pytest.raises(ValueError, match="At least one"):
        kind(circuit, [])
    with pytest.raises(TypeError, match="circuit"):
        kind(np.identity(3), IN)
    task = kind(circuit, IN)
    with pytest.raises(ModeMismatchError):
        task.inputs = State([1])
    with pytest.raises(TypeError):
        task.circuit = None


@pytest.mark.parametrize("kind", [Simulator, Analyzer])
def test_a_new_circuit_has_to_fit(kind: Any, circuit: Unitary) -> None:
    """A circuit of another size is refused when set, one that got heralds since when the task is made."""
    task = kind(circuit, IN)
    with pytest.raises(ModeMismatchError):
        task.circuit = Unitary(random_unitary(4))
    task.circuit = other = Unitary(random_unitary(3, 2))
    assert np.array_equal(task._generate_task().circuit.U_full, other.U_full)
    assert task.circuit is other
    other.herald(0, 1)
    with pytest.raises(ModeMismatchError):
        task._generate_task()


@pytest.mark.parametrize("kind", [Simulator, Analyzer])
def test_every_input_feeds_the_heralds(kind: Any) -> None:
    """Each input is looked at, not only the first."""
    circuit = PhotonicCircuit(3)
    circuit.herald(2, (0, 1))
    with pytest.raises(PhotonNumberError, match=r"\|0,0> has 0 photons"):
        kind(circuit, [State([1, 0]), State([0, 0])])._generate_task()


def test_simulator_outputs(circuit: Unitary) -> None:
    """Outputs are states that fit, or None for all."""
    assert Simulator(circuit, IN).outputs is None
    simulator = Simulator(circuit, [IN], OUT)
    assert simulator._generate_task().outputs == [OUT]
    for wrong, error in ((State([1]), ModeMismatchError), ([1, 0, 1], TypeError), ([], ValueError)):
        with pytest.raises(error):
            simulator.outputs = wrong  # type: ignore[assignment]
    simulator.outputs = None
    assert simulator._generate_task().outputs is None
    assert repr(simulator) == "lwfast.Simulator(PhotonicCircuit(3), 1 inputs, all outputs)"


def test_analyzer_expected(circuit: Unitary) -> None:
    """Expected outputs are one state or several for each input, all of the right length."""
    analyzer = Analyzer(circuit, IN, {IN: OUT})
    assert analyzer._generate_task().expected == {IN: OUT}
    analyzer.expected = {IN: [OUT, IN]}
    assert analyzer.expected == {IN: [OUT, IN]}
    for wrong, error in (
        ([IN], TypeError),
        ({IN: [1, 0, 1]}, TypeError),
        ({(1, 0, 1): OUT}, TypeError),
        ({IN: State([1])}, ModeMismatchError),
        ({State([1]): OUT}, ModeMismatchError),
        ({IN: []}, ValueError),
    ):
        with pytest.raises(error):
            analyzer.expected = wrong  # type: ignore[assignment]
    assert Analyzer(circuit, IN).expected is None
    assert "1 inputs" in repr(analyzer)


def test_analyzer_post_selection(circuit: Unitary) -> None:
    """Rules name modes that outputs have; a task holds the rules as they were."""
    rules = PostSelection()
    rules.add((0, 1), 1)
    analyzer = Analyzer(circuit, IN, post_selection=rules)
    task = analyzer._generate_task()
    rules.add(5, 1)
    assert isinstance(task.post_selection, PostSelection)
    assert task.post_selection.modes == [0, 1]
    with pytest.raises(ModeRangeError):
        analyzer._generate_task()
    with pytest.raises(ModeRangeError):
        Analyzer(circuit, IN, None, rules)
    with pytest.raises(TypeError):
        Analyzer(circuit, IN, None, 3)  # type: ignore[arg-type]
    assert Analyzer(circuit, IN, None, lambda s: s[0] == 1)._generate_task().post_selection is not None
