"""Boson sampling beside exqalibur and piquasso."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from benchmarks.peers import large, peers

ADAPTERS = peers("boson_sampling", "lwfast", "exqalibur", "piquasso")

PEER_SAMPLES = {(12, 6): 10**6, (20, 8): 10**6, (40, 12): 10**4}
"""The most samples that exqalibur is asked for: beyond, its time for one is taken as it is."""


def occupation(n_modes: int, n_photons: int) -> list[int]:
    return [1] * n_photons + [0] * (n_modes - n_photons)


def rows(samples) -> np.ndarray:
    """Samples of any adapter as an array."""
    if isinstance(samples, np.ndarray):
        return samples
    return np.array([list(state) for state in samples])


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    ("n_modes", "n_photons", "count"),
    [(12, 6, 100), large(20, 8, 100), large(16, 14, 3), large(60, 14, 3)],
)
def test_samples(benchmark, adapter, n_modes, n_photons, count):
    if adapter.name == "piquasso" and n_photons > 8:
        pytest.skip("takes minutes")
    draw = adapter.sampler(lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons))
    samples = rows(benchmark(draw, count))
    assert samples.shape == (count, n_modes)
    assert (samples.sum(axis=1) == n_photons).all()


@pytest.mark.parametrize("adapter", ADAPTERS[:2])
@pytest.mark.parametrize(
    ("n_modes", "n_photons", "count"),
    [(12, 6, 1_000), (20, 8, 1_000)]
    + [large(12, 6, 10**k) for k in (4, 5, 6)]
    + [large(20, 8, 10**k) for k in (4, 5, 6)]
    + [large(40, 12, 10**k) for k in (3, 4, 5, 6)],
)
def test_counts(benchmark, adapter, n_modes, n_photons, count):
    """Thousands of samples and millions: no photon is lost, and mean photon numbers are those of light."""
    if adapter.name == "exqalibur" and count > PEER_SAMPLES[n_modes, n_photons]:
        pytest.skip("takes minutes")
    unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
    draw = adapter.sampler(unitary, inputs)
    samples = rows(benchmark.pedantic(draw, (count,), rounds=1 if count > 10_000 else 3, warmup_rounds=1))
    assert samples.shape == (count, n_modes)
    assert (samples.sum(axis=1) == n_photons).all()
    assert np.allclose(samples.mean(axis=0), np.abs(unitary) ** 2 @ inputs, atol=6 / np.sqrt(count))


@pytest.mark.parametrize("adapter", ADAPTERS[:2])
def test_means(benchmark, adapter):
    """Mean photon numbers are those of light."""
    unitary = lw.random_unitary(8, seed=2)
    inputs = occupation(8, 4)
    samples = rows(benchmark(adapter.sampler(unitary, inputs), 4_000))
    assert np.allclose(samples.mean(axis=0), np.abs(unitary) ** 2 @ inputs, atol=0.1)
