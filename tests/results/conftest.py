"""Results that several tests read."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import SamplingResult
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
