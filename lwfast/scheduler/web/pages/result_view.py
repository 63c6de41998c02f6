"""What a page shows of a job's result: outcomes, photon numbers, modes and how they go together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwfast._base.showing.amounts import several
from lwfast.results import SamplingResult
from lwfast.rules import Rule
from lwfast.scheduler.web.pages.charts import CELL, MOST_CELLS, Bar, Cell, bars, heat_cells, signed
from lwfast.scheduler.web.pages.page_html import ket

TOP = 15
MOST_MODES = 64
"""Most modes with a bar each."""


@dataclass(frozen=True, kw_only=True)
class ResultView:
    """A result as the page shows it.

    Attributes:
        n_samples: Samples that are shown.
        n_outcomes: Different outcomes among them.
        n_modes: Number of modes of each outcome.
        kept: Share of the samples that were left by the rules which were typed; None without such rules.
        outcomes: The most frequent ones.
        rest: What is said of all others; empty if there are no others.
        photons: Samples by their number of photons.
        modes: Mean number of photons of each mode; empty where there are very many.
        cells: Correlations of pairs of modes; empty without modes or with very many.
        side: Side of the drawing of these.
        strongest: The strongest of these between two modes, in words.
    """

    n_samples: int
    n_outcomes: int
    n_modes: int
    kept: float | None
    outcomes: list[Bar]
    rest: str
    photons: list[Bar]
    modes: list[Bar]
    cells: list[Cell]
    side: float
    strongest: str


def result_view(result: SamplingResult, rules: Sequence[Rule]) -> ResultView:
    """Return what is shown of a result, with further rules applied."""
    before = result.n_samples
    shown = result.apply_post_selection([rule.as_tuple() for rule in rules]) if rules else result
    total = shown.n_samples
    top = shown.top(TOP)
    counts = [int(count) for count in top.counts]
    outcomes = bars(
        [ket(row) for row in top.states.tolist()],
        counts,
        [_error(count, total) for count in counts],
        [f"{count:,}" for count in counts],
        total,
    )
    left, n_left = total - sum(counts), len(shown) - len(top)
    rest = f"{several(n_left, 'further outcome')} with {several(left, 'sample')}" if n_left else ""
    if not len(shown):
        return ResultView(
            n_samples=0,
            n_outcomes=0,
            n_modes=result.n_modes,
            kept=0.0 if rules and before else None,
            outcomes=[],
            rest="",
            photons=[],
            modes=[],
            cells=[],
            side=0.0,
            strongest="",
        )
    summary = shown.summary()
    histogram = {n: int(c) for n, c in enumerate(summary.photon_histogram) if c}
    correlations = summary.correlations if 1 < shown.n_modes <= MOST_CELLS else np.zeros((0, 0))
    modes: list[Bar] = []
    if shown.n_modes <= MOST_MODES:
        means, errors = summary.mode_means.tolist(), summary.mode_errors.tolist()
        written = [f"{mean:.4f}" for mean in means]
        modes = bars([str(mode) for mode in range(shown.n_modes)], means, errors, written, None)
    return ResultView(
        n_samples=total,
        n_outcomes=len(shown),
        n_modes=shown.n_modes,
        kept=total / before if rules and before else None,
        outcomes=outcomes,
        rest=rest,
        photons=bars(
            [str(n) for n in histogram],
            list(histogram.values()),
            [_error(count, total) for count in histogram.values()],
            [f"{count:,}" for count in histogram.values()],
            total,
        ),
        modes=modes,
        cells=heat_cells(correlations),
        side=CELL * len(correlations),
        strongest=_strongest(correlations),
    )


def _error(count: int, total: int) -> float:
    """One standard error of a count, sqrt(n p (1 - p))."""
    return math.sqrt(count * (1 - count / total)) if total else 0.0


def _strongest(correlations: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
    pairs = np.triu(np.nan_to_num(correlations), 1)
    if not pairs.any():
        return "No two modes go together: the number of photons is constant, or there is one mode."
    row, column = np.unravel_index(int(np.abs(pairs).argmax()), pairs.shape)
    strongest = signed(float(pairs[row, column]))
    return f"The strongest is {strongest}, between modes {row} and {column}."
