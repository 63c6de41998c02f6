"""Sweeps as Lightworks has them: a Batch with a task a setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightworks as package
import numpy as np
from lightworks.emulator import Backend

name = "lightworks"


def sample(circuit: Any, phases: list[Any], values: np.ndarray, occupation: list[int], n: int) -> list[int]:
    """Sample every setting as a batch; the number of samples of each."""
    batch = package.Batch(
        package.Sampler,
        task_args=[[circuit], [package.State(occupation)], [n]],
        parameters={phase: column.tolist() for phase, column in zip(phases, values.T, strict=True)},
    )
    return [sum(result.values()) for result in Backend("slos").run(batch)]


def amplitude(circuit: Any, occupation: list[int], output: list[int]) -> Callable[[], complex]:
    """Return what works out one amplitude at the present setting."""
    task = package.Simulator(circuit, package.State(occupation), package.State(output))
    return lambda: Backend("permanent").run(task).array[0, 0]


__all__ = ["amplitude", "name", "package", "sample"]
