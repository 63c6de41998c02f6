"""Write a table of `"(0, 1, 0)": 45` members: the inverse of `state_text.scan_rows`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8, spread16, store1, store8, trailing_zeros

_U = np.uint64
_ZEROS_0, _ZEROS_1, _ZEROS_2 = (
    _U(int.from_bytes(b"0, 0, 0, 0, 0, 0, 0, 0, "[k : k + 8], "little")) for k in (0, 8, 16)
)
# Three digits, multiplied by this, stand at bytes 0, 3 and 6, among sums that are masked out.
_SPREAD = _U(1 | 1 << 16 | 1 << 32)
_EVERY_THIRD = _U(0xFF | 0xFF << 24 | 0xFF << 48)
_THREE = _U(0xFFFFFF)
_S16, _S32 = _U(16), _U(32)
_TEN_THOUSAND = _U(10000)
_ASCII_ZEROS = _U(0x3030303030303030)
_ABOVE_NINE = _U(0x7676767676767676)  # added to a byte of 10 to 127, sets its top bit
_TOP_BITS = _U(0x8080808080808080)


@jit(inline="always")
def _write_number(out: NDArray[np.uint8], p: int, value: int) -> int:
    """Write a number that is not negative in decimal; return the offset behind it."""
    if value < 10:
        store1(out, p, 48 + value)
        return p + 1
    n_digits = 1
    rest = value // 10
    while rest > 0:
        rest //= 10
        n_digits += 1
    q = p + n_digits - 1
    rest = value
    while q >= p:
        tenth = rest // 10
        store1(out, q, 48 + rest - 10 * tenth)
        rest = tenth
        q -= 1
    return p + n_digits


@jit(inline="always")
def _write_count(out: NDArray[np.uint8], p: int, value: int) -> int:
    """Write a count in decimal; return the offset behind it.

    Up to eight digits come from three multiplications on all of them at once instead of a division each.
    """
    if value >= 100_000_000 or p + 8 > out.size:
        return _write_number(out, p, value)
    v = _U(value)
    high = v // _TEN_THOUSAND
    v = high | ((v - high * _TEN_THOUSAND) << _S32)
    high = ((v * _U(10486)) >> _U(20)) & _U(0x0000007F0000007F)  # hundreds of both halves: n // 100
    v = high | ((v - high * _U(100)) << _S16)
    high = ((v * _U(103)) >> _U(10)) & _U(0x000F000F000F000F)  # tens of all four: n // 10
    v = high | ((v - high * _U(10)) << _U(8))
    zeros = min(trailing_zeros(v) >> 3, 7)  # the first digit is the lowest byte
    store8(out, p, (v | _ASCII_ZEROS) >> _U(8 * zeros))
    return p + 8 - zeros


@jit(inline="always")
def _write_modes(table: NDArray[np.uint8], offset: int, n_modes: int, out: NDArray[np.uint8], p: int) -> int:
    """Write `d, d, d`; return the offset behind it. Two bytes behind that may be overwritten."""
    k = 0
    start = p
    if n_modes >= 16:
        while spread16(table, offset + k, out, start + 3 * k):
            if k == n_modes - 16:
                return start + 3 * n_modes - 2
            k = min(k + 16, n_modes - 16)  # the last two blocks overlap
        p = start + 3 * k  # all modes before k have one digit
    elif n_modes >= 8:
        while True:
            w = load8(table, offset + k)
            if ((w + _ABOVE_NINE) | w) & _TOP_BITS != _U(0):
                break
            p = start + 3 * k
            store8(out, p, _ZEROS_0 | (((w & _THREE) * _SPREAD) & _EVERY_THIRD))
            store8(out, p + 8, _ZEROS_1 | ((((w >> _U(24)) & _THREE) * _SPREAD) & _EVERY_THIRD) << _U(8))
            store8(out, p + 16, _ZEROS_2 | (((w >> _U(48)) * _SPREAD) & _EVERY_THIRD) << _S16)
            if k == n_modes - 8:
                return start + 3 * n_modes - 2
            k = min(k + 8, n_modes - 8)  # the last two blocks overlap
        p = start + 3 * k  # all modes before k have one digit
    while k < n_modes:
        p = _write_number(out, p, load1(table, offset + k))
        k += 1
        if k < n_modes:
            store1(out, p, 44)
            store1(out, p + 1, 32)
            p += 2
    return p


@jit
def _write_wide_rows(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    rows: tuple[int, int],
    brackets: tuple[int, int],
    out: NDArray[np.uint8],
    p: int,
) -> int:
    """Write rows `rows[0]` to `rows[1]`, each behind `, `; return the offset behind them.

    What stands before and behind the modes takes one store each, and what these write too far is
    overwritten: at least one row follows. A loop of its own, because within `write_rows` it is 2.7 times
        slower.
    """
    before = _U(0x2220_2C) | (_U(brackets[0]) << _U(24))  # `, "(`
    behind = _U(0x203A_2200) | _U(brackets[1])  # `)": `
    for row in range(rows[0], rows[1]):
        store8(out, p, before)
        p = _write_modes(table, row * n_modes, n_modes, out, p + 4)
        store8(out, p, behind)
        p = _write_count(out, p + 4, counts[row])
    return p


@jit
def write_rows(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    opening: int,
    closing: int,
    indent: int,
    out: NDArray[np.uint8],
) -> int:
    """Write members, separated by `, ` or by a comma, a line break and `indent` spaces.

    Args:
        table: Flat uint8 table.
        n_modes: Modes of a row.
        counts: int64, one a row, not negative.
        opening: Bracket before the modes, as a byte; 0 for none.
        closing: Bracket behind them. A round one is preceded by a comma where there is one mode.
        indent: Number of spaces, or -1 for members on one line.
        out: uint8 text, as long as what is written.

    Returns:
        Number of bytes written.
    """
    p = 0
    n_rows = counts.size
    wide = opening != 0 and n_modes >= 8 and indent < 0
    row = -1
    while row < n_rows - 1:
        row += 1
        if wide and row == 1 and n_rows > 2:
            p = _write_wide_rows(table, n_modes, counts, (1, n_rows - 1), (opening, closing), out, p)
            row = n_rows - 1
        if row > 0:
            store1(out, p, 44)
            p += 1
        if indent >= 0:
            store1(out, p, 10)
            p += 1
            for _ in range(indent):
                store1(out, p, 32)
                p += 1
        elif row > 0:
            store1(out, p, 32)
            p += 1
        store1(out, p, 34)
        p += 1
        if opening != 0:
            store1(out, p, opening)
            p += 1
        p = _write_modes(table, row * n_modes, n_modes, out, p)
        if opening != 0:
            if n_modes == 1 and opening == 40:
                store1(out, p, 44)
                p += 1
            store1(out, p, closing)
            p += 1
        store1(out, p, 34)
        store1(out, p + 1, 58)
        store1(out, p + 2, 32)
        p = _write_count(out, p + 3, counts[row])
    return p
