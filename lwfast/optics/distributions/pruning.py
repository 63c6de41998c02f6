"""Which outcomes keep rules, without writing outcomes that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, StateTable
from lwfast.optics.distributions.layout import FockLayout, chunks_of
from lwfast.optics.photon_limits import states_of
from lwfast.rules import Rule


def kept_ranks(
    layout: FockLayout, pairs: Sequence[Rule], *, size: int | None = None, workers: int | None = None
) -> NDArray[np.int64]:
    """Return the ranks of the outcomes of a layout that keep every rule.

    Args:
        layout: Modes and photons of the outcomes, which gives each of them its rank.
        pairs: Rules, checked; one at least.
        size: How many outcomes to look at, the first ones; None for all.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Returns:
        int64[K], ascending.
    """
    from lwfast._kernels.optics.layout import mark_outcomes

    size = layout.size if size is None else size
    if size == 0:
        return np.empty(0, dtype=np.int64)
    bounds, sums = layout.walk
    place = {mode: position for position, mode in enumerate(layout.order)}
    member = np.zeros((len(bounds), len(pairs)), dtype=np.int64)
    for rule, (modes, _) in enumerate(pairs):
        for mode in modes:
            member[place[mode], rule] += 1
    rules = (member, *_tables(pairs, max(layout.n_photons, 0)))
    pieces = chunks_of(size)
    cuts = [size * piece // pieces for piece in range(pieces + 1)]
    marks = np.empty(size, dtype=np.uint8)
    ends = np.zeros(pieces + 1, dtype=np.int64)

    def look(piece: int) -> None:
        begin, end = cuts[piece], cuts[piece + 1]
        part = marks[begin:end]
        mark_outcomes((begin, end), layout.n_photons, sums, bounds, rules, part)
        ends[piece + 1] = np.count_nonzero(part)

    run_chunks(look, pieces, workers)
    ends.cumsum(out=ends)
    ranks = np.empty(int(ends[-1]), dtype=np.int64)

    def gather(piece: int) -> None:
        part = np.flatnonzero(marks[cuts[piece] : cuts[piece + 1]])
        np.add(part, cuts[piece], out=ranks[ends[piece] : ends[piece + 1]])

    run_chunks(gather, pieces, workers)
    return ranks


def kept_rows(states: StateTable, pairs: Sequence[Rule]) -> NDArray[np.bool_]:
    """Say which rows of uint8[K, m] keep every rule: bool[K]."""
    from lwfast._kernels.optics.layout import mark_rows

    modes = np.array([mode for modes, _ in pairs for mode in modes], dtype=np.int64)
    first = np.cumsum([0, *(len(modes) for modes, _ in pairs)], dtype=np.int64)
    start, allowed = _tables(pairs, MAX_STATE_PHOTONS)
    out = np.empty(len(states), dtype=np.uint8)
    mark_rows(np.require(states, np.uint8, ["C", "W"]), modes, first, start, allowed, out)
    return out.view(np.bool_)


def count_kept(layout: FockLayout, pairs: Sequence[Rule]) -> int:
    """Count the outcomes that keep rules; where rules share modes, at least as many as do."""
    n = max(layout.n_photons, 0)
    factors: list[list[int]] = []
    seen: set[int] = set()
    for modes, sums in pairs:
        if seen.isdisjoint(modes) and len(set(modes)) == len(modes):
            seen.update(modes)
            factors.append([states_of(len(modes), k) if k in sums else 0 for k in range(n + 1)])
    if not factors:
        return layout.size
    numbers = [states_of(layout.n_modes - len(seen), k) for k in range(n + 1)]
    for factor in factors:
        numbers = [sum(numbers[k] * factor[d - k] for k in range(d + 1)) for d in range(n + 1)]
    return sum(numbers[layout.n_least : layout.n_photons + 1])


def _tables(pairs: Sequence[Rule], most: int) -> tuple[AnyArray, AnyArray]:
    """Return where the table of each rule begins, and the tables: 1 for each total that it allows."""
    tables: list[Any] = []
    for modes, sums in pairs:
        table = np.zeros(len(modes) * most + 1, dtype=np.uint8)
        table[[number for number in sums if 0 <= number < len(table)]] = 1
        tables.append(table)
    start = np.cumsum([0, *(len(table) for table in tables)][:-1], dtype=np.int64)
    return start, np.concatenate(tables)
