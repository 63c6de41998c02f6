"""Slow twins of `lwfast.optics.fock`."""

from __future__ import annotations

import itertools


def fock_basis(n_modes, n_photons):
    """Every tuple of the right sum, sorted by the last mode, then by the one before it, and so on."""
    states = [s for s in itertools.product(range(n_photons + 1), repeat=n_modes) if sum(s) == n_photons]
    return sorted(states, key=lambda state: state[::-1])


def fock_rank(state):
    """Count the states before this one."""
    return fock_basis(len(state), sum(state)).index(tuple(state))


def fock_unrank(rank, n_modes, n_photons):
    """Look the state up."""
    return fock_basis(n_modes, n_photons)[rank]
