"""Single amplitudes of few photons, from photon numbers to the number, in one call."""

from __future__ import annotations

import math

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels.optics.samples.boson_sampling import permanent_expansion
from lwfast._types import ComplexArray, StateTable


@jit("const complex128[:, :], const uint8[:], const uint8[:], complex128[:]")
def small_amplitude(matrix: ComplexArray, photons: StateTable, output: StateTable, out: ComplexArray) -> None:
    """Write the amplitude from one input to one output.

    Args:
        matrix: complex128[M, m], a column for each input mode.
        photons: uint8[m], one photon at least in all; so few that products of factorials are exact.
        output: uint8[M], as many.
        out: complex128[1]. NaN where `permanent_expansion` says that it cannot tell.
    """
    n = 0
    entering = 1.0
    leaving = 1.0
    for mode in range(photons.size):
        for k in range(photons[mode]):
            n += 1
            entering *= k + 1.0
    rows = np.empty(n, np.int64)
    columns = np.empty(n, np.int64)
    at = 0
    for mode in range(photons.size):
        for _ in range(photons[mode]):
            columns[at] = mode
            at += 1
    at = 0
    for mode in range(output.size):
        for k in range(output[mode]):
            rows[at] = mode
            leaving *= k + 1.0
            at += 1
    block = np.empty((1, n, n), np.complex128)
    for i in range(n):
        for j in range(n):
            block[0, i, j] = matrix[rows[i], columns[j]]
    permanent_expansion(block, np.ones(n, np.int64), np.arange(n), out)
    # As NumPy divides a complex number by a real one: the products with zero set signs of zeros.
    re = out[0].real
    im = out[0].imag
    for root in (math.sqrt(entering), math.sqrt(leaving)):
        factor = 1.0 / root
        re, im = (re + im * 0.0) * factor, (im - re * 0.0) * factor
    out[0] = complex(re, im)
