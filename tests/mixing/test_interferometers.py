"""Interferometers of lwfast for circuits and error models of Lightworks."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.interferometers import Clements, ErrorModel, Reck, dists

lightworks = pytest.importorskip("lightworks", reason="Lightworks is not installed: nothing to mix with")
theirs = pytest.importorskip("lightworks.interferometers")


def circuit():
    found, phase = lightworks.PhotonicCircuit(4), lightworks.Parameter(0.3)
    found.add(lightworks.Unitary(lightworks.random_unitary(4, 3)))
    found.ps(0, phase)
    found.herald((0, 2), (1, 0))
    return found, phase


@pytest.mark.parametrize("kind", [Reck, Clements])
def test_circuits_of_lightworks_are_mapped(kind):
    """Their unitary with present values, and their heralds."""
    given, phase = circuit()
    for value in (0.3, 1.2):
        phase.set(value)
        mapped = kind().map(given)
        assert np.allclose(mapped.U, given.U, rtol=0, atol=1e-12)
        assert (mapped.heralds.input, mapped.heralds.output) == ({0: 1}, {2: 0})
    for wrong in (np.eye(2), lightworks.State([1])):
        with pytest.raises(TypeError, match="Only circuits can be mapped"):
            kind().map(wrong)


def test_error_models_and_distributions_of_lightworks():
    """The same seed draws the same imperfections from its models and distributions, and from ours."""
    given, _ = circuit()
    model, mixed, ours = theirs.ErrorModel(), ErrorModel(), ErrorModel()
    for one, package in ((model, theirs.dists), (mixed, theirs.dists), (ours, dists)):
        one.bs_reflectivity = package.Gaussian(0.5, 0.02, min_value=0, max_value=1)
        one.loss = package.TopHat(0.01, 0.1)
        one.phase_offset = package.Constant(0.05)
    expected = theirs.Reck(model).map(given, seed=5)
    for one in (model, mixed, ours):
        assert np.allclose(Reck(one).map(given, seed=5).U, expected.U, rtol=0, atol=1e-10)
    chip = Reck(model)
    assert chip.error_model is model
    model.phase_offset = theirs.dists.Constant(0.4)  # counts, as what the model is now
    changed = theirs.Reck(model).map(given, seed=5)
    assert not np.allclose(changed.U, expected.U)
    assert np.allclose(chip.map(given, seed=5).U, changed.U, rtol=0, atol=1e-10)
    for wrong in (5, theirs.Reck(), theirs.dists.Constant(1)):
        with pytest.raises(TypeError, match="error_model should be an ErrorModel"):
            Reck(wrong)
    with pytest.raises(TypeError, match="loss should be a distribution"):
        ours.loss = model
