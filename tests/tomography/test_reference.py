"""The same data give Lightworks' answers: to rounding, or better ones where its own are not exact."""

import inspect

import numpy as np
import pytest

import lwfast as lw
from lwfast import tomography
from lwfast.tomography.estimation.likelihood import Likelihood, transfer_matrices
from lwfast.tomography.estimation.paulis import expectation_map
from tests.tomography.gates import CNOT, Gates

lightworks = pytest.importorskip("lightworks")
reference = pytest.importorskip("lightworks.tomography")

KINDS = ["StateTomography", "LIProcessTomography", "MLEProcessTomography", "GateFidelity"]


def both(name, n_qubits):
    """Lightworks' tomography and ours, of the same gates."""
    gates = Gates(n_qubits)
    theirs = lightworks.PhotonicCircuit(2 * n_qubits)
    theirs.add(lightworks.Unitary(gates.circuit.U))
    return (
        gates,
        getattr(reference, name)(n_qubits, theirs),
        getattr(tomography, name)(n_qubits, gates.circuit),
    )


def with_their_states(data):
    return [{lightworks.State(list(state)): n for state, n in result.items()} for result in data]


def test_names():
    assert set(tomography.__all__) == set(reference.__all__)


@pytest.mark.parametrize("name", sorted(reference.__all__))
def test_signatures(name):
    theirs, ours = getattr(reference, name), getattr(tomography, name)
    assert parameters(ours) == parameters(theirs)
    if isinstance(theirs, type):
        for member, method in inspect.getmembers(theirs):
            if member.startswith("_"):
                continue
            assert hasattr(ours, member)
            if inspect.isfunction(method):
                assert parameters(getattr(ours, member)) == parameters(method), member


