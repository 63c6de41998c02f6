"""Post-selection as a person types it into a page, such as `n[0] + n[1] == 1; n[2] <= 1`.

    rules   = rule, {(";" | "," | "and" | new line), rule}
    rule    = sum, comparison
    sum     = modes, {"+", modes}
    modes   = "n[", entry, {",", entry}, "]"        entry = mode, or first ":" behind the last
            | "n"                                   all modes
    comparison = ("==" | "=" | "!=" | "<" | "<=" | ">" | ">="), number
            | "in", ("{" | "[" | "("), number, {",", number}, closing bracket

Nothing of it is ever run: a scanner reads it, and what comes out are rules as `lwfast.rules` has them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast.rules import Rule

MOST_CHARACTERS = 1000
MOST_RULES = 50
EXAMPLE = "n[0] + n[1] == 1"
_TOKEN = re.compile(r"\d+|[a-z]+|==|!=|<=|>=|\S", re.ASCII | re.IGNORECASE)
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_SIGNS: dict[str, Callable[[int, int], bool]] = {
    "=": lambda total, limit: total == limit,
    "==": lambda total, limit: total == limit,
    "!=": lambda total, limit: total != limit,
    "<": lambda total, limit: total < limit,
    "<=": lambda total, limit: total <= limit,
    ">": lambda total, limit: total > limit,
    ">=": lambda total, limit: total >= limit,
}
_BETWEEN = (";", ",", "and")


class RuleTextError(ValueError):
    """A text that is not post-selection; says what was expected, and where."""


def rules_of_text(text: str, n_modes: int, most_photons: int) -> tuple[Rule, ...]:
    """Return the rules that a text writes.

    Args:
        text: What was typed; an empty text has no rules.
        n_modes: How many modes the states have.
        most_photons: The most photons of any state: no total above it has to be named.

    Raises:
        RuleTextError: The text does not follow the grammar, or names a mode that there is not.
    """
    if len(text) > MOST_CHARACTERS:
        raise RuleTextError(f"The rules have {len(text)} characters, and {MOST_CHARACTERS} are allowed.")
    lines = [line for line in text.splitlines() if line.strip(" ;,\t")]
    reader = _RuleReader(" ; ".join(line.strip().rstrip(";,") for line in lines), n_modes, most_photons)
    return reader.rules() if lines else ()


class _RuleReader:
    def __init__(self, text: str, n_modes: int, most_photons: int) -> None:
        self._tokens = _TOKEN.findall(text)
        self._next = 0
        self._n_modes = n_modes
        self._most = min(most_photons, MAX_STATE_PHOTONS * n_modes)

    def rules(self) -> tuple[Rule, ...]:
        found = [self._rule()]
        while self._peek() is not None:
            self._expect(_BETWEEN, "the next rule is separated by `;`")
            if self._peek() is None:  # a semicolon at the end, while the next rule is being thought of
                break
            found.append(self._rule())
            if len(found) > MOST_RULES:
                raise RuleTextError(f"There are more than {MOST_RULES} rules.")
        return tuple(found)

    def _rule(self) -> Rule:
        modes = self._modes()
        while self._take("+"):
            modes += self._modes()
        mode, times = Counter(modes).most_common(1)[0]
        if times > 1:
            raise RuleTextError(f"A rule counts mode {mode} twice; name each mode once.")
        totals = self._totals()
        if not totals:
            raise RuleTextError("No number of photons meets this rule; a total is 0 or more.")
        return Rule(tuple(modes), totals)

    def _modes(self) -> list[int]:
        self._expect(("n",), f"a rule begins with modes, such as `{EXAMPLE}`")
        if not self._take("["):
            return list(range(self._n_modes))
        modes = self._entry()
        while self._take(","):
            modes += self._entry()
        self._expect(("]",), "`]` ends the modes")
        return modes

    def _entry(self) -> list[int]:
        first = self._number("a mode is a number")
        if not self._take(":"):
            return [self._checked(first)]
        end = self._number("a mode stands behind `:`")
        if end <= first:
            raise RuleTextError(f"`{first}:{end}` has no mode; the first one stands in front.")
        self._checked(end - 1)
        return list(range(first, end))

    def _checked(self, mode: int) -> int:
        if mode >= self._n_modes:
            last = self._n_modes - 1
            raise RuleTextError(f"There is no mode {mode}; the states have the modes 0 to {last}.")
        return mode

    def _totals(self) -> tuple[int, ...]:
        if self._take("in"):
            opening = self._expect(tuple(_CLOSING), "numbers stand in brackets, such as `in {0, 1}`")
            listed = [self._number("a number of photons is expected")]
            while self._take(","):
                listed.append(self._number("a number of photons is expected"))
            self._expect((_CLOSING[opening],), f"`{_CLOSING[opening]}` ends the numbers")
            return tuple(sorted(set(listed)))
        sign = self._expect(tuple(_SIGNS), "`==`, `<=`, `>=`, `<`, `>`, `!=` or `in` is expected")
        limit = self._number("a number of photons is expected")
        if sign in ("=", "=="):
            return (limit,)
        meets = _SIGNS[sign]
        totals = tuple(total for total in range(self._most + 1) if meets(total, limit))
        # A rule that no state can meet is still a rule: it names the smallest total that would.
        return totals or tuple(total for total in (limit, limit + 1) if meets(total, limit))[:1]

    def _number(self, reason: str) -> int:
        token = self._peek()
        if token is None or not token.isdecimal():
            self._fail(reason)
        self._next += 1
        if len(token) > 5:
            raise RuleTextError(f"{token[:20]} is larger than any mode or number of photons.")
        return int(token)

    def _peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token is None or token != text:
            return False
        self._next += 1
        return True

    def _expect(self, texts: tuple[str, ...], reason: str) -> str:
        token = self._peek()
        if token is None or token not in texts:
            self._fail(reason)
        self._next += 1
        return token

    def _fail(self, reason: str) -> NoReturn:
        token = self._peek()
        found = "the text ends there" if token is None else f"`{token[:20]}` stands there"
        raise RuleTextError(f"{reason[0].upper()}{reason[1:]}, but {found}.")
