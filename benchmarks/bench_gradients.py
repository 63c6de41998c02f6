"""Means of observables with all their slopes, beside MerLin on the CPU, and beside the mean alone."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from benchmarks.peers import large, peers

ADAPTERS = peers("gradients", "lwfast", "merlin")
SIZES = [(6, 3, 1.0, 1.0), (8, 4, 1.0, 1.0), large(10, 5, 1.0, 1.0), (6, 3, 0.9, 1.0), (6, 3, 1.0, 0.9)]
"""Modes, photons, brightness, indistinguishability."""


def places(n_modes: int) -> list[int]:
    """The first modes of the beam splitters of a brickwork mesh."""
    return [mode for layer in range(n_modes) for mode in range(layer % 2, n_modes - 1, 2)]


def mesh(n_modes: int, angles):
    """A mesh of balanced beam splitters, with a phase to vary behind each."""
    circuit, parameters = lw.PhotonicCircuit(n_modes), []
    for mode, angle in zip(places(n_modes), angles, strict=True):
        circuit.bs(mode)
        parameters.append(lw.Parameter(float(angle)))
        circuit.ps(mode, parameters[-1])
    return circuit, parameters


def setting(n_modes: int, n_photons: int):
    """Input, angles, and what a photon in each mode is worth."""
    rng = np.random.default_rng(n_modes)
    occupation = [int(mode % 2 == 0 and mode // 2 < n_photons) for mode in range(n_modes)]
    return occupation, rng.uniform(0, 6, len(places(n_modes))), np.linspace(-1, 1, n_modes)


def assert_same(found, expected) -> None:
    """The same mean and slopes."""
    assert abs(found[0] - expected[0]) < 1e-9
    assert np.abs(found[1] - expected[1]).max() < 1e-9


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(("n_modes", "n_photons", "brightness", "indistinguishability"), SIZES)
def test_mean_and_slopes(benchmark, adapter, n_modes, n_photons, brightness, indistinguishability):
    from benchmarks.adapters import gradients_lwfast

    noise = brightness, indistinguishability
    given = n_modes, *setting(n_modes, n_photons), *noise
    found = benchmark(adapter.mean_and_slopes(*given))
    assert_same(found, gradients_lwfast.mean_and_slopes(*given)())


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize(("n_modes", "n_photons"), [(6, 3), (10, 5), large(16, 8)])
def test_cost_of_all_slopes(benchmark, gradient, n_modes, n_photons):
    occupation, angles, weights = setting(n_modes, n_photons)
    circuit, _ = mesh(n_modes, angles)
    worth = lw.fock_basis(n_modes, n_photons) @ weights
    found = benchmark(lw.expectation, lw.Sampler(circuit, lw.State(occupation), 1), worth, gradient)
    value = found[0] if gradient else found
    means = np.abs(circuit.U) ** 2 @ occupation
    assert value == pytest.approx(weights @ means, abs=1e-12)
