"""Boson sampling by exqalibur, Perceval's engine, on all cores; samples are its own state objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import exqalibur
import numpy as np

name = "exqalibur"


def sampler(unitary: np.ndarray, occupation: list[int]) -> Callable[[int], Any]:
    """Return what draws a number of samples."""
    engine = exqalibur.Clifford2017()
    engine.set_unitary(unitary)
    engine.set_input_state(exqalibur.FockState(occupation))
    return engine.samples
