"""The words of a table with NumPy."""

from __future__ import annotations

import numpy as np

name = "numpy on words"


def prepare(states, counts):
    from lwfast.tables.packed_table import packed

    words = packed(states)
    return words.columns[0].copy(), counts, words.bits, words.n_modes


def _field(table, mode):
    words, _, bits, n_modes = table
    return (words >> np.uint64(bits * (n_modes - 1 - mode))) & np.uint64((1 << bits) - 1)


def select(table, rules):
    keep = np.ones(table[0].size, bool)
    for modes, totals in rules:
        total = sum(_field(table, mode) for mode in modes)
        keep &= np.isin(total, np.array(totals, np.uint64))
    kept, sums = table[0][keep], table[1][keep]
    return len(kept), int(sums.sum())


def group(table):
    return _grouped(table[0], table[1])


def threshold(table):
    words, counts, bits, n_modes = table
    ones = np.uint64(sum(1 << bits * mode for mode in range(n_modes)))
    clicks = words.copy()
    for k in range(1, bits):
        clicks |= words >> np.uint64(k)
    return _grouped(clicks & ones, counts)


def parity(table):
    words, counts, bits, n_modes = table
    return _grouped(words & np.uint64(sum(1 << bits * mode for mode in range(n_modes))), counts)


def _grouped(words, counts):
    distinct, inverse = np.unique(words, return_inverse=True)
    return len(distinct), int(np.bincount(inverse, weights=counts).sum())
