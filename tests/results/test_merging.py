"""Sums of results: what they keep of their parts."""

from __future__ import annotations

import pickle
from functools import reduce
from itertools import permutations
from operator import add

import numpy as np
import pytest

import lwfast as lw
from lwfast.results import QPUSamplingResult, SamplingResult
from lwfast.results.campaign.sums import TableSum
from lwfast.results.columns.record import known_raw

RULES = [((0,), (0, 1))]
A = SamplingResult({(1, 0): 5, (0, 1): 3, (2, 0): 1})
B = SamplingResult({(1, 0): 2, (0, 1): 7})


def qpu(*totals, **metadata):
    body = lw.encode_result([[1, 0], [0, 1]], [5, 6], {"post_select": [[[0], list(totals)]], "herald": []})
    return QPUSamplingResult.from_body(body, metadata=metadata)


def without_states(history):
    return [{k: v for k, v in entry.items() if k != "states"} for entry in history]


def test_steps_that_all_parts_went_through_are_kept():
    """The numbers of states that a step met differ from part to part; the steps do not."""
    parts = [r.apply_post_selection(RULES).map("threshold") for r in (A, B)]
    merged = lw.merge_results(parts)
    assert list(merged.history) == [*without_states(parts[0].history), {"step": "merge", "results": 2}]
    assert merged.raw_data == A + B


def test_different_steps_are_told_apart():
    merged = lw.merge_results([A.map("parity"), B.map("threshold"), A.map("threshold")])
    (entry,) = merged.history
    assert (entry["step"], entry["results"]) == ("merge", 3)
    assert [(way["results"], way["history"][0]["mapping"]) for way in entry["of"]] == [
        (1, "parity"),
        (2, "threshold"),
    ]


def test_different_rules_of_jobs_do_not_vanish():
    merged = lw.merge_results([qpu(1), qpu(1), qpu(1, 2)])
    assert merged.post_selection is None
    assert [(way["results"], way["post_selection"]["post_select"]) for way in merged.history[0]["of"]] == [
        (2, [[[0], [1]]]),
        (1, [[[0], [1, 2]]]),
    ]
    same = lw.merge_results([qpu(1), qpu(1)])
    assert same.post_selection == qpu(1).post_selection
    assert same.history == ({"step": "merge", "results": 2},)
    assert type(same) is QPUSamplingResult


def test_adding_up_is_associative():
    """A thousand results added one after the other have one entry, not a thousand nested ones."""
    parts = [A.map("parity"), B.map("threshold"), qpu(1), A.map("parity")]
    one_by_one, at_once = reduce(add, parts), lw.merge_results(parts)
    assert one_by_one == at_once
    assert one_by_one.history == at_once.history
    assert (A + (B + A)).history == ({"step": "merge", "results": 3},)
    assert sum([A, B], SamplingResult({})).history == ({"step": "merge", "results": 3},)
    later = (A + B).map("parity")
    assert [entry["step"] for entry in (later + later).history] == ["merge", "map", "merge"]


def test_metadata_and_attributes_are_kept_where_all_agree():
    """What differs is dropped, entry by entry; an average would be an invention."""
    merged = lw.merge_results([qpu(1, qpu="Artemis", job_id=1), qpu(1, qpu="Artemis", job_id=2)])
    assert merged.metadata == {"qpu": "Artemis"}
    table = np.eye(2)
    parts = [SamplingResult({(1, 0): 1}, gain=0.5, label=name, table=table.copy()) for name in "ab"]
    merged = parts[0] + parts[1]
    assert merged.attributes["table"].tolist() == table.tolist()
    assert merged.attributes.keys() == {"gain", "table"}
    assert merged.gain == 0.5
    skipped = [SamplingResult.from_columns([[1]], [1], metadata={"failed": {name: "bad"}}) for name in "ab"]
    assert lw.merge_results(skipped).metadata == {"failed": {"a": "bad", "b": "bad"}}


def test_raw_data_that_do_not_fit_do_not_hinder_what_fits():
    long = SamplingResult({(1, 0, 0): 4, (0, 1, 0): 2}).post_select((), {2: 0})
    merged = lw.merge_results([long, A.apply_post_selection(RULES)])
    assert merged == {(1, 0): 9, (0, 1): 5}
    with pytest.raises(lw.ResultError, match="raw_data=True"):
        _ = merged.raw_data
    assert known_raw(merged.map("parity")) is None
    assert known_raw(pickle.loads(pickle.dumps(merged))) is None
    assert known_raw(merged + A) is None
    floats = SamplingResult.from_columns([[1, 0]], [1], raw=SamplingResult({(1, 0): 0.5}))
    assert known_raw(floats + A) is None


