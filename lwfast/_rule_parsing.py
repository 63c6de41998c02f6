"""Rules and heralds as people write them, in plain form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lwfast._base.origin import origin_of
from lwfast._base.validation import is_several, scalar


class SelectionRule(NamedTuple):
    """The photons of `modes` must add up to one of `totals`."""

    modes: tuple[int, ...]
    totals: tuple[int, ...]


_ONLY_RULES = tuple((package, "PostSelection.validate") for package in ("lwfast", "lightworks"))
"""The methods that ask for the rules and nothing else."""


def has_only_rules(selection: Any) -> bool:
    """Say whether the attribute `rules` says all that a post-selection asks for.

    So it does for `PostSelection` and Lightworks' own. A class that has rules and a `validate` of its own may
    ask for more.
    """
    if not hasattr(selection, "rules"):
        return False
    validate = getattr(selection, "validate", None)
    return validate is None or origin_of(getattr(validate, "__func__", validate)) in _ONLY_RULES


def as_rules(rules: Any) -> tuple[SelectionRule, ...]:
    """Return post-selection rules in plain form.

    Raises:
        TypeError: If the rules are not pairs of integers or of several integers.
        ValueError: If a rule is empty, names a mode twice or has negative numbers.
    """
    if rules is None:
        return ()
    if hasattr(rules, "rules"):
        rules = rules.rules
    if not is_several(rules) or isinstance(rules, Mapping):
        raise TypeError(f"rules are a PostSelection or pairs of modes and totals, not {rules!r}")
    return tuple(_as_rule(rule) for rule in rules)


def _as_rule(rule: Any) -> SelectionRule:
    if hasattr(rule, "as_tuple"):
        rule = rule.as_tuple()
    try:
        modes, totals = rule
    except (TypeError, ValueError):
        raise TypeError(f"a rule is a pair (modes, totals), not {rule!r}") from None
    modes, totals = _integers(modes, "mode"), _integers(totals, "photon total")
    if not modes:
        raise ValueError("a rule names no mode")
    if not totals:
        raise ValueError(f"the rule on modes {modes} allows no photon total, so nothing can meet it")
    if len(set(modes)) != len(modes):
        raise ValueError(f"the rule on modes {modes} names a mode twice; its photons would be counted twice")
    return SelectionRule(modes, totals)


def as_heralds(heralds: Any) -> dict[int, tuple[int, ...]]:
    """Return heralds as mode to the photon numbers that it may have, usually one.

    Raises:
        TypeError: If they are neither a mapping nor pairs.
        ValueError: If a mode is heralded twice, or a number is negative.
    """
    if heralds is None:
        return {}
    pairs = heralds.items() if isinstance(heralds, Mapping) else heralds
    if not is_several(pairs):
        raise TypeError(f"heralds are a mapping or pairs of mode and photons, not {heralds!r}")
    found: dict[int, tuple[int, ...]] = {}
    for pair in pairs:
        try:
            mode, n_photons = pair
        except (TypeError, ValueError):
            raise TypeError(f"a herald is a pair (mode, photons), not {pair!r}") from None
        modes, numbers = _integers(mode, "herald mode"), _integers(n_photons, "heralded photons")
        if len(modes) != 1 or not numbers:
            raise ValueError(f"a herald has one mode and a photon number, not {pair!r}")
        if modes[0] in found:
            raise ValueError(f"mode {modes[0]} is heralded twice")
        found[modes[0]] = numbers
    return found


def _integers(value: Any, what: str) -> tuple[int, ...]:
    values = value if is_several(value) else (scalar(value),)
    integers = []
    for v in values:
        if isinstance(v, bool | np.bool_) or not isinstance(v, int | np.integer):
            raise TypeError(f"{what} {v!r} is not an integer")
        if v < 0:
            raise ValueError(f"{what} {v} is negative")
        integers.append(int(v))
    return tuple(integers)
