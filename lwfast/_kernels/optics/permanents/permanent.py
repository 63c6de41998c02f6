"""Glynn's formula in lanes, with the columns taken in pairs.

Glynn (2010): per(A) = 2^(1-n) Σ_s Π_i s_i Π_j c_j(s), c_j(s) = a_0j + Σ_{i>0} s_i a_ij, over s in {-1,
1}^(n-1).

Three kinds of rows. *Lane* rows (none when every lane has a matrix of its own) differ in sign from lane to
lane; the caller folds them into `base`. *Outer* rows run through a Gray code; the column sums X_j that
follow it are computed afresh every `BLOCK` steps, or rounding errors would pile up (at n = 18 by a factor of
300). *Inner* rows, the last k, are never added to the sums. For two columns with sums X, Y and inner parts
δ, ε,

    (X ± δ)(Y ± ε) = (X Y + δ ε) ± (X ε + Y δ),

where δ ε is a constant of the inner pattern, and X ε + Y δ is linear in the inner signs. One outer step so
needs 2 k + 1 complex products a pair of columns, then additions only for the factors of all 2^k patterns: a
pattern costs half the products that Glynn's formula asks for, and additions run beside products in the
machine. Eight patterns of a pair of columns take 34 products or multiply-adds and 32 additions, so 34 cycles
where both go at one vector a cycle: 0.073 ns for each of the n 2^(n-1) column terms at 3.6 GHz. Measured on
one Zen 4 core: 0.09 to 0.10 (plain Glynn cannot go below 0.135).

Complex numbers are split in real and imaginary vectors (see `_simd`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lwfast._kernels._jit import jit, register_jitable
from lwfast._kernels._simd import (
    LANES,
    add,
    broadcast,
    empty_vectors,
    fill,
    get,
    lane_jit,
    mul,
    peak,
    put,
    put_transposed,
    sub,
)
from lwfast._kernels.optics.permanents.digits import CANCELS, DIGITS
from lwfast._types import ComplexArray, FloatArray

BLOCK = 32
LANE_ROWS = LANES.bit_length() - 1
MIN_INNER = 3
"""Four patterns of the last two inner rows, and their opposites, are in flight at once."""
MIN_SIZE = max(1 + LANE_ROWS + MIN_INNER, 7)
"""Smallest matrix for `permanent_single`; below, groups of eight terms are too few to see what cancels."""
_FEW_GROUPS_TO = 6
"""Up to this size of a matrix in a stack, a permanent is compared with its largest entries too."""
COMPENSATED_TO = 24
"""Up to this size computing again what cancels takes little enough to keep 13 digits; see `cancels`."""
STACK_LEAST = 1e-3
"""Sums that are smaller beside the root of their squares may be wrong by more than 1e-11, nearly."""
UNEVEN = 4.0
"""How many times smaller than the largest row the others may be, in the geometric mean.

