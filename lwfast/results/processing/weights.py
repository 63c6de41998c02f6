"""Numbers that need not be counts: a `SamplingResult` also takes floats, as Lightworks' does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lwfast._types import AnyArray
from lwfast.results.columns.index import StateIndex
from lwfast.tables.counts import as_counts, group_checked


def as_weights(values: Iterable[Any], n_rows: int) -> AnyArray:
    """Return integers as `int64[n_rows]`, and anything with a float among them as `float64[n_rows]`.

    Raises:
        TypeError: If they are not real numbers.
        ValueError: If there are not `n_rows` of them, or an integer is negative or above 2^63 - 1,
            or a float is not finite.
    """
    listed = list(values)
    if any(isinstance(value, bool | np.bool_) for value in listed):
        raise TypeError("A count is True or False; real numbers are needed.")
    if not any(isinstance(value, float | np.floating) for value in listed):
        return as_counts(listed, n_rows)
    weights = np.array(listed)
    if weights.dtype.kind not in "fiu":
        raise TypeError(f"Counts hold {weights.dtype}; real numbers are needed.")
    weights = weights.astype(np.float64)
    if not np.isfinite(weights).all():
        raise ValueError("A count is NaN or infinite.")
    return weights


def group_weights(states: Any, weights: AnyArray) -> tuple[Any, AnyArray]:
    """Add up the weights of equal rows, bytes or words, in order of first appearance."""
    if weights.dtype == np.int64:
        return group_checked(states, weights)
    distinct, _ = group_checked(states, np.ones(weights.size, np.int64))
    rows = StateIndex(distinct).rows(states)
    return distinct, np.bincount(rows, weights=weights, minlength=distinct.shape[0])
