"""Post-selection of tables."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.results import SamplingResult
from tests.kernels.twins import plain
from tests.reference import post_selection as slow
from tests.strategies import tables


def check(states, counts, rules, heralds):
    rows, sums = lw.post_select(states, counts, rules, heralds)
    expected = slow.post_select(states, counts, rules, heralds)
    assert [tuple(r) for r in rows.tolist()] == expected[0]
    assert sums.tolist() == expected[1]
    assert rows.shape[1] == states.shape[1] - len(heralds)


@given(table=tables(), data=st.data())
def test_tables_keep_what_the_slow_twin_keeps(table, data):
    states, counts = table
    modes = range(states.shape[1])
    some = st.lists(st.sampled_from(modes), unique=True, min_size=1) if modes else st.nothing()
    totals = st.lists(st.integers(0, 600), min_size=1).map(tuple)
    rules = data.draw(st.lists(st.tuples(some.map(tuple), totals), max_size=3 if modes else 0))
    heralds = data.draw(st.dictionaries(st.sampled_from(modes), st.integers(0, 300))) if modes else {}
    check(states, counts, rules, heralds)


def test_a_large_table_keeps_what_the_slow_twin_keeps():
    rng = np.random.default_rng(0)
    for n_modes in (6, 8, 13, 20):
        states = rng.integers(0, 3, (9000, n_modes)).astype(np.uint8)
        counts = rng.integers(0, 100, 9000)
        check(states, counts, [((0, 1), (1, 2)), ((5,), (0,))], {2: 1, 4: 0})
        check(states, counts, [((0, 1, 2, 3), (4,))], {})
        check(states, counts, [], {})


def test_rules_of_every_form_mean_the_same():
    states, counts = [[0, 1, 1], [1, 0, 1], [2, 0, 0], [0, 0, 1]], [1, 2, 3, 4]
    rule = lw.PostSelection()
    rule.add((0, 1), (1, 2))
    for rules in (rule, [((0, 1), (1, 2))], [[[0, 1], [1, 2]]], rule.rules, np.array([[[0, 1], [1, 2]]])):
        assert lw.post_select(states, counts, rules)[1].tolist() == [1, 2, 3]
    assert lw.post_select(states, counts, [(0, 0)])[1].tolist() == [1, 4]
    for heralds in ({2: 1}, [(2, 1)], [[[2], [1]]], np.array([[2, 1]])):
        assert lw.post_select(states, counts, None, heralds)[0].tolist() == [[0, 1], [1, 0], [0, 0]]


def test_rows_that_become_equal_are_added_up():
    states = [[0, 1, 1], [0, 1, 1], [0, 0, 1]]
    rows, sums = lw.post_select(states, [5, 3, 1], (), {2: 1})
    assert rows.tolist() == [[0, 1], [0, 0]]
    assert sums.tolist() == [8, 1]


def test_a_herald_may_allow_several_photon_numbers():
    """Then states become equal without it: 5 + 3 is 8."""
    rows, sums = lw.post_select([[0, 1], [1, 1], [2, 1]], [5, 3, 1], (), [[[0], [0, 1]]])
    assert (rows.tolist(), sums.tolist()) == ([[1]], [8])


def test_a_callable_sees_each_distinct_row_once_with_heralds():
    seen = []

    def keep(row):
        seen.append(row)
        return row[0] == 0

    rows, sums = lw.post_select([[0, 1], [0, 1], [1, 1], [0, 0]], [1, 2, 3, 4], keep, {1: 1})
    assert (rows.tolist(), sums.tolist()) == ([[0]], [3])
    assert seen == [lw.State([0, 1]), lw.State([1, 1])]


def test_a_callable_may_ask_what_a_state_knows():
    states = [[0, 2], [1, 1], [1, 0]]
    for keep in (
        lambda s: s.n_photons == 2 and s.n_modes == 2 and s.s[0] == 1,
        lw.PostSelectionFunction(lambda s: s == lw.State([1, 1])),
        lambda s: s == lw.State([1, 1]),
        {lw.State([1, 1]): True}.get,
        lambda s: str(s) == "|1,1>",
        lambda s: s[0:1].n_photons == 1 and s[1] == 1,
        lambda s: s + s == lw.State([1, 1, 1, 1]),
    ):
        assert lw.post_select(states, [1, 2, 3], keep)[0].tolist() == [[1, 1]]


def test_rules_and_a_test_of_its_own_are_both_asked():
    """A class may have rules and ask for more; Lightworks would call its `validate`."""

    class Stricter(lw.PostSelection):
        def validate(self, state):
            return super().validate(state) and state[1] == 0

    class Wrapped(lw.PostSelection):
        @functools.wraps(lw.PostSelection.validate)
        def validate(self, state):
            return super().validate(state) and state[1] == 0

    class OnlyRules:
        rules = (((0,), (1,)),)

    strict, wrapped = Stricter(), Wrapped()
    strict.add(0, 1)
    wrapped.add(0, 1)
    states = [[0, 2], [1, 1], [1, 0]]
    result = SamplingResult.from_columns(states, [1, 2, 3])
    for selection, expected in ((strict, [[1, 0]]), (wrapped, [[1, 0]]), (OnlyRules(), [[1, 1], [1, 0]])):
        assert lw.post_select(states, [1, 2, 3], selection)[0].tolist() == expected
        assert result.apply_post_selection(selection).states.tolist() == expected
        assert result.post_select(selection).states.tolist() == expected


def test_a_mode_out_of_range_is_an_error_before_anything_runs():
    """Also where an earlier rule keeps nothing."""
    for rules, heralds in (([((0,), (9,)), ((7,), (1,))], {}), ((), {3: 1}), ([((0,), (9,))], {5: 0})):
        with pytest.raises(lw.ModeRangeError, match="3 modes"):
            lw.post_select([[0, 1, 0]], [1], rules, heralds)
    with pytest.raises(lw.ModeRangeError):
        lw.post_select(np.zeros((0, 3), np.uint8), [], [((7,), (1,))])


@pytest.mark.parametrize(
    ("rules", "heralds", "error"),
    [
        ([((), (1,))], (), ValueError),
        ([((0,), ())], (), ValueError),
        ([((0, 0), (1,))], (), ValueError),
        ([((-1,), (1,))], (), ValueError),
        ([((0,), (-1,))], (), ValueError),
        ([((0.0,), (1,))], (), TypeError),
        ([((True,), (1,))], (), TypeError),
        ([(("0",), (1,))], (), TypeError),
        ([0], (), TypeError),
        ("01", (), TypeError),
        (5, (), TypeError),
        ({0: 1}, (), TypeError),
        ((), [(0, 1), (0, 1)], ValueError),
        ((), [((0, 1), (1,))], ValueError),
        ((), [((0,), ())], ValueError),
        ((), [(0, -1)], ValueError),
        ((), [0], TypeError),
        ((), 5, TypeError),
        ((), "01", TypeError),
    ],
)
def test_wrong_rules_are_refused(rules, heralds, error):
    with pytest.raises(error):
        lw.post_select([[0, 1, 0]], [1], rules, heralds)


def test_the_input_is_never_changed_or_shared():
    states = np.array([[0, 1], [1, 0]], np.uint8)
    counts = np.array([1, 2])
    for rules in ((), [((0,), (0, 1))]):
        rows, sums = lw.post_select(states, counts, rules)
        assert not np.shares_memory(rows, states)
        assert not np.shares_memory(sums, counts)
    assert counts.tolist() == [1, 2]


@pytest.mark.parametrize("n_modes", [5, 11, 20])
def test_the_compiled_selection_and_its_source_agree(n_modes):
    from lwfast._kernels.tables import post_selection as kernels
    from lwfast.rules import Rule
    from lwfast.tables.post_selection import _compiled, _runs

    states = np.random.default_rng(1).integers(0, 3, (300, n_modes)).astype(np.uint8)
    rules = [Rule((0, 3), (1, 2)), Rule((4,), (0,)), Rule((n_modes - 1,), (0,))]
    compiled = _compiled((*rules, Rule((0, 2, 3), (1, 4)), Rule((1,), (0, 2))), n_modes)
    runs = _runs([0, 2, 3])
    answers = []
    counts = np.arange(300)
    for select in (kernels.select_rows, plain(kernels.select_rows)):
        out, sums = np.zeros(300 * 3, np.uint8), np.zeros(300, np.int64)
        n = select(states.reshape(-1), n_modes, counts, *compiled, runs, out, sums)
        answers.append((out[: n * 3].tolist(), sums[:n].tolist()))
    assert answers[0] == answers[1]
    assert answers[0][1]


@pytest.mark.parametrize("n_modes", [3, 8, 9, 20, 33])
@pytest.mark.parametrize(("n_rows", "chunk"), [(1, 64), (5, 64), (300, 64), (4100, 4100)])
def test_words_runs_and_chunks_agree_with_numpy(monkeypatch, n_modes, n_rows, chunk):
    """Heralds anywhere, near each other and far apart, give what plain NumPy gives."""
    from lwfast.tables import post_selection

    monkeypatch.setattr(post_selection, "_CHUNK", chunk)
    rng = np.random.default_rng(n_modes * n_rows)
    states = rng.integers(0, 2, (n_rows, n_modes)).astype(np.uint8)
    counts = rng.integers(0, 9, n_rows)
    for _ in range(6):
        modes = rng.permutation(n_modes)
        heralds = {int(m): int(rng.integers(0, 2)) for m in modes[: rng.integers(0, 4)]}
        rules = [(tuple(modes[:2].tolist()), (1,)), ((int(modes[2]),), (0,)), ((int(modes[2]),), (0, 1))]
        chosen = [rules[k] for k in rng.permutation(3)[: rng.integers(0, 4)]]
        keep = np.ones(n_rows, bool)
        for m, n in heralds.items():
            keep &= states[:, m] == n
        for ruled, totals in chosen:
            keep &= np.isin(states[:, list(ruled)].sum(axis=1), totals)
        kept = [m for m in range(n_modes) if m not in heralds]
        expected = lw.group_counts(states[keep][:, kept], counts[keep])
        found = lw.post_select(states, counts, chosen, heralds)
        assert found[0].shape == expected[0].shape
        assert np.array_equal(found[0], expected[0])
        assert np.array_equal(found[1], expected[1])


def test_contradicting_conditions_keep_nothing():
    states = np.eye(9, dtype=np.uint8)
    assert len(lw.post_select(states, None, [((2,), (0,))], {2: 1})[1]) == 0
    assert len(lw.post_select(states, None, [((2,), (1,))], {2: 1})[1]) == 1
    assert len(lw.post_select(states, None, (), {2: 256})[1]) == 0


def test_the_number_of_threads_changes_nothing(monkeypatch):
    from lwfast._base import parallel as _parallel
    from lwfast.tables import post_selection

    monkeypatch.setattr(post_selection, "_CHUNK", 100)
    monkeypatch.setattr(post_selection, "_LARGE", 10)
    states = np.random.default_rng(3).integers(0, 2, (2000, 20)).astype(np.uint8)
    answers = []
    for cores in (1, 3):
        monkeypatch.setattr(_parallel, "available_cores", lambda cores=cores: cores)
        answers.append(lw.post_select(states, None, [((0, 1), (1,))], {5: 1}))
    assert np.array_equal(answers[0][0], answers[1][0])
    assert np.array_equal(answers[0][1], answers[1][1])
