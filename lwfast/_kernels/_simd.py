"""Explicit vectors of eight doubles inside Numba kernels.

Numba unrolls a lane loop of length eight to scalar code, so kernels that live on lanes say so: `V8` is an
`<8 x double>` of LLVM. LLVM lowers it to what the machine has (one AVX-512 register, two AVX registers, four
NEON registers), so no kernel needs a second version.

`vload(array, i)` and `vstore(array, i, value)` touch `array[i:i+8]` without any bounds check, at any alignment.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

LANES = 8


class V8(types.Type):
    """The Numba type of an `<8 x double>`."""

    def __init__(self) -> None:
        super().__init__("lwfast_v8f64")


v8 = V8()
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)


@register_model(V8)
class V8Model(models.PrimitiveModel):
    """Keep a `V8` in a vector register."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _VECTOR)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


@intrinsic
def vload(typingctx: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Load `array[index:index + 8]`."""
    signature = v8(array, types.intp)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, sig.args[0], *args), align=8)

    return signature, generate


@intrinsic
def vstore(typingctx: Any, array: Any, index: Any, value: Any) -> Any:  # noqa: ARG001
    """Store `value` to `array[index:index + 8]`."""
    signature = types.void(array, types.intp, v8)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, sig.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def vsplat(typingctx: Any, x: Any) -> Any:  # noqa: ARG001
    """Put `x` in every lane."""
    signature = v8(types.float64)
    index = ir.IntType(32)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:  # noqa: ARG001
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, args[0], ir.Constant(index, 0))
        zeros = ir.Constant(ir.VectorType(index, LANES), [ir.Constant(index, 0)] * LANES)
        return builder.shuffle_vector(first, undefined, zeros)

    return signature, generate


def _binary(operation: str) -> Any:
    @intrinsic
    def function(typingctx: Any, x: Any, y: Any) -> Any:  # noqa: ARG001
        signature = v8(v8, v8)

        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:  # noqa: ARG001
            return getattr(builder, operation)(args[0], args[1])

        return signature, generate

    return function


vadd = _binary("fadd")
vsub = _binary("fsub")
vmul = _binary("fmul")


@intrinsic
def vfma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:  # noqa: ARG001
    """Return `x * y + z`, rounded once."""
    signature = v8(v8, v8, v8)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:  # noqa: ARG001
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v8f64")
        return builder.call(function, args)

    return signature, generate


@intrinsic
def vsum(typingctx: Any, value: Any) -> Any:  # noqa: ARG001
    """Add the lanes, from the first to the last."""
    signature = types.float64(v8)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:  # noqa: ARG001
        total = ir.Constant(ir.DoubleType(), 0.0)
        for lane in range(LANES):
            element = builder.extract_element(args[0], ir.Constant(ir.IntType(32), lane))
            total = builder.fadd(total, element)
        return total

    return signature, generate