def parameters(function):
    return [(p.name, p.default, p.kind) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("n_qubits", [1, 2])
@pytest.mark.parametrize("name", KINDS)
def test_experiments(name, n_qubits):
    _, theirs, ours = both(name, n_qubits)
    pairs = list(zip(theirs.get_experiments(), ours.get_experiments(), strict=True))
    for their, our in pairs:
        assert our.measurement_basis == their.measurement_basis
        assert np.allclose(our.circuit.U_full, their.circuit.U_full, rtol=0, atol=1e-12)
        if name != "StateTomography":
            assert our.input_basis == their.input_basis
            assert our.input_state.s == their.input_state.s
    assert [name for name in dir(theirs.get_experiments()) if name.startswith("all_")] == [
        name for name in dir(ours.get_experiments()) if name.startswith("all_")
    ]


@pytest.mark.parametrize("n_qubits", [1, 2])
@pytest.mark.parametrize("project", [False, True])
def test_states(n_qubits, project):
    gates, theirs, ours = both("StateTomography", n_qubits)
    data = gates.counted(ours.get_experiments(), 500, 2)
    their_data = with_their_states(data)
    expected = theirs.process(their_data, project)
    assert np.allclose(ours.process(data, project), expected, rtol=0, atol=1e-12)
    assert np.allclose(ours.process(their_data, project), expected, rtol=0, atol=1e-12)
    target = tomography.density_from_state(gates.matrix[:, 0])
    assert ours.fidelity(target) == pytest.approx(theirs.fidelity(target), abs=1e-7)
    mixed = 0.9 * target + 0.1 * np.eye(len(target)) / len(target)
    assert ours.fidelity(mixed) == pytest.approx(theirs.fidelity(mixed), abs=1e-7)
    assert np.allclose(ours.check_eigenvalues(), theirs.check_eigenvalues(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_qubits", [1, 2])
@pytest.mark.parametrize("project", [False, True])
def test_processes_by_linear_inversion(n_qubits, project):
    """A projection of theirs is near ours, which is the nearest physical process to the same estimate."""
    gates, theirs, ours = both("LIProcessTomography", n_qubits)
    data = gates.counted(ours.get_experiments(), 500, 2)
    their_data = with_their_states(data)
    tolerance = 1e-3 if project else 1e-12
    expected = theirs.process(their_data, project)
    assert np.allclose(ours.process(data, project), expected, rtol=0, atol=tolerance)
    one = theirs.process_density_matrices(their_data, project)
    other = ours.process_density_matrices(data, project)
    assert list(one) == list(other)
    assert all(np.allclose(one[name], other[name], rtol=0, atol=1e-12) for name in one)
    one = theirs.process_state_fidelities(their_data, gates.matrix, project)
    other = ours.process_state_fidelities(data, gates.matrix, project)
    assert other == pytest.approx(one, abs=1e-7)
    one, other = theirs.check_eigenvalues(their_data), ours.check_eigenvalues(data)
    assert all(np.allclose(one[name], other[name], rtol=0, atol=1e-12) for name in one)


# Lightworks calls `lstsq` without `rcond`, of which NumPy 1 warns.
@pytest.mark.filterwarnings("ignore:`rcond` parameter will change:FutureWarning")
@pytest.mark.parametrize("n_qubits", [1, 2])
@pytest.mark.parametrize("project", [False, True])
def test_gate_fidelities(n_qubits, project):
    gates, theirs, ours = both("GateFidelity", n_qubits)
    data = gates.counted(ours.get_experiments(), 500, 2)
    expected = theirs.process(with_their_states(data), gates.matrix, project)
    assert ours.process(data, gates.matrix, project) == pytest.approx(expected, abs=1e-12)


def test_processes_by_maximum_likelihood(cnot):
    """Of a real and symmetric gate, where their gradient is right: as likely at least."""
    ours = tomography.MLEProcessTomography(2, cnot)
    data = lw.emulator.Backend().run(ours.get_sweep(2000, rng=1))
    choi = ours.process(data)
    listed = [{lightworks.State(state.s): n for state, n in data[i].items()} for i in range(len(data))]
    theirs = reference.MLEProcessTomography(2, lightworks.PhotonicCircuit(4))
    expected = theirs.process(listed)
    assert np.allclose(choi, expected, rtol=0, atol=0.05)
    assert ours.fidelity(tomography.choi_from_unitary(CNOT)) > 0.99
    likelihood = Likelihood.of(ours.inputs, 2)
    counts = np.array([[data[i].get(key, 0) for key in KEYS] for i in range(len(data))], dtype=float)
    frequencies = counts / counts.sum(axis=1, keepdims=True)
    measured = (frequencies.reshape(1, 36, -1) @ expectation_map(2).T)[:, :, 1:]
    best = likelihood.costs(transfer_matrices(choi[np.newaxis], 2), measured)[0]
    for other in (expected, expected.T):
        assert best <= likelihood.costs(transfer_matrices(other[np.newaxis], 2), measured)[0] + 1e-9


KEYS = [(1, 0, 1, 0), (1, 0, 0, 1), (0, 1, 1, 0), (0, 1, 0, 1)]


def test_projections_are_at_most_as_far():
    rng = np.random.default_rng(4)
    for dim in (2, 4):
        noise = rng.normal(size=(dim**2, dim**2)) + 1j * rng.normal(size=(dim**2, dim**2))
        given = tomography.choi_from_unitary(lw.random_unitary(dim, seed=1)) + 0.1 * (noise + noise.conj().T)
        theirs, ours = reference.project_choi_to_physical(given), tomography.project_choi_to_physical(given)
        assert np.allclose(ours, theirs, rtol=0, atol=1e-3)
        rho = given / np.trace(given)
        expected = reference.project_density_to_physical(rho)
        assert np.allclose(tomography.project_density_to_physical(rho), expected, rtol=0, atol=1e-12)


def test_functions():
    """The choi matrix of a unitary is theirs where the unitary is symmetric; see docs/compatibility.md."""
    state = lw.random_unitary(4, seed=1)[:, 0]
    assert np.allclose(
        tomography.density_from_state(state), reference.density_from_state(state), rtol=0, atol=0
    )
    symmetric = lw.random_unitary(4, seed=1)
    symmetric = symmetric @ symmetric.T
    expected = reference.choi_from_unitary(symmetric)
    assert np.allclose(tomography.choi_from_unitary(symmetric), expected, rtol=0, atol=1e-15)
    rng = np.random.default_rng(1)
    for size in (2, 4, 16):
        rhos = []
        for _ in range(2):
            root = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
            rhos.append(root @ root.conj().T / np.trace(root @ root.conj().T))
        expected = reference.state_fidelity(*rhos)
        assert tomography.state_fidelity(*rhos) == pytest.approx(expected, abs=1e-10)
        if size != 2:
            dim = size**0.5
            expected = reference.process_fidelity(*(dim * rho for rho in rhos))
            assert tomography.process_fidelity(*(dim * rho for rho in rhos)) == pytest.approx(
                expected, abs=1e-10
            )


@pytest.mark.parametrize("name", KINDS)
def test_their_circuits(name):
    """A circuit of Lightworks is taken as it is."""
    _, theirs, ours = both(name, 1)
    taken = getattr(tomography, name)(1, theirs.base_circuit)
    assert taken.base_circuit is theirs.base_circuit
    for one, other in zip(taken.get_experiments(), ours.get_experiments(), strict=True):
        assert np.allclose(one.circuit.U, other.circuit.U, rtol=0, atol=1e-12)


def test_the_same_refusals():
    circuit = lightworks.PhotonicCircuit(2)
    for arguments, error in (((True, circuit), TypeError), ((1, 5), TypeError), ((2, circuit), ValueError)):
        for package in (reference, tomography):
            with pytest.raises(error):
                package.StateTomography(*arguments)
