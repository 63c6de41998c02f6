"""Import, payload encoding, and 100 jobs through the scheduler that runs here, beside the reference."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import lwfast as lw
from benchmarks.adapters import client_lightworks_remote, client_lwfast
from lwfast import remote, wire

CLIENTS = [client_lwfast, client_lightworks_remote]


@pytest.mark.benchmark(group="import")
@pytest.mark.parametrize("module", ["numpy", "lwfast", "lightworks_remote"])
def test_import(benchmark, module):
    """A fresh interpreter that imports one module; at most 1.5 times numpy for lwfast."""
    done = benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, "-W", "ignore", "-c", f"import {module}"],),
        kwargs={"check": False},
        rounds=5,
        warmup_rounds=1,
    )
    assert done.returncode == 0


@pytest.mark.benchmark(group="payload, 20 modes")
@pytest.mark.parametrize("client", ["lwfast", "lightworks_remote"])
def test_encode_payload(benchmark, client):
    """A payload at full size to JSON bytes."""
    encode, payload = encoders()[client]
    sent = json.loads(benchmark(encode, payload))
    assert len(sent["unitary"]) == 20
    assert complex(sent["unitary"][3][4]) == payload.unitary[3][4]


def encoders():
    """For each client: how it encodes, and what."""
    from lightworks_remote.payloads import ArtemisPayload
    from lightworks_remote.utils.serialization import serialize

    fields = {
        "qpu": "Artemis",
        "job_name": "Job",
        "lightworks_version": "2.3.5",
        "n_modes": 20,
        "n_samples": 1000,
        "min_detection": 1,
        "direct_implementation": False,
        "unitary": lw.random_unitary(20, seed=1),
    }
    occupation = [1] * 8 + [0] * 12
    return {
        "lwfast": (wire.encode, wire.ArtemisPayload(input=lw.State(occupation), **fields)),
        "lightworks_remote": (
            lambda payload: json.dumps(serialize(payload)).encode(),
            ArtemisPayload(input=list(occupation), **fields),
        ),
    }


@pytest.fixture(scope="module")
def scheduler():
    with remote.local_scheduler() as local:
        yield local


@pytest.mark.benchmark(group="100 jobs, one by one")
@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.name)
def test_hundred_jobs(benchmark, scheduler, client, tmp_path_factory):
    """Submit 100 jobs one after the other, wait for all, fetch all."""
    qpu = client.connect(scheduler.url, scheduler.token, str(tmp_path_factory.mktemp("home")))
    samples = benchmark.pedantic(client.submit_and_collect, args=(qpu, 100), rounds=3, warmup_rounds=1)
    assert samples == 100 * 100


@pytest.mark.benchmark(group="100 jobs, as a batch")
@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.name)
def test_hundred_jobs_batch(benchmark, scheduler, client, tmp_path_factory):
    """The same as one batch."""
    qpu = client.connect(scheduler.url, scheduler.token, str(tmp_path_factory.mktemp("home")))
    samples = benchmark.pedantic(client.submit_and_collect_batch, args=(qpu, 100), rounds=3, warmup_rounds=1)
    assert samples == 100 * 100
