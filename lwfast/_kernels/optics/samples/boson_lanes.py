"""The boson sampler for few photons: one sample in each lane of a vector register.

Let a_k be the mode of the k-th photon that was drawn, and number the photons as they are drawn. G_k[S], for
every set S of k photons, is the permanent of the rows a_1 ... a_k and the columns of the photons in S:

    G_0[{}] = 1,    G_k[S] = Σ_{p in S} U[a_k, c_p] G_{k-1}[S - p].

The weight of mode i for photon k is |Σ_{p <= k} U[i, c_p] G_{k-1}[{1 ... k} - p]|²: a layer holds all minors
of its photon, and is all that the next one is made from. That takes n 2^(n-1) complex multiply-adds a sample,
two thirds of what two expansions for each photon take, and which ones does not depend on what was drawn: so
samples go side by side. Photons that share modes do not make it cheaper; where many do, `sample_clifford` is
the faster one.

A set is a number with a bit for each photon. Its entry is one cache line where a register holds four numbers.
"""

from __future__ import annotations

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
    load_at,
    mul,
    put,
    put_transposed,
    store_at,
    sub,
)
from lwfast._kernels._words import trailing_zeros
from lwfast._types import AnyArray, FloatArray, StateTable


@jit
def sets_by_size(n_photons: int, sets: AnyArray, first: AnyArray) -> None:
    """List all sets of photons by their size, and those of a size as numbers that ascend.

    Args:
        n_photons: How many photons.
        sets: uint64[2^n_photons], out.
        first: int64[n_photons + 2], out: where the sets of each size begin, and where they end.
    """
    sizes = np.zeros(sets.size, dtype=np.uint8)
    for s in range(1, sets.size):
        sizes[s] = sizes[s >> 1] + (s & 1)
    first[:] = 0
    for s in range(sets.size):
        first[sizes[s] + 1] += 1
    for k in range(n_photons + 1):
        first[k + 1] += first[k]
    place = first.copy()
    for s in range(sets.size):
        sets[place[sizes[s]]] = s
        place[sizes[s]] += 1


@register_jitable
def _weigh_modes(
    columns: tuple[FloatArray, FloatArray],
    width: int,
    minors: FloatArray,
    starts: AnyArray,
    n_photons: int,
    lane: int,
    weights: FloatArray,
) -> None:
    """Write |Σ_p U[i, c_p] minor_p|² of every mode i to the part of one lane.

    Args:
        columns: float64[...] twice, the columns of `sample_in_lanes` in one row.
        width: Their length.
        minors: float64[2 * n_photons], the real and imaginary part of each.
        starts: int64[n_photons], where the column of each photon begins.
        n_photons: How many photons.
        lane: Which part.
        weights: float64[LANES * width], out.
    """
    re, im = columns
    for begin in range(0, width, 2 * LANES):
        i = min(begin, width - 2 * LANES)  # the last two vectors may be done twice
        # Eight sums for two vectors: a chain of fused adds would wait for itself.
        rr, ii, ri, ir = fill(0.0), fill(0.0), fill(0.0), fill(0.0)
        rr2, ii2, ri2, ir2 = fill(0.0), fill(0.0), fill(0.0), fill(0.0)
        for p in range(n_photons):
            u = broadcast(minors, 2 * p)
            v = broadcast(minors, 2 * p + 1)
            at = starts[p] + i
            a, b = load_at(re, at), load_at(im, at)
            rr = add(rr, mul(u, a))
            ii = add(ii, mul(v, b))
            ri = add(ri, mul(u, b))
            ir = add(ir, mul(v, a))
            a, b = load_at(re, at + LANES), load_at(im, at + LANES)
            rr2 = add(rr2, mul(u, a))
            ii2 = add(ii2, mul(v, b))
            ri2 = add(ri2, mul(u, b))
            ir2 = add(ir2, mul(v, a))
        x, y = sub(rr, ii), add(ri, ir)
        store_at(weights, lane * width + i, add(mul(x, x), mul(y, y)))
        x, y = sub(rr2, ii2), add(ri2, ir2)
        store_at(weights, lane * width + i + LANES, add(mul(x, x), mul(y, y)))


@register_jitable
def _next_layer(sets: AnyArray, end: np.uint64, factors: Any, table: Any) -> None:
    """Make the entries of sets of one size from those of sets with a photon less.

    Args:
        sets: uint64[...], sets of one size, as numbers that ascend.
        end: Sets from this number on have photons that no lane has.
        factors: float64[2 * n, LANES], what each photon has for the mode that was drawn last.
        table: float64[2^(n + 1), LANES], in place.
    """
    one = np.uint64(1)
    two = np.uint64(2)
    for here in sets:
        if here >= end:
            break
        # Four sums, as above.
        rr, ii, ri, ir = fill(0.0), fill(0.0), fill(0.0), fill(0.0)
        left = here
        while left:
            bit = left & (~left + one)
            photon = np.int64(two * np.uint64(trailing_zeros(left)))
            source = np.int64(two * (here ^ bit))
            left ^= bit
            u, v = get(factors, photon), get(factors, photon + 1)
            a, b = get(table, source), get(table, source + 1)
            rr = add(rr, mul(u, a))
            ii = add(ii, mul(v, b))
            ri = add(ri, mul(u, b))
            ir = add(ir, mul(v, a))
        target = np.int64(two * here)
        put(table, target, sub(rr, ii))
        put(table, target + 1, add(ri, ir))


