"""Read a table of `"(0, 1, 0)": 45` members from JSON text.

The general path reads one byte at a time and knows every error. The quick path takes a row that is laid out
as the row before it (single digits, `", "` between them) eight modes, that is three words, at a time; a row
that it does not understand is read again by the general path, so it never decides about an error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import (
    gather16,
    gather16_last,
    load1,
    load8,
    store1,
    store8,
    trailing_zeros,
)

# What `scan_rows` and `scan_key` return first; the friendly layer has a sentence for each.
DONE = 0  # the closing brace was read
BOUNDARY = 1  # a row starts at or after `stop`
TRUNCATED = 2
KEY_EXPECTED = 3
KEY_ESCAPE = 4
KEY_CHARACTER = 5
KEY_NEGATIVE = 6
KEY_LEADING_ZERO = 7
KEY_NUMBER_EXPECTED = 8
OCCUPATION_RANGE = 9
MODE_MISMATCH = 10
BRACKET_MISMATCH = 11
COLON_EXPECTED = 12
COUNT_TYPE = 13
COUNT_NEGATIVE = 14
COUNT_FRACTION = 15
COUNT_LEADING_ZERO = 16
COUNT_RANGE = 17
COMMA_EXPECTED = 18
TRAILING_COMMA = 19
KEY_SPACE = 20

_U = np.uint64
# Eight modes are 24 bytes "d, d, d, d, d, d, d, d, ": xor with the text of eight zeros leaves the digits.
_ZEROS_0, _ZEROS_1, _ZEROS_2 = (
    _U(int.from_bytes(b"0, 0, 0, 0, 0, 0, 0, 0, "[k : k + 8], "little")) for k in (0, 8, 16)
)
_LAST_TWO = _U(0x0000FFFFFFFFFFFF)
_HIGH_NIBBLES = _U(0xF0F0F0F0F0F0F0F0)
_SIXES = _U(0x0606060606060606)
_ASCII_ZEROS = _U(0x3030303030303030)
_B0, _B1, _B2, _B3 = _U(0xFF), _U(0xFF00), _U(0xFF0000), _U(0xFF000000)
_B4, _B5, _B6, _B7 = _U(0xFF << 32), _U(0xFF << 40), _U(0xFF << 48), _U(0xFF << 56)
_DIGITS_0 = _U(0x000F00000F00000F)
_DIGITS_1 = _U(0x0F00000F00000F00)
_DIGITS_2 = _U(0x00000F00000F0000)
_EVERY_2ND, _EVERY_4TH, _LOW_HALF = _U(0x00FF00FF00FF00FF), _U(0x0000FFFF0000FFFF), _U(0xFFFFFFFF)
_S8, _S16, _S24, _S32, _S40, _S48 = _U(8), _U(16), _U(24), _U(32), _U(40), _U(48)
_TEN, _HUNDRED, _TEN_THOUSAND = _U(10), _U(100), _U(10000)
_INT64_TENTH = np.int64(922337203685477580)


@jit(inline="always")
def _skip_space(buffer: NDArray[np.uint8], p: int, end: int) -> int:
    while p < end:
        c = load1(buffer, p)
        if c != 32 and c != 10 and c != 13 and c != 9:
            break
        p += 1
    return p


@jit
def scan_key(
    buffer: NDArray[np.uint8], start: int, end: int, n_modes: int, out: NDArray[np.uint8], offset: int
) -> tuple[int, int, int]:
    """Read a state key; `start` is just after its opening quote.

    Args:
        buffer: uint8 text.
        start: Offset of the first byte of the key.
        end: Offset behind the last byte that may be read.
        n_modes: Number of modes that the key must have, or -1 for any number without storing them.
        out: Flat uint8 table; the modes go to `out[offset:offset + n_modes]`.
        offset: Where the row starts in `out`.

    Returns:
        (code, position, modes): code DONE and the offset behind the closing quote, or an error and its byte.
    """
    p = start
    if p >= end:
        return TRUNCATED, p, 0
    opened = load1(buffer, p)
    closing = 34  # no bracket: the quote itself
    if opened == 40:
        closing = 41
        p += 1
    elif opened == 91:
        closing = 93
        p += 1
    modes = 0
    if p < end and load1(buffer, p) == closing:  # "()", "[]" and "": a state of no modes
        p += 1
    else:
        while True:
            if p >= end:
                return TRUNCATED, p, 0
            c = load1(buffer, p)
            if c < 48 or c > 57:
                if c == 45:
                    return KEY_NEGATIVE, p, 0
                if c == 92:
                    return KEY_ESCAPE, p, 0
                if c == 32:
                    return KEY_SPACE, p, 0
                if c == 34 or c == 44 or c == 41 or c == 93:
                    return KEY_NUMBER_EXPECTED, p, 0
                return KEY_CHARACTER, p, 0
            first = p
            value = c - 48
            p += 1
            while p < end:
                c = load1(buffer, p)
                if c < 48 or c > 57:
                    break
                if value == 0:
                    return KEY_LEADING_ZERO, first, 0
                value = value * 10 + (c - 48)
                if value > 255:
                    return OCCUPATION_RANGE, first, 0
                p += 1
            if p >= end:
                return TRUNCATED, p, 0
            if n_modes >= 0:
                if modes >= n_modes:
                    return MODE_MISMATCH, first, 0
                store1(out, offset + modes, value)
            modes += 1
            # Here `c` is the byte behind the number.
            if c == closing:
                p += 1
                break
            if c == 44:
                p += 1
                if modes == 1 and closing == 41 and p < end and load1(buffer, p) == 41:  # "(3,)"
                    p += 1
                    break
                if p < end and load1(buffer, p) == 32:
                    p += 1
                continue
            if c == 92:
                return KEY_ESCAPE, p, 0
            if c == 32:
                return KEY_SPACE, p, 0
            if c == 34 or c == 41 or c == 93:
                return BRACKET_MISMATCH, p, 0
            return KEY_CHARACTER, p, 0
    if n_modes >= 0 and modes != n_modes:
        return MODE_MISMATCH, p - 1, 0
    if closing != 34:
        if p >= end:
            return TRUNCATED, p, 0
        c = load1(buffer, p)
        if c != 34:
            return (KEY_ESCAPE if c == 92 else KEY_CHARACTER), p, 0
        p += 1
    return DONE, p, modes


@jit
def _scan_count(buffer: NDArray[np.uint8], start: int, end: int) -> tuple[int, int, int]:
    """Read a count; return (code, position, value)."""
    p = start
    if p >= end:
        return TRUNCATED, p, 0
    c = load1(buffer, p)
    if c < 48 or c > 57:
        return (COUNT_NEGATIVE if c == 45 else COUNT_TYPE), p, 0
    value = c - 48
    p += 1
    while p < end:
        c = load1(buffer, p)
        if c < 48 or c > 57:
            if c == 46 or c == 101 or c == 69:
                return COUNT_FRACTION, start, 0
            break
        if value == 0:
            return COUNT_LEADING_ZERO, start, 0
        if value > _INT64_TENTH or (value == _INT64_TENTH and c > 55):
            return COUNT_RANGE, start, 0
        value = value * 10 + (c - 48)
        p += 1
    if p >= end:
        return TRUNCATED, p, 0
    return DONE, p, value


@jit
def _scan_row(
    buffer: NDArray[np.uint8],
    p: int,
    end: int,
    n_modes: int,
    out: NDArray[np.uint8],
    row: int,
    counts: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Read one member from its opening quote on; return (code, position behind the count, key end)."""
    if load1(buffer, p) != 34:
        return KEY_EXPECTED, p, p
    code, q, _ = scan_key(buffer, p + 1, end, n_modes, out, row * n_modes)
    if code != DONE:
        return code, q, p
    key_end = q
    q = _skip_space(buffer, q, end)
    if q >= end:
        return TRUNCATED, q, p
    if load1(buffer, q) != 58:
        return COLON_EXPECTED, q, p
    code, q, value = _scan_count(buffer, _skip_space(buffer, q + 1, end), end)
    if code != DONE:
        return code, q, p
    counts[row] = value
    return DONE, q, key_end


