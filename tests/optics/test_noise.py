"""What an imperfect source emits, and the distribution behind it."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.emulator import Backend, Source
from lwfast.optics.distributions.output_distribution import output_distribution
from lwfast.optics.noise.source_terms import source_terms
from lwfast.optics.unitary import random_unitary

UNIT = st.floats(0, 1, allow_subnormal=False)


@given(st.floats(0.5, 1, exclude_min=True), UNIT, UNIT)
def test_terms_are_probabilities(purity, brightness, indistinguishability):
    """For any source: no term is negative, not by a rounding either, and they sum to 1."""
    terms = source_terms(purity, brightness, indistinguishability).as_array()
    assert (terms >= 0).all()
    assert abs(terms.sum() - 1) < 1e-15


@pytest.mark.parametrize("brightness", [1.0, 0.9999999, 0.5, 0.0])
def test_missing_photons_have_full_accuracy(brightness):
    """The probability of nothing is right to the last bits, also where it is close to 0."""
    purity = 0.75
    g2 = 1 - Fraction(purity)
    b = 2 / g2 - 2
    double = Fraction((float(b) - math.sqrt(float(b * b - 4))) / 2)
    dim = 1 - Fraction(brightness)
    exact = float(dim * (1 - double) + dim**2 * double)
    assert source_terms(purity, brightness, 1).missing == pytest.approx(exact, rel=1e-13, abs=0)


@pytest.mark.parametrize("purity", [0.9, 0.95, 0.96, 0.97, 0.98, 0.99])
@pytest.mark.parametrize("name", ["auto", "slos", "permanent", "clifford"])
def test_bright_impure_sources_are_sampled(purity, name):
    """A source that only emits too much runs in every method."""
    unitary = random_unitary(4, 1)
    found = output_distribution(unitary, [1, 1, 0, 0], source=Source(purity=purity))
    assert found.probabilities.min() >= 0
    assert abs(found.probabilities.sum() - 1) < 1e-12
    sampler = lw.Sampler(
        lw.Unitary(unitary), lw.State([1, 1, 0, 0]), 1000, source=Source(purity=purity), random_seed=1
    )
    assert np.sum(Backend(name).run(sampler).counts) == 1000
