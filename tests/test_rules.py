"""Post-selection rules: what they take, what they refuse, what they let through."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwfast.errors import ModeRangeError
from lwfast.rules import (
    DefaultPostSelection,
    PostSelection,
    PostSelectionFunction,
    Rule,
    check_modes_in_range,
    process_post_selection,
)
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
    assert all(type(m) is int for m in rules.rules[0].modes + rules.rules[0].n_photons)


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
    with pytest.raises(ValueError, match="cannot be empty"):
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
        check_modes_in_range(rules.rules, 7)
    check_modes_in_range(rules.rules, 8)


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
