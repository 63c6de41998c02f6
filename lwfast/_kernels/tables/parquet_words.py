"""Pages of Parquet files straight into packed words, without a byte for each mode in between.

Places in a dictionary stand beside each other in a few bits, and so do the modes of a word. Four places at a
time are looked up as four fields. That takes three quarters of the time of writing bytes and packing these;
and a checksum of bytes, which would take half as long again, cannot be made.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load8
from lwfast._kernels.tables.parquet_pages import _word, run_header, run_number

_U = np.uint64
_ONE, _ALL = _U(1), _U(2**64 - 1)


@jit(forceinline=True)
def _looked_up(
    places: np.uint64, fours: int, last: int, bits: np.uint64, width: np.uint64, fields: NDArray[np.uint64]
) -> tuple[np.uint64, np.uint64]:
    """Return places as fields, the first of them highest; and 2^32 set in a number if one is missing.

    Args:
        places: The first of them lowest; zeros above them.
        fours: How many times four there are before the last one to four.
        last: How many these are.
        bits: Bits of a place.
        width: Bits of a field.
        fields: As `fours_of` writes them, the first entry highest.
    """
    four, half, mask = _U(4) * bits, _U(4) * width, _U(fields.size - 1)
    entry = fields[places & mask]
    word, missing = _U(0), entry
    for _ in range(fours):
        places >>= four
        word = (word << half) | entry
        entry = fields[places & mask]
        missing |= entry
    return (word << (width * _U(last))) | (entry >> (width * _U(4 - last))), missing


@jit("const uint8[:], int64, int64, int64, const uint64[:], int64, int64, int64, uint64[:, :], int64, int64")
def words_from_dictionary(
    page: NDArray[np.uint8],
    at: int,
    stop: int,
    bits: int,
    fields: NDArray[np.uint64],
    n_modes: int,
    width: int,
    per_word: int,
    out: NDArray[np.uint64],
    first: int,
    n_rows: int,
) -> bool:
    """Write the rows of a page as words; return whether all places were in the dictionary.

    Args:
        page: The page.
        at: Where the runs start.
        stop: Where they end.
        bits: Bits of a place, at least one and at most `width`.
        fields: uint64[16^bits], as `fours_of` writes them, the first entry highest.
        n_modes: Modes of a row; the page starts with the first of them.
        width: Bits of a mode.
        per_word: Modes of every word but the last.
        out: uint64[w, ...], receives the words of the rows in columns `first` and behind. Where a page is
            refused, they have no meaning.
        first: Column of the first row.
        n_rows: Number of rows on the page.
    """
    left = n_rows * n_modes
    flat, n_words, room = out.reshape(-1), out.shape[0], out.shape[1]
    n_last = n_modes - (n_words - 1) * per_word
    b, w = _U(bits), _U(width)
    missing, whole = _U(0), _ALL >> _U(64 - n_last * bits)
    # Fields that wait for their word to be full: `have` of them, of `need`.
    waiting, have, need, target, k = _U(0), 0, per_word if n_words > 1 else n_last, first, 0
    fours, last = (need - 1) >> 2, ((need - 1) & 3) + 1
    safe, per_row = 8 * (page.size - 16), n_last * bits
    while left > 0:
        header, at = run_header(page, at, stop)
        size = header >> 1
        if at < 0 or size == 0:
            return False
        is_packed = header & 1 == 1
        length = size * bits if is_packed else (bits + 7) // 8
        if length > stop - at:
            return False
        pattern = _U(0)
        if is_packed:
            size *= 8
        else:
            place = run_number(page, at, length)
            if place >> bits:
                return False
            entry = fields[_U(place)]
            missing |= entry
            pattern = (entry >> (_U(3) * w)) & ((_ONE << w) - _ONE)
            pattern |= pattern << w
            pattern |= pattern << (w + w)
            pattern |= pattern << (_U(4) * w)
            for _ in range(8 * width, 64, 8 * width):
                pattern |= pattern << (_U(8) * w)
        size = min(size, left)
        left -= size
        bit = 8 * at
        while size > 0:
            if is_packed and have == 0 and n_words == 1:
                while size >= need and bit <= safe:
                    start, shift = bit >> 3, _U(bit & 7)
                    # In two steps: a shift by all bits of a word is not one.
                    places = load8(page, start) >> shift
                    places |= (load8(page, start + 8) << _ONE) << (_U(63) - shift)
                    new, lost = _looked_up(places & whole, fours, last, b, w, fields)
                    missing |= lost
                    flat[_U(target)] = new
                    target += 1
                    bit += per_row
                    size -= need
                if size == 0:
                    break
            m = min(need - have, size)
            if is_packed:
                start, shift = bit >> 3, _U(bit & 7)
                places = (_word(page, start) >> shift) | (
                    (_word(page, start + 8) << _ONE) << (_U(63) - shift)
                )
                new, lost = _looked_up(places & (_ALL >> _U(64 - m * bits)), fours, last, b, w, fields)
                new >>= w * _U(need - m)
                missing |= lost
                bit += m * bits
            else:
                new = pattern & (_ALL >> _U(64 - m * width))
            size -= m
            waiting = ((waiting << w) << (w * _U(m - 1))) | new
            have += m
            if have < need:
                continue
            flat[_U(target)] = waiting
            waiting, have, k, target = _U(0), 0, k + 1, target + room
            if k == n_words:
                k, target = 0, target + 1 - n_words * room
            if n_words > 1:
                need = per_word if k < n_words - 1 else n_last
                fours, last = (need - 1) >> 2, ((need - 1) & 3) + 1
        at += length
    return bool(missing >> _U(32) == 0)
