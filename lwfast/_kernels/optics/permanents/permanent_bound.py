"""How far rounding can move a permanent computed by `permanent_glynn`.

The kernel there takes the factors of two columns a, b at once. Whatever the pattern of signs, the computed
factor misses c_a c_b by at most ROUNDINGS u R_a R_b, with R_j = Σ_i |a_ij| and u = 2^-53 (every sum in it is
a Gray code of at most 64 steps over at most n rows). To first order the terms Π c then err by Σ_pairs τ_p
Π_{others} |c c|, which is summed here next to Π |c| itself, for all sign patterns and in no particular hurry.
"""

from __future__ import annotations

import math

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._types import ComplexArray, FloatArray

LANE_ROWS = 6
"""2^6 sign patterns side by side in plain arrays: LLVM makes vectors of the loops over them."""


@jit("const complex128[:, :], int64, int64, float64[:]")
def term_sizes(matrix: ComplexArray, start: int, stop: int, out: FloatArray) -> None:
    """Write Σ Π |c| to `out[0]` and Σ Σ_p R_a R_b Π_{others} |c c| to `out[1]`, for some outer steps.

    Args:
        matrix: complex128[n, n], n > LANE_ROWS.
        start: First of the 2^(n - 1 - LANE_ROWS) steps of the Gray code over the last rows.
        stop: One after the last.
        out: float64[2].
    """
    n = matrix.shape[0]
    lanes = 1 << LANE_ROWS
    n_cols = n + n % 2
    re = np.zeros((n_cols, lanes))
    im = np.zeros((n_cols, lanes))
    peak = np.zeros(n_cols)
    gray = start ^ (start >> 1)
    re[n_cols - 1] = 1.0  # a column of ones where n is odd
    peak[n_cols - 1] = 1.0
    for column in range(n):
        peak[column] = 0.0
        for row in range(n):
            z = matrix[row, column]
            peak[column] += math.hypot(z.real, z.imag)
        for lane in range(lanes):
            x = matrix[0, column].real
            y = matrix[0, column].imag
            for row in range(1, n):
                bits = lane >> (row - 1) if row <= LANE_ROWS else gray >> (row - 1 - LANE_ROWS)
                sign = -1.0 if bits & 1 else 1.0
                x += sign * matrix[row, column].real
                y += sign * matrix[row, column].imag
            re[column, lane] = x
            im[column, lane] = y
    product = np.empty(lanes)
    error = np.empty(lanes)
    total = np.zeros(lanes)
    total_error = np.zeros(lanes)
    for step in range(start, stop):
        row = 0
        delta = 0.0
        if step > start:
            changed = 0
            while not (step >> changed) & 1:
                changed += 1
            row = 1 + LANE_ROWS + changed
            delta = -2.0 if ((step ^ (step >> 1)) >> changed) & 1 else 2.0
        product[:] = 1.0
        error[:] = 0.0
        for column in range(0, n_cols, 2):
            ax = delta * matrix[row, column].real
            ay = delta * matrix[row, column].imag
            bx = delta * matrix[row, column + 1].real if column + 1 < n else 0.0
            by = delta * matrix[row, column + 1].imag if column + 1 < n else 0.0
            xs, ys, us, vs = re[column], im[column], re[column + 1], im[column + 1]
            weight = peak[column] * peak[column + 1]
            for lane in range(lanes):
                x = xs[lane] + ax
                y = ys[lane] + ay
                u = us[lane] + bx
                v = vs[lane] + by
                xs[lane] = x
                ys[lane] = y
                us[lane] = u
                vs[lane] = v
                size = math.sqrt((x * x + y * y) * (u * u + v * v))
                error[lane] = error[lane] * size + product[lane] * weight
                product[lane] *= size
        for lane in range(lanes):
            total[lane] += product[lane]
            total_error[lane] += error[lane]
    out[0] = total.sum()
    out[1] = total_error.sum()
