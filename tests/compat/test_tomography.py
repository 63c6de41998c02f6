"""Lightworks' tomography over tasks that lwfast runs: it takes the results as they are."""

import numpy as np
import pytest

import lwfast as lw

reference = pytest.importorskip("lightworks")
tomography = pytest.importorskip("lightworks.tomography")
qubit = pytest.importorskip("lightworks.qubit")


def test_state_tomography_of_a_gate():
    """The density matrix of H|0> comes out, from samples that lwfast drew."""
    circuit = reference.PhotonicCircuit(2)
    circuit.add(qubit.H())
    measured = tomography.StateTomography(1, circuit)
    results = []
    for experiment in measured.get_experiments():
        task = reference.Sampler(experiment.circuit, reference.State([1, 0]), 20_000, random_seed=5)
        result = lw.emulator.Backend().run(task)
        results.append(result)
    assert np.allclose(measured.process(results), np.full((2, 2), 0.5), atol=0.02)
