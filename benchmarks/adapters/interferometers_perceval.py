"""Interferometers by Perceval, which solves for the phases of each cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import perceval

name = "perceval"


def mapped(shape: str, unitary: np.ndarray) -> Callable[[], Any]:
    """Return what makes a circuit of cells: a "triangle" or a "rectangle"."""
    cell = perceval.catalog["mzi phase first"].build_circuit()
    given = perceval.Matrix(unitary)
    return lambda: perceval.Circuit.decomposition(
        given, cell, phase_shifter_fn=perceval.PS, shape=shape.upper()
    )


def matrix(circuit: Any) -> np.ndarray:
    """Return the unitary of a circuit."""
    return np.array(circuit.compute_unitary())


__all__ = ["mapped", "matrix", "name"]