def test_raw_data_are_those_of_all_parts_wherever_the_first_processed_one_stands():
    assert lw.merge_results([A, B.map("threshold"), A]).raw_data == A + B + A
    plain = A + B
    assert plain.raw_data is plain


def test_a_sum_of_no_files_can_be_a_part(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    with pytest.warns(UserWarning, match="could not be processed"):
        none = lw.scan_results(tmp_path, on_error="skip").merge()
    merged = lw.merge_results([none])
    assert merged.history == ({"step": "merge", "results": 0},)
    assert merged.metadata["failed"].keys() == {str(tmp_path / "broken.json")}
    assert (none + A) == A


def test_a_sum_that_overflows_is_as_it_was():
    from lwfast.results.processing.merging import CountSum

    total = CountSum()
    half, one = np.array([2**62]), np.array([[1, 0]], np.uint8)
    total.add(one, half)
    total.add(one[:, ::-1].copy(), half)
    total.add(one, half - 1)
    for _ in range(2):
        with pytest.raises(lw.ResourceLimitError):
            total.add(one, half)
    total.add(one[:, ::-1].copy(), half - 1)
    assert total.columns()[1].tolist() == [2**63 - 1, 2**63 - 1]


def test_attributes_of_arrays_are_compared_as_a_whole():
    """Equal ones are kept, at any depth; others are not, and none is an error."""
    sums = [
        lw.merge_results(
            [SamplingResult({(1, 0): 1}, a=np.arange(3), b={"x": [np.ones(2)]}, c=c) for c in cs]
        )
        for cs in ((np.zeros(2), np.zeros(2)), (np.zeros(2), np.ones(2)), (np.zeros(2), 0), ([1], [1, 2]))
    ]
    for total in sums:
        assert total.attributes["a"].tolist() == [0, 1, 2]
        assert total.attributes["b"]["x"][0].tolist() == [1, 1]
    assert ["c" in total.attributes for total in sums] == [True, False, False, False]


def test_parameters_that_all_parts_agree_on_are_kept():
    """Not all or none: one that differs took the others along, and so did one that is spelt in two ways."""
    third = 0.1 + 0.2
    parts = [A.with_parameters(theta=theta, phi=phi) for theta, phi in ((third, 1), (0.3, 2), (third, 2.0))]
    for order in (parts, parts[::-1]):
        merged = lw.merge_results(order)
        assert merged.parameters == {"theta": 0.3}
        assert lw.merge_results([merged, parts[0]]).parameters == {"theta": 0.3}
    assert lw.merge_results([parts[0], parts[2]]).parameters == {"theta": third}
    assert lw.merge_results(parts[1:]).parameters == {"theta": 0.3, "phi": 2}
    switches = [A.with_parameters(on=True), A.with_parameters(on=1)]
    assert lw.merge_results(switches).parameters == {}
    assert "parameters" not in lw.merge_results([*switches, B]).metadata
    assert lw.merge_results([parts[0], B]).parameters == {}


@pytest.mark.parametrize(
    "values", [(0.5, 0.5 + 0.45e-12, 0.5 + 0.9e-12), (1, 1.0, 2**0), (0.0, -0.0, 0), (0.1, 0.2)]
)
def test_in_which_order_parts_are_added_does_not_matter(values):
    parts = [A.with_parameters(t=value) for value in values]
    found = {repr(lw.merge_results(order).parameters) for order in permutations(parts)}
    for order in permutations(parts):  # as campaigns do, chunk by chunk
        sums = [TableSum(), TableSum()]
        for k, part in enumerate(order):
            sums[k > 0].add(part)
        sums[0].join(sums[1])
        found.add(repr(sums[0].result(failed={}).parameters))
    assert len(found) == 1


@pytest.mark.parametrize("other", [[1, 2], "text", 3, None])
def test_what_others_call_parameters_is_left_as_it_is(other, tmp_path):
    """Metadata of a file of somebody else's may have anything there."""
    made = SamplingResult.from_columns(
        np.array([[1, 0]], np.uint8), np.array([3]), metadata={"parameters": other}
    )
    made.save(tmp_path / "run.npz")
    for one in (made, lw.load_result(tmp_path / "run.npz")):
        assert one.parameters == {}
        assert one.with_parameters(theta=1).parameters == {"theta": 1}
    assert lw.merge_results([made, made]).metadata.get("parameters") == other
    assert lw.scan_results(tmp_path).merge().n_samples == 3
