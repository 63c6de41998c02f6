"""Boson sampling by lwfast."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import lwfast as lw

name = "lwfast"


def sampler(unitary: np.ndarray, occupation: list[int]) -> Callable[[int], np.ndarray]:
    """Return what draws a number of samples, as uint8[n, m]."""
    generator = np.random.default_rng(1)
    return lambda n: lw.boson_sample(unitary, occupation, n, rng=generator)
