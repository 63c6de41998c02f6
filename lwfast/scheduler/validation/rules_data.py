"""Checking `job_data`: the post-selection and heralds that the client applies to the result."""

from __future__ import annotations

from typing import Any

from lwfast.scheduler.validation.violations import Violations, shown

MAX_NESTING = 100
"""Deepest nesting of the user's own data, what results keep: found at submission, not after a job has run."""


def check_job_data(data: Any, n_modes: int | None, found: Violations) -> None:
    """Note every malformed entry of `post_select` and `herald`; other entries are the user's own.

    Args:
        data: Parsed JSON of the field.
        n_modes: Number of modes, or None if that field is not valid.
        found: Takes what is wrong.
    """
    if not found.expect("job_data", data, dict):
        return
    if _nested_beyond(data, MAX_NESTING):
        found.add("job_data", f"is nested more than {MAX_NESTING} levels deep, which no result file can hold")
        return
    before = len(found.errors)
    for kind in ("post_select", "herald"):
        rules = data.get(kind)
        if rules is None or not found.expect(f"job_data.{kind}", rules, list):
            continue
        for index, rule in enumerate(rules):
            reason = _rule_fault(rule, n_modes, single=kind == "herald")
            if reason:
                found.add(f"job_data.{kind}[{index}]", reason)
    heralds = data.get("herald")
    if isinstance(heralds, list) and len(found.errors) == before:
        modes = [rule[0][0] for rule in heralds]
        if len(set(modes)) != len(modes):
            found.add("job_data.herald", "heralds a mode twice")


def _nested_beyond(data: Any, limit: int) -> bool:
    """Say whether lists and objects stand in each other more than `limit` deep, without recursion."""
    layer = [data]
    for _ in range(limit):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(inner, dict | list) for inner in layer)


def _rule_fault(rule: Any, n_modes: int | None, *, single: bool) -> str | None:
    if not isinstance(rule, list) or len(rule) != 2 or not all(isinstance(part, list) for part in rule):
        return f"should be [[modes], [photon numbers]], got {shown(rule)}"
    modes, totals = rule
    if single and (len(modes) != 1 or len(totals) != 1):
        return "should be [[mode], [photon number]]"
    if not modes or not totals:
        return "names no mode or no photon number"
    for mode in modes:
        if type(mode) is not int or mode < 0 or (n_modes is not None and mode >= n_modes):
            last = "the last mode" if n_modes is None else n_modes - 1
            return f"mode {shown(mode)} should be from 0 to {last}"
    if len(set(modes)) != len(modes):
        return "names a mode twice"
    for number in totals:
        if type(number) is not int or number < 0:
            return f"photon number {shown(number)} should be an integer from 0 on"
        if single and number > 1:
            return f"heralds {number} photons on a mode; a mode takes 0 or 1"
    return None
