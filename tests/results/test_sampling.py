"""Results of counts: reading, ordering, drawing, mapping, selecting."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import QPUSamplingResult, SamplingResult

COUNTS = {(0, 1, 0): 45, (0, 0, 1): 30, (2, 0, 0): 5, (1, 0, 0): 20}


@pytest.fixture
def result():
    return SamplingResult(COUNTS, lw.State([1, 0, 0]))


@pytest.fixture
def large():
    """More rows than the small index takes."""
    rng = np.random.default_rng(0)
    states = np.unique(rng.integers(0, 4, (20_000, 9)), axis=0)
    states = states[rng.permutation(len(states))]
    return SamplingResult.from_columns(states, rng.integers(1, 1000, len(states)))


def test_it_reads_as_a_dict_from_state_to_int(result):
    as_dict = {lw.State(k): v for k, v in COUNTS.items()}
    assert dict(result) == as_dict
    assert result == as_dict
    assert list(result) == list(result.keys()) == result.outputs == list(as_dict)
    assert list(result.values()) == list(COUNTS.values())
    assert list(result.items()) == list(as_dict.items())
    assert len(result) == 4
    assert result[lw.State([0, 1, 0])] == 45
    assert type(result[lw.State([0, 1, 0])]) is int
    assert result.get((9, 9, 9)) is None
    assert result.get((9, 9, 9), 0) == 0
    assert result.get((0, 1, 0)) == 45
    assert 45 in result.values()
    assert (lw.State([0, 1, 0]), 45) in result.items()
    assert lw.State([0, 1, 0]) in result.keys()  # noqa: SIM118
    assert result.n_modes == 3
    assert result.n_samples == 100
    assert result.input == lw.State([1, 0, 0])


class Foreign:
    """Stands for Lightworks' own State."""

    s = (0, 1, 0)


@pytest.mark.parametrize("key", [(0, 1, 0), [0, 1, 0], np.array([0, 1, 0]), Foreign(), lw.State([0, 1, 0])])
def test_anything_that_stands_for_a_state_is_a_key(result, key):
    assert result[key] == 45
    assert key in result


def test_wrong_keys_raise_what_lightworks_raises(result):
    for key in (5, None, 1.5, object()):
        with pytest.raises(TypeError):
            result[key]
        assert key not in result
    for key in ((0, 0, 0), (0, 1), (0, 256, 0), ()):
        with pytest.raises(KeyError):
            result[key]
        assert key not in result


def test_rows_of_a_large_table_are_found_without_states(large):
    for row in (0, 1, 777, len(large) - 1):
        assert large[tuple(large.states[row].tolist())] == large.counts[row]
    assert (9,) * 9 not in large
    rows = large.rows_of(large.states[::-1])
    assert np.array_equal(rows, np.arange(len(large))[::-1])
    assert (large.rows_of(np.full((3, 9), 7, np.uint8)) == -1).all()


