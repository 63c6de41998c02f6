"""Elements of a circuit as whole matrices, multiplied up by NumPy."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from lwfast._kernels.optics import element_kinds as kinds


def element_matrix(kind: int, first: int, second: int, value: float, size: int) -> Any:
    """Return the matrix of one element over `size` rows."""
    matrix = np.identity(size, dtype=complex)
    rows = np.ix_([first, second], [first, second])
    root, rest = (math.sqrt(value), math.sqrt(1 - value)) if kind != kinds.PHASE_SHIFT else (0, 0)
    if kind == kinds.BEAM_SPLITTER_RX:
        matrix[rows] = [[root, 1j * rest], [1j * rest, root]]
    elif kind == kinds.BEAM_SPLITTER_H:
        matrix[rows] = [[root, rest], [rest, -root]]
    elif kind == kinds.PHASE_SHIFT:
        matrix[first, first] = cmath.exp(1j * value)
    elif kind == kinds.LOSS:
        matrix[rows] = [[rest, -root], [root, rest]]
    else:
        matrix[rows] = [[0, 1], [1, 0]]
    return matrix


def multiply_elements(steps: Any, constants: Any, settings: Any, matrices: Any) -> None:
    """Multiply a stack of matrices, in place, from the left with elements, the first one first."""
    for k, values in enumerate(settings):
        for (kind, first, second, column), constant in zip(steps.tolist(), constants, strict=True):
            value = float(constant if column < 0 else values[column])
            matrices[k] = element_matrix(kind, first, second, value, matrices.shape[1]) @ matrices[k]
