"""Which rows come first, and which are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.generators import generator_of
from lwfast._base.limits import MAX_INT64
from lwfast._base.validation import as_integer
from lwfast._types import AnyArray, Counts, SeedLike
from lwfast.tables.packed_table import PackedTable, Table

Rows = NDArray[np.int64]


def largest(values: AnyArray, n: int) -> Rows:
    """Return the rows of the `n` largest values, largest first, equal ones in their order."""
    n = as_integer(n, "the number of states to keep")
    if n < 0:
        raise ValueError(f"The number of states to keep is {n}; it cannot be negative.")
    n = min(n, values.size)
    if n == 0:
        return np.zeros(0, np.int64)
    bound = np.partition(values, values.size - n)[values.size - n]
    above = np.flatnonzero(values > bound)
    equal = np.flatnonzero(values == bound)[: n - above.size]
    rows = np.sort(np.concatenate([above, equal]))
    return rows[np.argsort(-values[rows], kind="stable")]


def order(states: Table, values: AnyArray, by: str, descending: bool | None) -> Rows:
    """Return all rows ordered by "count" or "state".

    Raises:
        ValueError: If `by` is something else.
    """
    if by == "count":
        rows = np.argsort(values, kind="stable")
        if descending is False:
            return rows
        return np.argsort(-values, kind="stable")
    if by == "state" and isinstance(states, PackedTable):
        rows = np.lexsort(states.columns[::-1])  # words have the order of the states
        return rows[::-1] if descending else rows
    if by == "state":
        # One comparison of bytes a pair instead of one a mode.
        width = max(states.shape[1], 1)
        keys = np.zeros((states.shape[0], width), np.uint8)
        keys[:, : states.shape[1]] = states
        rows = np.argsort(keys.view(f"V{width}").reshape(-1), kind="stable")
        return rows[::-1] if descending else rows
    raise ValueError(f"Unknown order {by!r}; results are ordered by 'count' or 'state'.")


def resampled(counts: Counts, n: int, rng: SeedLike, replace: bool) -> Counts:
    """Return the counts of `n` samples drawn from `counts`.

    Raises:
        ValueError: If there is nothing to draw from, or not enough, or more is asked for than counts hold.
    """
    n = as_integer(n, "the number of samples")
    total = sum(counts.tolist())
    if n < 0:
        raise ValueError(f"The number of samples is {n}; it cannot be negative.")
    if n > MAX_INT64:
        raise ValueError(f"The number of samples is {n:.3g}; counts are at most 2^63 - 1.")
    if n > 0 and total == 0:
        raise ValueError("The result has no counts to draw from.")
    if n == 0:
        return np.zeros(counts.size, np.int64)
    generator: Any = generator_of(rng)
    if replace:
        return np.asarray(generator.multinomial(n, counts / float(total)), np.int64)
    if n > total:
        raise ValueError(
            f"{n} samples cannot be drawn from {total} without putting them back; use replace=True."
        )
    return np.asarray(_subset(counts, n, generator), np.int64)


def _subset(counts: Counts, n: int, generator: Any) -> Any:
    if int(counts.max()) >= 10**9 or counts.sum() >= 10**9:
        raise ValueError("A subset can be drawn from fewer than 10^9 samples; use replace=True.")
    return generator.multivariate_hypergeometric(counts, n, method="marginals")
