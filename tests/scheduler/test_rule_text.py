"""Post-selection that a person types."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lwfast.rules import Rule
from lwfast.scheduler.web.pages.downloads import python_lines
from lwfast.scheduler.web.pages.payload_view import rule_words
from lwfast.scheduler.web.pages.rule_text import MOST_CHARACTERS, RuleTextError, rules_of_text

ENDINGS = ("", ";", "  ; ", "\n", ",")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("", ()),
        (" ; ", ()),
        ("n[0] + n[1] == 1", [((0, 1), (1,))]),
        ("n[0]+n[1]=1", [((0, 1), (1,))]),
        ("n[0,2] == 1", [((0, 2), (1,))]),
        ("n[1:4] <= 1", [((1, 2, 3), (0, 1))]),
        ("n[0:2, 3] < 2", [((0, 1, 3), (0, 1))]),
        ("n >= 2", [((0, 1, 2, 3), (2, 3))]),
        ("n[0] > 1", [((0,), (2, 3))]),
        ("n[0] > 5", [((0,), (6,))]),
        ("n[0] >= 5", [((0,), (5,))]),
        ("n[0] != 1", [((0,), (0, 2, 3))]),
        ("n[0] != 99998", [((0,), (0, 1, 2, 3))]),
        ("n[0] <= 99998", [((0,), (0, 1, 2, 3))]),
        ("n[0] in {2, 0}", [((0,), (0, 2))]),
        ("n[0] in (1)", [((0,), (1,))]),
        ("n[0] == 1; n[1] == 0", [((0,), (1,)), ((1,), (0,))]),
        ("n[0] == 1 and n[1] == 0", [((0,), (1,)), ((1,), (0,))]),
        ("n[0] == 1, n[1] == 0\nn[2] == 0", [((0,), (1,)), ((1,), (0,)), ((2,), (0,))]),
    ],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_texts_mean(text, rules, ending):
    assert [rule.as_tuple() for rule in rules_of_text(text + ending, 4, 3)] == list(rules)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foo", "begins with modes"),
        ("n[0]", "the text ends there"),
        ("n[0", "ends the modes"),
        ("n[] == 1", "A mode is a number"),
        ("n[0] ==", "A number of photons is expected"),
        ("n[0] == -1", "`-` stands there"),
        ("n[4] == 1", "no mode 4; the states have the modes 0 to 3"),
        ("n[0:9] == 1", "no mode 8"),
        ("n[2:2] == 1", "has no mode"),
        ("n[0] + n[0] == 1", "counts mode 0 twice"),
        ("n + n[0] == 1", "counts mode 0 twice"),
        ("n[0] < 0", "No number of photons"),
        ("n[0] in {1]", "ends the numbers"),
        ("n[0] == 1 n[1] == 1", "separated by `;`"),
        ("n[0] == 999999999", "larger than any"),
        ("__import__('os')", "begins with modes"),
        ("n[0] == ²", "expected"),
        ("x" * (MOST_CHARACTERS + 1), "are allowed"),
        (";".join(["n==1"] * 51), "more than 50"),
    ],
)
def test_what_is_said_of_others(text, said):
    with pytest.raises(RuleTextError, match=said.replace("(", r"\(")):
        rules_of_text(text, 4, 3)


@given(st.text(max_size=60) | st.text(st.sampled_from("n[]0123:,;+=<>!{}in and\n"), max_size=40))
@example("n[0]==1\r\n;")
def test_any_text_is_rules_or_a_sentence(text):
    """Nothing that is typed ends in another error, and what is read keeps to the modes that there are."""
    said, rules = "", ()
    try:
        rules = rules_of_text(text, 4, 3)
    except RuleTextError as error:
        said = str(error)
    assert not said or said.endswith(".")
    assert all(set(rule.modes) <= set(range(4)) and rule.totals for rule in rules)


rules = st.builds(
    Rule,
    st.lists(st.integers(0, 3), min_size=1, unique=True).map(tuple),
    st.sets(st.integers(0, 9), min_size=1).map(lambda totals: tuple(sorted(totals))),
)


@given(st.lists(rules, min_size=1, max_size=5))
def test_rules_in_words_are_read_back(given_rules):
    """What a page writes for a job's rules may be typed as it stands."""
    text = "; ".join(map(rule_words, given_rules))
    assert rules_of_text(text, 4, 3) == tuple(given_rules)


def test_a_large_limit_makes_no_large_rule():
    """Totals end at what the states can have, whatever limit is typed, and so does the Python for them."""
    typed = rules_of_text(";".join(["n[0]!=99998"] * 50), 4, 3)
    assert sum(len(rule.totals) for rule in typed) == 50 * 4
    lines = python_lines("http://localhost/api/", 1, None, measured=False, rules=typed)
    assert len(lines) < 2000


@pytest.mark.parametrize("text", ["n != 500", "n[0] in {1, 3, 4, 5, 6, 9}", "n == 1", "n[0] > 2000", "n < 9"])
def test_the_python_of_rules_is_short_and_means_them(text):
    typed = rules_of_text(text, 300, 1000)
    line = python_lines("http://localhost/api/", 1, None, measured=False, rules=typed).splitlines()[-1]
    assert len(line) < 120
    written = eval(line.partition("apply_post_selection(")[2][:-1])  # written by our own code
    pairs = [(tuple(modes), tuple(totals)) for modes, totals in written]
    assert pairs == [rule.as_tuple() for rule in typed]
