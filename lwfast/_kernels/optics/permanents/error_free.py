"""Sums and products together with what rounding takes away from them, for kernels that carry it along."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numba
from numba.extending import register_jitable


def _fma_intrinsic() -> Any:
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def fma(_typing: Any, _x: Any, _y: Any, _z: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            return builder.fma(*args)

        return types.float64(types.float64, types.float64, types.float64), generate

    return fma


def _plain_fma(x: float, y: float, z: float) -> float:
    return float(Fraction(x) * Fraction(y) + Fraction(z))


fma: Any = _plain_fma if getattr(numba.config, "DISABLE_JIT", False) else _fma_intrinsic()
"""x * y + z, rounded once."""


@register_jitable
def two_sum(a: Any, b: Any) -> Any:
    """Return the rounded sum and what rounding took away; exact."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
