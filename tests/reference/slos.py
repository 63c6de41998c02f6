"""Slow twins of the distribution kernels: dictionaries, written from the definitions."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np


def fock_states(n_modes, n_photons):
    """All states, the power of the last mode ascending outermost."""
    if n_modes == 1:
        return [(n_photons,)]
    return [
        (*rest, last) for last in range(n_photons + 1) for rest in fock_states(n_modes - 1, n_photons - last)
    ]


def permanent(matrix):
    """Sum over permutations."""
    n = len(matrix)
    return sum(math.prod(matrix[i, p[i]] for i in range(n)) for p in itertools.permutations(range(n)))


def amplitude(matrix, photons, output):
    """Permanent of the matrix with rows and columns repeated, over the square roots of factorials."""
    rows = [mode for mode, k in enumerate(output) for _ in range(k)]
    columns = [mode for mode, k in enumerate(photons) for _ in range(k)]
    scale = math.prod(map(math.factorial, [*photons, *output]))
    return permanent(np.asarray(matrix)[np.ix_(rows, columns)]) / math.sqrt(scale)


def full_unitary(matrix):
    """Complete a lossy transfer matrix to a unitary of twice the size, the textbook way."""
    left, singular, right = np.linalg.svd(matrix)
    lost = np.sqrt(np.clip(1 - singular**2, 0, None))
    return np.block(
        [
            [left * singular @ right, left * lost @ left.conj().T],
            [right.conj().T * lost @ right, -right.conj().T * singular @ left.conj().T],
        ]
    )


def output_distribution(matrix, photons):
    """Probability of each outcome over the given modes, as a dict, one permanent at a time."""
    m = len(photons)
    whole = full_unitary(np.asarray(matrix, dtype=complex))
    found = defaultdict(float)
    for state in fock_states(2 * m, sum(photons)):
        found[state[:m]] += abs(amplitude(whole, [*photons, *[0] * m], state)) ** 2
    return dict(found)
