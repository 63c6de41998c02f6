"""A sweep at the scheduler that ships with lwfast: one job, one body, one result."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

import lwfast as lw
from lwfast import remote, wire
from lwfast.cli import main
from lwfast.remote.compile import compile_sweep
from lwfast.remote.connection.endpoints import Endpoints
from lwfast.remote.job_path.sweep_batch import SweepBatch
from lwfast.results import QPUSamplingResult, SweepResult

pytest.importorskip("uvicorn")


@pytest.fixture
def scheduler(shared, monkeypatch):
    from lwfast.remote.connection import default

    monkeypatch.setattr(default, "_in_place", [shared.client._connection])
    return shared


def a_sweep(n_settings=40, *, grid=False, n_samples=500):
    theta, mix, fixed = (lw.Parameter(0.3, label=name) for name in ("theta", "mix", "fixed"))
    circuit = lw.PhotonicCircuit(4)
    circuit.add(lw.Unitary(lw.random_unitary(4, seed=1)))
    circuit.bs(0)
    circuit.bs(1, 3, reflectivity=mix, convention="H")
    circuit.ps(1, theta)
    circuit.mode_swaps({0: 1, 1: 2, 2: 0})
    circuit.bs(2, reflectivity=fixed)
    circuit.herald(3, (1, 1))
    rule = lw.PostSelection()
    rule.add(0, (0, 1))
    task = lw.Sampler(circuit, lw.State([1, 1, 0]), n_samples, min_detection=1, post_selection=rule)
    values = {theta: np.linspace(0, 3, n_settings), mix: [0.25, 0.5] if grid else 0.25}
    return lw.Sweep(task, values, grid=grid)


def test_one_job_gives_the_result_of_all_settings(scheduler, tmp_path):
    sweep = a_sweep()
    job = remote.QPU("Artemis").run(sweep, job_name="A sweep")
    result = job.result(timeout=60)
    assert isinstance(job, remote.Job)
    assert isinstance(result, SweepResult)
    assert np.array_equal(result.settings, sweep.settings)
    assert result.labels == ("theta", "mix")
    raw = result.raw_data
    assert raw.n_samples.tolist() == [500] * 40
    assert raw.n_modes == 4
    assert result.n_modes == 3
    single = result[7]
    assert isinstance(single, QPUSamplingResult)
    assert single.raw_data == raw[7]
    assert (raw.counts.dtype, result.metadata["job_name"]) == (np.int64, "A sweep")
    for row in (0, 11):
        # The rules as a client applies them, to each setting by itself.
        body = lw.encode_result(raw[row].states, raw[row].counts, job.payload.job_data)
        assert result[row] == QPUSamplingResult.from_body(body)
    # It is found again by its id, by a file, and from what the scheduler keeps of its payload.
    assert remote.job(job.job_id).get_result() == result
    job.save_to_file(tmp_path / "job")
    loaded = remote.load_job_from_file(tmp_path / "job")
    assert loaded.payload == job.payload
    assert loaded.get_result() == result
    assert remote.job(job.job_id).payload == job.payload
    assert lw.load_result(result.save(tmp_path / "result.npz")) == result
    job.retry()
    again = job.result(timeout=60)
    assert again.settings.tolist() == result.settings.tolist()
    assert again != result  # drawn anew


def test_the_scheduler_computes_what_the_circuit_is():
    sweep = a_sweep(9)
    payload = compile_sweep(sweep, artemis(), False, "Job", None).payload
    unitaries = wire.unitaries_of(payload.sweep, 4)
    parameters = dict(zip(sweep.parameters, sweep.settings.T, strict=True))
    assert np.array_equal(unitaries, sweep.task.circuit.unitaries(parameters))
    grid = a_sweep(3, grid=True)
    form = compile_sweep(grid, artemis(), True, "Job", None).payload.sweep
    assert [len(values) // 8 for values in form.values] == [3, 2]  # axes, not every combination
    assert np.array_equal(wire.settings_of(form), grid.settings)
    parameters = dict(zip(grid.parameters, grid.settings.T, strict=True))
    assert np.array_equal(wire.unitaries_of(form, 4), grid.task.circuit.unitaries(parameters))


def artemis(**changes):
    limits = {
        "name": "Artemis",
        "id": 1,
        "n_modes": 20,
        "max_photon_input": 8,
        "max_detection_filter": 4,
        "default_max_samples": 1_000_000,
        "max_samples": {},
        "available": True,
    }
    return wire.ArtemisQPU(**(limits | changes))


def test_ten_thousand_settings_are_one_small_body():
    circuit = lw.PhotonicCircuit(8)
    phases = [lw.Parameter(0.1, label=f"phase_{k}") for k in range(16)]
    for layer in range(8):
        for mode in range(layer % 2, 7, 2):
            circuit.bs(mode)
        circuit.ps(layer % 7, phases[2 * layer])
        circuit.ps((layer + 3) % 7, phases[2 * layer + 1])
    task = lw.Sampler(circuit, lw.State([1, 0, 1, 0, 1, 0, 1, 0]), 1000)
    values = np.random.default_rng(1).uniform(0, 6, (16, 10_000))
    sweep = lw.Sweep(task, dict(zip(phases, values, strict=True)))
    body = compile_sweep(sweep, artemis(), False, "Job", None).body
    assert len(body) < 2_000_000
    one = lw.Sweep(task, {phases[0]: values[0]})
    assert len(compile_sweep(one, artemis(), False, "Job", None).body) < 100_000


def test_values_that_are_much_alike_take_little():
    """Differences in each of 28 parameters, ten thousand settings: columns of one number but for some."""
    circuit, phases = lw.PhotonicCircuit(8), [lw.Parameter(0.1, label=f"phase_{k}") for k in range(28)]
    for k, phase in enumerate(phases):
        circuit.bs(k % 7)
        circuit.ps(k % 7, phase)
    rng = np.random.default_rng(1)
    values = np.tile(rng.uniform(0, 6, 28), (10_000, 1))
    values[np.arange(10_000), np.arange(10_000) % 28] += 1e-4
    sweep = lw.Sweep(
        lw.Sampler(circuit, lw.State([1, 0] * 4), 1000), dict(zip(phases, values.T, strict=True))
    )
    compiled = compile_sweep(sweep, artemis(), False, "Job", None)
    assert len(compiled.body) < 200_000
    assert np.array_equal(wire.settings_of(compiled.payload.sweep), values)
    for body in (wire.encode(compiled.payload), compiled.body):
        assert np.array_equal(wire.settings_of(wire.decode_payload(body).sweep), values)


def test_other_payloads_do_not_name_a_sweep():
    from lwfast.remote.compile import compile_tasks

    [single] = compile_tasks(a_sweep().task, artemis(), False, "Job", None)
    assert b"sweep" not in single.body
    assert "sweep" not in single.payload.payload


def test_faults_are_all_told_before_anything_is_sent():
    with pytest.raises(remote.ValidationError, match="10,001 settings"):
        compile_sweep(a_sweep(10_001), artemis(), False, "Job", None)
    with pytest.raises(remote.ValidationError, match="at most 100"):
        compile_sweep(a_sweep(), artemis(default_max_samples=100), False, "Job", None)
    simulator = lw.Simulator(a_sweep().task.circuit, lw.State([1, 1, 0]))
    with pytest.raises(remote.ValidationError, match="Sampler tasks only"):
        compile_sweep(lw.Sweep(simulator, {"theta": [1]}), artemis(), False, "Job", None)
    with pytest.raises(ValueError, match="must not hold herald"):
        compile_sweep(a_sweep(), artemis(), False, "Job", {"herald": []})
    with pytest.raises(lw.CircuitCompilationError, match=r"1\.5"):
        compile_sweep(lw.Sweep(a_sweep().task, {"mix": [0.5, 1.5]}), artemis(), False, "Job", None)


def test_elsewhere_a_sweep_is_a_batch_with_one_result(scheduler, monkeypatch, tmp_path):
    monkeypatch.setattr(Endpoints, "offers_v1", lambda _: False)
    sweep = a_sweep(3)
    batch = remote.QPU("Artemis").run(sweep)
    assert isinstance(batch, SweepBatch)
    result = batch.result(timeout=60)
    assert np.array_equal(result.settings, sweep.settings)
    assert result.raw_data.n_samples.tolist() == [500] * 3
    assert batch.get_result() == result
    assert batch.get_result("Job_2") == result[1]
    # A file keeps the settings, as it keeps the jobs.
    batch.save_to_file(tmp_path / "batch")
    loaded = remote.load_job_from_file(tmp_path / "batch")
    assert isinstance(loaded, SweepBatch)
    assert np.array_equal(loaded.axis.settings, sweep.settings)
    assert (loaded.axis.labels, loaded.axis.shape) == (sweep.labels, sweep.shape)
    assert loaded.result(timeout=60) == result
    plain = remote.BatchJob()
    plain.load_from_file(tmp_path / "batch")
    assert plain.names == batch.names
    saved = json.loads((tmp_path / "batch.json").read_text())
    for changes, text in (
        ({"labels": ["theta"]}, "cannot be read"),
        ({"shape": [4]}, "do not have the shape"),
        ({"settings": "none"}, "cannot be read"),
        ({"shape": [2], "settings": saved["sweep"]["settings"][:2]}, "2 settings, and its batch 3 jobs"),
    ):
        (tmp_path / "odd.json").write_text(json.dumps(saved | {"sweep": saved["sweep"] | changes}))
        with pytest.raises(remote.JobFileError, match=text):
            remote.load_job_from_file(tmp_path / "odd")
    del saved["sweep"]
    (tmp_path / "odd.json").write_text(json.dumps(saved))
    with pytest.raises(remote.JobFileError, match="holds no sweep"):
        SweepBatch().load_from_file(tmp_path / "odd")


def test_a_cancelled_sweep_gives_no_result(scheduler):
    job = remote.QPU("Artemis").run(a_sweep(5000, n_samples=2000))
    job.cancel()
    assert job.complete
    with pytest.raises(remote.ResultsError, match="cancelled"):
        job.get_result()


def test_a_payload_with_a_sweep_survives_the_wire():
    payload = compile_sweep(a_sweep(), artemis(), True, "Job", None).payload
    assert wire.decode_payload(wire.encode(payload)) == payload
    assert wire.payload_from_builtins(wire.payload_to_builtins(payload)) == payload
    other = msgspec.structs.replace(payload, sweep=msgspec.UNSET)
    assert other != payload


def test_the_command_line_shows_a_line_for_each_setting(scheduler, tmp_path, capsys, monkeypatch):
    job = remote.QPU("Artemis").run(a_sweep(3))
    result = job.result(timeout=60)
    monkeypatch.setenv("LWFAST_URL", scheduler.url)
    monkeypatch.setenv("LWFAST_TOKEN", scheduler.token)
    assert main(["result", str(job.job_id)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("theta=1.5, mix=0.25")
    assert main(["result", str(job.job_id), "-o", str(tmp_path / "sweep.npz")]) == 0
    assert "3 settings" in capsys.readouterr().out
    assert lw.load_result(tmp_path / "sweep.npz") == result
