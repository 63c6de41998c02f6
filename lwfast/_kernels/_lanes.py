"""Operations on vectors of float64 in plain Python, for one lane.

They have the names and arguments of the instructions in `_numba/vectors.py`; `_simd` says what an array of
vectors is.
"""

from __future__ import annotations

from typing import Any

from lwfast._kernels._jit import register_jitable


def _plain_get(array: Any, index: int) -> float:
    return array[index] if array.ndim == 1 else array[index, 0]


def _plain_put(array: Any, index: int, value: float) -> None:
    if array.ndim == 1:
        array[index] = value
    else:
        array[index, 0] = value


def _plain_load_at(array: Any, offset: int) -> float:
    return array[offset]


def _plain_store_at(array: Any, offset: int, value: float) -> None:
    array[offset] = value


def _plain_put_transposed(target: Any, row: int, source: Any, offset: int, _stride: int) -> None:
    target[row, 0] = source[offset]


def _plain_same(value: float) -> float:
    return value


def _plain_add(x: float, y: float) -> float:
    return x + y


def _plain_sub(x: float, y: float) -> float:
    return x - y


def _plain_mul(x: float, y: float) -> float:
    return x * y


def _plain_peak(x: float, y: float) -> float:
    return max(x, abs(y))


def _plain_misalignment(_array: Any) -> int:
    return 0


def plain() -> dict[str, Any]:
    """Return the same operations for one lane, as plain functions that kernels can call."""
    functions = {
        "get": _plain_get,
        "broadcast": _plain_get,
        "put": _plain_put,
        "put_transposed": _plain_put_transposed,
        "fill": _plain_same,
        "load_at": _plain_load_at,
        "store_at": _plain_store_at,
        "add": _plain_add,
        "sub": _plain_sub,
        "mul": _plain_mul,
        "peak": _plain_peak,
        "total": _plain_same,
        "misalignment": _plain_misalignment,
    }
    jitable: Any = register_jitable
    return {name: jitable(function) for name, function in functions.items()}
