"""The columns and the words of a table with polars, on all of its threads."""

from __future__ import annotations

import polars as pl

name = "polars"


def prepare(states, counts):
    columns = {f"m{k}": states[:, k].copy() for k in range(states.shape[1])}
    return pl.DataFrame({**columns, "n": counts})


def prepare_words(table):
    return pl.DataFrame({"w": table[0].columns[0], "n": table[1]})


def select(frame, rules):
    kept = frame.filter(
        *(pl.sum_horizontal([pl.col(f"m{m}") for m in modes]).is_in(totals) for modes, totals in rules)
    )
    return len(kept), kept["n"].sum()


def select_words(frame, rules, bits, n_modes):
    def field(mode):
        return (pl.col("w") // (1 << bits * (n_modes - 1 - mode))) & ((1 << bits) - 1)

    kept = frame.filter(*(sum(field(m) for m in modes).is_in(list(totals)) for modes, totals in rules))
    return len(kept), kept["n"].sum()


def group(frame):
    return _added(frame.group_by([c for c in frame.columns if c != "n"]).agg(pl.col("n").sum()))


def group_words(frame):
    return _added(frame.group_by("w").agg(pl.col("n").sum()))


def threshold(frame):
    modes = [c for c in frame.columns if c != "n"]
    return group(frame.with_columns(*((pl.col(m) > 0).cast(pl.UInt8) for m in modes)))


def threshold_words(frame, bits, n_modes):
    ones = sum(1 << bits * mode for mode in range(n_modes))
    clicks = pl.col("w")
    for k in range(1, bits):
        clicks = clicks | (pl.col("w") // (1 << k))
    return group_words(frame.with_columns(w=clicks & ones))


def parity_words(frame, bits, n_modes):
    return group_words(frame.with_columns(w=pl.col("w") & sum(1 << bits * mode for mode in range(n_modes))))


def marginal(frame, modes):
    return _added(frame.group_by([f"m{m}" for m in modes]).agg(pl.col("n").sum()))


def binned(frame, bins):
    totals = [
        pl.sum_horizontal([pl.col(f"m{m}") for m in modes]).alias(f"b{k}") for k, modes in enumerate(bins)
    ]
    return _added(
        frame.select(*totals, "n").group_by([f"b{k}" for k in range(len(bins))]).agg(pl.col("n").sum())
    )


def _added(grouped):
    return len(grouped), grouped["n"].sum()
