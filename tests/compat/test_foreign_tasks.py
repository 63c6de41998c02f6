"""Lightworks' own task objects, taken over: the same matrices, states, rules and models."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import lwfast
import lwfast.results
from lwfast.circuit.foreign.followed_circuits import own_circuit
from lwfast.hardware import Detector, Source
from lwfast.rules import PostSelection, PostSelectionFunction
from lwfast.state import State
from lwfast.tasks import Analyzer, Batch, Sampler, Simulator
from lwfast.tasks.foreign import adopt
from tests.reference.circuits import random_pair

lightworks = pytest.importorskip("lightworks")


def _circuit() -> Any:
    heralded = lightworks.PhotonicCircuit(3)
    heralded.bs(0, 2, loss=0.1)
    heralded.herald((1, 2), (1, 0))
    circuit = lightworks.PhotonicCircuit(3)
    circuit.bs(0, reflectivity=lightworks.Parameter(0.3))
    circuit.add(heralded, 1, name="gate")
    circuit.mode_swaps({0: 2, 2: 0})
    circuit.barrier()
    circuit.add(lightworks.Unitary(lightworks.random_unitary(3, 1), label="V"))
    return circuit


def _compare(ours: Any, theirs: Any) -> None:
    assert np.abs(ours.transfer_matrix - theirs.U_full[: theirs.n_modes, : theirs.n_modes]).max() < 1e-12
    assert ours.loss_modes == theirs.loss_modes
    assert (ours.heralds.input, ours.heralds.output) == (theirs.heralds.input, theirs.heralds.output)


def test_sampler() -> None:
    """Every value of a Sampler comes over."""
    rules = lightworks.PostSelection(multi_rules=True)
    rules.add((0, 1), (0, 1))
    rules.add(1, 0)
    theirs = lightworks.Sampler(
        _circuit(),
        lightworks.State([1, 0, 1]),
        50,
        post_selection=rules,
        min_detection=1,
        source=lightworks.emulator.Source(0.9, 0.8, 0.7, 1e-6),
        detector=lightworks.emulator.Detector(0.9, 0.1, False),
        random_seed=5,
        sampling_mode="input",
    )
    task = adopt(theirs)
    assert type(task) is Sampler
    data, expected = task._generate_task(), theirs._generate_task()
    _compare(data.circuit, expected.circuit)
    assert data.input_state == State([1, 0, 1])
    assert (data.n_samples, data.min_detection, data.random_seed) == (50, 1, 5)
    assert data.sampling_mode == "input"
    assert data.source == Source(0.9, 0.8, 0.7, 1e-6)
    assert data.detector == Detector(0.9, 0.1, False)
    assert isinstance(data.post_selection, PostSelection)
    assert [r.as_tuple() for r in data.post_selection.rules] == [((0, 1), (0, 1)), ((1,), (0,))]


def test_parameters_have_present_values() -> None:
    """A task is taken over as it is at the time."""
    phi = lightworks.Parameter(0.1)
    circuit = lightworks.PhotonicCircuit(2)
    circuit.ps(0, phi)
    theirs = lightworks.Sampler(circuit, lightworks.State([1, 0]), 1)
    for value in (0.1, 0.9):
        phi.set(value)
        task = adopt(theirs)
        assert isinstance(task, Sampler)
        assert np.allclose(task.circuit.U[0, 0], np.exp(1j * value))


def test_functions_get_lightworks_states() -> None:
    """A user's function that compares with Lightworks' states still finds them equal."""
    for function in (
        lambda s: s == lightworks.State([1, 0]),
        lightworks.PostSelectionFunction(lambda s: isinstance(s, lightworks.State) and s[0] == 1),
    ):
        theirs = lightworks.Sampler(
            lightworks.Unitary(np.identity(2)), lightworks.State([1, 0]), 1, post_selection=function
        )
        task = adopt(theirs)
        assert isinstance(task, Sampler)
        selection = task.post_selection
        assert isinstance(selection, PostSelectionFunction)
        assert selection.validate(State([1, 0]))
        assert not selection.validate(State([0, 1]))


def test_own_rules_are_asked() -> None:
    """A user's subclass of PostSelection is asked, and not read."""

    class Mine(lightworks.PostSelection):  # type: ignore[misc, name-defined]
        def validate(self, state: Any) -> bool:
            return bool(state[1] == 0)

    theirs = lightworks.Sampler(
        lightworks.Unitary(np.identity(2)), lightworks.State([1, 0]), 1, post_selection=Mine()
    )
    task = adopt(theirs)
    assert isinstance(task, Sampler)
    assert task.post_selection is not None
    assert not task.post_selection.validate(State([0, 1]))


def test_names_alone_make_nothing_lightworks() -> None:
    """A class or a method that carries the names of Lightworks' is taken for what it is."""
    circuit, state = lightworks.Unitary(np.identity(2)), lightworks.State([1, 0])
    named = type("Sampler", (), {"__module__": lightworks.Sampler.__module__})
    with pytest.raises(TypeError, match=r"Expected a task \(Sampler, .*, Batch or Sweep\), got"):
        adopt(named())
    rules = lightworks.PostSelection()

    @functools.wraps(lightworks.PostSelection.validate)
    def validate(state: Any) -> bool:
        return bool(state[1] == 0)

    rules.validate = validate
    task = adopt(lightworks.Sampler(circuit, state, 1, post_selection=rules))
    assert isinstance(task, Sampler)
    assert task.post_selection is not None
    assert not task.post_selection.validate(State([0, 1]))


