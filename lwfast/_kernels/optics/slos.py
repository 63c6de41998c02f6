"""Strong linear-optical simulation: the output polynomial of photons, multiplied out layer by layer.

A layer holds the coefficients of a homogeneous polynomial of degree k, one variable a mode, in graded
recursive order: the power of the last mode ascends outermost, the first entry is x_0^k. Multiplying by a
linear form adds, for each mode, a shifted copy. For a fixed power of the outer modes these shifts are shifts
of whole contiguous blocks by one constant each, so no link table is needed: `polynomial_layer` walks over the
powers of the outer modes, keeps the shifts on a stack, and writes each entry of the new layer once, in
vectors of eight.

The modes are laid out as

    [0, inner)            summed through a small table that all blocks share
    [inner, n_free)       outer modes, walked over
    [n_free, n_kept)      heralded modes: their power is bounded, and fixed in the last layer
    [n_kept, n_modes)     modes that carry lost photons: the last layer sums over their powers

Two limits prune what cannot contribute: `bounds[j]` is the largest power of mode j, and `floors[j]` the least
degree that must be left below mode j once it has a power. Photon j of a triangular dilation couples to the
loss modes 0..j only, so loss mode i and those above it take at most k - i of k photons: floors[i] = i.

Source: N. Heurtel, S. Mansfield, J. Senellart, B. Valiron, "Strong simulation of linear optical processes",
Comput. Phys. Commun. 291, 108848 (2023), arXiv:2206.10549, for the layers; the block layout is our own.
"""

from __future__ import annotations

import math

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._simd import LANES, add, fill, lane_jit, load_at, mul, store_at, sub
from lwfast._types import AnyArray, FloatArray

AMPLITUDES = 0
PROBABILITIES = 1


@jit
def prefix_counts(bounds: AnyArray, floors: AnyArray, n_photons: int) -> tuple[AnyArray, AnyArray]:
    """Count the entries of layers over the first j modes.

    Args:
        bounds: int64[n_modes], largest power of each mode.
        floors: int64[n_modes], least degree below a mode that has a power.
        n_photons: Largest degree.

    Returns:
        counts int64[n_modes + 1, n_photons + 1]: entries of degree d over j modes.
        sums int64[n_modes + 1, n_photons + 2]: `sums[j, d]` adds the counts of degrees below d.
    """
    n_modes = bounds.size
    counts = np.zeros((n_modes + 1, n_photons + 1), np.int64)
    sums = np.zeros((n_modes + 1, n_photons + 2), np.int64)
    counts[0, 0] = 1
    for j in range(n_modes + 1):
        for d in range(n_photons + 1):
            if j > 0:
                top = min(bounds[j - 1], max(d - floors[j - 1], 0))
                counts[j, d] = sums[j - 1, d + 1] - sums[j - 1, d - top]
            sums[j, d + 1] = sums[j, d] + counts[j, d]
    return counts, sums


@jit
def inner_modes(n_free: int, n_photons: int, entries: float) -> int:
    """Choose how many modes the shared table of `inner_tables` serves.

    Larger blocks mean longer vectors and fewer steps of the walk, and a table that costs more to make. A
    twentieth of the entries, and at most what the second-level cache holds, is within 20 % of the best choice
    from 2 to 20 modes and 2 to 60 photons.

    Args:
        n_free: Modes that may be inner ones.
        n_photons: Largest degree.
        entries: Entries of the largest layer, as a float.
    """
    limit = min(3500.0, max(6.0, entries / 40.0))
    inner = 1
    size = 1.0
    while inner < n_free:
        # Entries of degree n_photons over one mode more.
        size = size * (inner + n_photons) / inner
        if size > limit:
            break
        inner += 1
    return inner


@jit
def inner_tables(
    inner: int, n_photons: int, counts: AnyArray, sums: AnyArray
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray, FloatArray]:
    """List, for each entry over the inner modes, the entries one photon below it.

    Args:
        inner: Number of inner modes, all unbounded.
        n_photons: Largest degree.
        counts: From `prefix_counts`.
        sums: From `prefix_counts`.

    Returns:
        first int64[n_photons + 2]: first row of each degree.
        start int64[n_photons + 2]: where the links of each degree begin; an entry of degree d has min(d,
            inner).
        link uint64[...]: rank of the entry below, within its degree; 0 for a link too many.
        link_mode int64[...]: the mode that the photon went to; `inner` for a link too many.
        weight float64[rows + 8]: product of the factorials of the powers.
    """
    rows = sums[inner, n_photons + 1]
    first = np.zeros(n_photons + 2, np.int64)
    start = np.zeros(n_photons + 2, np.int64)
    for d in range(n_photons + 1):
        start[d + 1] = start[d] + counts[inner, d] * min(inner, d)
    link = np.zeros(start[n_photons + 1], np.uint64)
    link_mode = np.full(start[n_photons + 1], inner, np.int64)
    weight = np.zeros(rows + 8)
    powers = np.zeros(inner, np.int64)
    row = 0
    for degree in range(n_photons + 1):
        first[degree] = row
        powers[:] = 0
        powers[0] = degree
        for entry in range(counts[inner, degree]):
            if entry > 0:
                _next_powers(powers)
            used = start[degree] + entry * min(inner, degree)
            w = 1.0
            for i in range(inner):
                for factor in range(2, powers[i] + 1):
                    w *= factor
                if powers[i] > 0:
                    rank = 0
                    d = degree - 1
                    for j in range(inner - 1, -1, -1):
                        x = powers[j] - (1 if j == i else 0)
                        rank += sums[j, d + 1] - sums[j, d + 1 - x]
                        d -= x
                    link[used] = np.uint64(rank)
                    link_mode[used] = i
                    used += 1
            weight[row] = w
            row += 1
    first[n_photons + 1] = row
    return first, start, link, link_mode, weight


