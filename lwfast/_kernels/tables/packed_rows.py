"""Tables of states as words: from bytes, back to bytes, and fields of words moved, mapped and looked at.

A table of N states in words is `uint64[w, N]`: column k holds word k of every row, so that a loop over rows
reads one word after the other and becomes vectors. Each word holds as many modes as every other but the last;
the first of them stands highest and the last in the lowest bits. Rows in words are ordered as rows in bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8, store1, store8

_U = np.uint64
_BYTES, _PAIRS, _FOURS = _U(0x00FF00FF00FF00FF), _U(0x0000FFFF0000FFFF), _U(0x00000000FFFFFFFF)
_S8, _S16, _S32 = _U(8), _U(16), _U(32)
_ALL = _U(2**64 - 1)
_BLOCK = 1024  # rows that one move after the other goes over, in the first cache


@jit(forceinline=True)
def _folded(eight: np.uint64, bits: np.uint64) -> np.uint64:
    """Return eight bytes below 2^bits as fields beside each other; the lowest byte becomes the highest."""
    x = ((eight & _BYTES) << bits) | ((eight >> _S8) & _BYTES)
    x = ((x & _PAIRS) << (bits + bits)) | ((x >> _S16) & _PAIRS)
    return ((x & _FOURS) << (_U(4) * bits)) | (x >> _S32)


@jit(forceinline=True)
def _unfolded(fields: np.uint64, bits: np.uint64) -> np.uint64:
    """Undo `_folded`."""
    four, two = _ALL >> (_U(64) - _U(4) * bits), _ALL >> (_U(64) - _U(2) * bits)
    one = _ALL >> (_U(64) - bits)
    x = ((fields & four) << _S32) | (fields >> (_U(4) * bits))
    two, one = two | (two << _S32), one | (one << _S32)
    x = ((x & two) << _S16) | ((x >> (bits + bits)) & two)
    one |= one << _S16
    return ((x & one) << _S8) | ((x >> bits) & one)


@jit("const uint8[:]")
def bits_used(table: NDArray[np.uint8]) -> int:
    """Return the bitwise OR of all bytes of a table: as many bits as its largest number."""
    used = np.uint8(0)
    for i in range(table.size):
        used |= table[i]
    return int(used)


@jit("const uint64[:, :], int64, int64, uint64[:]")
def fields_used(words: NDArray[np.uint64], start: int, stop: int, out: NDArray[np.uint64]) -> None:
    """Write to `out` the bitwise OR of each column of words over rows `start` to `stop`."""
    for k in range(words.shape[0]):
        column = words[k]
        used = _U(0)
        for i in range(start, stop):
            used |= column[_U(i)]
        out[k] = used


@jit("const uint64[:, :], int64, int64, const uint64[:], const uint64[:, :]")
def largest_total(
    words: NDArray[np.uint64],
    start: int,
    stop: int,
    fields: NDArray[np.uint64],
    steps: NDArray[np.uint64],
) -> np.uint64:
    """Return the largest sum of some fields of a row, of rows `start` to `stop`.

    Args:
        words: uint64[w, N].
        start: First row.
        stop: One behind the last row.
        fields: uint64[w], the bits of these fields in each word.
        steps: uint64[k, 2], the widths of sums so far and masks of every second one: each step adds up two.
    """
    most = _U(0)
    totals, room = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    for block in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - block)
        for i in range(size):
            totals[_U(i)] = _U(0)
        for k in range(words.shape[0]):
            column, mask = words[k], fields[k]
            for i in range(size):
                room[_U(i)] = column[_U(block + i)] & mask
            for step in range(steps.shape[0]):
                width, low = steps[step, 0], steps[step, 1]
                for i in range(size):
                    x = room[_U(i)]
                    room[_U(i)] = (x & low) + ((x >> width) & low)
            for i in range(size):
                totals[_U(i)] += room[_U(i)]
        for i in range(size):
            most = max(most, totals[_U(i)])
    return most


@jit("const uint8[:], int64, int64, int64, uint64[:, :], int64, int64")
def pack_rows(
    table: NDArray[np.uint8],
    n_modes: int,
    bits: int,
    per_word: int,
    out: NDArray[np.uint64],
    first: int,
    n_rows: int,
) -> None:
    """Write the first rows of a uint8 table as words.

    Args:
        table: Flat uint8 table; all numbers are below 2^bits.
        n_modes: Modes of a row, at least one.
        bits: Bits of a mode.
        per_word: Modes of every word but the last.
        out: uint64[w, ...], receives the words of the rows in columns `first` and behind.
        first: Column of the first row.
        n_rows: Number of rows.
    """
    b = _U(bits)
    for k in range(out.shape[0]):
        column = out[k]
        begin = k * per_word
        end = min(begin + per_word, n_modes)
        n_last = (end - begin - 1) % 8 + 1  # modes of the last eight bytes
        last = end - n_last
        # Eight bytes from `last` on; of the last rows of a table fewer are there.
        safe = max(0, min(n_rows, (table.size - 8 - last) // n_modes + 1))
        spare, wanted = b * _U(8 - n_last), b * _U(n_last)
        at = begin
        if last == begin:
            for row in range(safe):
                column[_U(first + row)] = _folded(load8(table, at), b) >> spare
                at += n_modes
        elif last == begin + 8:
            for row in range(safe):
                word = _folded(load8(table, at), b) << wanted
                column[_U(first + row)] = word | (_folded(load8(table, at + 8), b) >> spare)
                at += n_modes
        else:
            for row in range(safe):
                word = _folded(load8(table, at), b)
                for j in range(8, last - begin, 8):
                    word = (word << (_U(8) * b)) | _folded(load8(table, at + j), b)
                column[_U(first + row)] = (word << wanted) | (
                    _folded(load8(table, at + last - begin), b) >> spare
                )
                at += n_modes
        for row in range(safe, n_rows):
            word = _U(0)
            for mode in range(begin, end):
                word = (word << b) | _U(load1(table, row * n_modes + mode))
            column[_U(first + row)] = word


@jit("const uint64[:, :], int64, int64, int64, int64, int64, uint8[:]")
def unpack_rows(
    words: NDArray[np.uint64],
    start: int,
    stop: int,
    n_modes: int,
    bits: int,
    per_word: int,
    out: NDArray[np.uint8],
) -> None:
    """Write rows `start` to `stop` of words to a flat uint8 table that has room for just these."""
    b = _U(bits)
    low = _ALL >> _U(64 - bits)
    n_rows = stop - start
    # Eight bytes at a time reach into the next row, which is written later; behind the last there is no room.
    safe = max(0, min(n_rows, (out.size - 8) // n_modes))
    for row in range(safe):
        target = row * n_modes
        for k in range(words.shape[0]):
            word = words[k, _U(start + row)]
            left = min(per_word, n_modes - k * per_word)
            while left > 8:
                store8(out, target, _unfolded((word >> (b * _U(left - 8))) & (_ALL >> _U(64 - 8 * bits)), b))
                left -= 8
                target += 8
            fields = word if left == 8 else word << (b * _U(8 - left))
            store8(out, target, _unfolded(fields & (_ALL >> _U(64 - 8 * bits)), b))
            target += left
    for row in range(safe, n_rows):
        target = row * n_modes
        for k in range(words.shape[0]):
            word = words[k, _U(start + row)]
            left = min(per_word, n_modes - k * per_word)
            for j in range(left):
                store1(out, target, int((word >> (b * _U(left - 1 - j))) & low))
                target += 1


@jit("const uint64[:, :], int64, int64, const uint64[:, :], const uint64[:, :], uint64[:, :], int64")
def move_fields(
    words: NDArray[np.uint64],
    start: int,
    stop: int,
    moves: NDArray[np.uint64],
    steps: NDArray[np.uint64],
    out: NDArray[np.uint64],
    first: int,
) -> None:
    """Write fields of rows `start` to `stop` to other places; what comes to one place is added up.

    Args:
        words: uint64[w, N].
        start: First row.
        stop: One behind the last row.
        moves: uint64[k, 5]: the word that is read, the shift to its fields, the mask of these in the lowest
            bits, the word that is written, and the shift there.
        steps: uint64[k, 2], shifts and masks that then bring fields of each word beside each other.
        out: uint64[v, ...], receives the rows in columns `first` and behind.
        first: Column of the first row.
    """
    for block in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - block)
        target = first + block - start
        for v in range(out.shape[0]):
            column = out[v]
            is_empty = True
            for m in range(moves.shape[0]):
                if int(moves[m, 3]) != v:
                    continue
                source = words[int(moves[m, 0])]
                right, mask, left = moves[m, 1], moves[m, 2], moves[m, 4]
                if is_empty:
                    for i in range(size):
                        column[_U(target + i)] = ((source[_U(block + i)] >> right) & mask) << left
                else:
                    for i in range(size):
                        column[_U(target + i)] += ((source[_U(block + i)] >> right) & mask) << left
                is_empty = False
            if is_empty:
                for i in range(size):
                    column[_U(target + i)] = _U(0)
            _bring_together(column, target, size, steps)


@jit(
    "const uint64[:, :], int64, int64, int64, int64, const uint64[:], const uint64[:, :], uint64[:, :], int64"
)
def clicked_fields(
    words: NDArray[np.uint64],
    start: int,
    stop: int,
    bits: int,
    flip: int,
    ones: NDArray[np.uint64],
    steps: NDArray[np.uint64],
    out: NDArray[np.uint64],
    first: int,
) -> None:
    """Write 1 for each field that is not 0, for rows `start` to `stop`.

    Args:
        words: uint64[w, N].
        start: First row.
        stop: One behind the last row.
        bits: Bits of a field; 1 takes the lowest bit alone, the parity.
        flip: 1 swaps 0 and 1.
        ones: uint64[w], the lowest bit of each field of a word.
        steps: uint64[k, 2], shifts and masks that bring these bits beside each other; none leaves them.
        out: uint64[w, ...], receives the rows in columns `first` and behind.
        first: Column of the first row.
    """
    for k in range(words.shape[0]):
        source, column = words[k], out[k]
        low, other = ones[k], ones[k] * _U(flip)
        for block in range(start, stop, _BLOCK):
            size, target = min(_BLOCK, stop - block), first + block - start
            if bits == 1:
                for i in range(size):
                    column[_U(target + i)] = (source[_U(block + i)] & low) ^ other
            elif bits == 2:
                for i in range(size):
                    x = source[_U(block + i)]
                    column[_U(target + i)] = ((x | (x >> _U(1))) & low) ^ other
            elif bits == 3:
                for i in range(size):
                    x = source[_U(block + i)]
                    column[_U(target + i)] = ((x | (x >> _U(1)) | (x >> _U(2))) & low) ^ other
            elif bits == 4:
                for i in range(size):
                    x = source[_U(block + i)]
                    x |= x >> _U(1)
                    column[_U(target + i)] = ((x | (x >> _U(2))) & low) ^ other
            else:
                last = _U(bits - 4)
                for i in range(size):
                    x = source[_U(block + i)]
                    y = x | (x >> _U(1))
                    y |= y >> _U(2)
                    # Four bits from the lowest on, and those that end with the highest.
                    column[_U(target + i)] = ((y | (y >> last)) & low) ^ other
            _bring_together(column, target, size, steps)


@jit
def _bring_together(column: NDArray[np.uint64], first: int, size: int, steps: NDArray[np.uint64]) -> None:
    """Let fields of some words, from `first` on, be shifted by each step to the one before, in place."""
    for step in range(steps.shape[0]):
        shift, mask = steps[step, 0], steps[step, 1]
        for i in range(size):
            x = column[_U(first + i)]
            column[_U(first + i)] = (x | (x >> shift)) & mask
