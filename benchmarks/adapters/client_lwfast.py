"""The job path through lwfast's client."""

from __future__ import annotations

from typing import Any

import lwfast as lw
from lwfast import remote

name = "lwfast"


def connect(url: str, token: str, home: str) -> Any:
    """A QPU object that talks to the scheduler at `url`."""
    remote.token.set(token)
    client = remote.Client(url=url, token=token)
    return client.qpu("Artemis")


def sampler(n_samples: int = 100) -> Any:
    """The walkthrough's small task."""
    return lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), n_samples=n_samples)


def batch(n: int) -> Any:
    """`n` of them."""
    tasks = lw.Batch()
    for _ in range(n):
        tasks.add(sampler())
    return tasks


def submit_and_collect(qpu: Any, n: int) -> int:
    """Submit `n` jobs one by one, wait for all, fetch all; returns the samples received."""
    task = sampler()
    jobs = [qpu.run(task) for _ in range(n)]
    return sum(sum(job.get_result().values()) for job in _waited(jobs))


def submit_and_collect_batch(qpu: Any, n: int) -> int:
    """The same as one batch."""
    jobs = qpu.run(batch(n))
    jobs.wait_until_complete()
    return sum(sum(result.values()) for result in jobs.get_all_results().values())


def _waited(jobs: list[Any]) -> list[Any]:
    for job in jobs:
        job.wait_until_complete()
    return jobs
