"""Projections are physical, leave what is physical alone, and are the nearest."""

import warnings

import numpy as np
import pytest

import lwfast as lw
from lwfast import tomography


def hermitian(size, seed, scale=1.0):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    return scale * (matrix + matrix.conj().T) / 2


def random_process(dim, seed):
    """The choi matrix of a random channel: a unitary with an environment that is looked away from."""
    whole = lw.random_unitary(dim**2, seed=seed)[:, :dim].reshape(dim, dim, dim)  # output, environment, input
    return sum(tomography.choi_from_unitary(whole[:, k]) for k in range(dim))


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("seed", range(5))
def test_density(size, seed):
    rho = tomography.project_density_to_physical(hermitian(size, seed) + np.eye(size))
    assert np.trace(rho) == pytest.approx(1, abs=1e-12)
    assert np.array_equal(rho, rho.conj().T) or np.allclose(rho, rho.conj().T, rtol=0, atol=1e-15)
    assert np.linalg.eigvalsh(rho)[0] > -1e-13
    assert np.allclose(tomography.project_density_to_physical(rho), rho, rtol=0, atol=1e-14)


def test_physical_density_is_left_alone():
    rho = np.diag([0.25, 0.75]).astype(complex)
    assert np.array_equal(tomography.project_density_to_physical(rho), rho)


def test_density_is_the_nearest():
    """The projection onto a convex set: no point of the set lies at an acute angle."""
    given = hermitian(4, 3) + 2 * np.eye(4)
    given /= np.trace(given)
    nearest = tomography.project_density_to_physical(given)
    for seed in range(50):
        state = lw.random_unitary(4, seed=seed)[:, 0]
        other = np.outer(state, state.conj())
        assert np.trace((given - nearest) @ (other - nearest)).real < 1e-12


@pytest.mark.parametrize("dim", [2, 4])
@pytest.mark.parametrize("scale", [0.01, 0.3, 10.0])
@pytest.mark.parametrize("seed", range(3))
def test_choi(dim, scale, seed):
    given = tomography.choi_from_unitary(lw.random_unitary(dim, seed=seed)) + hermitian(dim**2, seed, scale)
    found = tomography.project_choi_to_physical(given)
    traced = np.einsum("ioko->ik", found.reshape([dim] * 4))
    assert np.allclose(traced, np.eye(dim), rtol=0, atol=1e-13)
    assert np.linalg.eigvalsh(found)[0] > -1e-13
    assert np.allclose(tomography.project_choi_to_physical(found), found, rtol=0, atol=1e-12)
    for other in range(20):
        angle = np.trace((given - found) @ (random_process(dim, other) - found)).real
        assert angle < 1e-9 * (1 + scale)


@pytest.mark.parametrize("dim", [2, 4])
def test_physical_choi_is_left_alone(dim):
    for choi in (tomography.choi_from_unitary(lw.random_unitary(dim, seed=1)), random_process(dim, 2)):
        assert np.allclose(tomography.project_choi_to_physical(choi), choi, rtol=0, atol=1e-12)


@pytest.mark.parametrize("given", [np.zeros((4, 4)), -10 * np.eye(4), np.diag([1.0, -3.0, 0.0, 0.0])])
def test_choi_far_away(given):
    found = tomography.project_choi_to_physical(given)
    assert np.allclose(np.einsum("ioko->ik", found.reshape(2, 2, 2, 2)), np.eye(2), rtol=0, atol=1e-12)
    assert np.linalg.eigvalsh(found)[0] > -1e-12


def test_too_few_steps_are_told_and_the_result_is_physical():
    given = tomography.choi_from_unitary(lw.random_unitary(4, seed=1)) + hermitian(16, 1)
    with pytest.warns(UserWarning, match="Max iterations exceeded"):
        found = tomography.project_choi_to_physical(given, max_iter=1)
    assert np.allclose(np.einsum("ioko->ik", found.reshape([4] * 4)), np.eye(4), rtol=0, atol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tomography.project_choi_to_physical(given)


@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (5, 5)])
def test_no_choi_matrix(shape):
    with pytest.raises(ValueError, match="choi matrix should be square"):
        tomography.project_choi_to_physical(np.ones(shape))


def test_fidelities():
    mixed, pure = np.eye(2) / 2, np.diag([1, 0])
    assert tomography.state_fidelity(pure, mixed) == pytest.approx(0.5)
    assert tomography.state_fidelity(mixed, pure) == pytest.approx(0.5)
    assert tomography.state_fidelity(pure, np.diag([0, 1])) == pytest.approx(0, abs=1e-12)
    p, q = np.array([0.2, 0.8]), np.array([0.6, 0.4])
    assert tomography.state_fidelity(np.diag(p), np.diag(q)) == pytest.approx(np.sqrt(p * q).sum() ** 2)
    state = lw.random_unitary(16, seed=1)[:, 0]
    rho = tomography.density_from_state(state)
    assert tomography.state_fidelity(rho, rho) == pytest.approx(1, abs=1e-12)
    choi = tomography.choi_from_unitary(lw.random_unitary(4, seed=2))
    assert tomography.process_fidelity(choi, choi) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("fidelity", [tomography.state_fidelity, tomography.process_fidelity])
def test_fidelities_of_other_shapes(fidelity):
    with pytest.raises(ValueError, match="dimensions"):
        fidelity(np.eye(3), np.eye(4))
