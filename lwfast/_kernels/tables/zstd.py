"""Frames of Zstandard, decompressed: what pages of Parquet files usually are.

The format is that of RFC 8878, https://www.rfc-editor.org/rfc/rfc8878. Frames with a dictionary or a checksum
are not read. Nothing is believed: whatever is not what it should be gives -1. Bits are read as words, which
may reach `MARGIN` bytes before a frame and behind it; the caller has these, and they change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8, store1, store8
from lwfast._kernels.tables.zstd_codes import (
    CODE_BITS,
    bits_ahead,
    bits_back,
    fill_states,
    four_streams,
    last_bit,
    read_frequencies,
    read_huffman,
    rest_of_stream,
)

MARGIN = 16
"""Bytes that are there before a frame and behind it, and behind what is written."""
LITERALS = (1 << 17) + 2 * MARGIN
"""Bytes of room for the literals of a block."""
CODE = 1 << CODE_BITS
"""Entries of room for Huffman's code."""
TABLES = 3 * 512
"""Entries of room for the states of lengths, offsets and matches."""

_U = np.uint64
_I = cast("Callable[[Any], int]", np.int64)
_BLOCK = 1 << 17
_MAGIC = 0xFD2FB528
_SKEWED = np.array(
    [
        [4, 3, *[2] * 11, 1, 1, 1, *[2] * 9, 3, 2, *[1] * 5, *[-1] * 4, *[0] * 17],
        [*[1] * 6, 2, 2, 2, *[1] * 15, *[-1] * 5, *[0] * 24],
        [1, 4, 3, *[2] * 6, *[1] * 37, *[-1] * 7],
    ],
    np.int64,
)
"""How often codes of literal lengths, offsets and match lengths are expected where a block does not say."""
_SKEWED_BITS = np.array([6, 5, 6], np.int64)
_MOST_BITS = np.array([9, 8, 9], np.int64)
_MOST_CODE = np.array([35, 31, 52], np.int64)
_LENGTH_BITS = np.array([*[0] * 16, 1, 1, 1, 1, 2, 2, 3, 3, 4, *range(6, 17)], np.int64)
_MATCH_BITS = np.array([*[0] * 32, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, *range(7, 17)], np.int64)
_LENGTHS = np.concatenate([[0], np.cumsum(1 << _LENGTH_BITS)[:24], 1 << np.arange(6, 17)]).astype(np.int64)
_MATCHES = np.concatenate([[3], 3 + np.cumsum(1 << _MATCH_BITS)[:42], 3 + (1 << np.arange(7, 17))]).astype(
    np.int64
)


@jit
def _literals(
    body: NDArray[np.uint8],
    at: int,
    stop: int,
    kept: NDArray[np.int64],
    table: NDArray[np.uint16],
    out: NDArray[np.uint8],
) -> tuple[int, int]:
    """Read the literals of a block (section 3.1.1.3.1); return where they end, -1 for wrong, and how many."""
    if at >= stop:
        return -1, 0
    head = load1(body, at)
    kind, form = head & 3, head >> 2 & 3
    if kind < 2:
        length = 1 if form & 1 == 0 else 2 if form == 1 else 3
        size = bits_ahead(body, 8 * at, 24) & ((1 << 8 * length) - 1)
        size >>= 3 if length == 1 else 4
        at += length
        packed = size if kind == 0 else 1
        if size > _BLOCK or at + packed > stop:
            return -1, 0
        if kind == 0:
            for k in range(0, size, 8):
                store8(out, k, load8(body, at + k))
        else:
            out[:size] = load1(body, at)
        return at + packed, size
    length, n = (3, 10) if form < 2 else (4, 14) if form == 2 else (5, 18)
    size, packed = bits_ahead(body, 8 * at + 4, n), bits_ahead(body, 8 * at + 4 + n, n)
    at += length
    end = at + packed
    if size > _BLOCK or end > stop:
        return -1, 0
    if kind == 2:
        at, bits = read_huffman(body, at, end, table)
        kept[0] = bits
    if at < 0 or kept[0] == 0:
        return -1, 0
    if form:
        is_fine = four_streams(body, at, end, table, kept[0], out, size)
    else:
        right = _U(64 - kept[0])
        is_fine = rest_of_stream(body, at, last_bit(body, at, end), table, right, out, 0, size)
    return (end, size) if is_fine else (-1, 0)


