"""When a number has digits enough, and what is said of one that has not.

A sum whose terms are larger than itself loses digits, so whatever adds such terms bounds its error and asks
here. A value is good

- where its error is at most `DIGITS` of it, or
- where the value is zero but for the rounding of the entries: an exactly vanishing permanent (as where
  photons meet on a balanced splitter) has no digits to speak of. Its error must then be no more than what a
  few roundings of the entries do to a permanent of its kind; see `log_scale` and, up to `SMALL_TO` rows, the
  kernel `permanent_expansion`.

What is neither is computed again by a method that loses less, and refused where there is no such method.
"""

from __future__ import annotations

import math

import numpy as np

from lwfast._kernels.optics.permanents.digits import DIGITS
from lwfast._types import AnyArray, ComplexArray
from lwfast.errors import PrecisionError

ROUNDING = 2.0**-53


def log_scale(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> float:
    """Return the logarithm of the largest permanent that a matrix of this norm can have.

    With repeated lines r and c and the largest singular value σ, a permanent is at most σ^n √(Π r! Π c!): its
    quotient by that is an amplitude of photons, times what a passive circuit transmits.
    """
    largest = float(np.linalg.norm(matrix, 2))
    factorials = sum(math.lgamma(count + 1) for count in (*row_counts.tolist(), *col_counts.tolist()))
    n = int(row_counts.sum())
    return n * math.log(largest) + factorials / 2 if largest > 0 else -math.inf


def check_precision(value: complex, bound: float, n: int, scale: float) -> None:
    """Raise unless a permanent is good.

    Args:
        value: The permanent, or a multiple of it.
        bound: Bound of its error, in the units of `value`.
        n: Size of the matrix.
        scale: Logarithm of the largest value it could have, see `log_scale`.

    Raises:
        PrecisionError: It has fewer than ten digits right.
    """
    size = abs(value)
    if bound <= DIGITS * size or bound == 0.0:
        return
    if bound < math.inf and math.log(bound) <= math.log(4 * n * ROUNDING) + scale:
        return
    miss = bound / size if size else math.inf
    msg = (
        f"The terms of a permanent of size {n} cancel: rounding may move it by {miss:.3g} of its value, and "
        f"{DIGITS:g} is the limit. Repeat equal rows and columns by `rows` and `cols`, which loses less, or "
        "compute this one in exact or longer arithmetic."
    )
    raise PrecisionError(msg)
