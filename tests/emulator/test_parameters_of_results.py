"""A result that was sampled here has the values of labelled Parameters that its circuit had."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import lwfast as lw
from lwfast.results import scan_results

STATE = lw.State([1, 1, 0])


def task_of(*parameters, **options):
    circuit = lw.PhotonicCircuit(3)
    for mode, parameter in enumerate(parameters):
        circuit.bs(0, reflectivity=0.4)
        circuit.bs(1, reflectivity=0.3)
        circuit.ps(mode, parameter)
    return lw.Sampler(circuit, STATE, 50, random_seed=1, **options)


@pytest.mark.parametrize("method", ["auto", "slos", "clifford"])
@pytest.mark.parametrize(
    "options", [{}, {"source": lw.emulator.Source(brightness=0.9)}, {"min_detection": 1}]
)
def test_a_result_has_the_values_of_its_run(method, options):
    theta, phi, nameless = lw.Parameter(0.3, label="theta"), lw.Parameter(2, label="phi"), lw.Parameter(0.1)
    task, backend = task_of(theta, phi, nameless, **options), lw.emulator.Backend(method)
    first = backend.run(task)
    again = backend.run(task)
    theta.set(0.9)
    third = backend.run(task)
    assert first.parameters == again.parameters == {"theta": 0.3, "phi": 2.0}
    assert third.parameters == {"theta": 0.9, "phi": 2.0}
    assert first.counts.tolist() == again.counts.tolist()
    # On the short way and on the long one.
    assert backend.run(task, progress=lambda *_: None).parameters == third.parameters
    phi.label = "angle"
    assert backend.run(task).parameters == {"theta": 0.9, "angle": 2.0}


def test_a_result_without_labels_says_nothing():
    result = lw.emulator.Backend("auto").run(task_of(lw.Parameter(0.3)))
    assert result.parameters == {}
    assert result.metadata == {}
    one, two = lw.Parameter(0.1, label="a"), lw.Parameter(0.2, label="a")
    assert lw.emulator.Backend("auto").run(task_of(one, two)).parameters == {}


@pytest.mark.parametrize("with_executor", [False, True])
def test_each_result_of_a_batch_has_its_own(with_executor):
    """Also of Parameters that do not vary, whose values its circuits keep, and of tasks that were added."""
    theta, phi = lw.Parameter(0.0, label="theta"), lw.Parameter(0.5, label="phi")
    task = task_of(theta, phi)
    batch = lw.Batch(lw.Sampler, [[task.circuit], [STATE], [40]], parameters={theta: [0.1, 0.2]})
    batch.add(task)
    theta.set(0.7)
    phi.set(0.6)
    expected = [{"theta": 0.1, "phi": 0.5}, {"theta": 0.2, "phi": 0.5}, {"theta": 0.7, "phi": 0.6}]
    assert batch.settings == expected
    with ThreadPoolExecutor(1) as pool:
        results = lw.emulator.Backend("auto").run(batch, executor=pool if with_executor else None)
    assert [result.parameters for result in results] == expected
    simulated = lw.Batch(lw.Simulator, [[task.circuit], [STATE]], parameters={theta: [0.1, 0.2]})
    assert len(lw.emulator.Backend("auto").run(simulated)) == 2


def test_a_scan_that_was_sampled_here_is_a_campaign(tmp_path):
    theta = lw.Parameter(0.0, label="theta")
    task, backend = task_of(theta), lw.emulator.Backend("auto")
    for k, value in enumerate([0.0, 0.5, 0.5, 1.0]):
        theta.set(value)
        backend.run(task).save(tmp_path / f"run_{k}.npz")
    groups = scan_results(tmp_path / "run_*.npz").group_by("theta")
    assert groups.keys == [0.0, 0.5, 1.0]
    assert groups.merge()[0.5].n_samples == 100
