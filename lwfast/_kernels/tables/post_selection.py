"""Select rows of a uint8 table by the photon totals of some of their modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8, store1, store8

_BLOCK = 4096  # rows that pass one condition after the other; at 10^6 rows 12 % faster than 1024
_U = np.uint64  # an unsigned index needs no check for negative ones


@jit(
    "const uint8[:], int64, const int64[:], const uint64[:], const int64[:], const int64[:], "
    "const int64[:], const uint8[:], const int64[:], uint8[:], int64[:]"
)
def select_rows(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    words: NDArray[np.uint64],
    rule_start: NDArray[np.int64],
    rule_modes: NDArray[np.int64],
    allowed_start: NDArray[np.int64],
    allowed: NDArray[np.uint8],
    runs: NDArray[np.int64],
    out: NDArray[np.uint8],
    out_counts: NDArray[np.int64],
) -> int:
    """Write some modes of the rows that meet every condition, and their counts; return how many there are.

    The rows of a block pass one condition after the other, and only those that met it are tried on the next.
    No branch depends on the data: a row's number is always written, and counted only if the row is kept. The
    rows that are left are copied while the block is in the cache: 3 times faster than after the last block.

    Args:
        table: Flat uint8 table.
        n_modes: Modes of a row.
        counts: int64, one for each row.
        words: uint64, three for each word condition: the eight bytes of a row from the first on, masked by
            the second, equal the third. All modes of one photon number that lie close take one comparison:
            0.6 ns a row, where a look-up for each of two took 1.4 ns.
        rule_start: int64[R + 1], where the modes of each rule start in `rule_modes`.
        rule_modes: int64, the modes of all rules in a row; at least two each.
        allowed_start: int64[R], where the table of each rule starts in `allowed`.
        allowed: uint8, 1 for each total that a rule allows; each rule's table covers every possible total.
        runs: int64, first mode and length of each run of modes that is written, in a row.
        out: Flat uint8 table with room for every row.
        out_counts: int64, as many.
    """
    n_rows = counts.size
    rows = np.empty(_BLOCK, np.int64)
    kept = n_rows - n_rows  # no literal zero, for which Numba would compile `_take_runs` once more
    for block in range(0, n_rows, _BLOCK):
        size = min(_BLOCK, n_rows - block)
        alive = size
        for i in range(size if words.size == 0 else 0):
            rows[_U(i)] = block + i
        # What a loop reads again stands in a variable: a store to `rows` might change any array.
        for w in range(0, words.size, 3):
            offset, mask, value = int(words[w]), words[w + 1], words[w + 2]
            passed = 0
            if w == 0:
                at = block * n_modes + offset
                for i in range(size):
                    rows[_U(passed)] = block + i
                    passed += (load8(table, at) & mask) == value
                    at += n_modes
            else:
                for i in range(alive):
                    row = rows[_U(i)]
                    rows[_U(passed)] = row
                    passed += (load8(table, row * n_modes + offset) & mask) == value
            alive = passed
        for r in range(allowed_start.size):
            first, last = rule_start[r], rule_start[r + 1] - 1
            mode, other, base = rule_modes[first], rule_modes[last], allowed_start[r]
            passed = 0
            if last == first + 1:
                for i in range(alive):
                    row = rows[_U(i)]
                    start = row * n_modes
                    rows[_U(passed)] = row
                    passed += load1(allowed, base + load1(table, start + mode) + load1(table, start + other))
            else:
                for i in range(alive):
                    row = rows[_U(i)]
                    total = base
                    for k in range(first, last + 1):
                        total += load1(table, row * n_modes + rule_modes[k])
                    rows[_U(passed)] = row
                    passed += load1(allowed, total)
            alive = passed
        _take_runs(table, n_modes, counts, rows, alive, runs, out, out_counts, kept)
        kept += alive
    return kept


@jit
def _take_runs(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    rows: NDArray[np.int64],
    n_rows: int,
    runs: NDArray[np.int64],
    out: NDArray[np.uint8],
    out_counts: NDArray[np.int64],
    kept: int,
) -> None:
    """Write runs of modes of the first `n_rows` of `rows` to `out`, in place, behind `kept` rows."""
    # Counts come from memory, rows from the cache: a short loop of its own has more of them under way.
    for i in range(n_rows):
        out_counts[_U(kept + i)] = counts[_U(rows[_U(i)])]
    n_written = out.size // out_counts.size
    for i in range(n_rows):
        source = rows[_U(i)] * n_modes
        target = (kept + i) * n_written
        if source + n_modes + 8 <= table.size and target + n_written + 8 <= out.size:
            # Words that reach too far: what is behind is written later.
            for r in range(0, runs.size, 2):
                start = source + runs[r]
                for k in range(0, runs[r + 1], 8):
                    store8(out, target + k, load8(table, start + k))
                target += runs[r + 1]
        else:
            for r in range(0, runs.size, 2):
                for k in range(runs[r + 1]):
                    store1(out, target + k, load1(table, source + runs[r] + k))
                target += runs[r + 1]
