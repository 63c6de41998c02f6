"""Equal rows of tables of short words, added up in memory that the next tables take again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import readable
from lwfast._types import Counts
from lwfast.errors import ResourceLimitError
from lwfast.tables.packed_groups import group_kernels
from lwfast.tables.packed_parts import TOO_LARGE
from lwfast.tables.packed_table import PackedTable

_MOST_BITS = 20
"""Of a row: four bytes for each word that there could be are 4 MB at most."""
_ENTRIES_A_ROW, _ENTRIES_OF_NEW = 32, 8
"""Where there are more, hashes are quicker; memory that is new has to be cleared and come from the system."""


class ShortPlaces:
    """An entry for each short word, all zeros between two uses. A thread has one of its own."""

    def __init__(self) -> None:
        self._entries = np.zeros(0, np.uint32)

    def entries(self, bits: int) -> NDArray[np.uint32]:
        """Return `uint32[2^bits]`, zeros, which whoever takes them makes zeros again."""
        if self._entries.size < 1 << bits:
            self._entries = np.zeros(1 << bits, np.uint32)
        return self._entries[: 1 << bits]


def group_short_tables(
    tables: Sequence[tuple[Any, Counts]], places: ShortPlaces | None = None
) -> tuple[PackedTable, Counts] | None:
    """Add up the counts of equal rows of tables, in the order in which they first appear.

    Args:
        tables: States, bytes or words, and the count of each. What is mapped is made piece by piece.
        places: Memory to work with; None for new one.

    Returns:
        New arrays; None for other tables than those of short words of one form, or of too few rows for them:
        then any other way is quicker.

    Raises:
        ResourceLimitError: If a sum is above 2^63 - 1.
    """
    words = [(table, readable(counts)) for table, counts in tables if isinstance(table, PackedTable)]
    n_rows = sum(len(table) for table, _ in words)
    if not words or len(words) < len(tables):
        return None
    n_modes, bits = words[0][0].n_modes, words[0][0].bits
    row_bits = n_modes * bits
    most = _ENTRIES_OF_NEW if places is None else _ENTRIES_A_ROW
    if row_bits > _MOST_BITS or 1 << row_bits > most * n_rows:
        return None
    if any(table.n_modes != n_modes or table.bits != bits for table, _ in words):
        return None
    add_up, forget = group_kernels().add_up_short, group_kernels().forget_short
    entries = (ShortPlaces() if places is None else places).entries(row_bits)
    room = min(n_rows, 1 << row_bits)
    found, sums = np.empty(room, np.uint64), np.empty(room, np.int64)
    groups = 0
    try:
        for table, counts in words:
            for columns, column, first, last in table.pieces(counts, 0, len(table)):
                groups = add_up(columns, column, first, last, groups, entries, found, sums)
                if groups < 0:
                    raise ResourceLimitError(TOO_LARGE)
    except BaseException:
        entries[:] = 0
        raise
    forget(found, groups, entries)
    return PackedTable(found[np.newaxis, :groups].copy(), n_modes, bits), sums[:groups].copy()
