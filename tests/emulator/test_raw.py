from __future__ import annotations

import numpy as np
import pytest

from lwfast.emulator.raw import run_raw
from lwfast.errors import NotUnitaryError, ResourceLimitError, SamplerError
from lwfast.hardware import Detector, HardwareModel, Source
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.optics.unitary import random_unitary

MODELS = [
    None,
    HardwareModel(loss=0.2),
    HardwareModel(loss=(0.1, 0.2, 0.3, 0.0)),
    HardwareModel(source=Source(0.9, 0.7, 0.8)),
    HardwareModel(Source(0.95, 0.8, 0.9), 0.1, Detector(0.9, 0.01, False)),
    HardwareModel(None, 0.1, Detector((0.9, 1, 0.8, 1), 0.02, (True, False, True, True))),
]


@pytest.mark.parametrize("hardware", MODELS, ids=str)
@pytest.mark.parametrize("least", [0, 2])
def test_samples_that_pass(hardware, least):
    """So many samples as asked for pass `min_detection`, each state once, with the exact frequencies."""
    matrix = random_unitary(4, 2)
    photons = [1, 1, 0, 1]
    states, counts = run_raw(matrix, photons, 20_000, min_detection=least, hardware=hardware, rng=3)
    assert counts.sum() == 20_000
    assert states.dtype == np.uint8
    assert counts.dtype == np.int64
    assert states.sum(axis=1).min() >= least
    assert len(np.unique(states, axis=0)) == len(states)
    model = hardware or HardwareModel()
    lost = np.sqrt(1 - model.loss_per_mode(4))[:, None] * matrix
    exact = output_distribution(
        lost, photons, source=model.source, detector=model.detector, min_detection=least
    )
    p = exact.probabilities / exact.probabilities.sum()
    seen = {tuple(s): c for s, c in zip(states.tolist(), counts.tolist(), strict=True)}
    for state, probability in zip(exact.states.tolist(), p.tolist(), strict=True):
        expected = 20_000 * probability
        assert abs(seen.get(tuple(state), 0) - expected) < 6 * np.sqrt(expected + 1) + 3


def test_function_of_the_seed():
    """The same arguments give the same answer; another seed gives another."""
    arguments = (random_unitary(6, 1), [1, 1, 1, 0, 0, 0], 5000)
    first, second, third = (run_raw(*arguments, rng=seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
    assert not (np.array_equal(first[0], third[0]) and np.array_equal(first[1], third[1]))


def test_errors():
    """What cannot be is refused."""
    with pytest.raises(SamplerError, match="min_detection is 3"):
        run_raw(np.eye(2), [1, 1], 10, min_detection=3)
    with pytest.raises(SamplerError):
        run_raw(np.eye(2), [1, 1], 10, min_detection=2, hardware=HardwareModel(loss=(1.0, 0.0)))
    with pytest.raises(NotUnitaryError):
        run_raw(1.1 * np.eye(2), [1, 1], 10)
    with pytest.raises(ValueError, match="negative"):
        run_raw(np.eye(2), [1, 1], -1)
    states, counts = run_raw(np.eye(2), [1, 1], 0)
    assert states.shape == (0, 2)
    assert counts.shape == (0,)


def test_full_size_job():
    """20 modes, 8 photons, a million samples: the job of a whole machine."""
    states, counts = run_raw(random_unitary(20, 3), [1] * 8 + [0] * 12, 10**6, min_detection=2, rng=5)
    assert counts.sum() == 10**6
    assert (states.sum(axis=1) == 8).all()


@pytest.mark.parametrize("n_samples", [1, 10, 1000, 10**6])
def test_single_precision_with_loss(n_samples):
    """A lossy matrix in single precision is as good by shots as by its distribution."""
    matrix = (np.diag([0.9] + [1] * 19) @ random_unitary(20, 1)).astype(np.complex64)
    states, counts = run_raw(matrix, [1] * 6 + [0] * 14, n_samples, rng=1)
    assert counts.sum() == n_samples
    assert states.sum(axis=1).max() == 6


@pytest.mark.parametrize("n_samples", [50, 5000])
def test_the_machine_does_not_decide(n_samples, monkeypatch):
    """Samples are the same whatever memory is allowed; what would not fit is refused, not drawn otherwise."""
    arguments = (random_unitary(14, 1), [1] * 7 + [0] * 7, n_samples)
    found = []
    for limit in ("64e9", "8e9", "3e7"):
        monkeypatch.setenv("LWFAST_MAX_MEMORY", limit)
        states, counts = run_raw(*arguments, min_detection=1, rng=3)
        found.append((states.tobytes(), counts.tobytes()))
    assert len(set(found)) == 1
    monkeypatch.setenv("LWFAST_MAX_MEMORY", "1e4")
    with pytest.raises(ResourceLimitError, match="LWFAST_MAX_MEMORY"):
        run_raw(*arguments, min_detection=1, rng=3)


def test_tiny_losses_are_drawn():
    """A loss of 1e-3 behind a matrix is in the samples, in the number that is expected."""
    _, counts = run_raw(np.eye(1), [1], 10**6, hardware=HardwareModel(loss=1e-3), rng=1)
    assert abs(counts.min() - 1000) < 200
