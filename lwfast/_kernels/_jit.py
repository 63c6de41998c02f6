"""The one place that sets Numba's flags.

`jit` is `numba.njit` with the flags measured to matter: `nogil` (threads on fixed chunks), NumPy's error
model (no Python exception checks in inner loops) and FMA contraction. What is compiled is kept on disk, see
`_cache.py`, unless `LWFAST_CACHE=0`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast, overload

import numba

from lwfast._kernels._cache import USE_CACHE, use_cache, why_not_kept
from lwfast._kernels._note import listen

P = ParamSpec("P")
R = TypeVar("R")

listen(why_not_kept)


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
    compiled = numba.njit(function, **flags)
    if USE_CACHE and compiled is not function:  # with NUMBA_DISABLE_JIT it is
        use_cache(compiled)
    return cast("Callable[P, R]", compiled)
