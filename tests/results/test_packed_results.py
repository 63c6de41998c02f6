"""Results on packed words: every operation beside the same result on bytes."""

from __future__ import annotations

import contextlib
import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.results import (
    QPUSamplingResult,
    SamplingResult,
    chi_square,
    load_result,
    merge_results,
    total_variation,
)
from lwfast.results.columns import index
from lwfast.results.state_map import rows_of
from lwfast.tables import packed_table
from lwfast.tables.packed_table import PackedTable


@contextlib.contextmanager
def words(wanted):
    """Let every table that may be one of words be one, or none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed_table, "MIN_ROWS", 0 if wanted else 1 << 62)
        patch.setattr(index, "_SMALL", 0 if wanted else 4096)
        yield


def both(work, *args):
    """Do some work on bytes and on words, and return what both give."""
    answers = []
    for wanted in (False, True):
        with words(wanted):
            answers.append(work(*args))
    return answers


def columns(result):
    """All that a result is, but for its form."""
    return (
        type(result).__name__,
        result.states.dtype,
        result.states.shape,
        result.states.tolist(),
        result.counts.dtype,
        result.counts.tolist(),
        result.has_x,
        result.history,
        result.nothing_left,
        dict(result) == {state: result[state] for state in result},
    )


@st.composite
def columns_of_a_result(draw):
    n_modes, most = draw(st.sampled_from([(1, 5), (4, 1), (8, 255), (12, 3), (20, 7), (20, 20), (40, 1)]))
    n_rows = draw(st.integers(0, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    states = rng.integers(0, most + 1, (n_rows, n_modes)).astype(np.uint8)
    states[n_rows // 2 :, 0] = 1
    return states, rng.integers(0, 1000, n_rows)


STEPS = {
    "as made": lambda r: r,
    "rules": lambda r: r.post_select([((0,), (0, 1))]),
    "herald": lambda r: r.post_select((), {0: 1}),
    "heralds of several": lambda r: r.post_select((), [[[0], [0, 1]]]),
    "callable": lambda r: r.apply_post_selection(lambda s: s[0] == 1),
    "callable and herald": lambda r: r.post_select(lambda s: s[0] == 1, {0: 1}),
    "nothing": lambda r: r.post_select([((0,), (99,))]),
    "threshold": lambda r: r.map("threshold"),
    "inverted": lambda r: r.map(lw.convert.threshold_mapping, invert=True),
    "parity": lambda r: r.map("parity").map("threshold"),
    "map": lambda r: r.map(lambda s: s[::-1] if hasattr(s, "s") else s),
    "top": lambda r: r.top(5),
    "sort": lambda r: r.sort(),
    "by state": lambda r: r.sort("state"),
    "by state downwards": lambda r: r.sort("state", descending=True),
    "slice": lambda r: r[1:7:2],
    "sample": lambda r: r.sample(20 * (r.n_samples > 0), rng=1),
    "sum": lambda r: r + r.map("threshold") + r,
    "marginal": lambda r: r.marginal(range(r.n_modes)[::-1][:3] or [0]),
    "one mode": lambda r: r.marginal(0),
    "binned": lambda r: r.map("threshold").binned([range(1, r.n_modes), [0]] if r.n_modes > 1 else [[0]]),
    "raw": lambda r: r.post_select([((0,), (1,))]).raw_data,
    "copy": lambda r: copy.deepcopy(r),
    "pickle": lambda r: pickle.loads(pickle.dumps(r.map("threshold"))),
    "made again": lambda r: SamplingResult(r),
}


@pytest.mark.parametrize("step", STEPS)
@given(table=columns_of_a_result())
def test_each_step_gives_the_same_on_words(step, table):
    def work():
        result = STEPS[step](SamplingResult.from_columns(*table))
        return columns(result)

    on_bytes, on_words = both(work)
    assert on_words == on_bytes


@given(table=columns_of_a_result())
def test_what_is_read_of_a_result_is_the_same_on_words(table):
    def work():
        result = SamplingResult.from_columns(*table)
        other = result.map("threshold")
        found = [repr(result), result.summary(), result.n_samples, result == result.sort("state")]
        found += [len(result), result.copy(), list(reversed(result)), list(result.items()), result == other]
        found += [
            result == SamplingResult.from_columns(table[0], table[1] + 1),
            rows_of(result, other.states).tolist(),
        ]
        if len(result):
            found += [result.differences(0, result.n_modes - 1)] if result.n_modes > 1 else []
            found.append(result._repr_html_())
            found += [lw.State([255] * result.n_modes) in result, (1, 2) in result, result.outputs]
        if result.n_samples:
            found += [total_variation(result, other), chi_square(result, result)]
        return found

    on_bytes, on_words = both(work)
    assert len(on_words) == len(on_bytes)
    for a, b in zip(on_words, on_bytes, strict=True):
        assert a == b or str(a) == str(b)


def test_a_large_result_is_words_until_its_states_are_asked_for(monkeypatch):
    monkeypatch.setattr(packed_table, "MIN_ROWS", 100)
    states = np.unique(np.random.default_rng(0).integers(0, 4, (500, 20)), axis=0).astype(np.uint8)
    counts = np.arange(len(states))
    result = SamplingResult.from_columns(states, counts)
    assert isinstance(result._states, PackedTable)
    assert result._bytes is None
    kept = result.post_select([((0,), (1, 2))])
    assert result._bytes is kept._bytes is None
    assert np.array_equal(kept.packed.words[:, 0], result.packed.words[np.isin(states[:, 0], (1, 2)), 0])
    assert np.array_equal(result.states, states)
    assert result.states is result.states
    assert not result.states.flags.writeable
    assert not result.packed.words.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        result.packed.columns[0, 0] = 1
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        result.packed.columns.setflags(write=True)
    assert SamplingResult.from_columns(states[:50], counts[:50]).packed is None


@pytest.mark.parametrize("n_modes", [2, 6, 20])
def test_states_with_x_are_never_words(n_modes):
    """255 stands for X there: no word says so."""

    def work():
        result = SamplingResult({(1, 0) * (n_modes // 2): 3, (2, 0) * (n_modes // 2): 4})
        qubits = result.map("dual_rail_to_qubit", allow_invalid=True)
        assert qubits.has_x
        assert qubits.packed is None
        kept = qubits.post_select([((0,), (0, 1))])
        assert not kept.has_x
        merged = merge_results([qubits, kept])
        return [columns(found) for found in (qubits, kept, qubits.marginal(0), merged, qubits.sort("state"))]

    on_bytes, on_words = both(work)
    assert on_words == on_bytes
    with words(True), pytest.raises(lw.ResultError, match="X"):
        SamplingResult({(2, 0): 4}).map("dual_rail_to_qubit", allow_invalid=True).binned([[0]])


def test_255_photons_and_x_cannot_be_added_up_in_words():
    with words(True):
        invalid = SamplingResult({(2, 0): 4}).map("dual_rail_to_qubit", allow_invalid=True)
        for results in ([invalid, SamplingResult({(255,): 3})], [SamplingResult({(255,): 3}), invalid]):
            with pytest.raises(lw.ResultError, match="255"):
                merge_results(results)


def test_results_whose_bits_differ_are_added_up_and_compared():
    def work():
        few = SamplingResult({(1, 0) * 10: 3, (0, 1) * 10: 4})
        many = SamplingResult({(1, 0) * 10: 5, (9, 1) * 10: 6})
        merged = merge_results([few, many])
        low = merged.apply_post_selection(lambda s: s[0] < 2)
        alike = SamplingResult({(0, 1) * 10: 4, (1, 0) * 10: 8})
        return columns(merged), columns(low), low == alike, alike == low, merged == low, (9, 1) * 10 in few

    on_bytes, on_words = both(work)
    assert on_words == on_bytes
    assert on_words[2:] == (True, True, False, False)


@pytest.mark.parametrize("ending", [".json", ".npz", ".csv", ".parquet"])
def test_files_hold_the_same_whichever_form_is_saved_and_loaded(tmp_path, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    states = np.random.default_rng(0).integers(0, 5, (300, 20))
    bodies = []

    def work():
        path = (
            SamplingResult.from_columns(states, np.arange(300)).map("parity").save(tmp_path / f"run{ending}")
        )
        bodies.append(path.read_bytes())
        loaded = load_result(path)
        return columns(loaded), loaded.states.tolist()

    on_bytes, on_words = both(work)
    assert on_words == on_bytes
    if ending in (".json", ".csv"):  # the others know when they were written
        assert bodies[0] == bodies[1]


def test_bodies_of_a_qpu_are_post_selected_alike():
    states = np.random.default_rng(0).integers(0, 3, (400, 20))
    job_data = {"post_select": [[[0, 1], [1, 2]]], "herald": [[[3], [0, 1]], [[4], [1]]], "more": "x"}
    body = lw.encode_result(states, np.arange(400), job_data)

    def work():
        result = QPUSamplingResult.from_body(body)
        return columns(result), columns(result.raw_data), result.post_selection, result.job_data

    on_bytes, on_words = both(work)
    assert on_words == on_bytes
    wrong = lw.encode_result(states, np.arange(400), {"post_select": [[[30], [1]]]})
    for wanted in (False, True):
        with words(wanted), pytest.raises(lw.ModeRangeError) as caught:
            QPUSamplingResult.from_body(wrong)
        assert len(caught.value.raw_data) == 400


@pytest.mark.parametrize(
    ("modes", "error"),
    [
        ((), ValueError),
        ((0, 0), ValueError),
        (3, lw.ModeRangeError),
        (-1, lw.ModeRangeError),
        (1.5, TypeError),
    ],
)
def test_modes_that_are_none_are_refused(modes, error):
    result = SamplingResult({(0, 1, 2): 3})
    with pytest.raises(error):
        result.marginal(modes)
    with pytest.raises(error):
        result.binned([modes] if modes != 3 else [[0], [3]])


def test_a_marginal_of_no_states_has_none():
    """An empty result does not know its number of modes."""
    empty = SamplingResult({})
    assert empty.marginal([7, 2]).states.shape == (0, 2)
    assert empty.binned([[7], [2, 3]]).states.shape == (0, 2)


def test_weights_that_are_floats_are_added_up():
    result = SamplingResult({(0, 1, 2): 0.5, (0, 1, 3): 0.25})
    assert dict(result.marginal([0, 1])) == {lw.State([0, 1]): 0.75}
    assert dict(result.binned([[0, 1], [2]])) == {lw.State([1, 2]): 0.5, lw.State([1, 3]): 0.25}
