"""Means and all their slopes by MerLin: PyTorch through Perceval's circuit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import merlin
import numpy as np
import perceval
import torch

name = "merlin"


def mean_and_slopes(
    n_modes: int,
    occupation: list[int],
    angles: Any,
    weights: Any,
    brightness: float,
    indistinguishability: float,
) -> Callable[[], tuple[float, Any]]:
    """Return what computes the mean and its slopes, float64[angles], of a mesh of `bench_gradients`."""
    from benchmarks.bench_gradients import places

    circuit = perceval.Circuit(n_modes)
    for k, mode in enumerate(places(n_modes)):
        circuit.add(mode, perceval.BS()).add(mode, perceval.PS(perceval.P(f"phi{k:04}")))
    noise = None
    if brightness < 1 or indistinguishability < 1:
        noise = perceval.NoiseModel(brightness=brightness, indistinguishability=indistinguishability)
    layer = merlin.QuantumLayer(
        input_size=0,
        circuit=circuit,
        input_state=occupation,
        trainable_parameters=["phi"],
        measurement_strategy=merlin.MeasurementStrategy.probs(merlin.ComputationSpace.FOCK),
        dtype=torch.float64,
        noise=noise,
    )
    (phases,) = layer.parameters()
    with torch.no_grad():
        phases.copy_(torch.tensor(angles, dtype=torch.float64))
    layer()  # the outcomes are known after it
    worth = torch.tensor(np.array(layer.output_keys) @ np.asarray(weights), dtype=torch.float64)

    def call() -> tuple[float, Any]:
        layer.zero_grad()
        mean = layer().reshape(-1) @ worth
        mean.backward()
        return float(mean.detach()), phases.grad.numpy().copy()

    return call
