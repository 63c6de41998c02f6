"""Tomography of two qubits beside Lightworks: from the circuit to the matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.peers import peers

ADAPTERS = peers("tomography", "lwfast", "lightworks")
N_SAMPLES = 10_000
HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
CNOT = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
NOISE = {"purity": 0.98, "brightness": 0.9, "indistinguishability": 0.95}


def cnot(package: Any) -> Any:
    """Return the post-selected CNOT of three beam splitters of a third."""
    inner, circuit = package.PhotonicCircuit(6), package.PhotonicCircuit(4)
    third = np.array([[1, np.sqrt(2)], [np.sqrt(2), -1]]) / np.sqrt(3)
    inner.add(package.Unitary(HADAMARD), 3)
    for mode, matrix in ((0, third), (2, third), (4, third[::-1, ::-1])):
        inner.add(package.Unitary(matrix), mode)
    inner.add(package.Unitary(HADAMARD), 3)
    inner.herald(0, 0)
    inner.herald(5, 0)
    circuit.add(inner)
    return circuit


def bell(package: Any) -> Any:
    """Return a circuit that makes a Bell state of |0,0>."""
    circuit = package.PhotonicCircuit(4)
    circuit.add(package.Unitary(HADAMARD))
    circuit.add(cnot(package))
    return circuit


def one_photon_each(package: Any) -> Any:
    """Return the rule that each qubit has its photon."""
    rules = package.PostSelection()
    rules.add((0, 1), 1)
    rules.add((2, 3), 1)
    return rules


def state(adapter: Any, **noise: float) -> Callable[[], np.ndarray]:
    """Return a whole state tomography of a Bell state; it returns the density matrix."""
    package, circuit = adapter.package, bell(adapter.package)
    rules = one_photon_each(package)

    def run() -> np.ndarray:
        tomography = package.tomography.StateTomography(2, circuit)
        return tomography.process(adapter.measure(tomography, N_SAMPLES, rules, **noise))

    return run


def process(adapter: Any, kind: str) -> Callable[[], np.ndarray]:
    """Return a whole process tomography of a CNOT; it returns the choi matrix."""
    package, circuit = adapter.package, cnot(adapter.package)
    rules = one_photon_each(package)

    def run() -> np.ndarray:
        tomography = getattr(package.tomography, kind)(2, circuit)
        return tomography.process(adapter.measure(tomography, N_SAMPLES, rules))

    return run


def processing(adapter: Any, kind: str) -> Callable[[], np.ndarray]:
    """Return the way from counts to the choi matrix alone."""
    package = adapter.package
    tomography = getattr(package.tomography, kind)(2, cnot(package))
    data = adapter.measure(tomography, N_SAMPLES, one_photon_each(package))
    return lambda: tomography.process(data)


def assert_state(rho: np.ndarray, tolerance: float = 0.03) -> None:
    """The Bell state comes out."""
    expected = np.zeros((4, 4))
    expected[[0, 0, 3, 3], [0, 3, 0, 3]] = 0.5
    assert np.allclose(rho, expected, rtol=0, atol=tolerance)


def assert_process(choi: np.ndarray) -> None:
    """The CNOT comes out."""
    assert np.allclose(choi, np.outer(CNOT.ravel(), CNOT.ravel()), rtol=0, atol=0.1)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_state(benchmark, adapter):
    assert_state(benchmark.pedantic(state(adapter), rounds=3, warmup_rounds=1))


@pytest.mark.large
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_state_with_an_imperfect_source(benchmark, adapter):
    assert_state(benchmark.pedantic(state(adapter, **NOISE), rounds=1), 0.2)


@pytest.mark.parametrize("kind", ["LIProcessTomography", "MLEProcessTomography"])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_processing(benchmark, adapter, kind):
    assert_process(benchmark.pedantic(processing(adapter, kind), rounds=1, warmup_rounds=1))


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_process(benchmark, adapter):
    assert_process(benchmark.pedantic(process(adapter, "MLEProcessTomography"), rounds=1))
