"""`lw.expectation` and its derivatives beside circuits of 50 digits."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lwfast as lw
from lwfast.emulator import Detector, Source
from lwfast.errors import ParameterValueError, SamplerError
from lwfast.optics.noise.source_terms import source_terms
from tests.reference import gradients as slow


def circuit_of(elements, values, n_modes):
    parameters = [lw.Parameter(value, label=f"p{i}") for i, value in enumerate(values)]
    circuit = lw.PhotonicCircuit(n_modes)
    for kind, first, second, at in elements:
        if kind == "phase":
            circuit.ps(first, parameters[at])
        elif kind == "loss":
            circuit.loss(first, parameters[at])
        else:
            circuit.bs(first, second, parameters[at], convention=kind)
    return circuit, parameters


def worth(state):
    return 0.3 + sum((mode + 1.5) * number**2 for mode, number in enumerate(state))


def assert_right(found, parameters, elements, values, mean):
    """The mean and each derivative, to 1e-8 of what outcomes are worth at most."""
    value, slopes = found
    with mpmath.workdps(slow.DIGITS):
        assert value == pytest.approx(float(mean([mpmath.mpf(v) for v in values])), rel=1e-11, abs=1e-11)
    expected = slow.derivatives(mean, values)
    used = {at for *_, at in elements}
    assert set(slopes) == {parameters[at] for at in used}
    for at in used:
        assert slopes[parameters[at]] == pytest.approx(expected[at], rel=1e-8, abs=1e-8)


@st.composite
def experiments(draw, most_photons=3):
    n_modes = draw(st.integers(2, 3))
    values, elements, losses = [], [], 0
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["Rx", "H", "phase", "loss"] if losses < 2 else ["Rx", "H", "phase"]))
        losses += kind == "loss"
        first, second = draw(st.permutations(range(n_modes)))[:2]
        again = [i for i, (other, *_) in enumerate(elements) if (other == "phase") == (kind == "phase")]
        if again and draw(st.booleans()):
            at = elements[draw(st.sampled_from(again))][3]  # one Parameter, used several times
        else:
            at = len(values)
            values.append(draw(st.floats(-7, 7) if kind == "phase" else st.floats(1e-3, 0.999)))
        elements.append((kind, first, second, at))
    photons = draw(st.lists(st.integers(0, 2), min_size=n_modes, max_size=n_modes))
    while sum(photons) > most_photons:
        photons[photons.index(max(photons))] -= 1
    return elements, values, photons


@settings(max_examples=15)
@given(experiments())
def test_ideal_and_lossy(experiment):
    elements, values, photons = experiment
    circuit, parameters = circuit_of(elements, values, len(photons))
    found = lw.expectation(lw.Sampler(circuit, lw.State(photons), 1), worth, gradient=True)
    assert_right(
        found,
        parameters,
        elements,
        values,
        lambda v: slow.expectation(slow.distribution(elements, v, photons), lambda _: True, worth),
    )


@settings(max_examples=4)
@given(
    experiments(most_photons=2),
    st.sampled_from([(0.9, 1.0, 0.8), (1.0, 0.7, 1.0), (0.8, 0.6, 0.9), (1.0, 0.9, 0.5)]),
    st.sampled_from(
        [(1.0, 0.0, True), (0.8, 0.0, True), (0.9, 0.1, True), (0.7, 0.05, False), (1, 0, False)]
    ),
)
def test_noisy_source_and_detectors(experiment, source, detector):
    elements, values, photons = experiment
    n_modes = len(photons)
    circuit, parameters = circuit_of(elements, values, n_modes)
    efficiency, dark, resolving = detector
    sampler = lw.Sampler(
        circuit,
        lw.State(photons),
        1,
        source=Source(*source),
        detector=Detector(efficiency, dark, resolving),
        sampling_mode="input",
    )
    detectors = [efficiency] * n_modes, [dark] * n_modes, [resolving] * n_modes
    terms = source_terms(*source)
    assert_right(
        lw.expectation(sampler, worth, gradient=True),
        parameters,
        elements,
        values,
        lambda v: slow.expectation(
            slow.distribution(elements, v, photons, terms, detectors), lambda _: True, worth
        ),
    )


ELEMENTS = [
    ("Rx", 0, 1, 0),
    ("phase", 1, 1, 1),
    ("H", 1, 2, 2),
    ("loss", 2, 2, 3),
    ("Rx", 0, 2, 0),
    ("phase", 0, 0, 4),
    ("H", 0, 1, 5),
]
VALUES = [0.3, 1.1, 0.6, 0.2, -0.7, 0.45]


@pytest.mark.parametrize("source", [None, Source(purity=0.9, brightness=0.8, indistinguishability=0.85)])
@pytest.mark.parametrize("counting", [True, False])
@pytest.mark.parametrize("demand", ["herald", "rule", "callable", "min_detection"])
def test_what_counts_is_renormalised(source, counting, demand):
    photons = [1, 0, 1] if source else [1, 1, 1] if demand == "herald" else [2, 0, 1]
    circuit, parameters = circuit_of(ELEMENTS, VALUES, 3)
    options, counts, seen = {}, None, worth
    if demand == "herald":
        circuit.herald(2, 1)
        counts, seen = lambda s: s[2] == 1, lambda s: worth(s[:2])
    elif demand == "rule":
        options["post_selection"] = lw.PostSelection()
        options["post_selection"].add((0, 1), (1, 2))
        counts = lambda s: s[0] + s[1] in (1, 2)  # noqa: E731
    elif demand == "callable":
        options["post_selection"] = lambda s: s[0] != s[1]
        counts = lambda s: s[0] != s[1]  # noqa: E731
    else:
        options["min_detection"] = 2
        counts = lambda s: sum(s) >= 2  # noqa: E731
    detector = None if counting else Detector(0.9, 0.02, photon_counting=False)
    entered = lw.State(photons[:2] if demand == "herald" else photons)
    sampler = lw.Sampler(
        circuit, entered, 1, source=source, detector=detector, sampling_mode="input", **options
    )
    terms = source and source_terms(source.purity, source.brightness, source.indistinguishability)
    detectors = None if counting else ([0.9] * 3, [0.02] * 3, [False] * 3)
    assert_right(
        lw.expectation(sampler, worth, gradient=True),
        parameters,
        ELEMENTS,
        VALUES,
        lambda v: slow.expectation(slow.distribution(ELEMENTS, v, photons, terms, detectors), counts, seen),
    )


def test_mean_without_derivatives_is_the_same():
    circuit, _ = circuit_of(ELEMENTS, VALUES, 3)
    for detector in (None, Detector(0.9, 0.02, photon_counting=False)):
        sampler = lw.Sampler(circuit, lw.State([1, 1, 1]), 1, detector=detector, sampling_mode="input")
        value, _ = lw.expectation(sampler, worth, gradient=True)
        assert lw.expectation(sampler, worth) == pytest.approx(value, rel=1e-13)


def test_mean_is_what_samples_tend_to():
    circuit, _ = circuit_of(ELEMENTS, VALUES, 3)
    sampler = lw.Sampler(circuit, lw.State([1, 1, 1]), 200_000, post_selection=lambda s: s[0] < 2, rng=1)
    result = lw.emulator.Backend().run(sampler)
    drawn = np.array([worth(s) for s in result]), np.array(list(result.values()))
    mean = (drawn[0] * drawn[1]).sum() / drawn[1].sum()
    error = np.sqrt(((drawn[0] - mean) ** 2 * drawn[1]).sum()) / drawn[1].sum()
    assert abs(lw.expectation(sampler, worth) - mean) < 5 * error


def test_forms_of_observables():
    circuit, _ = circuit_of(ELEMENTS, VALUES, 3)
    sampler = lw.Sampler(circuit, lw.State([1, 1, 0]), 1)
    states = lw.output_distribution(circuit.U, [1, 1, 0], gradient=True).states
    by_call = lw.expectation(sampler, worth, gradient=True)
    mapping = {lw.State(row): worth(row) for row in states.tolist()}
    array = np.array([worth(row) for row in states.tolist()])
    for observable in (mapping, array, array.tolist()):
        value, slopes = lw.expectation(sampler, observable, gradient=True)
        assert value == pytest.approx(by_call[0], rel=1e-13)
        assert lw.expectation(sampler, observable) == pytest.approx(by_call[0], rel=1e-13)
        assert slopes == pytest.approx(by_call[1], rel=1e-12)
    one = lw.State([1, 1, 0])
    found = lw.output_distribution(circuit.U, [1, 1, 0])
    probability = found.probabilities[(found.states == [1, 1, 0]).all(axis=1)]
    assert lw.expectation(sampler, {one: 1.0}) == pytest.approx(float(probability[0]), rel=1e-12)


def test_wrong_observables():
    circuit, _ = circuit_of(ELEMENTS, VALUES, 3)
    sampler = lw.Sampler(circuit, lw.State([1, 1, 0]), 1)
    with pytest.raises(ValueError, match="1 modes, and outcomes have 3"):
        lw.expectation(sampler, {lw.State([1]): 1.0})
    with pytest.raises(ValueError, match=r"shape \(2,\), and 10 outcomes"):
        lw.expectation(sampler, [1.0, 2.0])
    with pytest.raises(ValueError, match="nan for the outcome"):
        lw.expectation(sampler, lambda _: float("nan"))
    with pytest.raises(TypeError, match="should give a real number"):
        lw.expectation(sampler, lambda _: "one")
    with pytest.raises(TypeError, match="a callable, a mapping from states, or an array"):
        lw.expectation(sampler, "photons")
    with pytest.raises(TypeError, match="Sampler or an Analyzer, got Simulator"):
        lw.expectation(lw.Simulator(circuit, lw.State([1, 1, 0])), worth)
    with pytest.raises(TypeError, match="Expected a Sampler or an Analyzer, got"):
        lw.expectation(circuit, worth)


def test_some_parameters_only():
    circuit, parameters = circuit_of(ELEMENTS, VALUES, 3)
    sampler = lw.Sampler(circuit, lw.State([1, 1, 0]), 1)
    _, all_slopes = lw.expectation(sampler, worth, gradient=True)
    parameters[0].set(0.3)
    _, one = lw.expectation(sampler, worth, gradient=parameters[3])
    assert one == {parameters[3]: all_slopes[parameters[3]]}
    _, two = lw.expectation(sampler, worth, gradient=[parameters[4], parameters[0]])
    assert list(two) == [parameters[4], parameters[0]]
    with pytest.raises(ValueError, match="not one of the 6 Parameters"):
        lw.expectation(sampler, worth, gradient=lw.Parameter(1.0))
    with pytest.raises(TypeError, match="gradient should be"):
        lw.expectation(sampler, worth, gradient="all")


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (0, 0.0, "reflectivity 'p0' is 0"),
        (0, 1.0, "reflectivity 'p0' is 1"),
        (3, 1.0, "loss 'p3' is 1"),
        (3, 0.0, "loss 'p3' is 0"),
        (3, 1e-7, "loss 'p3' is 1e-07"),
    ],
)
def test_where_no_derivative_is_it_is_said(at, value, said):
    circuit, parameters = circuit_of(ELEMENTS, VALUES, 3)
    parameters[at].set(value)
    sampler = lw.Sampler(circuit, lw.State([1, 1, 0]), 1)
    with pytest.raises(ParameterValueError, match=said):
        lw.expectation(sampler, worth, gradient=True)
    # The others have one all the same.
    _, slopes = lw.expectation(sampler, worth, gradient=[p for i, p in enumerate(parameters) if i != at])
    assert np.isfinite(list(slopes.values())).all()
    assert len(slopes) == 5


@pytest.mark.parametrize("value", [1e-6, 1e-5, 1e-3])
@pytest.mark.parametrize("mode", [0, 2])
def test_small_losses(value, mode):
    """Also of a mode that hardly any light reaches."""
    elements = [("Rx", 0, 1, 1), ("Rx", 1, 2, 2), ("loss", mode, mode, 0), ("H", 0, 2, 3)]
    values = [value, 0.4, 1 - 1e-7, 0.3]
    circuit, parameters = circuit_of(elements, values, 3)
    sampler = lw.Sampler(circuit, lw.State([1, 1, 0]), 1)
    assert_right(
        lw.expectation(sampler, worth, gradient=parameters),
        parameters,
        elements,
        values,
        lambda v: slow.expectation(slow.distribution(elements, v, [1, 1, 0]), lambda _: True, worth),
    )


def test_nothing_that_counts():
    circuit, _ = circuit_of(ELEMENTS, VALUES, 3)
    for gradient in (False, True):
        never = lw.Sampler(circuit, lw.State([1, 1, 0]), 1, post_selection=lambda s: s[0] > 7)
        with pytest.raises(SamplerError, match="none of them can occur"):
            lw.expectation(never, worth, gradient=gradient)
        too_many = lw.Sampler(circuit, lw.State([1, 1, 0]), 1, min_detection=3)
        with pytest.raises(SamplerError, match="min_detection is 3"):
            lw.expectation(too_many, worth, gradient=gradient)
    # Interference forbids one photon in each mode: what is left is rounding, and 0 / 0 no mean.
    dip = lw.PhotonicCircuit(2)
    dip.bs(0, reflectivity=lw.Parameter(0.5))
    both = lw.Sampler(dip, lw.State([1, 1]), 1, post_selection=lambda s: s[0] == 1)
    with pytest.raises(SamplerError, match=r"none of them can occur|rounding"):
        lw.expectation(both, worth, gradient=True)


def test_no_photons_have_no_slope():
    circuit, _ = circuit_of(ELEMENTS, VALUES, 3)
    for source in (None, Source(purity=0.9)):
        value, slopes = lw.expectation(
            lw.Sampler(circuit, lw.State([0, 0, 0]), 1, source=source), worth, gradient=True
        )
        assert value == pytest.approx(0.3)
        assert not any(slopes.values())


def test_analyzer_has_a_mean_for_each_input():
    circuit, _ = circuit_of(ELEMENTS, VALUES, 3)
    rule = lw.PostSelection()
    rule.add(0, (0, 1))
    inputs = [lw.State([1, 1, 0]), lw.State([0, 1, 0])]
    value, slopes = lw.expectation(lw.Analyzer(circuit, inputs, post_selection=rule), worth, gradient=True)
    for row, state in enumerate(inputs):
        single = lw.expectation(lw.Sampler(circuit, state, 1, post_selection=rule), worth, gradient=True)
        assert value[row] == pytest.approx(single[0], rel=1e-12)
        assert {p: s[row] for p, s in slopes.items()} == pytest.approx(single[1], rel=1e-10, abs=1e-12)


def test_nested_circuits_swaps_and_blocks():
    """The matrix of blocks and swaps, and Parameters inside of groups, by differences of the mean itself."""
    inner, parameters = circuit_of(ELEMENTS, VALUES, 3)
    inner.herald(2, 1)
    outer = lw.PhotonicCircuit(3)
    outer.bs(0, reflectivity=parameters[0])
    outer.add(inner, 0)
    outer.mode_swaps({0: 1, 1: 2, 2: 0})
    outer.add(lw.Unitary(lw.random_unitary(2, seed=4)), 1)
    outer.ps(1, parameters[1])
    outer.add(inner, 1, group=True)
    outer.barrier()
    outer.bs(1, convention="H")
    sampler = lw.Sampler(outer, lw.State([1, 1, 0]), 1, min_detection=1)
    _, slopes = lw.expectation(sampler, worth, gradient=True)
    assert len(slopes) == len(VALUES)
    for parameter, value in zip(parameters, VALUES, strict=True):
        means = []
        for step in (-4e-4, -2e-4, 2e-4, 4e-4):
            parameter.set(value + step)
            means.append(lw.expectation(sampler, worth))
        parameter.set(value)
        expected = (8 * (means[2] - means[1]) - (means[3] - means[0])) / 24e-4
        assert slopes[parameter] == pytest.approx(expected, abs=1e-8)


def test_symbols():
    sympy = pytest.importorskip("sympy")
    x, y = sympy.Symbol("x", real=True), sympy.Symbol("y")
    angle = lw.Parameter(0.4)
    matrix = sympy.Matrix([[sympy.cos(x), sympy.sin(y)], [-sympy.sin(x), sympy.cos(y)]])
    circuit = lw.PhotonicCircuit(2)
    circuit.add(lw.Unitary(lw.circuit.ParameterizedUnitary(matrix.subs(x, y), {"y": angle})))
    value, slopes = lw.expectation(
        lw.Sampler(circuit, lw.State([1, 0]), 1), {lw.State([1, 0]): 1.0}, gradient=True
    )
    assert value == pytest.approx(np.cos(0.4) ** 2)
    assert slopes == pytest.approx({angle: -np.sin(0.8)})


def test_lightworks_tasks_have_means_and_slopes():
    lightworks = pytest.importorskip("lightworks")
    circuit, reflectivity = lightworks.PhotonicCircuit(2), lightworks.Parameter(0.3)
    circuit.bs(0, reflectivity=reflectivity)
    sampler = lightworks.Sampler(circuit, lightworks.State([1, 0]), 1)
    assert lw.expectation(sampler, {lightworks.State([1, 0]): 1.0}) == pytest.approx(0.3)
    for gradient in (True, reflectivity, [reflectivity]):
        value, slopes = lw.expectation(sampler, {lw.State([1, 0]): 1.0}, gradient=gradient)
        assert value == pytest.approx(0.3)
        assert slopes[reflectivity] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="not one of the 1 Parameters"):
        lw.expectation(sampler, worth, gradient=lightworks.Parameter(0.3))


def test_every_pair_of_modes_and_convention():
    for (first, second), kind in itertools.product(itertools.permutations(range(3), 2), ("Rx", "H")):
        elements = [
            (kind, first, second, 0),
            ("phase", first, first, 1),
            (kind, second, 0 if second else 1, 0),
        ]
        circuit, parameters = circuit_of(elements, [0.37, 0.9], 3)
        found = lw.expectation(lw.Sampler(circuit, lw.State([1, 0, 1]), 1), worth, gradient=True)
        assert_right(
            found,
            parameters,
            elements,
            [0.37, 0.9],
            lambda v, elements=elements: slow.expectation(
                slow.distribution(elements, v, [1, 0, 1]), lambda _: True, worth
            ),
        )


def test_an_observable_beyond_any_float_is_refused_as_infinity_is():
    sampler = lw.Sampler(lw.Unitary(lw.random_unitary(2, seed=1)), lw.State([1, 0]), 1)
    with pytest.raises(ValueError, match="finite number"):
        lw.expectation(sampler, lambda _: 10**400)
