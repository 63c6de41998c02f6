"""Full output distributions beside exqalibur, Lightworks and piquasso, and counts beside NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from benchmarks.peers import large, peers
from lwfast.optics.samples.sample_counts import sample_counts

ADAPTERS = peers("distribution", "lwfast", "exqalibur", "lightworks", "piquasso")


def occupation(n_modes: int, n_photons: int) -> list[int]:
    return [1] * n_photons + [0] * (n_modes - n_photons)


def assert_same(found, expected) -> None:
    """The same probabilities, in whatever order; what a peer leaves out is below its threshold."""
    ours, theirs = np.sort(np.asarray(expected)), np.sort(np.asarray(list(found), dtype=float))
    n = min(len(ours), len(theirs))
    assert np.abs(ours[-n:] - theirs[-n:]).max() < 1e-9
    assert abs(theirs.sum() - 1) < 1e-5


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    ("n_modes", "n_photons"), [(2, 2), (4, 4), large(8, 4), (12, 6), large(20, 8), large(12, 10)]
)
def test_distribution(benchmark, adapter, n_modes, n_photons):
    if adapter.name in ("lightworks", "piquasso") and n_photons > 4:
        pytest.skip("takes minutes, or more memory than there is")
    unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
    found = benchmark(adapter.probabilities, unitary, inputs)
    assert_same(found, lw.output_distribution(unitary, inputs).probabilities)


@pytest.mark.parametrize("n_modes", [8, large(20)])
def test_lossy_distribution(benchmark, n_modes):
    matrix = lw.random_unitary(2 * n_modes, seed=1)[:n_modes, :n_modes]
    inputs = occupation(n_modes, n_modes // 2 if n_modes < 10 else 8)
    found = benchmark(lw.output_distribution, matrix, inputs)
    assert abs(found.probabilities.sum() - 1) < 1e-12


def numpy_counts(probabilities: np.ndarray, n_samples: int, seed: int) -> np.ndarray:
    """Count with NumPy: draw with `Generator.choice`, then `unique`."""
    drawn = np.random.default_rng(seed).choice(len(probabilities), n_samples, p=probabilities)
    values, numbers = np.unique(drawn, return_counts=True)
    counts = np.zeros(len(probabilities), dtype=np.int64)
    counts[values] = numbers
    return counts


def lwfast_counts(probabilities: np.ndarray, n_samples: int, seed: int) -> np.ndarray:
    return sample_counts(probabilities, n_samples, rng=seed)


@pytest.mark.parametrize("count", [lwfast_counts, numpy_counts], ids=["lwfast", "numpy"])
@pytest.mark.parametrize("n", [10**4, large(10**6)])
def test_counts(benchmark, count, n):
    p = np.random.default_rng(0).exponential(size=n)
    p /= p.sum()
    found = benchmark(count, p, n, 3)
    assert np.array_equal(found, numpy_counts(p, n, 3))