def test_nothing_can_be_changed(result):
    with pytest.raises(lw.ResultError):
        result[(0, 1, 0)] = 3
    with pytest.raises(lw.ResultError):
        del result[(0, 1, 0)]
    with pytest.raises(ValueError, match="read-only"):
        result.states[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        result.counts[0] = 1
    with pytest.raises(AttributeError):
        result.counts = []
    with pytest.raises(AttributeError):
        result.something = 1
    for method in ("update", "pop", "popitem", "clear", "setdefault"):
        assert not hasattr(result, method)
    with pytest.raises(lw.ResultError):
        result |= {}
    with pytest.raises(TypeError):
        hash(result)


def test_flags_do_not_make_arrays_writable():
    decoded = lw.decode_result(b'{"results": {"(1, 0)": 4, "(0, 1)": 5}}')
    results = [
        SamplingResult(COUNTS),
        SamplingResult.from_columns(np.eye(3, dtype=np.uint8), [1, 2, 3]),
        QPUSamplingResult.from_decoded(decoded),
        pickle.loads(pickle.dumps(SamplingResult(COUNTS))),
        SamplingResult(COUNTS).map("parity").top(2),
    ]
    for result in results:
        for array in (result.states, result.counts):
            with pytest.raises(ValueError, match="WRITEABLE"):
                array.flags.writeable = True
    # What a result takes over is not written to by whoever has it, either.
    with pytest.raises(ValueError, match="read-only"):
        decoded.states[0, 0] = 9


def test_it_does_what_a_dict_does_for_reading(result, large):
    as_dict = dict(result)
    assert type(result.copy()) is dict
    assert result.copy() == as_dict
    for data in (result, large):
        for view, plain in (
            (data, list(data)),
            (data.keys(), list(data.keys())),
            (data.values(), list(data.values())),
            (data.items(), list(data.items())),
        ):
            assert list(reversed(view)) == plain[::-1]
            assert len(repr(view)) < 600
    assert repr(result.items()) == (
        "lwfast.StateItems([(|0,1,0>, 45), (|0,0,1>, 30), (|2,0,0>, 5), (|1,0,0>, 20)])"
    )
    assert result | {(0, 1, 0): 1, "other": 2} == as_dict | {lw.State([0, 1, 0]): 1, "other": 2}
    assert {(0, 1, 0): 1} | result == as_dict
    assert type(result | result) is dict
    assert sum([result, result]) == result + result
    with pytest.raises(TypeError):
        1 + result
    with pytest.raises(TypeError):
        result | 5
    assert result.keys() & large.keys() == set()
    for item in (5, "x", ("x", 5), ((0, 1, 0), 44), ((9, 9, 9), 1), ((0, 1, 0), 45, 0)):
        assert item not in result.items()
    assert ((0, 1, 0), 45) in result.items()
    with pytest.raises(KeyError):
        result[-1, 0, 0]


def test_the_arrays_of_the_caller_are_neither_kept_nor_frozen():
    states, counts = np.array([[0, 1], [1, 0]], np.uint8), np.array([1, 2])
    result = SamplingResult.from_columns(states, counts, job_data=(data := {"a": [1]}))
    states[0] = 9
    counts[0] = 9
    data["a"].append(2)
    assert result == {(0, 1): 1, (1, 0): 2}
    result.job_data["a"].append(3)
    assert result.job_data == {"a": [1]}


def test_equality_is_that_of_mappings(result, large):
    backwards = SamplingResult(dict(reversed(COUNTS.items())))
    assert result == backwards
    assert result != {**COUNTS, (0, 1, 0): 46}
    assert result != {k: v for k, v in COUNTS.items() if k != (0, 1, 0)}
    assert result != {(9, 9, 9) if k == (0, 1, 0) else k: v for k, v in COUNTS.items()}
    assert result != 5
    order = np.random.default_rng(1).permutation(len(large))
    assert large == SamplingResult.from_columns(large.states[order], large.counts[order])
    assert large != SamplingResult.from_columns(large.states[order], large.counts)
    two = SamplingResult({(1, 0): 5, (0, 1): 5})
    assert two != {(1, 0): 5, lw.State([1, 0]): 5}
    assert two != {(1, 0): 5, "x": 5}
    assert two != {(1, 0): 5, (-1, 0): 5}
    assert SamplingResult({}) == {}
    assert SamplingResult({}) != result
    assert SamplingResult({(1, 0): 1}) != SamplingResult({(1, 0, 0): 1})


def test_it_can_be_pickled_and_copied(result, large):
    for original in (result, large, result.map("parity")):
        again = pickle.loads(pickle.dumps(original))
        assert again == original
        assert again.input == original.input
        assert again.history == original.history
        assert again.raw_data == original.raw_data
        with pytest.raises(ValueError, match="read-only"):
            again.counts[0] = 1
        assert copy.copy(original) is original
        assert copy.deepcopy(original) is original


def test_further_attributes_are_kept():
    result = SamplingResult({(1, 0): 1}, lw.State([1, 0]), performance=0.5)
    assert result.performance == 0.5
    assert pickle.loads(pickle.dumps(result)).performance == 0.5
    with pytest.raises(AttributeError, match="nothing"):
        result.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("results", "input"),
    [
        ([(0, 1)], None),
        ({5: 1}, None),
        ({(0, 1): 1.5j}, None),
        ({(0, 1): -1}, None),
        ({(0, 1): 2**63}, None),
        ({(0, 1): 1, (0, 1, 2): 1}, None),
        ({(0, 300): 1}, None),
        ({(0, 1): 1}, 5),
        ({(0, 1): 1}, "01"),
    ],
)
def test_wrong_data_are_refused(results, input):
    with pytest.raises(lw.ResultCreationError):
        SamplingResult(results, input)


def test_equal_keys_of_several_kinds_are_added_up():
    assert SamplingResult({(0, 1): 1, lw.State([0, 1]): 2}) == {(0, 1): 3}


