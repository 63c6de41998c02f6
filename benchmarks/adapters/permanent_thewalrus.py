"""Permanents by thewalrus: its faster formula, BB/FG; a stack in a loop, there is no other way."""

from __future__ import annotations

import numpy as np
import thewalrus

name = "thewalrus"


def permanent(matrix: np.ndarray) -> complex:
    return thewalrus.perm(matrix, method="bbfg")


def stack(matrices: np.ndarray) -> np.ndarray:
    return np.array([thewalrus.perm(matrix, method="bbfg") for matrix in matrices])
