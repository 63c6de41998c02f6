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
def _next_losses(powers: Any, losses: Any, limits: Any, left: Any, least: Any) -> Any:
    """Step the powers of the loss modes in the same manner; return False where there is no next.

    Below them are `left` photons, and at least `least` have to stay there.
    """
    for j in range(losses[0], losses[1]):
        if powers[j] < limits[BOUNDS, j] and left - 1 >= max(limits[FLOORS, j], least):
            powers[j] += 1
            return True
        left += powers[j]
        powers[j] = 0
    return False


@register_jitable
def _longest(counts: Any, inner: Any, degree: Any) -> Any:
    """Return the length of the longest block."""
    longest = 0
    for d in range(degree + 1):
        longest = max(longest, counts[inner, d])
    return longest


@register_jitable
def _write(out: Any, at: Any, vector: Any, n: Any, tail: Any) -> Any:
    """Write the first n entries of a vector, or all where it has fewer, to `out[at:]`."""
    if n >= LANES:
        store_at(out, at, vector)
    else:
        store_at(tail, 0, vector)
        for k in range(n):
            out[at + k] = tail[k]


@register_jitable
def _add_to(out: Any, at: Any, vector: Any, n: Any, tail: Any) -> Any:
    """Add the first n entries of a vector, or all where it has fewer, to `out[at:]`."""
    if n >= LANES:
        store_at(out, at, add(vector, load_at(out, at)))
    else:
        store_at(tail, 0, vector)
        for k in range(n):
            out[at + k] += tail[k]


@register_jitable
def _entry(source: Any, walk: Any, depth: Any) -> Any:
    """Return the coefficient of a block of one entry, which no inner mode contributes to."""
    source_re, source_im = source
    _, stack, _, shifts, shift_forms = walk
    rank = stack[depth, _RANK]
    re = 0.0
    im = 0.0
    for i in range(stack[depth, _SHIFTS]):
        s = rank + shifts[i]
        re += shift_forms[0, i] * source_re[s] - shift_forms[1, i] * source_im[s]
        im += shift_forms[0, i] * source_im[s] + shift_forms[1, i] * source_re[s]
    return re, im


@register_jitable
def _inner_sums(source: Any, main: Any, degree: Any, inner: Any, links: Any, length: Any, out: Any) -> Any:
    """Write what the inner modes contribute to the entries of a block, all of `degree` in these modes."""
    source_re, source_im = source
    start, link, link_re, link_im = links
    out_re, out_im = out
    if main == _PRUNED:
        for e in range(length):
            out_re[e] = 0.0
            out_im[e] = 0.0
        return
    # Unsigned: Numba would ask each signed index whether it counts from the end, and that alone takes half of
    # the time (24 ms against 15 at 20 modes, 8 photons).
    origin = np.uint64(main)
    at_link = np.uint64(start[degree])
    slots = min(degree, inner)
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
        out_re[e] = re
        out_im[e] = im


@register_jitable
def _outer_sums(source: Any, walk: Any, depth: Any, partial: Any, v: Any) -> Any:
    """Return the vector at v of a block: what the inner modes contribute, and the shifted copies."""
    source_re, source_im = source
    _, stack, _, shifts, shift_forms = walk
    at = stack[depth, _RANK] + v
    # Four sums, so that the FMAs of one shift do not wait for one another.
    a0 = load_at(partial[0], v)
    b0 = load_at(partial[1], v)
    a1 = fill(0.0)
    b1 = fill(0.0)
    for i in range(stack[depth, _SHIFTS]):
        s = at + shifts[i]
        x_re = load_at(source_re, s)
        x_im = load_at(source_im, s)
        c_re = fill(shift_forms[0, i])
        c_im = fill(shift_forms[1, i])
        a0 = add(mul(c_re, x_re), a0)
        a1 = add(mul(c_im, x_im), a1)
        b0 = add(mul(c_re, x_im), b0)
        b1 = add(mul(c_im, x_re), b1)
    return sub(a0, a1), add(b0, b1)


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
    inner, n_free, n_kept, n_modes, least = layout
    counts, sums, first, start, link, weight = tables
    parts = source[0], source[1]
    links = start, link, link_form[0], link_form[1]
    outer = inner, n_free
    losses = n_kept, n_modes
    coefficients = len(out) > 1
    out_re = out[0]
    out_im = out[len(out) - 1]
    longest = _longest(counts, inner, degree)
    partial = np.zeros(longest + PADDING), np.zeros(longest + PADDING)
    tail = np.empty(LANES)
    walk = _start(n_modes, degree, 2)
    powers, stack, weights = walk[0], walk[1], walk[2]
    n_fixed = 0
    for j in range(n_free, n_kept):
        powers[j] = limits[FIXED, j]
        n_fixed += powers[j]
    unfinished = True
    while unfinished:  # over the powers of the loss modes
        depth = 0
        for level in range(n_modes - n_free):
            j = n_modes - 1 - level
            if powers[j] > 0:
                depth = _enter(walk, depth, j, sums, limits, form)
        for j in range(inner, n_free):
            powers[j] = 0
        free_degree = stack[depth, _LEFT]
        size = counts[n_free, free_degree]
        begin = size * chunk[0] // chunk[1]
        end = size * (chunk[0] + 1) // chunk[1]
        position = np.int64(0)
        if begin > 0:
            depth, position = _seek(walk, depth, outer, begin, sums, limits, form)
        while depth != _END and position < end:  # over the powers of the outer modes
            left = stack[depth, _LEFT]
            length = counts[inner, left]
            at = base[free_degree] + position
            if position < begin:
                pass  # a block belongs to the chunk in which it begins
            elif left == 0:
                re, im = _entry(parts, walk, depth)
                if coefficients:
                    out_re[at] = re
                    out_im[at] = im
                else:
                    out_re[at] += (re * re + im * im) * weights[depth]
            else:
                _inner_sums(parts, stack[depth, _MAIN], left, inner, links, length, partial)
                for v in range(0, length, LANES):
                    re_, im_ = _outer_sums(parts, walk, depth, partial, v)
                    if coefficients:
                        _write(out_re, at + v, re_, length - v, tail)
                        _write(out_im, at + v, im_, length - v, tail)
                    else:
                        factorials = mul(load_at(weight, first[left] + v), fill(weights[depth]))
                        squares = add(mul(re_, re_), mul(im_, im_))
                        _add_to(out_re, at + v, mul(squares, factorials), length - v, tail)
            position += length
            depth = _next_block(walk, depth, outer, sums, limits, form)
        unfinished = _next_losses(powers, losses, limits, free_degree + n_fixed, least + n_fixed)


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
