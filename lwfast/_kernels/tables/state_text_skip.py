"""Find where a JSON value ends, and count quotes, without decoding anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8

_U = np.uint64
_QUOTES, _LOW_BITS, _TOP_BITS = _U(0x2222222222222222), _U(0x7F7F7F7F7F7F7F7F), _U(0x8080808080808080)
_EVERY_2ND, _ONES = _U(0x00FF00FF00FF00FF), _U(0x0001000100010001)

OK = 0
TRUNCATED = 1
TOO_DEEP = 2
UNMATCHED = 3


@jit("const uint8[:], int64, int64, int64")
def value_end(buffer: NDArray[np.uint8], start: int, end: int, max_depth: int) -> tuple[int, int]:
    """Return (offset behind the value that starts at `start`, reason).

    Only quotes and brackets are looked at. A scalar ends before white space, a comma or a closing bracket.
    """
    stack = np.empty(max_depth, np.uint8)
    depth = 0
    p = start
    while p < end:
        c = load1(buffer, p)
        if c == 34:
            p += 1
            while p < end:
                c = load1(buffer, p)
                if c == 34:
                    break
                p += 2 if c == 92 else 1
            if p >= end:
                return end, TRUNCATED
            p += 1
            if depth == 0:
                return p, OK
        elif c == 123 or c == 91:
            if depth == max_depth:
                return p, TOO_DEEP
            stack[depth] = c + 2
            depth += 1
            p += 1
        elif c == 125 or c == 93:
            if depth == 0:
                return p, OK
            if stack[depth - 1] != c:
                return p, UNMATCHED
            depth -= 1
            p += 1
            if depth == 0:
                return p, OK
        elif depth == 0 and (c == 44 or c == 32 or c == 10 or c == 13 or c == 9):
            return p, OK
        else:
            p += 1
    return end, (TRUNCATED if depth > 0 else OK)


@jit("const uint8[:], int64, int64")
def count_quotes(buffer: NDArray[np.uint8], start: int, end: int) -> int:
    """Return how many quotes there are from `start` to `end`."""
    total = 0
    p = start
    while p + 8 <= end:
        # Each byte of a word counts the quotes at its place: 255 words fit, and LLVM adds eight at once.
        n_words = min((end - p) >> 3, 255)
        found = _U(0)
        for k in range(n_words):
            x = load8(buffer, p + 8 * k) ^ _QUOTES
            found += (~(((x & _LOW_BITS) + _LOW_BITS) | x) & _TOP_BITS) >> _U(7)
        pairs = (found & _EVERY_2ND) + ((found >> _U(8)) & _EVERY_2ND)
        total += int((pairs * _ONES) >> _U(48))
        p += 8 * n_words
    while p < end:
        total += load1(buffer, p) == 34
        p += 1
    return total
