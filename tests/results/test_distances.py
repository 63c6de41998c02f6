"""Distances between results, and their errors."""

from __future__ import annotations

import numpy as np
import pytest

from lwfast.results import ProbabilityDistribution, SamplingResult, chi_square, fidelity, total_variation

P = {(k,): p for k, p in enumerate([0.4, 0.3, 0.2, 0.1])}
Q = {(k,): p for k, p in enumerate([0.1, 0.2, 0.3, 0.4])}


def test_distances_have_their_known_values():
    a, b = SamplingResult({(0,): 4, (1,): 6}), SamplingResult({(1,): 5, (0,): 5})
    assert float(total_variation(a, b)) == pytest.approx(0.1)
    assert float(fidelity(a, b)) == pytest.approx((np.sqrt(0.2) + np.sqrt(0.3)) ** 2)
    assert float(chi_square(a, {(0,): 0.5, (1,): 0.5})) == pytest.approx(10 * (0.01 / 0.5 + 0.01 / 0.5))
    disjoint = SamplingResult({(2,): 1})
    assert float(total_variation(a, disjoint)) == 1
    assert float(fidelity(a, disjoint)) == 0
    assert total_variation(P, ProbabilityDistribution(P)) == (0, 0, 0)
    assert fidelity(P, P).value == pytest.approx(1)
    assert total_variation(P, Q).error == 0
    assert chi_square(a, {(0,): 1.0}).value == np.inf


def test_distances_do_not_depend_on_the_order_or_the_side():
    a, b = SamplingResult({(0,): 4, (1,): 6, (3,): 1}), SamplingResult({(2,): 5, (1,): 5})
    backwards = SamplingResult(dict(reversed(list(a.items()))))
    for measure in (total_variation, fidelity, chi_square):
        assert measure(a, b).value == pytest.approx(measure(b, a).value)
        assert measure(a, b) == pytest.approx(measure(backwards, b))


@pytest.mark.parametrize("measure", [total_variation, fidelity])
def test_the_error_is_the_spread_of_repeated_measurements(measure):
    rng = np.random.default_rng(0)
    values, errors = [], []
    for _ in range(400):
        a, b = (
            SamplingResult(dict(zip(d, rng.multinomial(n, list(d.values())).tolist(), strict=True)))
            for d, n in ((P, 2000), (Q, 500))
        )
        value, error, _ = measure(a, b)
        values.append(value)
        errors.append(error)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)
    assert np.mean(values) == pytest.approx(measure(P, Q).value, abs=0.01)


@pytest.mark.parametrize("measure", [total_variation, fidelity, chi_square])
def test_what_is_expected_is_the_mean_over_samples_of_one_distribution(measure):
    rng = np.random.default_rng(2)
    states = np.arange(50)[:, None]
    p = rng.dirichlet(np.full(50, 5.0))
    pairs = [
        [SamplingResult.from_columns(states, rng.multinomial(n, p)) for n in (3000, 8000)] for _ in range(200)
    ]
    distances = np.array([measure(a, b) for a, b in pairs])
    away = abs(1 - distances[:, 0].mean()) if measure is fidelity else distances[:, 0].mean()
    expected = abs(1 - distances[:, 2].mean()) if measure is fidelity else distances[:, 2].mean()
    assert away == pytest.approx(expected, rel=0.05)


def test_chi_square_is_one_for_samples_of_one_distribution():
    rng = np.random.default_rng(1)
    p = np.full(200, 1 / 200)
    states = np.arange(200)[:, None]
    draw = lambda: SamplingResult.from_columns(states, rng.multinomial(100_000, p))  # noqa: E731
    value, error, _ = chi_square(draw(), draw())
    assert abs(value - 1) < 5 * error
    value, error, _ = chi_square(draw(), dict(zip(map(tuple, states.tolist()), p, strict=True)))
    assert abs(value - 1) < 5 * error


def test_what_cannot_be_compared_is_told():
    a = SamplingResult({(0,): 4})
    with pytest.raises(ValueError, match="without counts"):
        total_variation(a, SamplingResult({}))
    with pytest.raises(ValueError, match="modes"):
        fidelity(a, SamplingResult({(0, 1): 4}))
    with pytest.raises(ValueError, match="counts as its first"):
        chi_square(P, a)
    with pytest.raises(TypeError):
        total_variation(a, 5)
