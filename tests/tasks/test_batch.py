"""Batch: a task for each value, and nothing of the caller's changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lwfast.circuit import Parameter, PhotonicCircuit, Unitary
from lwfast.errors import ParameterValueError
from lwfast.optics.unitary import random_unitary
from lwfast.state import State
from lwfast.tasks import Batch, Sampler, Simulator
from lwfast.tasks.task import Task

S = State([1, 0])


def _circuit(phi: Parameter[float]) -> PhotonicCircuit:
    circuit = PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, phi)
    return circuit


def _samplers(batch: Batch) -> list[Sampler]:
    return [task for task in batch if isinstance(task, Sampler)]


def test_values_for_each_task() -> None:
    """Lists are read side by side; a single value serves all tasks."""
    circuits = [Unitary(random_unitary(2, seed)) for seed in range(3)]
    batch = Batch(
        Sampler,
        task_args=[circuits, [S], (10, 20, 30)],
        task_kwargs={"random_seed": [1, 2, 3], "min_detection": [1]},
    )
    assert batch.num == len(batch) == 3
    for i, sampler in enumerate(_samplers(batch)):
        assert np.array_equal(sampler.circuit.U, circuits[i].U)
        assert (sampler.n_samples, sampler.random_seed, sampler.min_detection) == (10 * (i + 1), i + 1, 1)


def test_parameters_are_frozen_and_restored() -> None:
    """Each task has its values for good; the Parameter has its former value afterwards."""
    phi, other = Parameter(7.0), Parameter(0.25)
    circuit = _circuit(phi)
    circuit.ps(1, other)
    batch = Batch(Sampler, [[circuit], [S], [5]], parameters={phi: [0.1, 0.2, 0.3], other: [0.5]})
    assert (phi.get(), other.get()) == (7.0, 0.25)
    phi.set(1)
    phases = [t._generate_task().circuit._circuit_spec[1][1]["phi"] for t in _samplers(batch)]
    assert phases == [0.1, 0.2, 0.3]


def test_the_callers_lists_are_left_alone() -> None:
    """Arguments are read only."""
    args: list[list[Any]] = [[Unitary(np.identity(2))], [S], [1, 2]]
    kwargs: dict[str, list[Any]] = {"random_seed": [3]}
    phi = Parameter(0.0)
    parameters: dict[Parameter[Any], list[Any]] = {phi: [1.0]}
    Batch(Sampler, args, kwargs, parameters)
    assert [len(a) for a in args] == [1, 1, 2]
    assert kwargs == {"random_seed": [3]}
    assert parameters == {phi: [1.0]}


def test_empty_batches() -> None:
    """A batch may begin empty; tasks are added, and listed in a list of its own."""
    for batch in (Batch(), Batch(Sampler), Batch(Sampler, task_args=[[], []])):
        assert batch.num == 0
        task = Simulator(Unitary(np.identity(2)), S)
        batch.add(task)
        batch.tasks.clear()
        assert batch.tasks == [task]
        assert list(batch) == [task]
    assert repr(batch) == "lwfast.Batch(1 tasks)"
    for wrong in (1, Sampler, None, Batch()):
        with pytest.raises(TypeError, match="must be a Task"):
            batch.add(wrong)  # type: ignore[arg-type]


def test_what_is_no_kind_of_task_is_refused() -> None:
    """The kind is a class of tasks, not a task."""
    for wrong in (Sampler(Unitary(np.identity(2)), S, 1), int, "Sampler"):
        with pytest.raises(TypeError, match="class such as Sampler"):
            Batch(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a task"):
        Batch(task_args=[[1]])


@pytest.mark.parametrize(
    "values",
    [
        {"task_args": [[1], S]},
        {"task_args": [[1], "ab"]},
        {"task_kwargs": {"n_samples": 3}},
        {"task_kwargs": {3: [1]}},
        {"parameters": {"phi": [1]}},
        {"parameters": {Parameter(1): 3}},
    ],
)
def test_types(values: dict[str, Any]) -> None:
    """Values stand in lists or tuples, under names and Parameters."""
    with pytest.raises(TypeError):
        Batch(Sampler, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"task_args": [[1, 2], [1, 2, 3]]},
        {"task_args": [[1, 2]], "task_kwargs": {"n_samples": [1, 2, 3]}},
        {"task_args": [[1, 2]], "parameters": {Parameter(1): [1, 2, 3]}},
        {"task_args": [[1], []]},
    ],
)
def test_numbers_of_values_agree(values: dict[str, Any]) -> None:
    """Numbers of values are one, or all the same."""
    with pytest.raises(ValueError, match="Mismatch"):
        Batch(Sampler, **values)


def test_a_task_that_fails_is_named() -> None:
    """The number of the task and its reason are told, the reason as the cause; Parameters are restored."""
    phi = Parameter(0.5, bounds=[0, 1])
    with pytest.raises(ValueError, match=r"task number 2: .*negative") as caught:
        Batch(Sampler, [[_circuit(phi)], [S], [1, -1]], parameters={phi: [0.1, 0.2]})
    assert isinstance(caught.value.__cause__, ValueError)
    assert phi.get() == 0.5
    with pytest.raises(ParameterValueError):
        Batch(Sampler, [[_circuit(phi)], [S], [1]], parameters={phi: [0.1, 2.0]})
    assert phi.get() == 0.5


def test_own_kinds_of_tasks() -> None:
    """A subclass of a task is a kind of task."""

    class Mine(Sampler):
        pass

    assert isinstance(Batch(Mine, [[Unitary(np.identity(2))], [S], [1]]).tasks[0], Task)
