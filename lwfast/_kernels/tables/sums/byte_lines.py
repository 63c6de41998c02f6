"""Photons of a block of rows as bytes, mode by mode: words with the photons of eight rows each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import longest_registers

BLOCK = 1024
"""Rows of a block: photons of 20 modes, what they are made of and their products stay in the first cache."""
LINE = BLOCK // 8
"""Words of a line, which holds a byte of each row: row r of a block is byte r // LINE of word r % LINE."""

_U = np.uint64
_ZERO, _ONE = _U(0), _U(1)
_EVERY_BYTE = _U(0x0101010101010101)
_BYTES, _PAIRS, _FOURS = _U(0x00FF00FF00FF00FF), _U(0x0000FFFF0000FFFF), _U(0x00000000FFFFFFFF)
_S8, _S16, _S32 = _U(8), _U(16), _U(32)


@jit
def write_lines(
    words: NDArray[np.uint64],
    start: int,
    n_modes: int,
    bits: int,
    per_word: int,
    most: int,
    cut: NDArray[np.uint64],
    places: NDArray[np.int64],
    group: NDArray[np.uint64],
    lines: NDArray[np.uint64],
    totals: NDArray[np.uint64],
) -> int:
    """Write the photons of each mode of a block of rows, a line each, and the totals of rows, in place.

    Args:
        words: uint64[w, N].
        start: First row of the block, all rows of which are there.
        n_modes: Modes of a row.
        bits: Bits of a mode.
        per_word: Modes of every word but the last.
        most: Bound of the photons in a mode, 63 at most.
        cut: uint64[(8 w + 4) LINE], which changes.
        places: int64[8], which changes.
        group: uint64[LINE], which changes.
        lines: uint64[n LINE], where n is `n_modes` or the next multiple of four; those above become zero.
        totals: uint64[LINE], out, where they fit bytes.

    Returns:
        A bound of the totals; where it is above 255, `totals` has no meaning.
    """
    longest_registers()
    n_words = words.shape[0]
    for k in range(n_words):
        _cut(words[k], start, 8 * k * LINE, cut)
    totals[:] = _ZERO
    group[:] = _ZERO
    apart = cut[8 * n_words * LINE :]
    bound, in_group = 0, 0
    for mode in range(0, n_modes, 4):
        if (in_group + 4) * most > 255:
            bound = _close(group, bound, totals)
            in_group = 0
        for j in range(4):
            at, right = _place_of(min(mode + j, n_modes - 1), n_modes, bits, per_word)
            if right + bits > 8:
                _join(cut, at, right, bits, j * LINE, apart)
                at, right = (8 * n_words + j) * LINE, 0
            places[j], places[4 + j] = at, right
        _spread(cut, places, _U((1 << bits) - 1) * _EVERY_BYTE, n_modes - mode, mode * LINE, lines, group)
        in_group += 4
    return _close(group, bound, totals)


