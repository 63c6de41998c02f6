"""What a trend says of files whose samples are all alike: the worst run must not be left out."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast import State
from lwfast.results import SamplingResult, scan_results
from lwfast.results.campaign.trend import Trend
from lwfast.results.processing.means import Mean
from tests.results.campaign_runs import START

KEPT = [512, 498, 505, 0, 491, 500, 489, 510, 0, 503, 495, 507]
"""Of 1000 samples each: two runs are dead."""


def save(folder, rows):
    """A file an hour with counts by photons in mode 0."""
    for k, counts in enumerate(rows):
        about = {"finished_date": (START + dt.timedelta(hours=k)).isoformat()}
        states = [[photons] for photons in counts]
        one = SamplingResult.from_columns(states, list(counts.values()), metadata=about)
        one.with_parameters(theta=k / 2).save(folder / f"run_{k:02}.npz")
    return scan_results(folder)


@pytest.fixture
def scan(tmp_path):
    return save(tmp_path, [{1: kept, 0: 1000 - kept} for kept in KEPT])


def pooled(kept, n):
    """Pearson's test that all shares are one."""
    kept, n = np.array(kept, float), np.array(n, float)
    p = kept.sum() / n.sum()
    return float(np.sum((kept - n * p) ** 2 / (n * p * (1 - p))))


def of_shares(kept, n):
    means = [Mean(m, k / m, k * (m - k) / m) for k, m in zip(kept, n, strict=True)]
    return Trend(("theta",), list(range(len(kept))), means)


def test_dead_runs_are_a_drift(scan):
    selected = scan.post_select([((0,), 1)])
    shares = selected.over_time()
    expected = pooled(KEPT, [1000] * 12)
    assert expected > 1700
    assert shares.chi_square() == (pytest.approx(expected), 11)
    # The same share as an observable, over time and by setting.
    assert scan.over_time({(1,): 1}).chi_square() == (pytest.approx(expected), 11)
    assert scan.over_time(lambda state: state[0]).chi_square() == (pytest.approx(expected), 11)
    assert scan.group_by("theta").expectation({(1,): 1}).chi_square() == (pytest.approx(expected), 11)
    assert scan.group_by("theta").merge().expectation({(1,): 1}).chi_square()[1] == 11


def test_dead_runs_count_for_the_slope(tmp_path):
    kept = [500, 505, 495, 502, 0, 0]
    trend = save(tmp_path, [{1: k, 0: 1000 - k} for k in kept]).post_select([((0,), 1)]).over_time()
    slope, error = trend.slope()
    fitted = np.polyfit(np.arange(6), np.array(kept) / 1000, 1)
    assert slope == pytest.approx(fitted[0])
    p = sum(kept) / 6000
    assert error == pytest.approx(np.sqrt(p * (1 - p) / 1000 / np.sum((np.arange(6) - 2.5) ** 2)))
    assert slope < -10 * error


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=2, max_size=12))
def test_shares_are_compared_as_numpy_does(rows):
    kept, n = [min(k, m) for k, m in rows], [m for _, m in rows]
    square, degrees = of_shares(kept, n).chi_square()
    assert degrees == len(rows) - 1
    if 0 < sum(kept) < sum(n):
        assert square == pytest.approx(pooled(kept, n))
        slope, error = of_shares(kept, n).slope()
        fitted = np.polyfit(np.arange(len(n)), np.divide(kept, n), 1, w=np.sqrt(n))
        assert slope == pytest.approx(fitted[0], abs=1e-9)
        assert error > 0
    else:
        assert square == pytest.approx(0, abs=1e-12)
        assert of_shares(kept, n).slope() == (pytest.approx(0, abs=1e-12), 0)


def test_without_a_drift_it_is_about_as_large_as_its_degrees():
    """Where few samples are kept too, although most files then keep none."""
    rng = np.random.default_rng(5)
    for p, n in ((0.5, 1000), (0.01, 100), (0.999, 200)):
        squares = [of_shares(rng.binomial(n, p, 20), [n] * 20).chi_square()[0] for _ in range(300)]
        assert np.mean(squares) == pytest.approx(19, rel=0.1)


def test_values_that_are_no_shares_have_errors_of_their_own(tmp_path):
    rows = [{0: 40, 2: 30, 3: 30}, {0: 41, 2: 28, 3: 31}, {0: 50, 2: 25, 3: 25}]
    trend = save(tmp_path, rows).over_time(lambda state: state[0])
    mean = np.average(trend.values, weights=1 / trend.errors**2)
    square, degrees = trend.chi_square()
    assert (square, degrees) == (pytest.approx(np.sum(((trend.values - mean) / trend.errors) ** 2)), 2)
    fitted = np.polyfit(np.arange(3), trend.values, 1, w=1 / trend.errors)
    assert trend.slope()[0] == pytest.approx(fitted[0])


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1.5, 1e6])
def test_a_quantity_in_small_units_is_not_a_share(tmp_path, unit):
    rows = [{0: 40, 1: 60}, {0: 41, 1: 59}, {0: 30, 1: 70}]
    trend = save(tmp_path, rows).over_time(lambda state: unit * state[0])
    assert trend.intervals == pytest.approx(
        np.stack([trend.values - trend.errors, trend.values + trend.errors], axis=1), abs=unit * 1e-9
    )
    assert trend.chi_square()[0] > 1


