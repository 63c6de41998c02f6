"""Maps between frequencies, expectations and density matrices."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from lwfast.tomography.estimation.paulis import density_map, expectation_map, pauli_products


@pytest.mark.parametrize("n_qubits", [1, 2, 3])
def test_the_density_map_is_that_of_expectations(n_qubits):
    paulis = pauli_products(n_qubits).reshape(4**n_qubits, -1)
    expected = expectation_map(n_qubits).T @ paulis / 2**n_qubits
    assert np.array_equal(density_map(n_qubits), expected)


def test_small_maps_are_kept_and_large_ones_are_not():
    """That of five qubits has 127 MB, which a program would hold for good."""
    assert density_map(3) is density_map(3)
    assert not density_map(3).flags.writeable
    large = weakref.ref(density_map(5))
    assert large() is None
