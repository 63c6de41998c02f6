"""Post-selection of Perceval as that of lwfast, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast.perceval.selection_text import comparisons_of, parse_condition, rule_text, without_heralds
from lwfast.rules import (
    DefaultPostSelection,
    PostSelection,
    PostSelectionFunction,
    PostSelectionType,
    as_rules,
    has_only_rules,
)


def read_selection(
    selection: Any, n_modes: int | None = None, heralds: Mapping[int, int] | None = None
) -> PostSelectionType | None:
    """Return a PostSelect as rules, or as a function where it is more than comparisons that all have to hold.

    Args:
        selection: The PostSelect, on all modes.
        n_modes: The number of modes, heralded ones counted; None takes those that it names.
        heralds: Photon number by heralded mode, at the outputs: the states that lwfast selects are without
            these modes.

    Returns:
        The post-selection, or None where there is no condition.

    Raises:
        ValueError: Its text could not be read, or a condition on heralded modes alone contradicts them.
    """
    if not selection.has_condition:
        return None
    condition = parse_condition(str(selection))
    if n_modes is not None:
        condition = without_heralds(condition, n_modes, heralds or {})
    comparisons = comparisons_of(condition)
    if comparisons is None:
        return PostSelectionFunction(condition)
    rules = PostSelection(multi_rules=True)
    for comparison in comparisons:
        totals = [n for n in range(MAX_STATE_PHOTONS + 1) if comparison.accepts(n)]
        if (comparison.modes and not totals) or (not comparison.modes and not comparison.accepts(0)):
            msg = f"No outcome can meet the post-selection {selection}; change it, or the heralds."
            raise ValueError(msg)
        if comparison.modes and len(totals) <= MAX_STATE_PHOTONS:
            rules.add(comparison.modes, totals)
    return rules if rules.rules else None


def write_selection(pcvl: Any, selection: PostSelectionType, places: list[int] | None = None) -> Any:
    """Return rules as a PostSelect.

    Args:
        pcvl: The imported package `perceval`, whose classes are used.
        selection: The post-selection in any form of rules.
        places: Where each mode of a state without heralded modes is among all modes; None leaves modes as
            they are.

    Raises:
        ValueError: The post-selection is a function.
    """
    if isinstance(selection, DefaultPostSelection) or getattr(selection, "rules", None) == []:
        return pcvl.PostSelect()
    if not has_only_rules(selection):
        msg = (
            f"The post-selection {selection!r} is a function, and Perceval has conditions on photon numbers. "
            "State it by rules, PostSelection().add(modes, photons), or apply it to the results."
        )
        raise ValueError(msg)
    rules = [rule if places is None else rule.on(places) for rule in as_rules(selection)]
    return pcvl.PostSelect(" & ".join([rule_text(rule.modes, rule.totals) for rule in rules]))
