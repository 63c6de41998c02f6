"""What Numba writes for a call of the functions in `_words.py`.

Functions that it has to inline instead take a third more time to compile.
"""

# ruff: noqa: ARG001  (every piece of code is written from the same four arguments)
from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import lower_builtin, type_callable

from lwfast._kernels._words import (
    DIGIT_ROOM,
    DIGITS,
    DIGITS_TEXT,
    ROWS,
    TEXT_ROOM,
    allowed_rows,
    bit_count,
    equal_rows,
    fma,
    fold_product,
    gather,
    high_product,
    load1,
    load8,
    longest_registers,
    prefetch,
    spread,
    store1,
    store8,
    trailing_zeros,
)

_U8 = ir.IntType(8)
_U64 = ir.IntType(64)
_U128 = ir.IntType(128)
_BIG_ENDIAN = sys.byteorder == "big"


def _compiled(function: Callable[..., Any], result: Any, *arguments: Any) -> Callable[[Any], Any]:
    """Make compiled calls of `function`, which returns a `result`, run what the decorated function writes.

    Numbers are cast to what `arguments` says; for an array of any kind this is `types.Array`.
    """

    def typer(*given: Any) -> Any:
        return result(*(a if kind is types.Array else kind for a, kind in zip(given, arguments, strict=True)))

    vars(typer)["pysig"] = inspect.signature(function)  # the names of the arguments; Numba reads them
    declare: Any = type_callable
    define: Any = lower_builtin
    declare(function)(lambda _context: typer)
    return define(function, *arguments)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


