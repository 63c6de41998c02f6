"""Many settings of one circuit beside Lightworks' Batch and a loop over exqalibur: the whole of the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lwfast as lw
from benchmarks.peers import large, peers

ADAPTERS = peers("sweeps", "lwfast", "lightworks", "exqalibur")
N_MODES, N_PHOTONS, N_SAMPLES = 8, 4, 1000
SMALL, FULL = 20, 10_000
N_PHASES, N_EVALUATIONS = 200, 500


def mesh(package: Any, n_modes: int, *, doubled: bool = False) -> tuple[Any, list[Any]]:
    """Return a mesh of beam splitters with a phase, or an interferometer with one, at each place."""
    circuit, phases = package.PhotonicCircuit(n_modes), []
    for layer in range(n_modes):
        for mode in range(layer % 2, n_modes - 1, 2):
            phases.append(package.Parameter(0.1))
            if doubled:
                circuit.bs(mode)
            circuit.ps(mode, phases[-1])
            circuit.bs(mode)
    return circuit, phases


def assert_same_answers(found: Any, expected: Any) -> None:
    """The same numbers of samples; or of an optimiser, whose steps follow the last digits, as good an end."""
    if isinstance(expected, list):
        assert found == expected
    else:
        assert max(found, expected) < 0.1


def settings_of(n_settings: int, n_phases: int) -> np.ndarray:
    """Return random phases: float64[n_settings, n_phases]."""
    return np.random.default_rng(1).uniform(0, 2 * np.pi, (n_settings, n_phases))


def random_settings(adapter: Any, n_settings: int) -> Callable[[], Any]:
    """Return what samples an 8-mode mesh with 4 photons at random settings; it returns counts a setting."""
    circuit, phases = mesh(lw if adapter.package is None else adapter.package, N_MODES)
    occupation = [1, 0] * N_PHOTONS
    values = settings_of(n_settings, len(phases))
    return lambda: adapter.sample(circuit, phases, values, occupation, N_SAMPLES)


def dip(adapter: Any) -> Callable[[], Any]:
    """Return what samples a Hong-Ou-Mandel dip of 200 phases."""
    package = lw if adapter.package is None else adapter.package
    circuit, phase = package.PhotonicCircuit(2), package.Parameter(0.0)
    circuit.bs(0)
    circuit.ps(0, phase)
    circuit.bs(0)
    values = np.linspace(0, np.pi, N_PHASES)[:, None]
    return lambda: adapter.sample(circuit, [phase], values, [1, 1], N_SAMPLES)


def optimisation(adapter: Any) -> Callable[[], float]:
    """Return 500 evaluations of an optimiser on a six-mode mesh; it returns what is left to gain."""
    from scipy.optimize import minimize

    package = lw if adapter.package is None else adapter.package
    circuit, phases = mesh(package, 6, doubled=True)
    amplitude = adapter.amplitude(circuit, [1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 0, 1])
    start = np.random.default_rng(2).uniform(0, 2 * np.pi, len(phases))

    def loss(values: np.ndarray) -> float:
        for phase, value in zip(phases, values.tolist(), strict=True):
            phase.set(value)
        return 1 - abs(amplitude()) ** 2

    def run() -> float:
        return minimize(loss, start, method="L-BFGS-B", options={"maxfun": N_EVALUATIONS}).fun

    return run


def with_slopes() -> Callable[[], float]:
    """Return the same optimisation by lwfast, with exact slopes where the others take differences."""
    from scipy.optimize import minimize

    circuit, phases = mesh(lw, 6, doubled=True)
    task = lw.Sampler(circuit, lw.State([1, 1, 1, 0, 0, 0]), N_SAMPLES)
    wanted = {lw.State([0, 1, 0, 1, 0, 1]): 1.0}
    start = np.random.default_rng(2).uniform(0, 2 * np.pi, len(phases))

    def loss(values: np.ndarray) -> tuple[float, list[float]]:
        for phase, value in zip(phases, values.tolist(), strict=True):
            phase.set(value)
        probability, slopes = lw.expectation(task, wanted, gradient=True)
        return 1 - probability, [-slopes[phase] for phase in phases]

    def run() -> float:
        # As many calls as the others make but for those at neighbouring points.
        most = N_EVALUATIONS // (len(phases) + 1) + 1
        return minimize(loss, start, method="L-BFGS-B", jac=True, options={"maxfun": most}).fun

    return run


@pytest.mark.large
def test_optimisation_with_slopes(benchmark):
    assert_same_answers(benchmark.pedantic(with_slopes(), rounds=1), 0.0)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("n_settings", [SMALL, large(FULL)])
def test_random_settings(benchmark, adapter, n_settings):
    if n_settings == FULL and adapter.name == "lightworks":
        pytest.skip("Lightworks takes minutes.")
    totals = benchmark.pedantic(random_settings(adapter, n_settings), rounds=1)
    assert_same_answers(totals, [N_SAMPLES] * n_settings)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_dip(benchmark, adapter):
    assert_same_answers(benchmark.pedantic(dip(adapter), rounds=1), [N_SAMPLES] * N_PHASES)


@pytest.mark.large
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_optimisation(benchmark, adapter):
    assert_same_answers(benchmark.pedantic(optimisation(adapter), rounds=1), 0.0)
