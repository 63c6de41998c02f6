"""Unitaries, taken apart into a mesh of interferometers with two modes each.

A cell with the phases theta and phi, on the modes k and k + 1, is

    T = g [[s, c e^(i phi)], [c, -s e^(i phi)]],  s = sin(theta / 2), c = cos(theta / 2), g = i (c + i s)

which is a phase shift by phi on mode k + 1, a balanced beam splitter [[1, i], [i, 1]] / sqrt(2), a phase
shift by theta on mode k, and another such beam splitter.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._types import FloatArray

LEFT = 0
"""T is multiplied from the left, and nulls an entry of row k + 1."""
RIGHT_FIRST = 1
"""The inverse of T is multiplied from the right, and nulls an entry of column k."""
RIGHT_SECOND = 2
"""The inverse of T is multiplied from the right, and nulls an entry of column k + 1."""
_NOTHING = 1e-15
"""Entries up to this size are rounding: they count as nulled, and have no phase."""


@jit
def _wrapped(angle: float) -> float:
    """Return an angle between -pi and pi."""
    return angle - 2 * math.pi * math.floor(angle / (2 * math.pi) + 0.5)


@jit
def _nulling_cell(
    kind: int, null_re: float, null_im: float, other_re: float, other_im: float
) -> tuple[float, float, float, float]:
    """Return s, c, and the parts of e^(i phi), of the cell that moves one entry into another.

    Args:
        kind: How the cell is applied.
        null_re: Real part of the entry that is to become 0.
        null_im: Imaginary part.
        other_re: Real part of the entry of the same line that takes its light.
        other_im: Imaginary part.
    """
    size = math.sqrt(null_re * null_re + null_im * null_im)
    rest = math.sqrt(other_re * other_re + other_im * other_im)
    if size <= _NOTHING:
        return 1.0, 0.0, 1.0, 0.0
    if rest <= _NOTHING:
        rest, other_re, other_im, scale = 0.0, 1.0, 0.0, 1.0 / size
    else:
        scale = 1.0 / (size * rest)
    # The phase of one entry relative to the other's, the unit number other * conj(null) or its inverse.
    turn_re = (other_re * null_re + other_im * null_im) * scale
    turn_im = (other_im * null_re - other_re * null_im) * scale
    if kind == RIGHT_SECOND:
        turn_im = -turn_im
    elif kind == RIGHT_FIRST:
        turn_re, turn_im = -turn_re, -turn_im
    whole = 1.0 / math.sqrt(size * size + rest * rest)
    return rest * whole, size * whole, turn_re, turn_im


@jit
def _null(step: NDArray[np.int64], size: int, real: FloatArray, imag: FloatArray) -> tuple[float, float]:
    """Do one step to a flat matrix of `size` rows; return theta and phi of the cell that does it."""
    kind, mode, line, begin, end = step[0], step[1], step[2], step[3], step[4]
    if kind == LEFT:
        first, along, across = mode * size, 1, size
    else:
        first, along, across = mode, size, 1
    second = first + across
    null, other = (first, second) if kind == RIGHT_FIRST else (second, first)
    null, other = null + line * along, other + line * along
    s, c, turn_re, turn_im = _nulling_cell(kind, real[null], imag[null], real[other], imag[other])
    theta, phi = 2.0 * math.atan2(s, c), math.atan2(turn_im, turn_re)
    # The two lines x and y become g (s x + c w y) and g (c x - s w y), with w = e^(i phi). From the right the
    # inverse is applied, whose columns mix those of the matrix: g and w are conjugated.
    g_re, g_im = -s, c
    if kind != LEFT:
        g_im, turn_im = -g_im, -turn_im
    w_re, w_im = g_re * turn_re - g_im * turn_im, g_re * turn_im + g_im * turn_re
    for t in range(begin, end):
        i, j = first + t * along, second + t * along
        x_re = g_re * real[i] - g_im * imag[i]
        x_im = g_re * imag[i] + g_im * real[i]
        y_re = w_re * real[j] - w_im * imag[j]
        y_im = w_re * imag[j] + w_im * real[j]
        real[i], imag[i] = s * x_re + c * y_re, s * x_im + c * y_im
        real[j], imag[j] = c * x_re - s * y_re, c * x_im - s * y_im
    real[null], imag[null] = 0.0, 0.0
    return theta, phi


@jit(
    "const int64[:, :], float64[:, :, :], float64[:, :, :], float64[:, :], float64[:, :], float64[:, :], "
    "float64[:]"
)
def decompose(
    steps: NDArray[np.int64],
    real: FloatArray,
    imag: FloatArray,
    theta: FloatArray,
    phi: FloatArray,
    outputs: FloatArray,
    missed: FloatArray,
) -> None:
    """Take each unitary of a stack apart, in place: what remains of it is diagonal.

    Entries are nulled one by one, from the right and, as Clements et al. do (Optica 3, 1460 (2016)), from the
    left. The inverse cells of the left are then exchanged with the diagonal, the last one first: with
    D = diag(..., e^(i d), e^(i e), ...) on the modes k and k + 1,

        T(theta, phi)^-1 D = D' T(theta, e - d),  d' = d - theta + pi,  e' = d - theta - phi + pi

    Args:
        steps: int64[n, 6], a cell a row, in the order of nulling: how it is applied (`LEFT`, `RIGHT_FIRST` or
            `RIGHT_SECOND`); its mode k; where in its two lines it nulls; from where and up to where,
            excluded, these lines are not 0 yet; its column of `theta` and `phi`.
        real: Real parts of the unitaries, float64[k, m, m].
        imag: Imaginary parts, the same shape.
        theta: float64[k, n], out, from 0 to pi.
        phi: float64[k, n], out, from -pi to pi.
        outputs: float64[k, m], out: phases behind all cells, from -pi to pi.
        missed: float64[k], out: how far what remains is from diagonal and of modulus 1; 0 for a unitary.
    """
    count, size, _ = real.shape
    for k in range(count):
        flat_real, flat_imag = real[k].reshape(-1), imag[k].reshape(-1)
        for i in range(len(steps)):
            slot = steps[i, 5]
            theta[k, slot], phi[k, slot] = _null(steps[i], size, flat_real, flat_imag)
        worst = 0.0
        for i in range(size):
            for j in range(size):
                entry = math.sqrt(real[k, i, j] * real[k, i, j] + imag[k, i, j] * imag[k, i, j])
                worst = max(worst, abs(entry - 1.0) if i == j else entry)
            outputs[k, i] = math.atan2(imag[k, i, i], real[k, i, i])
        missed[k] = worst
        for i in range(len(steps) - 1, -1, -1):
            if steps[i, 0] == LEFT:
                mode, slot = steps[i, 1], steps[i, 5]
                begin = outputs[k, mode]
                turned = begin - theta[k, slot] + math.pi
                old = phi[k, slot]
                phi[k, slot] = _wrapped(outputs[k, mode + 1] - begin)
                outputs[k, mode] = _wrapped(turned)
                outputs[k, mode + 1] = _wrapped(turned - old)
