"""Strong linear-optical simulation: the output polynomial of photons, multiplied out layer by layer.

A layer holds the coefficients of a homogeneous polynomial of degree k, one variable a mode, in graded
recursive order: the power of the last mode ascends outermost, the first entry is x_0^k. Multiplying by a
linear form adds, for each mode, a shifted copy. For a fixed power of the outer modes these shifts are shifts
of whole contiguous blocks by one constant each, so no link table is needed: `polynomial_layer` walks over the
powers of the outer modes, keeps the shifts on a stack, and writes each entry of the new layer once, in
vectors of `LANES`.

The modes are laid out as

    [0, inner)            summed through a small table that all blocks share
    [inner, n_free)       outer modes, walked over
    [n_free, n_kept)      heralded modes: their power is bounded, and fixed in the last layer
    [n_kept, n_modes)     modes that carry lost photons: the last layer sums over their powers

Two limits prune what cannot contribute: `bounds[j]` is the largest power of mode j, and `floors[j]` the least
degree that must be left below mode j once it has a power. Photon j of a triangular dilation couples to the
loss modes 0..j only, so loss mode i and those above it take at most k - i of k photons: floors[i] = i.

The walk. It enters modes with a power from the outermost in; `stack[d]` says where it is when d of them are
entered, and a step takes some off and enters one:

    LEFT      photons that are left for the modes further in
    RANK      of the block in the new layer, which holds all powers
    MAIN      of the same powers in the layer before, with one photon less further in; -1 where pruned
    SHIFTS    how many shifts there are: the block with one photon less in an entered mode lies at
              RANK + shift, and that mode's coefficient of the linear form comes with it
    WEIGHT    product of the factorials of the powers, in an array of floats

Source: N. Heurtel, S. Mansfield, J. Senellart, B. Valiron, "Strong simulation of linear optical processes",
Comput. Phys. Commun. 291, 108848 (2023), arXiv:2206.10549, for the layers; the block layout is our own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from lwfast._kernels._simd import LANES, PADDING, add, fill, lane_jit, load_at, mul, store_at, sub
from lwfast._types import AnyArray, FloatArray

BOUNDS, FLOORS, FIXED = 0, 1, 2
"""Rows of the limits: largest powers, least degrees below, powers of the heralded modes."""

_LEFT, _RANK, _MAIN, _SHIFTS = 0, 1, 2, 3
_PRUNED = -1
_END = -1


@register_jitable
def _start(n_modes: Any, degree: Any, n_forms: Any) -> Any:
    """Return powers, stack, weights, shifts and their coefficients of a walk that has entered no mode."""
    powers = np.zeros(n_modes, np.int64)
    stack = np.zeros((n_modes + 1, 4), np.int64)
    stack[0, _LEFT] = degree
    weights = np.ones(n_modes + 1)
    shifts = np.empty(n_modes, np.int64)
    shift_forms = np.empty((n_forms, n_modes))
    return powers, stack, weights, shifts, shift_forms


@register_jitable
def _enter(walk: Any, depth: Any, j: Any, sums: Any, limits: Any, form: Any) -> Any:
    """Enter mode j with its power, which is not zero; return the new depth."""
    powers, stack, weights, shifts, shift_forms = walk
    x = powers[j]
    left = stack[depth, _LEFT]
    rank = stack[depth, _RANK] + sums[j, left + 1] - sums[j, left + 1 - x]
    main = stack[depth, _MAIN]
    n_shifts = stack[depth, _SHIFTS]
    weight = weights[depth]
    for factor in range(2, x + 1):
        weight *= factor
    if main != _PRUNED:
        shifts[n_shifts] = main + sums[j, left] - sums[j, left + 1 - x] - rank
        for part in range(len(form)):
            shift_forms[part, n_shifts] = form[part, j]
        n_shifts += 1
        main = main + sums[j, left] - sums[j, left - x] if left - 1 - x >= limits[FLOORS, j] else _PRUNED
    depth += 1
    stack[depth, _LEFT] = left - x
    stack[depth, _RANK] = rank
    stack[depth, _MAIN] = main
    stack[depth, _SHIFTS] = n_shifts
    weights[depth] = weight
    return depth


@register_jitable
def _seek(walk: Any, depth: Any, outer: Any, entry: Any, sums: Any, limits: Any, form: Any) -> Any:
    """Enter the outer modes of the block that holds an entry of these powers of all modes further out.

    Returns:
        (depth, position): position is the first entry of that block.
    """
    powers, stack = walk[0], walk[1]
    position = np.int64(0)
    for level in range(outer[1] - outer[0]):
        j = outer[1] - 1 - level
        left = stack[depth, _LEFT]
        before = sums[j, left + 1]
        x = 0
        while x < left and entry - position >= before - sums[j, left - x]:
            x += 1
        powers[j] = x
        if x > 0:
            position += before - sums[j, left + 1 - x]
            depth = _enter(walk, depth, j, sums, limits, form)
    return depth, position


@register_jitable
def _next_block(walk: Any, depth: Any, outer: Any, sums: Any, limits: Any, form: Any) -> Any:
    """Grow the innermost outer mode that can, set those further in to zero; return the depth, or `_END`."""
    powers, stack = walk[0], walk[1]
    j = outer[0]
    while j < outer[1]:
        if powers[j] < limits[BOUNDS, j] and stack[depth, _LEFT] - 1 >= limits[FLOORS, j]:
            if powers[j] > 0:
                depth -= 1
            powers[j] += 1
            return _enter(walk, depth, j, sums, limits, form)
        if powers[j] > 0:
            depth -= 1
            powers[j] = 0
        j += 1
    return _END


@register_jitable
def _longest(counts: Any, inner: Any, degree: Any) -> Any:
    """Return the length of the longest block."""
    longest = 0
    for d in range(degree + 1):
        longest = max(longest, counts[inner, d])
    return longest


@register_jitable
def _add_to(out: Any, at: Any, vector: Any, n: Any, tail: Any) -> Any:
    """Add the first n entries of a vector, or all where it has fewer, to `out[at:]`."""
    if n >= LANES:
        store_at(out, at, add(vector, load_at(out, at)))
    else:
        store_at(tail, 0, vector)
        for k in range(n):
            out[at + k] += tail[k]


@lane_jit
def polynomial_layer(
    source: FloatArray,
    degree: int,
    form: FloatArray,
    link_form: FloatArray,
    layout: tuple[int, int, int, int, int],
    limits: AnyArray,
    tables: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, FloatArray],
    base: AnyArray,
    out: FloatArray,
    chunk: tuple[int, int],
) -> None:
    """Multiply a polynomial by a linear form, into `out`.

    Real and imaginary parts are the two rows of an array.

    Args:
        source: float64[2, ...], the layer of degree - 1, padded by `PADDING`.
        degree: Degree of the new layer.
        form: float64[2, n_modes], the linear form: one column of the transfer matrix.
        link_form: float64[2, ...], its coefficient at each link, from `link_forms`.
        layout: (inner, n_free, n_kept, n_modes, least): where the kinds of modes end, and the least degree
            over the free modes that is wanted; (inner, n, n, n, 0) writes the layer itself.
        limits: int64[3, n_modes], with the rows `BOUNDS`, `FLOORS` and `FIXED`.
        tables: (counts, sums) from `prefix_counts`, and (first, start, link, weight) from `inner_tables`.
        base: int64[degree + 1], where the entries of each degree over the free modes begin in `out`.
        out: float64[2, ...] receives the coefficients. To float64[1, ...], which the caller has set to zero,
            their probabilities are added: |coefficient|^2 times the product of the factorials of all powers.
        chunk: Which of the chunks to work on, and into how many the entries are cut: each writes other
            entries.
    """
    # The walk of `linear_product` once more, in one piece: Numba counts references to the arrays that helpers
    # take, at each call, and where rules leave short blocks that takes 2.4 to 3.7 times as long.
    inner, n_free, n_kept, n_modes, least = layout
    counts, sums, first, start, link, weight = tables
    bounds, floors, fixed = limits[BOUNDS], limits[FLOORS], limits[FIXED]
    source_re, source_im = source[0], source[1]
    form_re, form_im = form[0], form[1]
    link_re, link_im = link_form[0], link_form[1]
    part, n_parts = chunk
    coefficients = len(out) > 1
    out_re, out_im = out[0], out[len(out) - 1]
    depth = n_modes + 1
    # The stack: one entry for each mode with a power, from the outermost in.
    mode_at = np.empty(depth, np.int64)
    rank_at = np.empty(depth, np.int64)  # of this block in a layer of `degree` that holds all powers
    main_at = np.empty(depth, np.int64)  # of the same powers one degree below; -1 where pruned
    shifts_at = np.empty(depth, np.int64)
    weight_at = np.empty(depth)
    # The shifts: source blocks that differ by one photon in an outer mode lie at rank + shift.
    shift = np.empty(depth, np.int64)
    shift_re = np.empty(depth)
    shift_im = np.empty(depth)
    powers = np.zeros(n_modes + 1, np.int64)
    longest = 0
    for d in range(degree + 1):
        longest = max(longest, counts[inner, d])
    sum_re = np.zeros(longest + PADDING)
    sum_im = np.zeros(longest + PADDING)
    tail = np.empty(LANES)
    zero = fill(0.0)
    n_fixed = 0
    for j in range(n_free, n_kept):
        powers[j] = fixed[j]
        n_fixed += fixed[j]
    while True:  # over the powers of the loss modes
        rank = 0
        main = 0
        left = degree
        w = 1.0
        q = 0
        n_shifts = 0
        for level in range(n_modes - n_free + (n_free - inner if part > 0 else 0)):
            j = n_modes - 1 - level
            if j == n_free - 1:
                q0, shifts0, left0, rank0, main0, w0 = q, n_shifts, left, rank, main, w
                size = counts[n_free, left]
                begin = size * part // n_parts
                rest = begin
                position = 0
            if j < n_free:
                x = 0
                while x < left and rest >= sums[j, left + 1] - sums[j, left - x]:
                    x += 1
                powers[j] = x
                rest -= sums[j, left + 1] - sums[j, left + 1 - x]
                position += sums[j, left + 1] - sums[j, left + 1 - x]
            x = powers[j]
            if x > 0:
                below = main
                main_left = left - 1
                rank += sums[j, left + 1] - sums[j, left + 1 - x]
                if below >= 0:
                    shift[n_shifts] = below + sums[j, left] - sums[j, left + 1 - x] - rank
                    shift_re[n_shifts] = form_re[j]
                    shift_im[n_shifts] = form_im[j]
                    n_shifts += 1
                    main = -1
                    if main_left - x >= floors[j] and x <= bounds[j]:
                        main = below + sums[j, left] - sums[j, left - x]
                left -= x
                for factor in range(2, x + 1):
                    w *= factor
                mode_at[q] = j
                rank_at[q] = rank
                main_at[q] = main
                shifts_at[q] = n_shifts
                weight_at[q] = w
                q += 1
        if part == 0 or n_free == inner:
            q0, shifts0, left0, rank0, main0, w0 = q, n_shifts, left, rank, main, w
            size = counts[n_free, left]
            begin = size * part // n_parts
            position = 0
        end = size * (part + 1) // n_parts
        while position < end:  # over the powers of the outer free modes
            length = counts[inner, left]
            if position >= begin:
                at = base[left0] + position
                if left == 0:
                    re = 0.0
                    im = 0.0
                    for i in range(n_shifts):
                        s = rank + shift[i]
                        re += shift_re[i] * source_re[s] - shift_im[i] * source_im[s]
                        im += shift_re[i] * source_im[s] + shift_im[i] * source_re[s]
                    if coefficients:
                        out_re[at] = re
                        out_im[at] = im
                    else:
                        out_re[at] += (re * re + im * im) * w
                else:
                    row = first[left]
                    if main >= 0:
                        # Unsigned: Numba would ask each signed index whether it counts from the end, and
                        # that alone takes half of the time (24 ms against 15 at 20 modes, 8 photons).
                        origin = np.uint64(main)
                        at_link = np.uint64(start[left])
                        slots = min(left, inner)
                        for e in range(length):
                            re = 0.0
                            im = 0.0
                            for _ in range(slots):
                                entry = origin + link[at_link]
                                f_re = link_re[at_link]
                                f_im = link_im[at_link]
                                re += f_re * source_re[entry] - f_im * source_im[entry]
                                im += f_re * source_im[entry] + f_im * source_re[entry]
                                at_link += np.uint64(1)
                            sum_re[e] = re
                            sum_im[e] = im
                    else:
                        for e in range(length):
                            sum_re[e] = 0.0
                            sum_im[e] = 0.0
                    for v in range(0, length, LANES):
                        # Four sums, so that the FMAs of one shift do not wait for one another.
                        a0 = load_at(sum_re, v)
                        b0 = load_at(sum_im, v)
                        a1 = zero
                        b1 = zero
                        for i in range(n_shifts):
                            s = rank + shift[i] + v
                            x_re = load_at(source_re, s)
                            x_im = load_at(source_im, s)
                            c_re = fill(shift_re[i])
                            c_im = fill(shift_im[i])
                            a0 = add(mul(c_re, x_re), a0)
                            a1 = add(mul(c_im, x_im), a1)
                            b0 = add(mul(c_re, x_im), b0)
                            b1 = add(mul(c_im, x_re), b1)
                        a0 = sub(a0, a1)
                        b0 = add(b0, b1)
                        o = at + v
                        if coefficients:
                            if v + LANES <= length:
                                store_at(out_re, o, a0)
                                store_at(out_im, o, b0)
                            else:
                                store_at(tail, 0, a0)
                                for z in range(length - v):
                                    out_re[o + z] = tail[z]
                                store_at(tail, 0, b0)
                                for z in range(length - v):
                                    out_im[o + z] = tail[z]
                        else:
                            p = mul(add(mul(a0, a0), mul(b0, b0)), mul(load_at(weight, row + v), fill(w)))
                            if v + LANES <= length:
                                store_at(out_re, o, add(p, load_at(out_re, o)))
                            else:
                                store_at(tail, 0, p)
                                for z in range(length - v):
                                    out_re[o + z] += tail[z]
            position += length
            # Step the powers: grow the innermost mode that can, set those below it to zero.
            j = inner
            while j < n_free and not (powers[j] < bounds[j] and left - 1 >= floors[j]):
                if powers[j] > 0:
                    left += powers[j]
                    powers[j] = 0
                    q -= 1
                j += 1
            if j >= n_free:
                break
            if q > q0 and mode_at[q - 1] == j:
                q -= 1
            if q > q0:
                rank, main, n_shifts, w = rank_at[q - 1], main_at[q - 1], shifts_at[q - 1], weight_at[q - 1]
            else:
                rank, main, n_shifts, w = rank0, main0, shifts0, w0
            left += powers[j]
            x = powers[j] + 1
            powers[j] = x
            below = main
            rank += sums[j, left + 1] - sums[j, left + 1 - x]
            if below >= 0:
                shift[n_shifts] = below + sums[j, left] - sums[j, left + 1 - x] - rank
                shift_re[n_shifts] = form_re[j]
                shift_im[n_shifts] = form_im[j]
                n_shifts += 1
                main = -1
                if left - 1 - x >= floors[j]:
                    main = below + sums[j, left] - sums[j, left - x]
            left -= x
            for factor in range(2, x + 1):
                w *= factor
            mode_at[q] = j
            rank_at[q] = rank
            main_at[q] = main
            shifts_at[q] = n_shifts
            weight_at[q] = w
            q += 1
        for j in range(inner, n_free):
            powers[j] = 0
        # Step the powers of the loss modes the same way.
        left = left0 + n_fixed
        j = n_kept
        while j < n_modes:
            if powers[j] < bounds[j] and left - 1 >= max(floors[j], n_fixed + least):
                break
            left += powers[j]
            powers[j] = 0
            j += 1
        if j >= n_modes:
            break
        powers[j] += 1


@lane_jit
def linear_product(
    source: FloatArray,
    degree: int,
    form: FloatArray,
    link_form: FloatArray,
    inner: int,
    limits: AnyArray,
    tables: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    out: FloatArray,
    chunk: tuple[int, int],
) -> None:
    """Add a real polynomial times a linear form to `out`, in place.

    Args:
        source: float64[...], the layer of degree - 1, padded by `PADDING`.
        degree: Degree of the product.
        form: float64[1, n_modes].
        link_form: float64[1, ...], from `link_forms`.
        inner: Number of inner modes; all others are outer ones.
        limits: int64[3, n_modes], as in `polynomial_layer`.
        tables: (counts, sums) from `prefix_counts`, and (start, link) from `inner_tables`.
        out: float64[...], layer of `degree`, in and out.
        chunk: Which of the chunks to work on, and into how many the entries are cut.
    """
    counts, sums, start, link = tables
    n_modes = form.shape[1]
    outer = inner, n_modes
    partial = np.zeros(_longest(counts, inner, degree) + PADDING)
    tail = np.empty(LANES)
    walk = _start(n_modes, degree, 1)
    stack, shifts, shift_forms = walk[1], walk[3], walk[4]
    size = counts[n_modes, degree]
    begin = size * chunk[0] // chunk[1]
    end = size * (chunk[0] + 1) // chunk[1]
    depth, rank = _seek(walk, np.int64(0), outer, begin, sums, limits, form)
    while depth != _END and rank < end:
        left = stack[depth, _LEFT]
        length = counts[inner, left]
        if rank >= begin:
            # Where no photon is left for the inner modes, there are no links to follow from MAIN.
            origin = np.uint64(max(stack[depth, _MAIN], 0))
            at_link = np.uint64(start[left])
            slots = min(left, inner)
            for e in range(length):
                value = 0.0
                for _ in range(slots):
                    value += link_form[0, at_link] * source[origin + link[at_link]]
                    at_link += np.uint64(1)
                partial[e] = value
            for v in range(0, length, LANES):
                a = load_at(partial, v)
                for i in range(stack[depth, _SHIFTS]):
                    a = add(a, mul(fill(shift_forms[0, i]), load_at(source, rank + shifts[i] + v)))
                _add_to(out, rank + v, a, length - v, tail)
        rank += length
        depth = _next_block(walk, depth, outer, sums, limits, form)
