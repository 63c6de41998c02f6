"""A small output polynomial in one call: forms, links and all layers (see `layers.py`)."""

from __future__ import annotations

import numpy as np

from lwfast._kernels._simd import PADDING, lane_jit
from lwfast._kernels.optics.layers import polynomial_layer
from lwfast._kernels.optics.slos import link_forms
from lwfast._types import AnyArray, FloatArray

HEADER = 8
"""Numbers before the tables: photons, forms, inner, free and kept modes, least degree, links, outcomes."""
OUTCOMES = HEADER - 1


@lane_jit("const float64[:, :], const int64[:], const float64[:], const int64[:]")
def small_probabilities(
    matrix: FloatArray, integers: AnyArray, floats: FloatArray, ranks: AnyArray
) -> tuple[FloatArray, float]:
    """Return the probabilities of outcomes, and a sum of them.

    Args:
        matrix: As for `small_polynomial`.
        integers: Likewise.
        floats: Likewise.
        ranks: int64[...], which outcomes; of none, all.
    """
    whole = np.zeros((1, integers[OUTCOMES]))
    small_polynomial(matrix, integers, floats, whole)
    found = whole[0]
    if ranks.size:
        found = np.empty(ranks.size)
        for k in range(ranks.size):
            found[k] = whole[0, ranks[k]]
    total = 0.0
    for k in range(found.size):
        total += found[k]
    return found, total


@lane_jit("const float64[:, :], const int64[:], const float64[:], float64[:, :]")
def small_polynomial(matrix: FloatArray, integers: AnyArray, floats: FloatArray, out: FloatArray) -> None:
    """Multiply out all photons of an input, into `out`.

    At a few modes a layer takes a microsecond, and each call from Python several. Tables come in two arrays,
    since a call takes longer with each argument.

    Args:
        matrix: float64[n_modes, 2 n_modes], re and im adjacent; no light is lost.
        integers: int64[...], the `HEADER`, then in this order: the row of the matrix for each variable, the
            column for each photon; then the limits, counts, sums, first, start, link modes, links and bases
            that `polynomial_layer` takes.
        floats: float64[...], a factor for each photon, then the weights.
        out: float64[1 or 2, K], zeros; receives what `polynomial_layer` writes.
    """
    n, n_modes, inner, n_free, n_kept, least, n_links, _ = integers[:HEADER]
    at = HEADER
    rows = integers[at : at + n_modes]
    at += n_modes
    columns = integers[at : at + n]
    at += n
    limits = integers[at : at + 3 * n_modes].reshape((3, n_modes))
    at += 3 * n_modes
    counts = integers[at : at + (n_modes + 1) * (n + 1)].reshape((n_modes + 1, n + 1))
    at += (n_modes + 1) * (n + 1)
    sums = integers[at : at + (n_modes + 1) * (n + 2)].reshape((n_modes + 1, n + 2))
    at += (n_modes + 1) * (n + 2)
    first = integers[at : at + n + 2]
    at += n + 2
    start = integers[at : at + n + 2]
    at += n + 2
    link_mode = integers[at : at + n_links]
    at += n_links
    link = integers[at : at + n_links].view(np.uint64)
    at += n_links
    base = integers[at : at + n + 1]
    tables = counts, sums, first, start, link, floats[n:]
    origin = np.zeros(n + 1, np.int64)
    source = np.zeros((2, 1 + PADDING))
    source[0, 0] = 1.0
    form = np.empty((2, n_modes))
    for k in range(1, n + 1):
        column = columns[k - 1]
        factor = floats[k - 1]
        for i in range(n_modes):
            re = matrix[rows[i], 2 * column]
            im = matrix[rows[i], 2 * column + 1]
            # As NumPy divides a complex number by a real one: the products with zero set signs of zeros.
            form[0, i] = (re + im * 0.0) * factor
            form[1, i] = (im - re * 0.0) * factor
        links = link_forms(link_mode, inner, form)
        if k < n:
            layer = np.empty((2, counts[n_modes, k] + PADDING))
            shape = inner, n_modes, n_modes, n_modes, 0
            polynomial_layer(source, k, form, links, shape, limits, tables, origin, layer, (0, 1))
            source = layer
        else:
            shape = inner, n_free, n_kept, n_modes, least
            polynomial_layer(source, k, form, links, shape, limits, tables, base, out, (0, 1))
