"""Post-selection: any condition of Perceval accepts the states that it accepts there."""

from __future__ import annotations

import itertools

import pytest

pcvl = pytest.importorskip("perceval")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import lwfast as lw  # noqa: E402
from lwfast.perceval.selection_text import parse_condition  # noqa: E402

STATES = [list(state) for state in itertools.product(range(3), repeat=3)]
comparisons = st.tuples(
    st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.integers(0, 4),
).map(lambda parts: "{} {} {}".format(*parts))


def grouped(inner):
    joined = st.tuples(st.sampled_from("&|^"), st.lists(inner, min_size=2, max_size=3)).map(
        lambda parts: "(" + f" {parts[0]} ".join(parts[1]) + ")"
    )
    return st.one_of(joined, inner.map(lambda text: f"(! {text})"))


@settings(max_examples=200, deadline=None)
@given(st.recursive(comparisons, grouped, max_leaves=6))
def test_conditions(text):
    """States count here exactly where they count there, whatever is joined with what."""
    theirs = pcvl.PostSelect(text)
    accepted = [bool(theirs(pcvl.BasicState(state))) for state in STATES]
    try:
        ours = lw.from_perceval(theirs)
    except ValueError as error:
        assert "No outcome can meet" in str(error)  # noqa: PT017  (most texts do not raise)
        assert not any(accepted)
        return
    found = [ours is None or ours.validate(lw.State(state)) for state in STATES]
    assert found == accepted
    if isinstance(ours, lw.PostSelection):
        back = lw.to_perceval(ours)
        assert [bool(back(pcvl.BasicState(state))) for state in STATES] == accepted


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 2), min_size=1), st.sets(st.integers(0, 4), min_size=1)), max_size=4
    )
)
def test_rules(rules):
    """Rules accept there what they accept here, and are the same rules when they are back."""
    selection = lw.PostSelection(multi_rules=True)
    for modes, totals in rules:
        selection.add(sorted(modes), sorted(totals))
    there = lw.to_perceval(selection)
    for state in STATES:
        assert bool(there(pcvl.BasicState(state))) == selection.validate(lw.State(state))
    back = lw.from_perceval(there)
    for state in STATES:
        assert (back is None or back.validate(lw.State(state))) == selection.validate(lw.State(state))
    if rules and all(len(totals) == 1 for _, totals in rules):
        assert back.rules == selection.rules


@pytest.mark.parametrize(
    "text", ["", "[0]", "[0] ==", "[0] == 1 &", "(", "[0] == 1 & [1] == 1 | [2] == 1", "x", "[0] = 1"]
)
def test_texts_that_are_none(text):
    """A text that Perceval does not write is an error, not a guess."""
    with pytest.raises(ValueError, match="could not be read"):
        parse_condition(text)
