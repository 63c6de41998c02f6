"""Permanents by lwfast."""

from __future__ import annotations

import numpy as np

import lwfast as lw

name = "lwfast"


def permanent(matrix: np.ndarray) -> complex:
    return lw.permanent(matrix)


def stack(matrices: np.ndarray) -> np.ndarray:
    return lw.permanent(matrices)


def repeated(matrix: np.ndarray, rows: list[int], cols: list[int]) -> complex:
    return lw.permanent(matrix, rows=rows, cols=cols)
