"""Unitaries as meshes of cells: one as a circuit beside Lightworks and Perceval, and a stack as arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lwfast as lw
from benchmarks.peers import large, peers

ADAPTERS = peers("interferometers", "lwfast", "lightworks", "perceval")
SHAPES = ("triangle", "rectangle")
N_STACK, N_STACK_MODES = 1000, 8


def one(adapter: Any, shape: str, n_modes: int) -> Callable[[], Any] | None:
    """Return what makes a random unitary a circuit of cells; None where the adapter has no such shape."""
    return adapter.mapped(shape, lw.random_unitary(n_modes, seed=n_modes))


def assert_right(adapter: Any, circuit: Any, n_modes: int) -> None:
    """It is the unitary, as precisely as Perceval's solver finds phases."""
    wanted = lw.random_unitary(n_modes, seed=n_modes)
    assert np.abs(adapter.matrix(circuit) - wanted).max() < (1e-4 if adapter.name == "perceval" else 1e-10)


def stack() -> np.ndarray:
    """Random unitaries."""
    return np.array([lw.random_unitary(N_STACK_MODES, seed=k) for k in range(N_STACK)])


def assert_right_stack(mesh: Any, unitaries: np.ndarray) -> None:
    """They are the unitaries."""
    assert np.abs(mesh.unitaries() - unitaries).max() < 1e-12


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_modes", [8, large(20)])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_one(benchmark, adapter, n_modes, shape):
    call = one(adapter, shape, n_modes)
    if call is None or (adapter.name == "perceval" and n_modes > 8):
        pytest.skip("there is no such shape, or it takes minutes")
    assert_right(adapter, benchmark.pedantic(call, rounds=1), n_modes)


@pytest.mark.parametrize("shape", SHAPES)
def test_stack(benchmark, shape):
    unitaries = stack()
    decomposed = lw.interferometers.reck_decomposition
    if shape == "rectangle":
        decomposed = lw.interferometers.clements_decomposition
    assert_right_stack(benchmark(decomposed, unitaries), unitaries)
