"""Differences and correlations of photon numbers, against Python's integers."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lwfast as lw
from lwfast.errors import CampaignError
from lwfast.results import Differences, ProbabilityDistribution, SamplingResult, SimulationResult
from lwfast.results.processing import differences as module


def expected(result, modes, others):
    found: dict[int, float] = {}
    for state, weight in result.items():
        value = sum(state[m] for m in modes) - sum(state[m] for m in others)
        found[value] = found.get(value, 0) + weight
    return {value: found[value] for value in sorted(found) if found[value]}


def as_dict(differences):
    return dict(zip(differences.values.tolist(), differences.weights.tolist(), strict=True))


@pytest.mark.parametrize("chunk", [1 << 16, 7])
def test_they_have_a_sign_and_no_end_at_255(monkeypatch, chunk):
    monkeypatch.setattr(module, "_CHUNK", chunk)
    rng = np.random.default_rng(3)
    result = SamplingResult.from_columns(rng.integers(0, 256, (300, 4)), rng.integers(0, 100, 300))
    distribution = ProbabilityDistribution(
        {s: 2.0**-k for k, s in enumerate([(0, 1, 0, 0), (255, 0, 255, 1), (0, 1, 0, 3)])}
    )
    for data in (result, distribution):
        for modes, others in (((0,), (1,)), ((0, 2), (1, 3)), ((0, 1, 2), (3,)), ((2,), (1,))):
            found = data.differences(modes, others)
            assert as_dict(found) == expected(data, modes, others)
            values, weights = found.values.astype(float), found.weights / found.weights.sum()
            assert found.mean == pytest.approx(values @ weights, rel=1e-12)
            assert found.variance == pytest.approx((values - found.mean) ** 2 @ weights, rel=1e-9)
    assert as_dict(SamplingResult({(0, 1): 5}).differences(0, 1)) == {-1: 5}
    assert result.differences(0, 1).values.dtype == np.int64


def test_mean_and_error_are_those_of_the_summary():
    result = SamplingResult({(0, 1, 2): 50, (1, 0, 0): 30, (3, 1, 1): 20})
    found, summary = result.differences(0, (1, 2)), result.summary()
    signs = np.array([1, -1, -1])
    assert found.mean == pytest.approx(signs @ summary.mode_means)
    assert found.variance == pytest.approx(signs @ summary.covariances @ signs)
    assert found.error == pytest.approx(np.sqrt(found.variance / 100))
    assert found.total == 100
    assert ProbabilityDistribution({(0, 1): 0.5}).differences(0, 1).error == 0.0


def test_parts_add_up():
    one, two = SamplingResult({(0, 1): 5, (2, 0): 1}), SamplingResult({(0, 1): 2, (1, 0): 4})
    total = one.differences(0, 1) + two.differences(0, 1)
    assert total == (one + two).differences(0, 1)
    assert pickle.loads(pickle.dumps(total)) == total
    assert total != one.differences(0, 1)
    assert repr(total) == "Differences(3 values, mean -0.08333)"
    with pytest.raises(ValueError, match="read-only"):
        total.values[0] = 1


def test_a_campaign_has_those_of_its_sum(tmp_path):
    for k in range(5):
        SamplingResult({(0, 1): 5 + k, (k, 0): 1}).save(tmp_path / f"{k}.json")
    campaign = lw.scan_results(tmp_path).map("threshold")
    expected = campaign.merge().differences(0, 1)
    assert campaign.differences(0, 1) == expected
    with ThreadPoolExecutor(2) as pool:
        assert campaign.differences([0], [1], executor=pool) == expected
    told = r"no mode 2; the states have 2 modes, 0 to 1; .*0\.json, the first file with states"
    for asked in (campaign, lw.scan_results(tmp_path, on_error="skip")):
        with pytest.raises(lw.ModeRangeError, match=told):
            asked.differences(0, 2)  # at once, as post_select, and never as a mean of nothing
        assert asked.report.n_tried == 1
    SamplingResult({(0,): 5}).save(tmp_path / "5.json")
    with pytest.raises(
        CampaignError, match=r"1 of 6 files .*\n.*5\.json: ModeRangeError: There is no mode 1; "
    ):
        campaign_of(tmp_path).differences(0, 1)
    with pytest.raises(lw.ModeRangeError):
        campaign.differences(-1, 0)


def campaign_of(folder):
    return lw.scan_results(folder).map("threshold")


@pytest.mark.parametrize("ending", ["json", "npz", "parquet"])
def test_a_campaign_looks_at_the_modes_of_a_file_of_which_nothing_is_left(tmp_path, ending):
    for k in range(3):
        SamplingResult({(0, 1): 5 + k}).save(tmp_path / f"{k}.{ending}")
    campaign = lw.scan_results(tmp_path).post_select([((0,), (9,))])
    with pytest.raises(lw.ModeRangeError, match=rf"no mode 2; .*0\.{ending}, the first file with states"):
        campaign.differences(0, 2)


@pytest.mark.parametrize("modes", [(0, 0), ((0, 1), (1, 2)), ([0], 0)])
def test_a_mode_on_both_sides_is_refused(tmp_path, modes):
    """Its photons would cancel, in silence."""
    result = SamplingResult({(0, 1, 3): 2})
    path = result.save(tmp_path / "a.npz")
    for data in (result, ProbabilityDistribution({(0, 1, 3): 1.0}), lw.scan_results(path)):
        with pytest.raises(ValueError, match="is on both sides of the difference"):
            data.differences(*modes)


def test_what_cannot_be_subtracted_is_refused():
    result = SamplingResult({(0, 1): 2})
    for modes, error in ((2, lw.ModeRangeError), (-1, lw.ModeRangeError), (0.5, TypeError), ("0", TypeError)):
        with pytest.raises(error):
            result.differences(0, modes)
    for modes in ((), (0, 0)):
        with pytest.raises(ValueError, match="each of them once"):
            result.differences(modes, 1)
    amplitudes = SimulationResult([[1j]], "probability_amplitude", [(1, 0)], [(0, 1)])
    with pytest.raises(TypeError, match="probabilities"):
        amplitudes[1, 0].differences(0, 1)
    large = SamplingResult({(0, 1): 2**62, (0, 2): 2**62})
    with pytest.raises(lw.ResourceLimitError):
        large.differences(0, 1)
    assert large.top(1).differences(0, 1) == Differences(np.array([-1]), np.array([2**62]))
    nothing = SamplingResult({}).differences(0, 1)
    assert np.isnan([nothing.mean, nothing.variance, nothing.error]).all()


def test_correlations_of_probabilities_are_those_of_as_many_counts():
    counts = SamplingResult({(0, 1, 2): 4, (1, 0, 0): 3, (3, 1, 1): 1})
    summary = counts.summary()
    distribution = ProbabilityDistribution({state: count / 16 for state, count in counts.items()})
    assert distribution.mode_means == pytest.approx(summary.mode_means)
    assert distribution.covariances == pytest.approx(summary.covariances)
    assert distribution.correlations == pytest.approx(summary.correlations)
    assert np.isnan(ProbabilityDistribution({}).mode_means).all()
    assert np.isnan(ProbabilityDistribution({(0, 1): 1.0}).correlations).all()


def test_a_frame_has_numbers_with_a_sign_where_they_are_wanted():
    pytest.importorskip("pandas")
    result = SamplingResult({(0, 1): 5})
    frame = result.to_pandas(dtype=int)
    assert (frame.mode_0 - frame.mode_1).tolist() == [-1]
    assert result.to_pandas().mode_0.dtype == np.uint8
    assert result.to_pandas().counts.dtype == np.int64
