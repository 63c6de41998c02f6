"""Interferometers by Perceval, which solves for the phases of each cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import perceval

name = "perceval"


def mapped(shape: str, unitary: np.ndarray) -> Callable[[], Any] | None:
    """Return what makes a circuit of cells, for a "triangle"; Perceval has no rectangle."""
    if shape != "triangle":
        return None
    theta, phi = perceval.PS(perceval.P("theta")), perceval.PS(perceval.P("phi"))
    cell = perceval.Circuit(2) // perceval.BS() // (0, theta) // perceval.BS() // (0, phi)
    given = perceval.Matrix(unitary)
    return lambda: perceval.Circuit.decomposition(given, cell, phase_shifter_fn=perceval.PS, shape="TRIANGLE")


def matrix(circuit: Any) -> np.ndarray:
    """Return the unitary of a circuit."""
    return np.array(circuit.compute_unitary())


__all__ = ["mapped", "matrix", "name"]
