"""Fock states against a sorted list of tuples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast._kernels.optics import fock as kernels
from lwfast.optics.fock import _table
from tests.kernels.twins import plain
from tests.marks import needs_speed
from tests.reference import fock as slow


@pytest.mark.parametrize("n_modes", range(6))
@pytest.mark.parametrize("n_photons", range(6))
def test_small_bases(n_modes, n_photons):
    """Basis, rank and unrank agree with the list for every small size."""
    expected = slow.fock_basis(n_modes, n_photons)
    basis = lw.fock_basis(n_modes, n_photons)
    assert basis.dtype == np.uint8
    assert basis.shape == (len(expected), n_modes)
    assert [tuple(row) for row in basis.tolist()] == expected
    ranks = np.arange(len(expected))
    assert (lw.fock_rank(basis) == ranks).all()
    assert (lw.fock_unrank(ranks, n_modes, n_photons) == basis).all()
    for rank in ranks[:: max(len(ranks) // 7, 1)].tolist():
        state = slow.fock_unrank(rank, n_modes, n_photons)
        assert lw.fock_rank(state) == slow.fock_rank(state) == rank


@needs_speed
@pytest.mark.parametrize(("n_modes", "n_photons"), [(20, 6), (9, 12), (2, 255), (17, 5), (8, 11), (300, 2)])
def test_larger_bases(n_modes, n_photons):
    """Rows have the right sum, are all different, and come in order: their ranks count from 0."""
    basis = lw.fock_basis(n_modes, n_photons)
    assert len(basis) == math.comb(n_modes + n_photons - 1, n_photons)
    assert (basis.sum(axis=1, dtype=int) == n_photons).all()
    assert (lw.fock_rank(basis) == np.arange(len(basis))).all()


def test_order_of_distributions():
    """The rows of a distribution are the rows of the basis."""
    found = lw.output_distribution(lw.random_unitary(5, seed=1), [1, 0, 2, 0, 0])
    assert (found.states == lw.fock_basis(5, 3)).all()


def has_a_rank(state):
    """Whether ranks of all states with as many photons and modes are int64."""
    n_photons = sum(state)
    return n_photons <= 255 and math.comb(n_photons + len(state) - 1, n_photons) < 2**63


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12).filter(has_a_rank))
def test_there_and_back(state):
    """Unranking a rank gives the state, for states whose basis nobody could list."""
    rank = lw.fock_rank(state)
    assert isinstance(rank, int)
    assert lw.fock_unrank(rank, len(state), sum(state)).tolist() == state


def test_rank_of_states():
    """A State, a list, a stack and other dtypes all have ranks; photon numbers may differ from row to row."""
    assert lw.fock_rank(lw.State([2, 0])) == 0
    assert lw.fock_rank([[[0, 2], [1, 0]]]).tolist() == [[2, 0]]
    assert lw.fock_rank(np.array([[0, 2]], dtype=np.uint64)).tolist() == [2]
    assert lw.fock_unrank(2, 2, 2).tolist() == [0, 2]
    assert lw.fock_unrank([[0], [1]], 2, 2).shape == (2, 1, 2)
    frozen = lw.fock_basis(3, 3)
    frozen.flags.writeable = False
    assert (lw.fock_rank(frozen) == np.arange(10)).all()
    assert lw.fock_rank(np.zeros((0, 4))).shape == (0,)
    assert lw.fock_rank([]) == 0


def test_largest_ranks():
    """Ranks up to the end of int64 are exact."""
    n_modes, n_photons = 60, 17
    count = math.comb(n_modes + n_photons - 1, n_photons)
    assert 2**50 < count < 2**63
    last = [0] * (n_modes - 1) + [n_photons]
    assert lw.fock_rank(last) == count - 1
    assert lw.fock_unrank(count - 1, n_modes, n_photons).tolist() == last


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lw.fock_basis(3, 256), ValueError, "255"),
        (lambda: lw.fock_basis(40, 40), lw.errors.ResourceLimitError, "states of 40 photons"),
        (lambda: lw.fock_basis(-1, 2), ValueError, "n_modes"),
        (lambda: lw.fock_basis(2, -1), ValueError, "n_photons"),
        (lambda: lw.fock_basis(2.5, 1), TypeError, "integer"),
        (lambda: lw.fock_basis(True, 1), TypeError, "integer"),
        (lambda: lw.fock_rank([1, -1]), ValueError, "negative"),
        (lambda: lw.fock_rank([1.0, 1.0]), TypeError, "integers"),
        (lambda: lw.fock_rank(3), ValueError, "dimension"),
        (lambda: lw.fock_rank([200, 100]), ValueError, "255"),
        (lambda: lw.fock_rank([2**40, 1]), ValueError, "255"),
        (lambda: lw.fock_rank([1] * 100), lw.errors.ResourceLimitError, "int64"),
        (lambda: lw.fock_unrank(3, 2, 2), ValueError, "3 states"),
        (lambda: lw.fock_unrank(-1, 2, 2), ValueError, "-1"),
        (lambda: lw.fock_unrank(0.0, 2, 2), TypeError, "integers"),
        (lambda: lw.fock_unrank(0, 0, 2), ValueError, "0 states"),
        (lambda: lw.fock_unrank(0, 100, 100), lw.errors.ResourceLimitError, "int64"),
    ],
)
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_compiled_as_python():
    """The kernels do in Python what they do compiled."""
    basis = lw.fock_basis(4, 3)
    ranks = np.empty(len(basis), dtype=np.int64)
    rank, unrank = (plain(k) for k in (kernels.fock_rank, kernels.fock_unrank))
    rank(basis, _table(4, 3), ranks)
    assert (ranks == np.arange(len(basis))).all()
    states = np.zeros_like(basis)
    unrank(ranks, 3, _table(4, 3), states)
    assert (states == basis).all()
