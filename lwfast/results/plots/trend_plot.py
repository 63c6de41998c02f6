"""Values with errors drawn against time, a parameter, or groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lwfast._base.showing.plot_style import (
    COLOURS,
    DATA_LINES,
    INK,
    plot_style,
    pyplot_module,
    shown_or_returned,
    tidy,
)
from lwfast._base.showing.plot_text import plot_text
from lwfast._types import FloatArray
from lwfast.results.plots.bars import LABEL_LENGTH
from lwfast.results.plots.kets import ket

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_MOST_TICKS = 36
_MOST_DATES = 6
"""Ticks with dates, which are wide: with more, those of days and hours nearly touch."""
_MOST_SERIES = 16
"""Sets of points with a colour and a sign each; of more, nobody can tell which is which."""
_MARKERS = "osD^v<>P"
_STATE = re.compile(r"\|([0-9X]+(?:,[0-9X]+)*)>")


class _Series(NamedTuple):
    """Points that belong together.

    Attributes:
        name: What a legend calls them; empty where these are all.
        rows: Which of the values they are, in the order of their places.
        places: Where each is along the axis.
    """

    name: str
    rows: list[int]
    places: Any


def plot_trend(
    positions: Sequence[Any],
    values: FloatArray,
    intervals: FloatArray,
    columns: Sequence[str],
    what: str,
    *,
    level: float | None = None,
    show: bool = True,
    ax: Axes | None = None,
) -> tuple[Figure | SubFigure, Axes] | None:
    """Draw points with an interval of one standard error each.

    Positions of one column are along the axis: numbers and dates to scale, anything else side by side. Of
    several columns, the last one with numbers only is along the axis that leaves at most 16 sets of points,
    each with a colour, a sign and a line in the legend. Without such a column, all positions stand side by
    side.

    Args:
        positions: Where they are: values of one column, or tuples of those of several.
        values: float64[k], the height of each point.
        intervals: float64[k, 2], both ends of the bar of each.
        columns: The names of the columns of the positions.
        what: What is measured, for the axis at the side; states in it become kets.
        level: A line across, such as the mean of all; None for none.
        show: Show the figure and return None; without a screen, where it is False or `ax` is given, return
            figure and axes.
        ax: Axes to draw into; by default None, which makes a new figure.

    Raises:
        LightworksDependencyError: Matplotlib is not installed.
        ValueError: There is nothing to draw.
    """
    if not len(positions):
        raise ValueError("There is nothing to draw: no file gave a value.")
    series, along, beside, texts = _series_of(positions, columns)
    pyplot = pyplot_module()
    with plot_style(ax is None):
        if ax is None:
            figure, axes = pyplot.subplots(figsize=(6.3, 3.6), layout="constrained")
        else:
            figure, axes = ax.figure, ax
        if level is not None:
            axes.axhline(level, color=INK, linewidth=1.0, linestyle="--", label="mean of all")
        bars = np.abs(intervals - values[:, None]).T
        for k, (name, rows, places) in enumerate(series):
            look: dict[str, Any] = {"fmt": "o", "markersize": 3.8, "capsize": 2.0}
            if beside:
                look |= {"fmt": f"{_MARKERS[k % len(_MARKERS)]}-", "linewidth": 0.8}
                look["color"] = COLOURS[(k + k // len(COLOURS)) % len(COLOURS)]  # with other signs
            label = plot_text(name, LABEL_LENGTH) if beside else "with standard error"
            axes.errorbar(places, values[rows], yerr=bars[:, rows], label=label, **DATA_LINES, **look)
        if texts is not None:
            step = -(-len(texts) // _MOST_TICKS)
            axes.set_xticks(
                np.arange(len(texts))[::step], texts[::step], rotation=30, ha="right", rotation_mode="anchor"
            )
        elif not isinstance(series[0].places[0], float):
            from matplotlib import dates

            ticks: Any = dates  # without types
            locator = ticks.AutoDateLocator(minticks=3, maxticks=_MOST_DATES)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ticks.ConciseDateFormatter(locator))
        axes.set_xlabel(plot_text(along, LABEL_LENGTH))
        axes.set_ylabel(plot_text(_STATE.sub(_as_ket, what), LABEL_LENGTH))
        tidy(axes, "both")
        if level is not None or beside:
            title = plot_text(beside, LABEL_LENGTH) if beside else None
            axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), title=title)
    return shown_or_returned(figure, axes, show and ax is None)


def _series_of(
    positions: Sequence[Any], columns: Sequence[str]
) -> tuple[list[_Series], str, str, list[str] | None]:
    """Return sets of points, the names of what is along the axis and in the legend, and texts of ticks.

    The legend has no name where there is one set, and ticks have no texts where places are numbers or dates.
    """
    several = len(columns) > 1
    rows = [place if several else (place,) for place in positions]
    name, everything = ", ".join(columns), list(range(len(rows)))
    numeric = [k for k in range(len(columns)) if all(_is_number(row[k]) for row in rows)]
    if not several and numeric:
        return [_Series("", everything, [float(row[0]) for row in rows])], name, "", None
    if not several and all(hasattr(row[0], "isoformat") for row in rows):
        return [_Series("", everything, [row[0] for row in rows])], name, "", None
    for column in reversed(numeric):
        sets: dict[tuple[Any, ...], list[int]] = {}
        for k, row in enumerate(rows):
            sets.setdefault((*row[:column], *row[column + 1 :]), []).append(k)
        if len(sets) <= _MOST_SERIES:
            series = []
            for key, members in sets.items():
                members.sort(key=lambda k: rows[k][column])
                places = [float(rows[k][column]) for k in members]
                series.append(_Series(_text_of(key), members, places))
            others = [other for k, other in enumerate(columns) if k != column]
            return series, columns[column], ", ".join(others), None
    texts = [plot_text(_text_of(row), LABEL_LENGTH) for row in rows]
    return [_Series("", everything, np.arange(len(rows)))], name, "", texts


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text_of(values: Sequence[Any]) -> str:
    """Return the values of several columns as a person writes them: `Apollo, 0.5`."""
    return ", ".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in values)


def _as_ket(state: re.Match[str]) -> str:
    return ket(state[1].split(","))
