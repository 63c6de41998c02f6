"""Sums over the rows of a table in words, weighed by counts: totals, photons of modes, pairs of modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._simd import lane_jit
from lwfast._kernels._words import DOT_SUMS, LANE_SUMS, PLAIN, WEIGHED, dots
from lwfast._kernels.tables.sums.byte_sums import MOST, MOST_MODES, add_bytes, room_of

COUNT_BITS = 28
"""Bits of a count that one call adds up: with 2^17 rows of 255 photons in a mode, sums stay below 2^63."""

_U = np.uint64
_ZERO, _ONE = _U(0), _U(1)
_BLOCK = 512  # rows of which the photons of all modes stay in the first cache
_FIRST = 4 * _BLOCK  # of the first strip, as nothing was asked for before it; the next have twice as many
_STRIP = 32 * _BLOCK  # rows that are looked at first, and then read again from the second cache
_LIMB = 14
_LONG_RUN = 8  # shorter ones take longer than words one by one
_TILES = 512  # of sums that are kept for a strip, each half a KB
_SUMS = DOT_SUMS * LANE_SUMS
_LOW16, _LOW32, _EVERY_2ND, _S16, _S32 = _U(0xFFFF), _U(0xFFFFFFFF), _U(0x0000FFFF0000FFFF), _U(16), _U(32)
_FOUR = _U(0x0001000100010001)  # times a number of 16 bits: four of it, in a word


@lane_jit(
    "const uint64[:, :], const int64[:], int64, int64, int64, int64, int64, int64, int64[:], int64[:, :]"
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
    histogram: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> int:
    """Add up what `photon_sums` adds up, in integers, in place.

    Rows that count once and have few photons in a mode are added up as bytes, see `sums/byte_sums.py`. Of
    others, photons of a mode stand beside each other as int16, sixteen rows in a register: one instruction
    makes sixteen products and adds up pairs of them. Where photons and counts are small, one int16 holds the
    photons of two modes, and one product the products with both: half of the instructions. Other counts come
    in limbs whose products with photons fit int16.

    Args:
        words: uint64[w, N].
        counts: int64[N], not negative.
        start: First row.
        stop: One behind the last row, 2^17 behind the first at most.
        n_modes: Modes of a row.
        bits: Bits of a mode. The photons of a row are below 2^15.
        per_word: Modes of every word but the last.
        shift: Bits of the counts that are left out; of those above, `COUNT_BITS` are added up.
        histogram: int64[most * n_modes + 1], samples by their number of photons.
        sums: int64[n_modes, n_modes + 1]: in column k of line i the products of modes i and k, from k = i
            on; in column `n_modes` the photons of mode i. The rest has no meaning.

    Returns:
        The bitwise OR of all counts, without the bits that are left out.
    """
    quads = -(-n_modes // WEIGHED)
    lines = WEIGHED * quads
    photons, weighed = np.zeros(lines * _BLOCK, np.int16), np.zeros(lines * _BLOCK, np.int16)
    pairs, weights = np.zeros(lines // 2 * _BLOCK, np.int16), np.empty(_BLOCK, np.int16)
    window, totals = np.empty(_BLOCK, np.uint16), np.empty(_BLOCK, np.uint16)
    four_photons, four_weighed, quarter = photons.view(np.uint64), weighed.view(np.uint64), _BLOCK // 4
    four_pairs, four_totals = pairs.view(np.uint64), totals.view(np.uint64)
    keeps = quads * (quads + 1) <= _TILES
    found = np.zeros((quads * (quads + 1) if keeps else 1) * _SUMS, np.int32)
    fours = np.zeros((4, histogram.size), np.int64)  # rows of one total do not wait for each other
    fits_bytes = n_modes <= MOST_MODES
    room = room_of(words.shape[0], n_modes if fits_bytes else 0)
    used = 0
    strip, n_rows = start, _FIRST
    while strip < stop:
        end, n_rows = min(strip + n_rows, stop), min(2 * n_rows, _STRIP)
        every, differing = 0, 0
        for i in range(strip, end):
            every |= counts[_U(i)] >> shift
            differing |= counts[_U(i)] ^ 1
        used |= every
        every &= (1 << COUNT_BITS) - 1
        are_ones = differing == 0 and shift == 0
        most = (1 << bits) - 1
        if not (are_ones and fits_bytes and most <= MOST):
            most = max(_largest(words, strip, end, bits), 1)
        if are_ones and fits_bytes and most <= MOST:
            add_bytes(
                words, counts, strip, end, min(end + n_rows, stop), n_modes, bits, per_word, most, room,
                histogram, sums,
            )  # fmt: skip
            strip = end
            continue
        split = 14
        while most * ((1 << split) + 1) > 32767:
            split -= 1
        together = int(every) * most * most * (_BLOCK // LANE_SUMS) < 1 << split
        limb = COUNT_BITS if together else _limb_bits(most)
        left = every
        base = 0
        while left:
            mask = (1 << min(limb, COUNT_BITS - base)) - 1
            left >>= limb
            if (every >> base) & mask == 0:
                base += limb
                continue
            run = min(quarter, 65535 // (most * min(mask, int(every))))
            for block in range(strip, end, _BLOCK):
                size = min(_BLOCK, end - block)
                totals[:] = 0
                _unpack(words, block, size, n_modes, bits, per_word, window, four_photons, four_totals)
                rows, four_rows = photons, four_photons
                if not are_ones:
                    for i in range(size):
                        weights[_U(i)] = np.int16((counts[_U(block + i)] >> (shift + base)) & mask)
                    weights[size:] = 0
                    for mode in range(n_modes):
                        _weigh(photons, weights, mode * _BLOCK, weighed)
                    rows, four_rows = weighed, four_weighed
                _add_totals(four_totals, totals, weights, size, are_ones, base, histogram, fours)
                for mode in range(n_modes):
                    line = four_rows[mode * quarter : (mode + 1) * quarter]
                    sums[mode, n_modes] += _lanes_added(line, run) << base
                if together:
                    for pair in range(lines // 2):
                        _join(four_photons, 2 * pair * quarter, _U(split), quarter, four_pairs)
                tile = 0
                for quad in range(quads):
                    first = quad if together else 2 * quad
                    for other in range(first, quads if together else 2 * quads):
                        dots(
                            rows, WEIGHED * quad * _BLOCK, pairs if together else photons,
                            PLAIN * other * _BLOCK, _BLOCK, _BLOCK, split if together else 31,
                            found, tile * _SUMS,
                        )  # fmt: skip
                        if not keeps:
                            _fold(found, 0, quad, other, together, base, sums)
                        else:
                            tile += 1
            if keeps:
                tile = 0
                for quad in range(quads):
                    first = quad if together else 2 * quad
                    for other in range(first, quads if together else 2 * quads):
                        _fold(found, tile * _SUMS, quad, other, together, base, sums)
                        tile += 1
            base += limb
        strip = end
    for part in range(4):
        for total in range(histogram.size):
            histogram[total] += fours[part, total]
    return used


@jit
def _largest(words: NDArray[np.uint64], start: int, stop: int, bits: int) -> int:
    """Return the bitwise OR of all fields of some rows, which bounds them."""
    low = (np.int64(1) << bits) - 1
    most = np.int64(0)
    for k in range(words.shape[0]):
        column = words[k]
        used = _ZERO
        for i in range(start, stop):
            used |= column[_U(i)]
        while used:
            most |= np.int64(used) & low
            used >>= _U(bits)
    return int(most)


@jit
def _limb_bits(most: int) -> int:
    """Return how many bits of a count go with at most so many photons in a mode."""
    limb = _LIMB
    weight = (1 << limb) - 1
    while weight * most >= 1 << 15 or weight * most * most * (_STRIP // LANE_SUMS) >= 1 << 31:
        limb -= 1
        weight = (1 << limb) - 1
    return limb


@jit
def _unpack(
    words: NDArray[np.uint64],
    block: int,
    size: int,
    n_modes: int,
    bits: int,
    per_word: int,
    window: NDArray[np.uint16],
    out: NDArray[np.uint64],
    totals: NDArray[np.uint64],
) -> None:
    """Write the photons of each mode of a block of rows, four in a word, and add them to the totals."""
    quarter = totals.size
    low = _U((1 << bits) - 1) * _FOUR
    four_windows = window.view(np.uint64)
    window[size:] = 0
    mode = 0
    for k in range(words.shape[0]):
        column = words[k]
        left = min(per_word, n_modes - k * per_word)
        while left > 0:
            # As many modes as fit 16 bits, so that the rest is done in these.
            taken = min(left, 16 // bits)
            left -= taken
            right = _U(bits * left)
            for i in range(size):
                window[_U(i)] = np.uint16((column[_U(block + i)] >> right) & _LOW16)
            for j in range(taken):
                # A word at a time: LLVM does not make a shift by a variable one of 16 bits.
                _spread(four_windows, _U(bits * (taken - 1 - j)), low, mode * quarter, out, totals)
                mode += 1


@jit
def _spread(
    windows: NDArray[np.uint64],
    right: np.uint64,
    low: np.uint64,
    first: int,
    out: NDArray[np.uint64],
    totals: NDArray[np.uint64],
) -> None:
    """Write one mode of windows from `first` on, and add it to the totals, in place."""
    for i in range(windows.size):
        n = (windows[_U(i)] >> right) & low
        out[_U(first + i)] = n
        totals[_U(i)] += n


@jit
def _weigh(
    photons: NDArray[np.int16], weights: NDArray[np.int16], first: int, out: NDArray[np.int16]
) -> None:
    """Write the photons of a mode, which stand from `first` on, times the weights to the same places."""
    for i in range(weights.size):
        out[_U(first + i)] = np.int16(photons[_U(first + i)] * weights[_U(i)])


@jit
def _join(
    photons: NDArray[np.uint64], first: int, left: np.uint64, size: int, out: NDArray[np.uint64]
) -> None:
    """Write two modes, which stand from `first` on, as one of twice the bits, in half of the places."""
    second, target = first + size, first // 2
    for i in range(size):
        out[_U(target + i)] = photons[_U(first + i)] | (photons[_U(second + i)] << left)


@jit
def _lanes_added(line: NDArray[np.uint64], run: int) -> np.int64:
    """Return the sum of four times as many numbers of 16 bits; `run` of the largest of them fit 16 bits."""
    total = _ZERO
    if run < _LONG_RUN:
        for i in range(line.size):
            total += (line[_U(i)] & _EVERY_2ND) + ((line[_U(i)] >> _S16) & _EVERY_2ND)
        return np.int64((total & _LOW32) + (total >> _S32))
    for start in range(0, line.size, run):
        part = _ZERO
        for i in range(start, min(start + run, line.size)):
            part += line[_U(i)]
        part = (part & _EVERY_2ND) + ((part >> _S16) & _EVERY_2ND)
        total += (part & _LOW32) + (part >> _S32)
    return np.int64(total)


@jit
def _add_totals(
    four_totals: NDArray[np.uint64],
    totals: NDArray[np.uint16],
    weights: NDArray[np.int16],
    size: int,
    are_ones: bool,
    base: int,
    histogram: NDArray[np.int64],
    fours: NDArray[np.int64],
) -> None:
    """Add the weights of a block of rows to the histogram, in place; `totals` are those in `four_totals`."""
    if are_ones and size == totals.size:
        differing = _ZERO
        for i in range(four_totals.size):
            differing |= four_totals[_U(i)] ^ four_totals[0]
        if differing == 0 and four_totals[0] == _U(totals[0]) * _FOUR:
            histogram[np.int64(totals[0])] += size
            return
    if are_ones:
        for i in range(size):
            fours[i & 3, np.int64(totals[_U(i)])] += 1
        return
    for i in range(size):
        fours[i & 3, np.int64(totals[_U(i)])] += np.int64(weights[_U(i)]) << base


@jit
def _fold(
    found: NDArray[np.int32],
    at: int,
    quad: int,
    other: int,
    together: bool,
    base: int,
    sums: NDArray[np.int64],
) -> None:
    """Add the sums of a tile to those of its modes, and make them zero.

    Args:
        found: Sums as `dots` leaves them.
        at: Where those of the tile start.
        quad: Which of the lines that are weighed, in fours.
        other: Which of the others, in twos.
        together: Whether those hold two modes each.
        base: Bits of the counts below the limb.
        sums: As in `packed_sums`.
    """
    n_modes = sums.shape[0]
    for x in range(WEIGHED):
        for y in range(PLAIN):
            for half in range(2):
                total = np.int64(0)
                for _ in range(LANE_SUMS):
                    total += found[_U(at)]
                    found[_U(at)] = 0
                    at += 1
                line, column = WEIGHED * quad + x, PLAIN * other + y
                if together:
                    column = 2 * column + half
                if line < n_modes and column < n_modes:
                    sums[line, column] += total << base
