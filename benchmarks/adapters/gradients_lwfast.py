"""Means and all their slopes by lwfast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import lwfast as lw
from lwfast.emulator import Source

name = "lwfast"


def mean_and_slopes(
    n_modes: int,
    occupation: list[int],
    angles: Any,
    weights: Any,
    brightness: float,
    indistinguishability: float,
) -> Callable[[], tuple[float, Any]]:
    """Return what computes the mean and its slopes, float64[angles], of a mesh of `bench_gradients`."""
    from benchmarks.bench_gradients import mesh

    circuit, parameters = mesh(n_modes, angles)
    source = Source(brightness=brightness, indistinguishability=indistinguishability)
    task = lw.Sampler(circuit, lw.State(occupation), 1, source=None if source.is_perfect else source)
    states = lw.output_distribution(circuit.U, occupation, source=task.source, gradient=True).states
    worth = states @ np.asarray(weights)

    def call() -> tuple[float, Any]:
        value, slopes = lw.expectation(task, worth, gradient=True)
        return value, np.array([slopes[parameter] for parameter in parameters])

    return call
