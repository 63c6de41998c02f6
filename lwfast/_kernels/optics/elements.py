"""Circuits, element by element: matrices multiplied from the left with a table of elements.

Complex products are written out as NumPy forms them, which rounds one of two products and adds the other in a
fused multiply-add: `a * b` has the parts `a.re * b.re - (a.im * b.im)` and `a.re * b.im + (a.im * b.re)`.
Products with parts that are zero are formed too, so that zeros get the signs that they have there.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels.optics.element_kinds import BEAM_SPLITTER_H, BEAM_SPLITTER_RX, LOSS, PHASE_SHIFT
from lwfast._types import ComplexArray, FloatArray


@jit
def _multiplied(a: complex, b: complex) -> complex:
    return complex(a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real)


@jit
def _coefficients(kind: int, value: float) -> tuple[float, float]:
    """Return the two numbers that an element's matrix is made of."""
    if kind == PHASE_SHIFT:
        return math.cos(value), math.sin(value)
    return math.sqrt(value), math.sqrt(1.0 - value)


@jit
def _mix(matrix: ComplexArray, first: int, second: int, kind: int, kept: float, crossed: float) -> None:
    """Apply a beam splitter to two rows."""
    keep = complex(kept, 0.0)
    cross = complex(0.0, crossed) if kind == BEAM_SPLITTER_RX else complex(crossed, 0.0)
    for column in range(matrix.shape[1]):
        x, y = matrix[first, column], matrix[second, column]
        matrix[first, column] = _multiplied(keep, x) + _multiplied(cross, y)
        if kind == BEAM_SPLITTER_RX:
            matrix[second, column] = _multiplied(cross, x) + _multiplied(keep, y)
        else:
            matrix[second, column] = _multiplied(cross, x) - _multiplied(keep, y)


@jit("const int64[:, :], const float64[:], const float64[:, :], complex128[:, :, :]")
def multiply_elements(
    steps: NDArray[np.int64], constants: FloatArray, settings: FloatArray, matrices: ComplexArray
) -> None:
    """Multiply a stack of matrices, in place, from the left with elements, the first one first.

    Args:
        steps: int64[n, 4], an element a row: its kind (see `element_kinds`), its first and its second row of
            the matrices, and the column of `settings` that holds its value, or -1.
        constants: float64[n], the value of each element that has no column.
        settings: float64[k, p], the values of p parameters for each matrix.
        matrices: complex128[k, r, c].
    """
    n_steps = len(steps)
    fixed = np.empty((n_steps, 2))
    for i in range(n_steps):
        if steps[i, 3] < 0:
            fixed[i, 0], fixed[i, 1] = _coefficients(steps[i, 0], constants[i])
    for k in range(len(matrices)):
        matrix = matrices[k]
        for i in range(n_steps):
            kind, first, second, place = steps[i, 0], steps[i, 1], steps[i, 2], steps[i, 3]
            if place < 0:
                one, other = fixed[i, 0], fixed[i, 1]
            else:
                one, other = _coefficients(kind, settings[k, place])
            if kind == PHASE_SHIFT:
                phase = complex(one, other)
                for column in range(matrix.shape[1]):
                    matrix[first, column] = _multiplied(matrix[first, column], phase)
            elif kind in (BEAM_SPLITTER_RX, BEAM_SPLITTER_H):
                _mix(matrix, first, second, kind, one, other)
            elif kind == LOSS:
                lost, passed = complex(one, 0.0), complex(other, 0.0)
                for column in range(matrix.shape[1]):
                    entry = matrix[first, column]
                    matrix[second, column] = _multiplied(lost, entry)
                    matrix[first, column] = _multiplied(entry, passed)
                matrix[second, second] = passed
                matrix[first, second] = complex(-one, 0.0)  # the sign makes it unitary
            else:
                for column in range(matrix.shape[1]):
                    entry = matrix[first, column]
                    matrix[first, column] = matrix[second, column]
                    matrix[second, column] = entry
