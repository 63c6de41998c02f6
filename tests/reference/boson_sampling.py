"""Slow twins of boson sampling: the exact distribution, and samples, from permanents by definition."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from tests.reference.fock import fock_basis
from tests.reference.permanent import permanent


def halmos_dilation(transfer):
    """Return a unitary of twice the modes with `transfer` as its upper left block."""
    t = np.asarray(transfer, dtype=complex)

    def root(matrix):
        values, vectors = np.linalg.eigh(matrix)
        return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.conj().T

    one = np.eye(len(t))
    return np.block([[t, root(one - t @ t.conj().T)], [root(one - t.conj().T @ t), -t.conj().T]])


def output_probabilities(transfer, occupation):
    """Return {state: probability} of what is left in the modes; photons lost are summed over."""
    n_modes = len(transfer)
    unitary = halmos_dilation(transfer)
    columns = np.repeat(np.arange(n_modes), occupation)
    norm = math.prod(math.factorial(photons) for photons in occupation)
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for state in fock_basis(2 * n_modes, int(sum(occupation))):
        rows = np.repeat(np.arange(2 * n_modes), state)
        amplitude = permanent(unitary[np.ix_(rows, columns)])
        weight = norm * math.prod(math.factorial(photons) for photons in state)
        found[state[:n_modes]] += abs(amplitude) ** 2 / weight
    return dict(found)


def sample_in_lanes(unitary, occupation, uniforms):
    """Draw one state for each row of uniform numbers: Clifford and Clifford, minor by minor."""
    samples = []
    for row in uniforms:
        order = np.repeat(np.arange(len(unitary)), occupation)
        n = len(order)
        for k in range(n - 1, 0, -1):
            other = int(row[k] * (k + 1))
            order[[k, other]] = order[[other, k]]
        modes: list[int] = []
        for k in range(n):
            known = order[: k + 1]
            minors = [permanent(unitary[np.ix_(modes, np.delete(known, p))]) for p in range(k + 1)]
            bounds = (np.abs(unitary[:, known] @ minors) ** 2).cumsum()
            modes.append(int(np.searchsorted(bounds, row[n + k] * bounds[-1], side="right")))
        samples.append(np.bincount(modes, minlength=len(unitary)))
    return np.array(samples)