The sums over a column lose what is small beside the largest row, and the permanent has a factor of each row.
"""
_LOWEST = 2.0**-600
_HIGHEST = 2.0**600


@register_jitable
def product(ar: Any, ai: Any, br: Any, bi: Any) -> Any:
    """Return the real and imaginary part of a complex product."""
    return sub(mul(ar, br), mul(ai, bi)), add(mul(ar, bi), mul(ai, br))


@register_jitable
def flip(negative: Any, x: Any, y: Any) -> Any:
    """Return x -/+ 2 y, for vectors and for plain numbers."""
    return sub(sub(x, y), y) if negative else add(add(x, y), y)


@register_jitable
def inner_constants(rows: Any, n_cols: Any, inner: Any, out: Any) -> None:
    """Write δ ε of every pair of columns and inner pattern, in the order that the main loop takes them.

    Row 0 is positive, the last two rows are fastest (++, +-, --, -+), the rest follows a Gray code.
    """
    n_groups = 1 << (inner - 3)
    for pair in range(n_cols // 2):
        at = 4 * pair
        xr = get(rows, at)
        xi = get(rows, at + 1)
        yr = get(rows, at + 2)
        yi = get(rows, at + 3)
        for _ in range(1, inner - 2):
            at += 2 * n_cols
            xr = add(xr, get(rows, at))
            xi = add(xi, get(rows, at + 1))
            yr = add(yr, get(rows, at + 2))
            yi = add(yi, get(rows, at + 3))
        at += 2 * n_cols
        last = at + 2 * n_cols
        # Sum (s) and difference (d) of the last two rows.
        xsr = add(get(rows, at), get(rows, last))
        xsi = add(get(rows, at + 1), get(rows, last + 1))
        ysr = add(get(rows, at + 2), get(rows, last + 2))
        ysi = add(get(rows, at + 3), get(rows, last + 3))
        xdr = sub(get(rows, at), get(rows, last))
        xdi = sub(get(rows, at + 1), get(rows, last + 1))
        ydr = sub(get(rows, at + 2), get(rows, last + 2))
        ydi = sub(get(rows, at + 3), get(rows, last + 3))
        for group in range(n_groups):
            if group:
                changed = 0
                while not (group >> changed) & 1:
                    changed += 1
                negative = ((group ^ (group >> 1)) >> changed) & 1 == 1
                at = 2 * (changed + 1) * n_cols + 4 * pair
                xr = flip(negative, xr, get(rows, at))
                xi = flip(negative, xi, get(rows, at + 1))
                yr = flip(negative, yr, get(rows, at + 2))
                yi = flip(negative, yi, get(rows, at + 3))
            at = 8 * (n_cols // 2 * group + pair)
            zr, zi = product(add(xr, xsr), add(xi, xsi), add(yr, ysr), add(yi, ysi))
            put(out, at, zr)
            put(out, at + 1, zi)
            zr, zi = product(add(xr, xdr), add(xi, xdi), add(yr, ydr), add(yi, ydi))
            put(out, at + 2, zr)
            put(out, at + 3, zi)
            zr, zi = product(sub(xr, xsr), sub(xi, xsi), sub(yr, ysr), sub(yi, ysi))
            put(out, at + 4, zr)
            put(out, at + 5, zi)
            zr, zi = product(sub(xr, xdr), sub(xi, xdi), sub(yr, ydr), sub(yi, ydi))
            put(out, at + 6, zr)
            put(out, at + 7, zi)


@register_jitable
def linear_part(rows: Any, at: Any, xr: Any, xi: Any, yr: Any, yi: Any) -> Any:
    """Return X ε + Y δ for the entries δ, ε of a row in a pair of columns."""
    dr = broadcast(rows, at)
    di = broadcast(rows, at + 1)
    er = broadcast(rows, at + 2)
    ei = broadcast(rows, at + 3)
    return (
        sub(add(mul(xr, er), mul(yr, dr)), add(mul(xi, ei), mul(yi, di))),
        add(add(mul(xr, ei), mul(yr, di)), add(mul(xi, er), mul(yi, dr))),
    )


@register_jitable
def opposite_factors(zr: Any, zi: Any, constants: Any, at: Any, sr: Any, si: Any) -> Any:
    """Return the factor of a pair of columns for a pattern and for its opposite."""
    er = add(zr, broadcast(constants, at))
    ei = add(zi, broadcast(constants, at + 1))
    return add(er, sr), add(ei, si), sub(er, sr), sub(ei, si)


@lane_jit(
    "const float64[:, :], const float64[:], int64, int64, int64, float64[:, :]",
    "const float64[:, :], const float64[:, :], int64, int64, int64, float64[:, :]",
)
def permanent_glynn(
    base: FloatArray,
    rows: FloatArray,
    inner: int,
    start: int | np.int64,
    stop: int,
    out: FloatArray,
) -> None:
    """Write Σ Π s Π c over outer steps start to stop and all inner patterns to `out`.

    Args:
        base: float64[2 * n_cols, LANES], the sum of the rows with fixed signs, real and imaginary part of
            each column; n_cols even.
        rows: The rows with free signs in the same manner, the inner ones first: float64[2 * n_rows * n_cols]
            for all lanes alike, or float64[2 * n_rows * n_cols, LANES].
        inner: Number of inner rows, at least 3.
        start: First outer step; there are 2^(n_rows - inner).
        stop: One after the last.
        out: float64[3, LANES]: real part, imaginary part, and the sum of the squares of groups of eight
            terms, beside which a sum that cancels is small.
    """
    n_cols = base.shape[0] // 2
    n_pairs = n_cols // 2
    n_rows = rows.shape[0] // (2 * n_cols)
    n_groups = 1 << (inner - 3)
    constants = np.empty((8 * n_groups * n_pairs, *rows.shape[1:]))
    inner_constants(rows, n_cols, inner, constants)
    sums = empty_vectors(2 * n_cols)
    # Of each pair: X ε_i + Y δ_i of every inner row (for the last two their sum and difference), X Y, and the
    # signed sum of the former, without the last two, that follows the group.
    width = 2 * inner + 4
    work = empty_vectors(n_pairs * width)
    at_last = 2 * inner - 4
    at_product = 2 * inner
    at_sum = 2 * inner + 2
    opposite = fill(1.0 if inner % 2 == 0 else -1.0)
    total_re = block_re = step_re = fill(0.0)
    total_im = block_im = step_im = fill(0.0)
    squares = fill(0.0)
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
                xr = get(base, 2 * column)
                xi = get(base, 2 * column + 1)
                for i in range(inner, n_rows):
                    at = 2 * (i * n_cols + column)
                    if (gray >> (i - inner)) & 1:
                        xr = sub(xr, broadcast(rows, at))
                        xi = sub(xi, broadcast(rows, at + 1))
                    else:
                        xr = add(xr, broadcast(rows, at))
                        xi = add(xi, broadcast(rows, at + 1))
                put(sums, 2 * column, xr)
                put(sums, 2 * column + 1, xi)
        else:
            changed = 0
            while not (step >> changed) & 1:
                changed += 1
            delta = fill(-2.0 if (gray >> changed) & 1 else 2.0)
            row = 2 * (inner + changed) * n_cols
        for pair in range(n_pairs):
            column = 4 * pair
            at = row + column
            xr = add(get(sums, column), mul(delta, broadcast(rows, at)))
            xi = add(get(sums, column + 1), mul(delta, broadcast(rows, at + 1)))
            yr = add(get(sums, column + 2), mul(delta, broadcast(rows, at + 2)))
            yi = add(get(sums, column + 3), mul(delta, broadcast(rows, at + 3)))
            put(sums, column, xr)
            put(sums, column + 1, xi)
            put(sums, column + 2, yr)
            put(sums, column + 3, yi)
            here = pair * width
            zr, zi = product(xr, xi, yr, yi)
            put(work, here + at_product, zr)
            put(work, here + at_product + 1, zi)
            tr = fill(0.0)
            ti = fill(0.0)
            for i in range(inner - 2):
                ur, ui = linear_part(rows, 2 * i * n_cols + column, xr, xi, yr, yi)
                put(work, here + 2 * i, ur)
                put(work, here + 2 * i + 1, ui)
                tr = add(tr, ur)
                ti = add(ti, ui)
            ur, ui = linear_part(rows, 2 * (inner - 2) * n_cols + column, xr, xi, yr, yi)
            vr, vi = linear_part(rows, 2 * (inner - 1) * n_cols + column, xr, xi, yr, yi)
            put(work, here + at_last, add(ur, vr))
            put(work, here + at_last + 1, add(ui, vi))
            put(work, here + at_last + 2, sub(ur, vr))
            put(work, here + at_last + 3, sub(ui, vi))
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
            here = 0
            at = 8 * n_pairs * group
            tr = add(get(work, here + at_sum), mul(delta, get(work, here + changed)))
            ti = add(get(work, here + at_sum + 1), mul(delta, get(work, here + changed + 1)))
            put(work, here + at_sum, tr)
            put(work, here + at_sum + 1, ti)
            zr = get(work, here + at_product)
            zi = get(work, here + at_product + 1)
            ur = get(work, here + at_last)
            ui = get(work, here + at_last + 1)
            p0r, p0i, q0r, q0i = opposite_factors(zr, zi, constants, at, add(tr, ur), add(ti, ui))
            vr = get(work, here + at_last + 2)
            vi = get(work, here + at_last + 3)
            p1r, p1i, q1r, q1i = opposite_factors(zr, zi, constants, at + 2, add(tr, vr), add(ti, vi))
            p2r, p2i, q2r, q2i = opposite_factors(zr, zi, constants, at + 4, sub(tr, ur), sub(ti, ui))
            p3r, p3i, q3r, q3i = opposite_factors(zr, zi, constants, at + 6, sub(tr, vr), sub(ti, vi))
            for pair in range(1, n_pairs):
                here = pair * width
                at = 8 * (n_pairs * group + pair)
                tr = add(get(work, here + at_sum), mul(delta, get(work, here + changed)))
                ti = add(get(work, here + at_sum + 1), mul(delta, get(work, here + changed + 1)))
                put(work, here + at_sum, tr)
                put(work, here + at_sum + 1, ti)
                zr = get(work, here + at_product)
                zi = get(work, here + at_product + 1)
                ur = get(work, here + at_last)
                ui = get(work, here + at_last + 1)
                fr, fi, gr, gi = opposite_factors(zr, zi, constants, at, add(tr, ur), add(ti, ui))
                p0r, p0i = product(p0r, p0i, fr, fi)
                q0r, q0i = product(q0r, q0i, gr, gi)
                vr = get(work, here + at_last + 2)
                vi = get(work, here + at_last + 3)
                fr, fi, gr, gi = opposite_factors(zr, zi, constants, at + 2, add(tr, vr), add(ti, vi))
                p1r, p1i = product(p1r, p1i, fr, fi)
                q1r, q1i = product(q1r, q1i, gr, gi)
                fr, fi, gr, gi = opposite_factors(zr, zi, constants, at + 4, sub(tr, ur), sub(ti, ui))
                p2r, p2i = product(p2r, p2i, fr, fi)
                q2r, q2i = product(q2r, q2i, gr, gi)
                fr, fi, gr, gi = opposite_factors(zr, zi, constants, at + 6, sub(tr, vr), sub(ti, vi))
                p3r, p3i = product(p3r, p3i, fr, fi)
                q3r, q3i = product(q3r, q3i, gr, gi)
            signs = fill(sign)
            zr = sub(add(p0r, p2r), add(p1r, p3r))
            zi = sub(add(p0i, p2i), add(p1i, p3i))
            zr = add(zr, mul(opposite, sub(add(q0r, q2r), add(q1r, q3r))))
            zi = add(zi, mul(opposite, sub(add(q0i, q2i), add(q1i, q3i))))
            step_re = add(step_re, mul(signs, zr))
            step_im = add(step_im, mul(signs, zi))
            squares = add(squares, add(mul(zr, zr), mul(zi, zi)))
        # Sums of sums: one running sum of N terms would lose sqrt(N) units in the last place.
        block_re = add(block_re, step_re)
        block_im = add(block_im, step_im)
        step_re = fill(0.0)
        step_im = fill(0.0)
        if step + 1 == stop or (step + 1) % BLOCK == 0:
            total_re = add(total_re, block_re)
            total_im = add(total_im, block_im)
            block_re = fill(0.0)
            block_im = fill(0.0)
    put(out, 0, total_re)
    put(out, 1, total_im)
    put(out, 2, squares)


@jit("const complex128[:, :]")
def has_equal_lines(matrix: ComplexArray) -> bool:
    """Say whether two rows or two columns of complex128[a, b] are equal."""
    a, b = matrix.shape
    for i in range(a):
        for j in range(i):
            k = 0
            while k < b and matrix[i, k] == matrix[j, k]:
                k += 1
            if k == b:
                return True
    for i in range(b):
        for j in range(i):
            k = 0
            while k < a and matrix[k, i] == matrix[k, j]:
                k += 1
            if k == a:
                return True
    return False


@register_jitable
def are_even(product_of_rows: Any, highest: Any, n: Any) -> Any:
    """Say whether the largest entries of n rows, of this product and maximum, are alike; see `UNEVEN`."""
    if not _LOWEST < product_of_rows < _HIGHEST:
        return False
    for _ in range(n):
        product_of_rows *= UNEVEN / highest
    return product_of_rows >= 1.0


@register_jitable
def in_range(matrix: Any) -> Any:
    """Say whether no product of column sums can overflow or lose digits to underflow (False for NaN too).

    False also where rows are so uneven that column sums lose the small ones; see `UNEVEN`.
    """
    n = matrix.shape[0]
    product_of_peaks = 1.0
    inside = True
    for column in range(n):
        peak = 0.0
        for row in range(n):
            z = matrix[row, column]
            size = abs(z.real) + abs(z.imag)
            if not size <= peak:  # also where `size` is NaN
                peak = size
        product_of_peaks *= peak
        inside = inside and _LOWEST < product_of_peaks < _HIGHEST
    highest = 0.0
    product_of_rows = 1.0
    for row in range(n):
        peak = 0.0
        for column in range(n):
            z = matrix[row, column]
            peak = max(peak, abs(z.real) + abs(z.imag))
        highest = max(highest, peak)
        product_of_rows *= peak
    return inside and are_even(product_of_rows, highest, n)


@register_jitable
def inner_rows(n_rows: Any) -> Any:
    """Return how many of the free rows are best taken as inner rows (measured on Zen 4)."""
    if n_rows < 7:
        return 3 if n_rows < 5 else 4
    return 5 if n_rows < 8 else 6 if n_rows < 11 else 7 if n_rows < 12 else 8


@lane_jit("const complex128[:, :], float64[:, :], float64[:]")
def pack_single(matrix: ComplexArray, base: FloatArray, rows: FloatArray) -> bool:
    """Split complex128[n, n] for `permanent_glynn`, with rows 1 to LANE_ROWS in lanes; say if in range."""
    n = matrix.shape[0]
    n_cols = base.shape[0] // 2
    for column in range(n_cols):
        for lane in range(LANES):
            re = 1.0 if column == n else matrix[0, column].real
            im = 0.0 if column == n else matrix[0, column].imag
            for row in range(LANE_ROWS if column < n else 0):
                sign = -1.0 if (lane >> row) & 1 else 1.0
                re += sign * matrix[1 + row, column].real
                im += sign * matrix[1 + row, column].imag
            base[2 * column, lane] = re
            base[2 * column + 1, lane] = im
        for row in range(n - 1 - LANE_ROWS):
            at = 2 * (row * n_cols + column)
            rows[at] = 0.0 if column == n else matrix[1 + LANE_ROWS + row, column].real
            rows[at + 1] = 0.0 if column == n else matrix[1 + LANE_ROWS + row, column].imag
    return in_range(matrix)


@register_jitable
def cancels(re: Any, im: Any, squares: Any, n: Any) -> Any:
    """Say whether a sum of Glynn's formula is so small beside its parts that roundings show.

    Up to `COMPENSATED_TO` rows that is where the relative error may pass 1e-13, beyond, where it may come
    near 1e-10. On Haar blocks of 20 rows the relative error is 4 times 2^-53 sqrt(squares) / |sum| in the
    median, and more than 10 times in one of ten; 10 times are 1e-13 where the root is 90 times |sum|. That is
    so for less than one Haar block in a hundred.
    """
    least = 0.01 if n <= COMPENSATED_TO else STACK_LEAST
    return re * re + im * im < least * least * squares


@lane_jit("const complex128[:, :]")
def permanent_single(matrix: ComplexArray) -> complex:
    """Return the permanent of complex128[n, n], n >= MIN_SIZE.

    The real part is NaN where the matrix is out of range; also where the permanent `cancels`, with the
    imaginary part CANCELS.
    """
    n = matrix.shape[0]
    n_cols = n + n % 2
    n_rows = n - 1 - LANE_ROWS
    base = np.empty((2 * n_cols, LANES))
    rows = np.empty(2 * n_rows * n_cols)
    if not pack_single(matrix, base, rows):
        return complex(math.nan, math.nan)
    out = np.empty((3, LANES))
    inner = inner_rows(n_rows)
    zero = np.int64(0)
    permanent_glynn(base, rows, inner, zero, 1 << (n_rows - inner), out)
    re = 0.0
    im = 0.0
    squares = 0.0
    for lane in range(LANES):
        sign = 1.0
        for row in range(LANE_ROWS):
            sign = -sign if (lane >> row) & 1 else sign
        re += sign * out[0, lane]
        im += sign * out[1, lane]
        squares += out[2, lane]
    if cancels(re, im, squares, n):
        return complex(math.nan, CANCELS)
    scale = 0.5 ** (n - 1)
    return complex(re * scale, im * scale)


@lane_jit("const float64[:], int64, int64, int64, complex128[:]")
def permanent_stack(matrices: FloatArray, n: int, start: int, stop: int, out: ComplexArray) -> None:
    """Write permanents of n x n matrices, n >= 1 + MIN_INNER, to `out[start:stop]`, a matrix a lane.

    Args:
        matrices: float64[b * n * n * 2], adjacent re, im.
        n: Size of a matrix.
        start: First matrix.
        stop: One after the last.
        out: complex128[b], NaN where a matrix is out of range or its rows are too uneven; with the imaginary
            part CANCELS where fewer than ten digits may be right.
    """
    n_cols = n + n % 2
    size = 2 * n * n
    width = 2 * n_cols
    rounded = -(-size // LANES) * LANES
    entries = empty_vectors(rounded)
    ends = np.zeros(LANES * size + LANES)
    # Of an odd size there is a column more: ones in row 0, zeros below.
    padded = empty_vectors(n * width)
    padded[:] = 0.0
    padded[2 * n : width : 2] = 1.0
    table = entries if n_cols == n else padded
    base = table[:width]
    rows = table[width : n * width]
    peaks = empty_vectors(n)
    row_peaks = empty_vectors(n)
    sums = np.empty((3, LANES))
    inner = inner_rows(n - 1)
    scale = 0.5 ** (n - 1)
    # Ten roundings of the product of the columns' norms: at most sqrt(2 n) times their largest entries.
    least = 10 * 2.0**-53 / DIGITS * math.sqrt(2.0 * n) ** n if n <= _FEW_GROUPS_TO else 0.0
    zero = np.int64(0)
    for first in range(start, stop, LANES):
        if first + LANES < stop:
            for at in range(0, rounded, LANES):
                put_transposed(entries, at, matrices, first * size + at, size)
        else:
            # Blocks at the end would reach beyond the array.
            left = (stop - first) * size
            ends[:left] = matrices[first * size : stop * size]
            for at in range(0, rounded, LANES):
                put_transposed(entries, at, ends, at, size)
        row_peaks[:] = 0.0
        for column in range(n):
            largest = fill(0.0)
            for row in range(n):
                at = 2 * (row * n + column)
                re = get(entries, at)
                im = get(entries, at + 1)
                largest = peak(peak(largest, re), im)
                put(row_peaks, row, peak(peak(get(row_peaks, row), re), im))
                if n_cols != n:
                    at = row * width + 2 * column
                    put(padded, at, re)
                    put(padded, at + 1, im)
            put(peaks, column, largest)
        permanent_glynn(base, rows, inner, zero, 1 << (n - 1 - inner), sums)
        for lane in range(min(LANES, stop - first)):
            product_of_peaks = 1.0
            inside = True
            for column in range(n):
                product_of_peaks *= peaks[column, lane]
                inside = inside and _LOWEST < product_of_peaks < _HIGHEST
            highest = 0.0
            lowest = math.inf
            product_of_rows = 1.0
            for row in range(n):
                highest = max(highest, row_peaks[row, lane])
                lowest = min(lowest, row_peaks[row, lane])
                product_of_rows *= row_peaks[row, lane]
            if not (math.isfinite(sums[0, lane]) and math.isfinite(sums[1, lane])):
                out[first + lane] = complex(math.nan, math.nan)
            elif lowest == 0.0:
                out[first + lane] = 0.0
            elif inside and are_even(product_of_rows, highest, n):
                total = math.sqrt(sums[0, lane] ** 2 + sums[1, lane] ** 2)
                if total < STACK_LEAST * math.sqrt(sums[2, lane]) or total * scale < least * product_of_peaks:
                    out[first + lane] = complex(math.nan, CANCELS)
                else:
                    out[first + lane] = complex(sums[0, lane] * scale, sums[1, lane] * scale)
            else:
                out[first + lane] = complex(math.nan, math.nan)
