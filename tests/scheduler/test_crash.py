"""What was accepted survives the sudden end of the server."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from lwfast.emulator.raw import run_raw
from lwfast.scheduler.server_settings import STORE_FILE
from lwfast.tables.bodies.result_json import encode_result
from lwfast.wire import decode_payload
from tests.marks import posix
from tests.scheduler.harness import make_settings, own_process, payload, running
from tests.scheduler.runners import NAPS, fake
from tests.started import PATIENCE

pytestmark = [posix, pytest.mark.guarantee]


def children(pid):
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def seed_of(folder, job_id):
    connection = sqlite3.connect(folder / STORE_FILE)
    row = connection.execute("SELECT body, seed FROM payloads WHERE job_id = ?", (job_id,)).fetchone()
    connection.close()
    return row


def test_kill_in_the_middle_of_a_job(tmp_path):
    """After kill -9 the job runs again from its stored seed: the result is the one it would have had."""
    with own_process(tmp_path) as (process, api):
        running_id = api.submit(n_samples=NAPS, n_modes=5)
        waiting_id = api.submit(n_samples=1000, n_modes=5)
        api.wait(running_id, {"Running"})
        workers = children(process.pid)
        process.kill()
        process.wait(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while not all(gone(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its server"
        time.sleep(0.01)

    with running(make_settings(tmp_path)) as api:
        details = api.wait(running_id)
        assert details["jobStatus"] == "Completed"
        assert details["logs"][-3]["meta"] == {"Reason": "The scheduler ended while the job was running"} or (
            details["logs"][-2]["status"] == "Running"  # the note that it ran was not on the disk yet
        )
        api.wait(waiting_id)
        for job_id, samples in ((running_id, NAPS), (waiting_id, 1000)):
            _, seed = seed_of(tmp_path, job_id)
            states, counts = fake(None, [1] * 5, samples, rng=seed)
            assert api.get(f"jobs/{job_id}/results").content == encode_result(states, counts)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_orderly_end(tmp_path, sig):
    """SIGTERM and Ctrl-C end with code 0; the running job is back in the queue, on the disk."""
    with own_process(tmp_path) as (process, api):
        job_id = api.submit(n_samples=NAPS)
        api.wait(job_id, {"Running"})
        for pid in (*children(process.pid), process.pid):  # as a terminal or a service manager does
            os.kill(pid, sig)
        assert process.wait(10) == 0
    connection = sqlite3.connect(tmp_path / STORE_FILE)
    rows = connection.execute("SELECT status, started, attempts FROM jobs").fetchall()
    assert rows == [("Scheduled", None, 0)]
    connection.close()
    with running(make_settings(tmp_path)) as api:
        details = api.wait(job_id)
        assert details["jobStatus"] == "Completed"
        assert {"Reason": "The scheduler was stopped while the job was running"} in [
            entry["meta"] for entry in details["logs"]
        ]


def test_kill_while_submitting(tmp_path):
    """Every job that was answered with 202 is there after kill -9, with its key."""
    accepted = {}
    with own_process(tmp_path) as (process, api):
        for number in range(40):
            key = f"key-{number}"
            answer = api.post("v1/jobs", json=payload(), headers={"Idempotency-Key": key})
            accepted[key] = answer.json()["jobId"]
        process.kill()
        process.wait(PATIENCE)
    with running(make_settings(tmp_path)) as api:
        for key, job_id in accepted.items():
            answer = api.post("v1/jobs", json=payload(), headers={"Idempotency-Key": key})
            assert answer.json()["jobId"] == job_id
        assert api.wait(max(accepted.values()))["jobStatus"] == "Completed"


def test_result_is_a_function_of_what_is_stored(tmp_path):
    """With the real emulator: run_raw of the stored payload and seed gives the stored bytes."""
    with running(make_settings(tmp_path, runner="lwfast.emulator.raw:run_raw")) as api:
        job_id = api.submit(n_modes=4, photons=2, n_samples=1000, min_detection=2)
        assert api.wait(job_id, seconds=60)["jobStatus"] == "Completed"
        body, seed = seed_of(tmp_path, job_id)
        sent = decode_payload(body)
        states, counts = run_raw(sent.unitary, tuple(sent.input), 1000, min_detection=2, rng=seed)
        assert api.get(f"jobs/{job_id}/results").content == encode_result(states, counts)
        assert int(np.sum(counts)) == 1000
