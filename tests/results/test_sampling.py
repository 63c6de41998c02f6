"""Results of counts: reading, ordering, drawing, copying, showing."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import QPUSamplingResult, SamplingResult
from lwfast.results.state_map import rows_of
from tests.results.tables import COUNTS


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
    rows = rows_of(large, large.states[::-1])
    assert np.array_equal(rows, np.arange(len(large))[::-1])
    assert (rows_of(large, np.full((3, 9), 7, np.uint8)) == -1).all()


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
        QPUSamplingResult._from_decoded(decoded),
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
    for counts in ({(0,): 10**9}, {(0,): 10**9 - 1, (1,): 1}):
        with pytest.raises(ValueError, match=r"fewer than 10\^9 samples; use replace=True"):
            SamplingResult(counts).sample(5, replace=False)
    many = SamplingResult({(0,): 10**9 - 2, (1,): 1})
    assert many.sample(5, replace=False, rng=1).n_samples == 5
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


def test_numbers_of_states_and_samples_are_integers(result):
    for wrong in (2.7, 2.0, True, np.bool_(True), "2", None):
        with pytest.raises(TypeError, match="integer"):
            result.top(wrong)
        with pytest.raises(TypeError, match="integer"):
            result.sample(wrong)


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
    assert table.count("<tr>") == 11
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


def test_as_an_array_a_result_is_its_counts(result):
    assert np.array_equal(np.asarray(result), result.counts)
    assert np.asarray(result, dtype=float).dtype == float
    assert np.shares_memory(result.__array__(copy=False), result.counts)
    assert not np.shares_memory(result.__array__(copy=True), result.counts)
    with pytest.raises(ValueError, match="as float64 they need a copy"):
        result.__array__(float, copy=False)


def test_more_samples_than_counts_can_hold_are_refused(result):
    with pytest.raises(ValueError, match=r"counts are at most 2\^63 - 1"):
        result.sample(2**63)
    assert result.sample(2**62).n_samples == 2**62


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


@pytest.mark.parametrize("n_rows", [1, 330, 1024, 1025, 5000])
def test_going_through_a_result_again_gives_the_same(n_rows):
    """Kept objects or new ones: states, counts and pairs are those of the columns, forwards and backwards."""
    states = np.array(list(itertools.islice(itertools.product(range(4), repeat=7), n_rows)), np.uint8)
    result = SamplingResult.from_columns(states, np.arange(1, n_rows + 1))
    expected = [
        (lw.State(row), count) for row, count in zip(states.tolist(), range(1, n_rows + 1), strict=True)
    ]
    for _ in range(2):
        assert list(result.items()) == expected
        assert list(result) == list(result.keys()) == result.outputs == [state for state, _ in expected]
        assert list(result.values()) == [count for _, count in expected]
        assert list(reversed(result.items())) == expected[::-1]
        assert list(reversed(result)) == [state for state, _ in expected[::-1]]
        assert list(reversed(result.values())) == [count for _, count in expected[::-1]]
        assert result.copy() == dict(result) == dict(expected)
        assert all(type(count) is int for count in result.values())
    assert result.outputs is not result.outputs


def test_kept_objects_are_bounded_and_stay_out_of_pickles():
    """Only a small result keeps the objects that were made; a pickle or a copy does not carry them."""
    states = np.array(list(itertools.product(range(4), repeat=7)), np.uint8)
    small = SamplingResult.from_columns(states[:100], np.arange(1, 101))
    large = SamplingResult.from_columns(states, np.arange(1, len(states) + 1))
    before = len(pickle.dumps(small))
    for result, kept in ((small, True), (large, False)):
        first, again = next(iter(result)), next(iter(result))
        assert (first is again) == kept
    assert len(pickle.dumps(small)) == before
    assert list(pickle.loads(pickle.dumps(small)).items()) == list(small.items())
    assert list(copy.deepcopy(small).items()) == list(small.items())
    selected = small.apply_post_selection([((0,), (0,)), ((6,), (1,))])
    assert list(selected.items()) == [(s, c) for s, c in small.items() if s[0] == 0 and s[6] == 1]


def test_a_mean_reads_as_a_pair():
    mean = SamplingResult({(1, 0): 64, (0, 1): 36}).expectation(lambda state: state[0])
    assert (mean[0], mean[1]) == tuple(mean) == (mean.value, mean.error)
    assert mean[-1] == mean.error
    with pytest.raises(IndexError):
        mean[2]


def test_ratios_are_not_shown_as_samples():
    ratios = SamplingResult({(1, 0): 64, (0, 1): 36, (1, 1): 10}) / 3
    for text in (repr(ratios), ratios._repr_html_()):
        assert "36.6667" in text
        assert "samples" not in text
        assert not re.search(r"\d\.\d{7}", text)
    assert "21.3333" in repr(ratios)
    assert "110 samples" in repr(SamplingResult({(1, 0): 64, (0, 1): 36, (1, 1): 10}))
