"""Every operation on vectors is tried before kernels use it, and one that is broken is not used."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from lwfast._kernels import _mode, _simd, _words
from lwfast._kernels._jit import register_jitable
from lwfast._kernels._lanes import plain
from tests.kernels.twins import modules, needs_jit, needs_native
from tests.started import said_by_python

if _mode.MODE == "numba":
    import numba

    from lwfast._kernels._numba.vectors import intrinsics

has_lanes = pytest.mark.skipif(_simd.LANES == 1, reason="needs vectors of more than one lane")


def test_every_operation_is_tried():
    """An operation without a trial would be used unseen."""
    assert set(_simd.OPERATIONS) <= set(_simd._trial.__code__.co_names)


@needs_jit
def test_every_operation_has_a_name_and_a_plain_form():
    for name, operation in _simd.OPERATIONS.items():
        assert getattr(_simd, name) is operation
    for lanes in (4, 8):
        assert intrinsics(lanes).keys() == plain().keys() == _simd.OPERATIONS.keys()


# What each operation might do wrong, given the right one: take a neighbour, or compute something else.
WRONG = {
    "get": lambda right: lambda array, index: right(array, index + 1),
    "broadcast": lambda right: lambda array, index: right(array, index - 1),
    "put": lambda right: lambda array, index, value: right(array, index - 1, value),
    "put_transposed": lambda right: (
        lambda to, row, source, at, stride: right(to, row, source, at, stride - 1)
    ),
    "fill": lambda right: lambda value: right(value + 1.0),
    "load_at": lambda right: lambda array, offset: right(array, offset + 1),
    "store_at": lambda right: lambda array, offset, value: right(array, max(offset - 1, 0), value),
    "add": lambda right: lambda x, y: x,
    "sub": lambda right: lambda x, y: right(y, x),
    "mul": lambda right: lambda x, y: x,
    "peak": lambda right: lambda x, y: y,
    "total": lambda right: lambda value: right(value) + 1.0,
    "misalignment": lambda right: lambda array: right(array) + 1,
}


def compiled_anew(function):
    """A trial from the cache would be one of operations that work."""
    return numba.njit(function, error_model="numpy", fastmath={"contract"})


@has_lanes
@needs_jit
def test_the_trial_passes():
    assert _simd._works(compiled_anew)


@has_lanes
@needs_jit
@pytest.mark.parametrize("name", _simd.OPERATIONS)
def test_the_trial_sees_a_wrong_operation(monkeypatch, name):
    wrong = register_jitable(WRONG[name](_simd.OPERATIONS[name]))
    monkeypatch.setattr(_simd, name, wrong)
    assert not _simd._works(compiled_anew)


@has_lanes
@needs_jit
def test_the_trial_sees_an_operation_that_does_not_compile(monkeypatch):
    monkeypatch.setattr(_simd, "total", "no function")
    assert not _simd._works(compiled_anew)


OF_SOME_LENGTH = [_words.byte_dots, _words.byte_dots_within]
"""What depends on the length of vectors, besides what `_simd` has."""


def depends_on_length(kernel, seen):
    """Say whether the code of a kernel, or of one that it calls, differs with the length of vectors."""
    source = getattr(kernel, "py_func", kernel)
    seen.append(source)
    for name in source.__code__.co_names:
        used = source.__globals__.get(name)
        if name in {*_simd.OPERATIONS, "LANES", "empty_vectors"} and used is getattr(_simd, name):
            return True
        if any(used is function for function in OF_SOME_LENGTH):
            return True
        called = getattr(used, "py_func", used)
        if not inspect.isfunction(called) or not called.__module__.startswith("lwfast._kernels."):
            continue
        if called not in seen and depends_on_length(called, seen):
            return True
    return False


@needs_jit
def test_kernels_whose_code_depends_on_the_length_of_vectors_are_cached_apart():
    """Else `LWFAST_SIMD=4` would run what an earlier process compiled for 8."""
    apart = {True: set(), False: set()}
    for module in modules():
        for value in vars(module).values():
            if getattr(getattr(value, "py_func", None), "__module__", "") == module.__name__:
                name = value.py_func.__qualname__
                apart[name.endswith(f"_{_simd.LANES}_lanes")].add((name, depends_on_length(value, [])))
    assert [name for name, depends in apart[True] if not depends] == []
    assert [name for name, depends in apart[False] if depends] == []
    assert "add_bytes" in {name.removesuffix(f"_{_simd.LANES}_lanes") for name, _ in apart[True]}


@needs_native
def test_the_trial_passes_ahead_of_time():
    """The extension holds the trial as a kernel."""
    assert _simd._works()


@needs_jit
@pytest.mark.slow
@pytest.mark.parametrize("width", ["4", "8"])
@pytest.mark.parametrize(
    "fault",
    ["fsub(self, b, a, **k)", "1 / 0"],
)
def test_a_broken_operation_leaves_plain_lanes(width, fault):
    """Both widths: where vectors are subtracted wrongly, or not at all, kernels do without vectors."""
    code = f"""
from llvmlite import ir
fsub = ir.IRBuilder.fsub
def broken(self, a, b, **k):
    return {fault} if isinstance(a.type, ir.VectorType) else fsub(self, a, b, **k)
ir.IRBuilder.fsub = broken
import numpy as np
from lwfast._kernels import _lanes, _simd
assert _simd._wanted_lanes() == {width}
assert _simd.LANES == 1
assert _simd.sub.__module__ == _lanes.__name__
assert all(getattr(_simd, name) is one for name, one in _simd.OPERATIONS.items())
@_simd.jit
def difference(vectors):
    return _simd.total(_simd.sub(_simd.get(vectors, 0), _simd.get(vectors, 1)))
assert difference(np.array([[5.0], [2.0]])) == 3.0
"""
    said_by_python(code, seconds=240, LWFAST_SIMD=width, LWFAST_CACHE="0", NUMBA_DISABLE_JIT="0")


def test_plain_operations_answer_as_vectors_of_one_lane():
    """What kernels do without vectors; compiled and in plain Python it is the same code."""
    one = plain()
    vectors, numbers = np.array([[3.0], [-5.0]]), np.array([2.0, 7.0, 11.0])
    assert one["get"](vectors, 1) == -5.0
    assert one["get"](numbers, 1) == one["load_at"](numbers, 1) == one["broadcast"](numbers, 1) == 7.0
    one["put"](vectors, 0, 4.0)
    one["put"](numbers, 0, 6.0)
    one["store_at"](numbers, 1, 8.0)
    one["put_transposed"](vectors, 1, numbers, 2, 5)
    assert vectors.tolist() == [[4.0], [11.0]]
    assert numbers.tolist() == [6.0, 8.0, 11.0]
    assert one["add"](2.0, 3.0) == 5.0
    assert one["sub"](2.0, 3.0) == -1.0
    assert one["mul"](2.0, 3.0) == 6.0
    assert one["peak"](2.0, -3.0) == 3.0
    assert one["peak"](2.0, np.nan) == 2.0
    assert one["fill"](2.0) == one["total"](2.0) == 2.0
    assert one["misalignment"](numbers) == 0
