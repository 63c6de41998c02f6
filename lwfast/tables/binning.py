"""Marginals: some modes of a table, or the totals of groups of modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.validation import as_integer, is_several
from lwfast._types import Counts, StateTable
from lwfast.errors import ModeRangeError, ResourceLimitError
from lwfast.tables.counts import as_counts, as_table, group_checked
from lwfast.tables.packed_layout import SHORT_BITS, bits_of_short
from lwfast.tables.packed_table import PackedTable, as_bytes, compact


def marginal_counts(states: Any, counts: Any, modes: Any) -> tuple[StateTable, Counts]:
    """Keep some modes of each state, and add up the counts of states that become equal.

    `marginal_counts([[0, 1, 2], [1, 1, 2]], [3, 4], [1, 2])` is the state (1, 2) with 7 counts.

    Args:
        states: Photon numbers, `(N, n_modes)`, integers from 0 to 255.
        counts: How often each row was seen: `(N,)` integers, not negative; None for once each.
        modes: The modes to keep, in the order of the new columns; or one mode.

    Returns:
        The states, `uint8[K, k]`, distinct rows in the order in which they first appear; and their counts,
        `int64[K]`.

    Raises:
        ModeRangeError: If there is no such mode.
        TypeError: If something is not an integer where one is needed.
        ValueError: If a shape does not fit, a number is outside its range, or a mode is named twice or none.
        ResourceLimitError: If the counts of one state add up to more than 2^63 - 1.

    Example:
        >>> states, counts = lw.marginal_counts([[1, 0, 1], [1, 0, 0]], [10, 20], [0, 1])
        >>> states.tolist(), counts.tolist()
        ([[1, 0]], [30])
    """
    table = as_table(states)
    column = as_counts(counts, table.shape[0])
    kept, sums = group_checked(some_modes(compact(table), checked_modes(modes, table.shape[1])), column)
    return as_bytes(kept), sums


def binned_counts(states: Any, counts: Any, bins: Any) -> tuple[StateTable, Counts]:
    """Add up the photons of groups of modes, and then the counts of states that become equal.

    `binned_counts([[0, 1, 2], [1, 0, 2]], [3, 4], [[0, 1], [2]])` is the state (1, 2) with 7 counts.

    Args:
        states: Photon numbers, `(N, n_modes)`, integers from 0 to 255.
        counts: How often each row was seen: `(N,)` integers, not negative; None for once each.
        bins: Groups of modes, such as `[[0, 1], [2]]`. A mode may be in one group at most; photons in other
            modes are not counted.

    Returns:
        The photons of each bin, `uint8[K, len(bins)]`, distinct rows in the order in which they first appear;
        and their counts, `int64[K]`.

    Raises:
        ModeRangeError: If there is no such mode.
        TypeError: If something is not an integer where one is needed.
        ValueError: If a shape does not fit, a number is outside its range, a bin is empty, there are no bins,
            or a mode is named twice.
        ResourceLimitError: If a bin holds more than 255 photons, or the counts of one state add up to more
            than 2^63 - 1.

    Example:
        >>> totals, counts = lw.binned_counts([[1, 0, 1], [0, 1, 1]], [10, 20], [(0, 1), 2])
        >>> totals.tolist(), counts.tolist()
        ([[1, 1]], [30])
    """
    table = as_table(states)
    column = as_counts(counts, table.shape[0])
    totals, sums = group_checked(totals_of(compact(table), checked_bins(bins, table.shape[1])), column)
    return as_bytes(totals), sums


def checked_modes(modes: Any, n_modes: int | None) -> tuple[int, ...]:
    """Return the modes of a marginal; None for `n_modes` where an empty result does not know it.

    Raises:
        ModeRangeError: If there is no such mode.
        TypeError: If one is not an integer.
        ValueError: If no mode is given, or one is named twice.
    """
    listed = tuple(as_integer(mode, "mode") for mode in (modes if is_several(modes) else (modes,)))
    if not listed or len(set(listed)) < len(listed):
        raise ValueError(f"The modes are {listed}; name at least one, and each of them once.")
    for mode in listed:
        if mode < 0 or (n_modes is not None and mode >= n_modes):
            have = "modes are" if n_modes is None else f"the states have {n_modes} modes, which are"
            raise ModeRangeError(f"There is no mode {mode}; {have} counted from 0.")
    return listed


def checked_bins(bins: Any, n_modes: int | None) -> tuple[tuple[int, ...], ...]:
    """Return groups of modes.

    Raises:
        ModeRangeError: If there is no such mode.
        TypeError: If one is not an integer, or the bins are not groups.
        ValueError: If a bin is empty, there are no bins, or a mode is named twice.
    """
    if not is_several(bins):
        raise TypeError(f"Bins should be groups of modes, such as [[0, 1], [2, 3]], got {bins!r:.80}.")
    found = tuple(checked_modes(modes, n_modes) for modes in bins)
    named = [mode for modes in found for mode in modes]
    if not found or len(set(named)) < len(named):
        raise ValueError(f"The bins are {found}; give at least one, and each mode to one bin only.")
    return found


def some_modes(table: Any, modes: Sequence[int]) -> Any:
    """Return some modes of a table, as words where it is of words."""
    if isinstance(table, PackedTable):
        return table.moved([(mode,) for mode in modes], table.bits)
    return np.ascontiguousarray(table[:, list(modes)])


def totals_of(table: Any, bins: Sequence[Sequence[int]]) -> Any:
    """Return the photons of each bin, as words where the table is of words and no total can exceed 255.

    Raises:
        ResourceLimitError: If a bin holds more than 255 photons.
    """
    if isinstance(table, PackedTable):
        most = table.largest_total([mode for modes in bins for mode in modes])
        if len(bins) * most.bit_length() > SHORT_BITS:
            most = min(most, table.largest() * max(map(len, bins)))
        if most <= MAX_STATE_PHOTONS:
            bits = bits_of_short(len(bins), most.bit_length())
            if bits is not None:
                return table.moved(bins, bits)
        table = table.states
    totals = np.empty((len(table), len(bins)), np.uint8)
    for k, modes in enumerate(bins):
        column = table[:, list(modes)].sum(axis=1, dtype=np.int64)
        if column.size and column.max() > MAX_STATE_PHOTONS:
            raise ResourceLimitError(
                f"The modes {tuple(modes)} hold {column.max()} photons in one state; a result table holds at "
                f"most {MAX_STATE_PHOTONS} in a bin. Use smaller bins."
            )
        totals[:, k] = column
    return totals
