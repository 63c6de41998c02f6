"""Permanents beside thewalrus, exqalibur and piquasso: single, in stacks, with repeated lines."""

from __future__ import annotations

import math

import numpy as np
import pytest

import lwfast as lw
from benchmarks.peers import large, peers

ADAPTERS = peers("permanent", "lwfast", "thewalrus", "exqalibur", "piquasso")
EXACT = {"lwfast": 1e-12, "thewalrus": 1e-6, "exqalibur": 1e-6, "piquasso": 1e-6}
"""How far an answer may miss the minors, which have roundings of their own; the Gray codes of peers drift."""


def haar(n: int) -> np.ndarray:
    return np.ascontiguousarray(lw.random_unitary(2 * n, seed=n)[:n, :n])


def haar_stack(n: int, count: int) -> np.ndarray:
    blocks = np.array([haar(n) * np.exp(0.1j * k) for k in range(50)])
    return np.resize(blocks, (count, n, n))


def by_minors(matrix: np.ndarray) -> complex:
    """The permanent by another algorithm: all minors of the rows but one."""
    return complex(matrix[0] @ lw.permanent_minors(matrix[1:].T))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("n", [8, 12, large(16), large(18), large(20)])
def test_permanent(benchmark, adapter, n):
    matrix = haar(n)
    expected = by_minors(matrix)
    value = benchmark(adapter.permanent, matrix)
    assert value == pytest.approx(expected, rel=EXACT[adapter.name])


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(("n", "count"), [(8, 100), large(8, 10_000), large(4, 10_000), large(12, 200)])
def test_stack(benchmark, adapter, n, count):
    matrices = haar_stack(n, count)
    values = benchmark(adapter.stack, matrices)
    assert values[7] == pytest.approx(by_minors(matrices[7]), rel=EXACT[adapter.name])
    assert values[-1] == pytest.approx(by_minors(matrices[-1]), rel=EXACT[adapter.name])


@pytest.mark.parametrize("adapter", peers("permanent", "lwfast", "piquasso"))
def test_repeated_lines(benchmark, adapter):
    """All ones with multiplicities: 10! in range of every peer's integers."""
    value = benchmark(adapter.repeated, np.ones((2, 2), dtype=complex), [5, 5], [5, 5])
    assert value == pytest.approx(math.factorial(10), rel=1e-12)
