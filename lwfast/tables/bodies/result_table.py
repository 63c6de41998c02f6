"""Read the table of a result body: on one thread, or large ones in chunks on several."""

from __future__ import annotations

import functools
import itertools
import re
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from lwfast._base.parallel import run_chunks
from lwfast._types import Counts, StateTable
from lwfast.errors import ResourceLimitError
from lwfast.tables.counts import group_checked, in_order

_CHUNK = 1 << 20
_ROW = re.compile(rb'"(?![ \t\n\r]*:)')  # a quote that opens a state: no colon follows it
_NO_STATES = np.empty(0, np.uint8)
LARGE = 32 << 20  # shorter texts are read before another thread may have its turn on a busy machine


@functools.cache  # an import statement takes 0.6 us each time
def state_text_kernels() -> ModuleType:
    """Return the kernels that read a table."""
    from lwfast._kernels.tables import state_text

    return state_text


def read_table(buffer: NDArray[np.uint8], position: int, n_modes: int) -> tuple[int, int, StateTable, Counts]:
    """Read the members from the quote at `position` on; return (code, offset, states, counts).

    Code and offset are those of `scan_rows`; with an error, the columns have no meaning.
    """
    kernels = state_text_kernels()
    if buffer.size - position >= LARGE and n_modes > 0:
        found = read_in_chunks(buffer, position, n_modes)
        if found is not None:
            return kernels.DONE, *found
    room = most_rows(buffer.size - position, n_modes)  # pages of the rest are never touched
    states = np.empty((room, n_modes), np.uint8)
    counts = np.empty(room, np.int64)
    code, at, rows = kernels.scan_rows(
        buffer, position, buffer.size, buffer.size, n_modes, states.reshape(-1), counts
    )
    # In place: gives the pages back without a copy.
    states.resize((rows, n_modes), refcheck=False)
    counts.resize(rows, refcheck=False)
    return int(code), int(at), states, counts


def read_small_table(text: bytes, position: int) -> tuple[StateTable, Counts, int] | None:
    """Read the members from the quote at `position` on, and add up counts of equal states.

    Returns:
        The states, the counts, and the offset behind the closing brace; None where anything is wrong, for
        `read_table` and `group_checked` to say what.
    """
    kernels, size = state_text_kernels(), len(text)
    buffer = np.frombuffer(text, np.uint8)
    code, _, n_modes = kernels.scan_key(buffer, position + 1, size, -1, _NO_STATES, 0)
    if code != kernels.DONE:
        return None
    room = most_rows(size - position, n_modes)
    flat, counts = np.empty(room * n_modes, np.uint8), np.empty(room, np.int64)
    code, at, rows = kernels.scan_rows(buffer, position, size, size, n_modes, flat, counts)
    if code != kernels.DONE:
        return None
    # Views into memory of about one and a half times the size: to give the rest back takes 1 us of 6.
    states, counts = flat[: rows * n_modes].reshape(rows, n_modes), counts[:rows]
    if in_order(flat, n_modes, rows):  # as most are written; saves 1 us of the general way to add up
        return states, counts, at
    try:
        return *group_checked(states, counts, owned=True), at
    except ResourceLimitError:
        return None


def read_in_chunks(
    buffer: NDArray[np.uint8], position: int, n_modes: int
) -> tuple[int, StateTable, Counts] | None:
    """Do what `read_table` does; None where anything is unusual, and one thread has to look at it.

    A chunk starts at what looks like a row, and has as many rows as pairs of quotes. That is a guess about
    text that nobody has read. It is right if each chunk ends just where the next one starts: then all of them
    have read what one thread would have read, from the same places on.
    """
    kernels = state_text_kernels()
    size = buffer.size
    starts = pieces_of(buffer, position)
    n_rows = rows_of_pieces(buffer, starts, n_modes)
    if n_rows is None:
        return None
    n_chunks = len(n_rows)
    ends = list(itertools.accumulate(n_rows))
    states, counts = np.empty((ends[-1], n_modes), np.uint8), np.empty(ends[-1], np.int64)
    flat = states.reshape(-1)
    answers = [(0, 0, 0)] * n_chunks

    def scan(chunk: int) -> None:
        first, end = ends[chunk] - n_rows[chunk], ends[chunk]
        answers[chunk] = kernels.scan_rows(
            buffer,
            starts[chunk],
            starts[chunk + 1],
            size,
            n_modes,
            flat[first * n_modes : end * n_modes],
            counts[first:end],
        )

    run_chunks(scan, n_chunks)
    for chunk, (code, at, rows) in enumerate(answers):
        last = ends[chunk] - n_rows[chunk] + rows
        if code == kernels.DONE:
            states.resize((last, n_modes), refcheck=False)
            counts.resize(last, refcheck=False)
            return int(at), states, counts
        if code != kernels.BOUNDARY or at != starts[chunk + 1] or last != ends[chunk]:
            break
    return None


def rows_of_pieces(buffer: NDArray[np.uint8], starts: list[int], n_modes: int) -> list[int] | None:
    """Return how many rows each piece has room for, by its quotes; None where these cannot be right."""
    from lwfast._kernels.tables import state_text_skip as skip

    n_pieces = len(starts) - 1
    quotes = [0] * n_pieces

    def count(piece: int) -> None:
        quotes[piece] = int(skip.count_quotes(buffer, starts[piece], starts[piece + 1]))

    run_chunks(count, n_pieces)
    if any(n % 2 for n in quotes[:-1]):
        return None  # a row would be begun that its piece has no room for
    quotes[-1] += 2  # the same for the last piece, where other members follow
    rows = [n // 2 for n in quotes]
    if sum(rows) > 2 * most_rows(buffer.size - starts[0], n_modes):
        return None  # quotes of job data: there may be no memory for as many states
    return rows


def pieces_of(buffer: NDArray[np.uint8], position: int) -> list[int]:
    """Return where chunks start, and the end of the text, which is searched once: it may have no quotes."""
    starts = [position]
    for least in range(position + _CHUNK, buffer.size - _CHUNK + 1, _CHUNK):
        if least > starts[-1]:
            row = _ROW.search(buffer.data, least)
            if row is None:
                break
            starts.append(row.start())
    return [*starts, buffer.size]


def most_rows(n_bytes: int, n_modes: int) -> int:
    """Return how many rows so many bytes may hold: the shortest is `"0,0":1,`."""
    return n_bytes // (2 * n_modes + 4 if n_modes else 5) + 1
