"""Glynn's formula with the rounding error of every step carried along.

For permanents that are small beside the terms they are summed from: there the roundings of the terms, one
part in 10^16 each, are no longer small beside the result. Sums are split exactly (Knuth's two-sum), products
too (a fused multiply-add gives what rounding took away), and the lost parts go through the same formula to
first order, as in the compensated algorithms of Ogita, Rump and Oishi (2005). The result is as good as one
in twice the precision, rounded; it costs ten times as long as `permanent_glynn`.
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._words import fma
from lwfast._kernels.optics.permanents.error_free import two_sum
from lwfast._types import ComplexArray, FloatArray

LANE_ROWS = 5
"""2^5 sign patterns side by side in plain arrays: LLVM makes vectors of the loops over them."""


# No contraction: a product that is fused into the sum after it would no longer be the rounded one.
@jit("const complex128[:, :], int64, int64, float64[:]", fastmath=False)
def permanent_compensated(matrix: ComplexArray, start: int, stop: int, out: FloatArray) -> None:
    """Write Σ Π s Π c over some steps of the Gray code to `out`, each part as a sum and a correction.

    Args:
        matrix: complex128[n, n], n > LANE_ROWS.
        start: First of the 2^(n - 1 - LANE_ROWS) steps of the Gray code over the last rows.
        stop: One after the last.
        out: float64[5]: real part, imaginary part, what is to be added to each, and the sum of the squares of
            the terms.
    """
    n = matrix.shape[0]
    lanes = 1 << LANE_ROWS
    # Of each column: the sums' real and imaginary parts, and their corrections.
    sums = np.empty((n, 4, lanes))
    product = np.empty((4, lanes))
    totals = np.zeros((4, lanes))
    squares = 0.0
    gray = start ^ (start >> 1)
    for column in range(n):
        for lane in range(lanes):
            xr = matrix[0, column].real
            xi = matrix[0, column].imag
            dr = 0.0
            di = 0.0
            for row in range(1, n):
                bits = lane >> (row - 1) if row <= LANE_ROWS else gray >> (row - 1 - LANE_ROWS)
                sign = -1.0 if bits & 1 else 1.0
                xr, lost = two_sum(xr, sign * matrix[row, column].real)
                dr += lost
                xi, lost = two_sum(xi, sign * matrix[row, column].imag)
                di += lost
            sums[column, 0, lane] = xr
            sums[column, 1, lane] = xi
            sums[column, 2, lane] = dr
            sums[column, 3, lane] = di
    for step in range(start, stop):
        gray = step ^ (step >> 1)
        delta = 0.0
        row = 0
        if step > start:
            while not (step >> row) & 1:
                row += 1
            delta = -2.0 if (gray >> row) & 1 else 2.0
            row += 1 + LANE_ROWS
        sign = 1.0
        while gray:
            sign = -sign
            gray &= gray - 1
        for lane in range(lanes):
            product[0, lane] = sign
            product[1, lane] = 0.0
            product[2, lane] = 0.0
            product[3, lane] = 0.0
        for column in range(n):
            change_re = delta * matrix[row, column].real
            change_im = delta * matrix[row, column].imag
            for lane in range(lanes):
                xr, lost = two_sum(sums[column, 0, lane], change_re)
                dr = sums[column, 2, lane] + lost
                xi, lost = two_sum(sums[column, 1, lane], change_im)
                di = sums[column, 3, lane] + lost
                sums[column, 0, lane] = xr
                sums[column, 1, lane] = xi
                sums[column, 2, lane] = dr
                sums[column, 3, lane] = di
                pr = product[0, lane]
                pi = product[1, lane]
                er = product[2, lane]
                ei = product[3, lane]
                a = pr * xr
                b = pi * xi
                c = pr * xi
                d = pi * xr
                re, lost_re = two_sum(a, -b)
                im, lost_im = two_sum(c, d)
                lost_re += fma(pr, xr, -a) - fma(pi, xi, -b)
                lost_im += fma(pr, xi, -c) + fma(pi, xr, -d)
                product[0, lane] = re
                product[1, lane] = im
                product[2, lane] = fma(er, xr, fma(-ei, xi, fma(pr, dr, fma(-pi, di, lost_re))))
                product[3, lane] = fma(er, xi, fma(ei, xr, fma(pr, di, fma(pi, dr, lost_im))))
        for lane in range(lanes):
            squares += product[0, lane] ** 2 + product[1, lane] ** 2
            for part in range(2):
                totals[part, lane], lost = two_sum(totals[part, lane], product[part, lane])
                totals[part + 2, lane] += lost + product[part + 2, lane]
    out[:] = 0.0
    out[4] = squares
    for lane in range(lanes):
        sign = 1.0
        for row in range(LANE_ROWS):
            sign = -sign if (lane >> row) & 1 else sign
        for part in range(2):
            out[part], lost = two_sum(out[part], sign * totals[part, lane])
            out[part + 2] += lost + sign * totals[part + 2, lane]