@jit(inline="always")
def _digits_of_8_modes(x0: np.uint64, x1: np.uint64, x2: np.uint64) -> np.uint64:
    """Gather the digits at bytes 0, 3, 6 / 1, 4, 7 / 2, 5 of three words into one."""
    low = (x0 & _B0) | ((x0 >> _S16) & _B1) | ((x0 >> _S32) & _B2)
    middle = ((x1 << _S16) & _B3) | (x1 & _B4) | ((x1 >> _S16) & _B5)
    return low | middle | ((x2 << _S32) & _B6) | ((x2 << _S16) & _B7)


@jit(inline="always")
def _wrong(x0: np.uint64, x1: np.uint64, x2: np.uint64) -> np.uint64:
    """Non-zero unless all three words hold digits 0 to 9 at the digit places and zero elsewhere."""
    outside = (x0 & ~_DIGITS_0) | (x1 & ~_DIGITS_1) | (x2 & ~_DIGITS_2)
    above_nine = ((x0 + _SIXES) | (x1 + _SIXES) | (x2 + _SIXES)) & _HIGH_NIBBLES
    return outside | above_nine


@jit(inline="always")
def _quick_modes(
    buffer: NDArray[np.uint8], d: int, n_modes: int, out: NDArray[np.uint8], offset: int
) -> bool:
    """Read `n_modes` single digits, three bytes apart, from `d` on; return 0 where they are not that."""
    bad = _U(0)
    if n_modes >= 16:
        fits = True
        for k in range(0, n_modes - 16, 16):
            fits &= gather16(buffer, d + 3 * k, out, offset + k)
        k = n_modes - 16  # the last two blocks overlap; the last one ends in `)"`, checked by the caller
        return fits & gather16_last(buffer, d + 3 * k, out, offset + k)
    if n_modes >= 8:
        k = 0
        while True:
            at = d + 3 * k
            x0 = load8(buffer, at) ^ _ZEROS_0
            x1 = load8(buffer, at + 8) ^ _ZEROS_1
            x2 = load8(buffer, at + 16) ^ _ZEROS_2
            if k == n_modes - 8:  # the last block ends in `)"`, checked by the caller
                x2 &= _LAST_TWO
            bad |= _wrong(x0, x1, x2)
            store8(out, offset + k, _digits_of_8_modes(x0, x1, x2))
            if k == n_modes - 8:
                break
            k = min(k + 8, n_modes - 8)  # the last two blocks overlap
        return bool(bad == _U(0))
    wrong = 0
    for k in range(n_modes):
        digit = load1(buffer, d + 3 * k) ^ 48
        wrong |= digit > 9
        store1(out, offset + k, digit)
    for k in range(n_modes - 1):
        wrong |= (load1(buffer, d + 3 * k + 1) ^ 44) | (load1(buffer, d + 3 * k + 2) ^ 32)
    return wrong == 0


