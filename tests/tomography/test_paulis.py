"""Maps between frequencies, expectations and density matrices."""

from __future__ import annotations

import tracemalloc
import weakref

import numpy as np
import pytest

from lwfast.tomography.estimation.paulis import density_matrices, expectation_map, pauli_products


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4])
@pytest.mark.parametrize("n_sets", [1, 3])
def test_density_matrices_are_those_of_the_expectations(n_qubits, n_sets):
    frequencies = np.random.default_rng(1).random((n_sets, 6**n_qubits))
    expectations = frequencies @ expectation_map(n_qubits).T
    expected = np.einsum("bp,pij->bij", expectations, pauli_products(n_qubits)) / 2**n_qubits
    assert np.abs(density_matrices(frequencies, n_qubits) - expected).max() < 1e-14
    assert density_matrices(frequencies[:0], n_qubits).shape == (0, 2**n_qubits, 2**n_qubits)


def test_six_qubits_take_little_memory():
    """The map of all of them at once would take 3 GB, each time that a state is looked for."""
    frequencies = np.full((1, 6**6), 1 / 64)
    tracemalloc.start()
    try:
        found = density_matrices(frequencies, 6)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert np.abs(found[0] - np.eye(64) / 64).max() < 1e-15


def test_small_maps_are_kept_and_large_ones_are_not():
    """That of five qubits has 64 MB, which a program would hold for good."""
    assert expectation_map(3) is expectation_map(3)
    assert not expectation_map(3).flags.writeable
    large = weakref.ref(expectation_map(5))
    assert large() is None
