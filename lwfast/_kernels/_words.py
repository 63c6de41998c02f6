"""Unaligned byte and word access for the text and hashing kernels.

NumPy views inside Numba cost index wrap-around checks on every byte and cannot load a word at an odd offset.
Compiled, each of these functions is one or two machine instructions without a bounds check: the caller owns
the bounds. Uncompiled, they are the plain functions below.

Numba's cache does not see changes in this file: after an edit, remove the `__pycache__` of this folder.
"""

# ruff: noqa: ARG001, ARG005, PLW0108  (Numba calls these by the names of their arguments)
from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, overload

from lwfast._types import AnyArray

_U8 = ir.IntType(8)
_U64 = ir.IntType(64)
_U128 = ir.IntType(128)
_BIG_ENDIAN = sys.byteorder == "big"


def load1(buffer: AnyArray, index: int) -> int:
    """Return byte `buffer[index]` of a uint8 buffer."""
    return int(buffer[index])


def load8(buffer: AnyArray, index: int) -> np.uint64:
    """Return the eight bytes from `buffer[index]` on, the first one lowest."""
    return np.uint64(int.from_bytes(buffer[index : index + 8].tobytes(), "little"))


def store1(buffer: AnyArray, index: int, value: int) -> None:
    """Write the low byte of `value` to `buffer[index]`, in place."""
    buffer[index] = value & 0xFF


def store8(buffer: AnyArray, index: int, word: np.uint64) -> None:
    """Write a word to `buffer[index]` and the seven bytes after it, in place, the lowest byte first."""
    buffer[index : index + 8] = np.frombuffer(int(word).to_bytes(8, "little"), np.uint8)


def trailing_zeros(word: np.uint64) -> int:
    """Return the number of zero bits below the lowest set bit; 64 for zero."""
    value = int(word)
    return (value & -value).bit_length() - 1 if value else 64


def fold_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the two halves of the 128-bit product `a * b`, xored: one hash mixing step."""
    product = int(a) * int(b)
    return np.uint64((product ^ (product >> 64)) & (2**64 - 1))


def prefetch(array: AnyArray, index: int) -> None:
    """Ask for the cache line of `array[index]`."""


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


@intrinsic
def _load1(typingctx: Any, buffer: Any, index: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        return builder.zext(builder.load(address), _U64)

    return types.int64(buffer, types.intp), codegen


@intrinsic
def _load8(typingctx: Any, buffer: Any, index: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        word = builder.load(builder.bitcast(address, _U64.as_pointer()), align=1)
        return builder.bswap(word) if _BIG_ENDIAN else word

    return types.uint64(buffer, types.intp), codegen


@intrinsic
def _store1(typingctx: Any, buffer: Any, index: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        builder.store(builder.trunc(args[2], _U8), address)
        return context.get_dummy_value()

    return types.void(buffer, types.intp, types.int64), codegen


@intrinsic
def _store8(typingctx: Any, buffer: Any, index: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        value = builder.bswap(args[2]) if _BIG_ENDIAN else args[2]
        builder.store(value, builder.bitcast(address, _U64.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(buffer, types.intp, types.uint64), codegen


@intrinsic
def _trailing_zeros(typingctx: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), codegen


@intrinsic
def _fold_product(typingctx: Any, a: Any, b: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        product = builder.mul(builder.zext(args[0], _U128), builder.zext(args[1], _U128))
        high = builder.trunc(builder.lshr(product, ir.Constant(_U128, 64)), _U64)
        return builder.xor(builder.trunc(product, _U64), high)

    return types.uint64(types.uint64, types.uint64), codegen


@intrinsic
def _prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        pointer = builder.bitcast(address, _U8.as_pointer())
        int32 = ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [_U8.as_pointer(), int32, int32, int32])
        function = builder.module.globals.get("llvm.prefetch.p0") or ir.Function(
            builder.module, function_type, "llvm.prefetch.p0"
        )
        builder.call(function, [pointer, *(ir.Constant(int32, k) for k in (1, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen


# Compiled code that calls one of the plain functions above runs its intrinsic. Numba demands the names of the
# arguments, and a function that it can inline: lambdas that look needless.
# mypy: disable-error-code="call-arg"
overload(load1, inline="always")(lambda buffer, index: lambda buffer, index: _load1(buffer, index))
overload(load8, inline="always")(lambda buffer, index: lambda buffer, index: _load8(buffer, index))
overload(store1, inline="always")(
    lambda buffer, index, value: lambda buffer, index, value: _store1(buffer, index, value)
)
overload(store8, inline="always")(
    lambda buffer, index, word: lambda buffer, index, word: _store8(buffer, index, word)
)
overload(trailing_zeros, inline="always")(lambda word: lambda word: _trailing_zeros(word))
overload(fold_product, inline="always")(lambda a, b: lambda a, b: _fold_product(a, b))
overload(prefetch, inline="always")(lambda array, index: lambda array, index: _prefetch(array, index))
