"""Checking `job_data`: the post-selection and heralds that the client applies to the result."""

from __future__ import annotations

from typing import Any

from lwfast._base.limits import MAX_NESTING
from lwfast.rules import as_heralds, as_rules, mode_faults
from lwfast.scheduler.validation.violations import Violations, shown


def check_job_data(data: Any, n_modes: int | None, found: Violations) -> None:
    """Note every malformed entry of `post_select` and `herald`; other entries are the user's own.

    Args:
        data: Parsed JSON of the field.
        n_modes: Number of modes, or None if that field is not valid.
        found: Takes what is wrong.
    """
    if not found.expect("job_data", data, dict):
        return
    # Found at submission, not after a job has run.
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
        try:
            as_heralds(heralds)
        except ValueError as fault:  # each is one herald by itself, so it is a mode that has two
            found.add("job_data.herald", str(fault))


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
    try:
        read = as_rules([rule])
    except (TypeError, ValueError) as fault:
        return str(fault)
    if single and read[0].totals[0] > 1:
        return f"heralds {totals[0]} photons on a mode; a mode takes 0 or 1"
    what = "Herald" if single else "Post-selection rule"
    if n_modes is None:
        return None
    return next(mode_faults(read, n_modes, heralds_counted=True, what=what), None)
