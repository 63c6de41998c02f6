"""Slow twins of what is done with tables as words: one state, one mode at a time."""

from __future__ import annotations


def words_of_state(state, bits, per_word):
    """Return the words of a state: the modes of each as the digits of a number, the first one foremost."""
    words = []
    for start in range(0, len(state), per_word):
        word = 0
        for n in state[start : start + per_word]:
            word = word * 2**bits + n
        words.append(word)
    return tuple(words)


def added_up(states, counts):
    """Return distinct states in order of first appearance, and their sums."""
    sums: dict[tuple[int, ...], int] = {}
    for state, count in zip(states, counts, strict=True):
        sums[tuple(state)] = sums.get(tuple(state), 0) + count
    return list(sums), list(sums.values())


def marginal(states, counts, modes):
    """Return some modes of each state, added up."""
    return added_up([[state[mode] for mode in modes] for state in states], counts)


def binned(states, counts, bins):
    """Return the photons of each group of modes, added up."""
    return added_up([[sum(state[mode] for mode in modes) for modes in bins] for state in states], counts)


def sums(states, counts, n_modes):
    """Return samples by photon number, photons of modes, and products of the photons of two modes."""
    histogram: dict[int, int] = {}
    modes = [0] * n_modes
    pairs = [[0] * n_modes for _ in range(n_modes)]
    for state, count in zip(states, counts, strict=True):
        histogram[sum(state)] = histogram.get(sum(state), 0) + count
        for i in range(n_modes):
            modes[i] += count * state[i]
            for j in range(n_modes):
                pairs[i][j] += count * state[i] * state[j]
    return {n: count for n, count in histogram.items() if count}, modes, pairs
