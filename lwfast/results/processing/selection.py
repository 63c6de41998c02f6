"""Apply any kind of post-selection to the columns of a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._types import AnyArray
from lwfast.results.columns.json_like import json_like
from lwfast.results.columns.labels import LabelTable, valid_rows
from lwfast.results.columns.record import Derived
from lwfast.results.columns.text import number_of
from lwfast.results.processing.weights import group_weights
from lwfast.rules import Rule, as_heralds, as_selection, check_modes, herald_rules, name_of_test
from lwfast.tables.packed_table import as_bytes
from lwfast.tables.post_selection import ask_about_rows, select_checked


def further_selected(table: LabelTable, counts: AnyArray, selection: Any) -> Derived:
    """Keep the states that meet further post-selection; `SamplingResult.apply_post_selection` describes it.

    Args:
        table: The states of the result, distinct.
        counts: `(N,)`, one of each state, int64 or float64.
        selection: Rules in any form, or a callable; a generator of rules is read once.
    """
    selection = settled(selection)
    states, kept = keep_states(table, counts, selection)
    reason = None if len(states) else why_nothing(table, selection, {})
    return Derived(states, kept, {"step": "post_select", "rules": described(selection)}, reason)


def selected(table: LabelTable, counts: AnyArray, rules: Any, heralds: Any) -> Derived:
    """Keep the states that meet rules and heralds, without heralded modes; see `SamplingResult.post_select`.

    Args:
        table: The states of the result, distinct.
        counts: `(N,)`, one of each state, int64 or float64.
        rules: Rules in any form, a callable, or None; their modes are those of the table.
        heralds: Mode to photon number, or to several that it may have, as a mapping or as pairs.
    """
    wanted = as_heralds(heralds)
    rules = settled(() if rules is None else rules)
    given, test = as_selection(rules)
    left, kept = table, counts
    if test is not None and len(table.states):
        check_modes(herald_rules(wanted), table.states.shape[1], heralds_counted=True, what="Herald")
        states, kept = keep_states(table, counts, rules)
        left = LabelTable(states, table.has_x)
    states, kept = select_columns(left, kept, given, wanted)
    if any(len(numbers) > 1 for numbers in wanted.values()):
        states, kept = group_weights(states, kept)
    step = {
        "step": "post_select",
        "rules": described(rules),
        "heralds": [[[mode], list(numbers)] for mode, numbers in wanted.items()],
    }
    return Derived(states, kept, step, None if len(states) else why_nothing(table, rules, wanted))


def select_columns(
    table: LabelTable,
    values: AnyArray,
    rules: tuple[Rule, ...],
    heralds: Mapping[int, int | tuple[int, ...]],
) -> tuple[Any, AnyArray]:
    """Do what `select_checked` does, for values that need not be counts, and states that may have an X.

    An X has no photon number, so that no rule is met which looks at it.
    """
    states = table.states
    if table.has_x:
        n_modes = states.shape[1]
        demanded = herald_rules(heralds)
        check_modes(demanded, n_modes, heralds_counted=True, what="Herald")
        check_modes(rules, n_modes, heralds_counted=True)
        looked_at = [mode for rule in (*demanded, *rules) for mode in rule.modes]
        keep = valid_rows(states, looked_at)
        states, values = states[keep], values[keep]
    if values.dtype == np.int64:
        return select_checked(states, values, rules, heralds)
    rows, positions = select_checked(states, np.arange(states.shape[0]), rules, heralds)
    return rows, values[positions]


def keep_states(table: LabelTable, values: AnyArray, selection: Any) -> tuple[Any, AnyArray]:
    """Keep the rows that `selection` accepts.

    Args:
        table: The states, distinct, and what 255 means in them.
        values: `(N,)`, the value of each state.
        selection: Rules or a callable, as `as_selection` takes it.

    Returns:
        States and values, in their order.

    Raises:
        ModeRangeError: If a rule names a mode that the states do not have.
        TypeError: If `selection` is something else.
    """
    rules, test = as_selection(selection)
    if test is None:
        return select_columns(table, values, rules, {})
    keep = ask_about_rows(test, as_bytes(table.states), table.has_x)
    return table.states[keep], values[keep]


def why_nothing(table: LabelTable, selection: Any, heralds: Mapping[int, tuple[int, ...]]) -> str | None:
    """Say why post-selection keeps none of the states; None for a result without states.

    Args:
        table: The states, distinct, and what 255 means in them.
        selection: Rules or a callable, as `as_selection` takes it.
        heralds: Mode to the photon numbers that it may have.
    """
    n_states = len(table.states)
    if n_states == 0:
        return None
    rules, test = as_selection(selection)
    conditions = [
        *((f"the herald that {_told((mode,), n)}", Rule((mode,), n)) for mode, n in heralds.items()),
        *((f"the rule that {_told(rule.modes, rule.totals)}", rule) for rule in rules),
    ]
    numbers = np.arange(n_states)
    unmet = [text for text, rule in conditions if not select_columns(table, numbers, (rule,), {})[1].size]
    none = f"post-selection kept none of {number_of(n_states, 'state')}"
    if unmet:
        more = f", and {number_of(len(unmet) - 1, 'more rule')} alike" if len(unmet) > 1 else ""
        return f"{none}: none meets {unmet[0]}{more}"
    if test is not None:
        return f"{none}: the function {described(selection)} accepts none"
    return f"{none}: each rule is met by some, all together by none"


def _told(modes: tuple[int, ...], totals: tuple[int, ...]) -> str:
    which = f"mode {modes[0]} holds" if len(modes) == 1 else f"modes {', '.join(map(str, modes))} hold"
    return f"{which} {' or '.join(map(str, totals))} photon{'s' * (totals != (1,))}"


def settled(selection: Any) -> Any:
    """Return post-selection as a form that can be read again and that nobody else changes.

    Rules become a tuple: a generator gives its rules only once, and a `PostSelection` may get more of them. A
    callable stays what it is.

    Raises:
        TypeError: As in `as_selection`.
        ValueError: As in `as_selection`.
    """
    rules, test = as_selection(selection)
    return rules if test is None else selection


def described(selection: Any) -> Any:
    """Return post-selection as JSON-like data for the record of what was done."""
    rules, test = as_selection(selection)
    if test is None:
        return [[list(rule.modes), list(rule.totals)] for rule in rules]
    return name_of_test(selection)


def told_as(selection: Any) -> Any:
    """Return the post-selection that a result came with as JSON-like data.

    Raises:
        TypeError: If it is neither such data nor anything that post-selects.
    """
    if hasattr(selection, "rules") or hasattr(selection, "validate") or callable(selection):
        return described(selection)
    told = json_like(selection, "post_selection")
    if isinstance(told, bool | int | float):
        raise TypeError(
            f"Post-selection is {told!r}; use a PostSelection, rules, a callable, or their description."
        )
    return told