@lane_jit(
    "const float64[:, :], const float64[:, :], int64, const int64[:, :], const float64[:, :], "
    "const int64[:], uint8[:, :]"
)
def sample_in_lanes(
    columns_re: FloatArray,
    columns_im: FloatArray,
    n_rows: int,
    photons: AnyArray,
    uniforms: FloatArray,
    which: AnyArray,
    out: StateTable,
) -> None:
    """Draw output states by Clifford and Clifford's algorithm B: what `sample_clifford` draws.

    Args:
        columns_re: float64[c, w]: transfer amplitude from input c to each of m modes and l loss modes, then
            zeros; w is a multiple of the number of lanes, and at least twice that.
        columns_im: The imaginary parts.
        n_rows: m + l.
        photons: int64[s or 1, n]: the input (a row of `columns_re`) of every photon, -1 where there is none
            (last).
        uniforms: float64[s, 2 * n] in [0, 1).
        which: int64[t]: the samples that are drawn. Neighbours with equal numbers of photons take least time.
        out: uint8[s, m], zeros in these rows on entry; photons in loss modes are left out.
    """
    n_modes = out.shape[1]
    width = columns_re.shape[1]
    most = photons.shape[1]
    sets = np.empty(1 << most, dtype=np.uint64)
    first = np.empty(most + 2, dtype=np.int64)
    sets_by_size(most, sets, first)
    flat_re = columns_re.reshape(-1)
    flat_im = columns_im.reshape(-1)
    table = empty_vectors(2 << most)  # real and imaginary part of each set
    entries = table.reshape(-1)
    factors = empty_vectors(2 * most)
    factor = factors.reshape(-1)
    sums = empty_vectors(width)
    bounds = sums.reshape(-1)
    weights = np.empty(LANES * width)
    minors = np.empty(2 * most)
    starts = np.empty(most, dtype=np.int64)
    order = np.zeros((LANES, most), dtype=np.int64)
    numbers = np.zeros(LANES, dtype=np.int64)
    for begin in range(0, which.size, LANES):
        n_lanes = min(LANES, which.size - begin)
        n = 0
        for lane in range(n_lanes):
            sample = which[begin + lane]
            row = sample if photons.shape[0] > 1 else 0
            number = 0
            while number < most and photons[row, number] >= 0:
                order[lane, number] = photons[row, number]
                number += 1
            for k in range(number - 1, 0, -1):
                other = int(uniforms[sample, k] * (k + 1))
                order[lane, k], order[lane, other] = order[lane, other], order[lane, k]
            for k in range(number, most):
                order[lane, k] = 0  # any column: nobody looks at what becomes of it
            numbers[lane] = number
            n = max(n, number)
        put(table, 0, fill(1.0))
        put(table, 1, fill(0.0))
        for k in range(n):
            whole = (2 << k) - 1
            for lane in range(n_lanes):
                for p in range(k + 1):
                    at = 2 * LANES * (whole ^ (1 << p)) + lane
                    minors[2 * p] = entries[at]
                    minors[2 * p + 1] = entries[at + LANES]
                    starts[p] = order[lane, p] * width
                _weigh_modes((flat_re, flat_im), width, minors, starts, k + 1, lane, weights)
            for i in range(0, width, LANES):
                put_transposed(sums, i, weights, i, width)
            running = fill(0.0)
            for i in range(n_rows):
                running = add(running, get(sums, i))
                put(sums, i, running)
            for lane in range(n_lanes):
                sample = which[begin + lane]
                mode: int | np.int64 = 0
                if k < numbers[lane]:
                    level = uniforms[sample, most + k] * bounds[(n_rows - 1) * LANES + lane]
                    for i in range(n_rows - 1):
                        mode += np.int64(bounds[i * LANES + lane] <= level)
                    if mode < n_modes:
                        out[sample, mode] += 1
                for p in range(n):
                    factor[2 * LANES * p + lane] = columns_re[order[lane, p], mode]
                    factor[2 * LANES * p + LANES + lane] = columns_im[order[lane, p], mode]
            if k + 1 == n:
                break
            _next_layer(sets[first[k + 1] : first[k + 2]], np.uint64(1 << n), factors, table)
