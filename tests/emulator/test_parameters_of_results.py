"""A result that was sampled here has the values of labelled Parameters that its circuit had."""

from __future__ import annotations

import copy
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lwfast as lw
from lwfast.circuit.parameters import labelled
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


def test_values_are_those_of_the_circuit_that_is_run():
    """Whatever was frozen, shared, replaced or added since."""
    theta, other = lw.Parameter(0.1, label="theta"), lw.Parameter(3.0, label="theta")
    circuit, backend = task_of(theta).circuit, lw.emulator.Backend("auto")
    batch = lw.Batch(lw.Sampler, [[circuit], [STATE], [40]], parameters={theta: [0.1, 0.2, 0.3]})
    for one in (batch, pickle.loads(pickle.dumps(batch)), copy.deepcopy(batch), adopted_of(batch)):
        assert [result.parameters["theta"] for result in backend.run(one)][:3] == [0.1, 0.2, 0.3]
    assert backend.run(batch.tasks[1]).parameters == {"theta": 0.2}
    assert backend.run(lw.Sampler(batch.tasks[1].circuit.copy(), STATE, 9)).parameters == {"theta": 0.2}
    batch.tasks[0].circuit = task_of(other).circuit
    batch.tasks[1].circuit.ps(1, other)  # a second value of one label
    assert [result.parameters for result in backend.run(batch)] == [{"theta": 3.0}, {}, {"theta": 0.3}]
    assert batch.settings == [{"theta": 3.0}, {}, {"theta": 0.3}]
    # Of a Parameter that the circuit does not have, a result says nothing.
    batch = lw.Batch(lw.Sampler, [[task_of(other).circuit], [STATE], [40]], parameters={theta: [0.1, 0.2]})
    assert batch.settings == [{"theta": 3.0}] * 2
    both = task_of(theta, other).circuit
    assert lw.Batch(lw.Sampler, [[both], [STATE], [9]], parameters={theta: [1, 2]}).settings == [{}, {}]


def adopted_of(batch):
    """The tasks of a batch with one of Lightworks among them."""
    lightworks = pytest.importorskip("lightworks")
    mixed = lw.Batch()
    for task in batch.tasks:
        mixed.add(task)
    circuit = lightworks.PhotonicCircuit(2)
    circuit.ps(0, lightworks.Parameter(0.4, label="theta"))
    mixed.add(lightworks.Sampler(circuit, lightworks.State([1, 0]), 10))
    return mixed


def test_settings_of_a_sweep_are_those_of_its_tasks():
    theta, phi = lw.Parameter(0.1, label="theta"), lw.Parameter(0.5, label="phi")
    batch = lw.Sweep(task_of(theta, phi), {theta: [0.1, 0.2]}).as_batch()
    expected = [{"theta": 0.1, "phi": 0.5}, {"theta": 0.2, "phi": 0.5}]
    assert batch.settings == expected
    assert [result.parameters for result in lw.emulator.Backend("auto").run(batch)] == expected


@pytest.mark.parametrize("label", ["\ud83d", 5, ["theta"], None])
def test_a_label_that_no_file_keeps_is_left_out(label, tmp_path):
    theta = lw.Parameter(0.1)
    theta.label = label
    result = lw.emulator.Backend("auto").run(task_of(theta))
    assert result.parameters == {}
    assert lw.load_result(result.save(tmp_path / "run.npz")) == result


def test_numbers_that_no_file_keeps_are_left_out():
    pairs = [
        ("a", math.inf),
        ("b", 10**400),
        ("c", math.nan),
        ("d", "text"),
        ("e", 2),
        ("f", np.float32(0.5)),
    ]
    assert labelled(pairs) == {"e": 2.0, "f": 0.5}


def test_the_result_of_a_setting_has_its_values():
    theta, phi = lw.Parameter(0.1, label="theta"), lw.Parameter(0.5, label="phi")
    swept = lw.emulator.Backend("auto").run(lw.Sweep(task_of(theta, phi), {theta: [0.1, 0.2]}))
    assert [result.parameters["theta"] for result in swept] == [0.1, 0.2]
    selected = swept.post_select([((0,), (0, 1))])
    assert selected[1].parameters["theta"] == selected[1].raw_data.parameters["theta"] == 0.2
