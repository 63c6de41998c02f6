"""Values with errors drawn against time, a parameter, or groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.showing.plot_style import (
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_MOST_TICKS = 24


def plot_trend(
    positions: Sequence[Any],
    values: FloatArray,
    intervals: FloatArray,
    names: tuple[str, str],
    *,
    level: float | None = None,
    show: bool = True,
    ax: Axes | None = None,
) -> tuple[Figure | SubFigure, Axes] | None:
    """Draw points with an interval of one standard error each.

    Args:
        positions: Where they are: all numbers, all dates, or anything else, which is drawn side by side.
        values: float64[k], the height of each point.
        intervals: float64[k, 2], both ends of the bar of each.
        names: What is along the axes: below, and at the side.
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
    pyplot = pyplot_module()
    with plot_style(ax is None):
        if ax is None:
            figure, axes = pyplot.subplots(figsize=(6.3, 3.6), layout="constrained")
        else:
            figure, axes = ax.figure, ax
        places, texts = _places_of(positions)
        look: dict[str, Any] = {"fmt": "o", "markersize": 3.8, "capsize": 2.0}
        if level is not None:
            axes.axhline(level, color=INK, linewidth=1.0, linestyle="--", label="mean of all")
        bars = np.abs(intervals - values[:, None]).T
        axes.errorbar(places, values, yerr=bars, label="with standard error", **DATA_LINES, **look)
        if texts is not None:
            step = -(-len(texts) // _MOST_TICKS)
            axes.set_xticks(places[::step], texts[::step], rotation=30, ha="right", rotation_mode="anchor")
        elif not isinstance(places[0], float):
            from matplotlib import dates

            ticks: Any = dates  # without types
            locator = ticks.AutoDateLocator()
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ticks.ConciseDateFormatter(locator))
        axes.set_xlabel(plot_text(names[0], LABEL_LENGTH))
        axes.set_ylabel(plot_text(names[1], LABEL_LENGTH))
        tidy(axes, "both")
        if level is not None:
            axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return shown_or_returned(figure, axes, show and ax is None)


def _places_of(positions: Sequence[Any]) -> tuple[Any, list[str] | None]:
    """Return where points are drawn, and the texts below them where they are neither numbers nor dates."""
    if all(isinstance(place, int | float) and not isinstance(place, bool) for place in positions):
        return [float(place) for place in positions], None
    if all(hasattr(place, "isoformat") for place in positions):
        return list(positions), None
    return np.arange(len(positions)), [plot_text(str(place), LABEL_LENGTH) for place in positions]
