"""Noise models and detectors of both packages: where their physics agrees, and what is refused."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

pcvl = pytest.importorskip("perceval")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import lwfast as lw  # noqa: E402
from lwfast.emulator import Detector, HardwareModel, Source  # noqa: E402
from lwfast.perceval.noise_models import second_photon  # noqa: E402
from tests.perceval.comparing import assert_same_physics  # noqa: E402

PART = st.floats(0, 1)
G2 = st.one_of(st.just(0.0), st.floats(1e-3, 0.4))
"""Perceval's second photons lose digits to cancellation, some 1e-16 / g2."""
REFUSED = {
    "phase_imprecision": 0.1,
    "phase_error": 0.1,
}
"""Fields without a counterpart whatever the others are."""


def interference(noise, numbers=(1, 1, 1)):
    """Three photons in three modes, all outcomes kept."""
    experiment = pcvl.Experiment(pcvl.Unitary(pcvl.Matrix(lw.random_unitary(3, seed=8))), noise=noise)
    experiment.with_input(pcvl.BasicState(list(numbers)))
    experiment.min_detected_photons_filter(0)
    return experiment


@settings(max_examples=12, deadline=None)
@given(PART, st.floats(0.01, 1), st.floats(0.01, 1))
def test_without_second_photons_the_models_agree(indistinguishability, brightness, transmittance):
    """Brightness times transmittance is the brightness here."""
    noise = pcvl.NoiseModel(brightness, indistinguishability, transmittance=transmittance)
    assert lw.from_perceval(noise).brightness == brightness * transmittance
    assert_same_physics(interference(noise))


@settings(max_examples=8, deadline=None)
@given(G2, PART, st.floats(0.05, 1))
def test_with_full_brightness_the_models_agree(g2, indistinguishability, transmittance):
    """Purity 1 - g2 and brightness as transmittance is the same source, second photons included."""
    noise = pcvl.NoiseModel(indistinguishability=indistinguishability, g2=g2, transmittance=transmittance)
    assert_same_physics(interference(noise, (1, 1, 0)), atol=1e-9)


@settings(max_examples=8, deadline=None)
@given(G2, PART, st.floats(0.05, 1))
def test_sources_go_to_perceval(g2, indistinguishability, brightness):
    """Any source is a NoiseModel, which says the same and comes back as it was."""
    source = Source(1 - g2, brightness, indistinguishability)
    noise = lw.to_perceval(source)
    back = lw.from_perceval(noise)
    assert back.purity == pytest.approx(source.purity, abs=1e-15)
    assert (back.brightness, back.indistinguishability) == (brightness, indistinguishability)
    setup = lw.perceval.Setup(lw.Unitary(lw.random_unitary(3, seed=8)), lw.State([1, 1, 0]), source=source)
    assert_same_physics(interference(noise, (1, 1, 0)), setup, atol=1e-9)


@pytest.mark.parametrize("brightness", [0.25, 0.7])
def test_second_photons_with_brightness_are_refused_with_numbers(brightness):
    """The models part there. What the message advises has the same photon numbers."""
    noise = pcvl.NoiseModel(brightness=brightness, g2=0.1, transmittance=0.8)
    with pytest.raises(ValueError, match=rf"brightness={brightness} .*g2=0.1") as raised:
        lw.from_perceval(noise)
    advised = float(str(raised.value).split("transmittance=")[1].split(",")[0])
    instead = pcvl.NoiseModel(g2=0.1, transmittance=advised)

    def numbers(model):
        found = np.zeros(3)
        for state, probability in (
            pcvl.Source.from_noise_model(model).generate_distribution(pcvl.FockState([1])).items()
        ):
            found[state.n if isinstance(state.n, int) else next(iter(state.n))] += probability
        return found

    np.testing.assert_allclose(numbers(instead), numbers(noise), atol=1e-12)
    source = lw.from_perceval(instead)
    found = lw.output_distribution(np.eye(1), [1], source=source)
    ours = dict(zip(found.states[:, 0].tolist(), found.probabilities.tolist(), strict=True))
    np.testing.assert_allclose([ours[n] for n in range(3)], numbers(noise), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.5), st.floats(0.05, 1))
def test_second_photon(g2, brightness):
    """p2 solves g2 (p1 + 2 p2)^2 = 2 p2 with p1 + p2 the brightness, and is what Perceval's source has."""
    two = second_photon(g2, brightness)
    assert g2 * (brightness + two) ** 2 == pytest.approx(2 * two, rel=1e-12)
    emitted = pcvl.Source(brightness, g2, multiphoton_model="indistinguishable").generate_distribution(
        pcvl.FockState([1])
    )
    assert emitted[pcvl.StateVector(pcvl.FockState([2]))] == pytest.approx(two, rel=1e-6)


