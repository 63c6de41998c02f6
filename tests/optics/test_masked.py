"""What stands behind a mask is no number: every function that takes an array refuses it."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw

MATRIX = lw.random_unitary(3, seed=1)
HIDDEN = np.ma.array(MATRIX, mask=np.eye(3, dtype=bool))
PHOTONS = np.ma.array([1, 1, 0], mask=[True, False, False])
PHASE = lw.Parameter(0.1)


def sampler():
    circuit = lw.PhotonicCircuit(3)
    circuit.bs(0)
    circuit.ps(0, PHASE)
    circuit.bs(0)
    return lw.Sampler(circuit, lw.State([1, 1, 0]), 10)


CALLS = {
    "probabilities": lambda: lw.sample_counts(np.ma.array([0.5, 0.5], mask=[False, True]), 10, rng=1),
    "stack of probabilities": lambda: lw.sample_counts(np.ma.masked_less(np.eye(2), 0.5), 10, rng=1),
    "settings": lambda: lw.Sweep(sampler(), {PHASE: np.ma.array([1.0, 2.0], mask=[False, True])}),
    "unitaries": lambda: sampler().circuit.unitaries({PHASE: np.ma.array([1.0, 2.0], mask=[True, False])}),
    "photons": lambda: lw.output_distribution(MATRIX, PHOTONS),
    "photons of samples": lambda: lw.boson_sample(MATRIX, PHOTONS, 10),
    "photons of a stack": lambda: lw.output_distribution(MATRIX, np.ma.stack([PHOTONS, PHOTONS])),
    "matrix": lambda: lw.output_distribution(HIDDEN, [1, 1, 0]),
    "is_unitary": lambda: lw.is_unitary(HIDDEN),
    "Unitary": lambda: lw.Unitary(HIDDEN),
    "rows": lambda: lw.permanent(MATRIX, rows=PHOTONS, cols=[1, 1, 0]),
    "fock_rank": lambda: lw.fock_rank(PHOTONS),
    "fock_unrank": lambda: lw.fock_unrank(np.ma.array([0, 1], mask=[True, False]), 3, 2),
    "cotangent": lambda: lw.output_distribution(MATRIX, [1, 1, 0], gradient=True).pullback(
        np.ma.array(np.ones(6), mask=[True] + [False] * 5)
    ),
    "observable": lambda: lw.expectation(sampler(), np.ma.array(np.ones(6), mask=[True] + [False] * 5)),
}


@pytest.mark.parametrize("name", CALLS)
def test_masked_entries_are_refused(name):
    with pytest.raises(ValueError, match="masked entries"):
        CALLS[name]()


def test_a_mask_that_hides_nothing_is_no_matter():
    whole = np.ma.array([0.5, 0.5])
    np.testing.assert_array_equal(lw.sample_counts(whole, 10, rng=1), lw.sample_counts([0.5, 0.5], 10, rng=1))
