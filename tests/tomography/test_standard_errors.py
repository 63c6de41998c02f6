"""Standard errors are what repeated experiments scatter by, and the same for the same seed."""

import numpy as np
import pytest

from lwfast import tomography
from tests.tomography.gates import Gates

N_SAMPLES = 400
N_REPEATS = 200


def noisy(kind):
    """A tomography of one qubit, and a function that makes data of a run of it."""
    gates = Gates(1, seed=3)
    measured = kind(1, gates.circuit)
    exact = [np.array(list(p.values())) * 0.9 + 0.05 for p in gates.exact(measured.get_experiments())]

    def data(seed):
        rng = np.random.default_rng(seed)
        drawn = [rng.multinomial(N_SAMPLES, p / p.sum()).tolist() for p in exact]
        return [dict(zip([(1, 0), (0, 1)], counts, strict=True)) for counts in drawn]

    names = list(gates.exact(measured.get_experiments())[0])
    assert names == [(1, 0), (0, 1)]
    return gates, measured, data


def assert_agree(estimated, scattered):
    """Both are known to some five percent, of 200 replicas and 200 repeats."""
    assert estimated == pytest.approx(scattered, rel=0.3, abs=1e-4)


@pytest.mark.parametrize("project", [False, True])
def test_of_a_state(project):
    gates, measured, data = noisy(tomography.StateTomography)
    expected = tomography.density_from_state(gates.matrix[:, 0])
    rhos, fidelities = [], []
    for seed in range(N_REPEATS):
        rhos.append(measured.process(data(seed), project))
        fidelities.append(measured.fidelity(expected))
    errors = measured.standard_errors(400, rng=1)
    assert_agree(errors.real, np.std(np.real(rhos), axis=0))
    assert_agree(errors.imag, np.std(np.imag(rhos), axis=0))
    assert_agree(measured.fidelity_error(expected, 400, rng=1), np.std(fidelities))


@pytest.mark.parametrize("kind", [tomography.LIProcessTomography, tomography.MLEProcessTomography])
def test_of_a_process(kind):
    gates, measured, data = noisy(kind)
    expected = tomography.choi_from_unitary(gates.matrix)
    chois, fidelities = [], []
    for seed in range(N_REPEATS):
        chois.append(measured.process(data(seed)))
        fidelities.append(measured.fidelity(expected))
    errors = measured.standard_errors(400, rng=1)
    assert_agree(errors.real, np.std(np.real(chois), axis=0))
    assert_agree(errors.imag, np.std(np.imag(chois), axis=0))
    assert_agree(measured.fidelity_error(expected, 400, rng=1), np.std(fidelities))


def test_of_a_gate():
    gates, measured, data = noisy(tomography.GateFidelity)
    found = [measured.process(data(seed), gates.matrix) for seed in range(N_REPEATS)]
    assert_agree(measured.standard_error(400, rng=1), np.std(found))
    assert measured.bootstrap(50, rng=1).shape == (50,)


@pytest.mark.parametrize("project", [False, True])
def test_of_a_projected_process(project):
    _, measured, data = noisy(tomography.LIProcessTomography)
    choi = measured.process(data(1), project)
    replicas = measured.bootstrap(100, rng=1)
    assert replicas.shape == (100, 4, 4)
    assert np.allclose(replicas.mean(axis=0), choi, atol=0.05)


def test_the_same_seed_gives_the_same_errors():
    _, measured, data = noisy(tomography.StateTomography)
    measured.process(data(1))
    first = measured.standard_errors(rng=7)
    assert np.array_equal(first, measured.standard_errors(rng=7))
    assert np.array_equal(first, measured.standard_errors(rng=np.random.default_rng(7)))
    assert not np.array_equal(first, measured.standard_errors(rng=8))


def test_a_replica_is_what_its_counts_give():
    """All replicas at once are each of them processed alone."""
    _, measured, data = noisy(tomography.StateTomography)
    measured.process(data(1))
    counts = np.array([[result[1, 0], result[0, 1]] for result in data(1)])
    drawn = np.random.default_rng(5).multinomial([N_SAMPLES] * 3, counts / N_SAMPLES, size=(10, 3))
    replicas = measured.bootstrap(10, rng=5)
    for replica, rows in zip(replicas, drawn.tolist(), strict=True):
        alone = measured.process([dict(zip([(1, 0), (0, 1)], row, strict=True)) for row in rows])
        assert np.allclose(replica, alone, rtol=0, atol=1e-14)


def test_what_has_no_errors():
    gates, measured, data = noisy(tomography.StateTomography)
    measured.process(gates.exact(measured.get_experiments()))
    with pytest.raises(ValueError, match="whole numbers"):
        measured.standard_errors()
    measured.process(data(1))
    with pytest.raises(ValueError, match="at least 2"):
        measured.standard_errors(1)
    with pytest.raises(ValueError, match="dimensions"):
        measured.fidelity_error(np.eye(4))
