"""How programs use lwfast, with the types that a checker has to find; see `test_typing.py`."""

from typing import Any, assert_type

import numpy as np
import pandas as pd  # noqa: TID253  (a program of a user)
from matplotlib.axes import Axes  # noqa: TID253
from matplotlib.figure import Figure, SubFigure  # noqa: TID253
from numpy.typing import NDArray

import lwfast as lw
from lwfast import emulator
from lwfast.results import (
    ProbabilityDistribution,
    SamplingResult,
    SimulationResult,
    SweepResult,
    SweepSimulationResult,
)
from lwfast.results.batch_results import BatchResults

unitary = lw.random_unitary(4, seed=1)
stack: np.ndarray[tuple[int, int, int], np.dtype[np.complex128]] = np.zeros((2, 3, 3), np.complex128)

# One matrix gives a number, a stack an array.
assert_type(lw.permanent(unitary), complex)
assert_type(lw.permanent([[1, 2], [3, 4]]), complex)
assert_type(lw.permanent(stack), NDArray[np.complex128])
assert_type(lw.permanent(unitary, return_error=True), tuple[complex, float])
assert_type(lw.permanent(stack, return_error=True), tuple[NDArray[np.complex128], NDArray[np.float64]])
assert_type(lw.is_unitary(unitary), bool)
assert_type(lw.is_unitary(stack), NDArray[np.bool_])
assert_type(lw.fock_rank(lw.State([1, 0, 2])), int)
assert_type(lw.fock_rank([1, 0, 2]), int)
assert_type(lw.fock_rank([[1, 0, 2], [0, 1, 2]]), NDArray[np.int64])

# A backend gives the result that fits the task.
circuit = lw.PhotonicCircuit(4)
assert_type(lw.is_unitary(circuit.U), bool)
sampler = lw.Sampler(circuit, lw.State([1, 1, 0, 0]), n_samples=10)
simulator = lw.Simulator(circuit, lw.State([1, 1, 0, 0]))
backend = emulator.Backend()
counts = backend.run(sampler)
simulated = backend.run(simulator)
swept = backend.run(lw.Sweep(sampler, {"phase": [0.1]}))
assert_type(counts, SamplingResult)
assert_type(simulated, SimulationResult)
assert_type(swept, SweepResult | SweepSimulationResult)
assert_type(backend.run(lw.Batch(lw.Sampler, [[circuit]])), BatchResults)
assert_type(backend.plan(sampler).seconds, float)

# Results: values, frames and plots.
assert_type(counts.to_pandas(), pd.DataFrame)
assert_type(swept.to_pandas(), pd.DataFrame)
assert_type(counts.plot(errors=True, theory={(1, 1): 0.5}), tuple[Figure | SubFigure, Axes] | None)
assert_type(swept.plot("phase"), tuple[Figure | SubFigure, Axes] | None)
assert_type(counts.plot_correlations(), tuple[Figure | SubFigure, Axes] | None)
assert_type(simulated.plot(), tuple[Figure, Axes | NDArray[Any]] | None)
distribution = ProbabilityDistribution({(1, 0): 1.0})
assert_type(distribution.to_pandas(), pd.DataFrame)
for state, probability in distribution.items():
    assert_type(state, lw.State)
    assert_type(probability, float)
for outcome, count in counts.items():
    assert_type(outcome.n_photons, int)
    assert_type(count, int)
