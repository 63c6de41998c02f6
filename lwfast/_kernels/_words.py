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


def spread16(table: AnyArray, offset: int, out: AnyArray, p: int) -> bool:
    """Write the 16 bytes at `table[offset]` as `d, d, ... d, ` to `out[p]`; say whether all are digits.

    Where one is above 9, what was written has no meaning.
    """
    digits = table[offset : offset + 16]
    out[p : p + 48 : 3] = digits | np.uint8(48)
    out[p + 1 : p + 48 : 3] = 44
    out[p + 2 : p + 48 : 3] = 32
    return bool((digits <= 9).all())


def gather16(text: AnyArray, p: int, out: AnyArray, offset: int) -> bool:
    """Read `d, d, ... d, ` at `text[p]` into 16 bytes at `out[offset]`; say whether it was that."""
    out[offset : offset + 16] = text[p : p + 48 : 3] ^ np.uint8(48)
    apart = (text[p + 1 : p + 48 : 3] == 44).all() and (text[p + 2 : p + 48 : 3] == 32).all()
    return bool(apart and (out[offset : offset + 16] <= 9).all())


def gather16_last(text: AnyArray, p: int, out: AnyArray, offset: int) -> bool:
    """Do what `gather16` does, whatever the two bytes behind the last digit are."""
    out[offset : offset + 16] = text[p : p + 48 : 3] ^ np.uint8(48)
    apart = (text[p + 1 : p + 46 : 3] == 44).all() and (text[p + 2 : p + 47 : 3] == 32).all()
    return bool(apart and (out[offset : offset + 16] <= 9).all())


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


_V16 = ir.VectorType(_U8, 16)
_DIGITS_TEXT = b"0, " * 16


def _vector(values: Any) -> Any:
    return ir.Constant(_V16, list(values))


def _shuffled(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
    return builder.shuffle_vector(a, b, mask)


def _any(builder: Any, lanes: Any) -> Any:
    """Whether any of 16 booleans is set."""
    return builder.icmp_unsigned("!=", builder.bitcast(lanes, ir.IntType(16)), ir.Constant(ir.IntType(16), 0))


@intrinsic
def _spread16(typingctx: Any, table: Any, offset: Any, out: Any, p: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = _address(context, builder, signature.args[0], args[0], args[1])
        digits = builder.load(builder.bitcast(source, _V16.as_pointer()), align=1)
        text = builder.or_(digits, _vector(b"0" * 16))
        between = _vector(b", " * 8)
        target = _address(context, builder, signature.args[2], args[2], args[3])
        for part in range(3):
            places = [k // 3 if k % 3 == 0 else 15 + k % 3 for k in range(16 * part, 16 * part + 16)]
            at = builder.gep(target, [ir.Constant(_U64, 16 * part)])
            piece = _shuffled(builder, text, between, places)
            builder.store(piece, builder.bitcast(at, _V16.as_pointer()), align=1)
        above = builder.icmp_unsigned(">", digits, _vector([9] * 16))
        return builder.not_(_any(builder, above))

    return types.boolean(table, types.intp, out, types.intp), codegen


def _gathering(n_checked: int) -> Any:
    """Make the code that reads 16 digits and checks `n_checked` of the 48 bytes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = _address(context, builder, signature.args[0], args[0], args[1])
        parts, wrong = [], None
        for part in range(3):
            at = builder.gep(source, [ir.Constant(_U64, 16 * part)])
            places = range(16 * part, 16 * part + 16)
            text = builder.load(builder.bitcast(at, _V16.as_pointer()), align=1)
            parts.append(builder.xor(text, _vector(_DIGITS_TEXT[k] for k in places)))
            # Between digits nothing may be left; a digit may leave 9.
            allowed = _vector(255 if k >= n_checked else 9 if k % 3 == 0 else 0 for k in places)
            over = builder.icmp_unsigned(">", parts[-1], allowed)
            wrong = over if wrong is None else builder.or_(wrong, over)
        head = _shuffled(builder, parts[0], parts[1], [*range(0, 16, 3), *range(18, 32, 3), *[0] * 5])
        digits = _shuffled(builder, head, parts[2], [*range(11), *range(17, 32, 3)])
        target = _address(context, builder, signature.args[2], args[2], args[3])
        builder.store(digits, builder.bitcast(target, _V16.as_pointer()), align=1)
        return builder.not_(_any(builder, wrong))

    return codegen


@intrinsic
def _gather16(typingctx: Any, text: Any, p: Any, out: Any, offset: Any) -> Any:
    return types.boolean(text, types.intp, out, types.intp), _gathering(48)


@intrinsic
def _gather16_last(typingctx: Any, text: Any, p: Any, out: Any, offset: Any) -> Any:
    return types.boolean(text, types.intp, out, types.intp), _gathering(46)


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
overload(spread16, inline="always")(
    lambda table, offset, out, p: lambda table, offset, out, p: _spread16(table, offset, out, p)
)
overload(gather16, inline="always")(
    lambda text, p, out, offset: lambda text, p, out, offset: _gather16(text, p, out, offset)
)
overload(gather16_last, inline="always")(
    lambda text, p, out, offset: lambda text, p, out, offset: _gather16_last(text, p, out, offset)
)
