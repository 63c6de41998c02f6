"""Slow twins of the kernel that takes unitaries apart: whole matrices, and one cell after the other.

Both return cells `(mode, theta, phi)` in the order in which light meets them, and the phases behind them.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
from numpy.typing import NDArray

from tests.reference.unitary import embedded

Complex = NDArray[np.complex128]
Cell = tuple[int, float, float]

BALANCED = np.array([[1, 1j], [1j, 1]]) / math.sqrt(2)


def cell(theta: float, phi: float) -> Complex:
    """Return the matrix of two phase shifts and two beam splitters."""
    return BALANCED @ np.diag([cmath.exp(1j * theta), 1]) @ BALANCED @ np.diag([1, cmath.exp(1j * phi)])


def rebuilt(cells: list[Cell], phases: list[float]) -> Complex:
    """Return what cells and phases multiply up to."""
    size = len(phases)
    matrix = np.identity(size, dtype=np.complex128)
    for mode, theta, phi in cells:
        matrix = embedded(cell(theta, phi), [mode, mode + 1], size) @ matrix
    return np.diag(np.exp(1j * np.array(phases))) @ matrix


def reck(unitary: Complex) -> tuple[list[Cell], list[float]]:
    """Null row after row from its end, by columns; the first cell is the first that light meets."""
    left, size = unitary.copy(), len(unitary)
    cells = []
    for row in range(size - 1):
        for mode in range(size - 2, row - 1, -1):
            kept, null = left[row, mode], left[row, mode + 1]
            theta, phi = 2 * math.atan2(abs(kept), abs(null)), cmath.phase(null) - cmath.phase(kept)
            left = left @ embedded(cell(theta, phi), [mode, mode + 1], size).conj().T
            assert abs(left[row, mode + 1]) < 1e-12
            cells.append((mode, theta, phi))
    return cells, [cmath.phase(entry) for entry in left.diagonal()]


def clements(unitary: Complex) -> tuple[list[Cell], list[float]]:
    """Null diagonal after diagonal below the main one, by columns and by rows in turn."""
    left, size = unitary.copy(), len(unitary)
    first, last = [], []
    for diagonal in range(1, size):
        for j in range(diagonal):
            if diagonal % 2:
                row, mode = size - 1 - j, diagonal - 1 - j
                null, kept = left[row, mode], left[row, mode + 1]
                phi = cmath.phase(kept) - cmath.phase(null) + math.pi
            else:
                mode, column = size - 1 + j - diagonal, j
                null, kept = left[mode + 1, column], left[mode, column]
                phi = cmath.phase(kept) - cmath.phase(null)
            theta = 2 * math.atan2(abs(kept), abs(null))
            matrix = embedded(cell(theta, phi), [mode, mode + 1], size)
            if diagonal % 2:
                left = left @ matrix.conj().T
                assert abs(left[row, mode]) < 1e-12
                first.append((mode, theta, phi))
            else:
                left = matrix @ left
                assert abs(left[mode + 1, column]) < 1e-12
                last.append((mode, theta, phi))
    diagonal_matrix = np.diag(left.diagonal())
    moved: list[Cell] = []
    for mode, theta, phi in reversed(last):
        # T^-1 D has the moduli of a cell with the same theta: the phase that it lacks is found by trying it.
        both = embedded(cell(theta, phi), [mode, mode + 1], size).conj().T @ diagonal_matrix
        turn = cmath.phase(diagonal_matrix[mode + 1, mode + 1]) - cmath.phase(diagonal_matrix[mode, mode])
        diagonal_matrix = both @ embedded(cell(theta, turn), [mode, mode + 1], size).conj().T
        assert np.abs(diagonal_matrix - np.diag(diagonal_matrix.diagonal())).max() < 1e-12
        moved.append((mode, theta, turn))
    return first + moved, [cmath.phase(entry) for entry in diagonal_matrix.diagonal()]