@pytest.mark.parametrize("name", list(inspect.signature(pcvl.NoiseModel).parameters))
def test_every_field_is_converted_or_refused_by_name(name):
    """No field is dropped: setting it changes the source, or is an error that names it."""
    default = lw.from_perceval(pcvl.NoiseModel())
    assert default.is_perfect
    if name == "g2_distinguishable":
        with pytest.raises(ValueError, match="g2_distinguishable=False"):
            lw.from_perceval(pcvl.NoiseModel(g2=0.1, g2_distinguishable=False))
        assert (
            lw.from_perceval(pcvl.NoiseModel(g2_distinguishable=False)) == default
        )  # there is no second photon
    elif name in REFUSED:
        with pytest.raises(ValueError, match=f"{name}={REFUSED[name]} of the NoiseModel has no counterpart"):
            lw.from_perceval(pcvl.NoiseModel(**{name: REFUSED[name]}))
    else:
        assert lw.from_perceval(pcvl.NoiseModel(**{name: 0.25})) != default


def test_fields_of_later_versions_are_refused():
    """A field that this version does not know is an error, not a silence."""

    class Later(pcvl.NoiseModel):
        def __dict__(self):
            return {"dark_counts": 0.5}

    with pytest.raises(ValueError, match=r"dark_counts=0\.5 of the NoiseModel has no counterpart"):
        lw.from_perceval(Later())


@pytest.mark.parametrize("g2", [0.5, 0.75, 1])
def test_large_g2(g2):
    with pytest.raises(ValueError, match=f"g2={float(g2)} of the NoiseModel"):
        lw.from_perceval(pcvl.NoiseModel(g2=g2))


def test_hardware_models():
    """Loss that all modes share is transmittance; what a NoiseModel has no place for is refused by name."""
    noise = lw.to_perceval(HardwareModel(Source(0.9, 0.5), loss=0.2))
    assert (noise.brightness, noise.transmittance) == (1, pytest.approx(0.4))
    assert lw.to_perceval(HardwareModel(loss=(0.5, 0.5))).transmittance == 0.5
    assert lw.to_perceval(HardwareModel(detector=Detector())) == pcvl.NoiseModel()
    with pytest.raises(ValueError, match=r"loss=\(0.1, 0.2\) of the HardwareModel"):
        lw.to_perceval(HardwareModel(loss=(0.1, 0.2)))
    with pytest.raises(ValueError, match="detector of the HardwareModel"):
        lw.to_perceval(HardwareModel(detector=Detector(efficiency=0.5)))


@pytest.mark.parametrize("efficiency", [1, 0.625])
@pytest.mark.parametrize("counting", [True, False])
def test_detectors_there_and_back(efficiency, counting):
    detector = Detector(efficiency, photon_counting=counting)
    there = lw.to_perceval(detector)
    assert lw.from_perceval(there) == detector
    found = there.detect(3)
    seen = (
        dict(lw.from_perceval(found))
        if isinstance(found, pcvl.BSDistribution)
        else {lw.State(list(found)): 1}
    )
    wanted = lw.output_distribution(np.eye(1), [3], detector=detector)
    for state, probability in zip(wanted.states.tolist(), wanted.probabilities, strict=True):
        assert seen.get(lw.State(state), 0) == pytest.approx(probability, abs=1e-12)


@pytest.mark.parametrize(
    "detector",
    [pcvl.Detector.ppnr(3), pcvl.Detector.ppnr(24, 2), pcvl.Detector.ppnr(None, 2), pcvl.BSLayeredPPNR(2)],
)
def test_detectors_that_count_some_photons(detector):
    with pytest.raises(ValueError, match=r"The detector .* counts up to \d+ photons"):
        lw.from_perceval(pcvl.Experiment(1).add(0, detector))


def test_detectors_that_perceval_has_not():
    with pytest.raises(ValueError, match=r"p_dark=0\.25 of the Detector"):
        lw.to_perceval(Detector(p_dark=0.25))
    with pytest.raises(ValueError, match="efficiency=0 of the Detector"):
        lw.to_perceval(Detector(efficiency=0))
    with pytest.raises(ValueError, match="values for 2 modes"):
        lw.to_perceval(Detector(efficiency=(0.5, 1)))
