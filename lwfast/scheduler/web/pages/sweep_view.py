"""What a page shows of the result of a sweep: a value against a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lwfast._base.showing.amounts import several
from lwfast._types import FloatArray
from lwfast.results import SweepResult
from lwfast.results.sweeps.sweep_counts import distinct_rows_of
from lwfast.results.sweeps.sweep_table import settings_taken
from lwfast.rules import Rule
from lwfast.scheduler.web.pages.charts import LineChart, line_chart
from lwfast.scheduler.web.pages.page_html import ket

MOST_LINES = 6
QUANTITIES = {
    "outcomes": "Most frequent outcomes",
    "photons": "Mean photons by mode",
    "kept": "Share kept by the rules",
}


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A parameter that is held, while another one varies along the chart.

    Attributes:
        name: Name of the parameter.
        field: The name of the field that sets it.
        index: Which of its values.
        last: Number of its last value.
        value: Value that the slider stands at.
    """

    name: str
    field: str
    index: int
    last: int
    value: float


@dataclass(frozen=True, kw_only=True)
class SweepView:
    """The result of a sweep as the page shows it.

    Attributes:
        parameters: The names of the parameters.
        along: The number of the one that the chart runs along.
        quantity: What is drawn, one of `QUANTITIES`.
        sliders: The other parameters of a grid.
        chart: The chart; None where no sample is left.
        n_settings: Settings that are drawn.
        n_samples: Samples of these settings together.
        note: What is not drawn, in words; may be empty.
    """

    parameters: list[str]
    along: int
    quantity: str
    sliders: list[Slider]
    chart: LineChart | None
    n_settings: int
    n_samples: int
    note: str


def sweep_view(
    sweep: SweepResult, rules: Sequence[Rule], along: int, quantity: str, held: Mapping[int, int]
) -> SweepView:
    """Return what is shown of the result of a sweep.

    Args:
        sweep: The result of the sweep.
        rules: Further rules to apply to it.
        along: Number of the parameter that the chart runs along; another one counts as the first.
        quantity: One of `QUANTITIES`; anything else counts as the outcomes.
        held: Of a grid, which value each other parameter has; the first where it is left out.
    """
    along = along if 0 <= along < len(sweep.labels) else 0
    quantity = quantity if quantity in QUANTITIES else "outcomes"
    rows, sliders = _rows(sweep, along, held)
    before = settings_taken(sweep, rows) if len(rows) < len(sweep) else sweep
    shown = before.post_select([rule.as_tuple() for rule in rules]) if rules else before
    x = shown.settings[:, along]
    totals = shown.n_samples.astype(np.float64)
    note, chart = "", None
    if quantity == "kept":
        all_of = before.n_samples.astype(np.float64)
        kept = np.divide(totals, all_of, out=np.full_like(totals, np.nan), where=all_of > 0)
        names, values, counted = ["kept"], kept[:, None], all_of
    elif quantity == "photons":
        names, values, note = _photons(shown, totals)
        counted = None
    else:
        names, values, note = _outcomes(shown, totals)
        counted = totals
    if names and len(x) and np.isfinite(values).any():
        errors = None
        if counted is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                errors = np.sqrt(values * (1 - values) / counted[:, None])
        chart = line_chart(x, names, values, errors, sweep.labels[along])
        if chart.is_ordered:
            note = (
                f"{note} The values of {sweep.labels[along]} differ too little for an axis: settings stand "
                "in their order, from the smallest to the largest."
            ).strip()
        if chart.is_thinned:
            note = f"{note} Only some of the {len(x):,} settings are drawn.".strip()
    return SweepView(
        parameters=list(sweep.labels),
        along=along,
        quantity=quantity,
        sliders=sliders,
        chart=chart,
        n_settings=len(x),
        n_samples=int(totals.sum()),
        note=note,
    )


def _rows(
    sweep: SweepResult, along: int, held: Mapping[int, int]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[Slider]]:
    """Return the settings along one axis of a grid, and where the others stand; of a list, all settings."""
    everything = np.arange(len(sweep), dtype=np.int64)
    if len(sweep.shape) == 1:
        return everything, []
    places: list[int | slice] = []
    for axis, length in enumerate(sweep.shape):
        places.append(slice(None) if axis == along else min(max(held.get(axis, 0), 0), length - 1))
    rows = everything.reshape(sweep.shape)[tuple(places)]
    sliders = [
        Slider(
            name=sweep.labels[axis],
            field=f"at{axis}",
            index=place,
            last=sweep.shape[axis] - 1,
            value=float(sweep.settings[rows[0], axis]),
        )
        for axis, place in enumerate(places)
        if isinstance(place, int)
    ]
    return rows, sliders


def _outcomes(sweep: SweepResult, totals: FloatArray) -> tuple[list[str], FloatArray, str]:
    # Not by `probabilities`: of a million rows with different outcomes that table would fill the memory.
    states, places = distinct_rows_of(sweep)
    if not len(states):
        return [], np.zeros((len(sweep), 0)), ""
    shares = sweep.counts / totals[sweep.setting_index]
    together = np.bincount(places, weights=shares, minlength=len(states))
    seen = np.argsort(-together, kind="stable")[:MOST_LINES]
    lines = np.where(totals[:, None] > 0, np.zeros((len(sweep), len(seen))), np.nan)
    for line, column in enumerate(seen):
        here = places == column
        lines[sweep.setting_index[here], line] = shares[here]
    left = len(states) - len(seen)
    note = f"{several(left, 'further outcome')} {'is' if left == 1 else 'are'} not drawn." if left else ""
    return [ket(states[column].tolist()) for column in seen], lines, note


def _photons(sweep: SweepResult, totals: FloatArray) -> tuple[list[str], FloatArray, str]:
    n_modes = sweep.states.shape[1]
    means = np.empty((len(sweep), n_modes))
    for mode in range(n_modes):
        weights = sweep.counts * sweep.states[:, mode].astype(np.int64)
        sums = np.bincount(sweep.setting_index, weights=weights, minlength=len(sweep))
        means[:, mode] = np.divide(sums, totals, out=np.full(len(sweep), np.nan), where=totals > 0)
    if n_modes <= MOST_LINES:
        return [f"mode {mode}" for mode in range(n_modes)], means, ""
    spread = np.nan_to_num(np.nanmax(means, axis=0) - np.nanmin(means, axis=0)) if totals.any() else means[0]
    chosen = np.sort(np.argsort(-spread, kind="stable")[:MOST_LINES])
    note = f"The {MOST_LINES} of {n_modes} modes that vary most are drawn."
    return [f"mode {mode}" for mode in chosen], means[:, chosen], note
