"""The one place that sets Numba's flags.

Those measured to matter: `nogil` (threads on fixed chunks), NumPy's error model (no Python exception checks
in inner loops) and FMA contraction. What is compiled is kept on disk, see `cache.py`, unless
`LWFAST_CACHE=0`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.extending import register_jitable

from lwfast._kernels import _mode
from lwfast._kernels._numba import instructions, products  # noqa: F401  (tell Numba what to write for calls)
from lwfast._kernels._numba.cache import USE_CACHE, use_cache, why_not_kept
from lwfast._kernels._numba.note import listen

listen(why_not_kept)


def compiled(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Return the dispatcher of a function, which compiles it when it is first called.

    Args:
        function: A kernel in Python.
        options: More of Numba's, or other values for those set here.
    """
    flags: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    flags |= {"no_cfunc_wrapper": True, **options}  # nothing calls a kernel from C; one in ten seconds less
    if _mode.IS_BUILD:
        flags["no_cpython_wrapper"] = True
    dispatcher = numba.njit(function, **flags)
    if USE_CACHE and dispatcher is not function:  # as it is where Numba's settings turn the JIT off
        use_cache(dispatcher)
    return dispatcher


def inlined(function: Callable[..., Any]) -> Any:
    """Let kernels call a function, into which it is compiled."""
    register: Any = register_jitable
    return register(function)
