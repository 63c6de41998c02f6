"""Results that several tests read."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import SamplingResult
from lwfast.results.campaign import chunks
from tests.results.campaign_runs import FORMS, QPUS, result_of
from tests.results.tables import COUNTS


@pytest.fixture
def result():
    return SamplingResult(COUNTS, lw.State([1, 0, 0]))


@pytest.fixture
def large():
    """More rows than the small index takes."""
    rng = np.random.default_rng(0)
    states = np.unique(rng.integers(0, 4, (20_000, 9)), axis=0)
    states = states[rng.permutation(len(states))]
    return SamplingResult.from_columns(states, rng.integers(1, 1000, len(states)))


@pytest.fixture
def runs():
    """Results by name of file: two QPUs, three settings, one of which is not exactly itself."""
    thetas = [0.0, 0.3, 0.6]
    found = {}
    for k in range(12):
        theta = thetas[k // 4] if k != 5 else 0.1 + 0.2
        found[f"run_{k:02}.{FORMS[k % 3]}"] = result_of(k, theta, QPUS[k % 2])
    return found


@pytest.fixture
def folder(tmp_path, runs):
    for name, result in runs.items():
        result.save(tmp_path / name, metadata=True)
    return tmp_path


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "_CHUNK_FILES", 2)
