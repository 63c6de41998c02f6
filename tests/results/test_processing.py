"""Results of counts: mapping, selecting, adding up, and what they tell of it."""

from __future__ import annotations

import functools
import pickle

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import QPUSamplingResult, SamplingResult
from tests.results.tables import COUNTS


def test_the_post_selection_of_a_result_may_be_given_as_an_object(result):
    rules = lw.PostSelection()
    rules.add(0, (0, 1))
    made = SamplingResult.from_columns(result.states, result.counts, post_selection=rules)
    assert made.post_selection == [[[0], [0, 1]]]


def test_no_rules_are_no_rules(result):
    assert result.post_select(None, {1: 1}) == result.post_select((), {1: 1}) == {(0, 0): 45}
    assert result.post_select(None, None) == result


def test_the_built_in_mappings_are_those_on_single_states(result, large):
    for data in (result, large):
        for name, function in (
            ("threshold", lambda n: min(n, 1)),
            ("parity", lambda n: n % 2),
        ):
            for invert in (False, True):
                expected: dict = {}
                for state, count in data.items():
                    mapped = tuple(abs(function(n) - invert) for n in state)
                    expected[mapped] = expected.get(mapped, 0) + count
                mapped = data.map(name, invert=invert)
                assert mapped == expected
                assert [tuple(s) for s in mapped] == list(expected)
                assert mapped.raw_data is data


def test_dual_rail_states_map_to_qubits():
    result = SamplingResult({(1, 0, 0, 1): 3, (0, 1, 0, 1): 4})
    assert result.map("dual_rail_to_qubit") == {(0, 1): 3, (1, 1): 4}
    assert result.map("dual_rail_to_qubit", invert=True) == {(1, 0): 3, (0, 0): 4}
    for bad in ((1, 1), (0, 0), (2, 255), (255, 2), (0, 2)):
        with pytest.raises(ValueError, match="one photon"):
            SamplingResult({bad: 1}).map("dual_rail_to_qubit")
    with pytest.raises(ValueError, match="even"):
        SamplingResult({(1, 0, 1): 1}).map("dual_rail_to_qubit")


def test_any_callable_maps_states(result):
    class Swap:
        def __call__(self, state, shift=1):
            return lw.State([*state[shift:], *state[:shift]])

    assert result.map(Swap(), 2) == {(0, 0, 1): 45, (1, 0, 0): 30, (0, 2, 0): 5, (0, 1, 0): 20}
    assert result.map(Swap().__call__, shift=0) == result
    assert result.map(lambda s: (s.n_photons,)) == {(1,): 95, (2,): 5}
    assert result.map(lambda s: (s.n_photons,)).history[0]["step"] == "map"
    with pytest.raises(ValueError, match="modes"):
        result.map(lambda s: s[: s[0]])
    with pytest.raises(TypeError):
        result.map(lambda s: "x")
    with pytest.raises(TypeError, match="callable"):
        result.map(5)
    with pytest.raises(ValueError, match="Unknown mapping"):
        result.map("thresholds")


def test_convert_mappings_run_on_whole_columns(large):
    from lwfast.circuit.convert import convert

    for function in (convert.threshold_mapping, convert.parity_mapping):
        assert large.map(function, invert=True) == large.map(lambda s, f=function: f(s, invert=True))
        assert large.map(function).history[0]["mapping"] in ("threshold", "parity")


def test_a_function_that_wraps_one_of_convert_is_called(result, monkeypatch):
    """It carries the names of the wrapped one and gives other states, also where it has replaced it."""

    @functools.wraps(lw.convert.threshold_mapping)
    def swapped(state, *args, **kwargs):
        return lw.State(list(lw.convert.parity_mapping(state))[::-1])

    expected = {(0, 1, 0): 45, (1, 0, 0): 30, (0, 0, 0): 5, (0, 0, 1): 20}
    assert result.map(swapped) == expected
    monkeypatch.setattr(lw.convert, "threshold_mapping", staticmethod(swapped))
    assert result.map(lw.convert.threshold_mapping) == expected


