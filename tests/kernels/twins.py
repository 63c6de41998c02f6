"""Kernels beside their own source in plain Python.

The function below a kernel's decorator still calls compiled kernels, and operations on vectors, which plain
Python cannot run. So the rooms of kernels are imported once more with nothing compiled: there every kernel is
a plain function, and a vector has one lane. Where nothing is compiled anyway (`tox -e nojit`), a kernel is
its own twin.
"""

from __future__ import annotations

import copy
import functools
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import lwfast
from lwfast import _kernels
from lwfast._kernels import _jit, _mode

PACKAGE = "lwfast._kernels"
needs_jit = pytest.mark.skipif(_mode.MODE != "numba", reason="here Numba compiles no kernel")
needs_native = pytest.mark.skipif(_mode.MODE != "native", reason="no kernel was compiled ahead of time")
needs_compiled = pytest.mark.skipif(_mode.MODE == "python", reason="here no kernel is compiled")


def modules() -> Iterator[ModuleType]:
    """Import every module of kernels, but not what compiles them where something else did."""
    for module in pkgutil.walk_packages(_kernels.__path__, f"{PACKAGE}."):
        if _mode.MODE == "numba" or "._numba" not in module.name:
            yield importlib.import_module(module.name)


def dispatchers(room: str) -> set[str]:
    """Return every compiled kernel of a room, as `module.name`, or `room.module.name` from a room inside.

    Of those compiled ahead of time only what Python calls is there.
    """
    inside = f"{PACKAGE}.{room}."
    if _mode.MODE == "native":
        list(modules())
        prefix = f"{room}."
        return {name.removeprefix(prefix) for name in _jit.KERNELS if name.startswith(prefix)}
    return {
        f"{module.__name__.removeprefix(inside)}.{name}"
        for module in modules()
        if module.__name__.startswith(inside)
        for name, value in vars(module).items()
        if hasattr(value, "py_func") and value.py_func.__module__ == module.__name__
    }


def _is_plain_twin(name: str) -> bool:
    """Say whether a module is another one with the JIT off; `_jit` and its like watch over the process."""
    return name == f"{PACKAGE}._simd" or name.startswith((f"{PACKAGE}.optics", f"{PACKAGE}.tables"))


@functools.cache
def _twins() -> dict[str, ModuleType]:
    names = [module.__name__ for module in modules()]
    if _mode.MODE == "python":
        return {name: sys.modules[name] for name in names}
    compiled = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_plain_twin(name)}
    stated, mode = dict(_jit.KERNELS), _mode.MODE
    _mode.MODE = "python"
    try:
        twins = {name: importlib.import_module(name) for name in names}
    finally:
        _mode.MODE = mode
        _jit.KERNELS.update(stated)
        sys.modules.update(compiled)
        for name, module in compiled.items():
            parent, _, child = name.rpartition(".")
            setattr(sys.modules[parent], child, module)
    assert lwfast._kernels is _kernels
    return twins


def pair(room: str, name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return a kernel, named as by `dispatchers`, and its twin."""
    if _mode.MODE == "native" and f"{room}.{name}" not in _jit.KERNELS:
        pytest.skip("compiled ahead of time for other kernels only")
    module, _, function = name.rpartition(".")
    path = f"{PACKAGE}.{room}.{module}"
    return getattr(importlib.import_module(path), function), getattr(_twins()[path], function)


def plain(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return the twin of a kernel."""
    for module in modules():
        for name, value in vars(module).items():
            function = getattr(_twins()[module.__name__], name, None)
            if value is kernel and getattr(function, "__module__", "") == module.__name__:
                return function
    raise LookupError(f"{kernel} is not a kernel.")


def flat(values: Any) -> list[Any]:
    """Return the arrays and numbers of nested tuples."""
    if isinstance(values, tuple):
        return [leaf for value in values for leaf in flat(value)]
    return [values]


def assert_same(one: Any, other: Any, rtol: float = 1e-12) -> None:
    """Fused multiply-adds round once where Python rounds twice; all else is the same.

    Complex numbers are compared by parts: beside a NaN, the imaginary part says what is wrong.
    """
    first, second = flat(one), flat(other)
    assert len(first) == len(second)
    for a, b in zip(map(np.asarray, first), map(np.asarray, second), strict=True):
        if a.dtype.kind == "c":
            assert_same((a.real, a.imag), (b.real, b.imag), rtol)
        elif a.dtype.kind == "f":
            size = np.max(np.abs(a[np.isfinite(a)]), initial=0.0)
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * size)
        else:
            np.testing.assert_array_equal(a, b)


def assert_twins_agree(
    room: str, name: str, arguments: tuple[Any, ...], meant: Callable[..., Any] | None = None
) -> None:
    """Call a kernel and its twin: the same is returned, and written to the arguments.

    Some kernels write too far, where it is faster and the caller overwrites it: what of the arguments and the
    answer has a meaning then says `meant`.
    """
    answers = []
    for kernel in pair(room, name):
        given = copy.deepcopy(arguments)
        with np.errstate(all="ignore"):  # compiled, words wrap, and nothing warns
            answer = kernel(*given)
        written = given if meant is None else meant(given, answer)
        answers.append((() if answer is None else answer, written))
    assert_same(answers[0], answers[1])


def calls_of(room: str, name: str, work: Callable[[], Any]) -> list[tuple[Any, ...]]:
    """Return the arguments of every call of a kernel while `work` is done."""
    module, _, function = name.rpartition(".")
    place = importlib.import_module(f"{PACKAGE}.{room}.{module}")
    kernel = getattr(place, function)
    calls: list[tuple[Any, ...]] = []

    def record(*arguments: Any) -> Any:
        calls.append(copy.deepcopy(arguments))
        return kernel(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, function, record)
        work()
    assert calls
    return calls
