"""Slow twin of post-selection: one state at a time."""

from __future__ import annotations


def post_select(states, counts, rules, heralds):
    """Return the kept states without heralded modes, in order of first appearance, and their sums."""
    sums: dict[tuple[int, ...], int] = {}
    for row, count in zip(states.tolist(), counts.tolist(), strict=True):
        if any(row[mode] != n for mode, n in heralds.items()):
            continue
        if any(sum(row[m] for m in modes) not in totals for modes, totals in rules):
            continue
        kept = tuple(n for mode, n in enumerate(row) if mode not in heralds)
        sums[kept] = sums.get(kept, 0) + count
    return list(sums), list(sums.values())
