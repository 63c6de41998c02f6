"""The two codes of Zstandard, in which bits stand for numbers: Huffman's, and one of states (FSE).

The format is that of RFC 8878, https://www.rfc-editor.org/rfc/rfc8878. See `zstd.py` for what is believed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8, store1, trailing_zeros

_U = np.uint64
_I = cast("Callable[[Any], int]", np.int64)
CODE_BITS = 11
"""Most bits of Huffman's code."""


@jit(forceinline=True)
def bits_ahead(body: NDArray[np.uint8], position: int, n: int) -> int:
    """Return the `n` bits from bit `position` on, at most 32."""
    word = load8(body, position >> 3) >> _U(position & 7)
    return _I(word & ((_U(1) << _U(n)) - _U(1)))


@jit(forceinline=True)
def bits_back(body: NDArray[np.uint8], position: int, n: int) -> int:
    """Return the `n` bits before bit `position`, at most 32."""
    return bits_ahead(body, position - n, n)


@jit(forceinline=True)
def highest_bit(number: int) -> int:
    """Return the place of the highest bit of a positive number."""
    place = 0
    while number > 1:
        number >>= 1
        place += 1
    return place


@jit(forceinline=True)
def last_bit(body: NDArray[np.uint8], start: int, stop: int) -> int:
    """Return where the bits of a stream end that is read from its end: at its highest one; -1 for none."""
    if stop <= start or load1(body, stop - 1) == 0:
        return -1
    return 8 * (stop - 1) + highest_bit(load1(body, stop - 1))


@jit
def read_frequencies(
    body: NDArray[np.uint8], at: int, stop: int, most: int, most_bits: int, found: NDArray[np.int64]
) -> tuple[int, int]:
    """Read how often each code is expected (section 4.1.1); return where it ends, -1 for wrong, and bits."""
    if at >= stop:
        return -1, 0
    found[:] = 0
    bits = 5 + (load1(body, at) & 15)
    if bits > most_bits:
        return -1, 0
    position = 8 * at + 4
    rest, threshold, size = (1 << bits) + 1, 1 << bits, bits + 1
    code, was_zero = 0, False
    while rest > 1 and code <= most and position < 8 * stop:
        if was_zero:
            while position < 8 * stop and bits_ahead(body, position, 2) == 3:
                code += 3
                position += 2
            code += bits_ahead(body, position, 2)
            position += 2
            if code > most:
                return -1, 0
        short = 2 * threshold - 1 - rest
        number = bits_ahead(body, position, size)
        if number & (threshold - 1) < short:
            number &= threshold - 1
            position += size - 1
        else:
            number -= short if number >= threshold else 0
            position += size
        number -= 1
        rest -= abs(number)
        found[code] = number
        code += 1
        was_zero = number == 0
        while rest < threshold and size > 1:
            size -= 1
            threshold >>= 1
    end = (position + 7) >> 3
    if rest != 1 or end > stop:
        return -1, 0
    return end, bits


@jit
def fill_states(frequencies: NDArray[np.int64], bits: int, table: NDArray[np.uint32], start: int) -> None:
    """Write the states of a code (section 4.1.1): its symbol, how many bits follow, and what they add to."""
    size = 1 << bits
    symbols, following = np.zeros(512, np.int64), np.zeros(64, np.int64)
    high = size - 1
    for code in range(frequencies.size):
        following[code] = frequencies[code]
        if frequencies[code] == -1:
            symbols[high] = code
            high -= 1
            following[code] = 1
    place, step = 0, (size >> 1) + (size >> 3) + 3
    for code in range(frequencies.size):
        for _ in range(max(frequencies[code], 0)):
            symbols[place] = code
            place = (place + step) & (size - 1)
            while place > high:
                place = (place + step) & (size - 1)
    for state in range(size):
        code = symbols[state]
        number = following[code]
        following[code] += 1
        more = bits - highest_bit(number)
        table[start + state] = np.uint32(code | more << 8 | ((number << more) - size) << 16)


@jit
def _weights(body: NDArray[np.uint8], at: int, stop: int, weights: NDArray[np.int64]) -> int:
    """Read the weights of Huffman's code, compressed (section 4.2.1.2); return how many, -1 for wrong."""
    frequencies, table = np.zeros(13, np.int64), np.zeros(64, np.uint32)
    at, bits = read_frequencies(body, at, stop, 12, 6, frequencies)
    if at < 0:
        return -1
    position, start = last_bit(body, at, stop), 8 * at
    if position - 2 * bits < start:
        return -1
    fill_states(frequencies, bits, table, 0)
    state = bits_back(body, position, bits)
    other = bits_back(body, position - bits, bits)
    position -= 2 * bits
    n = 0
    while n < 254:
        entry = _I(table[state])
        weights[n] = entry & 255
        n += 1
        more = entry >> 8 & 255
        if position - more < start:
            weights[n] = _I(table[other]) & 255
            return n + 1
        state, other = other, (entry >> 16) + bits_back(body, position, more)
        position -= more
    return -1