def test_lightworks_functions_run_on_columns() -> None:
    """Its mappings are known by the very objects, and its rules are read."""
    result = lwfast.results.SamplingResult({(2, 0): 3, (0, 1): 4})
    for name, function in (
        ("threshold", lightworks.convert.threshold_mapping),
        ("parity", lightworks.convert.parity_mapping),
    ):
        assert result.map(function).history[0]["mapping"] == name
    rules = lightworks.PostSelection()
    rules.add(0, 2)
    assert result.apply_post_selection(rules).history[0]["rules"] == [[[0], [2]]]


def test_rules_that_count_a_mode_twice_are_refused() -> None:
    """What Lightworks takes and lwfast does not raises with its reason."""
    rules = lightworks.PostSelection()
    rules.add((0, 0), 2)
    theirs = lightworks.Sampler(
        lightworks.Unitary(np.identity(2)), lightworks.State([1, 0]), 1, post_selection=rules
    )
    with pytest.raises(ValueError, match="named twice"):
        adopt(theirs)


def test_simulator_and_analyzer() -> None:
    """Inputs, outputs and expected outputs come over."""
    circuit, state, other = _circuit(), lightworks.State([1, 0, 1]), lightworks.State([0, 1, 1])
    simulator = adopt(lightworks.Simulator(circuit, [state, other], state))
    assert isinstance(simulator, Simulator)
    assert simulator.inputs == [State([1, 0, 1]), State([0, 1, 1])]
    assert simulator.outputs == [State([1, 0, 1])]
    every = adopt(lightworks.Simulator(circuit, state))
    assert isinstance(every, Simulator)
    assert every.outputs is None
    rules = lightworks.PostSelection()
    rules.add(0, 1)
    analyzer = adopt(lightworks.Analyzer(circuit, state, {state: [state, other], other: state}, rules))
    assert isinstance(analyzer, Analyzer)
    assert analyzer.expected == {
        State([1, 0, 1]): [State([1, 0, 1]), State([0, 1, 1])],
        State([0, 1, 1]): State([1, 0, 1]),
    }
    assert isinstance(analyzer.post_selection, PostSelection)
    plain = adopt(lightworks.Analyzer(circuit, state))
    assert isinstance(plain, Analyzer)
    assert (plain.expected, plain.post_selection) == (None, None)


def test_batch() -> None:
    """A batch becomes one of ours, task by task."""
    theirs = lightworks.Batch(lightworks.Sampler, [[_circuit()], [lightworks.State([1, 0, 1])], [1, 2, 3]])
    batch = adopt(theirs)
    assert isinstance(batch, Batch)
    assert [task.n_samples for task in batch if isinstance(task, Sampler)] == [1, 2, 3]


def test_subclasses_are_told_by_their_base() -> None:
    """A user's subclass of a task or circuit is what its base is."""

    class MySampler(lightworks.Sampler):  # type: ignore[misc, name-defined]
        pass

    class MyCircuit(lightworks.PhotonicCircuit):  # type: ignore[misc, name-defined]
        pass

    task = adopt(MySampler(MyCircuit(2), lightworks.State([1, 0]), 1))
    assert type(task) is Sampler


def test_ours_pass_through() -> None:
    """Tasks, batches and circuits of ours are returned as they are."""
    circuit = lwfast.PhotonicCircuit(2)
    task = Sampler(circuit, State([1, 0]), 1)
    batch = Batch()
    assert adopt(task) is task
    assert adopt(batch) is batch
    assert own_circuit(circuit) is circuit


@pytest.mark.parametrize("wrong", [None, 1, "Sampler", object(), Sampler, lwfast.State([1])])
def test_the_rest_is_refused(wrong: object) -> None:
    """What is no task raises TypeError."""
    with pytest.raises(TypeError, match=r"Expected a task \(Sampler, .*, Batch or Sweep\), got"):
        adopt(wrong)
    assert own_circuit(wrong) is None


def test_classes_of_the_same_name_are_not_taken_for_lightworks() -> None:
    """A class called Sampler is no Sampler of Lightworks."""

    class Sampler:
        pass

    with pytest.raises(TypeError, match=r"Expected a task \(Sampler, .*, Batch or Sweep\), got"):
        adopt(Sampler())


@pytest.mark.parametrize("seed", range(40))
def test_random_circuits_come_over(seed: int) -> None:
    """Matrix, heralds, groups and internal modes of a circuit are as there, and it can be built further."""
    theirs = random_pair(seed, lwfast, lightworks).theirs
    followed = own_circuit(theirs)
    assert followed is not None
    ours = followed.copy()
    _compare(ours._build(), theirs._build())
    for circuit in (ours, theirs):
        circuit.ps(0, 0.3)
        circuit.unpack_groups()
    _compare(ours._build(), theirs._build())
