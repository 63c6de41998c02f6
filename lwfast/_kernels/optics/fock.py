"""Fock states in graded recursive order: rows, ranks and back.

The power of the last mode ascends outermost, then that of the mode before it, and so on: the first state of n
photons is |n,0,...,0>, the last |0,...,0,n>. With d_j photons in modes 0 to j, the states before s number

    rank(s) = Σ_{j >= 1} C(d_j + j, j) - C(d_{j-1} + j, j),

since C(d + j, j) counts the states of at most d photons in j modes. `table[j, d]` is C(d + j, j).
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._words import store8
from lwfast._types import AnyArray, StateTable


@jit("const uint8[:, :], const int64[:, :], int64[:]")
def fock_rank(states: StateTable, table: AnyArray, out: AnyArray) -> None:
    """Write the rank of every row of uint8[N, m] among the states of its own photon number to int64[N]."""
    n_states, n_modes = states.shape
    for i in range(n_states):
        rank = below = np.int64(0)
        for mode in range(n_modes):
            photons = np.int64(states[i, mode])
            if photons:
                rank += table[mode, below + photons] - table[mode, below]
                below += photons
        out[i] = rank


@jit("const int64[:], int64, const int64[:, :], uint8[:, :]")
def fock_unrank(ranks: AnyArray, n_photons: int, table: AnyArray, out: StateTable) -> None:
    """Write the state of every rank in int64[N] to a row of uint8[N, m]; the inverse of `fock_rank`."""
    n_modes = out.shape[1]
    for i in range(ranks.size):
        left = n_photons
        # How many states from this one on; what is above mode j is known, so only d_{j-1} has to be found.
        behind = table[n_modes - 1, n_photons] - ranks[i]
        for mode in range(n_modes - 1, 0, -1):
            below = left
            while below > 0 and table[mode, below - 1] >= behind:
                below -= 1
            out[i, mode] = left - below
            # Of the states with these powers above, table[mode, below] counts those behind; go to mode - 1.
            behind -= table[mode, below - 1] if below else 0
            left = below
        if n_modes:
            out[i, 0] = left


@jit("uint8[:], int64, int64, uint8[:]")
def fock_rows(first: AnyArray, n_rows: int, n_modes: int, out: AnyArray) -> None:
    """Write `n_rows` successive states to the flat uint8 `out`, beginning with `first` (changed in place).

    Args:
        first: uint8[>= n_modes + 8], a state and zeros.
        n_rows: How many.
        n_modes: At least 2.
        out: uint8[n_rows * n_modes].
    """
    n_words = (n_modes + 7) // 8
    words = np.zeros(n_words, dtype=np.uint64)
    end = n_rows * n_modes
    one = np.uint64(1)
    for mode in range(n_modes):
        words[mode // 8] |= np.uint64(first[mode]) << np.uint64(8 * (mode % 8))
    row = np.int64(0)
    safe = (end - 8 * n_words) // n_modes + 1  # rows whose last word does not reach beyond the end
    while True:
        # The fast digit: one photon after the other goes from mode 0 to mode 1, which adds 256 - 1 to the
        # word.
        moved = np.int64(first[0])
        run = min(moved + 1, n_rows - row)
        word = words[0]
        for _ in range(run):
            at = row * n_modes
            if row < safe:
                # A word may reach into the next row, which is written later.
                store8(out, at, word)
                for w in range(1, n_words):
                    store8(out, at + 8 * w, words[w])
            else:
                for mode in range(n_modes):
                    source = word if mode < 8 else words[mode // 8]
                    out[at + mode] = (source >> np.uint64(8 * (mode % 8))) & np.uint64(255)
            word += np.uint64(255)
            row += 1
        if row == n_rows:
            return
        # The first occupied mode beyond 0 gives one photon to the next mode and the rest to mode 0.
        words[0] += np.uint64(255 * moved)
        first[1] += moved
        mode = 1
        while first[mode] == 0:
            mode += 1
        rest = np.int64(first[mode])
        words[mode // 8] -= np.uint64(rest) << np.uint64(8 * (mode % 8))
        first[mode] = 0
        first[mode + 1] += 1
        words[(mode + 1) // 8] += one << np.uint64(8 * ((mode + 1) % 8))
        first[0] = rest - 1
        words[0] += np.uint64(rest - 1)
