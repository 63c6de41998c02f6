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

from lwfast._kernels._jit import register_jitable
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


@lane_jit(
    "const float64[:, :], int64, const float64[:, :], const float64[:, :], "
    "(int64, int64, int64, int64, int64), const int64[:, :], (const int64[:, :], const int64[:, :], "
    "const int64[:], const int64[:], const uint64[:], const float64[:]), const int64[:], float64[:, :], "
    "(int64, int64)"
)
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
    # The parts are closures, which Numba writes into the walk. Functions outside take arrays as arguments
    # and count references to them at every call, which short blocks feel: where rules leave such, the whole
    # took 2.4 to 3.8 times as long. The same happens where a closure writes vectors to `out` on one of two
    # branches (1.2 times), so that is no part of its own.
    inner, n_free, n_kept, n_modes, least = layout
    counts, sums, first, start, link, weight = tables
    bounds, floors, fixed = limits[BOUNDS], limits[FLOORS], limits[FIXED]
    source_re, source_im = source[0], source[1]
    form_re, form_im = form[0], form[1]
    link_re, link_im = link_form[0], link_form[1]
    part, n_parts = chunk
    coefficients = len(out) > 1
    out_re, out_im = out[0], out[len(out) - 1]
    # The stack, an array for each kind; what is left is known without it.
    rank_at = np.empty(n_modes + 1, np.int64)
    main_at = np.empty(n_modes + 1, np.int64)
    shifts_at = np.empty(n_modes + 1, np.int64)
    weight_at = np.empty(n_modes + 1)
    rank_at[0] = main_at[0] = shifts_at[0] = 0
    weight_at[0] = 1.0
    shift = np.empty(n_modes + 1, np.int64)
    shift_re = np.empty(n_modes + 1)
    shift_im = np.empty(n_modes + 1)
    powers = np.zeros(n_modes + 1, np.int64)
    sum_re = np.zeros(_longest(counts, inner, degree) + PADDING)
    sum_im = np.zeros(len(sum_re))
    tail = np.empty(LANES)
    zero = fill(0.0)

    def enter(j: Any, left: Any, depth: Any, rank: Any, main: Any, n_shifts: Any, w: Any) -> Any:
        """Enter mode j with its power, which is not zero; return the new state."""
        x = powers[j]
        below = main
        rank += sums[j, left + 1] - sums[j, left + 1 - x]
        if below != _PRUNED:
            shift[n_shifts] = below + sums[j, left] - sums[j, left + 1 - x] - rank
            shift_re[n_shifts] = form_re[j]
            shift_im[n_shifts] = form_im[j]
            n_shifts += 1
            main = _PRUNED
            if left - 1 - x >= floors[j] and x <= bounds[j]:
                main = below + sums[j, left] - sums[j, left - x]
        for factor in range(2, x + 1):
            w *= factor
        depth += 1
        rank_at[depth] = rank
        main_at[depth] = main
        shifts_at[depth] = n_shifts
        weight_at[depth] = w
        return left - x, depth, rank, main, n_shifts, w

    def grow(left: Any, depth: Any) -> Any:
        """Let the innermost outer mode that can have one photon more, those further in have none.

        Returns:
            (j, left, depth): the mode, `n_free` where there is none, and the state before it is entered.
        """
        j = inner
        while j < n_free and not (powers[j] < bounds[j] and left - 1 >= floors[j]):
            if powers[j] > 0:
                left += powers[j]
                powers[j] = 0
                depth -= 1
            j += 1
        if j < n_free:
            if powers[j] > 0:
                left += powers[j]
                depth -= 1
            powers[j] += 1
        return j, left, depth

    def only_entry(rank: Any, n_shifts: Any) -> Any:
        """Return the entry of a block in which no photon is left for the inner modes."""
        re = 0.0
        im = 0.0
        for i in range(n_shifts):
            s = rank + shift[i]
            re += shift_re[i] * source_re[s] - shift_im[i] * source_im[s]
            im += shift_re[i] * source_im[s] + shift_im[i] * source_re[s]
        return re, im

    def follow_links(left: Any, main: Any, length: Any) -> None:
        """Sum over the inner modes, one photon of which the source has not."""
        if main != _PRUNED:
            # Unsigned: Numba would ask each signed index whether it counts from the end, and that alone
            # takes half of the time (24 ms against 15 at 20 modes, 8 photons).
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

    def add_shifts(v: Any, rank: Any, n_shifts: Any) -> Any:
        """Return a vector of sums, of the inner modes and of all shifts."""
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
        return sub(a0, a1), add(b0, b1)

    n_fixed = 0
    for j in range(n_free, n_kept):
        powers[j] = fixed[j]
        n_fixed += fixed[j]
    left0 = degree - n_fixed  # for the free modes
    while True:  # over the powers of the loss modes
        begin = counts[n_free, left0] * part // n_parts
        end = counts[n_free, left0] * (part + 1) // n_parts
        left, depth, rank, main, n_shifts, w = degree, 0, 0, 0, 0, 1.0
        position = 0
        for level in range(n_modes - (inner if part > 0 else n_free)):
            j = n_modes - 1 - level
            if j < n_free:  # seek the block that holds entry `begin`
                before = sums[j, left + 1]
                x = 0
                while x < left and begin - position >= before - sums[j, left - x]:
                    x += 1
                powers[j] = x
                position += before - sums[j, left + 1 - x]
            if powers[j] > 0:
                left, depth, rank, main, n_shifts, w = enter(j, left, depth, rank, main, n_shifts, w)
        while position < end:  # over the powers of the outer free modes
            length = counts[inner, left]
            if position >= begin:
                at = base[left0] + position
                if left == 0:
                    one_re, one_im = only_entry(rank, n_shifts)
                    if coefficients:
                        out_re[at] = one_re
                        out_im[at] = one_im
                    else:
                        out_re[at] += (one_re * one_re + one_im * one_im) * w
                else:
                    follow_links(left, main, length)
                    row = first[left]
                    for v in range(0, length, LANES):
                        re, im = add_shifts(v, rank, n_shifts)
                        o, n = at + v, length - v
                        if coefficients:
                            if n >= LANES:
                                store_at(out_re, o, re)
                                store_at(out_im, o, im)
                            else:
                                store_at(tail, 0, re)
                                for z in range(n):
                                    out_re[o + z] = tail[z]
                                store_at(tail, 0, im)
                                for z in range(n):
                                    out_im[o + z] = tail[z]
                        else:
                            p = mul(add(mul(re, re), mul(im, im)), mul(load_at(weight, row + v), fill(w)))
                            if n >= LANES:
                                store_at(out_re, o, add(p, load_at(out_re, o)))
                            else:
                                store_at(tail, 0, p)
                                for z in range(n):
                                    out_re[o + z] += tail[z]
            position += length
            j, left, depth = grow(left, depth)
            if j == n_free:
                break
            rank, main, n_shifts, w = rank_at[depth], main_at[depth], shifts_at[depth], weight_at[depth]
            left, depth, rank, main, n_shifts, w = enter(j, left, depth, rank, main, n_shifts, w)
        for j in range(inner, n_free):
            powers[j] = 0
        # Step the powers of the loss modes the same way.
        left = left0 + n_fixed
        j = n_kept
        while j < n_modes and not (powers[j] < bounds[j] and left - 1 >= max(floors[j], n_fixed + least)):
            left += powers[j]
            powers[j] = 0
            j += 1
        if j >= n_modes:
            break
        powers[j] += 1
        left0 = left - 1 - n_fixed


@lane_jit(
    "const float64[:], int64, const float64[:, :], const float64[:, :], int64, const int64[:, :], "
    "(const int64[:, :], const int64[:, :], const int64[:], const uint64[:]), float64[:], (int64, int64)"
)
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