def test_top_and_sort_order_rows(result, large):
    assert list(result.top(2)) == [lw.State([0, 1, 0]), lw.State([0, 0, 1])]
    assert len(result.top(0)) == 0
    assert result.top(99) == result
    assert list(result.sort().values()) == [45, 30, 20, 5]
    assert list(result.sort(descending=False).values()) == [5, 20, 30, 45]
    assert result.sort("state").outputs == sorted(result.outputs)
    assert result.sort("state", descending=True).outputs == sorted(result.outputs)[::-1]
    top = large.top(50)
    assert np.array_equal(top.counts, np.sort(large.counts)[::-1][:50])
    assert np.array_equal(top.states, large.sort().states[:50])
    assert large.sort("state").outputs[:100] == sorted(large.outputs)[:100]
    with pytest.raises(ValueError, match="'count' or 'state'"):
        result.sort("size")
    with pytest.raises(ValueError, match="negative"):
        result.top(-1)


def test_equal_counts_keep_their_order():
    result = SamplingResult({(k,): 1 + (k == 3) for k in range(6)})
    assert [s[0] for s in result.top(4)] == [3, 0, 1, 2]


def test_slices_are_results(result):
    assert list(result[1:3].values()) == [30, 5]
    assert result[::-1].outputs == result.outputs[::-1]
    assert len(result[9:]) == 0


def test_drawing_is_reproducible_and_keeps_within_the_data(result):
    drawn = result.sample(1000, rng=1)
    assert drawn.n_samples == 1000
    assert drawn == result.sample(1000, rng=np.random.default_rng(1))
    assert drawn != result.sample(1000, rng=2)
    assert set(drawn) <= set(result)
    subset = result.sample(60, rng=1, replace=False)
    assert subset.n_samples == 60
    assert all(subset[s] <= result[s] for s in subset)
    assert result.sample(100, rng=3, replace=False) == result
    assert len(result.sample(0)) == 0
    with pytest.raises(ValueError, match="replace=True"):
        result.sample(101, replace=False)
    with pytest.raises(ValueError, match="no counts"):
        SamplingResult({}).sample(1)
    with pytest.raises(ValueError, match="negative"):
        result.sample(-1)


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_numbers_of_numpy_are_kept_as_numbers(result, tmp_path, suffix):
    """Each of these once made a result that could not be saved."""
    made = SamplingResult.from_columns(
        result.states,
        result.counts,
        job_data={"shots": np.int64(5), "angles": np.array([0.5, 1.0])},
        metadata={
            "id": np.uint8(3),
            "path": Path("a") / "b",
            "on": np.bool_(True),
            "day": dt.date(2026, 1, 2),
        },
    )
    assert made.metadata == {"id": 3, "path": str(Path("a") / "b"), "on": True, "day": "2026-01-02"}
    assert made.job_data == {"shots": 5, "angles": [0.5, 1.0]}
    done = made.top(np.int64(3)).sample(np.uint8(20), rng=1, replace=np.bool_(True))
    assert done == made.top(3).sample(20, rng=1)
    loaded = lw.load_result(done.save(tmp_path / f"r.{suffix}", metadata=True))
    assert loaded == done
    assert loaded.history == done.history
    assert loaded.job_data == made.job_data


def test_what_no_file_can_keep_is_refused_when_it_comes_in(result):
    for wrong in ({1: 2}, {"a": [object()]}, {"a": {1, 2}}, {"a": 1j}, {"a": b"x"}):
        for name in ("metadata", "job_data"):
            with pytest.raises(TypeError, match=name):
                SamplingResult.from_columns(result.states, result.counts, **{name: wrong})
        with pytest.raises(TypeError, match="job_data"):
            QPUSamplingResult({"results": COUNTS, "job_data": wrong})
    with pytest.raises(ValueError, match=r"metadata\['a'\]\[1\] is nan"):
        SamplingResult.from_columns(result.states, result.counts, metadata={"a": [0, np.nan]})


def test_the_post_selection_of_a_result_may_be_given_as_an_object(result):
    rules = lw.PostSelection()
    rules.add(0, (0, 1))
    made = SamplingResult.from_columns(result.states, result.counts, post_selection=rules)
    assert made.post_selection == [[[0], [0, 1]]]


def test_numbers_of_states_and_samples_are_integers(result):
    for wrong in (2.7, 2.0, True, np.bool_(True), "2", None):
        with pytest.raises(TypeError, match="integer"):
            result.top(wrong)
        with pytest.raises(TypeError, match="integer"):
            result.sample(wrong)


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
    with pytest.raises(ValueError, match="allow_invalid"):
        result.map("dual_rail_to_qubit", allow_invalid=True)


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
    with pytest.raises(ValueError, match="unknown mapping"):
        result.map("thresholds")


