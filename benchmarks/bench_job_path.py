"""Import, payload encoding, and 100 jobs through the scheduler that runs here, beside the reference."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import lwfast as lw
from benchmarks.peers import large, needs, peers
from lwfast import remote, wire

CLIENTS = peers("client", "lwfast", "lightworks_remote")
JOBS = pytest.mark.parametrize("n_jobs", [5, large(100)])


@pytest.mark.benchmark(group="import")
@pytest.mark.parametrize("module", ["numpy", "lwfast", needs("lightworks_remote", pytest.mark.large)])
def test_import(benchmark, module):
    """A fresh interpreter that imports one module; at most 1.5 times numpy for lwfast."""
    done = benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, "-W", "ignore", "-c", f"import {module}"],),
        kwargs={"check": False, "timeout": 240},
        rounds=5,
        warmup_rounds=1,
    )
    assert done.returncode == 0


@pytest.mark.benchmark(group="payload, 20 modes")
@pytest.mark.parametrize("client", ["lwfast", needs("lightworks_remote")])
def test_encode_payload(benchmark, client):
    """A payload at full size to JSON bytes."""
    encode, payload = ENCODERS[client]()
    sent = json.loads(benchmark(encode, payload))
    assert len(sent["unitary"]) == 20
    assert complex(sent["unitary"][3][4]) == payload.unitary[3][4]


OCCUPATION = [1] * 8 + [0] * 12
FIELDS = {
    "qpu": "Artemis",
    "job_name": "Job",
    "lightworks_version": "2.3.5",
    "n_modes": 20,
    "n_samples": 1000,
    "min_detection": 1,
    "direct_implementation": False,
    "unitary": lw.random_unitary(20, seed=1),
}


def our_encoder():
    return wire.encode, wire.ArtemisPayload(input=lw.State(OCCUPATION), **FIELDS)


def their_encoder():
    from lightworks_remote.payloads import ArtemisPayload
    from lightworks_remote.utils.serialization import serialize

    return lambda payload: json.dumps(serialize(payload)).encode(), ArtemisPayload(input=OCCUPATION, **FIELDS)


ENCODERS = {"lwfast": our_encoder, "lightworks_remote": their_encoder}
"""For each client: how it encodes, and what."""


@pytest.fixture(scope="module")
def scheduler():
    with remote.local_scheduler() as local:
        yield local


@pytest.mark.benchmark(group="jobs, one by one")
@JOBS
@pytest.mark.parametrize("client", CLIENTS)
def test_jobs(benchmark, scheduler, client, n_jobs, tmp_path_factory):
    """Submit jobs one after the other, wait for all, fetch all."""
    qpu = client.connect(scheduler.url, scheduler.token, str(tmp_path_factory.mktemp("home")))
    samples = benchmark.pedantic(client.submit_and_collect, args=(qpu, n_jobs), rounds=3, warmup_rounds=1)
    assert samples == n_jobs * 100


@pytest.mark.benchmark(group="jobs, as a batch")
@JOBS
@pytest.mark.parametrize("client", CLIENTS)
def test_batch(benchmark, scheduler, client, n_jobs, tmp_path_factory):
    """The same as one batch."""
    qpu = client.connect(scheduler.url, scheduler.token, str(tmp_path_factory.mktemp("home")))
    samples = benchmark.pedantic(
        client.submit_and_collect_batch, args=(qpu, n_jobs), rounds=3, warmup_rounds=1
    )
    assert samples == n_jobs * 100
