"""Exact probabilities of states and processes that are known give these states and processes exactly."""

import numpy as np
import pytest

import lwfast as lw
from lwfast import tomography
from tests.tomography.gates import CNOT, Gates

SIZES = [1, 2, 3]
PROCESSES = [tomography.LIProcessTomography, tomography.MLEProcessTomography]


@pytest.mark.parametrize("n_qubits", SIZES)
@pytest.mark.parametrize("project", [False, True])
def test_state(n_qubits, project):
    gates = Gates(n_qubits)
    measured = tomography.StateTomography(n_qubits, gates.circuit)
    rho = measured.process(gates.exact(measured.get_experiments()), project)
    expected = tomography.density_from_state(gates.matrix[:, 0])
    assert np.allclose(rho, expected, rtol=0, atol=1e-12)
    assert np.array_equal(rho, measured.rho)
    assert measured.fidelity(expected) == pytest.approx(1, abs=1e-7)
    assert np.allclose(measured.check_eigenvalues(), [0] * (2**n_qubits - 1) + [1], rtol=0, atol=1e-12)


def test_state_that_is_entangled(cnot):
    """Through heralded modes too: the Bell state of a Hadamard and a CNOT."""
    circuit = lw.PhotonicCircuit(4)
    circuit.add(lw.Unitary(np.array([[1, 1], [1, -1]]) / np.sqrt(2)), 0)
    circuit.add(cnot)
    measured = tomography.StateTomography(2, circuit)
    data = lw.emulator.Backend().run(measured.get_sweep(20_000, rng=1))
    bell = tomography.density_from_state(np.array([1, 0, 0, 1]) / np.sqrt(2))
    assert np.allclose(measured.process(data), bell, atol=0.02)


@pytest.mark.parametrize("n_qubits", [1, 2])
@pytest.mark.parametrize("project", [False, True])
def test_process_by_linear_inversion(n_qubits, project):
    """The order of input and output is that of choi_from_unitary, also of gates that are not symmetric."""
    gates = Gates(n_qubits)
    measured = tomography.LIProcessTomography(n_qubits, gates.circuit)
    choi = measured.process(gates.exact(measured.get_experiments()), project)
    expected = tomography.choi_from_unitary(gates.matrix)
    assert np.allclose(choi, expected, rtol=0, atol=1e-11)
    assert measured.fidelity(expected) == pytest.approx(1, abs=1e-7)


@pytest.mark.parametrize("n_qubits", [1, 2])
def test_process_by_maximum_likelihood(n_qubits):
    """As far as 1e-9 of the mean log-likelihood tells processes apart: its root, in the entries."""
    gates = Gates(n_qubits)
    measured = tomography.MLEProcessTomography(n_qubits, gates.circuit)
    choi = measured.process(gates.exact(measured.get_experiments()))
    expected = tomography.choi_from_unitary(gates.matrix)
    assert np.allclose(choi, expected, rtol=0, atol=1e-3)
    assert measured.fidelity(expected) == pytest.approx(1, abs=1e-4)
    traced = np.einsum("ioko->ik", choi.reshape([2**n_qubits] * 4))
    assert np.allclose(traced, np.eye(2**n_qubits), rtol=0, atol=1e-12)
    assert np.linalg.eigvalsh(choi)[0] > -1e-12


@pytest.mark.parametrize("kind", PROCESSES)
def test_process_that_entangles(kind, cnot):
    measured = kind(2, cnot)
    data = lw.emulator.Backend().run(measured.get_sweep(5000, rng=2))
    measured.process(data)
    assert measured.fidelity(tomography.choi_from_unitary(CNOT)) == pytest.approx(1, abs=0.02)
    assert np.allclose(measured.choi, tomography.choi_from_unitary(CNOT), atol=0.08)


@pytest.mark.parametrize("n_qubits", SIZES)
def test_gate_fidelity(n_qubits):
    gates = Gates(n_qubits)
    measured = tomography.GateFidelity(n_qubits, gates.circuit)
    data = gates.exact(measured.get_experiments())
    assert measured.process(data, gates.matrix) == pytest.approx(1, abs=1e-12)
    # Of two unitaries: (|Tr U^dagger V|^2 + d) / (d^2 + d).
    other, dim = lw.random_unitary(2**n_qubits, seed=9), 2**n_qubits
    overlap = abs(np.trace(gates.matrix.conj().T @ other)) ** 2
    expected = (overlap + dim) / (dim**2 + dim)
    assert measured.process(data, other) == pytest.approx(expected, abs=1e-12)
    assert measured.fidelity == pytest.approx(expected, abs=1e-12)


def test_densities_behind_a_process():
    gates = Gates(2)
    measured = tomography.LIProcessTomography(2, gates.circuit)
    data = gates.exact(measured.get_experiments())
    found = measured.process_density_matrices(data)
    expected = measured.get_expected_density_matrices(gates.matrix)
    assert list(found) == list(expected)
    assert list(found)[:5] == ["Z+,Z+", "Z+,Z-", "Z+,X+", "Z+,Y+", "Z-,Z+"]
    for name, rho in found.items():
        assert np.allclose(rho, expected[name], rtol=0, atol=1e-12)
    assert all(f == pytest.approx(1) for f in measured.process_state_fidelities(data, gates.matrix).values())
    assert np.allclose(measured.check_eigenvalues(data)["X+,Y+"], [0, 0, 0, 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [tomography.StateTomography, *PROCESSES])
def test_a_sweep_measures_what_the_experiments_do(kind, cnot):
    """Setting by setting, the exact distributions are the same."""
    measured = kind(2, cnot)
    sweep, experiments = measured.get_sweep(10), measured.get_experiments()
    assert len(sweep) == len(experiments)
    unitaries = sweep.task.circuit.unitaries(dict(zip(sweep.labels, sweep.settings.T, strict=True)))
    for unitary, experiment in zip(unitaries, experiments, strict=True):
        mine = experiment.circuit.U
        inputs = getattr(experiment, "input_state", sweep.task.input_state)
        rows = [with_heralds(state, cnot) for state in (sweep.task.input_state, inputs)]
        one = lw.output_distribution(unitary, rows[0]).probabilities
        other = lw.output_distribution(mine, rows[1]).probabilities
        assert np.allclose(one, other, rtol=0, atol=1e-12)


def with_heralds(state, circuit):
    """The photons of all modes, heralded ones counted."""
    left = iter(state)
    heralds = circuit.heralds.input
    return [heralds[mode] if mode in heralds else next(left) for mode in range(circuit.n_modes)]


def test_heralds_on_modes_in_front_of_qubits():
    """The bases are changed on the modes of the qubits, wherever heralded modes are."""
    circuit = lw.PhotonicCircuit(3)
    single = lw.random_unitary(2, seed=4)
    circuit.add(lw.Unitary(single), 1)
    circuit.herald(0, 0)
    measured = tomography.StateTomography(1, circuit)
    results = [
        lw.emulator.Backend().run(lw.Sampler(e.circuit, lw.State([1, 0]), 40_000, random_seed=3))
        for e in measured.get_experiments()
    ]
    expected = tomography.density_from_state(single[:, 0])
    assert np.allclose(measured.process(results), expected, atol=0.02)
