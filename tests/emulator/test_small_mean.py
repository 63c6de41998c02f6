"""Means of small and ordinary tasks take a short way, whose numbers and errors are those of the long one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.emulator import Detector, Source
from lwfast.emulator.gradients import expectation
from lwfast.optics.distributions.gradients import few_photons, imperfect, plain


def by_the_long_way(work):
    """Return what a call gives where nothing is small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expectation, "small_mean", lambda *_: None)
        for module in (plain, imperfect):
            patch.setattr(module, "few_photons", lambda *_: None)
        return work()


def outcome(work):
    """Return a mean with its slopes, or the error."""
    try:
        value, slopes = work()
    except (lw.LightworksError, TypeError, ValueError) as error:
        return type(error), str(error)
    return value, slopes


def assert_same(task, observable):
    def work():
        return lw.expectation(task, observable, gradient=True)

    def mean_alone():
        return lw.expectation(task, observable), {}

    short, long = outcome(work), outcome(lambda: by_the_long_way(work))
    alone = outcome(mean_alone)
    if not isinstance(long[1], dict):
        assert short == alone == long
        return
    assert alone[0] == pytest.approx(long[0], rel=1e-12, abs=1e-12)
    assert short[0] == pytest.approx(long[0], rel=1e-12, abs=1e-12)
    assert list(short[1]) == list(long[1])
    np.testing.assert_allclose(list(short[1].values()), list(long[1].values()), rtol=1e-9, atol=1e-11)


PERFECT = st.none()


@st.composite
def tasks(draw, sources=PERFECT):
    """Samplers of up to five modes and five photons, with heralds and rules."""
    n_modes = draw(st.integers(2, 5))
    circuit = lw.PhotonicCircuit(n_modes)
    for _ in range(draw(st.integers(1, 2 * n_modes))):
        first, second = draw(st.permutations(range(n_modes)))[:2]
        circuit.bs(first, second, reflectivity=draw(st.floats(0.05, 0.95)))
        circuit.ps(first, lw.Parameter(draw(st.floats(0, 6))))
    if n_modes > 2 and draw(st.booleans()):
        circuit.herald(draw(st.integers(0, 1)), draw(st.permutations(range(n_modes)))[:1][0])
    photons = draw(st.lists(st.integers(0, 2), min_size=circuit.input_modes, max_size=circuit.input_modes))
    assume(0 < sum(photons) < 6)
    rules = None
    if circuit.input_modes > 1 and draw(st.booleans()):
        rules = lw.PostSelection()
        rules.add((0, 1), tuple(draw(st.sets(st.integers(0, 3), min_size=1, max_size=3))))
    options = {"post_selection": rules, "min_detection": draw(st.integers(0, 2)), "source": draw(sources)}
    return lw.Sampler(circuit, lw.State(photons), 1, **options)


def worth(state):
    return 0.3 + sum((mode + 1.5) * number**2 for mode, number in enumerate(state))


@given(tasks())
def test_ideal(task):
    assert_same(task, worth)


IMPERFECT = st.builds(
    Source,
    purity=st.sampled_from([1.0, 0.97]),
    brightness=st.sampled_from([1.0, 0.8]),
    indistinguishability=st.sampled_from([1.0, 0.9]),
)


@given(tasks(IMPERFECT))
def test_imperfect_sources(task):
    assert_same(task, worth)


DIM = st.builds(
    Source,
    brightness=st.sampled_from([1.0, 0.8, 0.05]),
    indistinguishability=st.sampled_from([1.0, 0.9, 0.0]),
)


@given(tasks(DIM), st.sampled_from([1.0, 0.7]), st.sampled_from(["input", "output"]))
def test_photons_that_all_fare_alike(task, efficiency, mode):
    task.detector, task.sampling_mode = Detector(efficiency=efficiency), mode
    assert_same(task, worth)
    asked = []  # an array tells outcomes by their order
    try:
        by_the_long_way(lambda: lw.expectation(task, lambda state: len(asked.append(state) or asked)))
    except lw.SamplerError:
        return
    assert_same(task, np.linspace(-1, 1, len(asked)))


@pytest.mark.parametrize(
    "observable",
    [
        {lw.State([1, 1, 0]): 1.0},
        np.linspace(-1, 1, 6),
        {lw.State([1, 1]): 1.0},
        np.ones(5),
        lambda _: float("nan"),
        "mean",
    ],
)
def test_observables_and_what_is_wrong_with_them(observable):
    circuit = lw.Unitary(lw.random_unitary(3, seed=1))
    circuit.ps(0, lw.Parameter(0.4))
    assert_same(lw.Sampler(circuit, lw.State([1, 1, 0]), 1), observable)


def test_what_cannot_count():
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, lw.Parameter(0.4))
    circuit.bs(0)
    rules = lw.PostSelection()
    rules.add(0, 1)
    for photons in ([1, 1], [3, 0]):
        assert_same(lw.Sampler(circuit, lw.State(photons), 1, min_detection=4), worth)
    still = lw.PhotonicCircuit(2)  # two photons in one mode leave none for the other
    still.ps(0, lw.Parameter(0.4))
    assert_same(lw.Sampler(still, lw.State([2, 0]), 1, post_selection=rules), worth)


def test_many_photons_take_the_long_way():
    assert few_photons.few_photons((1,) * 4 + (0,) * 4) is not None
    assert few_photons.few_photons((1,) * 8 + (0,) * 12) is None


def test_a_change_of_a_parameter_is_seen():
    phase = lw.Parameter(0.0)
    circuit = lw.PhotonicCircuit(2)
    circuit.bs(0)
    circuit.ps(0, phase)
    circuit.bs(0)
    task = lw.Sampler(circuit, lw.State([1, 0]), 1)
    for angle in np.linspace(0, 6, 7):
        phase.set(float(angle))
        value, slopes = lw.expectation(task, {lw.State([0, 1]): 1.0}, gradient=True)
        assert value == pytest.approx(np.cos(angle / 2) ** 2)
        assert slopes[phase] == pytest.approx(-np.sin(angle) / 2)
