"""Output distributions by exqalibur, Perceval's engine (SLOS), without Perceval's objects."""

from __future__ import annotations

from typing import Any

import exqalibur
import numpy as np

name = "exqalibur"


def probabilities(unitary: np.ndarray, occupation: list[int]) -> Any:
    """Return the probability of every outcome."""
    engine = exqalibur.SLOS_V3()
    engine.set_unitary(unitary)
    engine.set_input_state(exqalibur.FockState(occupation))
    return engine.all_probabilities()
