"""Many settings by lwfast, in a loop over single calls with the same streams."""

from __future__ import annotations

import numpy as np

import lwfast as lw

name = "lwfast, one by one"


def probabilities(unitaries: np.ndarray, occupation: list[int]) -> np.ndarray:
    """Return the probability of every outcome of each setting, float64[S, K]."""
    return np.array([lw.output_distribution(one, occupation).probabilities for one in unitaries])


def counts(unitaries: np.ndarray, occupation: list[int], n_samples: int, seed: int) -> np.ndarray:
    """Return how often each outcome of each setting was seen, int64[S, K]."""
    children = np.random.default_rng(seed).spawn(len(unitaries))
    found = (lw.output_distribution(one, occupation).probabilities for one in unitaries)
    return np.array(
        [lw.sample_counts(p, n_samples, rng=child) for p, child in zip(found, children, strict=True)]
    )


def samples(unitaries: np.ndarray, occupation: list[int], n_samples: int, seed: int) -> np.ndarray:
    """Return states drawn of each setting, uint8[S, n_samples, m]."""
    children = np.random.default_rng(seed).spawn(len(unitaries))
    return np.array(
        [
            lw.boson_sample(one, occupation, n_samples, rng=child)
            for one, child in zip(unitaries, children, strict=True)
        ]
    )
