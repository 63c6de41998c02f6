"""Permanents by expansion over sub-multisets of rows, all minors at once, and the boson sampler.

The expansion. Let rows i = 0..d-1 carry multiplicities r_i, N = Π(r_i + 1), and let columns a_0, a_1, ... be
vectors of length d. F[s], for every s <= r, is the coefficient of x^s in the product of the first |s| linear
forms Σ_i a_k[i] x_i:

    F[0] = 1,    F[s] = Σ_{i: s_i > 0} a_{|s|-1}[i] F[s - e_i],

and Π r_i! F[r] is the permanent of the matrix with rows repeated. It needs at most d N complex multiply-adds
and adds nothing but what the product of the forms adds: matrices of equal rows, where Glynn's and Ryser's
formulas lose digits, come out with a few roundings. The order of the columns decides whether partial
products are larger than the whole one: see `photon_order.py`. States are numbered in mixed radix, digit 0
fastest, so s - e_i is a fixed stride away and the complement r - s of state s is state N - 1 - s.

Minors. With B the same table for the columns taken from the last to the first, the permanent without column
l is Π r_i! Σ_{|s| = l} F[s] B[r - s]: all of them cost two tables and one scalar product. A row that is new
to the sampler is the slowest digit, so the table F of the step before is the lower part of the next one.

Complex numbers are pairs of float64 throughout (LLVM does not contract complex products to FMA).
"""

from __future__ import annotations

import math

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._words import trailing_zeros
from lwfast._kernels.optics.permanents.digits import CANCELS, DIGITS, SMALL_TO
from lwfast._types import AnyArray, ComplexArray, FloatArray, StateTable

_ALL = np.int64(1 << 62)
_NONE = np.int64(0)


@jit("const float64[:, :], int64, int64, const int64[:], int64, int64, int64, float64[:], uint16[:]")
def expand(
    table: AnyArray,
    first: int | np.int64,
    step: int | np.int64,
    powers: AnyArray,
    n_digits: int | np.int64,
    start: int | np.int64,
    end: int | np.int64,
    f: FloatArray,
    degrees: AnyArray,
) -> int:
    """Fill `f[2 * start : 2 * end]` with the expansion, and `degrees` alike; return the number of states N.

    Args:
        table: float64[n, 2 * width]: entry (k, i) of column k and digit i as adjacent re, im.
        first: State s uses column `first + step * |s|`: (-1, 1) from the first column on, (n, -1) from the
            last.
        step: See `first`.
        powers: int64[>= n_digits], multiplicity of each digit, all positive.
        n_digits: How many digits.
        start: States below are already there.
        end: Behind the last state that is wanted, or more than N.
        f: float64[2 * N], re and im adjacent.
        degrees: uint16[N] of |s|.
    """
    digits = np.zeros(64, dtype=np.int64)
    # Unsigned indices throughout: Numba wraps negative ones around, which costs a third here.
    strides = np.empty(64, dtype=np.uint64)
    n_states = 1
    for i in range(n_digits):
        # Bit 63 - i marks digit i: the slowest digit is visited first, the one computed last is used last.
        strides[63 - i] = np.uint64(2 * n_states)
        n_states *= powers[i] + 1
    active = np.uint64(0)
    degree = 0
    if start == 0:
        f[0] = 1.0
        f[1] = 0.0
        degrees[0] = 0
        begin: int | np.int64 = 1
    else:
        begin = start
    one = np.uint64(1)
    two = np.uint64(2)
    last = np.uint64(63)
    for state in range(begin, min(n_states, end)):
        if state == start:
            if 2 * start == n_states and powers[n_digits - 1] == 1:  # as the sampler asks for
                digits[n_digits - 1] = 1
                degree = 1
                active = one << np.uint64(64 - n_digits)
                rest = np.int64(0)
            else:
                rest = np.int64(start)
            for i in range(n_digits):
                if rest == 0:
                    break
                digits[i] = rest % (powers[i] + 1)
                rest //= powers[i] + 1
                if digits[i]:
                    degree += digits[i]
                    active |= one << np.uint64(63 - i)
        else:
            i = 0
            while digits[i] == powers[i]:
                degree -= powers[i]
                digits[i] = 0
                active &= ~(one << np.uint64(63 - i))
                i += 1
            digits[i] += 1
            degree += 1
            active |= one << np.uint64(63 - i)
        degrees[state] = degree
        coefficients = table[first + step * degree]
        here = two * np.uint64(state)
        # Four sums instead of two: a chain of fused adds would wait for itself.
        rr = ii = ri = ir = 0.0
        left = active
        while left:
            bit = np.uint64(trailing_zeros(left))
            left &= left - one
            at = here - strides[bit]
            x = f[at]
            y = f[at + one]
            k = two * (last - bit)
            u = coefficients[k]
            v = coefficients[k + one]
            rr += u * x
            ii += v * y
            ri += u * y
            ir += v * x
        f[here] = rr - ii
        f[here + one] = ri + ir
    return n_states


