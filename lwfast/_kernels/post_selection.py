"""Select rows of a uint8 table by the photon totals of some of their modes."""

from __future__ import annotations

import numpy as np

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, store1


@jit
def select_rows(table, n_modes, n_rows, rule_start, rule_modes, allowed_start, allowed, out):
    """Write the numbers of the rows that meet every rule to `out`; return how many there are.

    No branch depends on the data: a row's number is always written and only counted if the row is kept, so the
    pass runs at the same speed whatever is kept.

    Args:
        table: Flat uint8 table.
        n_modes: Modes of a row.
        n_rows: Number of rows.
        rule_start: int64[R + 1], where the modes of each rule start in `rule_modes`.
        rule_modes: int64, the modes of all rules in a row.
        allowed_start: int64[R], where the table of each rule starts in `allowed`.
        allowed: uint8, 1 for each total that a rule allows; each rule's table covers every possible total.
        out: uint32[n_rows].
    """
    n_rules = allowed_start.size
    kept = 0
    for row in range(n_rows):
        start = row * n_modes
        ok = np.int64(1)
        for r in range(n_rules):
            total = allowed_start[r]
            for k in range(load_index(rule_start, r), load_index(rule_start, r + 1)):
                total += load1(table, start + rule_modes[k])
            ok &= load1(allowed, total)
        out[kept] = row
        kept += ok
    return kept


@jit(inline="always")
def load_index(array, i):
    return array[i]


@jit
def gather_rows(table, n_modes, counts, rows, modes, out, out_counts):
    """Write modes `modes` of rows `rows` to the flat table `out`, and their counts to `out_counts`."""
    n_kept = modes.size
    for i in range(rows.size):
        row = np.int64(rows[i])
        out_counts[i] = counts[row]
        source = row * n_modes
        target = i * n_kept
        for k in range(n_kept):
            store1(out, target + k, load1(table, source + modes[k]))
