"""Probabilities of few photons each of which interferes or walks alone, and the way back from them."""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels.optics.gradients.few_photons import TABLES, multiply, undo
from lwfast._types import AnyArray, ComplexArray, FloatArray


@jit(forceinline=True)
def _last(which: int) -> int:
    """Return the last member of a set that is not empty, given by its bits."""
    last = 0
    while which >> (last + 1):
        last += 1
    return last


@jit(forceinline=True)
def _members(which: int, most: int) -> int:
    """Return how many of the first members a set has."""
    found = 0
    for photon in range(most):
        found += which >> photon & 1
    return found


@jit(
    "const complex128[:, :], const int64[:], float64, "
    f"{TABLES}, const float64[:], const int64[:, :], const float64[:], float64[:, :], float64[:]"
)
def partly_forward(
    columns: ComplexArray,
    photons: AnyArray,
    share: float,
    tables: tuple[AnyArray, AnyArray, AnyArray],
    weights: FloatArray,
    places: AnyArray,
    norms: FloatArray,
    layers: FloatArray,
    walks: FloatArray,
) -> None:
    """Multiply photons out of which each interferes with a probability, and walks alone otherwise.

    With S for the photons that interfere, an outcome has the probability

        sum over S of share^|S| (1 - share)^(n - |S|) P_S times the product of w_j over the others,

    where P_S is the distribution of those that interfere, and w_j that of photon j alone. The sums are taken
    photon by photon, the last one first: walk (j, S), of sets S of the first j photons, is
    share walk(j + 1, S + j) + (1 - share) w_j walk(j + 1, S).

    Args:
        columns: complex128[m, q], where photons of q input modes may go.
        photons: int64[n], the column of each photon, in the order in which they are multiplied.
        share: The probability that a photon interferes.
        tables: As for `few_forward`.
        weights: float64[...], the product of the factorials of each entry of each layer.
        places: int64[2, 2^(n + 1)]: where the layer of each set begins, by its bits; and where each walk
            begins, walk (j, S) at 2^j + S.
        norms: float64[2^n], what the square of each set is multiplied by.
        layers: float64[2, ...] receives the layers of all sets, real and imaginary parts.
        walks: float64[...] receives all walks; the first one is that of the outcomes.
    """
    begins, starts, raised = tables
    n, m = len(photons), len(columns)
    real, imag = layers[0], layers[1]
    sets = 1 << n
    real[places[0, 0]] = 1.0
    imag[places[0, 0]] = 0.0
    for which in range(1, sets):
        last = _last(which)
        degree = _members(which, last)
        first, above = places[0, which ^ (1 << last)], places[0, which]
        size, larger = begins[degree + 1] - begins[degree], begins[degree + 2] - begins[degree + 1]
        real[above : above + larger] = 0.0
        imag[above : above + larger] = 0.0
        for mode in range(m):
            form_re, form_im = columns[mode, photons[last]].real, columns[mode, photons[last]].imag
            links = starts[degree] + mode * size
            multiply(real, imag, first, size, above, links, raised, form_re, form_im)
    for which in range(sets):
        degree = _members(which, n)
        first, walk, at = places[0, which], places[1, sets + which], begins[degree]
        for entry in range(begins[degree + 1] - at):
            square = real[first + entry] ** 2 + imag[first + entry] ** 2
            walks[walk + entry] = square * weights[at + entry] * norms[which]
    for step in range(n):
        j = n - 1 - step
        for which in range(1 << j):
            degree = n - 1 - j + _members(which, j)
            walk, beside = places[1, (1 << j) + which], places[1, (2 << j) + which + (1 << j)]
            source = places[1, (2 << j) + which]
            size = begins[degree + 1] - begins[degree]
            for entry in range(begins[degree + 2] - begins[degree + 1]):
                walks[walk + entry] = share * walks[beside + entry]
            for mode in range(m):
                entry_of = columns[mode, photons[j]]
                form = (1.0 - share) * (entry_of.real**2 + entry_of.imag**2)
                links = starts[degree] + mode * size
                for entry in range(size):
                    walks[walk + np.int64(raised[links + entry])] += form * walks[source + entry]


@jit(
    "const complex128[:, :], const int64[:], float64, "
    f"{TABLES}, const float64[:], const int64[:, :], const float64[:], const float64[:, :], "
    "const float64[:], const float64[:], complex128[:, :]"
)
def partly_back(
    columns: ComplexArray,
    photons: AnyArray,
    share: float,
    tables: tuple[AnyArray, AnyArray, AnyArray],
    weights: FloatArray,
    places: AnyArray,
    norms: FloatArray,
    layers: FloatArray,
    walks: FloatArray,
    values: FloatArray,
    by_columns: ComplexArray,
) -> None:
    """Go back from derivatives by probabilities to those by the columns.

    Args:
        columns: As for `partly_forward`.
        photons: Likewise.
        share: Likewise.
        tables: Likewise.
        weights: Likewise.
        places: Likewise.
        norms: Likewise.
        layers: The layers that it wrote.
        walks: The walks that it wrote.
        values: float64[K], derivatives by the probability of each outcome, in the order of ranks.
        by_columns: complex128[m, q], to which the derivatives are added, as dL/d(Re) + i dL/d(Im).
    """
    begins, starts, raised = tables
    n, m = len(photons), len(columns)
    real, imag = layers[0], layers[1]
    sets = 1 << n
    by_walks = np.zeros(len(walks))
    by_real, by_imag = np.zeros(len(real)), np.zeros(len(real))
    by_walks[places[1, 1] : places[1, 1] + len(values)] = values
    for j in range(n):
        for which in range(1 << j):
            degree = n - 1 - j + _members(which, j)
            walk, beside = places[1, (1 << j) + which], places[1, (2 << j) + which + (1 << j)]
            source = places[1, (2 << j) + which]
            size = begins[degree + 1] - begins[degree]
            for entry in range(begins[degree + 2] - begins[degree + 1]):
                by_walks[beside + entry] += share * by_walks[walk + entry]
            for mode in range(m):
                entry_of = columns[mode, photons[j]]
                form = (1.0 - share) * (entry_of.real**2 + entry_of.imag**2)
                links = starts[degree] + mode * size
                by_form = 0.0
                for entry in range(size):
                    value = by_walks[walk + np.int64(raised[links + entry])]
                    by_walks[source + entry] += form * value
                    by_form += walks[source + entry] * value
                by_columns[mode, photons[j]] += 2.0 * (1.0 - share) * by_form * entry_of
    for which in range(sets):
        degree = _members(which, n)
        first, walk, at = places[0, which], places[1, sets + which], begins[degree]
        for entry in range(begins[degree + 1] - at):
            twice = 2.0 * weights[at + entry] * norms[which] * by_walks[walk + entry]
            by_real[first + entry] = twice * real[first + entry]
            by_imag[first + entry] = twice * imag[first + entry]
    for step in range(1, sets):
        which = sets - step
        last = _last(which)
        degree = _members(which, last)
        first, above = places[0, which ^ (1 << last)], places[0, which]
        size = begins[degree + 1] - begins[degree]
        for mode in range(m):
            form_re, form_im = columns[mode, photons[last]].real, columns[mode, photons[last]].imag
            links = starts[degree] + mode * size
            by_re, by_im = undo(
                real, imag, by_real, by_imag, first, size, above, links, raised, form_re, form_im
            )
            by_columns[mode, photons[last]] += by_re + 1j * by_im
