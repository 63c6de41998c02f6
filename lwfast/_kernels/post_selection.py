"""Select rows of a uint8 table by the photon totals of some of their modes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._kernels._jit import jit
from lwfast._kernels._words import load1, load8, store1, store8

_BLOCK = 2048


@jit
def select_rows(
    table: NDArray[np.uint8],
    n_modes: int,
    n_rows: int,
    rule_start: NDArray[np.int64],
    rule_modes: NDArray[np.int64],
    allowed_start: NDArray[np.int64],
    allowed: NDArray[np.uint8],
    out: NDArray[np.uint32],
) -> int:
    """Write the numbers of the rows that meet every rule to `out`; return how many there are.

    The rows of a block pass one rule after the other, and only those that met a rule are tried on the next.
    No branch depends on the data: a row's number is always written, and counted only if the row is kept.

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
    for block in range(0, n_rows, _BLOCK):
        size = min(_BLOCK, n_rows - block)
        alive = size
        for r in range(n_rules):
            first = rule_start[r]
            last = rule_start[r + 1]
            base = allowed_start[r]
            mode = rule_modes[first]
            passed = 0
            for i in range(alive):
                row = block + i if r == 0 else int(out[kept + i])
                start = row * n_modes
                total = base + load1(table, start + mode)
                for k in range(first + 1, last):
                    total += load1(table, start + rule_modes[k])
                out[kept + passed] = row
                passed += load1(allowed, total)
            alive = passed
        kept += alive
    return kept


@jit
def gather_rows(
    table: NDArray[np.uint8],
    n_modes: int,
    counts: NDArray[np.int64],
    rows: NDArray[np.uint32],
    modes: NDArray[np.int64],
    out: NDArray[np.uint8],
    out_counts: NDArray[np.int64],
) -> None:
    """Write `modes` of `rows` to the flat table `out` and their counts to `out_counts`, in place."""
    n_kept = modes.size
    for i in range(rows.size):
        row = int(rows[i])
        out_counts[i] = counts[row]
        source = row * n_modes
        target = i * n_kept
        if n_kept == n_modes and n_modes >= 8:
            for k in range(0, n_modes - 8, 8):
                store8(out, target + k, load8(table, source + k))
            store8(out, target + n_modes - 8, load8(table, source + n_modes - 8))
        else:
            for k in range(n_kept):
                store1(out, target + k, load1(table, source + modes[k]))
