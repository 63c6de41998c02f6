"""Click patterns of threshold detectors.

`no_click_probabilities` is the exact answer. For a set Z of modes, let M be the Gram matrix of what the
photons leave outside of Z. The probability that no interfering photon is in Z is per(M), and

    per(A + diag(d)) = sum over subsets S of per(A[S, S]) times the product of d outside of S,

so one permanent per Z sums over all ways in which a source can fail.
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._simd import LANES, add, fill, get, lane_jit, load_at, mul, put, store_at, sub
from lwfast._types import FloatArray


@lane_jit(
    "const float64[:, :], const float64[:, :], const float64[:, :], const float64[:], "
    "const float64[:], int64, int64, float64[:]"
)
def no_click_probabilities(
    columns_re: FloatArray, columns_im: FloatArray, overlap: FloatArray, source: FloatArray,
    dark: FloatArray, begin: int, end: int, out: FloatArray,
) -> None:  # fmt: skip
    """Compute the probability that nothing clicks in Z, for sets Z of modes.

    Args:
        columns_re: float64[n_modes, n_photons], real part of the transfer matrix, one column a photon.
        columns_im: Imaginary part.
        overlap: float64[n_photons, n_photons]: 1 for photons that enter the same mode, else 0.
        source: float64[5]: probabilities that a photon is missing, comes alone and interferes, comes alone
            and is distinguishable, comes interfering with a distinguishable one, comes as two distinguishable
            ones.
        dark: float64[n_modes], probability of a dark count.
        begin: First set, a bit mask of modes; a multiple of LANES.
        end: One past the last; a multiple of LANES.
        out: float64[2 ** n_modes], out.
    """
    n_modes, n = columns_re.shape
    low_bits = 0
    while (1 << low_bits) < LANES:
        low_bits += 1
    middle_bits = min(6, n_modes - low_bits)
    # Lane l of group g stands for the set g * LANES + l. Gram matrices add over modes: tables hold those of
    # the lowest modes, lane by lane, and of the middle modes; the highest modes change every 64 groups.
    low_re = np.zeros((n * n, LANES))
    low_im = np.zeros((n * n, LANES))
    quiet_low = np.ones(LANES)
    for lane in range(LANES):
        for i in range(low_bits):
            if (lane >> i) & 1:
                quiet_low[lane] *= 1.0 - dark[i]
                for j in range(n):
                    for k in range(n):
                        low_re[j * n + k, lane] += (
                            columns_re[i, j] * columns_re[i, k] + columns_im[i, j] * columns_im[i, k]
                        )
                        low_im[j * n + k, lane] += (
                            columns_re[i, j] * columns_im[i, k] - columns_im[i, j] * columns_re[i, k]
                        )
    n_middle = 1 << middle_bits
    middle_re = np.zeros((n_middle, n * n))
    middle_im = np.zeros((n_middle, n * n))
    quiet_middle = np.ones(n_middle)
    for index in range(n_middle):
        for bit in range(middle_bits):
            if (index >> bit) & 1:
                i = low_bits + bit
                quiet_middle[index] *= 1.0 - dark[i]
                for j in range(n):
                    for k in range(n):
                        middle_re[index, j * n + k] += (
                            columns_re[i, j] * columns_re[i, k] + columns_im[i, j] * columns_im[i, k]
                        )
                        middle_im[index, j * n + k] += (
                            columns_re[i, j] * columns_im[i, k] - columns_im[i, j] * columns_re[i, k]
                        )
    high_re = np.zeros(n * n)
    high_im = np.zeros(n * n)
    quiet_high = 1.0
    a_re = np.empty((n * n, LANES))
    a_im = np.empty((n * n, LANES))
    sum_re = np.empty((n, LANES))
    sum_im = np.empty((n, LANES))
    scale = 1.0 / (1 << (n - 1))
    zero = fill(0.0)
    one = fill(1.0)
    missing = fill(source[0])
    interfering = fill(source[1])
    alone = fill(source[2])
    both = fill(source[3])
    pair = fill(source[4])
    at_high = -1
    for group in range(begin // LANES, end // LANES):
        if group // n_middle != at_high:
            at_high = group // n_middle
            high_re[:] = 0.0
            high_im[:] = 0.0
            quiet_high = 1.0
            for i in range(low_bits + middle_bits, n_modes):
                if (at_high >> (i - low_bits - middle_bits)) & 1:
                    quiet_high *= 1.0 - dark[i]
                    for j in range(n):
                        for k in range(n):
                            high_re[j * n + k] += (
                                columns_re[i, j] * columns_re[i, k] + columns_im[i, j] * columns_im[i, k]
                            )
                            high_im[j * n + k] += (
                                columns_re[i, j] * columns_im[i, k] - columns_im[i, j] * columns_re[i, k]
                            )
        index = group % n_middle
        for j in range(n):
            d = j * n + j
            absent = sub(one, add(get(low_re, d), fill(high_re[d] + middle_re[index, d])))
            # Row j is multiplied by what multiplies photon j; the square root on rows and columns would give
            # the same permanent.
            weight = add(interfering, mul(both, absent))
            negative = sub(zero, weight)
            for k in range(n):
                e = j * n + k
                re = add(get(low_re, e), fill(high_re[e] + middle_re[index, e]))
                im = add(get(low_im, e), fill(high_im[e] + middle_im[index, e]))
                put(a_re, e, mul(weight, sub(fill(overlap[j, k]), re)))
                put(a_im, e, mul(negative, im))
            single = add(missing, mul(absent, add(alone, mul(pair, absent))))
            put(a_re, d, add(mul(weight, absent), single))
            put(a_im, d, zero)
        # Glynn's formula in all lanes at once, rows in Gray-code order.
        for k in range(n):
            s_re = zero
            s_im = zero
            for j in range(n):
                s_re = add(s_re, get(a_re, j * n + k))
                s_im = add(s_im, get(a_im, j * n + k))
            put(sum_re, k, s_re)
            put(sum_im, k, s_im)
        total = zero
        sign = 1.0
        gray = 0
        for step in range(1 << (n - 1)):
            if step > 0:
                flip = 0
                while not (step >> flip) & 1:
                    flip += 1
                gray ^= 1 << flip
                change = fill(-2.0 if (gray >> flip) & 1 else 2.0)
                sign = -sign
                row = (flip + 1) * n
                for k in range(n):
                    put(sum_re, k, add(get(sum_re, k), mul(change, get(a_re, row + k))))
                    put(sum_im, k, add(get(sum_im, k), mul(change, get(a_im, row + k))))
            p_re = one
            p_im = zero
            for k in range(n):
                x_re = get(sum_re, k)
                x_im = get(sum_im, k)
                t = sub(mul(p_re, x_re), mul(p_im, x_im))
                p_im = add(mul(p_re, x_im), mul(p_im, x_re))
                p_re = t
            total = add(total, mul(fill(sign), p_re))
        store_at(
            out,
            group * LANES,
            mul(total, mul(fill(scale * quiet_high * quiet_middle[index]), load_at(quiet_low, 0))),
        )


@jit("float64[:], int64")
def clicks_from_no_clicks(values: FloatArray, n_modes: int) -> None:
    """Turn probabilities of "no click in Z" into those of click patterns, in place.

    Args:
        values: float64[2 ** n_modes]: in, at Z; out, at the pattern of clicks.
        n_modes: Number of modes.
    """
    size = 1 << n_modes
    for z in range(size // 2):
        values[z], values[size - 1 - z] = values[size - 1 - z], values[z]
    # Now values[C] is the probability that all clicks are in C; take differences, mode by mode.
    for i in range(n_modes):
        step = 1 << i
        for block in range(0, size, 2 * step):
            for c in range(block + step, block + 2 * step):
                values[c] -= values[c - step]
