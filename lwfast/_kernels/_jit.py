"""The decorator of kernels.

A kernel that Python calls states the types of its arguments:

    @jit("const uint8[:, :], int64, float64[:]")
    def kernel(states, n_photons, out): ...

An array is C-contiguous, aligned and in the machine's byte order. One that the kernel writes to has to be
writable; one that it only reads is `const`. Numbers are `int64`, `uint64`, `float64` or `bool`, and tuples
are written `(int64, int64)`. Several strings are several forms of the kernel. `@jit` without any is for
functions that only other kernels call. `_signatures.py` has the grammar, and `_mode.py` says what becomes of
a kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast, overload

from lwfast._kernels import _mode

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(NamedTuple):
    """What a decorator stated of a kernel that Python calls."""

    function: Callable[..., Any]
    signatures: tuple[str, ...]
    options: dict[str, Any]


KERNELS: dict[str, Kernel] = {}
"""Kernels that Python calls, by module and name, of the modules that were imported."""


@overload
def jit(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def jit(*signatures: str, **options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def jit(*given: Any, **options: Any) -> Any:
    """Compile a function, or take the one that was compiled ahead of time.

    Args:
        given: Signatures; or the function, where only kernels call it.
        options: For Numba, such as `forceinline=True`.

    Returns:
        The kernel, or a decorator. Where kernels were compiled ahead of time, a function without signatures
        becomes one that raises: only kernels call it, and its plain Python would take for ever.
    """
    if len(given) == 1 and callable(given[0]):
        return _compiled(given[0], (), options)
    return lambda function: _compiled(function, given, options)


def _compiled(
    function: Callable[P, R], signatures: tuple[str, ...], options: dict[str, Any]
) -> Callable[P, R]:
    name = name_of(function)
    if signatures:
        KERNELS[name] = Kernel(function, signatures, options)
    if _mode.MODE == "python":
        return function
    if _mode.MODE == "native":
        return _mode.NATIVE.kernel(name, _mode.LEVEL) if signatures else _called_by_kernels_only(name)
    from lwfast._kernels._numba.compiling import compiled

    return cast("Callable[P, R]", compiled(function, options))


def _called_by_kernels_only(name: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise TypeError(f"The kernel {name} states no signature, so that only other kernels can call it.")

    return refuse


def name_of(function: Callable[..., Any]) -> str:
    """Return what a kernel is called in the extension, as `tables.counts.group_hash`."""
    return f"{function.__module__.removeprefix('lwfast._kernels.')}.{function.__name__}"


def register_jitable(function: Callable[P, R]) -> Callable[P, R]:
    """Let kernels call a function, into which Numba compiles it; it stays callable from Python."""
    if _mode.MODE != "numba":
        return function
    from lwfast._kernels._numba.compiling import inlined

    return cast("Callable[P, R]", inlined(function))
