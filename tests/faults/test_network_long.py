"""The faults of the table in random order, many jobs, and a scheduler as users run it."""

from __future__ import annotations

import os
import random
from collections import Counter
from urllib.parse import urlsplit

import pytest

import lwfast as lw
from lwfast import remote
from tests.faults.fault_proxy import FaultProxy, bomb
from tests.faults.fault_table import ROWS
from tests.remote.samples import sampler

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]

JOBS = int(os.environ.get("LWFAST_NETWORK_JOBS", "6"))
"""A hundred take a quarter of an hour."""
MOST_FAULTS = 3
FAULTS = [
    fault
    for row in ROWS.values()
    for fault in (row.faults("http://127.0.0.1:9/api/") if callable(row.faults) else row.faults)
]


def test_network_for_long(quick):
    """Of many jobs under up to three faults a request, each exists once, ends, and has its result."""
    rng = random.Random(JOBS)
    bomb()
    with remote.local_scheduler() as local:
        port = urlsplit(local.url).port
        assert port is not None
        with FaultProxy(port) as proxy, remote.Client(proxy.url, local.token, timeout=1.0) as client:
            qpu = client.qpu("Artemis")
            for number in range(JOBS):
                job = submitted(proxy, client, qpu, f"job-{number}", rng)
                finish(proxy, job, rng)
            proxy.clear()
            names = Counter(job.name for job in client.jobs(limit=None))
    assert names == Counter(f"job-{number}" for number in range(JOBS))


def submitted(proxy, client, qpu, name, rng):
    """Submit a job, and do what an exception says."""
    client.get_qpu_details("Artemis")
    proxy.fault("POST", "v1/jobs", *rng.choices(FAULTS, k=rng.randint(0, MOST_FAULTS)))
    try:
        return qpu.run_async(sampler(), job_name=name)
    except remote.AmbiguousSubmissionError:
        proxy.clear()
        [pending] = client.pending()
        return pending.resume()
    except remote.LightworksRemoteError:
        proxy.clear()
        return qpu.run_async(sampler(), job_name=name)
    finally:
        proxy.clear()


def finish(proxy, job, rng):
    """Wait for a job and fetch its result, as often as it takes; a few errors end each call."""
    proxy.fault("GET", "v1/changes|jobs/.*", *rng.choices(FAULTS, k=rng.randint(0, 2 * MOST_FAULTS)))
    for _ in range(2 * MOST_FAULTS + 1):
        try:
            job.wait_until_complete(timeout=120)
            result = job.get_result()
        except (remote.HTTPError, remote.ConnectionFailedError, lw.ResultFormatError):
            continue
        assert sum(result.counts.tolist()) == 100
        return
    pytest.fail(f"{job} has no result after {2 * MOST_FAULTS + 1} tries.")
