"""Shots drawn one by one and from distributions: the same light, seen by the same detectors."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.hardware import Detector, Source
from lwfast.optics.costs import draws_from_distribution
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.optics.experiment import make_experiment
from lwfast.optics.samples import shots
from lwfast.optics.samples.emission import Emission
from lwfast.optics.unitary import random_unitary
from tests.optics.test_boson_sampling import is_drawn_from

SOURCE = Source(purity=0.9, brightness=0.8, indistinguishability=0.7)
DETECTOR = Detector(p_dark=0.1, photon_counting=False)


@pytest.fixture(params=["one by one", "from distributions", "some of both"])
def way(request, monkeypatch):
    """How groups of equal inputs are drawn, whatever would be faster; the list says which were."""
    drawn = []

    def choose(_n_rows, n_photons, n_shots):
        by_distribution = {"one by one": n_photons == 0, "from distributions": True}.get(
            request.param, n_photons % 2 == 0
        )
        drawn.append(by_distribution)
        return by_distribution

    monkeypatch.setattr(shots, "draws_from_distribution", choose)
    return drawn


@pytest.mark.parametrize("source", [None, SOURCE], ids=["perfect", "noisy"])
@pytest.mark.parametrize("detector", [None, DETECTOR], ids=["counting", "clicks"])
@pytest.mark.parametrize("photons", [(1, 1, 0), (2, 0, 1)])
def test_shots_follow_the_distribution(way, source, detector, photons):
    """However the interfering photons are drawn, shots follow the exact distribution."""
    matrix = random_unitary(6, 3)[:3, :3]
    experiment = make_experiment(matrix, photons, source=source, detector=detector)
    found = output_distribution(matrix, photons, source=source, detector=detector)
    expected = dict(zip(map(tuple, found.states.tolist()), found.probabilities.tolist(), strict=True))
    rows = shots.draw_shots(Emission(experiment), 20_000, np.random.default_rng(4))
    assert rows.shape == (20_000, 3)
    assert rows.dtype == np.uint8
    assert is_drawn_from(rows, expected)
    assert len(way) > 3 if source else len(way) == 1


def test_no_shots():
    """None are asked for, none come."""
    for source in (None, SOURCE):
        experiment = make_experiment(random_unitary(3, 1), (1, 1, 0), source=source)
        assert shots.draw_shots(Emission(experiment), 0, np.random.default_rng(1)).shape == (0, 3)


def test_few_shots_of_many_photons_are_drawn_one_by_one():
    """A distribution is made where many shots share its price."""
    experiment = make_experiment(random_unitary(12, 1), (1,) * 6 + (0,) * 6)
    assert not draws_from_distribution(experiment.n_modes, 6, 1)
    assert draws_from_distribution(experiment.n_modes, 6, 1_000_000)
    assert draws_from_distribution(experiment.n_modes, 0, 1)
    large = make_experiment(random_unitary(40, 1), (1,) * 20 + (0,) * 20)
    assert not draws_from_distribution(large.n_modes, 20, 10**15), "it would not fit"
