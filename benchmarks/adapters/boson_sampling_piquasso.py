"""Boson sampling by piquasso."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import piquasso

name = "piquasso"


def sampler(unitary: np.ndarray, occupation: list[int]) -> Callable[[int], Any]:
    """Return what draws a number of samples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with piquasso.Program() as program:
            piquasso.Q() | piquasso.NumberState(occupation)
            piquasso.Q() | piquasso.Interferometer(unitary)
            piquasso.Q() | piquasso.ParticleNumberMeasurement()
        simulator = piquasso.PassiveSimulator(d=len(unitary))
    return lambda n: simulator.execute(program, shots=n).samples
