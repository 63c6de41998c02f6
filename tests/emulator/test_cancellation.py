"""Many photons in few modes, where terms cancel: the same probabilities from every task and backend."""

import math

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import Backend

N = 60


def balanced(loss=0.0):
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    if loss:
        circuit.loss(0, loss)
        circuit.loss(1, loss)
    return circuit


def exact(photons):
    """Return the probability of `photons` in the first output of a splitter with N in each input."""
    if photons % 2:
        return 0.0
    return math.comb(photons, photons // 2) * math.comb(2 * N - photons, N - photons // 2) / 4**N


@pytest.mark.parametrize("name", ["auto", "permanent"])
@pytest.mark.parametrize("task", [lw.Simulator, lw.Analyzer])
def test_all_outputs_of_a_splitter(name, task):
    """Amplitudes and probabilities of 60 photons in each input."""
    result = Backend(name).run(task(balanced(), lw.State([N, N])))
    found = np.asarray(result.array)[0]
    found = np.abs(found) ** 2 if task is lw.Simulator else found
    assert len(found) == 2 * N + 1
    for state, value in zip(result.outputs, found, strict=True):
        assert value == pytest.approx(
            exact(state[0]), rel=1e-10, abs=1e-25 if task is lw.Simulator else 1e-14
        )


@pytest.mark.parametrize("name", ["auto", "permanent"])
def test_named_outputs(name):
    """A named output takes a permanent on every backend; uneven inputs among them."""
    state = lw.State([N, N])
    amplitude = Backend(name).run(lw.Simulator(balanced(), state, state)).array[0, 0]
    assert abs(amplitude) ** 2 == pytest.approx(exact(N), rel=1e-12)
    outputs = [lw.State([k, 120 - k]) for k in (0, 31, 60, 101)]
    uneven = lw.Simulator(balanced(), lw.State([100, 20]), outputs)
    layers = Backend("auto").run(lw.Simulator(balanced(), lw.State([100, 20])))
    for output, value in zip(outputs, Backend(name).run(uneven).array[0], strict=True):
        column = list(layers.outputs).index(output)
        assert abs(value) ** 2 == pytest.approx(abs(layers.array[0, column]) ** 2, abs=1e-14)


@pytest.mark.parametrize("name", ["auto", "slos", "permanent", "clifford"])
def test_samples_of_a_splitter(name):
    """Samples follow the exact probabilities: an even number in each output, and their spread."""
    counts = dict(Backend(name).run(lw.Sampler(balanced(), lw.State([N, N]), n_samples=2000, random_seed=5)))
    assert all(state[0] % 2 == 0 for state in counts)
    expected = np.array([exact(2 * k) for k in range(N + 1)]) * 2000
    found = np.array([counts.get(lw.State([2 * k, 2 * N - 2 * k]), 0) for k in range(N + 1)])
    # Mean 60 and standard deviation 11 of chi squared with 60 degrees of freedom.
    assert ((found - expected) ** 2 / expected).sum() < 120


@pytest.mark.parametrize("photons", [(60, 60), (70, 30), (90, 80)])
def test_light_is_lost(photons):
    """Uniform loss thins the distribution without loss; the layers that follow lost photons do not cancel."""
    unitary = np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2)
    whole = lw.output_distribution(unitary, photons)
    lossy = lw.output_distribution(unitary * math.sqrt(0.99), photons)
    assert lossy.probabilities.sum() == pytest.approx(1, abs=1e-12)
    kept = lossy.probabilities[lossy.states.sum(axis=1) == sum(photons)]
    assert np.abs(kept - whole.probabilities * 0.99 ** sum(photons)).max() < 1e-14


def test_light_is_lost_in_every_task():
    """An Analyzer by layers and by permanents, with loss in the circuit."""
    task = lw.Analyzer(balanced(0.05), lw.State([20, 20]))
    layers, permanents = Backend("auto").run(task), Backend("permanent").run(task)
    assert list(layers.outputs) == list(permanents.outputs)
    assert np.abs(layers.array - permanents.array).max() < 1e-14
    assert layers.array.sum() == pytest.approx(1, abs=1e-12)
