"""Glynn's formula in lanes, with the columns taken in pairs.

Glynn (2010): per(A) = 2^(1-n) Σ_s Π_i s_i Π_j c_j(s), c_j(s) = a_0j + Σ_{i>0} s_i a_ij, over s in {-1, 1}^(n-1).

Three kinds of rows. *Lane* rows (none when every lane has a matrix of its own) differ in sign from lane to lane;
the caller folds them into `base`. *Outer* rows run through a Gray code; the column sums X_j that follow it are
computed afresh every `BLOCK` steps, or rounding errors would pile up (at n = 18 by a factor of 300). *Inner*
rows, the last k, are never added to the sums. For two columns with sums X, Y and inner parts δ, ε,

    (X ± δ)(Y ± ε) = (X Y + δ ε) ± (X ε + Y δ),

where δ ε is a constant of the inner pattern, and X ε + Y δ is linear in the inner signs. One outer step so needs
2 k + 1 complex products a pair of columns, then additions only for the factors of all 2^k patterns: a pattern
costs half the products that Glynn's formula asks for, and additions run beside products in the machine.
Measured on one Zen 4 core: 0.11 ns for each of the n 2^(n-1) column terms, where plain Glynn cannot go below 0.135.

Complex numbers are split in real and imaginary vectors (see `_simd`).
"""

from __future__ import annotations

import math

import numpy as np
from numba.extending import register_jitable

from lwfast._kernels._simd import LANES, add, broadcast, empty_vectors, fill, get, lane_jit, mul, put, sub
from lwfast._types import AnyArray, ComplexArray, FloatArray

BLOCK = 32
LANE_ROWS = LANES.bit_length() - 1
MIN_INNER = 3
"""Four patterns of the last two inner rows, and their opposites, are in flight at once."""
MIN_FREE = MIN_INNER
"""Rows besides the base that the kernel needs."""
_LOWEST = 2.0**-600
_HIGHEST = 2.0**600


@register_jitable
def product(ar, ai, br, bi):  # type: ignore[no-untyped-def]  # noqa: D103
    return sub(mul(ar, br), mul(ai, bi)), add(mul(ar, bi), mul(ai, br))


