"""Interferometers by Lightworks, which has the triangle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightworks
import numpy as np

name = "lightworks"


def mapped(shape: str, unitary: np.ndarray) -> Callable[[], Any] | None:
    """Return what makes a circuit of cells: a "triangle"; None for another shape."""
    circuit = lightworks.Unitary(unitary)
    return (lambda: lightworks.interferometers.Reck().map(circuit)) if shape == "triangle" else None


def matrix(circuit: Any) -> np.ndarray:
    """Return the unitary of a circuit."""
    return circuit.U


__all__ = ["mapped", "matrix", "name"]
