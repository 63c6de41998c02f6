"""Tomography as Lightworks has it: experiment by experiment."""

from __future__ import annotations

from typing import Any

import lightworks as package
from lightworks.emulator import Backend, Source

name = "lightworks"


def measure(tomography: Any, n_samples: int, post_selection: Any, **noise: float) -> Any:
    """Make all experiments, and sample each."""
    source = Source(**noise) if noise else None
    backend, results = Backend("slos"), []
    for number, experiment in enumerate(tomography.get_experiments()):
        start = getattr(experiment, "input_state", package.State([1, 0] * tomography.n_qubits))
        task = package.Sampler(
            experiment.circuit,
            start,
            n_samples,
            post_selection=post_selection,
            source=source,
            random_seed=number,
        )
        results.append(backend.run(task))
    return results


__all__ = ["measure", "name", "package"]
