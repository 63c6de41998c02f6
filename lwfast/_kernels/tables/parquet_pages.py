"""Values of Parquet's data pages: levels, and numbers that are kept as places in a dictionary.

Both are runs of two kinds (https://parquet.apache.org/docs/file-format/data-pages/encodings/, "RLE"): a header of
7 bits a byte, the lowest first; where its lowest bit is 0, one number that is repeated `header >> 1` times, else
`header >> 1` groups of eight numbers beside each other, the first one in the lowest bits.

Nothing is believed: whatever is not what it should be gives -1, and no byte outside of the page is read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8
from lwfast._types import AnyArray

ROOM = 8
"""Bytes behind a page that may be read, and mean nothing."""
_U = np.uint64
_MOST_BYTES = 5  # of a header


@jit(forceinline=True)
def _header(page: NDArray[np.uint8], at: int, stop: int) -> tuple[int, int]:
    """Return the header of a run and where it ends, -1 where the page ends before."""
    header, shift = 0, 0
    for _ in range(_MOST_BYTES):
        if at >= stop:
            break
        byte = load1(page, at)
        at += 1
        header |= (byte & 127) << shift
        if byte < 128:
            return header, at
        shift += 7
    return 0, -1


@jit(forceinline=True)
def _number(page: NDArray[np.uint8], at: int, n_bytes: int) -> int:
    """Return the number of a repeated run: at most four bytes, the lowest first."""
    number = 0
    for k in range(n_bytes):
        number |= load1(page, at + k) << (8 * k)
    return number


@jit("const uint8[:], int64, int64, int64, int64, int64")
def same_levels(page: NDArray[np.uint8], at: int, stop: int, bits: int, level: int, n: int) -> bool:
    """Return whether `n` levels are all the same, and stand in repeated runs, as is usual for these.

    Args:
        page: The page, and `ROOM` bytes behind it.
        at: Where the runs start.
        stop: Where they end.
        bits: Bits of a level.
        level: What each should be.
        n: How many there are.
    """
    n_bytes = (bits + 7) // 8
    done = 0
    while done < n:
        header, at = _header(page, at, stop)
        if at < 0 or header & 1 or header < 2 or at + n_bytes > stop or _number(page, at, n_bytes) != level:
            return False
        at += n_bytes
        done += header >> 1
    return done == n


@jit("const uint8[:], int64, int64, int64, int64, int64")
def lists_of(page: NDArray[np.uint8], at: int, stop: int, n: int, first: int, length: int) -> bool:
    """Return whether `n` repetition levels of one bit say that each list has the same length.

    Args:
        page: The page, and `ROOM` bytes behind it.
        at: Where the runs start.
        stop: Where they end.
        n: How many levels there are.
        first: How many levels of the first list stood on the page before; below `length`.
        length: Of each list, at least one.
    """
    done = 0
    ahead = (length - first) % length  # levels up to the next list
    while done < n:
        header, at = _header(page, at, stop)
        size = header >> 1
        if at < 0 or size == 0:
            return False
        if header & 1 == 0:
            if at >= stop:
                return False
            level = load1(page, at)
            at += 1
            size = min(size, n - done)
            starts = (size - ahead + length - 1) // length if size > ahead else 0
            if level > 1 or (starts > 0 if level else starts < size):
                return False
            ahead += starts * length - size
            done += size
            continue
        if size > stop - at:
            return False
        for k in range(size):
            expected = 255
            while ahead < 8:
                expected ^= 1 << ahead
                ahead += length
            ahead -= 8
            # Behind the last level, the bits of its group say nothing.
            wanted = 255 if n - done >= 8 else (1 << max(n - done, 0)) - 1
            if (load1(page, at + k) ^ expected) & wanted:
                return False
            done += 8
        at += size
    return True


@jit(
    "const uint8[:], int64, int64, int64, const uint8[:], uint8[:]",
    "const uint8[:], int64, int64, int64, const int64[:], int64[:]",
)
def from_dictionary(
    page: NDArray[np.uint8], at: int, stop: int, bits: int, dictionary: AnyArray, out: AnyArray
) -> bool:
    """Write the entry of a dictionary for each place on a page; return whether all were there.

    Args:
        page: The page, and `ROOM` bytes behind it.
        at: Where the runs start.
        stop: Where they end.
        bits: Bits of a place, at most 32.
        dictionary: Its entries.
        out: As many numbers as the page has.
    """
    n, done, n_entries = out.size, 0, dictionary.size
    n_bytes, b, mask = (bits + 7) // 8, _U(bits), (_U(1) << _U(bits)) - _U(1)
    highest = _U(0)
    while done < n:
        header, at = _header(page, at, stop)
        size = header >> 1
        if at < 0 or size == 0:
            return False
        if header & 1 == 0:
            if at + n_bytes > stop:
                return False
            place = _number(page, at, n_bytes)
            if place >= n_entries:
                return False
            at += n_bytes
            last = min(done + size, n)
            value = dictionary[place]
            for i in range(done, last):
                out[_U(i)] = value
            done = last
            continue
        if size > (stop - at) // max(bits, 1) or n_entries == 0:
            return False
        whole = min(size, (n - done) // 8)
        if bits <= 8 and n_entries == 1 << bits:
            # Every place is there.
            for k in range(whole):
                word = load8(page, at + k * bits)
                start = _U(done + 8 * k)
                for j in range(8):
                    out[start + _U(j)] = dictionary[(word >> (_U(j) * b)) & mask]
        elif bits <= 8:
            for k in range(whole):
                word = load8(page, at + k * bits)
                start = _U(done + 8 * k)
                for j in range(8):
                    place = (word >> (_U(j) * b)) & mask
                    highest = max(highest, place)
                    out[start + _U(j)] = dictionary[min(place, _U(n_entries - 1))]
        else:
            whole = 0
        for i in range(8 * whole, min(8 * size, n - done)):
            bit = i * bits
            place = (load8(page, at + (bit >> 3)) >> _U(bit & 7)) & mask
            highest = max(highest, place)
            out[_U(done + i)] = dictionary[min(place, _U(n_entries - 1))]
        at += size * bits
        done = min(done + 8 * size, n)
    return highest < _U(max(n_entries, 1))