@jit
def link_forms(link_mode: AnyArray, inner: int, form: FloatArray) -> FloatArray:
    """Return the coefficient of a linear form at each link, 0 at links too many: float64[...]."""
    out = np.zeros(link_mode.size)
    for z in range(link_mode.size):
        if link_mode[z] < inner:
            out[z] = form[link_mode[z]]
    return out


@jit
def _next_powers(powers: AnyArray) -> None:
    """Step `powers` to the next entry of its degree, in place; the last entry has no next."""
    if powers[0] > 0:
        powers[0] -= 1
        powers[1] += 1
        return
    p = 1
    while powers[p] == 0:
        p += 1
    powers[0] = powers[p] - 1
    powers[p] = 0
    powers[p + 1] += 1


@lane_jit
def polynomial_layer(
    source_re: FloatArray, source_im: FloatArray, degree: int, form_re: FloatArray, form_im: FloatArray,
    layout: tuple[int, int, int, int], bounds: AnyArray, floors: AnyArray, fixed: AnyArray, least: int,
    counts: AnyArray, sums: AnyArray, first: AnyArray, start: AnyArray, link: AnyArray, link_re: FloatArray,
    link_im: FloatArray, weight: FloatArray, kind: int, chunk: int, n_chunks: int, base: AnyArray,
    out_re: FloatArray, out_im: FloatArray,
) -> None:  # fmt: skip
    """Multiply a polynomial by a linear form, into `out`.

    Args:
        source_re: float64[...], real part of the layer of degree - 1, padded by 8.
        source_im: Its imaginary part.
        degree: Degree of the new layer.
        form_re: float64[n_modes], real part of the linear form: one column of the transfer matrix.
        form_im: Its imaginary part.
        layout: (inner, n_free, n_kept, n_modes); (inner, n, n, n) writes the layer itself.
        bounds: int64[n_modes], largest powers.
        floors: int64[n_modes], least degree below a mode that has a power.
        fixed: int64[n_modes], the powers of the heralded modes.
        least: Least degree over the free modes that is wanted.
        counts: From `prefix_counts`.
        sums: From `prefix_counts`.
        first: From `inner_tables`, as the next two.
        start: Where the links of each degree begin.
        link: Rank of the entry below.
        link_re: float64[...], from `link_forms`.
        link_im: float64[...], from `link_forms`.
        weight: Products of factorials, from `inner_tables`.
        kind: `AMPLITUDES` writes coefficients; `PROBABILITIES` adds |coefficient|^2 times the product of the
            factorials of all powers to `out_re`, which the caller has set to zero.
        chunk: Which of the chunks to work on: each writes other entries.
        n_chunks: Into how many chunks the entries are cut.
        base: int64[degree + 1], where the entries of each degree over the free modes begin in `out`.
        out_re: float64[...], real part or probabilities.
        out_im: float64[...], imaginary part.
    """
    inner, n_free, n_kept, n_modes = layout
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
    sum_re = np.zeros(longest + 8)
    sum_im = np.zeros(longest + 8)
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
        for level in range(n_modes - n_free + (n_free - inner if chunk > 0 else 0)):
            j = n_modes - 1 - level
            if j == n_free - 1:
                q0, shifts0, left0, rank0, main0, w0 = q, n_shifts, left, rank, main, w
                size = counts[n_free, left]
                begin = size * chunk // n_chunks
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
        if chunk == 0 or n_free == inner:
            q0, shifts0, left0, rank0, main0, w0 = q, n_shifts, left, rank, main, w
            size = counts[n_free, left]
            begin = size * chunk // n_chunks
            position = 0
        end = size * (chunk + 1) // n_chunks
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
                    if kind == 0:
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
                        if kind == 0:
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


DONE = 0
NOT_SIMPLE = 1


