"""Sums and products together with what rounding takes away from them, for kernels that carry it along."""

from __future__ import annotations

from typing import Any

from lwfast._kernels._jit import register_jitable


@register_jitable
def two_sum(a: Any, b: Any) -> Any:
    """Return the rounded sum and what rounding took away; exact."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