@jit("const complex128[:, :, :], const int64[:], const int64[:], complex128[:]")
def permanent_expansion(
    matrices: ComplexArray, powers: AnyArray, columns: AnyArray, out: ComplexArray
) -> None:
    """Write permanents of matrices with repeated rows and columns, divided by Π powers!.

    Args:
        matrices: complex128[b, d, c].
        powers: int64[d], multiplicity of each row, all positive.
        columns: int64[n], the column of each factor, repeats included; n = Σ powers.
        out: complex128[b]. NaN where the product of the columns' sizes leaves the range in which no
            intermediate value can overflow or lose digits to underflow (or where the input is not finite).
            NaN with the imaginary part CANCELS where, up to `SMALL_TO` rows, ten digits may not be right.

    What costs nothing to know of the rounding error is that it is at most n (d + 1) √2 roundings of the
    permanent of the absolute values, which is at most n! n^(-n/2) times the product of the norms of all
    columns (E. Carlen, E. H. Lieb, M. Loss, Methods Appl. Anal. 13, 1, 2006). A value below that is zero but
    for what roundings of the entries can do. From `SMALL_TO` rows on that says little; the caller asks.
    """
    n = columns.size
    n_digits = powers.size
    n_states = 1
    k = 0
    # n! n^(-n/2) / Π powers!, one factor for each column, so that none leaves the range.
    weights = np.empty(n)
    for i in range(n_digits):
        n_states *= powers[i] + 1
        for j in range(powers[i]):
            weights[k] = (k + 1) / (math.sqrt(n) * (j + 1))
            k += 1
    table = np.empty((n, 2 * n_digits))
    f = np.empty(2 * n_states)
    degrees = np.empty(n_states, dtype=np.uint16)
    for b in range(matrices.shape[0]):
        product = 1.0
        lowest = 1.0
        highest = 1.0
        bound = math.sqrt(2.0) * n * (n_digits + 1) * 2.0**-53
        for k in range(n):
            peak = 0.0
            squares = 0.0
            for i in range(n_digits):
                z = matrices[b, i, columns[k]]
                table[k, 2 * i] = z.real
                table[k, 2 * i + 1] = z.imag
                size = abs(z.real) + abs(z.imag)
                if not size <= peak:  # also where `size` is NaN
                    peak = size
                squares += powers[i] * (z.real * z.real + z.imag * z.imag)
            bound *= math.sqrt(squares) * weights[k]
            product *= peak
            lowest = min(lowest, product)
            highest = max(highest, product * (n_digits + 1.0) ** (k + 1))
        if lowest > 1e-200 and highest < 1e200:
            expand(
                table,
                np.int64(-1),
                np.int64(1),
                powers,
                np.int64(n_digits),
                np.int64(0),
                n_states,
                f,
                degrees,
            )
            out[b] = complex(f[2 * n_states - 2], f[2 * n_states - 1])
            if n <= SMALL_TO:
                size = math.hypot(f[2 * n_states - 2], f[2 * n_states - 1])
                if bound < size and not bound <= DIGITS * size:
                    out[b] = complex(math.nan, CANCELS)
        else:
            out[b] = complex(math.nan, math.nan)


@jit("const float64[:, :], const int64[:], const float64[:], const float64[:], const uint16[:], int64, int64")
def bound_terms(
    sizes: FloatArray,
    powers: AnyArray,
    forward: FloatArray,
    backward: FloatArray,
    degrees: AnyArray,
    begin: int,
    end: int,
) -> float:
    """Add up what the roundings of the states from `begin` to `end` can do to the last one.

    Every F[s] is rounded by at most √2 (d + 1) u Σ_i |a_i F[s - e_i]| with u = 2^-53, and the result depends
    on it by the factor B[r - s] of the table from the other end. The bound holds to first order in u.

    Args:
        sizes: float64[n, n_digits], absolute values of the factors.
        powers: int64[n_digits], multiplicity of each digit.
        forward: float64[2 * N], from `expand`.
        backward: float64[2 * N], from `expand` with the columns from the last to the first.
        degrees: uint16[N] of |s|.
        begin: First state, at least 1.
        end: Behind the last state.
    """
    n_digits = powers.size
    n_states = degrees.size
    bound = 0.0
    for state in range(begin, end):
        stride = 1
        left = state
        size = 0.0
        for i in range(n_digits):
            if left % (powers[i] + 1):
                at = 2 * (state - stride)
                size += sizes[degrees[state] - 1, i] * math.sqrt(forward[at] ** 2 + forward[at + 1] ** 2)
            stride *= powers[i] + 1
            left //= powers[i] + 1
        at = 2 * (n_states - 1 - state)
        bound += size * math.sqrt(backward[at] ** 2 + backward[at + 1] ** 2)
    return bound * math.sqrt(2.0) * (n_digits + 1) * 2.0**-53


