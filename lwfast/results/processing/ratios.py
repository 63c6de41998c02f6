"""Shares of counts, and counts divided by a number or a reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.validation import is_real, scalar
from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.errors import ModeMismatchError, ResultError
from lwfast.results.columns.labels import row_text


def shares_of(counts: AnyArray, total: int | float) -> FloatArray:
    """Return counts divided by their sum; zeros where that is zero."""
    if not total:
        return np.zeros(len(counts))
    return np.asarray(counts / total, np.float64)


def quotients(
    result: Any, other: Any, rows_of: Callable[[Any, StateTable], NDArray[np.int64]]
) -> tuple[Any, dict[str, Any]] | None:
    """Return the counts of a result divided by a number or by those of a reference, and what was done.

    Args:
        result: The result whose counts are divided.
        other: A number, or a map from states to real numbers, such as a result or a distribution.
        rows_of: Finds the rows of such a map that hold certain states.

    Returns:
        float64[N], and the step for the history; None where `other` is neither.

    Raises:
        ModeMismatchError: If the reference has states of another number of modes.
        ResultError: If it is 0, or NaN, or has nothing of a state.
    """
    number = scalar(other)
    if is_real(number):
        if not number or not np.isfinite(float(number)):
            raise ResultError(f"Counts cannot be divided by {number}; give a finite number other than 0.")
        return np.asarray(result.counts / float(number), np.float64), {"step": "divide", "by": float(number)}
    divisors = other.counts if hasattr(other, "counts") else getattr(other, "probabilities", None)
    if divisors is None or not hasattr(other, "n_modes"):
        return None
    if len(result) == 0:
        return np.zeros(0), {"step": "divide", "by": "reference"}
    if len(other) and other.n_modes != result.n_modes:
        raise ModeMismatchError(
            f"A result of {result.n_modes} modes cannot be divided by one of {other.n_modes} modes."
        )
    if result.has_x or other.has_x:
        raise ResultError("A result with X, an invalid qubit, cannot be divided by a reference.")
    rows = rows_of(other, result.states) if len(other) else np.full(len(result), -1)
    found = np.where(rows >= 0, np.asarray(divisors, np.float64)[np.maximum(rows, 0)] if len(other) else 0, 0)
    if not found.all():
        state = row_text(result.states[int(np.flatnonzero(found == 0)[0])], False)
        raise ResultError(
            f"The reference has nothing of {state}, by which nothing can be divided; post-select the states "
            "that it has first."
        )
    return np.asarray(result.counts / found, np.float64), {"step": "divide", "by": "reference"}
