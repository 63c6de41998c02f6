"""Distances between results, and their errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import ProbabilityDistribution, SamplingResult, chi_square, fidelity, total_variation
from lwfast.results.processing.binomial import mean_deviation, mean_root, root_product_loss

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


def samples(p, n, rng):
    counts = rng.multinomial(n, p)
    seen = np.flatnonzero(counts)
    states = np.stack([seen >> 16 & 255, seen >> 8 & 255, seen & 255], axis=1)
    return SamplingResult.from_columns(states, counts[seen])


def exact(p):
    k = np.arange(len(p))
    return ProbabilityDistribution.from_columns(np.stack([k >> 16, k >> 8 & 255, k & 255], axis=1), p)


UNIFORM, ZIPF = np.full(100_000, 1e-5), 1 / np.arange(1, 20_001)
SPARSE = np.full(20_000, 5e-5)
REGIMES = {
    "few states": (np.array([0.4, 0.3, 0.2, 0.1]), 2000, 500),
    "dense": (np.full(100, 0.01), 10_000, 10_000),
    "a few counts a state": (np.full(1000, 0.001), 1000, 3000),
    "most states seen once": (SPARSE, 2_000, 2_000),
    "most states seen once, other sizes": (SPARSE, 600, 4_000),
    "heavy tail": (ZIPF / ZIPF.sum(), 5000, 8000),
}


@pytest.mark.parametrize("against", ["samples", "probabilities"])
@pytest.mark.parametrize("regime", REGIMES)
def test_two_samples_of_one_distribution_are_as_far_apart_as_expected(regime, against):
    p, n, m = REGIMES[regime]
    rng = np.random.default_rng(11)
    repeats = 400 if len(p) < 10 else 40
    distribution = exact(p)
    pairs = [
        (samples(p, n, rng), samples(p, m, rng) if against == "samples" else distribution)
        for _ in range(repeats)
    ]
    for measure in (total_variation, fidelity, chi_square):
        values, errors, expected = np.array([measure(a, b) for a, b in pairs]).T
        spread = values.std(ddof=1)
        # Five standard errors of the mean, and the bias of conditioning on the pooled counts.
        allowed = 5 * spread / np.sqrt(repeats) + 0.05 * abs(expected.mean() - (measure is fidelity)) * (
            len(p) < 10
        )
        assert abs(values.mean() - expected.mean()) < allowed, measure
        # An upper bound for two of them, exact for chi-square; 40 repeats know a spread to 11 %.
        low, high = (0.75, 1.35) if measure is chi_square else (0.9, 2.1)
        assert low < errors.mean() / spread < high, measure


def test_where_every_state_is_seen_once_the_expected_distance_is_large():
    rng = np.random.default_rng(0)
    value, error, expected = total_variation(samples(UNIFORM, 10_000, rng), samples(UNIFORM, 10_000, rng))
    assert expected == pytest.approx(0.9096, abs=0.003)
    assert abs(value - expected) < 3 * error < 0.015


@pytest.mark.parametrize("measure", [total_variation, fidelity])
def test_the_error_is_never_too_small_for_different_distributions_with_few_counts(measure):
    rng = np.random.default_rng(5)
    p = ZIPF / ZIPF.sum()
    values, errors, _ = np.array(
        [measure(samples(p, 5000, rng), samples(p[::-1], 8000, rng)) for _ in range(60)]
    ).T
    assert 0.9 < errors.mean() / values.std(ddof=1) < 2


def test_binomial_means_are_those_of_the_sum_over_all_outcomes():
    for n in (1, 2, 3, 30, 100, 101, 1000):
        for p in (1e-4, 0.01, 0.25, 0.5, 0.75, 0.97):
            j = np.arange(n + 1.0)
            log_factorial = np.array([math.lgamma(k + 1) for k in range(n + 1)])
            weight = (
                np.exp(log_factorial[-1] - log_factorial - log_factorial[::-1]) * p**j * (1 - p) ** (n - j)
            )
            trials, chance = np.array([float(n)]), np.array([p])
            assert mean_deviation(trials, chance)[0] == pytest.approx((weight * abs(j - n * p)).sum())
            assert mean_root(trials, chance)[0] == pytest.approx((weight * np.sqrt(j)).sum())
            loss = n * np.sqrt(p * (1 - p)) - (weight * np.sqrt(j * (n - j))).sum()
            assert root_product_loss(trials, p)[0] == pytest.approx(loss, rel=3e-4)
    # Where n! has no digits left, the normal limit holds.
    assert mean_deviation(np.array([1e15]), np.array([0.5]))[0] == pytest.approx(np.sqrt(1e15 / 2 / np.pi))
    assert mean_deviation(np.array([5.0, 5.0]), np.array([0.0, 1.0])).tolist() == [0, 0]


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
    for wrong in ({(0,): -1.0, (1,): 3.0}, {(0,): np.nan}, {(0,): np.inf}, {(0,): -1, (1,): 3}):
        with pytest.raises(ValueError, match="negative or not finite"):
            total_variation(wrong, a)
    for wrong in ({(0,): 1j}, {(0,): "x"}):
        with pytest.raises(TypeError, match="real numbers"):
            total_variation(a, wrong)


def test_the_spread_of_fewer_than_four_samples_is_not_known():
    """Its formula divides by three samples less; four are enough."""
    one = SamplingResult({(0,): 1, (1,): 1})
    assert chi_square(one, SamplingResult({(0,): 1})).error == np.inf
    assert np.isfinite(chi_square(one, one).error)


def test_a_state_that_is_there_twice_is_added_up():
    twice = {(0,): 0.25, lw.State([0]): 0.25, (1,): 0.5}
    assert total_variation(twice, {(0,): 0.5, (1,): 0.5}).value == 0
