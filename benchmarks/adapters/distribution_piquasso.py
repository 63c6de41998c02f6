"""Output distributions by piquasso's Fock-space simulator."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import piquasso

name = "piquasso"


def probabilities(unitary: np.ndarray, occupation: list[int]) -> Any:
    """Return the probability of every outcome with up to as many photons as enter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with piquasso.Program() as program:
            piquasso.Q() | piquasso.NumberState(occupation)
            piquasso.Q() | piquasso.Interferometer(unitary)
        config = piquasso.Config(cutoff=sum(occupation) + 1)
        simulator = piquasso.PureFockSimulator(d=len(unitary), config=config)
        return simulator.execute(program).state.fock_probabilities
