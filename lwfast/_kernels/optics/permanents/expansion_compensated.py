"""The expansion over sub-multisets with the rounding error of every step carried along.

The same F[s] as in `expand` of `samples/boson_sampling.py`, each as a rounded sum and a correction: sums and
products are split exactly, and what they lose goes through the same recursion to first order. The result is
as good as one in twice the precision, rounded.
"""

from __future__ import annotations

from lwfast._kernels._jit import jit
from lwfast._kernels._words import fma
from lwfast._kernels.optics.permanents.error_free import two_sum
from lwfast._types import AnyArray, FloatArray


# No contraction: a product that is fused into the sum after it would no longer be the rounded one.
@jit(
    "const float64[:, :], const int64[:], const uint16[:], int64, int64, float64[:], float64[:]",
    fastmath=False,
)
def expand_compensated(
    table: FloatArray,
    powers: AnyArray,
    degrees: AnyArray,
    begin: int,
    end: int,
    f: FloatArray,
    lost: FloatArray,
) -> None:
    """Fill `f` and `lost` for the states from `begin` to `end`; F[s] is their sum.

    Args:
        table: float64[n, 2 * n_digits]: entry (k, i) of column k and digit i as adjacent re, im.
        powers: int64[n_digits], multiplicity of each digit, all positive.
        degrees: uint8[N] of |s|, from `expand`.
        begin: States below are already there.
        end: Behind the last state.
        f: float64[2 * N], the rounded sums, re and im adjacent.
        lost: float64[2 * N], the corrections.
    """
    n_digits = powers.size
    for state in range(begin, end):
        re = im = lost_re = lost_im = 0.0
        stride = 1
        left = state
        if state == 0:
            re = 1.0
        for i in range(n_digits):
            if left % (powers[i] + 1):
                at = 2 * (state - stride)
                u = table[degrees[state] - 1, 2 * i]
                v = table[degrees[state] - 1, 2 * i + 1]
                x = f[at]
                y = f[at + 1]
                a = u * x
                b = v * y
                c = u * y
                d = v * x
                re, gone = two_sum(re, a)
                lost_re += gone + fma(u, x, -a)
                re, gone = two_sum(re, -b)
                lost_re += gone - fma(v, y, -b)
                im, gone = two_sum(im, c)
                lost_im += gone + fma(u, y, -c)
                im, gone = two_sum(im, d)
                lost_im += gone + fma(v, x, -d)
                lost_re += u * lost[at] - v * lost[at + 1]
                lost_im += u * lost[at + 1] + v * lost[at]
            stride *= powers[i] + 1
            left //= powers[i] + 1
        f[2 * state] = re
        f[2 * state + 1] = im
        lost[2 * state] = lost_re
        lost[2 * state + 1] = lost_im
