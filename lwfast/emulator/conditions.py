"""Which outcomes count, and without which modes they are reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lwfast._types import Counts, StateTable
from lwfast.rules import PostSelectionType, Rule, as_selection
from lwfast.state import State
from lwfast.tables.counts import group_checked
from lwfast.tables.post_selection import ask_about_rows, select_checked


@dataclass(slots=True)
class Conditions:
    """What an outcome has to meet.

    Attributes:
        heralds: Photons demanded in modes, which are then left out.
        pairs: Rules on the other modes.
        least: Fewest photons in the other modes.
        test: Any other post-selection, asked once for each distinct outcome.
    """

    heralds: dict[int, int] = field(default_factory=dict)
    pairs: tuple[Rule, ...] = ()
    least: int = 0
    test: Callable[[State], Any] | None = None

    @classmethod
    def of(cls, heralds: Any, post_selection: PostSelectionType | None, least: int) -> Conditions:
        """Make conditions from what a task holds; rules become tables, anything else stays a callable."""
        fixed = {int(mode): int(number) for mode, number in dict(heralds).items()}
        if post_selection is None:
            return cls(fixed, (), least)
        rules, test = as_selection(post_selection)
        return cls(fixed, rules, least, test)

    @property
    def any(self) -> bool:
        """Whether anything is demanded."""
        return bool(self.heralds or self.pairs or self.least > 0 or self.test is not None)

    def select(self, states: StateTable, counts: Counts) -> tuple[StateTable, Counts]:
        """Keep what meets heralds, rules and the least number of photons; equal rows are not added up.

        Args:
            states: uint8[N, m], all modes.
            counts: int64[N], how often each was seen.
        """
        n_modes = states.shape[1]
        others = [mode for mode in range(n_modes) if mode not in self.heralds]
        rules = tuple(rule.on(others) for rule in self.pairs)
        states, counts = select_checked(states, counts, rules, self.heralds)
        if self.least > 0:
            keep = states.sum(axis=1, dtype=np.int64) >= self.least
            states, counts = states[keep], counts[keep]
        return states, counts

    def ask(self, states: StateTable) -> Any:
        """Ask the callable about each row: bool[N]."""
        if self.test is None:
            return np.ones(len(states), dtype=np.bool_)
        return ask_about_rows(self.test, states)


def grouped(states: StateTable, counts: Counts) -> tuple[StateTable, Counts]:
    """Add up equal rows."""
    return group_checked(np.ascontiguousarray(states), counts)