@jit(
    "const float64[:], const float64[:], const uint16[:], int64, int64, int64, int64, float64[:], float64[:]"
)
def minors_sums(
    forward: FloatArray,
    backward: FloatArray,
    degrees: AnyArray,
    n_states: int | np.int64,
    n_columns: int | np.int64,
    begin: int | np.int64,
    end: int | np.int64,
    out: FloatArray,
    lost: FloatArray,
) -> None:
    """Add F[s] B[r - s] of the states from `begin` (a multiple of 256) to `end` to the sum of column |s|.

    Args:
        forward: float64[2 * N], from `expand`.
        backward: float64[2 * N], from `expand` with the columns from the last to the first.
        degrees: uint16[N] of |s|.
        n_states: N.
        n_columns: Number of columns.
        begin: First state.
        end: Behind the last state.
        out: float64[>= 2 * n_columns], the sums, in place: re and im of each column.
        lost: float64[>= 2 * n_columns], what they lost by rounding, in place.
    """
    block = np.zeros(2 * n_columns)
    for head in range(begin, end, 256):
        for state in range(head, min(head + 256, end)):
            other = 2 * (n_states - 1 - state)
            x = forward[2 * state]
            y = forward[2 * state + 1]
            u = backward[other]
            v = backward[other + 1]
            column = 2 * np.int64(degrees[state])
            block[column] += x * u - y * v
            block[column + 1] += x * v + y * u
        # Kahan's compensation for the sum of blocks: a plain sum of N terms loses sqrt(N) ulp.
        for k in range(2 * n_columns):
            term = block[k] - lost[k]
            before = out[k]
            out[k] = before + term
            lost[k] = (out[k] - before) - term
            block[k] = 0.0


@jit("const float64[:], const float64[:], const uint16[:], int64, int64, float64[:]")
def minors_sizes(
    forward: FloatArray, backward: FloatArray, degrees: AnyArray, begin: int, end: int, out: FloatArray
) -> None:
    """Add |F[s] B[r - s]| of the states from `begin` to `end` to the sum of column |s|.

    Args:
        forward: float64[2 * N], from `expand`.
        backward: float64[2 * N], from `expand` with the columns from the last to the first.
        degrees: uint16[N] of |s|.
        begin: First state.
        end: Behind the last state.
        out: float64[n_columns], in place.
    """
    n_states = degrees.size
    for state in range(begin, end):
        other = 2 * (n_states - 1 - state)
        x = forward[2 * state]
        y = forward[2 * state + 1]
        u = backward[other]
        v = backward[other + 1]
        out[degrees[state]] += math.sqrt((x * x + y * y) * (u * u + v * v))


@jit(
    "const float64[:, :], int64, const int64[:], int64, int64, float64[:], float64[:], uint16[:], float64[:]"
)
def minors_expansion(
    table: AnyArray,
    n_columns: int | np.int64,
    powers: AnyArray,
    n_digits: int | np.int64,
    start: int | np.int64,
    forward: FloatArray,
    backward: FloatArray,
    degrees: AnyArray,
    out: FloatArray,
) -> None:
    """Write Σ_{|s| = l} F[s] B[r - s] for every column l to `out[2 l], out[2 l + 1]`.

    Args as in `expand`; `forward` holds states below `start` from an earlier call with the same first
    columns.
    """
    n_states = 1
    for side in range(2):  # a loop, for one copy of `expand` to compile
        first = np.int64(-1) if side == 0 else np.int64(n_columns)
        begin = np.int64(start) if side == 0 else np.int64(0)
        target = forward if side == 0 else backward
        n_states = expand(
            table, first, np.int64(1 - 2 * side), powers, np.int64(n_digits), begin, _ALL, target, degrees
        )
    out[: 2 * n_columns] = 0.0
    lost = np.zeros(2 * n_columns)
    minors_sums(
        forward,
        backward,
        degrees,
        np.int64(n_states),
        np.int64(n_columns),
        _NONE,
        np.int64(n_states),
        out,
        lost,
    )


