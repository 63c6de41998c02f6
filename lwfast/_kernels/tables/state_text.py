"""Read a table of `"(0, 1, 0)": 45` members from JSON text.

The general path reads one byte at a time and knows every error. The quick path takes a row that is laid out
as the row before it (single digits, `", "` between them) 21 modes at a time; a row that it does not
understand is read again by the general path, so it never decides about an error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import (
    DIGIT_ROOM,
    DIGITS,
    TEXT_ROOM,
    gather,
    load1,
    load8,
    store1,
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
_HIGH_NIBBLES = _U(0xF0F0F0F0F0F0F0F0)
_SIXES = _U(0x0606060606060606)
_ASCII_ZEROS = _U(0x3030303030303030)
_LOW_BYTE = _U(0xFF)
_EVERY_2ND, _EVERY_4TH, _LOW_HALF = _U(0x00FF00FF00FF00FF), _U(0x0000FFFF0000FFFF), _U(0xFFFFFFFF)
_S8, _S16, _S32 = _U(8), _U(16), _U(32)
_TEN, _HUNDRED, _TEN_THOUSAND = _U(10), _U(100), _U(10000)
_ALL_BITS = _U(2**64 - 1)
_INT64_TENTH = np.int64(922337203685477580)


@jit
def _skip_space(buffer: NDArray[np.uint8], p: int, end: int) -> int:
    while p < end:
        c = load1(buffer, p)
        if c != 32 and c != 10 and c != 13 and c != 9:
            break
        p += 1
    return p


@jit("const uint8[:], int64, int64, int64, uint8[:], int64")
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


@jit(forceinline=True)
def _first_bits(n_bits: int) -> np.uint64:
    """Return the mask of the first bits of a word, 1 to 64 of them."""
    return _ALL_BITS >> _U(64 - n_bits)


@jit(forceinline=True)
def _digit_bytes(n_left: int) -> np.uint64:
    """Return which bytes of a block are digits of a row, or stand between two of them."""
    return _first_bits(min(3 * n_left - 2, 3 * DIGITS))


@jit(forceinline=True)
def _quick_modes(
    buffer: NDArray[np.uint8],
    d: int,
    n_modes: int,
    out: NDArray[np.uint8],
    offset: int,
    wanted: np.uint64,
) -> bool:
    """Read `n_modes` single digits, three bytes apart, from `d` on; return whether they are that.

    Without a branch on `n_modes`, not even for a few: one costs as much as all the rest. `wanted` are the
    bytes of the first block that are looked at.
    """
    fits = gather(buffer, d, out, offset, wanted)
    for k in range(DIGITS, n_modes, DIGITS):
        block = min(k, n_modes - DIGITS)  # the last two overlap
        fits &= gather(buffer, d + 3 * block, out, offset + block, _digit_bytes(n_modes - block))
    return fits


@jit
def _scan_quick_rows(
    buffer: NDArray[np.uint8],
    p: int,
    limits: tuple[int, int],
    n_modes: int,
    lengths: tuple[int, int, int],
    words: tuple[np.uint64, np.uint64],
    out: NDArray[np.uint8],
    counts: NDArray[np.int64],
    row: int,
) -> tuple[int, int]:
    """Read rows as long as each is laid out like the one before; return (start of the next row, its number).

    Where the next row starts depends only on the digits of the count: the text between is compared, not
    looked for, which would take 45 cycles from one row to the next. A row that ends the table is left to the
    general path. A loop of its own, because within `scan_rows` it takes twice as long.

    Args:
        buffer: uint8 text.
        p: Offset of a row's opening quote.
        limits: Rows that start at or behind the first are left, and none is read behind the second.
        n_modes: Modes of every row, at least one.
        lengths: Of the quote and the bracket before the modes; of what stands between the modes and the
            count; and from behind the count to the modes of the next row. At most 8 each.
        words: The text of the last two, and zeros.
        out: Flat uint8 table.
        counts: int64.
        row: Number of the row at `p`.
    """
    head, middle, between = lengths
    middle_bytes, between_bytes = _first_bits(8 * middle), _first_bits(8 * between)
    # What stands behind the modes of a row, and what a word or a block of digits reads too far.
    last = min(limits[0] - 1, limits[1] - (head + 3 * n_modes + TEXT_ROOM))
    n_rows = (out.size - DIGIT_ROOM) // n_modes  # behind these, a block of digits would reach too far
    wanted = _digit_bytes(n_modes)
    while p <= last and row < n_rows:
        q = p + head + 3 * n_modes - 2
        fits = (load8(buffer, q) & middle_bytes) == words[0]
        q += middle
        word = load8(buffer, q)
        other = ((word & _HIGH_NIBBLES) ^ _ASCII_ZEROS) | (((word + _SIXES) & _HIGH_NIBBLES) ^ _ASCII_ZEROS)
        bits = trailing_zeros(other) & ~7  # 8 for each digit; 64: more than a word of them
        fits &= (bits > 0) & (bits < 64) & ((bits == 8) | ((word & _LOW_BYTE) != _U(48)))
        q += bits >> 3
        fits &= (load8(buffer, q) & between_bytes) == words[1]
        fits &= _quick_modes(buffer, p + head, n_modes, out, row * n_modes, wanted)
        if not fits:
            break
        v = (word ^ _ASCII_ZEROS) << _U(64 - bits)
        v = (v * _TEN + (v >> _S8)) & _EVERY_2ND
        v = (v * _HUNDRED + (v >> _S16)) & _EVERY_4TH
        counts[row] = np.int64((v * _TEN_THOUSAND + (v >> _S32)) & _LOW_HALF)
        row += 1
        p = q + between - head
    return p, row


@jit("const uint8[:], int64, int64, int64, int64, uint8[:], int64[:]")
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
        if load1(buffer, p) != 34:
            return KEY_EXPECTED, p, row
        code, key_end, _ = scan_key(buffer, p + 1, end, n_modes, out, row * n_modes)
        if code != DONE:
            return code, key_end, row
        q = _skip_space(buffer, key_end, end)
        if q >= end:
            return TRUNCATED, q, row
        if load1(buffer, q) != 58:
            return COLON_EXPECTED, q, row
        code, q, value = _scan_count(buffer, _skip_space(buffer, q + 1, end), end)
        if code != DONE:
            return code, q, row
        counts[row] = value
        opened = load1(buffer, p + 1)
        bracket = 1 if (opened == 40 or opened == 91) else 0
        opened = opened if bracket == 1 else 34
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
        head = 1 + bracket
        behind = key_end - head
        middle = _skip_space(buffer, _skip_space(buffer, key_end, end) + 1, end) - behind
        between = p + head - comma
        if (
            quick
            and middle <= 8
            and between <= 8
            and comma + 8 <= end
            and load1(buffer, p + bracket) == opened
        ):
            lengths = (head, middle, between)
            words = (
                load8(buffer, behind) & _first_bits(8 * middle),
                load8(buffer, comma) & _first_bits(8 * between),
            )
            p, row = _scan_quick_rows(buffer, p, (stop, end), n_modes, lengths, words, out, counts, row)
        if p >= end:
            return TRUNCATED, p, row
