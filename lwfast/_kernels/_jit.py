"""The one place that sets Numba's flags.

`jit` is `numba.njit` with the flags measured to matter: `nogil` (threads on fixed chunks), NumPy's error
model (no Python exception checks in inner loops) and FMA contraction. The on-disk cache is on unless
`LWFAST_CACHE=0`, and silently off where no cache folder can be written (read-only installs, containers): the
kernel then compiles once per process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast, overload

import numba

from lwfast._kernels._note import listen

P = ParamSpec("P")
R = TypeVar("R")

listen()
USE_CACHE = os.environ.get("LWFAST_CACHE", "1") != "0"


@overload
def jit(function: Callable[P, R], /, **options: Any) -> Callable[P, R]: ...


@overload
def jit(**options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def jit(function: Callable[P, R] | None = None, /, **options: Any) -> Any:
    """Compile `function` on first call; keep its signature for type checkers.

    Used bare (`@jit`) or with extra Numba options (`@jit(inline="always")`).
    """
    if function is None:
        return lambda f: jit(f, **options)
    flags: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    flags |= {"no_cfunc_wrapper": True, **options}  # nothing calls a kernel from C; one in ten seconds less
    if USE_CACHE:
        try:
            return cast("Callable[P, R]", numba.njit(function, cache=True, **flags))
        except RuntimeError:  # Numba's "no locator available": no writable cache folder
            pass
    return cast("Callable[P, R]", numba.njit(function, **flags))
