"""Distributions of imperfections, and the model that holds them."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from lwfast.interferometers import ErrorModel
from lwfast.interferometers.dists import Constant, Distribution, Gaussian, TopHat

RANDOM = (Gaussian(0.5, 0.1), Gaussian(0.5, 0.3, 0.4, 0.7), TopHat(-1, 2))
random_ones = pytest.mark.parametrize("distribution", RANDOM, ids=str)


def values(distribution, n=1000, seed=1):
    distribution.set_random_seed(seed)
    return np.array([distribution.value() for _ in range(n)])


def test_a_constant():
    """It is the value that was given, with its type."""
    constant = Constant(3)
    constant.set_random_seed(5)
    assert (constant.value(), type(constant.value())) == (3, int)
    assert str(constant) == "Constant(3)"
    assert repr(constant) == "lwfast.interferometers.dists.Constant(3)"


@random_ones
def test_seeds(distribution):
    """The same seed gives the same numbers; another one, and none, give others."""
    first = values(distribution)
    assert np.array_equal(values(distribution), first)
    assert not np.array_equal(values(distribution, seed=2), first)
    assert not np.array_equal(values(distribution, seed=None), values(distribution, seed=None))
    copied = pickle.loads(pickle.dumps(distribution))
    assert copied.value() != distribution.value()  # without a seed, each process has values of its own
    distribution.set_random_seed(7)
    distribution.value()
    copied = pickle.loads(pickle.dumps(distribution))
    assert copied.value() == distribution.value()


def test_laws():
    """Mean, deviation and bounds are those that were asked for."""
    normal = values(Gaussian(2, 0.5), 20_000)
    assert normal.mean() == pytest.approx(2, abs=0.02)
    assert normal.std() == pytest.approx(0.5, abs=0.02)
    bounded = values(Gaussian(0.5, 0.3, 0.4, 0.7))
    assert bounded.min() >= 0.4
    assert bounded.max() <= 0.7
    flat = values(TopHat(-1, 2), 20_000)
    assert flat.min() >= -1
    assert flat.max() < 2
    assert np.histogram(flat, 3)[0] == pytest.approx(20_000 / 3, rel=0.05)
    assert values(TopHat(1, 1), 3).tolist() == [1, 1, 1]
    assert values(Gaussian(1, 0), 3).tolist() == [1, 1, 1]


def test_texts():
    """Bounds are shown where there are any."""
    assert str(Gaussian(0.5, 0.1)) == "Gaussian(μ = 0.5, σ = 0.1)"
    assert str(Gaussian(0.5, 0.1, min_value=0)) == "Gaussian(μ = 0.5, σ = 0.1, bounds = [0, inf])"
    assert repr(TopHat(0, 1)) == "lwfast.interferometers.dists.TopHat(0, 1)"


@pytest.mark.parametrize("wrong", ["1", None, True, 1j, [1], np.array([1.0])])
def test_what_is_no_number(wrong):
    """TypeError, for each argument."""
    calls = [(Constant, [1]), (Gaussian, [1, 2, 0, 3]), (TopHat, [0, 3])]
    for kind, good in calls:
        for at in range(len(good)):
            arguments = [*good[:at], wrong, *good[at + 1 :]]
            if kind is Gaussian and at > 1 and wrong is None:
                continue
            with pytest.raises(TypeError, match="should be a real number"):
                kind(*arguments)


def test_numbers_of_numpy():
    """They come out of every array."""
    assert Constant(np.float32(0.5)).value() == 0.5
    assert str(TopHat(np.int64(0), np.float64(1))) == "TopHat(0, 1.0)"
    assert Gaussian(np.array(0.5), 0.1, np.float64(-np.inf)).value() < 2


def test_values_that_cannot_be():
    """Each is refused when the distribution is made, and none hangs when a value is drawn."""
    for kind in (TopHat, lambda low, high: Gaussian(0, 1, low, high)):
        with pytest.raises(ValueError, match="Max value cannot be less than min value, got 1 below 2"):
            kind(2, 1)
        with pytest.raises(ValueError, match="finite, got nan"):
            kind(math.nan, 1)
    for bad in (math.nan, math.inf):
        for call in (Constant, lambda value: Gaussian(value, 1), lambda value: Gaussian(0, value)):
            with pytest.raises(ValueError, match="should be finite"):
                call(bad)
    with pytest.raises(ValueError, match="cannot be negative, got -1"):
        Gaussian(0, -1)
    for arguments in ((0, 1, 6, 7), (0, 1, -8, -6), (0, 1, 0.5, 0.5), (0, 0, 1, 2), (0.5, 1e-9, 0.6)):
        with pytest.raises(ValueError, match=r"at least 1e-06.*Choose wider bounds"):
            Gaussian(*arguments)
    # Rare ones that are still found: one in 30 000.
    assert Gaussian(0, 1, 4).value() >= 4
    assert Gaussian(0, 0, 0, 0).value() == 0


def test_chances():
    """The chance is that of the normal law, on either side and far out."""
    for center in (0.0, 3.0):
        for low, high, expected in (
            (-math.inf, math.inf, 1.0),
            (-1, 1, 0.6826894921370859),
            (1, math.inf, 0.15865525393145707),
            (-math.inf, -4, 3.167124183311998e-05),
            (4, 5, 3.1384589e-05),
        ):
            chance = Gaussian(center, 0.5, center + low / 2, center + high / 2)._chance()
            assert chance == pytest.approx(expected, rel=1e-7)


def test_a_distribution_has_two_methods():
    """One of your own is one."""
    with pytest.raises(TypeError, match="abstract"):
        Distribution()

    class Mine(Distribution):
        def value(self):
            return 0.25

        def set_random_seed(self, seed):
            self.seed = seed

        def __str__(self):
            return "Mine()"

    model = ErrorModel()
    model.loss = Mine()
    model.set_random_seed(3)
    assert model.get_loss() == 0.25
    assert isinstance(model.loss.seed, int)
    model.set_random_seed(None)
    assert model.loss.seed is None


def test_the_default_model_is_ideal():
    """Balanced, without loss and without offsets."""
    model = ErrorModel()
    assert (model.get_bs_reflectivity(), model.get_loss(), model.get_phase_offset()) == (0.5, 0, 0)
    assert repr(model) == (
        "lwfast.interferometers.ErrorModel(bs_reflectivity = Constant(0.5), loss = Constant(0), "
        "phase_offset = Constant(0))"
    )


@pytest.mark.parametrize("name", ["bs_reflectivity", "loss", "phase_offset"])
def test_a_model_holds_distributions(name):
    """A number is refused with the remedy."""
    model = ErrorModel()
    given = TopHat(0, 1)
    setattr(model, name, given)
    assert getattr(model, name) is given
    assert 0 <= getattr(model, f"get_{name}")() < 1
    for wrong in (0.5, None, TopHat):
        with pytest.raises(TypeError, match=rf"{name} should be a distribution.*Constant\(number\)"):
            setattr(model, name, wrong)
    assert getattr(model, name) is given


def test_distributions_of_a_model_have_seeds_of_their_own():
    """Two alike draw different numbers, from one seed for the model."""
    model = ErrorModel()
    model.loss, model.phase_offset = TopHat(0, 1), TopHat(0, 1)
    model.set_random_seed(1)
    first = model.get_loss(), model.get_phase_offset()
    assert first[0] != first[1]
    model.set_random_seed(1)
    assert (model.get_loss(), model.get_phase_offset()) == first
    model.set_random_seed(None, rng=np.random.default_rng(1))
    assert (model.get_loss(), model.get_phase_offset()) == first
