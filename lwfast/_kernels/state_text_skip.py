"""Find where a JSON value or a run of white space ends, without decoding it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1

OK = 0
TRUNCATED = 1
TOO_DEEP = 2
UNMATCHED = 3


@jit
def space_end(buffer: NDArray[np.uint8], p: int, end: int) -> int:
    """Return the offset of the first byte from `p` on that is not JSON white space."""
    while p < end:
        c = load1(buffer, p)
        if c != 32 and c != 10 and c != 13 and c != 9:
            break
        p += 1
    return p


@jit
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