@_compiled(load1, types.int64, types.Array, types.intp)
def _load1(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    address = _address(context, builder, signature.args[0], args[0], args[1])
    return builder.zext(builder.load(address), _U64)


@_compiled(load8, types.uint64, types.Array, types.intp)
def _load8(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    address = _address(context, builder, signature.args[0], args[0], args[1])
    word = builder.load(builder.bitcast(address, _U64.as_pointer()), align=1)
    return builder.bswap(word) if _BIG_ENDIAN else word


@_compiled(store1, types.void, types.Array, types.intp, types.int64)
def _store1(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    address = _address(context, builder, signature.args[0], args[0], args[1])
    builder.store(builder.trunc(args[2], _U8), address)
    return context.get_dummy_value()


@_compiled(store8, types.void, types.Array, types.intp, types.uint64)
def _store8(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    address = _address(context, builder, signature.args[0], args[0], args[1])
    value = builder.bswap(args[2]) if _BIG_ENDIAN else args[2]
    builder.store(value, builder.bitcast(address, _U64.as_pointer()), align=1)
    return context.get_dummy_value()


@_compiled(trailing_zeros, types.int64, types.uint64)
def _trailing_zeros(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))


@_compiled(bit_count, types.int64, types.uint64)
def _bit_count(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.ctpop(args[0])


def _halves(builder: Any, args: Any) -> tuple[Any, Any]:
    """The lower and the upper half of a product of two words."""
    product = builder.mul(builder.zext(args[0], _U128), builder.zext(args[1], _U128))
    upper = builder.lshr(product, ir.Constant(_U128, 64))
    return builder.trunc(product, _U64), builder.trunc(upper, _U64)


@_compiled(fold_product, types.uint64, types.uint64, types.uint64)
def _fold_product(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.xor(*_halves(builder, args))


@_compiled(high_product, types.uint64, types.uint64, types.uint64)
def _high_product(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return _halves(builder, args)[1]


@_compiled(fma, types.float64, types.float64, types.float64, types.float64)
def _fma(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.fma(*args)


@_compiled(prefetch, types.void, types.Array, types.intp)
def _prefetch(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    address = _address(context, builder, signature.args[0], args[0], args[1])
    pointer = builder.bitcast(address, _U8.as_pointer())
    int32 = ir.IntType(32)
    function_type = ir.FunctionType(ir.VoidType(), [_U8.as_pointer(), int32, int32, int32])
    function = builder.module.globals.get("llvm.prefetch.p0") or ir.Function(
        builder.module, function_type, "llvm.prefetch.p0"
    )
    builder.call(function, [pointer, *(ir.Constant(int32, k) for k in (1, 3, 1))])
    return context.get_dummy_value()


_LANES = 8
"""Words of a vector: one register of AVX-512, two of AVX2."""
_VECTORS = 4
"""Vectors of which the totals stay in registers; eight gained nothing with AVX-512 and AVX2 has too few."""


def _words() -> Any:
    # Made where it is needed: kernels that have none of it work without vectors too.
    return ir.VectorType(_U64, _LANES)


def _words_at(builder: Any, data: Any, index: Any) -> Any:
    return builder.load(builder.bitcast(builder.gep(data, [index]), _words().as_pointer()), align=8)


def _all(value: int) -> Any:
    return ir.Constant(_words(), [value] * _LANES)


def _marks(builder: Any, are_marked: list[Any]) -> Any:
    """The booleans of some vectors as one word, the first one lowest."""
    marks = _word(0)
    order = list(range(_LANES))[:: -1 if _BIG_ENDIAN else 1]
    for place, some in enumerate(are_marked):
        lanes = _shuffled(builder, some, some, order)
        byte = builder.zext(builder.bitcast(lanes, _U8), _U64)
        marks = builder.or_(marks, builder.shl(byte, _word(_LANES * place)))
    return marks


@_compiled(equal_rows, types.uint64, types.Array, types.intp, types.uint64, types.uint64)
def _equal_rows(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    data = _address(context, builder, signature.args[0], args[0], args[1])
    mask, value = (_in_all_lanes(builder, number, _words()) for number in args[2:])
    found = [
        builder.icmp_unsigned("==", builder.and_(_words_at(builder, data, _word(at)), mask), value)
        for at in range(0, ROWS, _LANES)
    ]
    return _marks(builder, found)


@_compiled(
    allowed_rows,
    types.uint64,
    types.Array,
    types.intp,
    types.intp,
    types.Array,
    types.intp,
    types.intp,
    types.uint64,
    types.uint64,
    types.uint64,
)
def _allowed_rows(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    words, row, n_rows, fields, first, last, *numbers = args
    data = _address(context, builder, signature.args[0], words, row)
    places = _address(context, builder, signature.args[3], fields, _word(0))
    low, page, allowed = (_in_all_lanes(builder, number, _words()) for number in numbers)
    found = []
    for start in range(0, ROWS, _VECTORS * _LANES):
        for total in _totals(builder, data, n_rows, places, first, last, low, start):
            bit = builder.lshr(allowed, builder.and_(total, _all(63)))
            is_in_page = builder.icmp_unsigned("==", builder.lshr(total, _all(6)), page)
            found.append(builder.and_(builder.trunc(bit, is_in_page.type), is_in_page))
    return _marks(builder, found)


def _totals(
    builder: Any, data: Any, n_rows: Any, places: Any, first: Any, last: Any, low: Any, start: int
) -> list[Any]:
    """Add up fields of `_VECTORS` vectors of rows, the first of which is `start` rows behind `data`."""
    before, loop = builder.block, builder.append_basic_block("fields")
    after = builder.append_basic_block("fields_end")
    builder.branch(loop)
    builder.position_at_end(loop)
    field = builder.phi(_U64)
    field.add_incoming(first, before)
    totals = [builder.phi(_words()) for _ in range(_VECTORS)]
    place = builder.shl(field, _word(1))
    word, shift = (builder.load(builder.gep(places, [builder.or_(place, _word(k))])) for k in range(2))
    at, right = builder.mul(word, n_rows), _in_all_lanes(builder, shift, _words())
    more = []
    for k, total in enumerate(totals):
        read = _words_at(builder, data, builder.add(at, _word(start + k * _LANES)))
        more.append(builder.add(total, builder.and_(builder.lshr(read, right), low)))
        total.add_incoming(_all(0), before)
        total.add_incoming(more[k], loop)
    following = builder.add(field, _word(1))
    field.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, last), loop, after)
    builder.position_at_end(after)
    return more


@_compiled(longest_registers, types.void)
def _longest_registers(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    # llvmlite knows no attributes with a value, and writes what the set holds.
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')
    return context.get_dummy_value()


def _vector(values: Any) -> Any:
    listed = list(values)
    return ir.Constant(ir.VectorType(_U8, len(listed)), listed)


def _shuffled(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
    return builder.shuffle_vector(a, b, mask)


def _none_of(builder: Any, lanes: Any, wanted: Any) -> Any:
    """Whether none of the booleans is set whose bit in `wanted` is."""
    bits = builder.bitcast(lanes, ir.IntType(lanes.type.count))
    if lanes.type.count < 64:
        bits = builder.zext(bits, _U64)
    return builder.icmp_unsigned("==", builder.and_(bits, wanted), ir.Constant(_U64, 0))


def _vector_at(builder: Any, address: Any, count: int) -> Any:
    return builder.bitcast(address, ir.VectorType(_U8, count).as_pointer())


@_compiled(spread, types.boolean, types.Array, types.intp, types.Array, types.intp, types.uint64)
def _spread(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    source = _address(context, builder, signature.args[0], args[0], args[1])
    digits = builder.load(_vector_at(builder, source, DIGIT_ROOM), align=1)
    text = builder.or_(digits, _vector(b"0" * DIGIT_ROOM))
    # One byte permutation (AVX-512 VBMI); LLVM makes it of shorter ones where there is none.
    places = [k // 3 if k % 3 == 0 else DIGIT_ROOM + k % 3 for k in range(TEXT_ROOM)]
    piece = _shuffled(builder, text, _vector(b"0, " + bytes(DIGIT_ROOM - 3)), places)
    target = _address(context, builder, signature.args[2], args[2], args[3])
    builder.store(piece, _vector_at(builder, target, TEXT_ROOM), align=1)
    above = builder.icmp_unsigned(">", digits, _vector([9] * DIGIT_ROOM))
    return _none_of(builder, above, args[4])


@_compiled(gather, types.boolean, types.Array, types.intp, types.Array, types.intp, types.uint64)
def _gather(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    source = _address(context, builder, signature.args[0], args[0], args[1])
    read = builder.load(_vector_at(builder, source, TEXT_ROOM), align=1)
    rest = builder.xor(read, _vector(DIGITS_TEXT[:TEXT_ROOM]))
    # Between digits nothing may be left; a digit may leave 9.
    over = builder.icmp_unsigned(">", rest, _vector([9, 0, 0] * DIGITS + [0]))
    digits = _shuffled(builder, rest, rest, [3 * min(k, DIGITS) for k in range(DIGIT_ROOM)])
    target = _address(context, builder, signature.args[2], args[2], args[3])
    builder.store(digits, _vector_at(builder, target, DIGIT_ROOM), align=1)
    return _none_of(builder, over, args[4])


def _word(value: int) -> Any:
    return ir.Constant(_U64, value)


def _in_all_lanes(builder: Any, number: Any, vector: Any) -> Any:
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return _shuffled(builder, first, first, [0] * vector.count)
