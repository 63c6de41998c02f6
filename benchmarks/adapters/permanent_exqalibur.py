"""Permanents by exqalibur, Perceval's engine: the faster of its two formulas on these cores at each size."""

from __future__ import annotations

import exqalibur
import numpy as np

name = "exqalibur"

RYSER_FROM = 22
"""Ryser's formula runs on all cores there, Glynn's on one; below this size one core is the faster."""


def permanent(matrix: np.ndarray) -> complex:
    return exqalibur.permanent_cx(matrix, "ryser" if len(matrix) >= RYSER_FROM else "glynn")


def stack(matrices: np.ndarray) -> np.ndarray:
    return np.array([exqalibur.permanent_cx(matrix, "glynn") for matrix in matrices])
