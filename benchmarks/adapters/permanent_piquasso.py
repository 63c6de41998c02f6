"""Permanents by piquasso, which runs on all cores and takes multiplicities."""

from __future__ import annotations

import numpy as np
from piquasso._math.permanent import permanent as _permanent

name = "piquasso"


def permanent(matrix: np.ndarray) -> complex:
    ones = np.ones(len(matrix), dtype=int)
    return _permanent(matrix, ones, ones)


def stack(matrices: np.ndarray) -> np.ndarray:
    ones = np.ones(matrices.shape[1], dtype=int)
    return np.array([_permanent(matrix, ones, ones) for matrix in matrices])


def repeated(matrix: np.ndarray, rows: list[int], cols: list[int]) -> complex:
    return _permanent(matrix, np.array(rows), np.array(cols))