@register_jitable
def inner_constants(rows_re, rows_im, n_cols, inner, out_re, out_im):  # type: ignore[no-untyped-def]
    """Write δ ε of every pair of columns and inner pattern; row 0 positive, the last two rows fastest."""
    n_groups = 1 << (inner - 3)
    for pair in range(n_cols // 2):
        for pattern in range(4 * n_groups):
            group = pattern // 4
            # Bit i of `signs`: is inner row i negative? Groups in Gray code over rows 1 to inner - 3.
            signs = 2 * (group ^ (group >> 1))
            signs |= (pattern // 2 % 2) << (inner - 2) | (pattern % 2) << (inner - 1)
            at = 2 * pair
            xr = get(rows_re, at)
            xi = get(rows_im, at)
            yr = get(rows_re, at + 1)
            yi = get(rows_im, at + 1)
            for i in range(1, inner):
                at += n_cols
                if (signs >> i) & 1:
                    xr = sub(xr, get(rows_re, at))
                    xi = sub(xi, get(rows_im, at))
                    yr = sub(yr, get(rows_re, at + 1))
                    yi = sub(yi, get(rows_im, at + 1))
                else:
                    xr = add(xr, get(rows_re, at))
                    xi = add(xi, get(rows_im, at))
                    yr = add(yr, get(rows_re, at + 1))
                    yi = add(yi, get(rows_im, at + 1))
            zr, zi = product(xr, xi, yr, yi)
            put(out_re, 4 * n_groups * pair + pattern, zr)
            put(out_im, 4 * n_groups * pair + pattern, zi)


@lane_jit
def permanent_glynn(
    base_re: FloatArray,
    base_im: FloatArray,
    rows_re: FloatArray,
    rows_im: FloatArray,
    inner: int,
    start: int,
    stop: int,
    out: FloatArray,
) -> None:
    """Write Σ Π s Π c over outer steps start to stop and all inner patterns to the vectors `out[0]`, `out[1]`.

    Args:
        base_re: float64[n_cols, LANES], the sum of the rows with fixed signs; n_cols even.
        base_im: The imaginary parts.
        rows_re: The rows with free signs, the inner ones first, flattened: float64[n_rows * n_cols] for all lanes
            alike, or float64[n_rows * n_cols, LANES].
        rows_im: The imaginary parts.
        inner: Number of inner rows, at least 3.
        start: First outer step; there are 2^(n_rows - inner).
        stop: One after the last.
        out: float64[2, LANES].
    """
    n_cols = base_re.shape[0]
    n_pairs = n_cols // 2
    n_rows = rows_re.shape[0] // n_cols
    n_groups = 1 << (inner - 3)
    const_re = np.empty((4 * n_groups * n_pairs, *rows_re.shape[1:]))
    const_im = np.empty((4 * n_groups * n_pairs, *rows_re.shape[1:]))
    inner_constants(rows_re, rows_im, n_cols, inner, const_re, const_im)
    sums = empty_vectors(2 * n_cols)
    # Of each pair: X ε_i + Y δ_i of every inner row, X Y, and the signed sum of the former that follows the group.
    width = 2 * inner + 4
    work = empty_vectors(n_pairs * width)
    at_product = 2 * inner
    at_sum = 2 * inner + 2
    opposite = fill(1.0 if inner % 2 == 0 else -1.0)
    total_re = fill(0.0)
    total_im = fill(0.0)
    for step in range(start, stop):
        gray = step ^ (step >> 1)
        sign = 1.0
        left = gray
        while left:
            sign = -sign
            left &= left - 1
        row = 0
        delta = fill(0.0)
        if step == start or step % BLOCK == 0:
            for column in range(n_cols):
                xr = get(base_re, column)
                xi = get(base_im, column)
                for i in range(inner, n_rows):
                    at = i * n_cols + column
                    if (gray >> (i - inner)) & 1:
                        xr = sub(xr, broadcast(rows_re, at))
                        xi = sub(xi, broadcast(rows_im, at))
                    else:
                        xr = add(xr, broadcast(rows_re, at))
                        xi = add(xi, broadcast(rows_im, at))
                put(sums, 2 * column, xr)
                put(sums, 2 * column + 1, xi)
        else:
            changed = 0
            while not (step >> changed) & 1:
                changed += 1
            delta = fill(-2.0 if (gray >> changed) & 1 else 2.0)
            row = (inner + changed) * n_cols
        for pair in range(n_pairs):
            column = 2 * pair
            at = row + column
            xr = add(get(sums, 2 * column), mul(delta, broadcast(rows_re, at)))
            xi = add(get(sums, 2 * column + 1), mul(delta, broadcast(rows_im, at)))
            yr = add(get(sums, 2 * column + 2), mul(delta, broadcast(rows_re, at + 1)))
            yi = add(get(sums, 2 * column + 3), mul(delta, broadcast(rows_im, at + 1)))
            put(sums, 2 * column, xr)
            put(sums, 2 * column + 1, xi)
            put(sums, 2 * column + 2, yr)
            put(sums, 2 * column + 3, yi)
            here = pair * width
            zr, zi = product(xr, xi, yr, yi)
            put(work, here + at_product, zr)
            put(work, here + at_product + 1, zi)
            tr = fill(0.0)
            ti = fill(0.0)
            for i in range(inner):
                at = i * n_cols + column
                dr = broadcast(rows_re, at)
                di = broadcast(rows_im, at)
                er = broadcast(rows_re, at + 1)
                ei = broadcast(rows_im, at + 1)
                zr = sub(add(mul(xr, er), mul(yr, dr)), add(mul(xi, ei), mul(yi, di)))
                zi = add(add(mul(xr, ei), mul(yr, di)), add(mul(xi, er), mul(yi, dr)))
                put(work, here + 2 * i, zr)
                put(work, here + 2 * i + 1, zi)
                if i < inner - 2:
                    tr = add(tr, zr)
                    ti = add(ti, zi)
            put(work, here + at_sum, tr)
            put(work, here + at_sum + 1, ti)
        for group in range(n_groups):
            changed = 0
            delta = fill(0.0)
            if group:
                while not (group >> changed) & 1:
                    changed += 1
                delta = fill(-2.0 if ((group ^ (group >> 1)) >> changed) & 1 else 2.0)
                changed = 2 * (changed + 1)
                sign = -sign
            # p and q: the products over columns of a pattern and of its opposite, for four patterns.
            p0r = p1r = p2r = p3r = q0r = q1r = q2r = q3r = fill(1.0)
            p0i = p1i = p2i = p3i = q0i = q1i = q2i = q3i = fill(0.0)
            for pair in range(n_pairs):
                here = pair * width
                tr = add(get(work, here + at_sum), mul(delta, get(work, here + changed)))
                ti = add(get(work, here + at_sum + 1), mul(delta, get(work, here + changed + 1)))
                put(work, here + at_sum, tr)
                put(work, here + at_sum + 1, ti)
                ur = get(work, here + at_product - 4)
                ui = get(work, here + at_product - 3)
                vr = get(work, here + at_product - 2)
                vi = get(work, here + at_product - 1)
                zr = get(work, here + at_product)
                zi = get(work, here + at_product + 1)
                at = 4 * (n_groups * pair + group)
                xr = add(tr, ur)
                xi = add(ti, ui)
                sr = add(xr, vr)
                si = add(xi, vi)
                er = add(zr, broadcast(const_re, at))
                ei = add(zi, broadcast(const_im, at))
                p0r, p0i = product(p0r, p0i, add(er, sr), add(ei, si))
                q0r, q0i = product(q0r, q0i, sub(er, sr), sub(ei, si))
                sr = sub(xr, vr)
                si = sub(xi, vi)
                er = add(zr, broadcast(const_re, at + 1))
                ei = add(zi, broadcast(const_im, at + 1))
                p1r, p1i = product(p1r, p1i, add(er, sr), add(ei, si))
                q1r, q1i = product(q1r, q1i, sub(er, sr), sub(ei, si))
                xr = sub(tr, ur)
                xi = sub(ti, ui)
                sr = add(xr, vr)
                si = add(xi, vi)
                er = add(zr, broadcast(const_re, at + 2))
                ei = add(zi, broadcast(const_im, at + 2))
                p2r, p2i = product(p2r, p2i, add(er, sr), add(ei, si))
                q2r, q2i = product(q2r, q2i, sub(er, sr), sub(ei, si))
                sr = sub(xr, vr)
                si = sub(xi, vi)
                er = add(zr, broadcast(const_re, at + 3))
                ei = add(zi, broadcast(const_im, at + 3))
                p3r, p3i = product(p3r, p3i, add(er, sr), add(ei, si))
                q3r, q3i = product(q3r, q3i, sub(er, sr), sub(ei, si))
            signs = fill(sign)
            zr = sub(add(p0r, p3r), add(p1r, p2r))
            zi = sub(add(p0i, p3i), add(p1i, p2i))
            zr = add(zr, mul(opposite, sub(add(q0r, q3r), add(q1r, q2r))))
            zi = add(zi, mul(opposite, sub(add(q0i, q3i), add(q1i, q2i))))
            total_re = add(total_re, mul(signs, zr))
            total_im = add(total_im, mul(signs, zi))
    put(out, 0, total_re)
    put(out, 1, total_im)
