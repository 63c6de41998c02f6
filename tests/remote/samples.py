"""Tasks and payloads for the tests of the client."""

from __future__ import annotations

from typing import Any

import lwfast as lw


def sampler(seed: int = 1, **changes: Any) -> lw.Sampler:
    """A small job: 4 modes, 1 photon, 100 samples."""
    arguments: dict[str, Any] = {
        "circuit": lw.Unitary(lw.random_unitary(4, seed=seed)),
        "input_state": lw.State([1, 0, 0, 0]),
        "n_samples": 100,
    }
    return lw.Sampler(**(arguments | changes))


def batch(n_tasks: int = 3) -> lw.Batch:
    """Several small jobs."""
    made = lw.Batch()
    for seed in range(n_tasks):
        made.add(sampler(seed))
    return made
