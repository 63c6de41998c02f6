"""Explicit vectors of float64 for Numba kernels, with a one-lane fallback.

LLVM unrolls a short loop over lanes to scalar code, so the hot kernels say what they mean: `LANES` doubles
in one register, through a custom Numba type and intrinsics. LLVM splits such a vector where the machine's
registers are shorter, so the kernels run on any target; `LANES` only picks the width that needs no spilling.

Where one of these operations does not answer a trial as it should, where nothing is compiled, or where
`LWFAST_SIMD=0`, the same names are plain functions of floats and `LANES` is 1: the kernels stay the same and
only lose speed. `LWFAST_SIMD=4` and `8` ask for a width. Where kernels were compiled ahead of time, `LANES`
is that of their level, and Python has no use for the operations. Nothing here knows of permanents.

Arrays of vectors are C-contiguous `float64[n, LANES]`. `get`, `put` and `broadcast` take either such an array
or a flat `float64[n]`: one source serves constants that all lanes share and constants that every lane has for
itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from lwfast._kernels import _mode
from lwfast._kernels._jit import jit, register_jitable
from lwfast._kernels._lanes import plain

P = ParamSpec("P")
R = TypeVar("R")

PADDING = 8
"""Entries behind the end of a flat array that a vector at its last entry may reach: one widest vector."""
_LINE = 8
"""Entries of a cache line."""


def _wanted_lanes() -> int:
    """Return the width asked for by `LWFAST_SIMD` (0, 4 or 8), or the one that suits this machine."""
    if _mode.MODE == "python":
        return 1
    from lwfast._kernels._numba.vectors import wanted_lanes

    return wanted_lanes()


def _choose() -> tuple[int, dict[str, Any]]:
    if _mode.MODE == "native":
        return _mode.LANES, plain()
    lanes = _wanted_lanes()
    if lanes > 1:
        with contextlib.suppress(Exception):  # whatever a future Numba raises, the plain lanes still work
            from lwfast._kernels._numba.vectors import intrinsics

            return lanes, intrinsics(lanes)
    return 1, plain()


LANES, OPERATIONS = _choose()
# By name, because kernels and type checkers want names.
get: Any = OPERATIONS["get"]
broadcast: Any = OPERATIONS["broadcast"]
put: Any = OPERATIONS["put"]
put_transposed: Any = OPERATIONS["put_transposed"]
"""`put_transposed(vectors, i, array, at, stride)`: lane k of vector i + j is `array[at + k * stride + j]`."""
fill: Any = OPERATIONS["fill"]
load_at: Any = OPERATIONS["load_at"]
"""`load_at(array, i)`: the vector `array[i : i + LANES]` of a flat array, at any offset."""
store_at: Any = OPERATIONS["store_at"]
"""`store_at(array, i, vector)`: write `array[i : i + LANES]` of a flat array, at any offset."""
add: Any = OPERATIONS["add"]
sub: Any = OPERATIONS["sub"]
mul: Any = OPERATIONS["mul"]
peak: Any = OPERATIONS["peak"]
"""`peak(x, y)`: the larger of x and |y|; a NaN in y does not count."""
total: Any = OPERATIONS["total"]
"""`total(vector)`: the sum of its lanes, the first one first."""
misalignment: Any = OPERATIONS["misalignment"]
"""`misalignment(array)`: how many entries stand before the first cache line that begins within an array."""


@register_jitable
def empty_vectors(count: int) -> Any:
    """Allocate `count` vectors on a cache-line boundary (a load across two lines costs two loads)."""
    raw = np.empty(count * LANES + _LINE)
    skip = misalignment(raw)
    return raw[skip : skip + count * LANES].reshape(count, LANES)


def lane_jit(*given: Any) -> Any:
    """Compile a kernel that uses lanes, cached apart for each number of lanes; used as `jit` is."""
    if len(given) == 1 and callable(given[0]):
        return jit(_apart(given[0]))
    decorate: Callable[[Callable[..., Any]], Any] = jit(*given)
    return lambda function: decorate(_apart(function))


def _apart(function: Callable[P, R]) -> Callable[P, R]:
    function.__qualname__ = f"{function.__qualname__}_{LANES}_lanes"
    return function


_TRIALS = 12
"""Vectors that `_trial` writes to its flat array."""
_SKIP = 3
"""Where the numbers of the trial begin in memory, so that no vector is aligned."""


def _trial(vectors: Any, block: Any, numbers: Any, out: Any) -> None:
    """Use every operation, on both kinds of arrays where it takes both.

    Args:
        vectors: float64[3, LANES], two vectors in, the third one out.
        block: float64[LANES + 1, LANES], out.
        numbers: float64[...], flat, in.
        out: float64[_TRIALS * LANES], flat, out.
    """
    x, y = get(vectors, 0), get(vectors, 1)
    put(vectors, 2, y)
    store_at(out, 0, x)
    store_at(out, LANES, broadcast(vectors, 1))
    store_at(out, 2 * LANES, broadcast(numbers, 1))
    store_at(out, 3 * LANES, fill(get(numbers, 2)))
    store_at(out, 4 * LANES, load_at(numbers, 3))
    store_at(out, 5 * LANES, add(x, y))
    store_at(out, 6 * LANES, sub(x, y))
    store_at(out, 7 * LANES, mul(x, y))
    store_at(out, 8 * LANES, peak(x, y))
    store_at(out, 9 * LANES, peak(x, fill(np.nan)))
    put_transposed(block, 1, numbers, 1, LANES + 2)
    put(out, 10 * LANES, total(x))
    put(out, 11 * LANES, np.float64(misalignment(numbers)))


trial = lane_jit("float64[:, :], float64[:, :], const float64[:], float64[:]")(_trial)


def _works(compiled: Callable[[Callable[..., None]], Callable[..., None]] = lambda _: trial) -> bool:
    """Compile and run the trial, cached on disk like any kernel; say whether every answer is right."""
    # Small integers, all different: every sum and product of them is exact.
    x = np.arange(1.0, LANES + 1)
    y = (2.0 * x + 5.0) * (-1.0) ** np.arange(LANES)
    vectors = np.stack([x, y, 0.0 * x])
    block = np.zeros((LANES + 1, LANES))
    raw = np.arange(_SKIP + LANES * (LANES + 2) + 1.0) ** 2
    numbers = raw[_SKIP:]
    out = np.zeros(_TRIALS * LANES)
    try:
        compiled(_trial)(vectors, block, numbers, out)
    except Exception:  # noqa: BLE001  (whatever a future Numba raises, the plain lanes still work)
        return False
    rows = np.arange(LANES)
    first = np.eye(1, LANES)[0]
    left = -(numbers.ctypes.data // numbers.itemsize) % _LINE
    expected = [
        x,
        y,
        np.full(LANES, numbers[1]),
        np.full(LANES, numbers[2]),
        numbers[3 : 3 + LANES],
        x + y,
        x - y,
        x * y,
        np.maximum(x, abs(y)),
        x,
        first * x.sum(),
        first * left,
    ]
    transposed = numbers[1 + rows[:, np.newaxis] + (LANES + 2) * rows]
    return bool(
        (out.reshape(_TRIALS, LANES) == expected).all()
        and (vectors == [x, y, y]).all()
        and (block[1:] == transposed).all()
        and not block[0].any()
    )


if LANES > 1 and _mode.MODE == "numba" and not _mode.IS_BUILD and not _works():
    LANES = 1
    OPERATIONS = plain()
    globals().update(OPERATIONS)
