"""Post-selection rules: what they take, what they refuse, what they let through."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lwfast as lw
from lwfast.errors import ModeRangeError
from lwfast.optics.arguments import checked_heralds
from lwfast.results import SamplingResult
from lwfast.rules import (
    DefaultPostSelection,
    PostSelection,
    PostSelectionFunction,
    Rule,
    as_heralds,
    as_rules,
    as_selection,
    check_modes,
    name_of_test,
    process_post_selection,
)
from lwfast.scheduler.validation.rules_data import check_job_data
from lwfast.scheduler.validation.violations import Violations
from lwfast.state import State


def _rules(*pairs: tuple[object, object], multi_rules: bool = False) -> PostSelection:
    rules = PostSelection(multi_rules=multi_rules)
    for modes, photons in pairs:
        rules.add(modes, photons)  # type: ignore[arg-type]
    return rules


@given(
    st.lists(st.integers(0, 3), min_size=5, max_size=5),
    st.lists(
        st.tuples(st.sets(st.integers(0, 4), min_size=1), st.sets(st.integers(0, 6), min_size=1)), max_size=4
    ),
)
def test_validate_says_whether_every_sum_is_allowed(
    state: list[int], rules: list[tuple[set[int], set[int]]]
) -> None:
    """A state counts if, for each rule, the photons in its modes add up to an allowed number."""
    selection = _rules(*rules, multi_rules=True)
    expected = all(sum(state[m] for m in modes) in photons for modes, photons in rules)
    assert selection.validate(State(state)) is expected
    assert selection.validate(state) is expected


@pytest.mark.parametrize(
    "modes", [(1, 2), [1, 2], range(1, 3), np.array([1, 2]), (np.int64(1), 2.0), (m for m in (1, 2))]
)
def test_modes_in_many_forms(modes: object) -> None:
    """Modes may be a tuple, list, range, array or generator, with Python's or NumPy's integers."""
    rules = _rules((modes, np.uint8(1)))
    assert rules.rules == [Rule((1, 2), (1,))]
    assert all(type(m) is int for m in rules.rules[0].modes + rules.rules[0].totals)


def test_rules_are_not_live() -> None:
    """Changing the list of rules changes no rule; a rule cannot be changed."""
    rules = _rules((0, 1))
    rules.rules.clear()
    assert len(rules.rules) == 1
    with pytest.raises(AttributeError):
        rules.rules[0].modes = (3,)  # type: ignore[misc]
    assert rules.rules[0].as_tuple() == ((0,), (1,))


def test_a_mode_twice_in_one_rule_is_refused() -> None:
    """A mode named twice would be counted twice."""
    with pytest.raises(ValueError, match="named twice"):
        _rules(((1, 1), 2))


@pytest.mark.parametrize(("modes", "photons"), [((), 1), (0, ()), ([], [])])
def test_empty_rules_are_refused(modes: object, photons: object) -> None:
    """A rule without modes or photon numbers says nothing."""
    with pytest.raises(ValueError, match=r"names no mode|allows no total"):
        _rules((modes, photons))


@pytest.mark.parametrize("bad", [True, np.bool_(True), (0, True), "0", None, 1j, ("a",)])
def test_other_types_are_refused(bad: object) -> None:
    """Bools, text and the like are no modes and no photon numbers."""
    with pytest.raises(TypeError, match="should be an integer"):
        _rules((bad, 1))
    with pytest.raises(TypeError, match="should be an integer"):
        _rules((0, bad))


@pytest.mark.parametrize("bad", [-1, (0, -2), 0.5, float("nan"), float("inf")])
def test_bad_numbers_are_refused(bad: object) -> None:
    """Negative and fractional numbers raise ValueError."""
    with pytest.raises(ValueError, match=r"negative|integers"):
        _rules((bad, 1))
    with pytest.raises(ValueError, match=r"negative|integers"):
        _rules((0, bad))


def test_refused_rules_leave_no_trace() -> None:
    """A refused rule is not added, and its modes stay free."""
    rules = _rules(((0, 1), 1))
    with pytest.raises(ValueError, match="already has"):
        rules.add((2, 1), 1)
    rules.add(2, 1)
    assert rules.modes == [0, 1, 2]


def test_multi_rules() -> None:
    """A mode has several rules only where that was asked for; the attribute can be set later."""
    rules = _rules((0, 1))
    with pytest.raises(ValueError, match="multi_rules"):
        rules.add(0, 2)
    rules.multi_rules = True
    rules.add(0, 2)
    assert rules.modes == [0]
    assert not rules.validate([1])
    assert not rules.validate([2])


def test_modes_outside_a_state_are_told() -> None:
    """A rule for a mode that the state lacks raises, even where an earlier rule fails already."""
    rules = _rules((0, 5), (7, 1))
    with pytest.raises(ModeRangeError, match="mode 7, but there are 2 modes"):
        rules.validate([0, 0])
    with pytest.raises(ModeRangeError, match="mode 7"):
        rules.rules[1].validate(State([0]))
    with pytest.raises(ModeRangeError):
        check_modes(rules.rules, 7, heralds_counted=False)
    check_modes(rules.rules, 8, heralds_counted=True)


def test_one_sentence_for_a_mode_that_is_not_there() -> None:
    """Whoever meets a rule with a mode that there is not says the same, and as one kind of error."""
    rules = _rules((7, 1))
    states = np.array([[1, 0]], np.uint8)
    for call in (
        lambda: rules.validate([1, 0]),
        lambda: lw.Sampler(lw.Unitary(np.eye(2)), lw.State([1, 0]), 10, rules),
        lambda: lw.output_distribution(np.eye(2), [1, 0], rules=rules),
        lambda: lw.output_distribution(np.eye(2), [1, 0], heralds={7: 1}),
        lambda: lw.post_select(states, [1], rules),
        lambda: lw.post_select(states, [1], (), {7: 1}),
        lambda: SamplingResult({lw.State([1, 0]): 1}).apply_post_selection(rules),
        lambda: SamplingResult({lw.State([1, 0]): 1}).post_select(lambda state: True, {7: 1}),
    ):
        with pytest.raises(
            ModeRangeError, match=r"\(\(7,\), \(1,\)\) names mode 7, but there are 2 modes, 0 to 1 \("
        ):
            call()
    found = Violations()
    check_job_data({"post_select": [[[7], [1]]]}, 2, found)
    assert "names mode 7, but there are 2 modes, 0 to 1 (" in found.errors[0].reason


@pytest.mark.parametrize(("n_modes", "text"), [(1, "there is mode 0 only"), (0, "there is no mode")])
def test_few_modes_are_told_in_words(n_modes: int, text: str) -> None:
    """The sentence stays one where there are one or no modes."""
    with pytest.raises(ModeRangeError, match=text):
        check_modes([Rule((1,), (1,))], n_modes, heralds_counted=True)


@pytest.mark.parametrize(
    "form",
    [
        _rules(((0, 1), (1, 2)), (2, 0), multi_rules=True),
        [((0, 1), (1, 2)), (2, 0)],
        [[[0, 1], [1, 2]], [[2], [0]]],
        (Rule((0, 1), (1, 2)), Rule((2,), (0,))),
        [(range(2), np.array([1, 2])), (np.int64(2), np.uint8(0))],
        (rule for rule in [((0, 1), (1, 2)), (2, 0)]),
    ],
)
def test_rules_in_every_form(form: object) -> None:
    """Rules are read alike from people, from tasks and from the wire, and can be keys."""
    rules = as_rules(form)
    assert rules == (Rule((0, 1), (1, 2)), Rule((2,), (0,)))
    assert {rules: 1}[rules] == 1
    assert all(type(number) is int for rule in rules for part in rule for number in part)


@pytest.mark.parametrize(
    "form",
    [{0: 1, 2: 0}, [(0, 1), (2, 0)], [[[0], [1]], [[2], [0]]], {0: (1,), 2: [0]}],
)
def test_heralds_in_every_form(form: object) -> None:
    """Results and distributions read heralds in the same forms."""
    assert as_heralds(form) == {0: (1,), 2: (0,)}
    assert checked_heralds(form, 3) == {0: 1, 2: 0}


def test_a_distribution_takes_one_number_a_herald() -> None:
    """A herald with several photon numbers selects rows of a result; a distribution refuses it."""
    assert as_heralds([(0, (0, 1))]) == {0: (0, 1)}
    with pytest.raises(TypeError, match="takes one for each herald"):
        checked_heralds([(0, (0, 1))], 2)


def test_negative_modes_are_out_of_range_everywhere() -> None:
    """A negative mode is a bad value and outside of every circuit: both kinds of error, one class."""
    for call in (lambda: _rules((-1, 1)), lambda: as_rules([(-1, 1)]), lambda: as_heralds({-1: 1})):
        with pytest.raises(ModeRangeError, match="negative") as caught:
            call()
        assert isinstance(caught.value, ValueError)


def test_long_rules_have_short_errors() -> None:
    """A body of the wire may hold anything; what is said of it stays readable, and is said at once."""
    many = list(range(100_000))
    for rule in (([*many, 99_999], 1), (many, ()), ("x" * 100_000, 1), ([["x" * 100_000]], 1), (many, -1)):
        with pytest.raises((TypeError, ValueError)) as caught:
            as_rules([rule])
        assert len(str(caught.value)) < 300


def test_repr() -> None:
    """The text of rules shows them."""
    assert repr(_rules(((0, 1), 1))) == "lwfast.PostSelection(((0, 1), (1,)))"
    assert "len" in repr(PostSelectionFunction(len))


class _Callable:
    def __call__(self, state: State) -> bool:
        return state[0] == 1

    def method(self, state: State) -> bool:
        return state[0] == 1


def _first_is(state: State, n: int) -> bool:
    return state[0] == n


@pytest.mark.parametrize(
    "function",
    [
        lambda s: s[0] == 1,
        functools.partial(_first_is, n=1),
        _Callable(),
        _Callable().method,
        lambda s: np.bool_(s[0] == 1),
        lambda s: s == State([1, 0]),
    ],
)
def test_any_callable_will_do(function: object) -> None:
    """Functions, partials, bound methods and callable objects select, and get a State."""
    for selection in (PostSelectionFunction(function), process_post_selection(function)):  # type: ignore[arg-type]
        assert selection is not None
        assert selection.validate(State([1, 0])) is True
        assert selection.validate([0, 0]) is False


@pytest.mark.parametrize("bad", [3, "rule", [], (0, 1)])
def test_what_cannot_be_called_is_refused(bad: object) -> None:
    """Post-selection is an object of ours, a callable or None."""
    with pytest.raises(TypeError, match="callable"):
        PostSelectionFunction(bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="callable"):
        process_post_selection(bad)  # type: ignore[arg-type]


def test_a_class_is_not_an_object_of_it() -> None:
    """`PostSelection` without brackets would accept every outcome, so it is refused."""
    for call in (PostSelectionFunction, process_post_selection):
        with pytest.raises(TypeError, match=r"PostSelection\(\)"):
            call(PostSelection)  # type: ignore[arg-type]


def test_processing_keeps_objects() -> None:
    """Post-selection objects and None pass through."""
    rules = _rules((0, 1))
    assert process_post_selection(rules) is rules
    assert process_post_selection(None) is None
    assert DefaultPostSelection().validate([1, 2])


class _Strict:
    """Post-selection of its own, with a test and no rules."""

    def validate(self, state: State) -> bool:
        return state[0] == 1


def test_rules_or_a_callable_is_told_in_one_place() -> None:
    """Rules in every form are rules; what only answers is a test, and its name is that of what was given."""
    rules = _rules((0, 1))
    for selection in (rules, [(0, 1)], [[[0], [1]]]):
        assert as_selection(selection) == ((Rule((0,), (1,)),), None)
    function = PostSelectionFunction(_first_is_one)
    named = ((_first_is_one, "_first_is_one"), (function, "_first_is_one"), (_Strict(), "_Strict"))
    for selection, name in named:
        found, test = as_selection(selection)
        assert found == ()
        assert test is not None
        assert [test(State([1, 0])), test(State([0, 1]))] == [True, False]
        assert name_of_test(selection) == name


def _first_is_one(state: State) -> bool:
    return state[0] == 1


@pytest.mark.parametrize("bad", [None, 5, "rules", {0: 1}])
def test_what_is_no_post_selection_is_refused_alike(bad: object) -> None:
    """One sentence for what neither is made of rules nor can be asked, wherever it is given."""
    result = SamplingResult({State([1, 0]): 1})
    calls = [lambda: as_selection(bad), lambda: result.apply_post_selection(bad)]
    if bad is not None:  # no rules, where they are a keyword
        calls += [
            lambda: result.post_select(bad),
            lambda: lw.post_select(result.states, result.counts, bad),
            lambda: lw.output_distribution(np.eye(2), [1, 0], rules=bad),
        ]
    for call in calls:
        with pytest.raises(TypeError, match=r"^Post-selection should be a PostSelection, pairs of modes"):
            call()


def test_the_class_of_a_post_selection_is_refused_everywhere() -> None:
    """`PostSelection` where `PostSelection()` is meant is told as that, by arrays and results as by tasks."""
    result = SamplingResult({State([1, 0]): 1})
    for kind in (lw.PostSelection, DefaultPostSelection):
        for call in (
            lambda kind=kind: result.apply_post_selection(kind),
            lambda kind=kind: lw.post_select(result.states, result.counts, kind),
        ):
            with pytest.raises(TypeError, match=r"give an object of it"):
                call()
