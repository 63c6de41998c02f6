"""Small distributions, many at a time: a setting in each lane of a register.

Layers are as in `slos.py`: the coefficients of a polynomial of degree k in graded recursive order, multiplied
by one linear form after the other. Below some thousand entries a list of all edges, from each entry to those
with one photon less, is short. Settings share it, and every lane does the same sums in the same order: what
comes out for a setting does not depend on those beside it, nor on whether there are any.

Edges that lead to no outcome that counts are left out of the list before (`layer_edges` writes all of them).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._simd import LANES, add, empty_vectors, fill, get, lane_jit, mul, put, sub
from lwfast._kernels.optics.slos import next_powers
from lwfast._types import AnyArray, FloatArray

NOT_SIMPLE = -1
_U = np.uint64  # an unsigned index needs no check for negative ones


@jit("const float64[:, :, :], const int64[:, :], float64, int64, uint8[:]")
def simple_settings(
    matrices: FloatArray, photons: AnyArray, rounding: float, most_photons: int, simple: AnyArray
) -> int:
    """Say which settings are plain: finite matrices whose occupied columns are an isometry.

    Args:
        matrices: float64[S or 1, m, 2 m], re and im adjacent.
        photons: int64[S or 1, m].
        rounding: Largest entry of |T^H T - 1| over the occupied columns.
        most_photons: Most photons of a setting.
        simple: uint8[S], out: 1 where all is well, 0 where the caller has to look closer.

    Returns:
        The number of photons of every setting; `NOT_SIMPLE`, with nothing written, where it differs, is
        zero or too large, or where a mode has a negative number.
    """
    n_modes = matrices.shape[1]
    n_photons = 0
    for row in range(photons.shape[0]):
        total = 0
        for j in range(n_modes):
            if photons[row, j] < 0 or photons[row, j] > most_photons:
                return NOT_SIMPLE
            total += photons[row, j]
        if row > 0 and total != n_photons:
            return NOT_SIMPLE
        n_photons = total
    if n_photons == 0 or n_photons > most_photons:
        return NOT_SIMPLE
    for s in range(simple.size):
        given = photons[s if photons.shape[0] > 1 else 0]
        matrix = matrices[s if matrices.shape[0] > 1 else 0]
        undefined = 0.0
        for i in range(n_modes):
            for j in range(2 * n_modes):
                undefined += matrix[i, j] * 0.0
        good = undefined == 0.0  # no NaN or infinite entry, also where no photon enters
        for j in range(n_modes):
            if given[j] == 0:
                continue
            for k in range(j + 1):
                if given[k] == 0:
                    continue
                re = -1.0 if k == j else 0.0
                im = 0.0
                for i in range(n_modes):
                    re += matrix[i, 2 * j] * matrix[i, 2 * k] + matrix[i, 2 * j + 1] * matrix[i, 2 * k + 1]
                    im += matrix[i, 2 * j] * matrix[i, 2 * k + 1] - matrix[i, 2 * j + 1] * matrix[i, 2 * k]
                if not re * re + im * im <= rounding * rounding:
                    good = False
        simple[s] = 1 if good else 0
    return n_photons


@jit("int64, int64, const int64[:, :], int64[:], uint32[:], uint32[:]")
def layer_edges(
    n_modes: int, n_photons: int, sums: AnyArray, start: AnyArray, source: AnyArray, mode: AnyArray
) -> None:
    """List the edges of every entry of every layer but the first: one for each mode that has photons.

    Args:
        n_modes: Number of modes.
        n_photons: Degree of the last layer.
        sums: int64[n_modes + 1, n_photons + 2], from `prefix_counts` without limits.
        start: int64[entries of layers 1 to n_photons + 1], out: where the edges of each entry begin.
        source: uint32[edges], out: the rank of the entry with one photon less, in the layer before.
        mode: uint32[edges], out: the mode of that photon, ascending within an entry.
    """
    powers = np.zeros(n_modes + 1, np.int64)
    entry = 0
    edge = 0
    start[0] = 0
    for degree in range(1, n_photons + 1):
        powers[:] = 0
        powers[0] = degree
        size = sums[n_modes, degree + 1] - sums[n_modes, degree]
        for rank in range(size):
            if rank > 0:
                next_powers(powers)
            used = 0
            for j in range(n_modes):
                used += 1 if powers[j] > 0 else 0
            edge += used
            start[entry + 1] = edge
            # One photon less in mode j: the modes above count one photon less below them.
            at = edge
            above = 0
            below = rank
            left = degree
            for level in range(n_modes):
                j = n_modes - 1 - level
                x = powers[j]
                below -= sums[j, left + 1] - sums[j, left + 1 - x]
                if x > 0:
                    at -= 1
                    source[at] = above + sums[j, left] - sums[j, left + 1 - x] + below
                    mode[at] = j
                above += sums[j, left] - sums[j, left - x]
                left -= x
            entry += 1


@lane_jit(
    "const float64[:, :, :], const int64[:, :], (const int64[:], const int64[:], const uint32[:], "
    "const uint32[:], const int64[:], const float64[:]), int64, (int64, int64), float64[:, :]"
)
def stacked_layers(
    columns: FloatArray,
    photons: AnyArray,
    program: tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, FloatArray],
    n_parts: int,
    part: tuple[int, int],
    out: FloatArray,
) -> None:
    """Multiply out the polynomials of settings.

    Args:
        columns: float64[S or 1, M, 2 m], re and im adjacent: where a photon of each of m input modes goes,
            over the M modes of the program.
        photons: int64[S or 1, m], photons of each input mode, as many for each setting as the program has.
        program: (first, start, source, mode, place, weight): int64[n_photons + 1], the first entry of layers
            1 to n_photons, and one behind the last; `start`, `source` and `mode` as `layer_edges` writes
            them; int64, the column of `out` of each entry of the last layer; float64, what it is
            multiplied with.
        n_parts: 1 for probabilities, the squares of coefficients times their weight, added up where entries
            share a place; 2 for amplitudes, coefficients times their weight, no two of them in one place.
        part: First setting to work on, and one behind the last, which is more.
        out: float64[S, K * n_parts], out: re and im of an amplitude are adjacent.
    """
    first, start, source, mode, place, weight = program
    begin, end = part
    n_out = out.shape[1]
    n_modes, n_inputs = columns.shape[1], photons.shape[1]
    n_photons = first.size - 1
    widest = 1
    for k in range(n_photons - 1):
        widest = max(widest, first[k + 1] - first[k])
    # Vectors: re and im of an entry are neighbours.
    here = empty_vectors(2 * widest)
    there = empty_vectors(2 * widest)
    forms = empty_vectors(2 * n_photons * n_modes)
    tile = empty_vectors(n_out)
    taken = np.zeros(n_inputs, np.int64)
    zero = fill(0.0)

    def read_forms(matrix: Any, given: Any, lane: Any) -> None:
        """Write the linear form of each photon of a setting to its lane.

        The photons of all modes come in turn, in proportion: see `photon_order.py`.
        """
        for j in range(n_inputs):
            taken[j] = 0
        for p in range(n_photons):
            best = -1
            for j in range(n_inputs):
                if taken[j] < photons[given, j] and (
                    best < 0
                    or (2 * taken[j] + 1) * photons[given, best] < (2 * taken[best] + 1) * photons[given, j]
                ):
                    best = j
            taken[best] += 1
            scale = 1.0 / math.sqrt(taken[best])
            for i in range(n_modes):
                at = 2 * (p * n_modes + i)
                forms[at, lane] = columns[matrix, i, 2 * best] * scale
                forms[at + 1, lane] = columns[matrix, i, 2 * best + 1] * scale

    def coefficient(entry: Any, form: Any, below: Any) -> Any:
        """Return the coefficient of an entry, from the layer below and the linear form at `form`."""
        # Four sums, so that no FMA waits for the one before, and all are fused in the same way.
        a0 = zero
        a1 = zero
        b0 = zero
        b1 = zero
        for edge in range(start[entry], start[entry + 1]):
            x = _U(2) * _U(source[_U(edge)])
            f = _U(2) * (_U(form) + _U(mode[_U(edge)]))
            x_re = get(below, x)
            x_im = get(below, x + _U(1))
            f_re = get(forms, f)
            f_im = get(forms, f + _U(1))
            a0 = add(mul(f_re, x_re), a0)
            a1 = add(mul(f_im, x_im), a1)
            b0 = add(mul(f_re, x_im), b0)
            b1 = add(mul(f_im, x_re), b1)
        return sub(a0, a1), add(b0, b1)

    for block in range(begin, end, LANES):
        for lane in range(LANES):
            setting = min(block + lane, end - 1)
            read_forms(setting if columns.shape[0] > 1 else 0, setting if photons.shape[0] > 1 else 0, lane)
        put(here, 0, fill(1.0))
        put(here, 1, zero)
        for k in range(n_photons - 1):
            for entry in range(first[k], first[k + 1]):
                re, im = coefficient(entry, k * n_modes, here)
                at = 2 * (entry - first[k])
                put(there, at, re)
                put(there, at + 1, im)
            here, there = there, here
        for at in range(n_out):
            put(tile, at, zero)
        last = n_photons - 1
        for entry in range(first[last], first[last + 1]):
            re, im = coefficient(entry, last * n_modes, here)
            to = place[entry - first[last]]
            w = fill(weight[entry - first[last]])
            if n_parts == 1:
                p = mul(add(mul(re, re), mul(im, im)), w)
                put(tile, to, add(get(tile, to), p))
            else:
                put(tile, 2 * to, mul(re, w))
                put(tile, 2 * to + 1, mul(im, w))
        for lane in range(min(LANES, end - block)):
            for at in range(n_out):
                out[block + lane, at] = tile[at, lane]
