"""Arguments that cannot be right get an error that says so, the same everywhere."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

import lwfast as lw
from lwfast.emulator import run_raw
from lwfast.errors import ModeMismatchError, ModeRangeError
from lwfast.optics.arguments import checked_detector, checked_heralds, checked_rules, checked_source
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.optics.samples.boson_sampling import boson_sample
from lwfast.optics.samples.sample_counts import sample_counts
from lwfast.tables.post_selection import post_select

BALANCED = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


@pytest.mark.parametrize(
    ("rules", "error", "reason"),
    [
        ([((0, 0), (2,))], ValueError, "twice"),
        ([((), (0,))], ValueError, "no mode"),
        ([((0,), ())], ValueError, "no total"),
        ([((0,), (-1,))], ValueError, "negative"),
        ([((-1,), (0,))], ValueError, "negative"),
        ([((0.5,), (1,))], TypeError, "integer"),
        ([(True, 1)], TypeError, "integer"),
        ([5], TypeError, "pair"),
        (5, TypeError, "pairs"),
        ("0", TypeError, "pairs"),
        ({0: 1}, TypeError, "pairs"),
    ],
)
def test_rules_are_read_alike(rules, error, reason):
    """Rules that post_select refuses are refused by a distribution, with the same words."""
    for call in (
        lambda: output_distribution(BALANCED, [1, 1], rules=rules),
        lambda: post_select(np.array([[1, 1]], np.uint8), [1], rules),
    ):
        with pytest.raises(error, match=reason):
            call()


def test_callables_are_no_rules_of_a_distribution():
    """A distribution takes rules; a callable, or rules with a `validate` of their own, is not ignored."""

    class Stricter(lw.PostSelection):
        def validate(self, state):
            return super().validate(state) and state[0] == 1

    for selection in (lambda state: True, lw.PostSelectionFunction(lambda state: True), Stricter()):
        with pytest.raises(TypeError, match="post-selected by rules"):
            output_distribution(BALANCED, [1, 1], rules=selection)
    with pytest.raises(ModeRangeError, match="names mode 2"):
        checked_rules([((0, 2), (1,))], 2)
    assert checked_rules(None, 2) == ()
    assert checked_rules([(0, 1), ([0, 1], [1, 2])], 2) == (((0,), (1,)), ((0, 1), (1, 2)))


@pytest.mark.parametrize(
    ("heralds", "error"),
    [
        ([(0, 1), (0, 1)], ValueError),
        ([5], TypeError),
        ([(0, 1, 2)], TypeError),
        (5, TypeError),
        ("01", TypeError),
        ({0: 1.5}, TypeError),
        ({True: 1}, TypeError),
        ({0: -1}, ValueError),
        ({2: 1}, ModeRangeError),
        ([(-1, 1)], ModeRangeError),
    ],
)
def test_heralds_that_are_none(heralds, error):
    """Heralds are a mapping or pairs."""
    with pytest.raises(error):
        output_distribution(BALANCED, [1, 1], heralds=heralds)


def test_heralds_as_pairs():
    """Pairs say what a mapping says."""
    assert checked_heralds([(0, 1)], 2) == checked_heralds({0: 1}, 2) == {0: 1}
    assert checked_heralds(None, 2) == {}


@pytest.mark.parametrize("occupation", [None, 5, "10", b"10", [None, 1], ["1", "0"], [True, False], [1.0, 0]])
def test_occupations_that_are_none(occupation):
    """An input is photon numbers."""
    for call in (
        lambda: output_distribution(BALANCED, occupation, threshold=True),
        lambda: boson_sample(BALANCED, occupation, 3),
        lambda: run_raw(BALANCED, occupation, 3),
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    ("matrix", "error"),
    [
        ([["1", "0"], ["0", "1"]], TypeError),
        ("10", TypeError),
        (np.array([[Fraction(1), 0], [0, 1]], dtype=object), TypeError),
        (None, TypeError),
        ([[1, 0], [1]], ValueError),
        ([[1, 0]], ValueError),
    ],
)
def test_matrices_that_are_none(matrix, error):
    """A matrix holds numbers in rows of one length."""
    for call in (
        lambda: output_distribution(matrix, [1, 0], threshold=True),
        lambda: boson_sample(matrix, [1, 0], 3),
        lambda: run_raw(matrix, [1, 0], 3),
    ):
        with pytest.raises(error):
            call()


@pytest.mark.parametrize("n_samples", [1.0, True, "3", None, 2.5])
def test_numbers_of_samples_are_integers(n_samples):
    """A number of samples is an integer, whoever draws them."""
    for call in (
        lambda: boson_sample(BALANCED, [1, 0], n_samples),
        lambda: sample_counts([0.5, 0.5], n_samples),
        lambda: run_raw(BALANCED, [1, 0], n_samples),
        lambda: lw.Sampler(lw.Unitary(BALANCED), lw.State([1, 0]), n_samples),
    ):
        with pytest.raises(TypeError, match="n_samples should be an integer"):
            call()


def source(**values):
    return SimpleNamespace(**{"purity": 1, "brightness": 1, "indistinguishability": 1, **values})


def detector(**values):
    return SimpleNamespace(**{"efficiency": 1, "p_dark": 0, "photon_counting": True, **values})


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (source(purity=0.3), ValueError),
        (source(brightness=1.5), ValueError),
        (source(indistinguishability=float("nan")), ValueError),
        (source(brightness="1"), TypeError),
        (SimpleNamespace(purity=1), TypeError),
        (5, TypeError),
    ],
)
def test_sources_of_other_kinds_are_checked(part, error):
    """Anything with the values of a source will do, if they are in range."""
    with pytest.raises(error):
        output_distribution(BALANCED, [1, 1], source=part)


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (detector(efficiency=2), ValueError),
        (detector(efficiency=[1, -0.5]), ValueError),
        (detector(p_dark=[0.1, 0.1, 0.1]), ModeMismatchError),
        (detector(photon_counting=1), TypeError),
        (detector(photon_counting="no"), TypeError),
        (SimpleNamespace(efficiency=1), TypeError),
        (5, TypeError),
    ],
)
def test_detectors_of_other_kinds_are_checked(part, error):
    """Anything with the values of a detector will do, if they are in range."""
    with pytest.raises(error):
        output_distribution(BALANCED, [1, 1], detector=part)


def test_parts_of_other_kinds():
    """Other kinds of source and detector are read value by value."""
    assert checked_source(source(brightness=np.float32(0.5))) == (1.0, 0.5, 1.0)
    assert checked_source(None) == (1.0, 1.0, 1.0)
    efficiency, dark, resolving = checked_detector(detector(efficiency=np.array([0.5, 1])), 2)
    assert efficiency.tolist() == [0.5, 1]
    assert dark.tolist() == [0, 0]
    assert resolving.tolist() == [True, True]


def test_the_wrong_probability_is_named():
    with pytest.raises(ValueError, match=r"Setting 1 of the stack: .* number 0 is -0\.1\."):
        lw.sample_counts([[0.5, 0.6], [-0.1, 0.2]], 10)
    with pytest.raises(ValueError, match=r"not all zero; the sum is 0\.0\."):
        lw.sample_counts([0.0, 0.0], 10)
