"""Values of Parameters go from a task through its job and files to the result."""

from __future__ import annotations

import json

import pytest

import lwfast as lw
from lwfast import remote
from lwfast.errors import JobFileError
from lwfast.results import scan_results


def circuit_of(*parameters):
    circuit = lw.PhotonicCircuit(3)
    for mode, parameter in enumerate(parameters):
        circuit.bs(0, reflectivity=0.4)
        circuit.ps(mode, parameter)
    return circuit


def sampler_of(circuit):
    return lw.Sampler(circuit, lw.State([1, 0, 0]), n_samples=50)


def test_parameters_of_a_job_come_with_its_result(shared, tmp_path):
    theta, nameless = lw.Parameter(0.3, label="theta"), lw.Parameter(0.1)
    job = shared.client.qpu("Artemis").run(sampler_of(circuit_of(theta, nameless)))
    theta.set(0.9)  # too late for the job
    job.save_to_file(tmp_path / "job")
    again = remote.load_job_from_file(tmp_path / "job", client=shared.client)
    for one in (job, again):
        result = one.result(timeout=60)
        assert result.parameters == {"theta": 0.3}
    result.save(tmp_path / "run.npz")
    assert scan_results(tmp_path / "run.npz").files["theta"] == [0.3]
    data = json.loads((tmp_path / "job.json").read_text())
    (tmp_path / "bad.json").write_text(json.dumps({**data, "parameters": {"theta": "large"}}))
    with pytest.raises(JobFileError, match="numbers by label"):
        remote.load_job_from_file(tmp_path / "bad")


def test_parameters_of_a_batch_are_those_of_each_task(shared):
    theta = lw.Parameter(0.0, label="theta")
    circuit = circuit_of(theta)
    state = lw.State([1, 0, 0])
    batch = lw.Batch(lw.Sampler, [[circuit], [state], [40]], parameters={theta: [0.1, 0.2, 0.4]})
    batch.add(sampler_of(circuit))
    assert batch.settings == [{"theta": 0.1}, {"theta": 0.2}, {"theta": 0.4}, {"theta": 0.0}]
    jobs = shared.client.qpu("Artemis").run(batch)
    assert [job.result(timeout=60).parameters for job in jobs.jobs] == batch.settings


def test_a_task_that_was_added_to_a_batch_has_the_values_that_are_sent(shared):
    """They were those of the moment when it was added."""
    theta = lw.Parameter(0.0, label="theta")
    batch = lw.Batch()
    batch.add(sampler_of(circuit_of(theta)))
    theta.set(0.7)
    (job,) = shared.client.qpu("Artemis").run(batch).jobs
    assert job.result(timeout=60).parameters == {"theta": 0.7} == batch.settings[0]


def test_a_label_of_two_values_is_left_out():
    one, two = lw.Parameter(0.1, label="a"), lw.Parameter(0.2, label="a")
    batch = lw.Batch()
    batch.add(sampler_of(circuit_of(one, two, lw.Parameter(3, label="b"))))
    assert batch.settings == [{"b": 3.0}]
