"""Unitaries, taken apart into a mesh of interferometers with two modes each.

A cell with the phases theta and phi, on the modes k and k + 1, is

    T = g [[s, c e^(i phi)], [c, -s e^(i phi)]],  s = sin(theta / 2), c = cos(theta / 2), g = i e^(i theta / 2)

which is a phase shift by phi on mode k + 1, a balanced beam splitter [[1, i], [i, 1]] / sqrt(2), a phase shift
by theta on mode k, and another such beam splitter.
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
def _nulling_cell(kind: int, null: complex, other: complex) -> tuple[float, float, float, complex]:
    """Return theta, its s and c, and e^(i phi), of the cell that moves one entry into another.

    Args:
        kind: How T is applied.
        null: The entry that is to become 0.
        other: The entry of the same line that takes its light.
    """
    size, rest = abs(null), abs(other)
    if size <= _NOTHING:
        return math.pi, 1.0, 0.0, complex(1.0, 0.0)
    if rest <= _NOTHING:
        rest = 0.0
        other = complex(1.0, 0.0)
    whole = math.sqrt(size * size + rest * rest)
    turn = null * other.conjugate() if kind == RIGHT_SECOND else other * null.conjugate()
    turn /= abs(turn)
    if kind == RIGHT_FIRST:
        turn = -turn
    return 2 * math.atan2(rest, size), rest / whole, size / whole, turn


@jit
def _rotate(
    real: FloatArray, imag: FloatArray, first: int, second: int, stride: int, count: int, mix: FloatArray
) -> None:
    """Mix two lines of a flat matrix, in place.

    Args:
        real: Real parts of the matrix, float64[m * m].
        imag: Imaginary parts.
        first: Where the first line begins.
        second: Where the second line begins.
        stride: From one entry of a line to the next.
        count: Number of entries.
        mix: float64[8], the real and the imaginary part of each of the four entries that mix them.
    """
    a_re, a_im, b_re, b_im = mix[0], mix[1], mix[2], mix[3]
    c_re, c_im, d_re, d_im = mix[4], mix[5], mix[6], mix[7]
    for t in range(count):
        i, j = first + t * stride, second + t * stride
        x_re, x_im, y_re, y_im = real[i], imag[i], real[j], imag[j]
        real[i] = a_re * x_re - a_im * x_im + b_re * y_re - b_im * y_im
        imag[i] = a_re * x_im + a_im * x_re + b_re * y_im + b_im * y_re
        real[j] = c_re * x_re - c_im * x_im + d_re * y_re - d_im * y_im
        imag[j] = c_re * x_im + c_im * x_re + d_re * y_im + d_im * y_re


@jit
def _null(
    step: NDArray[np.int64], size: int, real: FloatArray, imag: FloatArray, mix: FloatArray
) -> tuple[float, float]:
    """Do one step to a flat matrix of `size` rows; return theta and phi of the cell that does it."""
    kind, mode, line, begin, end = step[0], step[1], step[2], step[3], step[4]
    if kind == LEFT:
        first, along, across = mode * size, 1, size
    else:
        first, along, across = mode, size, 1
    second = first + across
    null, other = (first, second) if kind == RIGHT_FIRST else (second, first)
    null, other = null + line * along, other + line * along
    theta, s, c, turn = _nulling_cell(kind, complex(real[null], imag[null]), complex(real[other], imag[other]))
    g = complex(-s, c)
    phi = math.atan2(turn.imag, turn.real)
    if kind != LEFT:  # the inverse of T, whose columns mix those of the matrix
        g, turn = g.conjugate(), turn.conjugate()
    for at, entry in ((0, g * s), (2, g * c * turn), (4, g * c), (6, -g * s * turn)):
        mix[at], mix[at + 1] = entry.real, entry.imag
    _rotate(real, imag, first + begin * along, second + begin * along, along, end - begin, mix)
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
            `RIGHT_SECOND`); its mode k; where in these two lines it nulls; from where and up to where, excluded,
            they are not 0 yet; its column of `theta` and `phi`.
        real: Real parts of the unitaries, float64[k, m, m].
        imag: Imaginary parts, the same shape.
        theta: float64[k, n], out, from 0 to pi.
        phi: float64[k, n], out, from -pi to pi.
        outputs: float64[k, m], out: phases behind all cells, from -pi to pi.
        missed: float64[k], out: how far what remains is from diagonal and of modulus 1; 0 for a unitary.
    """
    count, size, _ = real.shape
    mix = np.empty(8)
    for k in range(count):
        flat_real, flat_imag = real[k].reshape(-1), imag[k].reshape(-1)
        for i in range(len(steps)):
            slot = steps[i, 5]
            theta[k, slot], phi[k, slot] = _null(steps[i], size, flat_real, flat_imag, mix)
        worst = 0.0
        for i in range(size):
            for j in range(size):
                entry = abs(complex(real[k, i, j], imag[k, i, j]))
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
