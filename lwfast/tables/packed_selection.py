"""Post-selection of packed tables."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.parallel import run_chunks
from lwfast._types import Counts
from lwfast.rules import Rule
from lwfast.tables.packed_layout import Words, moves_of, place_of, words_of
from lwfast.tables.packed_table import PackedTable
from lwfast.tables.spare_memory import room_for
from lwfast.tables.two_sides import TwoSides

_PAGE = 64  # totals of a mask
_WORD = 8  # bytes
_FEW = 1 << 16  # rows, which one thread does alone
_CHUNK = 1 << 17  # rows at most; with half of it, 10^7 take a tenth longer
_Conditions: TypeAlias = tuple[Words, NDArray[np.int64], Words, np.uint64, NDArray[np.int64], Words, Words]


@functools.cache  # an import statement takes 0.6 us each time
def _kernels() -> ModuleType:
    from lwfast._kernels.tables import packed_selection

    return packed_selection


def select_packed(
    table: PackedTable, counts: Counts, rules: tuple[Rule, ...], dropped: tuple[int, ...]
) -> tuple[PackedTable, Counts]:
    """Return the rows that meet every rule, without the modes that are dropped, and their counts.

    Args:
        table: The states as words.
        counts: `int64[N]`, the count of each state.
        rules: Of modes that the states have.
        dropped: Modes that are left out; at least one stays.
    """
    select, n_words = _selection(table, counts, rules, dropped)
    n_rows, n_modes = len(table), table.n_modes - len(dropped)
    if n_rows <= _FEW:
        out, sums = np.empty((n_words, n_rows), np.uint64), np.empty(n_rows, np.int64)
        kept = select(0, n_rows, out, sums, 0, False)
        return PackedTable(out[:, :kept].copy(), n_modes, table.bits), sums[:kept].copy()
    # Room for all rows: pages that stay unused are never touched.
    (out, room), (sums, other) = room_for((n_words, n_rows), np.uint64), room_for((n_rows,), np.int64)
    n_chunks = max(2, -(-n_rows // _CHUNK))
    size = -(-n_rows // n_chunks)
    sides: TwoSides[tuple[Words, Counts]] = TwoSides(n_chunks, size * (n_chunks // 2))
    rooms: list[tuple[Words, Counts]] = []

    def select_chunk(_: int) -> None:
        chunk, side, place = sides.next_chunk()
        start, stop = chunk * size, min((chunk + 1) * size, n_rows)
        if place is not None:
            end = select(start, stop, out, sums, place, side.is_down)
            done = side.done(chunk, abs(end - place), None)
        else:
            try:
                piece = rooms.pop()
            except IndexError:
                piece = np.empty((n_words, size), np.uint64), np.empty(size, np.int64)
            done = side.done(chunk, select(start, stop, *piece, 0, False), piece)
        for (words, column), kept, at in done:
            out[:, at : at + kept], sums[at : at + kept] = words[:, :kept], column[:kept]
            rooms.append((words, column))
        first, last = _WORD * sides.down.place, _WORD * sides.up.place
        room.touch(last + _WORD * (n_words - 1) * n_rows, first)
        other.touch(last, first)

    run_chunks(select_chunk, n_chunks)
    first, last = sides.down.place, sides.up.place
    return PackedTable(room.kept(out[:, first:last]), n_modes, table.bits), other.kept(sums[first:last])


def select_in_room(
    table: PackedTable,
    counts: Counts,
    rules: tuple[Rule, ...],
    dropped: tuple[int, ...],
    room: Callable[[int], NDArray[np.uint64]],
) -> tuple[PackedTable, Counts]:
    """Do what `select_packed` does, on this thread, in memory that is there and without a copy.

    `room` returns `uint64[size]`, in which the answer then stands; not where `table` and `counts` are.
    """
    select, n_words = _selection(table, counts, rules, dropped)
    n_rows, n_modes = len(table), table.n_modes - len(dropped)
    memory = room((n_words + 1) * n_rows)
    out, sums = memory[n_rows:].reshape(n_words, n_rows), memory[:n_rows].view(np.int64)
    kept = select(0, n_rows, out, sums, 0, False)
    words = out[:, :kept] if n_words == 1 else out[:, :kept].copy()  # rows of a table stand together
    return PackedTable(words, n_modes, table.bits), sums[:kept]


def _selection(
    table: PackedTable, counts: Counts, rules: tuple[Rule, ...], dropped: tuple[int, ...]
) -> tuple[Callable[[int, int, Words, Counts, int, bool], int], int]:
    """Return what selects some rows of a table, as the kernel does, and the words of a row that it writes."""
    plan = _plan(rules, table.n_modes, table.bits, dropped)
    columns, counts = readable(table.columns), readable(counts)

    def select(start: int, stop: int, out: Words, sums: Counts, place: int, is_down: bool) -> int:
        if start == stop:
            return place
        return int(_kernels().select_words(columns, counts, start, stop, *plan, out, sums, place, is_down))

    return select, words_of(table.n_modes - len(dropped), table.bits)


@functools.lru_cache(maxsize=64)  # the same conditions meet many tables
def _plan(rules: tuple[Rule, ...], n_modes: int, bits: int, dropped: tuple[int, ...]) -> _Conditions:
    """Lay rules out as the kernel reads them: exact numbers of modes as masks, the others as totals."""
    most = (1 << bits) - 1
    exact: dict[int, int] = {}
    fields: list[tuple[int, int]] = []
    pages: list[tuple[int, int]] = []
    rule_start, page_start = [0], [0]
    for rule in rules:
        mode, total = rule.modes[0], rule.totals[0]
        one_number = len(rule.modes) == len(rule.totals) == 1 and total <= most
        if one_number and exact.setdefault(mode, total) == total:
            continue
        fields += [place_of(mode, n_modes, bits) for mode in rule.modes]
        rule_start.append(len(fields))
        pages += _pages([total for total in rule.totals if total <= most * len(rule.modes)])
        page_start.append(len(pages))
    kept = [mode for mode in range(n_modes) if mode not in dropped]
    return (
        _masks(exact, n_modes, bits),
        np.array(rule_start, np.int64),
        np.array(fields, np.uint64).reshape(-1, 2),
        np.uint64(most),
        np.array(page_start, np.int64),
        np.array(pages, np.uint64).reshape(-1, 2),
        moves_of(n_modes, bits, [(mode,) for mode in kept], bits) if dropped else np.zeros((0, 5), np.uint64),
    )


def _pages(totals: Sequence[int]) -> list[tuple[int, int]]:
    """Return totals as the numbers of pages of 64 and the masks of these."""
    found: dict[int, int] = {}
    for total in totals:
        found[total // _PAGE] = found.get(total // _PAGE, 0) | 1 << total % _PAGE
    return list(found.items())


def _masks(exact: Mapping[int, int], n_modes: int, bits: int) -> Words:
    """Return word, mask and value for the words that hold the modes of `exact`."""
    found: dict[int, list[int]] = {}
    for mode, total in exact.items():
        word, shift = place_of(mode, n_modes, bits)
        entry = found.setdefault(word, [word, 0, 0])
        entry[1] |= ((1 << bits) - 1) << shift
        entry[2] |= total << shift
    return np.array(list(found.values()), np.uint64).reshape(-1, 3)