@jit
def _code(
    body: NDArray[np.uint8],
    at: int,
    stop: int,
    which: int,
    mode: int,
    kept: NDArray[np.int64],
    tables: NDArray[np.uint32],
) -> int:
    """Read one of the codes of sequences (section 3.1.1.3.2.1); return where it ends, -1 for wrong."""
    start = 512 * which
    if mode == 3:
        return at if kept[1 + which] >= 0 else -1
    frequencies = np.zeros(53, np.int64)
    if mode == 0:
        frequencies[:] = _SKEWED[which]
        kept[1 + which] = _SKEWED_BITS[which]
    elif mode == 1:
        if at >= stop or load1(body, at) > _MOST_CODE[which]:
            return -1
        tables[start] = np.uint32(load1(body, at))
        kept[1 + which] = 0
        return at + 1
    else:
        at, bits = read_frequencies(body, at, stop, _MOST_CODE[which], _MOST_BITS[which], frequencies)
        if at < 0:
            return -1
        kept[1 + which] = bits
    fill_states(frequencies, kept[1 + which], tables, start)
    return at


@jit(forceinline=True)
def _copied(out: NDArray[np.uint8], place: int, back: int, size: int) -> None:
    """Repeat `size` bytes of those written, from `back` bytes before their end on."""
    far, done = back, 0
    if back < 16:  # a few bytes, over and over: until they are enough for two words
        far = back * ((15 + back) // back)
        done = min(size, far)
        for k in range(done):
            store1(out, place + k, load1(out, place + k - back))
    for k in range(place + done, place + size, 16):
        first, second = load8(out, k - far), load8(out, k + 8 - far)
        store8(out, k, first)
        store8(out, k + 8, second)


@jit
def _block(
    body: NDArray[np.uint8],
    at: int,
    stop: int,
    kept: NDArray[np.int64],
    huffman: NDArray[np.uint16],
    tables: NDArray[np.uint32],
    literals: NDArray[np.uint8],
    out: NDArray[np.uint8],
    place: int,
    end: int,
) -> int:
    """Decompress a block (section 3.1.1.3); return where what it holds ends in `out`, -1 for wrong."""
    at, n_literals = _literals(body, at, stop, kept, huffman, literals)
    if at < 0 or at >= stop:
        return -1
    n = load1(body, at)
    at += 1
    if n == 255:
        n, at = bits_ahead(body, 8 * at, 16) + 0x7F00, at + 2
    elif n > 127:
        n, at = (n - 128 << 8) + load1(body, at), at + 1
    taken = 0
    if n == 0 and at != stop:
        return -1
    if n:
        if at >= stop or load1(body, at) & 3:
            return -1
        modes = load1(body, at)
        at += 1
        for which in range(3):
            at = _code(body, at, stop, which, modes >> (6 - 2 * which) & 3, kept, tables)
            if at < 0:
                return -1
        place, taken = _sequences(body, at, stop, n, kept, tables, literals, n_literals, out, place, end)
    left = n_literals - taken
    if place < 0 or place + left > end:
        return -1
    for k in range(0, left, 8):
        store8(out, place + k, load8(literals, taken + k))
    return place + left


@jit
def _sequences(
    body: NDArray[np.uint8],
    at: int,
    stop: int,
    n: int,
    kept: NDArray[np.int64],
    tables: NDArray[np.uint32],
    literals: NDArray[np.uint8],
    n_literals: int,
    out: NDArray[np.uint8],
    place: int,
    end: int,
) -> tuple[int, int]:
    """Write literals and repeated bytes (section 3.1.1.4); return where they end, and literals taken."""
    position, first = last_bit(body, at, stop), 8 * at
    length_bits, offset_bits, match_bits = kept[1], kept[2], kept[3]
    if position - length_bits - offset_bits - match_bits < first:
        return -1, 0
    length_state = bits_back(body, position, length_bits)
    position -= length_bits
    offset_state = 512 + bits_back(body, position, offset_bits)
    position -= offset_bits
    match_state = 1024 + bits_back(body, position, match_bits)
    position -= match_bits
    recent, second, third = kept[4], kept[5], kept[6]
    taken = 0
    for k in range(n):
        length_entry, offset_entry = _I(tables[length_state]), _I(tables[offset_state])
        match_entry = _I(tables[match_state])
        bits = offset_entry & 255
        offset = (1 << bits) + bits_back(body, position, bits)
        position -= bits
        bits = _I(_MATCH_BITS[match_entry & 255])
        match = _MATCHES[match_entry & 255] + bits_back(body, position, bits)
        position -= bits
        bits = _I(_LENGTH_BITS[length_entry & 255])
        length = _LENGTHS[length_entry & 255] + bits_back(body, position, bits)
        position -= bits
        if offset > 3:
            third, second, recent = second, recent, offset - 3
        else:
            offset += 0 if length else 1
            if offset == 2:
                second, recent = recent, second
            elif offset == 3:
                third, second, recent = second, recent, third
            elif offset == 4:
                third, second, recent = second, recent, recent - 1
        if k < n - 1:
            bits = length_entry >> 8 & 255
            length_state = (length_entry >> 16) + bits_back(body, position, bits)
            position -= bits
            bits = match_entry >> 8 & 255
            match_state = 1024 + (match_entry >> 16) + bits_back(body, position, bits)
            position -= bits
            bits = offset_entry >> 8 & 255
            offset_state = 512 + (offset_entry >> 16) + bits_back(body, position, bits)
            position -= bits
        if position < first or taken + length > n_literals or place + length + match > end:
            return -1, 0
        for i in range(0, length, 16):
            store8(out, place + i, load8(literals, taken + i))
            store8(out, place + i + 8, load8(literals, taken + i + 8))
        place += length
        taken += length
        if recent < 1 or recent > place:
            return -1, 0
        _copied(out, place, recent, match)
        place += match
    kept[4], kept[5], kept[6] = recent, second, third
    return (place, taken) if position == first else (-1, 0)


@jit("const uint8[:], int64, int64, uint8[:], int64, uint16[:], uint32[:], uint8[:]")
def decompress(
    body: NDArray[np.uint8],
    at: int,
    stop: int,
    out: NDArray[np.uint8],
    size: int,
    code: NDArray[np.uint16],
    tables: NDArray[np.uint32],
    literals: NDArray[np.uint8],
) -> bool:
    """Decompress a frame; return whether it was as it should be.

    Args:
        body: What the frame stands in, with `MARGIN` bytes before and behind it.
        at: Where it starts.
        stop: Where it ends.
        out: Receives what is in it; has `MARGIN` bytes more.
        size: How many bytes that are.
        code: uint16[CODE], changed.
        tables: uint32[TABLES], changed.
        literals: uint8[LITERALS], changed.
    """
    if at < MARGIN or stop + MARGIN > body.size or size + MARGIN > out.size or stop - at < 6:
        return False
    if _I(load8(body, at) & _U(0xFFFFFFFF)) != _MAGIC:
        return False
    head = load1(body, at + 4)
    if head & 15:  # a checksum, a dictionary, or a bit that is reserved
        return False
    form, is_single = head >> 6, head >> 5 & 1
    at += 6 - is_single
    if form == 1:
        told = bits_ahead(body, 8 * at, 16) + 256
        at += 2
    elif form == 2:
        told = bits_ahead(body, 8 * at, 32)
        at += 4
    elif form == 3:
        told = _I(load8(body, at))
        at += 8
    else:
        told = load1(body, at) if is_single else size
        at += is_single
    if told != size:
        return False
    kept = np.array([0, -1, -1, -1, 1, 4, 8], np.int64)
    place, is_last = 0, False
    while not is_last:
        if at + 3 > stop:
            return False
        block = bits_ahead(body, 8 * at, 24)
        at += 3
        is_last, kind, length = block & 1 == 1, block >> 1 & 3, block >> 3
        packed = 1 if kind == 1 else length
        if length > _BLOCK or at + packed > stop or kind == 3:
            return False
        if kind == 2:
            place = _block(body, at, at + length, kept, code, tables, literals, out, place, size)
            if place < 0:
                return False
        elif place + length > size:
            return False
        elif kind == 0:
            for k in range(0, length, 8):
                store8(out, place + k, load8(body, at + k))
            place += length
        else:
            out[place : place + length] = load1(body, at)
            place += length
        at += packed
    return place == size and at == stop
