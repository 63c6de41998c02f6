"""Interferometers by lwfast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import lwfast as lw

name = "lwfast"


def mapped(shape: str, unitary: np.ndarray) -> Callable[[], Any]:
    """Return what makes a circuit of cells: a "triangle" or a "rectangle"."""
    circuit = lw.Unitary(unitary)
    kind = lw.interferometers.Reck if shape == "triangle" else lw.interferometers.Clements
    return lambda: kind().map(circuit)


def matrix(circuit: Any) -> np.ndarray:
    """Return the unitary of a circuit."""
    return circuit.U


__all__ = ["mapped", "matrix", "name"]
