"""Many settings by exqalibur, one after the other; counts are drawn with NumPy's multinomial."""

from __future__ import annotations

import exqalibur
import numpy as np

from benchmarks.adapters import boson_sampling_exqalibur, distribution_exqalibur

name = "exqalibur"


def probabilities(unitaries: np.ndarray, occupation: list[int]) -> np.ndarray:
    """Return the probability of every outcome of each setting, float64[S, K]."""
    return np.array([distribution_exqalibur.probabilities(one, occupation) for one in unitaries])


def counts(unitaries: np.ndarray, occupation: list[int], n_samples: int, seed: int) -> np.ndarray:
    """Return how often each outcome of each setting was seen, int64[S, K]."""
    rng = np.random.default_rng(seed)
    found = probabilities(unitaries, occupation)
    return rng.multinomial(n_samples, found / found.sum(axis=1, keepdims=True))


def samples(unitaries: np.ndarray, occupation: list[int], n_samples: int, seed: int) -> list:
    """Return states drawn of each setting, as exqalibur's own objects."""
    exqalibur.set_seed(seed)
    return [boson_sampling_exqalibur.sampler(one, occupation)(n_samples) for one in unitaries]
