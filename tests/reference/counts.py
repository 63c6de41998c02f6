"""Slow twin of grouping: a dict."""

from __future__ import annotations


def group_counts(states, counts):
    """Return distinct rows in order of first appearance, and their sums."""
    sums: dict[tuple[int, ...], int] = {}
    for row, count in zip(states.tolist(), counts.tolist(), strict=True):
        sums[tuple(row)] = sums.get(tuple(row), 0) + count
    return list(sums), list(sums.values())
