"""Many settings by lwfast, in one call."""

from __future__ import annotations

import numpy as np

import lwfast as lw

name = "lwfast"


def probabilities(unitaries: np.ndarray, occupation: list[int]) -> np.ndarray:
    """Return the probability of every outcome of each setting, float64[S, K]."""
    return lw.output_distribution(unitaries, occupation).probabilities


def counts(unitaries: np.ndarray, occupation: list[int], n_samples: int, seed: int) -> np.ndarray:
    """Return how often each outcome of each setting was seen, int64[S, K]."""
    return lw.sample_counts(probabilities(unitaries, occupation), n_samples, rng=seed)


def samples(unitaries: np.ndarray, occupation: list[int], n_samples: int, seed: int) -> np.ndarray:
    """Return states drawn of each setting, uint8[S, n_samples, m]."""
    return lw.boson_sample(unitaries, occupation, n_samples, rng=seed)
