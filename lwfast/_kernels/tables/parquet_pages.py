"""Pages of Parquet files: their headers, levels, and numbers that are kept as places in a dictionary.

Levels and places are runs of two kinds. A header has 7 bits per byte, the lowest first. Where its lowest bit
is 0, one number follows that is repeated `header >> 1` times; else `header >> 1` groups of eight numbers
beside each other, the first one in the lowest bits. See "RLE" in
https://parquet.apache.org/docs/file-format/data-pages/encodings/.

Nothing is believed: whatever is not what it should be gives -1, and no byte outside of the page is read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8, store8
from lwfast._kernels.tables.parquet_footer import unsigned
from lwfast._types import AnyArray

_U = np.uint64
_ALL, _LOW = _U(2**64 - 1), _U(2**32 - 1)
_ONES = _U(0x0101010101010101)
_MOST_BYTES = 5  # of a header
_LENGTH = 4  # bytes in front of levels


@jit(forceinline=True)
def run_header(page: NDArray[np.uint8], at: int, stop: int) -> tuple[int, int]:
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
def run_number(page: NDArray[np.uint8], at: int, n_bytes: int) -> int:
    """Return the number of a repeated run: at most four bytes, the lowest first."""
    number = 0
    for k in range(n_bytes):
        number |= load1(page, at + k) << (8 * k)
    return number


@jit(forceinline=True)
def _word(page: NDArray[np.uint8], at: int) -> np.uint64:
    """Return the eight bytes from `at` on, zeros for those that are not there."""
    if at + 8 <= page.size:
        return load8(page, at)
    word = _U(0)
    for k in range(max(page.size - at, 0)):
        word |= _U(load1(page, at + k)) << _U(8 * k)
    return word


@jit(forceinline=True)
def whole_groups(page: NDArray[np.uint8], at: int, size: int, bits: int, n: int) -> int:
    """Return how many groups of eight numbers are all wanted, and can be read eight bytes at a time.

    Args:
        page: The page.
        at: Where the groups start.
        size: How many there are.
        bits: Bits of a number, at least one.
        n: How many numbers are wanted.
    """
    size = min(size, n >> 3)
    if at + (size - 1) * bits + 8 > page.size:  # a division takes as long as several groups
        size = max((page.size - 8 - at) // bits + 1, 0)
    return size


@jit("const uint8[:], int64, int64, int64, int64, int64")
def same_levels(page: NDArray[np.uint8], at: int, stop: int, bits: int, level: int, n: int) -> bool:
    """Return whether `n` levels are all the same, and stand in repeated runs, as is usual for these.

    Args:
        page: The page.
        at: Where the runs start.
        stop: Where they end.
        bits: Bits of a level.
        level: What each should be.
        n: How many there are.
    """
    n_bytes = (bits + 7) // 8
    done = 0
    while done < n:
        header, at = run_header(page, at, stop)
        if (
            at < 0
            or header & 1
            or header < 2
            or at + n_bytes > stop
            or run_number(page, at, n_bytes) != level
        ):
            return False
        at += n_bytes
        done += header >> 1
    return done == n


@jit("const uint8[:], int64, int64, int64, int64, int64")
def lists_of(page: NDArray[np.uint8], at: int, stop: int, n: int, first: int, length: int) -> bool:
    """Return whether `n` repetition levels of one bit say that each list has the same length.

    Args:
        page: The page.
        at: Where the runs start.
        stop: Where they end.
        n: How many levels there are.
        first: How many levels of the first list stood on the page before; below `length`.
        length: Of each list, at least one.
    """
    done = 0
    ahead = (length - first) % length  # levels up to the next list
    mark, done_there = -1, 0  # where a list last started with a run
    while done < n:
        if ahead == 0:
            size, more = at - mark, done - done_there
            if mark >= 0 and size <= 8 and at + 8 <= stop:
                # The same bytes in the same place say the same: lists mostly repeat each other.
                mask = _ALL >> _U(64 - 8 * size)
                pattern = load8(page, mark) & mask
                while at + 8 <= stop and done + more <= n and load8(page, at) & mask == pattern:
                    at += size
                    done += more
                if done == n:
                    break
            mark, done_there = at, done
        header, at = run_header(page, at, stop)
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


@jit("const uint8[:], int64, int64, int64, int64")
def levels_end(page: NDArray[np.uint8], n: int, first: int, length: int, most_defined: int) -> int:
    """Return where the levels of a page end, -1 where lists differ in length or something is null.

    Args:
        page: The page.
        n: How many numbers it has.
        first: How many numbers of the first list stood on the page before.
        length: Of each list; 0 where the column has none, and the page no repetition levels.
        most_defined: Definition level of a number that is there; 0 where the page has none of these levels.
    """
    end = 0
    for kind in range(2):
        if (length if kind == 0 else most_defined) == 0:
            continue
        if end + _LENGTH > page.size:
            return -1
        start = end + _LENGTH
        end = start + run_number(page, end, _LENGTH)
        if end > page.size:
            return -1
        if kind == 0:
            if not lists_of(page, start, end, n, first, length):
                return -1
            continue
        bits = 0
        while most_defined >> bits:
            bits += 1
        if not same_levels(page, start, end, bits, most_defined, n):
            return -1
    return end


FOURS_BITS = 3
"""Up to so many bits of a place, four of them have a table of all that they can be: 32 KiB."""


@jit("const uint8[:], int64, int64, int64, uint64[:]")
def fours_of(
    dictionary: NDArray[np.uint8], bits: int, first: int, step: int, out: NDArray[np.uint64]
) -> None:
    """Write what four places stand for: four entries, and 2^32 where one is missing.

    Args:
        dictionary: Its entries, of at most as many bits as one goes above the other.
        bits: Bits of a place.
        first: Where the lowest bit of the first entry goes.
        step: How much higher, or lower, the next one goes.
        out: uint64[16^bits].
    """
    mask = (1 << bits) - 1
    for places in range(out.size):
        word = _U(0)
        for k in range(4):
            place = (places >> (k * bits)) & mask
            if place < dictionary.size:
                word |= _U(dictionary[place]) << _U(first + k * step)
            else:
                word |= _U(1) << _U(32)
        out[places] = word


@jit(
    "const uint8[:], int64, int64, int64, const uint8[:], const uint64[:], uint8[:]",
    "const uint8[:], int64, int64, int64, const int64[:], const uint64[:], int64[:]",
)
def from_dictionary(
    page: NDArray[np.uint8],
    at: int,
    stop: int,
    bits: int,
    dictionary: AnyArray,
    fours: NDArray[np.uint64],
    out: AnyArray,
) -> bool:
    """Write the entry of a dictionary for each place on a page; return whether all were there.

    Args:
        page: The page.
        at: Where the runs start.
        stop: Where they end.
        bits: Bits of a place, at most 32.
        dictionary: Its entries.
        fours: As `fours_of` writes them as bytes, for at most `FOURS_BITS` bits; else empty.
        out: As many entries as the page has numbers.
    """
    n, done, n_entries = out.size, 0, dictionary.size
    n_bytes, b, mask = (bits + 7) // 8, _U(bits), (_U(1) << _U(bits)) - _U(1)
    four = _U(4) * b
    fours_mask = _U(max(fours.size - 1, 0))
    highest, missing = _U(0), _U(0)
    while done < n:
        header, at = run_header(page, at, stop)
        size = header >> 1
        if at < 0 or size == 0:
            return False
        if header & 1 == 0:
            if at + n_bytes > stop:
                return False
            place = run_number(page, at, n_bytes)
            if place >= n_entries:
                return False
            at += n_bytes
            last = min(done + size, n)
            value = dictionary[place]
            if out.itemsize == 1:  # eight at a time: what is too much is written over
                pattern = _U(value) * _ONES
                while done < last and done + 8 <= n:
                    store8(out, done, pattern)
                    done += 8
            for i in range(done, last):
                out[_U(i)] = value
            done = last
            continue
        if size * bits > stop - at or n_entries == 0:
            return False
        whole = 0
        if fours.size > 1:
            whole = whole_groups(page, at, size, bits, n - done)
            for k in range(whole):
                word = load8(page, at + k * bits)
                low, high = fours[word & fours_mask], fours[(word >> four) & fours_mask]
                missing |= low | high
                store8(out, done + 8 * k, (low & _LOW) | (high << _U(32)))
        else:
            # The last number of a group, too, can then be read eight bytes at a time.
            whole = whole_groups(page, at + bits, size, bits, n - done)
            for k in range(whole):
                for i in range(8):
                    bit = i * bits
                    spot = (load8(page, at + k * bits + (bit >> 3)) >> _U(bit & 7)) & mask
                    highest = max(highest, spot)
                    out[_U(done + 8 * k + i)] = dictionary[min(spot, _U(n_entries - 1))]
        for i in range(8 * whole, min(8 * size, n - done)):
            bit = i * bits
            spot = (_word(page, at + (bit >> 3)) >> _U(bit & 7)) & mask
            highest = max(highest, spot)
            out[_U(done + i)] = dictionary[min(spot, _U(n_entries - 1))]
        at += size * bits
        done = min(done + 8 * size, n)
    return bool(highest < _U(max(n_entries, 1)) and missing >> _U(32) == 0)


@jit(forceinline=True)
def _zigzag(body: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Return a number with a sign, and where it ends; -1 where it does not."""
    number, at = unsigned(body, at)
    return (number >> 1) ^ -(number & 1), at


