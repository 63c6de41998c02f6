"""Results with pandas."""

from __future__ import annotations

import pandas as pd

name = "pandas"


def prepare(states, counts):
    """A table as a frame with a column for each mode."""
    frame = pd.DataFrame({f"m{k}": states[:, k] for k in range(states.shape[1])})
    frame["counts"] = counts
    return frame


def post_select(frame, rules, heralds):
    keep = pd.Series(True, index=frame.index)
    for mode, n in heralds.items():
        keep &= frame[f"m{mode}"] == n
    for modes, totals in rules:
        keep &= frame[[f"m{m}" for m in modes]].sum(axis=1).isin(totals)
    kept = frame[keep].drop(columns=[f"m{m}" for m in heralds])
    return len(kept), kept["counts"].sum()


def group(frame):
    modes = [c for c in frame.columns if c != "counts"]
    sums = frame.groupby(modes, sort=False)["counts"].sum()
    return len(sums), sums.sum()
