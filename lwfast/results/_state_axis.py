"""The states along one side of an array, read as the keys of a dict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._types import StateTable
from lwfast.counts import group_checked
from lwfast.results._index import StateIndex
from lwfast.results._state_map import frozen
from lwfast.state import State


class StateAxis:
    """States of rows or columns. Where one stands there more than once, the last counts, as in a dict.

    Args:
        table: `uint8[N, n_modes]`, owned by the new object: read-only from now on.
    """

    __slots__ = ("_keys", "index", "places", "table")

    table: StateTable
    index: StateIndex
    places: NDArray[np.int64] | None

    def __init__(self, table: StateTable) -> None:
        self.table = frozen(np.ascontiguousarray(table))
        self._keys, _ = group_checked(self.table, np.ones(len(table), np.int64))
        self.places = None
        if len(self._keys) == len(table):
            self._keys = self.table
        self.index = StateIndex(self._keys)
        if self._keys is not self.table:
            self.places = np.empty(len(self._keys), np.int64)
            self.places[self.index.rows(self.table)] = np.arange(len(table))

    @property
    def keys(self) -> StateTable:
        """The distinct states, `uint8[n_keys, n_modes]`, in the order in which they first appear."""
        return self._keys

    def place(self, occupation: tuple[int, ...]) -> int:
        """Return where a state stands, -1 where it does not."""
        row = self.index.row(occupation)
        return row if row < 0 or self.places is None else int(self.places[row])

    def states(self) -> list[State]:
        """Return all states, as a new list."""
        return [State._trusted(tuple(row)) for row in self.table.tolist()]  # noqa: SLF001  (of uint8: valid)
