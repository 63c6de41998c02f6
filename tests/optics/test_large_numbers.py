"""Numbers that are too large get a clear error at once, before anything is allocated."""

from __future__ import annotations

import time

import numpy as np
import pytest

import lwfast as lw
from lwfast import emulator
from lwfast.errors import ResourceLimitError
from lwfast.optics.samples.sample_counts import sample_counts

SOURCE = emulator.Source(purity=0.9)
REFUSED = {
    "boson_sample": lambda: lw.boson_sample(np.eye(2), [10**9, 0], 1),
    "output_distribution": lambda: lw.output_distribution(np.eye(2), [10**9, 0]),
    "noisy distribution": lambda: lw.output_distribution(np.eye(2), [10**9, 0], source=SOURCE),
    "clicks": lambda: lw.output_distribution(np.eye(2) * 0.5, [10**9, 0], threshold=True),
    "run_raw": lambda: emulator.run_raw(np.eye(2), [2**62, 2**62], 1),
    "Sampler": lambda: emulator.Backend().run(
        lw.Sampler(lw.Unitary(np.eye(2)), lw.State([10**9, 0]), 1, source=SOURCE)
    ),
    "sample_counts": lambda: sample_counts([1.0, 2.0], 2**63),
    "fock_basis": lambda: lw.fock_basis(10**13, 0),
    "fock_unrank": lambda: lw.fock_unrank(np.broadcast_to(np.int64(0), (10**12,)), 100, 2),
    "fock_unrank of nothing": lambda: lw.fock_unrank([0], 10**13, 0),
    "random_unitary": lambda: lw.random_unitary(10**6),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_once(name):
    """A ResourceLimitError, within a second."""
    begin = time.perf_counter()
    with pytest.raises(ResourceLimitError):
        REFUSED[name]()
    assert time.perf_counter() - begin < 1


def test_many_modes_without_photons():
    """No photons, however many modes: one state, of rank 0, without a table of ranks."""
    assert lw.fock_basis(10**6, 0).shape == (1, 10**6)
    assert lw.fock_rank(np.zeros(10**6, dtype=int)) == 0
    assert lw.fock_rank(np.zeros((3, 5), dtype=int)).tolist() == [0, 0, 0]
    assert lw.fock_unrank([0], 10**6, 0).sum() == 0
    one = np.zeros(10**6, dtype=np.uint8)
    one[-1] = 1
    assert lw.fock_rank(one) == 10**6 - 1


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_are_at_least_one(workers):
    """A number of threads below 1 is refused, whatever the size of the problem."""
    for call in (
        lambda: lw.output_distribution(np.eye(2), [1, 1], workers=workers),
        lambda: lw.boson_sample(np.eye(2), [1, 1], 3, workers=workers),
    ):
        with pytest.raises(ValueError, match="workers should be at least 1"):
            call()


@pytest.mark.parametrize("workers", ["a", 1.5, True])
def test_workers_are_an_integer(workers):
    """Anything else is no number of threads."""
    for call in (
        lambda: lw.output_distribution(np.eye(2), [1, 1], workers=workers),
        lambda: lw.boson_sample(np.eye(2), [1, 1], 3, workers=workers),
    ):
        with pytest.raises(TypeError, match="workers should be an integer"):
            call()


@pytest.mark.parametrize("photons", [[True, True], [1, np.True_], np.array([True, False])])
def test_truth_values_are_no_photon_numbers(photons):
    """Small or large, distribution or samples: True is no photon."""
    for call in (
        lw.output_distribution,
        lambda u, p: lw.boson_sample(u, p, 1),
        lambda u, p: emulator.run_raw(u, p, 1),
    ):
        with pytest.raises(TypeError, match="Photon number of mode"):
            call(np.eye(2), photons)


def test_masked_entries_are_refused():
    """What stands behind a mask is no entry; without masked entries the data count."""
    matrix = np.ma.array(np.eye(2), mask=[[False, True], [False, False]])
    for call in (lw.output_distribution, lambda u, p: lw.boson_sample(u, p, 1)):
        with pytest.raises(ValueError, match="masked"):
            call(matrix, [1, 0])
    assert lw.output_distribution(np.ma.array(np.eye(2)), [1, 0]).probabilities.tolist() == [1.0, 0.0]


def test_read_only_matrices_use_the_compiled_kernel():
    """A read-only matrix is no other type to Numba: nothing is compiled for it."""
    from lwfast._kernels.optics.stacked_layers import stacked_layers

    matrix = lw.random_unitary(4, 1)
    expected = lw.output_distribution(matrix, [1, 1, 0, 0]).probabilities
    before = len(getattr(stacked_layers, "signatures", ()))
    matrix.flags.writeable = False
    assert np.array_equal(lw.output_distribution(matrix, [1, 1, 0, 0]).probabilities, expected)
    assert len(getattr(stacked_layers, "signatures", ())) == before
