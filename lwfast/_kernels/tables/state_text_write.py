"""Write a table of `"(0, 1, 0)": 45` members: the inverse of `state_text.scan_rows`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import (
    DIGIT_ROOM,
    DIGITS,
    TEXT_ROOM,
    load1,
    spread,
    store1,
    store8,
)

_U = np.uint64
# For each number below 1000 its digits, from byte 3 on all three of them, and in byte 7 how many there are.
_THREE_DIGITS = np.array(
    [
        int.from_bytes(b"%-3d%03d\0%c" % (number, number, len(str(number))), "little")
        for number in range(1000)
    ],
    np.uint64,
)


@jit(forceinline=True)
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


@jit(forceinline=True)
def _write_count(out: NDArray[np.uint8], p: int, value: int) -> int:
    """Write a count in decimal; return the offset behind it. Eight bytes from `p` on may be overwritten.

    Three digits are looked up at a time: 1 ns for a count below 1000, where arithmetic on all digits at once
    takes 5.
    """
    if value >= 1_000_000 or p + 16 > out.size:
        return _write_number(out, p, value)
    if value >= 1000:
        thousands = value // 1000
        entry = _THREE_DIGITS[_U(thousands)]
        store8(out, p, entry)
        p += int(entry >> _U(56))
        store8(out, p, _THREE_DIGITS[_U(value - 1000 * thousands)] >> _U(24))
        return p + 3
    entry = _THREE_DIGITS[_U(value)]
    store8(out, p, entry)
    return p + int(entry >> _U(56))


@jit(forceinline=True)
def _write_modes(table: NDArray[np.uint8], offset: int, n_modes: int, out: NDArray[np.uint8], p: int) -> int:
    """Write `d, d, d`; return the offset behind it. What is behind that may be overwritten."""
    k = 0
    start = p
    if offset + n_modes + DIGIT_ROOM <= table.size and p + 3 * n_modes + TEXT_ROOM <= out.size:
        last = max(n_modes - DIGITS, 0)  # the last two blocks overlap
        wanted = (_U(1) << _U(min(n_modes, DIGITS))) - _U(1)
        while spread(table, offset + k, out, start + 3 * k, wanted):
            if k == last:
                return start + 3 * n_modes - 2
            k = min(k + DIGITS, last)
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


@jit("const uint8[:], int64, const int64[:], int64, int64, int64, uint8[:]")
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
    n_rows = counts.size
    p = n_rows - n_rows  # no literal zero, for which Numba would compile `_write_wide_rows` once more
    wide = opening != 0 and n_modes >= 2 and indent < 0
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
