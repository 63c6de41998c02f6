"""The submit of a sweep is that of one job: never made twice, never lost."""

from __future__ import annotations

import json

import pytest

import lwfast as lw
from lwfast import remote
from tests.faults.fake_scheduler import reset, reset_after_doing, status


def a_sweep():
    theta = lw.Parameter(0.3, label="theta")
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, theta)
    circuit.bs(0)
    return lw.Sweep(lw.Sampler(circuit, lw.State([1, 1]), 10), {theta: [0.1, 0.2, 0.3]})


def test_a_lost_answer_makes_no_second_job(ours):
    ours.fault("POST", "v1/jobs", reset_after_doing)
    job = remote.QPU("Artemis").run(a_sweep())
    assert len(ours.jobs) == 1
    bodies = [json.loads(request.body) for request in ours.seen("POST", "v1/jobs")]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]
    assert bodies[0]["sweep"]["labels"] == ["theta"]
    assert job.job_id in ours.jobs


def test_it_is_resumed_from_the_disk(ours):
    ours.fault("POST", "v1/jobs", *[reset] * 30)
    with pytest.raises(remote.AmbiguousSubmissionError):
        remote.QPU("Artemis").run(a_sweep(), job_name="Lost")
    ours.faults.clear()
    [pending] = remote.pending()
    job = pending.resume()
    assert len(ours.jobs) == 1
    assert job.payload.sweep.n_settings == 3


def test_a_refusal_is_told(ours):
    refusal = {"errors": [{"name": "sweep.values[0]", "reason": "has a value that is not finite"}]}
    ours.fault("POST", "v1/jobs", status(400, refusal))
    with pytest.raises(remote.JobSubmissionError, match="not finite"):
        remote.QPU("Artemis").run(a_sweep())
    assert not ours.jobs


@pytest.mark.parametrize(
    "body",
    [b'{"sweep": {}}', b'{"sweep": {"version": 1, "labels": [], "shape": [], "columns": {}}}', b'{"sweep"'],
)
def test_a_body_that_is_no_sweep(ours, body):
    job = remote.QPU("Artemis").run(a_sweep())
    fake = ours.jobs[job.job_id]
    fake.script, fake.status = [], "Completed"

    def odd(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    ours.fault("GET", "jobs/[0-9]+/results", *[odd] * 6)
    with pytest.raises(lw.ResultFormatError):
        job.get_result()


def test_on_the_reference_wire_it_is_a_batch(plain):
    batch = remote.QPU("Artemis").run(a_sweep())
    assert len(plain.jobs) == 3
    assert batch.names == ["Job_1", "Job_2", "Job_3"]
    assert all("sweep" not in json.loads(request.body) for request in plain.seen("POST", "jobs"))
    unitaries = {request.body for request in plain.seen("POST", "jobs")}
    assert len(unitaries) == 3
