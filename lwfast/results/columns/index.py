"""Find rows of a state table without making a State for each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast.state import X_CODE, X
from lwfast.tables.packed_groups import enter_rows, find_rows
from lwfast.tables.packed_table import PackedTable, Table, as_bytes, fitting
from lwfast.tables.row_hash import hash_keys

_SMALL = 4096
"""Up to here a dict of bytes is built in a millisecond, and no kernel needs to be loaded."""


class StateIndex:
    """Row numbers of a table of distinct states.

    Args:
        states: `uint8[N, n_modes]`, contiguous, or words; no two rows equal.
        has_x: Whether 255 in it stands for X.
    """

    def __init__(self, states: Table, has_x: bool = False) -> None:
        if len(states) <= _SMALL:
            states = as_bytes(states)
        self._states = states
        self._has_x = has_x
        n_rows, n_modes = states.shape
        self._rows: dict[bytes, int] | None = None
        self._slots = np.zeros(0, np.uint64)
        if isinstance(states, PackedTable):
            self._slots = np.zeros(1 << (2 * n_rows).bit_length(), np.uint64)
            enter_rows(states, self._slots)
        elif n_rows <= _SMALL:
            text = states.tobytes()
            self._rows = {text[k * n_modes : (k + 1) * n_modes]: k for k in range(n_rows)}
        else:
            from lwfast._kernels.tables import counts as kernels

            self._slots = np.zeros(1 << (2 * n_rows).bit_length(), np.uint64)
            every = np.arange(n_rows, dtype=np.uint32)
            kernels.group_rehash(
                readable(states.reshape(-1)), n_modes, *hash_keys(), n_rows, every, self._slots
            )

    def row(self, occupation: tuple[int, ...]) -> int:
        """Return the row of a state, or -1 where the table does not have it.

        Args:
            occupation: Photon numbers, or X, of each mode, as `as_label` returns them.
        """
        try:
            key = bytes(occupation)
        except ValueError:  # more photons than a table holds
            return -1
        except TypeError:  # an X
            if not self._has_x or max(n for n in (0, *occupation) if n != X) >= X_CODE:
                return -1
            key = bytes([X_CODE if n == X else n for n in occupation])
        else:
            if self._has_x and X_CODE in key:
                return -1
        if self._rows is not None:
            return self._rows.get(key, -1)
        if isinstance(self._states, PackedTable):
            word = self._states.words_of_one(key)
            return -1 if word is None else int(find_rows(self._states, self._slots, word)[0])
        return int(self.rows(np.frombuffer(key, np.uint8).reshape(1, -1))[0])

    def rows(self, wanted: Table) -> NDArray[np.int64]:
        """Return the row of each of several states, bytes or words; -1 where the table does not have it."""
        n_wanted, n_modes = wanted.shape
        out: NDArray[Any] = np.full(n_wanted, -1, np.int64)
        if n_modes != self._states.shape[1]:
            return out
        if isinstance(self._states, PackedTable):
            return self._rows_of_words(self._states, wanted)
        wanted = as_bytes(wanted)
        if self._rows is not None:
            text = wanted.tobytes()
            for k in range(n_wanted):
                out[k] = self._rows.get(text[k * n_modes : (k + 1) * n_modes], -1)
            return out
        from lwfast._kernels.tables import counts as kernels

        flat = readable(self._states.reshape(-1)), readable(wanted.reshape(-1))
        kernels.find_rows(*flat, n_modes, *hash_keys(), self._slots, out)
        return out

    def _rows_of_words(self, states: PackedTable, wanted: Table) -> NDArray[np.int64]:
        words, fits = fitting(wanted, states.bits)
        out = find_rows(states, self._slots, words)
        if fits is not None:
            out[~fits] = -1
        return out
