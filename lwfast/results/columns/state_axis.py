"""The states along one side of an array, read as the keys of a dict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen
from lwfast._types import StateTable
from lwfast.results.columns.index import StateIndex
from lwfast.results.columns.labels import has_an_x
from lwfast.state import State, states_of
from lwfast.tables.counts import group_checked

_KEPT = 1024
"""Up to so many states are kept as objects, at most some 200 KB."""


class StateAxis:
    """States of rows or columns. Where one stands there more than once, the last counts, as in a dict.

    Nothing in it can be changed, so that results may share it.

    Args:
        table: `uint8[N, n_modes]`, owned by the new object: read-only from now on.
        has_x: Whether 255 in it stands for X.
    """

    __slots__ = ("_found", "_states", "has_x", "table")

    table: StateTable
    has_x: bool

    def __init__(self, table: StateTable, has_x: bool = False) -> None:
        self.table = frozen(np.ascontiguousarray(table))
        self.has_x = has_an_x(self.table, has_x)
        self._states: list[State] | None = None
        self._found: tuple[StateTable, StateIndex, NDArray[np.int64] | None] | None = None

    def __len__(self) -> int:
        return len(self.table)

    def _look(self) -> tuple[StateTable, StateIndex, NDArray[np.int64] | None]:
        """Return keys, index and places, found on first use: they take twice the memory of the states."""
        if self._found is None:
            keys, _ = group_checked(self.table, np.ones(len(self.table), np.int64))
            places = None
            if len(keys) == len(self.table):
                keys = self.table
            index = StateIndex(keys, self.has_x)
            if keys is not self.table:
                places = np.empty(len(keys), np.int64)
                places[index.rows(self.table)] = np.arange(len(self.table))
            self._found = keys, index, places
        return self._found

    @property
    def keys(self) -> StateTable:
        """The distinct states, `uint8[n_keys, n_modes]`, in the order in which they first appear."""
        return self._look()[0]

    @property
    def index(self) -> StateIndex:
        """The index of the keys."""
        return self._look()[1]

    @property
    def places(self) -> NDArray[np.int64] | None:
        """Where each key stands last, `int64[n_keys]`; None where each stands once."""
        return self._look()[2]

    def place(self, occupation: tuple[int, ...]) -> int:
        """Return where a state stands, -1 where it does not."""
        _, index, places = self._look()
        row = index.row(occupation)
        return row if row < 0 or places is None else int(places[row])

    def states(self) -> list[State]:
        """Return all states, as a new list; those of a small table are made once."""
        if self._states is not None:
            return self._states.copy()
        states = states_of(self.table, self.has_x)
        if len(states) <= _KEPT:
            self._states = states.copy()
        return states