@jit(
    "const float64[:, :], const float64[:, :], const int64[:], int64, const float64[:], float64, "
    "float64[:], float64[:]"
)
def photon_mode(
    columns_re: FloatArray,
    columns_im: FloatArray,
    order: AnyArray,
    k: int,
    minors: FloatArray,
    uniform: float,
    re: FloatArray,
    im: FloatArray,
) -> int:
    """Draw the mode of the k-th photon from |Σ_l U[i, c_l] perm_l|².

    Args:
        columns_re: As in `sample_clifford`.
        columns_im: As in `sample_clifford`.
        order: int64[> k], the input of each photon.
        k: Which photon.
        minors: float64[2 * (k + 1)], perm_l without column l.
        uniform: In [0, 1).
        re: float64[m + l], overwritten.
        im: float64[m + l], overwritten.
    """
    n_rows = re.size
    re[:] = 0.0
    im[:] = 0.0
    for j in range(k + 1):
        u = minors[2 * j]
        v = minors[2 * j + 1]
        source_re = columns_re[order[j]]
        source_im = columns_im[order[j]]
        for i in range(n_rows):
            re[i] += u * source_re[i] - v * source_im[i]
            im[i] += u * source_im[i] + v * source_re[i]
    weight = 0.0
    for i in range(n_rows):
        weight += re[i] * re[i] + im[i] * im[i]
        re[i] = weight
    level = uniform * weight
    mode = 0
    while mode < n_rows - 1 and re[mode] <= level:
        mode += 1
    return mode


@jit("const float64[:, :], const float64[:, :], const int64[:, :], const float64[:, :], int64, uint8[:, :]")
def sample_clifford(
    columns_re: FloatArray,
    columns_im: FloatArray,
    photons: AnyArray,
    uniforms: FloatArray,
    n_states: int,
    out: StateTable,
) -> None:
    """Draw one output state a row by Clifford and Clifford's algorithm B.

    Sources: arXiv:1706.01260, and arXiv:2005.04214 for equal modes. Photon by photon in random order, the
    mode of the k-th one is drawn from |Σ_l U[i, c_l] perm_l|², with
    perm_l the permanent of the modes drawn so far without column l. Equal modes are one digit of the
    expansion.

    Args:
        columns_re: float64[c, m + l]: transfer amplitude from input c to each of m modes and l loss modes.
        columns_im: The imaginary parts.
        photons: int64[s or 1, n]: the input (a row of `columns_re`) of every photon, -1 where there is none
            (last).
        uniforms: float64[s, 2 * n] in [0, 1).
        n_states: Largest number of sub-multisets of n - 1 photons in these modes.
        out: uint8[s, m], zeros on entry; photons in loss modes are left out.
    """
    n_samples, n_modes = out.shape
    n_rows = columns_re.shape[1]
    most = photons.shape[1]
    forward = np.empty(2 * n_states)
    backward = np.empty(2 * n_states)
    degrees = np.empty(n_states, dtype=np.uint16)
    table = np.empty((most, 2 * most))
    powers = np.empty(most, dtype=np.int64)
    modes = np.empty(most, dtype=np.int64)
    order = np.empty(most, dtype=np.int64)
    minors = np.empty(2 * most)
    re = np.empty(n_rows)
    im = np.empty(n_rows)
    for sample in range(n_samples):
        row = sample if photons.shape[0] > 1 else 0
        n = 0
        while n < most and photons[row, n] >= 0:
            order[n] = photons[row, n]
            n += 1
        for k in range(n - 1, 0, -1):
            other = int(uniforms[sample, k] * (k + 1))
            order[k], order[other] = order[other], order[k]
        n_digits = 0
        done = 0  # states of `forward` that hold from the step before
        total = 1
        for k in range(n):
            column = order[k]
            if k == 0:
                minors[0] = 1.0
                minors[1] = 0.0
            else:
                for i in range(n_digits):
                    table[k, 2 * i] = columns_re[column, modes[i]]
                    table[k, 2 * i + 1] = columns_im[column, modes[i]]
                minors_expansion(table, k + 1, powers, n_digits, done, forward, backward, degrees, minors)
            mode = photon_mode(columns_re, columns_im, order, k, minors, uniforms[sample, most + k], re, im)
            if mode < n_modes:
                out[sample, mode] += 1
            digit = 0
            while digit < n_digits and modes[digit] != mode:
                digit += 1
            if digit == n_digits:
                modes[digit] = mode
                powers[digit] = 1
                n_digits += 1
                done = total if k else 0
                total *= 2
                for j in range(k + 1):
                    table[j, 2 * digit] = columns_re[order[j], mode]
                    table[j, 2 * digit + 1] = columns_im[order[j], mode]
            else:
                total = total // (powers[digit] + 1) * (powers[digit] + 2)
                powers[digit] += 1
                done = 0
