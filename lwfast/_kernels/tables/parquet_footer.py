"""Where the footer of a Parquet file says what: a struct of Thrift in its compact form, gone through once.

The layout is that of `FileMetaData` in
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift. Nothing is believed: a
footer that is not as it usually is gives -1, and no byte outside of it is read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1

N_ROWS, SCHEMA, SCHEMA_END, N_GROUPS, N_KEPT = range(5)
HEAD = 5
"""Places of what `footer_places` writes, and where the groups start behind them."""
OF_A_CHUNK, OF_A_PAIR = 6, 4
"""How many numbers it writes for each column of a group, and for each pair of what else is kept."""
_DEEPEST = 16
_TEXT, _LIST, _STRUCT = 8, 9, 12


@jit(forceinline=True)
def unsigned(body: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Return a number below 2^62 of seven bits a byte, and where it ends; -1 where it does not."""
    number, shift = 0, 0
    while 0 <= at < body.size and shift < 62:
        byte = load1(body, at)
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
    return 0, -1


@jit(forceinline=True)
def _natural(body: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Return a number with a sign, and where it ends; -1 where it does not, or is below zero."""
    number, at = unsigned(body, at)
    return number >> 1, at if number & 1 == 0 else -1


@jit(forceinline=True)
def _text(body: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Return where a text starts and ends; -1 where it does not."""
    size, at = unsigned(body, at)
    return at, at + size if 0 <= at <= body.size - size else -1


@jit(forceinline=True)
def _list(body: NDArray[np.uint8], at: int) -> tuple[int, int, int]:
    """Return of which kind the values of a list are, how many there are, and where the first one starts."""
    if at < 0 or at >= body.size:
        return 0, 0, -1
    byte = load1(body, at)
    size = byte >> 4
    at += 1
    if size == 15:
        size, at = unsigned(body, at)
    return byte & 15, size, at


@jit(forceinline=True)
def _field(body: NDArray[np.uint8], at: int, name: int) -> tuple[int, int, int]:
    """Return the kind of the next field, its number, and where its value starts; kind 0 ends a struct."""
    if at < 0 or at >= body.size:
        return 0, name, -1
    byte = load1(body, at)
    if byte == 0:
        return 0, name, at + 1
    if byte < 16:  # its number follows, as nobody writes it
        return 0, name, -1
    return byte & 15, name + (byte >> 4), at + 1


@jit
def _behind(body: NDArray[np.uint8], at: int, kind: int) -> int:
    """Return where a value ends; -1 where it does not.

    Lists and structs within each other are kept as how many values are still to come, -1 for a struct.
    """
    left, kinds = np.empty(_DEEPEST + 1, np.int64), np.empty(_DEEPEST + 1, np.int64)
    depth = 0
    left[0], kinds[0] = 1, kind
    while depth >= 0:
        if at < 0:
            return -1
        if left[depth] == 0:
            depth -= 1
            continue
        if left[depth] < 0:
            kind, _, at = _field(body, at, 0)
            if at < 0:
                return -1
            if kind == 0:
                depth -= 1
                continue
            if kind <= 2:  # true and false: no value follows
                continue
        else:
            left[depth] -= 1
            kind = kinds[depth]
        if kind in (4, 5, 6):
            _, at = unsigned(body, at)
        elif kind == _TEXT:
            _, at = _text(body, at)
        elif 1 <= kind <= 3:  # a byte, or a truth in a list
            at += 1
        elif kind == 7:
            at += 8
        elif kind in (_LIST, _LIST + 1, _STRUCT):
            if depth == _DEEPEST:
                return -1
            depth += 1
            left[depth] = -1
            if kind != _STRUCT:
                kinds[depth], left[depth], at = _list(body, at)
        else:
            return -1
        if at > body.size:
            return -1
    return at


@jit(forceinline=True)
def _chunk(body: NDArray[np.uint8], at: int, out: NDArray[np.int64], place: int) -> int:
    """Write what is said of a column, and return where that ends; -1 where something is missing."""
    start, end, codec, n_values, unpacked, page, dictionary = -1, -1, -1, -1, -1, -1, -1
    name, inner = 0, 0
    while True:
        kind, name, at = _field(body, at, name)
        if at < 0:
            return -1
        if kind == 0:
            break
        if kind <= 2:
            continue
        if name != 3 or kind != _STRUCT:
            at = _behind(body, at, kind)
            continue
        inner = 0
        while True:
            kind, inner, at = _field(body, at, inner)
            if at < 0:
                return -1
            if kind == 0:
                break
            if inner == 3 and kind in (_LIST, _LIST + 1):
                each, size, at = _list(body, at)
                if each != _TEXT or size < 1:
                    return -1
                start, end = _text(body, at)
                at = end
                for _ in range(1, size):
                    _, at = _text(body, at)
                    if at < 0:
                        return -1
            elif kind in (4, 5, 6) and inner in (4, 5, 6, 9, 11):
                number, at = _natural(body, at)
                if inner == 4:
                    codec = number
                elif inner == 5:
                    n_values = number
                elif inner == 6:
                    unpacked = number
                elif inner == 9:
                    page = number
                else:
                    dictionary = number
            elif inner in (3, 4, 5, 6, 9, 11):
                return -1
            elif kind > 2:
                at = _behind(body, at, kind)
    if min(start, end, codec, n_values, unpacked) < 0 or max(page, dictionary) < 0:
        return -1
    out[place], out[place + 1], out[place + 2] = start, end, codec
    out[place + 3], out[place + 4] = n_values, unpacked
    out[place + 5] = dictionary if dictionary >= 0 else page  # a dictionary stands in front of the pages
    return at


@jit("const uint8[:], int64[:]")
def footer_places(body: NDArray[np.uint8], out: NDArray[np.int64]) -> int:
    """Write what a footer says, and where; return how many numbers these are, -1 for an unusual footer.

    Behind `HEAD` numbers come those of each group: how many rows and columns it has, and for each column
    start and end of its first name, its codec, how many values it has, their bytes once they are
    decompressed, and where its pages start. Then, for each pair of what else is kept, start and end of its
    key and of its value.

    Args:
        body: The footer.
        out: As many numbers as the footer has bytes are enough.
    """
    if out.size < HEAD:
        return -1
    out[:HEAD] = -1
    out[N_KEPT] = 0
    place, at, name = HEAD, 0, 0
    while True:
        kind, name, at = _field(body, at, name)
        if at < 0:
            return -1
        if kind == 0:
            break
        if kind <= 2:
            continue
        if name == 3 and kind in (4, 5, 6):
            out[N_ROWS], at = _natural(body, at)
        elif name == 2 and kind in (_LIST, _LIST + 1):
            out[SCHEMA] = at
            at = _behind(body, at, kind)
            out[SCHEMA_END] = at
        elif name == 4 and kind in (_LIST, _LIST + 1):
            each, size, at = _list(body, at)
            if each != _STRUCT:
                return -1
            out[N_GROUPS] = size
            for _ in range(size):
                if place + 2 > out.size:
                    return -1
                group, inner, n_chunks = place, 0, -1
                out[group] = -1
                place += 2
                while True:
                    kind, inner, at = _field(body, at, inner)
                    if at < 0:
                        return -1
                    if kind == 0:
                        break
                    if kind <= 2:
                        continue
                    if inner == 3 and kind in (4, 5, 6):
                        out[group], at = _natural(body, at)
                    elif inner == 1 and kind in (_LIST, _LIST + 1):
                        each, n_chunks, at = _list(body, at)
                        if each != _STRUCT or at < 0 or n_chunks > (out.size - place) // OF_A_CHUNK:
                            return -1
                        for _ in range(n_chunks):
                            at = _chunk(body, at, out, place)
                            place += OF_A_CHUNK
                            if at < 0:
                                return -1
                    else:
                        at = _behind(body, at, kind)
                if min(out[group], n_chunks) < 0:
                    return -1
                out[group + 1] = n_chunks
        elif name == 5 and kind in (_LIST, _LIST + 1):
            each, size, at = _list(body, at)
            if each != _STRUCT or at < 0 or size > (out.size - place) // OF_A_PAIR:
                return -1
            out[N_KEPT] = size
            for _ in range(size):
                out[place : place + OF_A_PAIR] = 0
                is_named, inner = False, 0
                while True:
                    kind, inner, at = _field(body, at, inner)
                    if at < 0:
                        return -1
                    if kind == 0:
                        break
                    if inner in (1, 2):
                        if kind != _TEXT:
                            return -1
                        start, at = _text(body, at)
                        out[place + 2 * inner - 2], out[place + 2 * inner - 1] = start, at
                        is_named |= inner == 1
                    elif kind > 2:
                        at = _behind(body, at, kind)
                if not is_named:
                    return -1
                place += OF_A_PAIR
        else:
            at = _behind(body, at, kind)
    return place if min(out[N_ROWS], out[SCHEMA], out[SCHEMA_END], out[N_GROUPS]) >= 0 else -1
