"""Results with polars, on all of its threads."""

from __future__ import annotations

import polars as pl

name = "polars"


def prepare(states, counts):
    """A table as a frame with a column for each mode."""
    columns = {f"m{k}": states[:, k].copy() for k in range(states.shape[1])}
    return pl.DataFrame({**columns, "counts": counts})


def post_select(frame, rules, heralds):
    conditions = [pl.col(f"m{mode}") == n for mode, n in heralds.items()]
    for modes, totals in rules:
        total = pl.sum_horizontal([pl.col(f"m{m}").cast(pl.UInt16) for m in modes])
        conditions.append(total.is_in(list(totals)))
    kept = frame.filter(*conditions).drop([f"m{m}" for m in heralds])
    return len(kept), kept["counts"].sum()


def group(frame):
    modes = [c for c in frame.columns if c != "counts"]
    sums = frame.group_by(modes, maintain_order=True).agg(pl.col("counts").sum())
    return len(sums), sums["counts"].sum()
