"""What Numba writes for a call of the functions in `_words.py` that add up products of rows."""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import ir
from numba.core import types

from lwfast._kernels._numba.instructions import (
    _U64,
    _address,
    _compiled,
    _in_all_lanes,
    _shuffled,
    _vector_at,
    _word,
)
from lwfast._kernels._numba.vectors import wanted_lanes
from lwfast._kernels._words import (
    BYTE_SUMS,
    LANE_SUMS,
    LEAST_BYTE_SUMS,
    OWN,
    PLAIN,
    WEIGHED,
    byte_dots,
    byte_dots_within,
    dots,
)


@_compiled(
    dots,
    types.void,
    types.Array,
    types.intp,
    types.Array,
    types.intp,
    types.intp,
    types.intp,
    types.intp,
    types.Array,
    types.intp,
)
def _dots(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    a, p, b, q, stride, size, split, out, at = args
    kinds = signature.args
    rows = _rows(context, builder, kinds[0], a, p, stride, WEIGHED)
    rows += _rows(context, builder, kinds[2], b, q, stride, PLAIN)
    wide = ir.VectorType(ir.IntType(32), LANE_SUMS)

    def products(x: Any, y: Any) -> Any:
        products = builder.mul(x, y, flags=("nsw",))
        # LLVM makes one instruction of the products and the sums of pairs, on x86 `pmaddwd`.
        return builder.add(*(_shuffled(builder, products, products, _EVERY_2ND[k]) for k in range(2)))

    def loaded(index: Any) -> list[Any]:
        return [_int16s(builder, row, index) for row in rows]

    added = _added_up(builder, size, loaded, _EACH_WITH_EACH, products, wide)
    shift = builder.trunc(split, ir.IntType(32))
    one = ir.Constant(ir.IntType(32), 1)
    low = _in_all_lanes(builder, builder.sub(builder.shl(one, shift), one), wide)
    right = _in_all_lanes(builder, shift, wide)
    for place, total in enumerate(added):
        for half, parts in enumerate((builder.and_(total, low), builder.lshr(total, right))):
            target = builder.add(at, _word((2 * place + half) * LANE_SUMS))
            address = _address(context, builder, kinds[7], out, target)
            address = builder.bitcast(address, wide.as_pointer())
            builder.store(builder.add(builder.load(address, align=4), parts), address, align=4)
    return context.get_dummy_value()


_EACH_WITH_EACH = [(i, WEIGHED + j) for i in range(WEIGHED) for j in range(PLAIN)]
"""Which rows are multiplied, of `WEIGHED` and `PLAIN` of them."""
_ENTRIES = 2 * LANE_SUMS
"""int16 of a vector: one register of AVX2, half of one of AVX-512, two of older processors."""
_EVERY_2ND = [list(range(k, _ENTRIES, 2)) for k in range(2)]


def _int16s(builder: Any, row: Any, index: Any) -> Any:
    address = builder.bitcast(builder.gep(row, [index]), ir.VectorType(ir.IntType(16), _ENTRIES).as_pointer())
    return builder.sext(builder.load(address, align=2), ir.VectorType(ir.IntType(32), _ENTRIES))


_OF_BYTES = (types.void, types.Array, *4 * [types.intp], types.Array, types.intp)
"""What a function of rows of bytes returns and takes."""


@_compiled(byte_dots, *_OF_BYTES)
def _byte_dots(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    a, p, q, stride, size, out, at = args
    kinds = signature.args
    rows = _rows(context, builder, kinds[0], a, p, stride, WEIGHED)
    rows += _rows(context, builder, kinds[0], a, q, stride, PLAIN)
    return _byte_sums(context, builder, rows, _EACH_WITH_EACH, size, kinds[5], out, at)


@_compiled(byte_dots_within, *_OF_BYTES)
def _byte_dots_within(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    a, p, q, stride, size, out, at = args
    kinds = signature.args
    rows = _rows(context, builder, kinds[0], a, p, stride, WEIGHED)
    rows.append(_address(context, builder, kinds[0], a, q))
    return _byte_sums(context, builder, rows, list(OWN), size, kinds[5], out, at)


def _rows(
    context: Any, builder: Any, kind: Any, array: Any, first: Any, stride: Any, count: int
) -> list[Any]:
    """Return the addresses of some rows of an array."""
    starts = [builder.add(first, builder.mul(stride, _word(k))) for k in range(count)]
    return [_address(context, builder, kind, array, start) for start in starts]


def _byte_sums(
    context: Any, builder: Any, rows: Any, pairs: Any, size: Any, kind: Any, out: Any, at: Any
) -> Any:
    """Write what adds sums of products of rows of bytes to an array of a kind."""
    count = BYTE_SUMS if 8 * wanted_lanes() == 2 * BYTE_SUMS else LEAST_BYTE_SUMS
    narrow = ir.VectorType(ir.IntType(16), count)

    def loaded(index: Any) -> list[Any]:
        places = [_vector_at(builder, builder.gep(row, [index]), 2 * count) for row in rows]
        return [builder.load(place, align=1) for place in places]

    added = _added_up(builder, size, loaded, pairs, functools.partial(_pairs_of_products, builder), narrow)
    for place, total in enumerate(added):
        target = builder.add(at, _word(place * BYTE_SUMS))
        address = builder.bitcast(_address(context, builder, kind, out, target), narrow.as_pointer())
        builder.store(builder.add(builder.load(address, align=2), total), address, align=2)
    return context.get_dummy_value()


def _added_up(
    builder: Any, size: Any, loaded: Any, pairs: list[tuple[int, int]], products: Any, kind: Any
) -> list[Any]:
    """Write a loop over the entries of some rows that adds up products of pairs of rows.

    Args:
        builder: Writes it.
        size: How many entries they have.
        loaded: Makes a vector of entries of each row, those from an index on.
        pairs: Which rows are multiplied.
        products: Makes a vector of two such; each of its numbers is of two entries.
        kind: What it is, and so are the sums.

    Returns:
        The sums.
    """
    before, loop = builder.block, builder.append_basic_block("dots")
    after = builder.append_basic_block("dots_end")
    zero = ir.Constant(kind, [0] * kind.count)
    builder.cbranch(builder.icmp_signed(">", size, _word(0)), loop, after)
    builder.position_at_end(loop)
    index = builder.phi(_U64)
    index.add_incoming(_word(0), before)
    sums = [builder.phi(kind) for _ in pairs]
    vectors = loaded(index)
    added = [
        builder.add(total, products(vectors[i], vectors[j]))
        for total, (i, j) in zip(sums, pairs, strict=True)
    ]
    following = builder.add(index, _word(2 * kind.count))
    index.add_incoming(following, loop)
    for total, more in zip(sums, added, strict=True):
        total.add_incoming(zero, before)
        total.add_incoming(more, loop)
    builder.cbranch(builder.icmp_signed("<", following, size), loop, after)
    builder.position_at_end(after)
    ended = [builder.phi(kind) for _ in added]
    for total, more in zip(ended, added, strict=True):
        total.add_incoming(zero, before)
        total.add_incoming(more, loop)
    return ended


def _pairs_of_products(builder: Any, x: Any, y: Any) -> Any:
    """Return the sums of every two products of bytes below 128, in 16 bits.

    What is said here of numbers that do not fit, which there are none of, lets LLVM make one instruction of
    it, on x86 `pmaddubsw`.
    """
    count = x.type.count // 2
    wide = ir.VectorType(ir.IntType(32), count)
    products = []
    for k in range(2):
        every_2nd = list(range(k, 2 * count, 2))
        first, second = _shuffled(builder, x, x, every_2nd), _shuffled(builder, y, y, every_2nd)
        products.append(builder.mul(builder.zext(first, wide), builder.sext(second, wide), flags=("nsw",)))
    total = builder.add(*products, flags=("nsw",))
    for sign, bound in (("<", 2**15 - 1), (">", -(2**15))):
        limit = ir.Constant(wide, [bound] * count)
        total = builder.select(builder.icmp_signed(sign, total, limit), total, limit)
    return builder.trunc(total, ir.VectorType(ir.IntType(16), count))