@jit
def read_huffman(body: NDArray[np.uint8], at: int, stop: int, table: NDArray[np.uint16]) -> tuple[int, int]:
    """Read Huffman's code (section 4.2.1); return where it ends, -1 for wrong, and its most bits."""
    weights = np.zeros(257, np.int64)
    if at >= stop:
        return -1, 0
    head = load1(body, at)
    at += 1
    if head < 128:
        n, end = head, at + head
        if end <= stop:
            n = _weights(body, at, end, weights)
    else:
        n, end = head - 127, at + (head - 126) // 2
        if end <= stop:
            for k in range(n):
                weights[k] = load1(body, at + k // 2) >> (0 if k & 1 else 4) & 15
    if n < 1 or n > 255 or end > stop:
        return -1, 0
    total = 0
    for k in range(n):
        if weights[k] > CODE_BITS:
            return -1, 0
        total += (1 << weights[k]) >> 1
    if total == 0:
        return -1, 0
    bits = highest_bit(total) + 1
    rest = (1 << bits) - total
    if bits > CODE_BITS or rest & (rest - 1):
        return -1, 0
    weights[n] = highest_bit(rest) + 1
    place, ones = 0, 0
    for weight in range(1, bits + 1):
        for k in range(n + 1):
            if weights[k] == weight:
                entry = np.uint16(k << 8 | (bits + 1 - weight))
                for _ in range(1 << (weight - 1)):
                    table[place] = entry
                    place += 1
        ones = place if weight == 1 else ones
    if ones < 2 or ones & 1:
        return -1, 0
    return end, bits


@jit(forceinline=True)
def _upper(body: NDArray[np.uint8], position: int) -> np.uint64:
    """Return the 57 bits or more before bit `position`, the last one highest."""
    at = (position - 57) >> 3
    return load8(body, at) << _U(64 - (position - 8 * at))


@jit
def four_streams(
    body: NDArray[np.uint8],
    at: int,
    stop: int,
    table: NDArray[np.uint16],
    bits: int,
    out: NDArray[np.uint8],
    size: int,
) -> bool:
    """Decode four streams of Huffman's code, next to each other: each waits for its own table only."""
    if stop - at < 10 or size < 6:
        return False
    s0 = at + 6
    s1 = s0 + bits_ahead(body, 8 * at, 16)
    s2 = s1 + bits_ahead(body, 8 * at + 16, 16)
    s3 = s2 + bits_ahead(body, 8 * at + 32, 16)
    part = (size + 3) // 4
    if s3 >= stop or 3 * part > size:
        return False
    p0, p1 = last_bit(body, s0, s1), last_bit(body, s1, s2)
    p2, p3 = last_bit(body, s2, s3), last_bit(body, s3, stop)
    if min(p0, p1, p2, p3) < 0:
        return False
    right, k, last = _U(64 - bits), 0, size - 3 * part - 4
    while k < last and p0 >= 8 * s0 and p1 >= 8 * s1 and p2 >= 8 * s2 and p3 >= 8 * s3:
        # The lowest bit is a mark: how far it has come says how many bits were taken, without counting them.
        w0, w1 = _upper(body, p0) | _U(1), _upper(body, p1) | _U(1)
        w2, w3 = _upper(body, p2) | _U(1), _upper(body, p3) | _U(1)
        for i in range(5):
            e0, e1 = _U(table[w0 >> right]), _U(table[w1 >> right])
            e2, e3 = _U(table[w2 >> right]), _U(table[w3 >> right])
            store1(out, k + i, _I(e0 >> _U(8)))
            store1(out, k + i + part, _I(e1 >> _U(8)))
            store1(out, k + i + 2 * part, _I(e2 >> _U(8)))
            store1(out, k + i + 3 * part, _I(e3 >> _U(8)))
            w0, w1 = w0 << (e0 & _U(63)), w1 << (e1 & _U(63))
            w2, w3 = w2 << (e2 & _U(63)), w3 << (e3 & _U(63))
        p0, p1 = p0 - trailing_zeros(w0), p1 - trailing_zeros(w1)
        p2, p3 = p2 - trailing_zeros(w2), p3 - trailing_zeros(w3)
        k += 5
    return (
        rest_of_stream(body, s0, p0, table, right, out, k, part)
        and rest_of_stream(body, s1, p1, table, right, out, k + part, 2 * part)
        and rest_of_stream(body, s2, p2, table, right, out, k + 2 * part, 3 * part)
        and rest_of_stream(body, s3, p3, table, right, out, k + 3 * part, size)
    )


@jit
def rest_of_stream(
    body: NDArray[np.uint8],
    start: int,
    position: int,
    table: NDArray[np.uint16],
    right: np.uint64,
    out: NDArray[np.uint8],
    place: int,
    end: int,
) -> bool:
    """Decode the end of a stream; return whether it ended where it should."""
    while place < end and position >= 8 * start:
        entry = _I(table[_upper(body, position) >> right])
        store1(out, place, entry >> 8)
        position -= entry & 255
        place += 1
    return place == end and position == 8 * start
