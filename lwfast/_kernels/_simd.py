# ruff: noqa: ARG001  (the arguments of an intrinsic are types; what counts is that they are there)
"""Explicit vectors of float64 for Numba kernels, with a one-lane fallback.

LLVM unrolls a short loop over lanes to scalar code, so the hot kernels say what they mean: `LANES` doubles
in one register, through a custom Numba type and intrinsics. LLVM splits such a vector where the machine's
registers are shorter, so the kernels run on any target; `LANES` only picks the width that needs no spilling.

Where Numba's extension interface does not answer a small trial as it should, where the JIT is off, or where
`LWFAST_SIMD=0`, the same names are plain functions of floats and `LANES` is 1: the kernels stay the same and
only lose speed. Nothing here knows of permanents.

Arrays of vectors are C-contiguous `float64[n, LANES]`. `get` and `broadcast` take either such an array or a
flat `float64[n]`: one source serves constants that all lanes share and constants that every lane has for
itself.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba
import numpy as np
from numba.extending import register_jitable

from lwfast._kernels._jit import jit

P = ParamSpec("P")
R = TypeVar("R")

_WIDTHS = {"0": 1, "4": 4, "8": 8}
PADDING = 8
"""Entries behind the end of a flat array that a vector at its last entry may reach: one widest vector."""


def _wanted_lanes() -> int:
    """Return the width asked for by `LWFAST_SIMD` (0, 4 or 8), or the one that suits this machine."""
    asked = os.environ.get("LWFAST_SIMD", "")
    if getattr(numba.config, "DISABLE_JIT", False):
        return 1
    if asked in _WIDTHS:
        return _WIDTHS[asked]
    from llvmlite import binding

    return 8 if binding.get_host_cpu_features().get("avx512f", False) else 4


def _intrinsics(lanes: int) -> dict[str, Any]:
    """Build the vector type of `lanes` doubles and its operations."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic, models, register_model

    vector = ir.VectorType(ir.DoubleType(), lanes)
    int32 = ir.IntType(32)

    class Lanes(types.Type):
        def __init__(self) -> None:
            make: Any = super().__init__
            make(name=f"lanes{lanes}f64")

    class LanesModel(models.PrimitiveModel):
        def __init__(self, manager: Any, fe_type: Any) -> None:
            make: Any = super().__init__
            make(manager, fe_type, vector)

    register_model(Lanes)(LanesModel)
    lane_type: Any = Lanes()

    def address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
        data = context.make_array(array_type)(context, builder, array).data
        if array_type.ndim == 1:
            return builder.gep(data, [index])
        offset = builder.mul(index, ir.Constant(index.type, lanes))
        return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer())

    def splat(builder: Any, value: Any) -> Any:
        one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(int32, 0))
        return builder.shuffle_vector(
            one, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(int32, lanes), [0] * lanes)
        )

    def element(array_type: Any) -> Any:
        return types.float64 if array_type.ndim == 1 else lane_type

    def load(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(address(context, builder, signature.args[0], args[0], args[1]), align=8)

    @intrinsic
    def get(_typing: Any, array: Any, index: Any) -> Any:
        return element(array)(array, types.intp), load

    @intrinsic
    def broadcast(_typing: Any, array: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            value = load(context, builder, signature, args)
            return splat(builder, value) if signature.args[0].ndim == 1 else value

        return lane_type(array, types.intp), generate

    @intrinsic
    def put(_typing: Any, array: Any, index: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.store(args[2], address(context, builder, signature.args[0], args[0], args[1]), align=8)
            return context.get_dummy_value()

        return types.void(array, types.intp, element(array)), generate

    def address_at(context: Any, builder: Any, array_type: Any, array: Any, offset: Any) -> Any:
        data = context.make_array(array_type)(context, builder, array).data
        return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer())

    @intrinsic
    def load_at(_typing: Any, array: Any, offset: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.load(address_at(context, builder, signature.args[0], args[0], args[1]), align=8)

        return lane_type(array, types.intp), generate

    @intrinsic
    def store_at(_typing: Any, array: Any, offset: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            builder.store(args[2], address_at(context, builder, signature.args[0], args[0], args[1]), align=8)
            return context.get_dummy_value()

        return types.void(array, types.intp, lane_type), generate

    @intrinsic
    def put_transposed(_typing: Any, target: Any, row: Any, source: Any, offset: Any, stride: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = context.make_array(signature.args[2])(context, builder, args[2]).data
            vectors = []
            for k in range(lanes):
                place = builder.add(args[3], builder.mul(args[4], ir.Constant(args[4].type, k)))
                pointer = builder.bitcast(builder.gep(data, [place]), vector.as_pointer())
                vectors.append(builder.load(pointer, align=8))
            width = 1
            while width < lanes:
                # Swap blocks of `width` entries across the diagonal.
                for k in (k for k in range(lanes) if not k & width):
                    low, high = vectors[k], vectors[k + width]
                    first = [j if not j & width else lanes + j - width for j in range(lanes)]
                    second = [j + width if not j & width else lanes + j for j in range(lanes)]
                    for to, order in ((k, first), (k + width, second)):
                        mask = ir.Constant(ir.VectorType(int32, lanes), order)
                        vectors[to] = builder.shuffle_vector(low, high, mask)
                width *= 2
            for k, value in enumerate(vectors):
                index = builder.add(args[1], ir.Constant(args[1].type, k))
                place = address(context, builder, signature.args[0], args[0], index)
                builder.store(value, place, align=8)
            return context.get_dummy_value()

        return types.void(target, types.intp, source, types.intp, types.intp), generate

    @intrinsic
    def fill(_typing: Any, value: Any) -> Any:
        return lane_type(types.float64), lambda _context, builder, _signature, args: splat(builder, args[0])

    def binary(name: str) -> Any:
        @intrinsic
        def operation(_typing: Any, x: Any, y: Any) -> Any:
            def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
                return getattr(builder, name)(args[0], args[1], flags=("contract",))

            return x(x, y), generate

        return operation

    @intrinsic
    def peak(_typing: Any, x: Any, y: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            kind = ir.FunctionType(vector, [vector])
            declare: Any = cgutils.get_or_insert_function
            absolute = declare(builder.module, kind, f"llvm.fabs.v{lanes}f64")
            size = builder.call(absolute, [args[1]])
            return builder.select(builder.fcmp_ordered(">", size, args[0]), size, args[0])

        return x(x, y), generate

    @intrinsic
    def total(_typing: Any, value: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            result = ir.Constant(ir.DoubleType(), 0.0)
            for lane in range(lanes):
                result = builder.fadd(result, builder.extract_element(args[0], ir.Constant(int32, lane)))
            return result

        return types.float64(lane_type), generate

    @intrinsic
    def trailing_zeros(_typing: Any, value: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

        return types.uint64(types.uint64), generate

    @intrinsic
    def store_word(_typing: Any, array: Any, offset: Any, word: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer())
            builder.store(args[2], place, align=1)
            return context.get_dummy_value()

        return types.void(array, types.intp, types.uint64), generate

    @intrinsic
    def misalignment(_typing: Any, array: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            number = builder.ptrtoint(data, ir.IntType(64))
            bytes_left = builder.and_(builder.neg(number), ir.Constant(ir.IntType(64), 63))
            return builder.lshr(bytes_left, ir.Constant(ir.IntType(64), 3))

        return types.intp(array), generate

    return {
        "get": get,
        "broadcast": broadcast,
        "put": put,
        "put_transposed": put_transposed,
        "fill": fill,
        "load_at": load_at,
        "store_at": store_at,
        "add": binary("fadd"),
        "sub": binary("fsub"),
        "mul": binary("fmul"),
        "peak": peak,
        "total": total,
        "trailing_zeros": trailing_zeros,
        "store_word": store_word,
        "misalignment": misalignment,
    }


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


def _plain_trailing_zeros(value: np.uint64) -> np.uint64:
    count = np.uint64(0)
    while not (value >> count) & np.uint64(1):
        count += np.uint64(1)
    return count


def _plain_store_word(array: Any, offset: int, word: int) -> None:
    for k in range(8):
        array[offset + k] = (word >> np.uint64(8 * k)) & np.uint64(255)


def _plain_misalignment(_array: Any) -> int:
    return 0


def _plain() -> dict[str, Any]:
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
        "trailing_zeros": _plain_trailing_zeros,
        "store_word": _plain_store_word,
        "misalignment": _plain_misalignment,
    }
    jitable: Any = register_jitable
    return {name: jitable(function) for name, function in functions.items()}


def _choose() -> tuple[int, dict[str, Any]]:
    lanes = _wanted_lanes()
    if lanes > 1:
        with contextlib.suppress(Exception):  # whatever a future Numba raises, the plain lanes still work
            return lanes, _intrinsics(lanes)
    return 1, _plain()


LANES, _OPERATIONS = _choose()
get: Any = _OPERATIONS["get"]
broadcast: Any = _OPERATIONS["broadcast"]
put: Any = _OPERATIONS["put"]
put_transposed: Any = _OPERATIONS["put_transposed"]
"""`put_transposed(vectors, i, array, at, stride)`: lane k of vector i + j is `array[at + k * stride + j]`."""
fill: Any = _OPERATIONS["fill"]
load_at: Any = _OPERATIONS["load_at"]
"""`load_at(array, i)`: the vector `array[i : i + LANES]` of a flat array, at any offset."""
store_at: Any = _OPERATIONS["store_at"]
"""`store_at(array, i, vector)`: write `array[i : i + LANES]` of a flat array, at any offset."""
add: Any = _OPERATIONS["add"]
sub: Any = _OPERATIONS["sub"]
mul: Any = _OPERATIONS["mul"]
trailing_zeros: Any = _OPERATIONS["trailing_zeros"]
store_word: Any = _OPERATIONS["store_word"]
"""`store_word(array, i, word)`: write a uint64 to 8 entries of a flat uint8 array, lowest byte first."""
peak: Any = _OPERATIONS["peak"]
"""`peak(x, y)`: the larger of x and |y|; a NaN in y does not count."""
total: Any = _OPERATIONS["total"]
misalignment: Any = _OPERATIONS["misalignment"]


@register_jitable
def empty_vectors(count: int) -> Any:
    """Allocate `count` vectors on a cache-line boundary (a load across two lines costs two loads)."""
    raw = np.empty(count * LANES + 8)
    skip = misalignment(raw)
    return raw[skip : skip + count * LANES].reshape(count, LANES)


def lane_jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel that uses lanes, cached apart for each number of lanes."""
    function.__qualname__ = f"{function.__qualname__}_{LANES}_lanes"
    return jit(function)


def _trial(vectors: Any, numbers: Any) -> float:
    """Use every kind of operation once."""
    x = add(get(vectors, 0), broadcast(numbers, 1))
    put(vectors, 1, sub(mul(x, x), fill(get(numbers, 0))))
    return total(peak(fill(0.0), get(vectors, 1))) + misalignment(vectors) * trailing_zeros(np.uint64(1))


def _works() -> bool:
    """Compile and run the trial, cached on disk like any kernel."""
    values = np.zeros((2, LANES))
    values[0] = np.arange(LANES)
    expected = (values[0] - 3.0) ** 2 + 2.0
    try:
        answer = lane_jit(_trial)(values, np.array([-2.0, -3.0]))
    except Exception:  # noqa: BLE001  (as above)
        return False
    return bool(answer == expected.sum() and (values[1] == expected).all())


if LANES > 1 and not _works():
    LANES = 1
    globals().update(_plain())
