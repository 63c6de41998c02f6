"""The way back through the layers of `layers.py`: from derivatives by coefficients to those by linear forms.

With P_k = L_k P_(k-1), and bars for derivatives of one real number by real part, plus i times those by
imaginary part,

    bar P_(k-1)[r] = sum over modes j of conj(L_k[j]) bar P_k[r + e_j]
    bar L_k[j]     = sum over entries r of conj(P_(k-1)[r]) bar P_k[r + e_j].

`adjoint_layer` walks over the entries r of the lower layer, so that each is written once and threads share
nothing. For fixed powers of the outer modes the entries r + e_j of an outer mode j are r and a shift, those
of an inner mode are looked up in a table that all blocks share. A step of the walk changes the power of one
mode: the shifts of the modes further out stay, and those of the modes further in, which are empty, are
    differences of two
ranks and a count.

Source: reverse accumulation, as in A. Griewank and A. Walther, "Evaluating Derivatives", SIAM (2008),
    chapter 3,
of the layers of arXiv:2206.10549; the block layout is our own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._simd import LANES, PADDING, add, fill, lane_jit, load_at, mul, store_at, sub, total
from lwfast._kernels.optics.layers import BOUNDS, FIXED, FLOORS
from lwfast._types import AnyArray, FloatArray

PROBABILITIES, AMPLITUDES, BY_PROBABILITIES, BY_AMPLITUDES = 0, 1, 2, 3
"""What `weigh_outcomes` does."""

_NOWHERE = -(1 << 62)
"""The shift of a mode that takes no photon more."""


@jit("int64, int64, const int64[:, :], const int64[:, :]")
def raised_entries(inner: int, n_photons: int, counts: AnyArray, sums: AnyArray) -> tuple[AnyArray, AnyArray]:
    """List, for each entry over the inner modes, the entries one photon above it.

    Args:
        inner: Number of inner modes, all unbounded.
        n_photons: Largest degree of the entries above.
        counts: int64[...], from `prefix_counts`.
        sums: int64[...], from `prefix_counts`.

    Returns:
        start int64[n_photons + 1]: where the table of each degree begins.
        raised uint64[...]: for each degree, for each inner mode, for each entry: the rank, within its
            degree, of the entry with a photon more in that mode.
    """
    start = np.zeros(n_photons + 1, np.int64)
    for d in range(n_photons):
        start[d + 1] = start[d] + counts[inner, d] * inner
    raised = np.zeros(start[n_photons], np.uint64)
    powers = np.zeros(inner, np.int64)
    for degree in range(n_photons):
        length = counts[inner, degree]
        powers[:] = 0
        powers[0] = degree
        for entry in range(length):
            if entry > 0:
                if powers[0] > 0:
                    powers[0] -= 1
                    powers[1] += 1
                else:
                    p = 1
                    while powers[p] == 0:
                        p += 1
                    powers[0] = powers[p] - 1
                    powers[p] = 0
                    powers[p + 1] += 1
            # One photon more in mode i: the ranks of the modes above count one photon more below them.
            above = 0
            below = entry
            left = degree
            for level in range(inner):
                i = inner - 1 - level
                x = powers[i]
                below -= sums[i, left + 1] - sums[i, left + 1 - x]
                rank = above + sums[i, left + 2] - sums[i, left + 1 - x] + below
                raised[start[degree] + i * length + entry] = np.uint64(rank)
                above += sums[i, left + 2] - sums[i, left + 2 - x]
                left -= x
    return start, raised


@lane_jit(
    "const float64[:, :], int64, const float64[:, :], const float64[:, :], int64, const int64[:, :], "
    "(const int64[:, :], const int64[:, :], const int64[:], const uint64[:]), float64[:, :], float64[:, :], "
    "(int64, int64)"
)
def adjoint_layer(
    above: FloatArray,
    degree: int,
    source: FloatArray,
    form: FloatArray,
    inner: int,
    limits: AnyArray,
    tables: tuple[AnyArray, AnyArray, AnyArray, AnyArray],
    below: FloatArray,
    out_form: FloatArray,
    chunk: tuple[int, int],
) -> None:
    """Go back through one product of a polynomial and a linear form.

    Real and imaginary parts are the two rows of an array; arrays of one row are real.

    Args:
        above: float64[parts, ...], derivatives by the entries of the layer of `degree`, padded by `PADDING`
            finite numbers.
        degree: Degree of the product.
        source: float64[parts, ...], the layer of degree - 1.
        form: float64[parts, n_modes], the linear form.
        inner: Number of inner modes.
        limits: int64[3, n_modes], as in `polynomial_layer`.
        tables: (counts, sums) from `prefix_counts`, and (start, raised) from `raised_entries`.
        below: float64[parts, ...] receives the derivatives by the entries of the layer of degree - 1.
        out_form: float64[parts, n_modes], to which the derivatives by the linear form are added.
        chunk: Which of the chunks to work on, and into how many the entries of the lower layer are cut.
    """
    counts, sums, raised_start, raised = tables
    bounds, floors = limits[BOUNDS], limits[FLOORS]
    n_modes = form.shape[1]
    last = len(above) - 1
    above_re, above_im = above[0], above[last]
    source_re, source_im = source[0], source[last]
    form_re, form_im = form[0], form[last]
    below_re, below_im = below[0], below[last]
    longest = 0
    for d in range(degree):
        longest = max(longest, counts[inner, d])
    p_re = np.zeros(longest + PADDING)
    p_im = np.zeros(longest + PADDING)
    g_re = np.zeros(longest + PADDING)
    g_im = np.zeros(longest + PADDING)
    # Behind mode j: what is left for the modes further in, and the ranks that the powers of mode j and those
    # further out make up in the lower layer, and in the upper one if the photon more is further in.
    left_at = np.zeros(n_modes + 1, np.int64)
    rank_at = np.zeros(n_modes + 1, np.int64)
    up_at = np.zeros(n_modes + 1, np.int64)
    powers = np.zeros(n_modes + 1, np.int64)
    shift = np.full(n_modes + 1, _NOWHERE)
    zero = fill(0.0)

    def enter(j: Any) -> None:
        """Work out what is behind mode j, with its present power."""
        left = left_at[j + 1]
        x = powers[j]
        rank = rank_at[j + 1] + sums[j, left + 1] - sums[j, left + 1 - x]
        shift[j] = _NOWHERE
        if x < bounds[j] and left - x >= floors[j]:
            shift[j] = up_at[j + 1] + sums[j, left + 2] - sums[j, left + 1 - x] - rank
        rank_at[j] = rank
        up_at[j] = up_at[j + 1] + sums[j, left + 2] - sums[j, left + 2 - x]
        left_at[j] = left - x

    def raise_inner(left: Any, length: Any, origin: Any) -> None:
        """Follow a photon more in each of the inner modes."""
        at = np.uint64(raised_start[left])
        base = np.uint64(origin)
        for i in range(inner):
            c_re = form_re[i]
            c_im = form_im[i]
            a_re = 0.0
            a_im = 0.0
            if last:
                for e in range(length):
                    up = base + raised[at]
                    t_re = above_re[up]
                    t_im = above_im[up]
                    g_re[e] += c_re * t_re + c_im * t_im
                    g_im[e] += c_re * t_im - c_im * t_re
                    a_re += p_re[e] * t_re + p_im[e] * t_im
                    a_im += p_re[e] * t_im - p_im[e] * t_re
                    at += np.uint64(1)
                out_form[1, i] += a_im
            else:
                for e in range(length):
                    t_re = above_re[base + raised[at]]
                    g_re[e] += c_re * t_re
                    a_re += p_re[e] * t_re
                    at += np.uint64(1)
            out_form[0, i] += a_re

    size = counts[n_modes, degree - 1]
    begin = size * chunk[0] // chunk[1]
    end = size * (chunk[0] + 1) // chunk[1]
    left_at[n_modes] = degree - 1
    for level in range(n_modes - inner):
        j = n_modes - 1 - level
        room = left_at[j + 1]
        before = sums[j, room + 1]
        x = 0
        while x < room and begin - rank_at[j + 1] >= before - sums[j, room - x]:
            x += 1
        powers[j] = x
        enter(j)
    while rank_at[inner] < end:
        rank = rank_at[inner]
        left = left_at[inner]
        length = counts[inner, left]
        if rank >= begin:
            for e in range(length):
                p_re[e] = source_re[rank + e]
                p_im[e] = source_im[rank + e]
                g_re[e] = 0.0
                g_im[e] = 0.0
            # Lanes behind the end of the block see zeros here, whatever stands behind it in the layer above.
            for e in range(length, min(length + LANES - 1, len(p_re))):
                p_re[e] = 0.0
                p_im[e] = 0.0
            raise_inner(left, length, up_at[inner])
            for j in range(inner, n_modes):
                if shift[j] == _NOWHERE:
                    continue
                s = rank + shift[j]
                f_re = fill(form_re[j])
                f_im = fill(form_im[j])
                s0 = zero
                s1 = zero
                s2 = zero
                s3 = zero
                if last:
                    for v in range(0, length, LANES):
                        x_re = load_at(above_re, s + v)
                        x_im = load_at(above_im, s + v)
                        q_re = load_at(p_re, v)
                        q_im = load_at(p_im, v)
                        h_re = add(mul(f_re, x_re), load_at(g_re, v))
                        h_im = add(mul(f_re, x_im), load_at(g_im, v))
                        store_at(g_re, v, add(mul(f_im, x_im), h_re))
                        store_at(g_im, v, sub(h_im, mul(f_im, x_re)))
                        s0 = add(mul(q_re, x_re), s0)
                        s1 = add(mul(q_im, x_im), s1)
                        s2 = add(mul(q_re, x_im), s2)
                        s3 = add(mul(q_im, x_re), s3)
                    out_form[1, j] += total(sub(s2, s3))
                else:
                    for v in range(0, length, LANES):
                        x_re = load_at(above_re, s + v)
                        store_at(g_re, v, add(mul(f_re, x_re), load_at(g_re, v)))
                        s0 = add(mul(load_at(p_re, v), x_re), s0)
                out_form[0, j] += total(add(s0, s1))
            for e in range(length):
                below_re[rank + e] = g_re[e]
            if last:
                for e in range(length):
                    below_im[rank + e] = g_im[e]
        j = inner
        while j < n_modes and not (powers[j] < bounds[j] and left_at[j] - 1 >= floors[j]):
            powers[j] = 0
            j += 1
        if j == n_modes:
            break
        powers[j] += 1
        while j >= inner:
            enter(j)
            j -= 1


@jit(
    "float64[:, :], int64, (int64, int64, int64, int64, int64, int64), const int64[:, :], "
    "(const int64[:, :], const int64[:, :], const int64[:], const float64[:]), const int64[:], "
    "float64[:, :], int64, (int64, int64)"
)
def weigh_outcomes(
    layer: FloatArray,
    degree: int,
    layout: tuple[int, int, int, int, int, int],
    limits: AnyArray,
    tables: tuple[AnyArray, AnyArray, AnyArray, FloatArray],
    base: AnyArray,
    values: FloatArray,
    task: int,
    chunk: tuple[int, int],
) -> None:
    """Go from coefficients of the last layer to outcomes, or back.

    Args:
        layer: float64[2, ...], the last layer, all powers of all modes in it.
        degree: Its degree.
        layout: (inner, n_free, n_kept, n_modes, least, most): where the kinds of modes end, and how many
            photons free modes have together in an outcome.
        limits: int64[3, n_modes], as in `polynomial_layer`.
        tables: (counts, sums) from `prefix_counts`, and (first, weight) from `inner_tables`.
        base: int64[degree + 1], where the outcomes of each number of photons begin.
        values: float64[2, K], a column for each outcome.
        task: `PROBABILITIES` adds them to row 0 of `values`; `AMPLITUDES` writes both rows.
            `BY_PROBABILITIES` and `BY_AMPLITUDES` take derivatives by them from there, and replace each
            coefficient by the derivative by it.
        chunk: Which of the chunks to work on, and into how many the entries are cut. Chunks add to the same
            probabilities where there are loss modes.
    """
    inner, n_free, n_kept, n_modes, least, most = layout
    counts, sums, first, weight = tables
    bounds, floors, fixed = limits[BOUNDS], limits[FLOORS], limits[FIXED]
    left_at = np.zeros(n_modes + 1, np.int64)
    rank_at = np.zeros(n_modes + 1, np.int64)
    free_at = np.zeros(n_modes + 1, np.int64)
    fits_at = np.ones(n_modes + 1, np.int64)
    weight_at = np.ones(n_modes + 1)
    powers = np.zeros(n_modes + 1, np.int64)

    def enter(j: Any) -> None:
        left = left_at[j + 1]
        x = powers[j]
        step = sums[j, left + 1] - sums[j, left + 1 - x]
        rank_at[j] = rank_at[j + 1] + step
        free_at[j] = free_at[j + 1] + step if j < n_free else 0
        fits_at[j] = fits_at[j + 1]
        if n_free <= j < n_kept and x != fixed[j]:
            fits_at[j] = 0
        w = weight_at[j + 1]
        for factor in range(2, x + 1):
            w *= factor
        weight_at[j] = w
        left_at[j] = left - x

    size = counts[n_modes, degree]
    begin = size * chunk[0] // chunk[1]
    end = size * (chunk[0] + 1) // chunk[1]
    left_at[n_modes] = degree
    for level in range(n_modes - inner):
        j = n_modes - 1 - level
        room = left_at[j + 1]
        before = sums[j, room + 1]
        x = 0
        while x < room and begin - rank_at[j + 1] >= before - sums[j, room - x]:
            x += 1
        powers[j] = x
        enter(j)
    while rank_at[inner] < end:
        rank = rank_at[inner]
        left = left_at[inner]
        length = counts[inner, left]
        kept = left_at[n_free]
        if rank >= begin:
            w = weight_at[inner]
            row = first[left]
            if fits_at[inner] and least <= kept <= most:
                at = base[kept] + free_at[inner]
                if task == PROBABILITIES:
                    for e in range(length):
                        re = layer[0, rank + e]
                        im = layer[1, rank + e]
                        values[0, at + e] += (re * re + im * im) * (weight[row + e] * w)
                elif task == AMPLITUDES:
                    for e in range(length):
                        root = math.sqrt(weight[row + e] * w)
                        values[0, at + e] = layer[0, rank + e] * root
                        values[1, at + e] = layer[1, rank + e] * root
                elif task == BY_PROBABILITIES:
                    for e in range(length):
                        factor = 2.0 * values[0, at + e] * (weight[row + e] * w)
                        layer[0, rank + e] *= factor
                        layer[1, rank + e] *= factor
                else:
                    for e in range(length):
                        root = math.sqrt(weight[row + e] * w)
                        layer[0, rank + e] = values[0, at + e] * root
                        layer[1, rank + e] = values[1, at + e] * root
            elif task >= BY_PROBABILITIES:
                for e in range(length):
                    layer[0, rank + e] = 0.0
                    layer[1, rank + e] = 0.0
        j = inner
        while j < n_modes and not (powers[j] < bounds[j] and left_at[j] - 1 >= floors[j]):
            powers[j] = 0
            j += 1
        if j == n_modes:
            break
        powers[j] += 1
        while j >= inner:
            enter(j)
            j -= 1
