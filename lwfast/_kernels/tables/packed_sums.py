"""Sums over the rows of a table in words, weighed by counts: totals, photons of modes, pairs of modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import dots

_U = np.uint64
_BLOCK = 1024  # rows of which the photons of all modes stay in the second cache
_LOW16 = _U(0xFFFF)


@jit(
    "const uint64[:, :], const int64[:], int64, int64, int64, int64, int64, int64, int64, int64[:, :], "
    "int64[:, :]"
)
def packed_sums(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
    n_modes: int,
    bits: int,
    per_word: int,
    shift: int,
    limb: int,
    histogram: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> None:
    """Add up what `photon_sums` adds up, in integers, in place.

    Photons of a mode stand beside each other as int16, sixteen rows in a register: one instruction makes
    sixteen products and adds up pairs of them. Counts come in limbs whose products with photons fit int16.

    Args:
        words: uint64[w, N].
        counts: int64[N], not negative.
        start: First row.
        stop: One behind the last row.
        n_modes: Modes of a row.
        bits: Bits of a mode.
        per_word: Modes of every word but the last.
        shift: Bits of the counts below the limb.
        limb: Bits of the limb: 2^limb times the largest photon number is below 2^15, and times its square
            and `_BLOCK` below 2^31.
        histogram: int64[4, 255 * n_modes + 1], samples by their number of photons in four parts, so that
            rows of one total do not wait for each other.
        sums: int64[n_modes, >= n_modes + 1]: in column k of line i the products of modes i and k, from k = i
            on; in column `n_modes` the photons of mode i. The rest has no meaning.
    """
    lines = -(-(n_modes + 1) // 4) * 4  # the modes, a one, and nothing up to a multiple of four
    photons, weighed = np.zeros(lines * _BLOCK, np.int16), np.zeros((n_modes + 1) // 2 * 2 * _BLOCK, np.int16)
    weights, totals = np.empty(_BLOCK, np.int16), np.empty(_BLOCK, np.int16)
    window, found = np.empty(_BLOCK, np.uint16), np.empty(8, np.int32)
    mask = (np.int64(1) << limb) - 1
    low = np.uint16((1 << bits) - 1)
    photons[n_modes * _BLOCK : (n_modes + 1) * _BLOCK] = 1
    per_window = 16 // bits
    for block in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - block)
        for i in range(size):
            weights[_U(i)] = np.int16((counts[_U(block + i)] >> shift) & mask)
        for i in range(size, _BLOCK):
            weights[_U(i)] = 0
        totals[:] = 0
        mode = 0
        for k in range(words.shape[0]):
            column = words[k]
            left = min(per_word, n_modes - k * per_word)
            while left > 0:
                # As many modes as fit 16 bits, so that the rest is done in these.
                taken = min(left, per_window)
                left -= taken
                right = _U(bits * left)
                for i in range(size):
                    window[_U(i)] = np.uint16((column[_U(block + i)] >> right) & _LOW16)
                for j in range(taken):
                    _spread(window, bits * (taken - 1 - j), low, photons, weighed, mode, weights, totals)
                    mode += 1
        for line in range(0, n_modes, 2):
            for other in range(line // 4 * 4, lines, 4):
                dots(weighed, line * _BLOCK, photons, other * _BLOCK, _BLOCK, _BLOCK, found)
                for j in range(min(4, sums.shape[1] - other)):
                    sums[line, other + j] += found[j]
                    if line + 1 < n_modes:
                        sums[line + 1, other + j] += found[4 + j]
        for i in range(size):
            histogram[i & 3, np.int64(totals[_U(i)])] += np.int64(weights[_U(i)])


@jit
def _spread(
    window: NDArray[np.uint16],
    right: int,
    low: np.uint16,
    photons: NDArray[np.int16],
    weighed: NDArray[np.int16],
    mode: int,
    weights: NDArray[np.int16],
    totals: NDArray[np.int16],
) -> None:
    """Write the photons of a mode, and those times the weights, and add them to the totals, in place."""
    out, times = photons[mode * _BLOCK : (mode + 1) * _BLOCK], weighed[mode * _BLOCK : (mode + 1) * _BLOCK]
    for i in range(_BLOCK):
        n = np.int16((window[_U(i)] >> np.uint16(right)) & low)
        out[_U(i)] = n
        times[_U(i)] = np.int16(n * weights[_U(i)])
        totals[_U(i)] = np.int16(totals[_U(i)] + n)
