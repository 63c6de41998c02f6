"""Marginals of a result, against sums of Python integers."""

from __future__ import annotations

import numpy as np
import pytest

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
