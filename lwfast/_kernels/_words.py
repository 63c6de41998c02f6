"""Unaligned byte and word access for the text and hashing kernels.

NumPy views inside Numba cost index wrap-around checks on every byte and cannot load a word at an odd offset.
These intrinsics are single machine instructions. They are not bounds-checked: the caller owns the bounds.

Numba's cache does not see changes in this file: after an edit, remove the `__pycache__` of this folder.
"""

from __future__ import annotations

import sys
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

_U8 = ir.IntType(8)
_U64 = ir.IntType(64)
_U128 = ir.IntType(128)
_BIG_ENDIAN = sys.byteorder == "big"


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


@intrinsic
def load1(typingctx: Any, buffer: Any, index: Any) -> Any:
    """Return byte `buffer[index]` of a uint8 buffer as int64."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        return builder.zext(builder.load(address), _U64)

    return types.int64(buffer, types.intp), codegen


@intrinsic
def load8(typingctx: Any, buffer: Any, index: Any) -> Any:
    """Return the eight bytes from `buffer[index]` on, the first one lowest."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        word = builder.load(builder.bitcast(address, _U64.as_pointer()), align=1)
        return builder.bswap(word) if _BIG_ENDIAN else word

    return types.uint64(buffer, types.intp), codegen


@intrinsic
def store1(typingctx: Any, buffer: Any, index: Any, value: Any) -> Any:
    """Write the low byte of an int64 to `buffer[index]`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        builder.store(builder.trunc(args[2], _U8), address)
        return context.get_dummy_value()

    return types.void(buffer, types.intp, types.int64), codegen


@intrinsic
def store8(typingctx: Any, buffer: Any, index: Any, word: Any) -> Any:
    """Write a word to `buffer[index]` and the seven bytes after it, the lowest byte first."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        value = builder.bswap(args[2]) if _BIG_ENDIAN else args[2]
        builder.store(value, builder.bitcast(address, _U64.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(buffer, types.intp, types.uint64), codegen


@intrinsic
def trailing_zeros(typingctx: Any, word: Any) -> Any:
    """Return the number of zero bits below the lowest set bit; 64 for zero."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), codegen


@intrinsic
def fold_product(typingctx: Any, a: Any, b: Any) -> Any:
    """Return the two halves of the 128-bit product `a * b`, xored: one hash mixing step."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        product = builder.mul(builder.zext(args[0], _U128), builder.zext(args[1], _U128))
        high = builder.trunc(builder.lshr(product, ir.Constant(_U128, 64)), _U64)
        return builder.xor(builder.trunc(product, _U64), high)

    return types.uint64(types.uint64, types.uint64), codegen


@intrinsic
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of `array[index]`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        pointer = builder.bitcast(address, _U8.as_pointer())
        i32 = ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [_U8.as_pointer(), i32, i32, i32])
        function = builder.module.globals.get("llvm.prefetch.p0") or ir.Function(
            builder.module, function_type, "llvm.prefetch.p0"
        )
        builder.call(function, [pointer, ir.Constant(i32, 1), ir.Constant(i32, 3), ir.Constant(i32, 1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen
