# ruff: noqa: ARG001  (the arguments of an intrinsic are types; what counts is that they are there)
"""Operations on vectors of float64 as instructions; `_lanes.py` has the same for one lane, in plain Python.

`_simd` says what an array of vectors is.
"""

from __future__ import annotations

import os
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

WIDTHS = {"0": 1, "4": 4, "8": 8}


def wanted_lanes() -> int:
    """Return how many numbers a vector should have: as `LWFAST_SIMD` says, or as need not be spilled."""
    asked = os.environ.get("LWFAST_SIMD", "").strip()
    if asked in WIDTHS:
        return WIDTHS[asked]
    return 8 if binding.get_host_cpu_features().get("avx512f", False) else 4


def intrinsics(lanes: int) -> dict[str, Any]:
    """Build the vector type of `lanes` doubles and its operations."""
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
        "misalignment": misalignment,
    }
