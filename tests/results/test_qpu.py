"""Results as a QPU returns them."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import QPUSamplingResult, SamplingResult

DATA = {
    "results": {(0, 1, 1): 5, (0, 1, 0): 3, (1, 0, 1): 2, (0, 0, 1): 4},
    "job_data": {"post_select": [[[0], [0]]], "herald": [[[1], [1]]], "note": "x"},
}


def test_rules_and_heralds_are_applied_and_recorded():
    result = QPUSamplingResult(DATA)
    assert result == {(0, 1): 5, (0, 0): 3}
    assert result.raw_data == DATA["results"]
    assert result.post_selection == {"post_select": [[[0], [0]]], "herald": [[[1], [1]]]}
    assert result.job_data == {"note": "x"}
    assert isinstance(result, SamplingResult)


def test_the_data_of_the_caller_stay_as_they_are():
    """Two results of the same data are the same."""
    data = copy.deepcopy(DATA)
    first = QPUSamplingResult(data)
    assert data == DATA
    assert QPUSamplingResult(data) == first


def test_counts_of_states_that_become_equal_are_added_up():
    data = {"results": {"(0, 1, 1)": 5, "(0,1,1)": 3}, "job_data": {"herald": [[[1], [1]]]}}
    assert QPUSamplingResult(data) == {(0, 1): 8}
    data = {"results": {(0, 1): 5, (1, 1): 3, (2, 1): 1}, "job_data": {"herald": [[[0], [0, 1]]]}}
    assert QPUSamplingResult(data) == {(1,): 8}
    assert SamplingResult(data["results"]).post_select((), {0: (0, 1)}) == {(1,): 8}


def test_text_keys_and_bodies_are_read_alike():
    body = lw.encode_result(list(DATA["results"]), list(DATA["results"].values()), DATA["job_data"])
    for form in ("({})", "[{}]", "{}"):
        text = {form.format(", ".join(map(str, k))): v for k, v in DATA["results"].items()}
        result = QPUSamplingResult({**DATA, "results": text})
        assert result == QPUSamplingResult.from_body(body) == QPUSamplingResult(DATA)
    assert QPUSamplingResult.from_body(body, metadata={"job_id": 7}).metadata == {"job_id": 7}


@pytest.mark.parametrize(
    ("job_data", "error"),
    [
        ({"post_select": [[[3], [0]]]}, lw.ModeRangeError),
        ({"post_select": [[[0], [9]], [[3], [0]]]}, lw.ModeRangeError),
        ({"herald": [[[3], [0]]]}, lw.ModeRangeError),
        ({"post_select": [[[-1], [0]]]}, ValueError),
        ({"post_select": [[["0"], [0]]]}, TypeError),
        ({"post_select": 5}, TypeError),
        ([], TypeError),
    ],
)
def test_wrong_post_selection_is_an_exception_that_carries_the_raw_data(job_data, error):
    with pytest.raises(error) as caught:
        QPUSamplingResult({**DATA, "job_data": job_data})
    assert caught.value.raw_data == DATA["results"]
    assert any("raw_data" in note for note in caught.value.__notes__)


def test_no_results_give_an_empty_result_that_works():
    for result in (
        QPUSamplingResult({"results": None, "job_data": {"note": 1, "herald": [[[0], [1]]]}}),
        QPUSamplingResult.from_body(b'{"results": null, "job_data": {"note": 1, "herald": [[[0], [1]]]}}'),
    ):
        assert len(result) == 0
        assert result.job_data == {"note": 1}
        assert result.post_selection == {"post_select": [], "herald": [[[0], [1]]]}
        assert result.raw_data == {}
        assert result.outputs == []
        with pytest.raises(ValueError, match="no data"):
            result[(0, 1)]
        assert (0, 1) not in result
        assert result.get((0, 1), 0) == 0
        assert len(result[:2]) == 0
    assert QPUSamplingResult({"results": None}).job_data is None
    assert QPUSamplingResult({"results": {}}).post_selection is None


@pytest.mark.parametrize(
    "data",
    [
        5,
        {},
        {"results": 5},
        {"results": {"(0, 1": 5}},
        {"results": {(0, 1): "x"}},
        {"results": {"(0, 1)": 0.5}},
        {"results": {"(0, 1)": 5, (1, 0): 5}},
    ],
)
def test_wrong_data_are_refused(data):
    with pytest.raises(lw.ResultCreationError):
        QPUSamplingResult(data)


def test_what_is_done_later_keeps_raw_data_and_rules():
    result = QPUSamplingResult(DATA)
    later = result.apply_post_selection([((1,), (1,))]).map("parity")
    assert later == {(0, 1): 5}
    assert later.raw_data == DATA["results"]
    assert later.post_selection == result.post_selection
    assert isinstance(later, QPUSamplingResult)
    assert [s["step"] for s in later.history] == ["post_select", "map"]
    merged = result + result
    assert isinstance(merged, QPUSamplingResult)
    assert merged.raw_data == {k: 2 * v for k, v in DATA["results"].items()}
    assert merged.post_selection == result.post_selection


@pytest.mark.parametrize(
    "job_data", [None, {}, {"herald": [[[0], [1]]]}, {"post_select": [[[0], [1]]], "herald": []}]
)
def test_floats_are_kept_whatever_is_done_with_them(job_data):
    """Rules once cut 2.9 to 2."""
    floats = {(1, 0): 0.5, (1, 1): 2.9, (0, 1): 3.2}
    result = QPUSamplingResult({"results": floats, "job_data": job_data})
    heralded = bool(job_data) and not job_data.get("post_select")
    expected = {(0,): 0.5, (1,): 2.9} if heralded else {(1, 0): 0.5, (1, 1): 2.9} if job_data else floats
    assert result == expected
    assert result.raw_data == floats
    merging = {"results": floats, "job_data": {"herald": [[[0], [0, 1]]]}}
    assert QPUSamplingResult(merging) == {(0,): 0.5, (1,): pytest.approx(6.1)}


def test_text_keys_may_have_counts_of_numpy():
    assert QPUSamplingResult({"results": {"(1, 0)": np.int64(5)}}) == {(1, 0): 5}


@pytest.mark.parametrize("nothing", [None, [], {}, ()])
def test_no_rules_may_be_written_in_any_way(nothing):
    data = {"results": {(1, 0): 5}, "job_data": {"post_select": nothing, "herald": nothing}}
    assert QPUSamplingResult(data) == {(1, 0): 5}


@pytest.mark.parametrize("name", ["post_select", "herald"])
@pytest.mark.parametrize("wrong", [0, False, "", 0.0])
def test_what_is_false_is_no_empty_list_of_rules(name, wrong):
    """`herald: 0` is a mistake, and not the same as no herald."""
    with pytest.raises(TypeError) as caught:
        QPUSamplingResult({"results": {(1, 0): 5}, "job_data": {name: wrong}})
    assert caught.value.raw_data == {(1, 0): 5}


@pytest.mark.parametrize("levels", [200, 500])
def test_job_data_that_no_file_can_keep_do_not_cost_the_counts(tmp_path, levels):
    """A body may be nested deeper than what is saved of it."""
    path = tmp_path / "a.json"
    path.write_text('{"results": {"(1, 0)": 5}, "job_data": {"x": ' + "[" * levels + "]" * levels + "}}")
    with pytest.raises(ValueError, match="levels deep") as caught:
        QPUSamplingResult.from_body(path.read_bytes())
    assert caught.value.raw_data == {(1, 0): 5}
    with pytest.raises(lw.ResultFormatError, match=r"a\.json: .*levels deep") as caught:
        lw.load_result(path)
    assert caught.value.raw_data == {(1, 0): 5}