@jit
def slos_small(
    matrix: FloatArray, photons: AnyArray, rounding: float, most_entries: float
) -> tuple[int, int, FloatArray]:
    """Do a whole small distribution in one call: checks, layout and layers, for unitary columns only.

    At a few modes the layers take a microsecond, and preparing them in Python fifty. Each entry is added to
    the entries with one photon more, whose ranks follow from its own; blocks and lanes do not pay at this
    size, and calling `polynomial_layer` would compile it a second time.

    Args:
        matrix: float64[n_modes, 2 n_modes], re and im adjacent.
        photons: int64[n_modes].
        rounding: Largest entry of |T^H T - 1| over the occupied columns.
        most_entries: Largest distribution that is done here.

    Returns:
        `DONE`, the number of photons and the probabilities; or `NOT_SIMPLE`, 0 and nothing, where the
        arguments are wrong, lossy or large, and the caller has to look closer.
    """
    nothing = np.empty(0)
    n_modes = photons.size
    n_photons = 0
    for j in range(n_modes):
        if photons[j] < 0 or photons[j] > 100:
            return NOT_SIMPLE, 0, nothing
        n_photons += photons[j]
    entries = 1.0
    for k in range(n_photons):
        entries = entries * (n_modes + k) / (k + 1)
    if n_photons == 0 or n_photons > 100 or entries > most_entries:
        return NOT_SIMPLE, 0, nothing
    undefined = 0.0
    for i in range(n_modes):
        for j in range(2 * n_modes):
            undefined += matrix[i, j] * 0.0
    if undefined != 0.0:  # NaN or infinite entries, also where no photon enters
        return NOT_SIMPLE, 0, nothing
    columns_re = np.empty((n_photons, n_modes))
    columns_im = np.empty((n_photons, n_modes))
    for j in range(n_modes):
        if photons[j] == 0:
            continue
        # The occupied columns, each once: an isometry, or not for this kernel.
        for k in range(j + 1):
            if photons[k] == 0:
                continue
            re = -1.0 if k == j else 0.0
            im = 0.0
            for i in range(n_modes):
                re += matrix[i, 2 * j] * matrix[i, 2 * k] + matrix[i, 2 * j + 1] * matrix[i, 2 * k + 1]
                im += matrix[i, 2 * j] * matrix[i, 2 * k + 1] - matrix[i, 2 * j + 1] * matrix[i, 2 * k]
            if not (abs(re) <= rounding and abs(im) <= rounding):
                return NOT_SIMPLE, 0, nothing
    # The photons of all modes in turn, in proportion: see `_order.py`.
    taken = np.zeros(n_modes, np.int64)
    for row in range(n_photons):
        best = -1
        for j in range(n_modes):
            if taken[j] < photons[j] and (
                best < 0 or (2 * taken[j] + 1) * photons[best] < (2 * taken[best] + 1) * photons[j]
            ):
                best = j
        taken[best] += 1
        scale = 1.0 / math.sqrt(taken[best])
        for i in range(n_modes):
            columns_re[row, i] = matrix[i, 2 * best] * scale
            columns_im[row, i] = matrix[i, 2 * best + 1] * scale
    bounds = np.full(n_modes, n_photons)
    counts, sums = prefix_counts(bounds, np.zeros(n_modes, np.int64), n_photons)
    powers = np.zeros(n_modes + 1, np.int64)
    source_re = np.ones(1)
    source_im = np.zeros(1)
    for k in range(1, n_photons + 1):
        out_re = np.zeros(counts[n_modes, k])
        out_im = np.zeros(counts[n_modes, k])
        powers[:] = 0
        powers[0] = k - 1
        for entry in range(counts[n_modes, k - 1]):
            if entry > 0:
                _next_powers(powers)
            x_re = source_re[entry]
            x_im = source_im[entry]
            # One photon more in mode j: the ranks of the modes above count one photon more below them.
            above = 0
            below = entry
            left = k - 1
            for level in range(n_modes):
                j = n_modes - 1 - level
                x = powers[j]
                below -= sums[j, left + 1] - sums[j, left + 1 - x]
                target = above + sums[j, left + 2] - sums[j, left + 1 - x] + below
                f_re = columns_re[k - 1, j]
                f_im = columns_im[k - 1, j]
                out_re[target] += f_re * x_re - f_im * x_im
                out_im[target] += f_re * x_im + f_im * x_re
                above += sums[j, left + 2] - sums[j, left + 2 - x]
                left -= x
        source_re = out_re
        source_im = out_im
    powers[:] = 0
    powers[0] = n_photons
    for entry in range(source_re.size):
        if entry > 0:
            _next_powers(powers)
        weight = source_re[entry] * source_re[entry] + source_im[entry] * source_im[entry]
        for j in range(n_modes):
            for factor in range(2, powers[j] + 1):
                weight *= factor
        source_re[entry] = weight
    return DONE, n_photons, source_re
