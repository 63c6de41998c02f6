"""Conditions of Perceval's post-selection: read from their text, and asked of outcomes.

The text of a PostSelect is all that it shows of itself. In it `!` belongs to the one condition behind it, and
every group but the outermost has brackets. Perceval's own parser reads more into a `!`, so a text of Perceval
is not always one that Perceval reads as the same.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lwfast.state import State

_COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TOKEN = re.compile(r"\s*(\[[\d\s,]*\]|[=!<>]=|[<>&|^!()]|\d+)")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of the photons in some modes, summed, with a number.

    Attributes:
        modes: The modes that are summed.
        sign: One of `==`, `!=`, `<`, `<=`, `>` and `>=`.
        number: What the sum is compared with.
    """

    modes: tuple[int, ...]
    sign: str
    number: int

    def __call__(self, state: State | Sequence[int]) -> bool:
        """Say whether a state meets the condition."""
        return self.accepts(sum([state[mode] for mode in self.modes]))

    def accepts(self, total: int) -> bool:
        """Say whether a sum does."""
        return bool(_COMPARISONS[self.sign](total, self.number))


@dataclass(frozen=True, slots=True)
class Combination:
    """Several conditions in one.

    Attributes:
        sign: `&` for all of them, `|` for any, `^` for an odd number of them, `!` for none.
        parts: The conditions that are combined.
    """

    sign: str
    parts: tuple[Condition, ...]

    def __call__(self, state: State | Sequence[int]) -> bool:
        """Say whether a state meets the condition."""
        met = [part(state) for part in self.parts]
        if self.sign == "^":
            return sum(met) % 2 == 1
        if self.sign == "!":
            return not any(met)
        return all(met) if self.sign == "&" else any(met)


Condition = Comparison | Combination


def parse_condition(text: str) -> Condition:
    """Return the condition that the text of a PostSelect states.

    Args:
        text: What `str` makes of a PostSelect that has a condition.

    Raises:
        ValueError: The text is not one of these.
    """
    tokens: list[str] = []
    place = 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(_UNREAD.format(text))
        tokens.append(found[1])
        place = found.end()
    try:
        condition = _joined(tokens)
    except (IndexError, ValueError):
        raise ValueError(_UNREAD.format(text)) from None
    if tokens:
        raise ValueError(_UNREAD.format(text))
    return condition


_UNREAD = "The post-selection {!r} of Perceval could not be read; write it as comparisons joined by &."


def _joined(tokens: list[str]) -> Condition:
    """Take one group off the front of the tokens."""
    parts = [_single(tokens)]
    signs = set()
    while tokens and tokens[0] in ("&", "|", "^"):
        signs.add(tokens.pop(0))
        parts.append(_single(tokens))
    if len(signs) > 1:
        raise ValueError
    return Combination(signs.pop(), tuple(parts)) if signs else parts[0]


def _single(tokens: list[str]) -> Condition:
    first = tokens.pop(0)
    if first == "!":
        return Combination("!", (_single(tokens),))
    if first == "(":
        inner = _joined(tokens)
        if tokens.pop(0) != ")":
            raise ValueError
        return inner
    if not first.startswith("["):
        raise ValueError
    modes = tuple([int(mode) for mode in first[1:-1].split(",")])
    sign = tokens.pop(0)
    if sign not in _COMPARISONS:
        raise ValueError
    return Comparison(modes, sign, int(tokens.pop(0)))


def without_heralds(condition: Condition, n_modes: int, heralds: Mapping[int, int]) -> Condition:
    """Return the condition on states without their heralded modes, whose photon numbers are known.

    Args:
        condition: The condition on all modes.
        n_modes: The number of all modes.
        heralds: Photon number by heralded mode, at the outputs.
    """
    if isinstance(condition, Combination):
        parts = tuple([without_heralds(part, n_modes, heralds) for part in condition.parts])
        return Combination(condition.sign, parts)
    places = {mode: place for place, mode in enumerate(m for m in range(n_modes) if m not in heralds)}
    known = sum(heralds.get(mode, 0) for mode in condition.modes)
    modes = tuple([places[mode] for mode in condition.modes if mode not in heralds])
    return Comparison(modes, condition.sign, condition.number - known)


def comparisons_of(condition: Condition) -> list[Comparison] | None:
    """Return the comparisons that are all to be met, or None where the condition is not such a list."""
    if isinstance(condition, Comparison):
        return [condition]
    if condition.sign != "&":
        return None
    found: list[Comparison] = []
    for part in condition.parts:
        inner = comparisons_of(part)
        if inner is None:
            return None
        found += inner
    return found


def rule_text(modes: Iterable[Any], totals: Iterable[int]) -> str:
    """Return the text of a rule: the photons in `modes`, summed, are one of `totals`."""
    choices = [f"{[int(mode) for mode in modes]} == {total}" for total in totals]
    return choices[0] if len(choices) == 1 else f"({' | '.join(choices)})"
