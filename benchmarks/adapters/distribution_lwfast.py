"""Output distributions by lwfast."""

from __future__ import annotations

import numpy as np

import lwfast as lw

name = "lwfast"


def probabilities(unitary: np.ndarray, occupation: list[int]) -> np.ndarray:
    """Return the probability of every outcome."""
    return lw.output_distribution(unitary, occupation).probabilities