def test_convert_mappings_run_on_whole_columns(large):
    from lwfast.circuit.convert import convert

    for function in (convert.threshold_mapping, convert.parity_mapping):
        assert large.map(function, invert=True) == large.map(lambda s, f=function: f(s, invert=True))
        assert large.map(function).history[0]["mapping"] in ("threshold", "parity")


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
    assert [s["step"] for s in mapped.history] == ["map", "merge"] or mapped.history[-1]["results"] == 2
    with pytest.raises(ValueError, match="no results"):
        lw.merge_results([])
    with pytest.raises(TypeError):
        lw.merge_results([{}])
    with pytest.raises(TypeError):
        result + {}
    with pytest.raises(lw.ModeMismatchError):
        result + SamplingResult({(1, 0): 1})


def test_many_results_are_merged_in_parts(monkeypatch):
    from lwfast.results import merging

    monkeypatch.setattr(merging, "_PENDING_ROWS", 100)
    rng = np.random.default_rng(4)
    parts = [SamplingResult.from_columns(rng.integers(0, 3, (60, 4)), np.ones(60, int)) for _ in range(20)]
    together = SamplingResult.from_columns(
        np.concatenate([p.states for p in parts]), np.concatenate([p.counts for p in parts])
    )
    merged = lw.merge_results(parts)
    assert merged == together
    assert merged.outputs == together.outputs


def test_counts_that_together_exceed_int64_are_still_told():
    result = SamplingResult({(0,): 2**63 - 1, (1,): 2**63 - 1})
    assert result.n_samples == 2**64 - 2
    assert "samples" in repr(result)


def test_text_is_short_whatever_the_size(result, large):
    assert repr(result).startswith("lwfast.SamplingResult(4 states of 3 modes, 100 samples, {|0,1,0>: 45,")
    assert len(repr(large)) < 500
    assert f"{len(large) - 8} more" in repr(large)
    table = large._repr_html_()
    assert len(table) < 5000
    assert table.count("<tr>") == 10
    assert "|0,1,0&gt;" in result._repr_html_()
    assert "0 states" in SamplingResult({})._repr_html_()
    assert "(1 state of 1 mode, 1 sample, {|1>: 1})" in repr(SamplingResult({(1,): 1}))
    wide = SamplingResult.from_columns(np.eye(250, dtype=np.uint8), np.ones(250, int))
    for text in (repr(wide), repr(wide.keys()), repr(wide.items())):
        assert len(text) < 1000
    assert len(wide._repr_html_()) < 5000
    assert repr(QPUSamplingResult({"results": {}})).startswith("lwfast.QPUSamplingResult(0 states")


def test_outputs_can_be_printed_and_shown_as_a_frame(result, capsys):
    result.print_outputs()
    assert capsys.readouterr().out == "|1,0,0> -> |0,1,0> : 45, |0,0,1> : 30, |2,0,0> : 5, |1,0,0> : 20\n"
    frame = result.display_as_dataframe()
    assert frame.loc["|1,0,0>", "|0,0,1>"] == 30
    assert np.array_equal(np.asarray(result), result.counts)


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


def test_more_samples_than_counts_can_hold_are_refused(result):
    with pytest.raises(ValueError, match=r"counts are at most 2\^63 - 1"):
        result.sample(2**63)
    assert result.sample(2**62).n_samples == 2**62


@pytest.mark.parametrize("told", [7, 0.5, True])
def test_a_number_is_no_post_selection(told):
    with pytest.raises(TypeError, match="post-selection is"):
        SamplingResult.from_columns([[1, 0]], [5], post_selection=told)


class Labelled(SamplingResult):
    """A class of a user, without slots."""


def test_copies_share_only_what_cannot_be_changed(result):
    """What a user gave beside the counts may be changed, and a deep copy does not see it."""
    for kept in (result, SamplingResult(COUNTS, gain=0.5, label="x")):
        assert copy.deepcopy(kept) is kept
    given = SamplingResult({(1, 0): 5}, notes=["a"], about={"gain": 0.5})
    mapped = given.map("threshold")
    for one in (given, mapped, mapped.raw_data):
        other = copy.deepcopy(one)
        other.notes.append("b")
        other.about["gain"] = 2
        assert (one.notes, one.about) == (["a"], {"gain": 0.5})
        assert other == one
        assert other.counts.base is not None
        assert not other.counts.flags.writeable
    other = copy.deepcopy(mapped)
    other.raw_data.notes.append("c")
    assert mapped.raw_data.notes == ["a"]


def test_attributes_of_a_class_of_a_user_are_copied_and_pickled():
    own = Labelled({(1, 0): 5})
    own.label = ["x"]
    for other in (copy.deepcopy(own), pickle.loads(pickle.dumps(own))):
        assert other == own
        assert type(other) is Labelled
        assert other.label == ["x"]
        assert other.label is not own.label
