"""What becomes of the columns of a result, before a result is made of it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lwfast._types import AnyArray
from lwfast.tables.packed_table import Table


class Derived(NamedTuple):
    """Columns that were made of those of a result.

    Attributes:
        states: `uint8[N, n_modes]`, or words; no row stands there twice.
        counts: `(N,)`, int64 or float64, one of each row.
        step: What was done, for the history, such as `{"step": "top", "n": 3}`; nothing for another order.
        reason: Why no row is left, if post-selection left none.
        has_x: Whether 255 in the states stands for X; None if it means what it did before.
    """

    states: Table
    counts: AnyArray
    step: Mapping[str, Any]
    reason: str | None = None
    has_x: bool | None = None