@jit("const int64[:]")
def facts_of_counts(counts: NDArray[np.int64]) -> tuple[np.int64, np.int64, np.int64]:
    """Return the least count, the largest, and the sum of all, which may have gone over the end of int64."""
    least, most, total = counts[0], counts[0], np.int64(0)
    for k in range(counts.size):
        count = counts[_U(k)]
        least, most = min(least, count), max(most, count)
        total += count
    return least, most, total


KIND, UNPACKED, PACKED, CRC, HAS_CRC, N_VALUES, ENCODING, DEFINED, REPEATED = range(9)
"""Places of what `page_header` writes."""
_DEPTH = 5
_DICTIONARY_PAGE = 2
_DATA_STRUCT, _DICTIONARY_STRUCT = 5, 7


@jit("const uint8[:], int64, int64[:]")
def page_header(body: NDArray[np.uint8], at: int, out: NDArray[np.int64]) -> int:
    """Read the header of a page, a struct of Thrift in its compact form; return where it ends, -1 for none.

    The layout is that of `PageHeader` in
    https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.

    Args:
        body: The file.
        at: Where it starts.
        out: int64[9], receives what the names of its places say; -1 for what is not there.
    """
    out[:] = -1
    out[HAS_CRC] = 0
    names = np.zeros(_DEPTH, np.int64)  # of the field in each struct that is open
    depth, size = 0, body.size
    while True:
        if at < 0 or at >= size:
            return -1
        byte = load1(body, at)
        at += 1
        if byte == 0:
            depth -= 1
            if depth < 0:
                return at
            continue
        kind = byte & 15
        if byte >> 4:
            names[depth] += byte >> 4
        else:
            number, at = _zigzag(body, at)
            if at < 0:
                return -1
            names[depth] = number
        if kind in (1, 2):  # true and false
            continue
        if kind in (4, 5, 6):
            number, at = _zigzag(body, at)
            if at < 0:
                return -1
            if depth == 0 and 1 <= names[0] <= 3:
                out[names[0] - 1] = number
            elif depth == 0 and names[0] == 4:
                out[CRC], out[HAS_CRC] = number & 0xFFFFFFFF, 1
            elif depth == 1 and 1 <= names[1] <= 4:
                wanted = _DICTIONARY_STRUCT if out[KIND] == _DICTIONARY_PAGE else _DATA_STRUCT
                if names[0] == wanted:
                    out[N_VALUES + names[1] - 1] = number
        elif kind == 12:
            depth += 1
            if depth == _DEPTH:
                return -1
            names[depth] = 0
        elif kind == 8:  # bytes
            number, at = unsigned(body, at)
            if at < 0 or number > size - at:
                return -1
            at += number
        elif kind == 3:
            at += 1
        else:
            return -1