def test_post_selection_takes_rules_and_any_callable(result):
    rules = lw.PostSelection()
    rules.add((0, 1), (1, 2))
    expected = {(0, 1, 0): 45, (2, 0, 0): 5, (1, 0, 0): 20}

    class Keep:
        def __call__(self, state):
            return state[0] + state[1] > 0

    for selection in (
        rules,
        [((0, 1), (1, 2))],
        Keep(),
        Keep().__call__,
        lw.PostSelectionFunction(Keep()),
        lambda s: s[0] + s[1] > 0,
    ):
        kept = result.apply_post_selection(selection)
        assert kept == expected
        assert kept.raw_data is result
        assert kept.history[0]["states"] == [4, 3]
    assert result.post_select([((0,), (0,))], {1: 1}) == {(0, 0): 45}
    assert result.post_select(lambda s: s[0] == 0, {1: 1}) == {(0, 0): 45}
    with pytest.raises(lw.ModeRangeError):
        result.apply_post_selection([((3,), (1,))])
    with pytest.raises(TypeError):
        result.apply_post_selection(5)
    nothing = result.top(0)
    for select in (nothing.apply_post_selection, nothing.post_select):
        with pytest.raises(lw.ModeRangeError):
            select([((3,), (1,))])
    seen = []
    with pytest.raises(lw.ModeRangeError):
        result.post_select(seen.append, {3: 1})
    assert not seen, "nothing runs before the modes are checked"


def test_history_tells_what_was_done(result):
    done = result.apply_post_selection([((0,), (0, 1))]).map("parity").top(1)
    assert [step["step"] for step in done.history] == ["post_select", "map", "top"]
    assert done.history[0]["rules"] == [[[0], [0, 1]]]
    assert done.raw_data is result
    assert done.input == result.input


def test_results_are_added_up(result):
    both = result + result
    assert both == {k: 2 * v for k, v in COUNTS.items()}
    assert both.input == result.input
    other = SamplingResult({(0, 1, 0): 1, (9, 9, 9): 2}, (0, 0, 1))
    merged = lw.merge_results(r for r in (result, SamplingResult({}), other))
    assert merged == {**COUNTS, (0, 1, 0): 46, (9, 9, 9): 2}
    assert merged.input is None
    mapped = lw.merge_results([result.map("parity"), other.map("parity")])
    assert mapped.raw_data == result + other
    assert [step["step"] for step in mapped.history] == ["map", "merge"]
    assert mapped.history[-1]["results"] == 2
    with pytest.raises(ValueError, match="no results"):
        lw.merge_results([])
    with pytest.raises(TypeError):
        lw.merge_results([{}])
    with pytest.raises(TypeError):
        result + {}
    with pytest.raises(lw.ModeMismatchError):
        result + SamplingResult({(1, 0): 1})


def test_many_results_are_merged_in_parts(monkeypatch):
    from lwfast.results.processing import merging

    monkeypatch.setattr(merging, "_PENDING_ROWS", 100)
    rng = np.random.default_rng(4)
    parts = [SamplingResult.from_columns(rng.integers(0, 3, (60, 4)), np.ones(60, int)) for _ in range(20)]
    together = SamplingResult.from_columns(
        np.concatenate([p.states for p in parts]), np.concatenate([p.counts for p in parts])
    )
    merged = lw.merge_results(parts)
    assert merged == together
    assert merged.outputs == together.outputs


