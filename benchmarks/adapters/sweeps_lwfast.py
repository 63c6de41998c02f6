"""Sweeps by lwfast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import lwfast as package
from lwfast.emulator import Backend

name = "lwfast"


def sample(circuit: Any, phases: list[Any], values: np.ndarray, occupation: list[int], n: int) -> list[int]:
    """Sample every setting in one sweep; the number of samples of each."""
    task = package.Sampler(circuit, package.State(occupation), n, random_seed=1)
    sweep = package.Sweep(task, dict(zip(phases, values.T, strict=True)))
    return Backend().run(sweep).n_samples.tolist()


def amplitude(circuit: Any, occupation: list[int], output: list[int]) -> Callable[[], complex]:
    """Return what works out one amplitude at the present setting."""
    task = package.Simulator(circuit, package.State(occupation), package.State(output))
    backend = Backend()
    return lambda: backend.run(task).array[0, 0]


__all__ = ["amplitude", "name", "package", "sample"]