@jit
def _scan_quick_rows(
    buffer: NDArray[np.uint8],
    p: int,
    limits: tuple[int, int],
    n_modes: int,
    layout: tuple[int, int, int],
    out: NDArray[np.uint8],
    counts: NDArray[np.int64],
    row: int,
) -> tuple[int, int]:
    """Read rows as long as each is laid out as `layout` says; return (start of the next row, its number).

    A row that ends the table is left to the general path. A loop of its own, because within `scan_rows` it
    takes twice as long.

    Args:
        buffer: uint8 text.
        p: Offset of a row's opening quote.
        limits: Rows that start at or behind the first are left, and none is read behind the second.
        n_modes: Modes of every row, at least one.
        layout: Length of a bracket (0 or 1), the opening and the closing one.
        out: Flat uint8 table.
        counts: int64.
        row: Number of the row at `p`.
    """
    bracket, opened, closed = layout
    # 40: suffix `)": `, eight digits of a count, `, ` and what follows.
    last = min(limits[0] - 1, limits[1] - (1 + bracket + 3 * n_modes + 40))
    while p <= last:
        d = p + 1 + bracket
        q = d + 3 * n_modes - 2
        fits = load1(buffer, p) == 34
        if bracket == 1:
            fits &= (load1(buffer, p + 1) == opened) & (load1(buffer, q) == closed)
            q += 1
        fits &= (load1(buffer, q) == 34) & (load1(buffer, q + 1) == 58)
        q += 2
        if load1(buffer, q) == 32:
            q += 1
        word = load8(buffer, q)
        other = ((word & _HIGH_NIBBLES) ^ _ASCII_ZEROS) | (((word + _SIXES) & _HIGH_NIBBLES) ^ _ASCII_ZEROS)
        bits = trailing_zeros(other) & ~7  # 8 for each digit; 64: more than a word of them
        fits &= (bits > 0) & (bits < 64) & ((bits == 8) | ((word & _B0) != _U(48)))
        fits &= _quick_modes(buffer, d, n_modes, out, row * n_modes)
        if not fits:
            break
        v = (word ^ _ASCII_ZEROS) << _U(64 - bits)
        v = (v * _TEN + (v >> _S8)) & _EVERY_2ND
        v = (v * _HUNDRED + (v >> _S16)) & _EVERY_4TH
        v = (v * _TEN_THOUSAND + (v >> _S32)) & _LOW_HALF
        q += bits >> 3
        if load1(buffer, q) != 44:
            break
        q += 1
        following = q + 1 if load1(buffer, q) == 32 else _skip_space(buffer, q, limits[1])
        if following < limits[1] and load1(buffer, following) == 125:
            break  # a comma before the brace
        counts[row] = np.int64(v)
        row += 1
        p = following
    return p, row


