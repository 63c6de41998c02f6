"""Machine instructions that Python has no word for: unaligned bytes and words, wide products, fused sums.

NumPy views inside Numba cost index wrap-around checks on every byte and cannot load a word at an odd offset.
Compiled, each of these functions is one or two machine instructions without a bounds check: the caller owns
the bounds. `_numba/instructions.py` and `_numba/products.py` write them; uncompiled, they are the plain
functions below.
"""

from __future__ import annotations

import numpy as np

from lwfast._types import AnyArray


def load1(buffer: AnyArray, index: int) -> int:
    """Return byte `buffer[index]` of a uint8 buffer."""
    return int(buffer[index])


def load8(buffer: AnyArray, index: int) -> np.uint64:
    """Return the eight bytes from `buffer[index]` on, the first one lowest."""
    return np.uint64(int.from_bytes(buffer[index : index + 8].tobytes(), "little"))


def store1(buffer: AnyArray, index: int, value: int) -> None:
    """Write the low byte of `value` to `buffer[index]`, in place."""
    buffer[index] = value & 0xFF


def store8(buffer: AnyArray, index: int | np.int64, word: np.uint64) -> None:
    """Write a word to `buffer[index]` and the seven bytes after it, in place, the lowest byte first."""
    buffer[index : index + 8] = np.frombuffer(int(word).to_bytes(8, "little"), np.uint8)


def trailing_zeros(word: np.uint64) -> int:
    """Return the number of zero bits below the lowest set bit; 64 for zero."""
    value = int(word)
    return (value & -value).bit_length() - 1 if value else 64


def bit_count(word: np.uint64) -> int:
    """Return the number of set bits."""
    return int(word).bit_count()


def fold_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the two halves of the 128-bit product `a * b`, xored: one hash mixing step."""
    product = int(a) * int(b)
    return np.uint64((product ^ (product >> 64)) & (2**64 - 1))


def high_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the upper half of the 128-bit product `a * b`."""
    return np.uint64((int(a) * int(b)) >> 64)


def fma(x: float, y: float, z: float) -> float:
    """Return x * y + z, rounded once."""
    from fractions import Fraction

    return float(Fraction(x) * Fraction(y) + Fraction(z))


def prefetch(array: AnyArray, index: int) -> None:
    """Ask for the cache line of `array[index]`."""


ROWS = 64
"""How many rows `equal_rows` and `allowed_rows` look at."""


def equal_rows(words: AnyArray, at: int, mask: np.uint64, value: np.uint64) -> np.uint64:
    """Mark the words from `words[at]` on whose bits under a mask are those of a value.

    Args:
        words: Flat uint64, with `ROWS` words from `at` on.
        at: Where the first of them is.
        mask: The bits that are compared.
        value: What they should be; 0 outside the mask.

    Returns:
        Bit i is set where word `at + i` is such a one.
    """
    return _marks((words[at : at + ROWS] & mask) == value)


def allowed_rows(
    words: AnyArray,
    row: int,
    n_rows: int,
    fields: AnyArray,
    first: int,
    last: int,
    low: np.uint64,
    page: np.uint64,
    allowed: np.uint64,
) -> np.uint64:
    """Mark the rows in which the total of some fields is allowed.

    Args:
        words: Flat uint64; word k of row i is `words[k * n_rows + i]`.
        row: The first of `ROWS` rows.
        n_rows: Rows of the table.
        fields: uint64[k, 2], the word and the shift of each field.
        first: The first of these that count.
        last: One behind the last, of at least one.
        low: Mask of a field in the lowest bits.
        page: The number q of what `allowed` tells.
        allowed: Bit t is set where the total 64 q + t is allowed.

    Returns:
        Bit i is set where the total of row `row + i` is.
    """
    totals = np.zeros(ROWS, np.uint64)
    for word, shift in fields[first:last]:
        at = int(word) * n_rows + row
        totals += (words[at : at + ROWS] >> shift) & low
    in_page = totals >> np.uint64(6) == page
    return _marks(in_page & ((allowed >> (totals & np.uint64(63))) & np.uint64(1) == 1))


def _marks(are_marked: AnyArray) -> np.uint64:
    return np.uint64(np.packbits(are_marked, bitorder="little").view("<u8")[0])


def longest_registers() -> None:
    """Let loops of the kernel that calls this use all of a register; LLVM leaves half of those of AVX-512."""


DIGITS = 21
"""How many digits `spread` and `gather` take at a time: as text 63 bytes, in one register of 64."""
DIGIT_ROOM = 32  # bytes of a table that they read or write; those behind the digits have no meaning
TEXT_ROOM = 64  # bytes of a text
DIGITS_TEXT = b"0, " * (DIGITS + 1)


def spread(table: AnyArray, offset: int, out: AnyArray, p: int, wanted: np.uint64) -> bool:
    """Write 21 bytes at `table[offset]` as `d, d, ... d, ` to `out[p]`; say whether those wanted are digits.

    Where one is above 9, what was written has no meaning.

    Args:
        table: uint8, with `DIGIT_ROOM` bytes from `offset` on.
        offset: Where the digits are.
        out: uint8, with `TEXT_ROOM` bytes from `p` on, all of which may change.
        p: Where the text goes.
        wanted: Bit k is set where digit k is looked at.
    """
    digits = table[offset : offset + DIGITS]
    out[p : p + 63 : 3] = digits | np.uint8(48)
    out[p + 1 : p + 63 : 3] = 44
    out[p + 2 : p + 63 : 3] = 32
    return bool((digits <= 9)[[k for k in range(DIGITS) if int(wanted) >> k & 1]].all())