def test_summaries_are_those_of_single_samples(large):
    summary = large.summary()
    samples = np.repeat(large.states.astype(float), large.counts, axis=0)
    assert summary.n_samples == len(samples) == large.n_samples
    assert np.array_equal(summary.photon_histogram, np.bincount(samples.sum(axis=1).astype(int)))
    assert np.allclose(summary.mode_means, samples.mean(axis=0))
    assert np.allclose(summary.covariances, np.cov(samples.T, bias=True))
    assert np.allclose(summary.correlations, np.corrcoef(samples.T))
    assert np.allclose(summary.mode_errors, samples.std(axis=0) / np.sqrt(len(samples)))
    parts = large[:1000].summary() + large[1000:].summary()
    assert np.array_equal(parts.photon_histogram, summary.photon_histogram)
    assert np.allclose(parts.pair_sums, summary.pair_sums)
    assert "samples of 9 modes" in repr(summary)
    with pytest.raises(lw.ModeMismatchError):
        summary + SamplingResult({(1,): 1}).summary()
    with pytest.raises(lw.ResourceLimitError):
        SamplingResult({(0,): 2**63 - 1, (1,): 2**63 - 1}).summary()
    empty = SamplingResult({}).summary()
    assert (empty + summary) is summary
    for made in (
        summary,
        large[:1000].summary() + large[1000:].summary(),
        pickle.loads(pickle.dumps(summary)),
    ):
        assert made == summary
        for array in (made.photon_histogram, made.mode_sums, made.pair_sums):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 5
            with pytest.raises(ValueError, match="WRITEABLE"):
                array.flags.writeable = True
    assert summary != large[:1000].summary()
    assert summary != 5
    with pytest.raises(TypeError):
        hash(summary)
    # Warnings are errors here.
    nothing = large.post_select(lambda s: s[0] > 99).summary()
    assert nothing.n_samples == 0
    assert nothing.photon_histogram.tolist() == [0]
    for means in (nothing.mode_means, nothing.mode_errors, nothing.covariances, nothing.correlations):
        assert means.shape[0] == 9
        assert np.isnan(means).all()
    assert "0 samples of 9 modes" in repr(nothing)
    assert np.isnan(SamplingResult({(1, 0): 3}).summary().correlations).all()


def test_rules_that_can_be_read_once_are_recorded_too():
    """A generator is applied and described alike."""
    result = SamplingResult({(0, 1): 5, (1, 0): 3})
    for chosen in (
        result.apply_post_selection(rule for rule in [((0,), (1,))]),
        result.post_select(rule for rule in [((0,), (1,))]),
    ):
        assert chosen == {(1, 0): 3}
        assert chosen.history[0]["rules"] == [[[0], [1]]]


def test_a_callable_with_heralds_is_one_step():
    result = SamplingResult({(0, 1): 5, (1, 0): 3, (1, 1): 2})
    chosen = result.post_select(lambda state: state[0] == 1, {1: 1})
    assert chosen == {(1,): 2}
    assert len(chosen.history) == 1
    assert chosen.history[0]["heralds"] == [[[1], [1]]]
    nothing = result.post_select(lambda state: False, {1: 1})
    assert nothing.states.shape == (0, 1)


@pytest.mark.parametrize("told", [7, 0.5, True])
def test_a_number_is_no_post_selection(told):
    with pytest.raises(TypeError, match="Post-selection is"):
        SamplingResult.from_columns([[1, 0]], [5], post_selection=told)


def test_what_keeps_nothing_is_named(result):
    """In the text of a result and where it is drawn, after further steps too; never of one with data."""
    rules = [((0,), (0, 1, 2)), ((0, 1), (3,))]
    for empty, reason in (
        (result.post_select(rules), "none meets the rule that modes 0, 1 hold 3 photons"),
        (result.apply_post_selection(rules), "none meets the rule that modes 0, 1 hold 3 photons"),
        (result.post_select((), {2: 1, 1: 5}), "none meets the herald that mode 1 holds 5 photons"),
        (
            result.post_select([((0,), (7,))], {1: (8, 9)}),
            "none meets the herald that mode 1 holds 8 or 9 photons, and 1 more rule alike",
        ),
        (
            result.post_select([((0,), (1,)), ((1,), (1,))]),
            "each rule is met by some, all together by none",
        ),
        (result.apply_post_selection(_none), "the function _none accepts none"),
    ):
        assert empty.nothing_left == f"post-selection kept none of 4 states: {reason}"
        assert reason in repr(empty)
        assert reason in repr(pickle.loads(pickle.dumps(empty)).map("threshold").top(3))
        pytest.importorskip("matplotlib")
        with pytest.raises(ValueError, match=f"no data. By its history, post-selection kept .*{reason}"):
            empty.plot()
    assert result.post_select([((0,), (0,))]).nothing_left is None
    assert SamplingResult({}).post_select(rules).nothing_left is None
    of_a_job = QPUSamplingResult({"results": COUNTS, "job_data": {"herald": [[[0], [9]]]}})
    assert "the herald that mode 0 holds 9 photons" in repr(of_a_job)
    with pytest.raises(ValueError, match="mode 0 holds 9 photons"):
        of_a_job[0, 1]


def _none(state):
    return False