@jit
def scan_rows(
    buffer: NDArray[np.uint8],
    start: int,
    stop: int,
    end: int,
    n_modes: int,
    out: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Read members until the closing brace, or until a row starts at or behind `stop`.

    Args:
        buffer: uint8 text.
        start: Offset of a row's opening quote.
        stop: Give back control at the first row that starts here or later.
        end: Offset behind the last byte that may be read.
        n_modes: Modes of every row.
        out: Flat uint8 table with room for every row.
        counts: int64, as many.

    Returns:
        (code, position, rows): DONE and the offset behind the brace, BOUNDARY and the start of the next row,
        or an error and its byte. `rows` rows were written.
    """
    p = start
    row = 0
    while True:
        if p >= stop:
            return BOUNDARY, p, row
        code, q, key_end = _scan_row(buffer, p, end, n_modes, out, row, counts)
        if code != DONE:
            return code, q, row
        opened = load1(buffer, p + 1)
        bracket = 1 if (opened == 40 or opened == 91) else 0
        quick = n_modes > 0 and key_end - p - 2 - 2 * bracket == 3 * n_modes - 2
        row += 1
        q = _skip_space(buffer, q, end)
        if q >= end:
            return TRUNCATED, q, row
        c = load1(buffer, q)
        if c == 125:
            return DONE, q + 1, row
        if c != 44:
            return COMMA_EXPECTED, q, row
        comma = q
        p = _skip_space(buffer, q + 1, end)
        if p < end and load1(buffer, p) == 125:
            return TRAILING_COMMA, comma, row
        if quick:
            layout = (bracket, opened, 41 if opened == 40 else 93)
            p, row = _scan_quick_rows(buffer, p, (stop, end), n_modes, layout, out, counts, row)
        if p >= end:
            return TRUNCATED, p, row
