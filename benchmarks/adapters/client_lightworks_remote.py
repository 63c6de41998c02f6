"""The job path through the reference's client, as its users write it."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

name = "lightworks_remote"


def connect(url: str, token: str, home: str) -> Any:
    """A QPU object that talks to the scheduler at `url`; the client keeps its settings under `home`."""
    os.environ["HOME"] = home
    folder = Path(home, ".local/share/Aegiq/lightworks")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "certificate.pem").touch()  # the client asks for the file even where no TLS is spoken
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lightworks import remote
    remote.set_api_url(url)
    remote.token.set(token)
    return remote.QPU("Artemis")


def sampler(n_samples: int = 100) -> Any:
    """The walkthrough's small task."""
    import lightworks as lw

    return lw.Sampler(lw.Unitary(lw.random_unitary(4, seed=1)), lw.State([1, 0, 0, 0]), n_samples=n_samples)


def batch(n: int) -> Any:
    """`n` of them."""
    import lightworks as lw

    tasks = lw.Batch()
    for _ in range(n):
        tasks.add(sampler())
    return tasks


def submit_and_collect(qpu: Any, n: int) -> int:
    """Submit `n` jobs one by one, wait for all, fetch all; returns the samples received."""
    task = sampler()
    jobs = [qpu.run(task) for _ in range(n)]
    for job in jobs:
        job.wait_until_complete()
    return sum(sum(job.get_result().values()) for job in jobs)


def submit_and_collect_batch(qpu: Any, n: int) -> int:
    """The same as one batch."""
    jobs = qpu.run(batch(n))
    jobs.wait_until_complete()
    return sum(sum(result.values()) for result in jobs.get_all_results().values())
