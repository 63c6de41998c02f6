"""Sums over rows with few photons in a mode, each of which counts once: products of bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._simd import LANES, empty_vectors, lane_jit
from lwfast._kernels._words import (
    BYTE_SUMS,
    LEAST_BYTE_SUMS,
    OWN,
    PLAIN,
    WEIGHED,
    byte_dots,
    byte_dots_within,
    longest_registers,
    prefetch,
)
from lwfast._kernels.tables.sums.byte_lines import BLOCK, LINE, write_lines

MOST, MOST_MODES = 15, 128
"""Photons in a mode, and modes, up to which sums fit 16 bits for long, and stay in the second cache."""

_U = np.uint64
_ZERO = _U(0)
_EVERY_BYTE, _BYTES = _U(0x0101010101010101), _U(0x00FF00FF00FF00FF)
_EVERY_2ND, _LOW32 = _U(0x0000FFFF0000FFFF), _U(0x00000000FFFFFFFF)
_S7, _S8, _S16, _S32 = _U(7), _U(8), _U(16), _U(32)
_FEW = 24  # totals that are counted one by one, in half of the time that rows take
_OWN, _PAIR = len(OWN) * BYTE_SUMS, WEIGHED * PLAIN * BYTE_SUMS
_SUM = BYTE_SUMS // 4  # words of a sum
_CACHE_LINE = 8  # words


@jit
def _sums_of(quads: int) -> int:
    """Return how many sums there are of so many times four modes."""
    return len(OWN) * quads + WEIGHED * PLAIN * quads * (quads - 1)


@lane_jit
def room_of(n_words: int, n_modes: int) -> NDArray[np.uint64]:
    """Allocate what `add_bytes` needs for rows of some words and modes, all of it zero, as cache lines."""
    quads = -(-n_modes // WEIGHED)
    n_lines = 16 * n_words + WEIGHED * quads + 7 - (-_sums_of(quads) * _SUM // LINE)
    room = empty_vectors(n_lines * LINE // LANES).reshape(-1).view(np.uint64)
    room[:] = _ZERO
    return room


@lane_jit
def add_bytes(
    words: NDArray[np.uint64],
    counts: NDArray[np.int64],
    start: int,
    stop: int,
    end: int,
    n_modes: int,
    bits: int,
    per_word: int,
    most: int,
    room: NDArray[np.uint64],
    histogram: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> None:
    """Do what `packed_sums` does for rows that count once, in place.

    Args:
        words: uint64[w, N].
        counts: int64[N], all of them one.
        start: First row.
        stop: One behind the last row.
        end: One behind the last row that will be needed next, asked for as others are worked on.
        n_modes: Modes of a row, `MOST_MODES` at most.
        bits: Bits of a mode.
        per_word: Modes of every word but the last.
        most: Bound of the photons in a mode, `MOST` at most.
        room: From `room_of`. Its sums are zeros before and after; the rest may be anything.
        histogram: As in `packed_sums`.
        sums: As in `packed_sums`.
    """
    longest_registers()
    n_words, quads = words.shape[0], -(-n_modes // WEIGHED)
    n_sums = _sums_of(quads)
    at = (8 * n_words + 4) * LINE
    cut = room[:at]
    ones = WEIGHED * quads * LINE  # which come behind the photons, and whose products with these are these
    lines = room[at : at + ones + LINE]
    lines[ones:] = _EVERY_BYTE
    at += lines.size
    group, totals = room[at : at + LINE], room[at + LINE : at + 2 * LINE]
    at += 2 * LINE
    rest = room[at : at + 8 * n_words * LINE].reshape(n_words, BLOCK)
    at += 8 * n_words * LINE
    found = room[at : at + n_sums * _SUM]
    photons, parts = lines.view(np.uint8), found.view(np.uint16)
    places = np.zeros(8, np.int64)
    together = 65535 // (BLOCK // LEAST_BYTE_SUMS * most * most)  # blocks
    tiles = -(-(stop - start) // BLOCK) * quads * quads
    few, added, ahead = _FEW, 0, stop
    step = _CACHE_LINE * -(-(end - stop) // (_CACHE_LINE * tiles))
    for block in range(start, stop, BLOCK):
        size = min(BLOCK, stop - block)
        if size == BLOCK:
            bound = write_lines(
                words, block, n_modes, bits, per_word, most, cut, places, group, lines, totals
            )  # fmt: skip
        else:
            for k in range(n_words):
                for i in range(BLOCK):
                    rest[k, i] = words[k, block + i] if i < size else _ZERO
            bound = write_lines(rest, 0, n_modes, bits, per_word, most, cut, places, group, lines, totals)
        few = _count(totals, bound, few, lines, n_modes, histogram)
        histogram[0] -= BLOCK - size
        at = 0
        for quad in range(quads):
            first = WEIGHED * quad * BLOCK
            _ask_for(words, counts, ahead, min(ahead + step, end))
            ahead += step
            byte_dots_within(photons, first, 8 * ones, BLOCK, BLOCK, parts, at)
            at += _OWN
            for other in range(2 * quad + 2, 2 * quads):
                _ask_for(words, counts, ahead, min(ahead + step, end))
                ahead += step
                byte_dots(photons, first, PLAIN * other * BLOCK, BLOCK, BLOCK, parts, at)
                at += _PAIR
        added += 1
        if added == together or block + BLOCK >= stop:
            _fold(found, quads, sums)
            added = 0


@jit
def _ask_for(words: NDArray[np.uint64], counts: NDArray[np.int64], start: int, stop: int) -> None:
    """Let the words and counts of some rows come to the cache."""
    for i in range(start, stop, _CACHE_LINE):
        prefetch(counts, i)
        for k in range(words.shape[0]):
            prefetch(words, k * words.shape[1] + i)


@jit
def _count(
    totals: NDArray[np.uint64],
    bound: int,
    few: int,
    lines: NDArray[np.uint64],
    n_modes: int,
    histogram: NDArray[np.int64],
) -> int:
    """Add a block of rows to the histogram, in place.

    Args:
        totals: uint64[LINE], photons of rows, where they fit bytes.
        bound: Of these.
        few: How many totals are tried one by one.
        lines: Photons of all modes, from which totals are made where these are larger.
        n_modes: How many modes.
        histogram: As in `packed_sums`.

    Returns:
        How many are to be tried in the next block: none where this one has more.
    """
    longest_registers()
    if bound < 128 and few:
        above = BLOCK  # rows with as many photons or more
        for total in range(few):
            if above == 0:
                return few
            least = _U(127 - total) * _EVERY_BYTE
            found = _ZERO
            for i in range(LINE):
                found += ((totals[_U(i)] + least) >> _S7) & _EVERY_BYTE
            found = (found & _BYTES) + ((found >> _S8) & _BYTES)
            found = (found & _EVERY_2ND) + ((found >> _S16) & _EVERY_2ND)
            rest = int(np.int64((found & _LOW32) + (found >> _S32)))
            histogram[total] += above - rest
            above = rest
        if above == 0:
            return few
        bytes_of = totals.view(np.uint8)
        for i in range(BLOCK):
            if bytes_of[_U(i)] >= few:
                histogram[np.int64(bytes_of[_U(i)])] += 1
        return 0
    if bound < 256:
        bytes_of = totals.view(np.uint8)
        for i in range(BLOCK):
            histogram[np.int64(bytes_of[_U(i)])] += 1
        return few
    wide = np.zeros(2 * LINE, np.uint64)
    for mode in range(n_modes):
        for i in range(LINE):
            n = lines[_U(mode * LINE + i)]
            wide[_U(i)] += n & _BYTES
            wide[_U(LINE + i)] += (n >> _S8) & _BYTES
    numbers = wide.view(np.uint16)
    for i in range(BLOCK):
        histogram[np.int64(numbers[_U(i)])] += 1
    return few


@jit
def _fold(parts: NDArray[np.uint64], quads: int, sums: NDArray[np.int64]) -> None:
    """Add up the parts of all sums, make them zero, and add the former to those of their modes, in place.

    Args:
        parts: As `byte_dots_within` and `byte_dots` leave them, four in a word.
        quads: How many lines there are, in fours.
        sums: As in `packed_sums`.
    """
    longest_registers()
    n_modes = sums.shape[0]
    whole = np.empty(_sums_of(quads), np.int64)
    for k in range(whole.size):
        total = _ZERO
        for i in range(k * _SUM, (k + 1) * _SUM):
            total += (parts[_U(i)] & _EVERY_2ND) + ((parts[_U(i)] >> _S16) & _EVERY_2ND)
            parts[_U(i)] = _ZERO
        whole[_U(k)] = np.int64((total & _LOW32) + (total >> _S32))
    k = 0
    for quad in range(quads):
        first = WEIGHED * quad
        for i, j in OWN:
            column = n_modes if j == WEIGHED else first + j
            if max(first + i, column - (j == WEIGHED)) < n_modes:
                sums[first + i, column] += whole[_U(k)]
            k += 1
        for other in range(2 * quad + 2, 2 * quads):
            for x in range(WEIGHED):
                for y in range(PLAIN):
                    if PLAIN * other + y < n_modes:
                        sums[first + x, PLAIN * other + y] += whole[_U(k)]
                    k += 1