def gather(text: AnyArray, p: int, out: AnyArray, offset: int, wanted: np.uint64) -> bool:
    """Read `d, d, ... d, ` at `text[p]` into 21 bytes at `out[offset]`; say whether it was that.

    Args:
        text: uint8, with `TEXT_ROOM` bytes from `p` on.
        p: Where the text is.
        out: uint8, with `DIGIT_ROOM` bytes from `offset` on, all of which may change.
        offset: Where the digits go.
        wanted: Bit k is set where byte k of the text is looked at.
    """
    rest = text[p : p + 63] ^ np.frombuffer(DIGITS_TEXT[:63], np.uint8)
    out[offset : offset + DIGITS] = rest[::3]
    return all(rest[k] <= (9 if k % 3 == 0 else 0) for k in range(63) if int(wanted) >> k & 1)


WEIGHED, PLAIN = 4, 2
"""How many rows of each array `dots` takes at a time: with their sums, they fit the registers of AVX2."""
DOT_SUMS, LANE_SUMS = 2 * WEIGHED * PLAIN, 8
"""How many sums it makes, and in how many parts, which are added up once in a while."""


def dots(
    a: AnyArray,
    p: int,
    b: AnyArray,
    q: int,
    stride: int,
    size: int,
    split: int,
    out: AnyArray,
    at: int,
) -> None:
    """Add the products of four rows of int16 with two whose entries hold two numbers each, in int32.

    The sums stand in `out` by rows of `a`, then by rows of `b`, those with the lower numbers first. Each is
    in `LANE_SUMS` parts, and which product is in which part has no meaning.

    Args:
        a: Flat int16, not negative.
        p: Where the first of four rows starts in `a`.
        b: Flat int16, not negative.
        q: Where the first of two rows starts in `b`.
        stride: From one row to the next, in both.
        size: Entries of a row, a multiple of 16.
        split: Bits of the lower number; an eighth of the sum of its products has to fit. 31 means that
            there is no upper one.
        out: Flat int32, changed in place.
        at: Where the first of `DOT_SUMS * LANE_SUMS` parts is in `out`.
    """
    for i in range(WEIGHED):
        for j in range(PLAIN):
            x, y = a[p + i * stride :][:size].astype(np.int64), b[q + j * stride :][:size].astype(np.int64)
            for half, numbers in enumerate((y & ((1 << split) - 1), y >> split)):
                parts = (x * numbers).reshape(-1, LANE_SUMS).sum(axis=0)
                place = at + (2 * (PLAIN * i + j) + half) * LANE_SUMS
                out[place : place + LANE_SUMS] += parts.astype(np.int32)


BYTE_SUMS, LEAST_BYTE_SUMS = 32, 16
"""In how many parts `byte_dots` has room for each sum, and how many of these it uses at least."""
OWN = tuple((i, j) for i in range(WEIGHED) for j in range(i, WEIGHED + 1))
"""Which rows `byte_dots_within` multiplies, of four and a fifth."""


def byte_dots(a: AnyArray, p: int, q: int, stride: int, size: int, out: AnyArray, at: int) -> None:
    """Add the products of four rows of bytes with two of the same array, in 16 bits.

    The sums stand in `out` by the former rows, then by the latter. Each has room for `BYTE_SUMS` parts, and
    which product is in which part has no meaning: processors whose registers are short use the first
    `LEAST_BYTE_SUMS` of them.

    Args:
        a: Flat uint8, below 128.
        p: Where the first of four rows starts.
        q: Where the first of two rows starts.
        stride: From one row to the next, in both.
        size: Entries of a row, a multiple of 64.
        out: Flat uint16, changed in place; sums have to fit `size / LEAST_BYTE_SUMS` products more.
        at: Where the first of `WEIGHED * PLAIN * BYTE_SUMS` parts is in `out`.
    """
    for i in range(WEIGHED):
        for j in range(PLAIN):
            x, y = a[p + i * stride :][:size].astype(np.int64), a[q + j * stride :][:size].astype(np.int64)
            place = at + (PLAIN * i + j) * BYTE_SUMS
            out[place : place + BYTE_SUMS] += (x * y).reshape(-1, BYTE_SUMS).sum(axis=0).astype(np.uint16)


def byte_dots_within(a: AnyArray, p: int, q: int, stride: int, size: int, out: AnyArray, at: int) -> None:
    """Add the products of four rows of bytes with each other and with a fifth, as `byte_dots` does.

    Args:
        a: Flat uint8, below 128.
        p: Where the first of four rows starts.
        q: Where the fifth starts.
        stride: From one of the four to the next.
        size: Entries of a row, a multiple of 64.
        out: As in `byte_dots`, with sums in the order of `OWN`.
        at: Where the first of `len(OWN) * BYTE_SUMS` parts is in `out`.
    """
    starts = [*(p + i * stride for i in range(WEIGHED)), q]
    rows = [a[start : start + size].astype(np.int64) for start in starts]
    for place, (i, j) in enumerate(OWN):
        parts = (rows[i] * rows[j]).reshape(-1, BYTE_SUMS).sum(axis=0)
        out[at + place * BYTE_SUMS :][:BYTE_SUMS] += parts.astype(np.uint16)
