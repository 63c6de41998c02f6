"""Settings one by one by exqalibur, on matrices that are given to it; samples are drawn with NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import exqalibur
import numpy as np

name = "exqalibur"
package = None
"""It has no circuits: those of lwfast give it their matrices."""


def sample(circuit: Any, phases: list[Any], values: np.ndarray, occupation: list[int], n: int) -> list[int]:
    """Sample every setting in a loop; the number of samples of each."""
    unitaries = circuit.unitaries(dict(zip(phases, values.T, strict=True)))
    state, generator = exqalibur.FockState(occupation), np.random.default_rng(1)
    totals = []
    for unitary in unitaries:
        engine = exqalibur.SLOS_V3()
        engine.set_unitary(unitary)
        engine.set_input_state(state)
        probabilities = np.array(engine.all_probabilities())
        totals.append(int(generator.multinomial(n, probabilities / probabilities.sum()).sum()))
    return totals


def amplitude(circuit: Any, occupation: list[int], output: list[int]) -> Callable[[], complex]:
    """Return what works out one amplitude at the present setting, by a permanent."""
    rows, columns = np.repeat(range(len(output)), output), np.repeat(range(len(occupation)), occupation)

    def work() -> complex:
        # No state has two photons in a mode, so there are no factorials.
        return exqalibur.permanent_cx(np.ascontiguousarray(circuit.U[np.ix_(rows, columns)]))

    return work


__all__ = ["amplitude", "name", "package", "sample"]
