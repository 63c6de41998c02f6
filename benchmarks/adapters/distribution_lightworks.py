"""Output distributions by Lightworks' SLOS backend."""

from __future__ import annotations

from collections.abc import Iterable

import lightworks
import numpy as np

name = "lightworks"


def probabilities(unitary: np.ndarray, occupation: list[int]) -> Iterable[float]:
    """Return the probability of every outcome above its threshold."""
    task = lightworks.Sampler(lightworks.Unitary(unitary), lightworks.State(occupation), 0, random_seed=1)
    lightworks.emulator.Backend("slos").run(task)
    return list(task.probability_distribution.values())
