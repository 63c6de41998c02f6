"""Post-selection of result tables."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.parallel import run_chunks
from lwfast._types import Counts, StateTable
from lwfast.rules import Rule, as_heralds, as_selection, check_modes, herald_rules
from lwfast.state import State, iterate_states
from lwfast.tables.counts import as_counts, as_table, group_checked
from lwfast.tables.packed_selection import select_in_room, select_packed
from lwfast.tables.packed_table import PackedTable

_CHUNK = 100_000  # rows; in shorter chunks, Python and new memory take what a second thread saves
_LARGE = 4 << 20
_Conditions: TypeAlias = tuple[
    NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]
]
_Plan: TypeAlias = tuple[_Conditions, NDArray[np.int64], int]


def post_select(states: Any, counts: Any, rules: Any, heralds: Any = ()) -> tuple[StateTable, Counts]:
    """Keep the rows that meet every rule and every herald, without the heralded modes.

    Args:
        states: Photon numbers, `(N, n_modes)`, integers from 0 to 255.
        counts: How often each row was seen: `(N,)` integers, not negative; None for once each.
        rules: A `PostSelection`, pairs of modes and allowed totals (each an integer or several), or a
            callable or object with `validate` that takes a `State` and returns whether to keep it; or None.
            Modes number the columns of `states`, heralded ones counted.
        heralds: Mode to photon number (or to several), as a mapping or as pairs; `[[mode], [photons]]` as on
            the wire is read too.

    Returns:
        The states, distinct rows in the order in which they first appear; and their counts, those of equal
        rows added up.

    Raises:
        ModeRangeError: If a rule or herald names a mode that the states do not have; nothing has run then.
        TypeError: If something is not an integer where one is needed.
        ValueError: If a rule is empty, names a mode twice or has negative numbers, or a mode is heralded
            twice.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.

    Example:
        >>> states = np.array([[1, 0, 1], [2, 0, 0]], dtype=np.uint8)
        >>> counts = np.array([10, 20])
        >>> kept, counts = lw.post_select(states, counts, [((0, 1), 1)])
        >>> kept.tolist(), counts.tolist()
        ([[1, 0, 1]], [10])
    """
    table = as_table(states)
    column = as_counts(counts, table.shape[0])
    wanted = as_heralds(heralds)
    plain, test = as_selection(() if rules is None else rules)
    table, column = select_checked(table, column, plain, wanted, keep_heralds=test is not None)
    table, column = group_checked(table, column, owned=bool(wanted or plain))
    if test is not None:
        keep = ask_about_rows(test, table)
        table, column = group_checked(*_without_modes(table[keep], column[keep], wanted), owned=True)
    return table, column


def ask_about_rows(test: Callable[[State], Any], table: StateTable, has_x: bool = False) -> NDArray[np.bool_]:
    """Ask a callable about each row as a State: bool[N], True where it answers something true.

    Args:
        test: The callable, which takes a State and returns a truth value.
        table: uint8[N, n_modes], a row per state.
        has_x: Whether 255 in it stands for X.
    """
    return np.fromiter((bool(test(row)) for row in iterate_states(table, has_x)), np.bool_, table.shape[0])


def select_checked(
    states: Any,
    counts: Counts,
    rules: tuple[Rule, ...],
    heralds: Mapping[int, int | tuple[int, ...]],
    *,
    keep_heralds: bool = False,
    room: Callable[[int], NDArray[np.uint64]] | None = None,
) -> tuple[Any, Counts]:
    """Do what `post_select` does for checked arguments, without adding up equal rows.

    States may be words; then those that are returned are words too, unless every mode is heralded.

    Rows that were distinct stay distinct, unless a herald allows several photon numbers. Words may stand in
    memory of `room`, as `select_in_room` takes it.
    """
    n_rows, n_modes = states.shape
    # Heralds first: they are met least often, and the rules then have fewer rows to look at.
    demanded = herald_rules(heralds)
    if n_rows == 0 and n_modes == 0:
        return states, counts  # an empty result does not know its number of modes
    check_modes(demanded, n_modes, heralds_counted=True, what="Herald")
    check_modes(rules, n_modes, heralds_counted=True)
    conditions = (*demanded, *rules)
    if not conditions:
        return states, counts
    dropped = () if keep_heralds else tuple(heralds)
    if isinstance(states, PackedTable):
        if len(dropped) < n_modes and room is not None:
            return select_in_room(states, counts, conditions, dropped, room)
        if len(dropped) < n_modes:
            return select_packed(states, counts, conditions, dropped)
        kept, sums = select_packed(states, counts, conditions, ())
        return np.zeros((len(kept), 0), np.uint8), sums  # no word holds a state of no modes
    return _selected(states, counts, _plan(conditions, n_modes, dropped))


def _selected(states: StateTable, counts: Counts, plan: _Plan) -> tuple[StateTable, Counts]:
    """Return the rows that meet compiled conditions, without the modes that are dropped, and their counts."""
    from lwfast._kernels.tables import post_selection as kernels

    n_rows, n_modes = states.shape
    conditions, runs, n_kept_modes = plan
    flat, counts = readable(states.reshape(-1)), readable(counts)

    def select(table: StateTable, column: Counts) -> tuple[StateTable, Counts]:
        # Room for all rows; pages that stay unused are never touched.
        out, out_counts = np.empty(column.size * n_kept_modes, np.uint8), np.empty(column.size, np.int64)
        n_kept = kernels.select_rows(table, n_modes, column, *conditions, runs, out, out_counts)
        return out[: n_kept * n_kept_modes].reshape(n_kept, n_kept_modes), out_counts[:n_kept]

    if n_rows <= _CHUNK:
        table, column = select(flat, counts)
        return table.copy(), column.copy()  # without the room that was not used
    n_chunks = -(-n_rows // _CHUNK)
    parts: list[tuple[StateTable, Counts]] = [(states, counts)] * n_chunks

    def select_chunk(chunk: int) -> None:
        first, last = chunk * _CHUNK, (chunk + 1) * _CHUNK
        parts[chunk] = select(flat[first * n_modes : last * n_modes], counts[first:last])

    run_chunks(select_chunk, n_chunks)
    ends = list(itertools.accumulate(column.size for _, column in parts))
    out, out_counts = np.empty((ends[-1], n_kept_modes), np.uint8), np.empty(ends[-1], np.int64)

    def join(chunk: int) -> None:
        rows = slice(ends[chunk] - parts[chunk][1].size, ends[chunk])
        out[rows], out_counts[rows] = parts[chunk]

    # Few rows are joined sooner than a thread wakes up.
    run_chunks(join, n_chunks, workers=None if out.size > _LARGE else 1)
    return out, out_counts


def _runs(modes: Sequence[int]) -> NDArray[np.int64]:
    """Return the first mode and the length of each run of consecutive modes, in a row."""
    runs: list[int] = []
    for mode in modes:
        if runs and runs[-2] + runs[-1] == mode:
            runs[-1] += 1
        else:
            runs += [mode, 1]
    return np.array(runs, np.int64)


@functools.lru_cache(maxsize=64)  # the same conditions meet many tables; laying them out takes 15 µs
def _plan(conditions: tuple[Rule, ...], n_modes: int, dropped: tuple[int, ...]) -> _Plan:
    """Lay rules out as the kernel reads them, with the runs and the number of the modes that are kept."""
    modes = [mode for mode in range(n_modes) if mode not in dropped]
    return _compiled(conditions, n_modes), _runs(modes), len(modes)


def _compiled(conditions: tuple[Rule, ...], n_modes: int) -> _Conditions:
    """Lay rules out for the kernel.

    Modes that must have one photon number are compared eight at a time; each of the other rules gets a table
    over every total that its modes can have.
    """
    exact: dict[int, int] = {}
    modes: list[int] = []
    rule_start, allowed_start = [0], []
    tables = bytearray()  # NumPy takes longer to make a few small arrays than the kernel for 10^4 rows
    for rule in conditions:
        mode, total = rule.modes[0], rule.totals[0]
        one_number = len(rule.modes) == len(rule.totals) == 1 and total <= MAX_STATE_PHOTONS
        if one_number and n_modes >= 8 and exact.setdefault(mode, total) == total:
            continue
        # A mode alone is read twice and doubles its totals: the kernel has one loop less.
        scale = 2 if len(rule.modes) == 1 else 1
        modes += rule.modes * scale
        rule_start.append(len(modes))
        allowed_start.append(len(tables))
        most = MAX_STATE_PHOTONS * len(rule.modes)
        tables += bytes(scale * most + 1)
        for total in rule.totals:
            if total <= most:
                tables[allowed_start[-1] + scale * total] = 1
    starts = np.array(rule_start, np.int64), np.array(modes, np.int64), np.array(allowed_start, np.int64)
    return _words(exact, n_modes), *starts, np.frombuffer(tables, np.uint8)


def _words(exact: Mapping[int, int], n_modes: int) -> NDArray[np.uint64]:
    """Return offset, mask and value of words of eight modes that hold the modes of `exact`, in a row."""
    words: list[int] = []
    for mode in sorted(exact):
        if not words or mode >= words[-3] + 8:
            words += [min(mode, n_modes - 8), 0, 0]
        shift = 8 * (mode - words[-3])
        words[-2] |= 255 << shift
        words[-1] |= exact[mode] << shift
    return np.array(words, np.uint64)


def _without_modes(
    states: StateTable, counts: Counts, dropped: Mapping[int, Any]
) -> tuple[StateTable, Counts]:
    kept = [m for m in range(states.shape[1]) if m not in dropped]
    return np.ascontiguousarray(states[:, kept]), counts
