"""Distributions of an imperfect source by Perceval: its SLOS simulator over its own source model."""

from __future__ import annotations

import numpy as np
import perceval

name = "perceval"


def source_distribution(
    unitary: np.ndarray, occupation: list[int], brightness: float, indistinguishability: float
) -> dict[tuple[int, ...], float]:
    """Return the probability of every outcome, the vacuum among them."""
    source = perceval.Source(emission_probability=brightness, indistinguishability=indistinguishability)
    simulator = perceval.Simulator(perceval.SLOSBackend())
    simulator.set_circuit(perceval.Unitary(perceval.Matrix(unitary)))
    simulator.set_min_detected_photons_filter(0)
    inputs = source.generate_distribution(perceval.BasicState(occupation))
    found = simulator.probs_svd(inputs)["results"]
    return {tuple(state): float(value) for state, value in found.items()}
