"""Slow twins of the unitary kernel and of the compiler of circuits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]


def deviation_columns(matrix: Complex) -> float:
    """Return max |U^H U - 1|, entry by entry."""
    n = len(matrix)
    worst = 0.0
    for i in range(n):
        for j in range(n):
            entry = sum(complex(matrix[r, i]).conjugate() * complex(matrix[r, j]) for r in range(n))
            worst = max(worst, abs(entry - (i == j)))
    return worst


def embedded(block: Complex, modes: list[int], total: int) -> Complex:
    """Return `block` on some modes of a larger identity."""
    matrix = np.identity(total, dtype=np.complex128)
    for i, row in enumerate(modes):
        for j, column in enumerate(modes):
            matrix[row, column] = block[i, j]
    return matrix


def product(steps: list[tuple[Complex, list[int]]], total: int) -> Complex:
    """Return the product of blocks, the first one applied first, as a product of full matrices."""
    matrix = np.identity(total, dtype=np.complex128)
    for block, modes in steps:
        matrix = embedded(block, modes, total) @ matrix
    return matrix
