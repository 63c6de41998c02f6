"""Single arguments and several: texts are one, and so are arrays without a dimension."""

from __future__ import annotations

import numpy as np
import pytest

import lwfast as lw
from lwfast._base.validation import as_fraction, as_integer, as_real, is_several
from lwfast.hardware import Detector, HardwareModel, Source
from lwfast.optics import arguments
from lwfast.results import ProbabilityDistribution, SamplingResult


@pytest.mark.parametrize("value", ["12", b"12", 1, np.int64(1), np.array(1), np.array(0.5), None])
def test_one(value):
    assert not is_several(value)


@pytest.mark.parametrize("value", [[], (1,), np.array([1]), iter([1]), {1: 2}])
def test_several(value):
    assert is_several(value)


def test_arrays_without_a_dimension_are_numbers():
    assert as_integer(np.array(2), "n") == 2
    assert type(as_real(np.array(0.5), "x")) is float
    assert as_fraction(np.array(0.5), "p") == 0.5
    for check in (as_real, as_fraction):
        with pytest.raises(ValueError, match="nan"):
            check(np.array(np.nan), "p")
    with pytest.raises(TypeError, match="should be an integer"):
        as_integer(np.array(True), "n")


def test_wherever_one_or_several_are_taken():
    detector = Detector(efficiency=np.array(0.5), p_dark=np.array(0.25), photon_counting=np.array(False))
    assert detector == Detector(efficiency=0.5, p_dark=0.25, photon_counting=False)
    for name in ("efficiency", "p_dark"):
        with pytest.raises(ValueError, match=f"Value of {name} should be in range"):
            Detector(**{name: np.array(np.nan)})
    assert Source(brightness=np.array(0.5)) == Source(brightness=0.5)
    assert HardwareModel(loss=np.array(0.5)) == HardwareModel(loss=0.5)
    result = SamplingResult({(2, 1): 3})
    assert result.differences(np.array(0), np.array(1)) == result.differences(0, 1)
    rules = lw.PostSelection()
    rules.add(np.array(0), np.array(1))
    assert rules.rules[0].as_tuple() == ((0,), (1,))


def test_where_several_are_needed_one_is_refused():
    for value in (np.array(1), "1"):
        with pytest.raises(TypeError, match="input state should be"):
            arguments.checked_occupation(value, 1)
        with pytest.raises(TypeError, match="Heralds should be"):
            arguments.checked_heralds(value, 1)


def test_a_probability_is_no_text():
    for value in ("1", True, 1j, None):
        with pytest.raises(lw.errors.ProbabilityDistributionError, match="A probability should be a real"):
            ProbabilityDistribution({(1, 0): value})
    for values in (["1"], [1j], np.array([1j]), [True]):
        with pytest.raises(TypeError, match="real numbers are needed"):
            ProbabilityDistribution.from_columns([(1, 0)], values)
    assert ProbabilityDistribution({(1, 0): np.float32(0.5), (0, 1): 1})[(0, 1)] == 1.0
