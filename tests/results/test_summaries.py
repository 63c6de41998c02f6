"""Marginals of a result, against sums of Python integers."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

from lwfast.results import ProbabilityDistribution, SamplingResult
from lwfast.results.processing import summaries


@pytest.mark.parametrize("n_modes", [0, 1, 2, 7, 8, 9, 20, 31])
@pytest.mark.parametrize("n_rows", [0, 1, 3, 4, 50])
def test_sums_are_those_of_integers_whatever_the_chunks_and_threads(monkeypatch, n_modes, n_rows):
    from lwfast._base import parallel as _parallel

    rng = np.random.default_rng(n_modes)
    states = rng.integers(0, 256, (n_rows, n_modes)).astype(np.uint8)
    counts = rng.integers(0, 2**20, n_rows)
    states[::3] //= 100
    exact, weights = states.astype(object), counts.astype(object)
    pairs = (exact * weights[:, None]).T @ exact
    totals = states.sum(axis=1, dtype=np.int64)
    for chunk, cores in ((1 << 17, 1), (7, 1), (7, 3)):
        monkeypatch.setattr(summaries, "_CHUNK", chunk)
        monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
        summary = summaries.summary_of(states, counts)
        assert summary.n_samples == counts.sum()
        assert np.array_equal(summary.mode_sums, (exact * weights[:, None]).sum(axis=0).astype(float))
        assert summary.pair_sums.shape == (n_modes, n_modes)
        assert np.array_equal(summary.pair_sums, np.asarray(pairs, float).reshape(n_modes, n_modes))
        expected = np.bincount(totals[counts > 0], counts[counts > 0]) if n_rows else [0]
        assert summary.photon_histogram.tolist() == list(expected)


def test_sums_of_large_counts_are_those_of_integers():
    rng = np.random.default_rng(1)
    states = rng.integers(0, 256, (9, 5)).astype(np.uint8)
    counts = np.array([2**62, 2**61 + 7, 2**40 + 1, 2**20, 2**20 - 1, 1, 0, 12345, 10**15])
    exact, weights = states.astype(object), counts.astype(object)
    summary = summaries.summary_of(states, counts)
    assert np.array_equal(summary.sums[:-1], (exact * weights[:, None]).T @ exact)
    assert np.array_equal(summary.sums[-1], (exact * weights[:, None]).sum(axis=0))
    totals = states.sum(axis=1, dtype=np.int64)
    assert all(summary.photon_histogram[total] == counts[totals == total].sum() for total in totals)


def test_a_covariance_far_below_the_squares_is_kept():
    states, counts = [(255, 0), (255, 1), (254, 1)], [10**15, 1, 1]
    total = sum(counts)
    means = [Fraction(sum(c * s[m] for s, c in zip(states, counts, strict=True)), total) for m in (0, 1)]

    def exact(i, j):
        return sum(
            Fraction(c, total) * (s[i] - means[i]) * (s[j] - means[j])
            for s, c in zip(states, counts, strict=True)
        )

    expected = np.array([[float(exact(i, j)) for j in (0, 1)] for i in (0, 1)])
    result = SamplingResult(dict(zip(states, counts, strict=True)))
    summary = result.summary()
    halves = (
        SamplingResult({states[0]: counts[0]}).summary()
        + SamplingResult({(255, 1): 1, (254, 1): 1}).summary()
    )
    for made in (summary, halves, pickle.loads(pickle.dumps(summary))):
        assert np.allclose(made.covariances, expected, rtol=1e-15, atol=0)
        assert np.allclose(made.mode_errors, np.sqrt(np.diag(expected) / total), rtol=1e-15, atol=0)
        assert np.isclose(made.correlations[0, 1], -np.sqrt(0.5))
    shares = ProbabilityDistribution.from_columns(states, np.array(counts) / total)
    assert np.allclose(shares.covariances, expected, rtol=1e-12, atol=0)
    for data in (result, shares):
        assert np.isclose(
            data.differences(0, 1).variance,
            float(exact(0, 0) + exact(1, 1) - 2 * exact(0, 1)),
            rtol=1e-12,
            atol=0,
        )
