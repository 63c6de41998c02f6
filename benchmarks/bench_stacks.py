"""Stacks of settings on arrays, beside the loop over single calls and exqalibur."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from benchmarks.bench_distribution import occupation
from benchmarks.peers import large, peers

ADAPTERS = peers("stacks", "lwfast", "lwfast_loop", "exqalibur")


def unitaries(n_settings: int, n_modes: int) -> np.ndarray:
    """Return matrices of settings, complex128[S, m, m], as many of them different as do."""
    some = np.array([lw.random_unitary(n_modes, seed=k) for k in range(min(n_settings, 100))])
    return np.tile(some, (-(-n_settings // len(some)), 1, 1))[:n_settings]


def assert_same_outcomes(found, expected) -> None:
    """The same probabilities, in whatever order."""
    assert np.abs(np.sort(np.asarray(found), axis=1) - np.sort(expected, axis=1)).max() < 1e-9


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(("n_settings", "n_modes", "n_photons"), [(100, 4, 2), large(10_000, 8, 4)])
def test_distributions(benchmark, adapter, n_settings, n_modes, n_photons):
    stack, inputs = unitaries(n_settings, n_modes), occupation(n_modes, n_photons)
    found = benchmark(adapter.probabilities, stack, inputs)
    assert_same_outcomes(found, lw.output_distribution(stack, inputs).probabilities)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(("n_settings", "n_modes", "n_photons"), [(100, 4, 2), large(10_000, 8, 4)])
def test_counts(benchmark, adapter, n_settings, n_modes, n_photons):
    stack, inputs = unitaries(n_settings, n_modes), occupation(n_modes, n_photons)
    counts = benchmark(adapter.counts, stack, inputs, 1000, 1)
    assert (counts.sum(axis=1) == 1000).all()
    if adapter.name != "exqalibur":
        p = lw.output_distribution(stack, inputs).probabilities
        assert np.array_equal(counts, lw.sample_counts(p, 1000, rng=1))


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_samples(benchmark, adapter):
    stack, inputs = unitaries(20, 8), occupation(8, 4)
    samples = benchmark(adapter.samples, stack, inputs, 100, 1)
    assert len(samples) == 20
    if adapter.name != "exqalibur":
        assert np.array_equal(samples, lw.boson_sample(stack, inputs, 100, rng=1))