@jit
def _halves(a: np.uint64, b: np.uint64, low: np.uint64, shift: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the lower halves of all parts of two words, side by side, and the upper ones."""
    return (a & low) | ((b & low) << shift), ((a >> shift) & low) | (b & ~low)


@jit
def _cut(words: NDArray[np.uint64], start: int, first: int, out: NDArray[np.uint64]) -> None:
    """Write each byte of the words of a block to a line of its own, from `first` on, the lowest one first."""
    longest_registers()
    for i in range(LINE):
        a, b = words[_U(start + i)], words[_U(start + LINE + i)]
        c, d = words[_U(start + 2 * LINE + i)], words[_U(start + 3 * LINE + i)]
        e, f = words[_U(start + 4 * LINE + i)], words[_U(start + 5 * LINE + i)]
        g, h = words[_U(start + 6 * LINE + i)], words[_U(start + 7 * LINE + i)]
        a, b = _halves(a, b, _BYTES, _S8)
        c, d = _halves(c, d, _BYTES, _S8)
        e, f = _halves(e, f, _BYTES, _S8)
        g, h = _halves(g, h, _BYTES, _S8)
        a, c = _halves(a, c, _PAIRS, _S16)
        b, d = _halves(b, d, _PAIRS, _S16)
        e, g = _halves(e, g, _PAIRS, _S16)
        f, h = _halves(f, h, _PAIRS, _S16)
        out[_U(first + i)], out[_U(first + 4 * LINE + i)] = _halves(a, e, _FOURS, _S32)
        out[_U(first + LINE + i)], out[_U(first + 5 * LINE + i)] = _halves(b, f, _FOURS, _S32)
        out[_U(first + 2 * LINE + i)], out[_U(first + 6 * LINE + i)] = _halves(c, g, _FOURS, _S32)
        out[_U(first + 3 * LINE + i)], out[_U(first + 7 * LINE + i)] = _halves(d, h, _FOURS, _S32)


@jit
def _place_of(mode: int, n_modes: int, bits: int, per_word: int) -> tuple[int, int]:
    """Return where the line of the first byte with bits of a mode starts, and the shift to them.

    It takes no array: Numba would count who uses it, which takes longer than the work on a line.
    """
    word = mode // per_word
    right = bits * (min(per_word, n_modes - word * per_word) - 1 - (mode - word * per_word))
    return (8 * word + (right >> 3)) * LINE, right & 7


@jit
def _join(
    cut: NDArray[np.uint64], at: int, right: int, bits: int, first: int, out: NDArray[np.uint64]
) -> None:
    """Write the bits of a mode that stand in two lines, from `at` on, to one, from `first` on."""
    longest_registers()
    left = _U(8 - right)
    low = ((_ONE << left) - _ONE) * _EVERY_BYTE
    high = ((_ONE << _U(right + bits - 8)) - _ONE) * _EVERY_BYTE
    for i in range(LINE):
        above = (cut[_U(at + LINE + i)] & high) << left
        out[_U(first + i)] = ((cut[_U(at + i)] >> _U(right)) & low) | above


@jit
def _spread(
    cut: NDArray[np.uint64],
    places: NDArray[np.int64],
    low: np.uint64,
    n_modes: int,
    first: int,
    lines: NDArray[np.uint64],
    totals: NDArray[np.uint64],
) -> None:
    """Write the lines of four modes from `first` on, zero for those that are not there, and add up rows."""
    longest_registers()
    at0, at1, at2, at3 = places[0], places[1], places[2], places[3]
    right0, right1, right2, right3 = _U(places[4]), _U(places[5]), _U(places[6]), _U(places[7])
    low1 = low if n_modes > 1 else _ZERO
    low2 = low if n_modes > 2 else _ZERO
    low3 = low if n_modes > 3 else _ZERO
    for i in range(LINE):
        n0 = (cut[_U(at0 + i)] >> right0) & low
        n1 = (cut[_U(at1 + i)] >> right1) & low1
        n2 = (cut[_U(at2 + i)] >> right2) & low2
        n3 = (cut[_U(at3 + i)] >> right3) & low3
        lines[_U(first + i)] = n0
        lines[_U(first + LINE + i)] = n1
        lines[_U(first + 2 * LINE + i)] = n2
        lines[_U(first + 3 * LINE + i)] = n3
        totals[_U(i)] += (n0 + n1) + (n2 + n3)


@jit
def _close(group: NDArray[np.uint64], bound: int, totals: NDArray[np.uint64]) -> int:
    """Add the totals of some modes to those of all where these fit bytes, and make the former zero, in place.

    Returns:
        A bound of the latter, where they fit; otherwise more than 255.
    """
    longest_registers()
    used = _ZERO
    for i in range(LINE):
        used |= group[_U(i)]
    used |= used >> _S32
    used |= used >> _S16
    used |= used >> _S8
    bound += int(np.int64(used & _U(255)))
    if bound < 256:
        for i in range(LINE):
            totals[_U(i)] += group[_U(i)]
    group[:] = _ZERO
    return bound