def test_values_without_an_error_count(tmp_path):
    """A source that gives two photons in each shot, until it gives none."""
    rows = [{0: 20, 2: 50, 3: 30}] * 4 + [{0: 100}] * 2
    trend = save(tmp_path, rows).over_time(lambda state: state[0])
    assert trend.errors[4] == 0
    square, degrees = trend.chi_square()
    assert degrees == 5
    assert square > 100
    slope, error = trend.slope()
    assert slope < -5 * error


def test_single_samples_say_nothing_of_a_drift(tmp_path):
    photons = [0, 2, 3, 0, 3, 2, 2, 0, 3, 2]
    trend = save(tmp_path, [{n: 1} for n in photons]).over_time(lambda state: state[0])
    square, degrees = trend.chi_square()
    assert (square, degrees) == (pytest.approx(10), 9)
    slope, error = trend.slope()
    assert abs(slope) < 3 * error


def test_values_without_samples_are_named(tmp_path):
    campaign = save(tmp_path, [{1: 50, 2: 50}, {1: 48, 3: 52}, {0: 100}]).post_select([((0,), (1, 2, 3))])
    trend = campaign.over_time(lambda state: state[0])
    assert np.isnan(trend.values[2])
    for ask in (trend.chi_square, trend.slope):
        with pytest.warns(UserWarning, match=r"1 of 3 values have .*run_02\.npz.* how many are kept"):
            ask()
    groups = campaign.group_by("theta").expectation(lambda state: state[0])
    with pytest.warns(UserWarning, match=r"1 of 3 values have no samples and do not count: 1\.0\. "):
        assert groups.chi_square()[1] == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert campaign.over_time().chi_square()[1] == 2


def test_a_constant_has_no_drift(tmp_path):
    trend = save(tmp_path, [{1: 10 + k, 2: 20} for k in range(5)]).over_time(lambda _: 0.3)
    assert trend.chi_square() == (pytest.approx(0, abs=1e-9), 4)
    assert trend.slope() == (pytest.approx(0, abs=1e-12), 0)


def test_a_share_of_nothing_has_an_interval(scan):
    """That of Wilson for one standard error: of 0 of n, from 0 to 1 / (n + 1)."""
    trend = scan.post_select([((0,), 1)]).over_time()
    low, high = trend.intervals.T
    assert (low[3], high[3]) == (0, pytest.approx(1 / 1001))
    assert trend.errors[3] == 0
    others = trend.values > 0
    assert (high - low)[others] / 2 == pytest.approx(trend.errors[others], rel=2e-3)
    n, p = 1000, trend.values
    for end in (low, high):  # where p lies one standard error from the end
        assert (p - end) ** 2 == pytest.approx(end * (1 - end) / n, abs=1e-15)
    full = of_shares([7], [7])
    assert full.intervals[0].tolist() == [pytest.approx(7 / 8), 1]


def test_intervals_are_drawn(scan):
    import matplotlib as mpl

    trend = scan.post_select([((0,), 1)]).over_time()
    figure, axes = trend.plot(show=False)
    (bars,) = axes.containers
    drawn = np.array([segment[:, 1] for segment in bars.lines[2][0].get_segments()])
    assert drawn == pytest.approx(trend.intervals)
    mpl.pyplot.close(figure)
    wide = scan.over_time(lambda state: 2 * state[0])
    figure, axes = wide.plot(show=False)
    (bars,) = axes.containers
    drawn = np.array([segment[:, 1] for segment in bars.lines[2][0].get_segments()])
    assert drawn == pytest.approx(np.stack([wide.values - wide.errors, wide.values + wide.errors], axis=1))
    mpl.pyplot.close(figure)


def parity(state):
    return 1 - 2 * (state[0] % 2)


@pytest.mark.parametrize(
    ("observable", "what"),
    [
        ({(1,): 1}, "share of |1>"),
        ({State([1]): 1, (0,): 1.0}, "share of |1> and |0>"),
        ({(1,): 2}, "mean of the observable"),
        (parity, "mean of parity"),
        (lambda state: state[0], "mean of the observable"),
        (None, "share of samples kept"),
    ],
)
def test_axes_say_what_was_measured(scan, observable, what):
    import matplotlib as mpl

    trends = [scan.over_time(observable)]
    if observable is not None:
        groups = scan.group_by("theta")
        trends += [groups.expectation(observable), groups.merge().expectation(observable)]
    for trend in trends:
        figure, axes = trend.plot(show=False)
        assert trend.what == what
        assert axes.get_ylabel() == what.replace(">", "⟩")  # as bar charts write states
        assert f"values of the {what} by {trend.name}" in repr(trend)
        mpl.pyplot.close(figure)
