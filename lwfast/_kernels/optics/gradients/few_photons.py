"""Probabilities of few photons without loss, and the way back from them: one call each.

The layers and derivatives are those of `adjoint.py`, over all outcomes of all modes, without limits: for some
thousands of entries the walk over limited modes, the threads and their Python take several times as long as
the products themselves.
"""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._types import AnyArray, ComplexArray, FloatArray

TABLES = "(const int64[:], const int64[:], const uint64[:])"


@jit(forceinline=True)
def multiply(
    real: FloatArray,
    imag: FloatArray,
    first: int,
    size: int,
    above: int,
    links: int,
    raised: AnyArray,
    form_re: float,
    form_im: float,
) -> None:
    """Add a layer of `size` entries at `first`, times one mode of a linear form, to the layer at `above`."""
    for entry in range(size):
        to = above + np.int64(raised[links + entry])
        x, y = real[first + entry], imag[first + entry]
        real[to] += form_re * x - form_im * y
        imag[to] += form_re * y + form_im * x


@jit(forceinline=True)
def undo(
    real: FloatArray,
    imag: FloatArray,
    back_re: FloatArray,
    back_im: FloatArray,
    first: int,
    size: int,
    above: int,
    links: int,
    raised: AnyArray,
    form_re: float,
    form_im: float,
) -> tuple[float, float]:
    """Go back through `multiply`; return the derivative by the mode of the form."""
    by_re = 0.0
    by_im = 0.0
    for entry in range(size):
        to = above + np.int64(raised[links + entry])
        x, y = real[first + entry], imag[first + entry]
        u, v = back_re[to], back_im[to]
        back_re[first + entry] += form_re * u + form_im * v
        back_im[first + entry] += form_re * v - form_im * u
        by_re += x * u + y * v
        by_im += x * v - y * u
    return by_re, by_im


@jit(
    "const complex128[:, :], const int64[:], const float64[:], "
    f"{TABLES}, const int64[:], const float64[:], float64[:, :], float64[:]"
)
def few_forward(
    columns: ComplexArray,
    photons: AnyArray,
    scales: FloatArray,
    tables: tuple[AnyArray, AnyArray, AnyArray],
    ranks: AnyArray,
    weights: FloatArray,
    layers: FloatArray,
    out: FloatArray,
) -> None:
    """Multiply the photons out, and write the probability of each outcome.

    Args:
        columns: complex128[m, q], where photons of q input modes may go.
        photons: int64[n], the column of each photon, in the order in which they are multiplied.
        scales: float64[n], what each photon's column is multiplied by.
        tables: Where each layer begins, int64[n + 2]; and (start, raised) from `raised_entries` for m modes.
        ranks: int64[K], the place of each outcome in the last layer.
        weights: float64[K], the product of the factorials of its photon numbers.
        layers: float64[2, ...] receives all layers, real and imaginary parts.
        out: float64[K].
    """
    begins, starts, raised = tables
    n, m = len(photons), len(columns)
    real, imag = layers[0], layers[1]
    real[0] = 1.0
    imag[0] = 0.0
    for k in range(n):
        first, above = begins[k], begins[k + 1]
        size = above - first
        real[above : begins[k + 2]] = 0.0
        imag[above : begins[k + 2]] = 0.0
        for mode in range(m):
            form_re = columns[mode, photons[k]].real * scales[k]
            form_im = columns[mode, photons[k]].imag * scales[k]
            links = starts[k] + mode * size
            multiply(real, imag, first, size, above, links, raised, form_re, form_im)
    for outcome in range(len(ranks)):
        at = begins[n] + ranks[outcome]
        out[outcome] = (real[at] * real[at] + imag[at] * imag[at]) * weights[outcome]


@jit(
    "const complex128[:, :], const int64[:], const float64[:], "
    f"{TABLES}, const int64[:], const float64[:], const float64[:, :], const float64[:], complex128[:, :]"
)
def few_back(
    columns: ComplexArray,
    photons: AnyArray,
    scales: FloatArray,
    tables: tuple[AnyArray, AnyArray, AnyArray],
    ranks: AnyArray,
    weights: FloatArray,
    layers: FloatArray,
    values: FloatArray,
    by_columns: ComplexArray,
) -> None:
    """Go back from derivatives by probabilities to those by the columns.

    Args:
        columns: As for `few_forward`.
        photons: Likewise.
        scales: Likewise.
        tables: Likewise.
        ranks: Likewise.
        weights: Likewise.
        layers: float64[2, ...], the layers that it wrote.
        values: float64[K], derivatives by the probability of each outcome.
        by_columns: complex128[m, q], to which the derivatives are added, as dL/d(Re) + i dL/d(Im).
    """
    begins, starts, raised = tables
    n, m = len(photons), len(columns)
    real, imag = layers[0], layers[1]
    back_re = np.zeros(begins[n + 1])
    back_im = np.zeros(begins[n + 1])
    for outcome in range(len(ranks)):
        at = begins[n] + ranks[outcome]
        twice = 2.0 * weights[outcome] * values[outcome]
        back_re[at] = twice * real[at]
        back_im[at] = twice * imag[at]
    for step in range(n):
        k = n - 1 - step
        first, above = begins[k], begins[k + 1]
        size = above - first
        for mode in range(m):
            form_re = columns[mode, photons[k]].real * scales[k]
            form_im = columns[mode, photons[k]].imag * scales[k]
            links = starts[k] + mode * size
            by_re, by_im = undo(
                real, imag, back_re, back_im, first, size, above, links, raised, form_re, form_im
            )
            by_columns[mode, photons[k]] += (by_re + 1j * by_im) * scales[k]
