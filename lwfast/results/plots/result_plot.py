"""Bar charts of counts, readable at any number of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lwfast._base.showing.plot_text import measure, plot_text
from lwfast.errors import LightworksDependencyError
from lwfast.results.columns.text import shortened
from lwfast.results.count_map import CountMap
from lwfast.results.plots.bars import (
    DEFAULT_TOP,
    LABEL_LENGTH,
    Bars,
    bars_of,
    checked_top,
    label_table,
    number_text,
)

_LABEL_SIZE, _SMALL_SIZE = 9.0, 7.0
_CUT_FROM = 2.0
"""The bar of all others is cut where it is so many times higher than the highest other bar."""
_CHARACTER = 0.072
"""Inches along a label that a character takes at `_LABEL_SIZE`; states are digits and narrow commas."""
_MOST_CHARACTERS, MOST_LINES = 110, 4
"""Of a label of a user: for so much of it there is room, the rest runs out of the figure."""
_LINE = 1.25 / 72
"""Inches that a line of text takes across it, for each point of its size."""


def plot_results(
    results: CountMap | Sequence[CountMap] | Mapping[str, CountMap],
    *,
    show: bool = True,
    state_labels: Mapping[Any, Any] | None = None,
    top: int = DEFAULT_TOP,
    order: str = "count",
    normalize: bool = False,
    errors: bool = False,
    ax: Any = None,
    compare: Any = None,
    labels: Sequence[str] | None = None,
) -> Any:
    """Draw the counts of one or several results as bars.

    The `top` most frequent states get a bar each; one more bar, hatched, stands for all others together, so
    that nothing is left out. States of several results are ranked by their share summed over the results.

    Args:
        results: One result, several, or several by name.
        show: Show the figure and return None, as Lightworks does. On a backend without a screen nothing can
            be shown: then, and where `ax` is given or `show` is False, figure and axes are returned.
        state_labels: Another label for some states, written in full: in several lines where it is longer than
            64 characters. `$...$` is a formula, as everywhere in Matplotlib, where that can read it.
        top: How many states get a bar of their own.
        order: "count" (largest first) or "state".
        normalize: Draw shares of all counts instead of counts.
        errors: Draw the statistical error of each bar, `sqrt(n p (1 - p))`.
        ax: Axes to draw into; a new figure is made where it is None. Long labels take their room from these
            axes, up to half of it; those of states are shortened to fit, yours get shorter lines.
        compare: Further results to draw beside, in the forms of `results`.
        labels: Name of each result for the legend, like the names in `results` written in full.

    Returns:
        (figure, axes), or None where the figure was shown.

    Raises:
        LightworksDependencyError: If matplotlib is not installed.
        ModeMismatchError: If the results differ in their number of modes.
        TypeError: If a key of `state_labels` is not a state, `top` is no integer, or errors are wanted of
            counts that are no integers.
        ValueError: If a result holds no data, `top` is not positive, or `order` is unknown.
    """
    named = _named(results, compare, labels)
    bars = bars_of(
        [result for _, result in named],
        checked_top(top),
        order,
        label_table(state_labels),
        normalize=normalize,
        errors=errors,
    )
    pyplot = pyplot_module()
    if ax is None:
        figure, (axes,), width = new_axes(pyplot, bars)
    else:
        figure, axes, bars, width = ax.figure, ax, _fitted(ax, bars), _inches(ax)[0]
    draw_bars(axes, width, bars, [name for name, _ in named])
    axes.set_ylabel("Share of counts" if normalize else "Counts")
    axes.set_xlabel("State")
    if ax is None and show and has_screen(pyplot):
        pyplot.show()
        return None
    return figure, axes


def pyplot_module() -> Any:
    """Return matplotlib.pyplot.

    Raises:
        LightworksDependencyError: If it is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise LightworksDependencyError(
            "Matplotlib is not installed; python -m pip install matplotlib (the extra lwfast[plot])."
        ) from None
    return plt


def has_screen(pyplot: Any) -> bool:
    """Whether `show` does something: on other backends it only warns."""
    name = pyplot.get_backend().lower()
    return name not in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


def _named(results: Any, compare: Any, labels: Sequence[str] | None) -> list[tuple[str, CountMap]]:
    named: list[tuple[str, CountMap]] = []
    for group in (results, compare):
        if group is None:
            continue
        if isinstance(group, CountMap):
            named.append(("", group))
        elif isinstance(group, Mapping):
            named.extend((str(name), result) for name, result in group.items())
        else:
            named.extend(("", result) for result in group)
    for _, result in named:
        if not isinstance(result, CountMap):
            raise TypeError(f"Only results of counts can be drawn, not {type(result).__name__}.")
        if len(result) == 0:
            why = result.nothing_left
            none = "Result contains no data."
            raise ValueError(f"{none} By its history, {why}." if why else none)
    if not named:
        raise ValueError("There is no result to draw.")
    if labels is not None:
        if len(labels) != len(named):
            raise ValueError(f"{len(labels)} labels do not fit {len(named)} results.")
        named = [(str(label), result) for label, (_, result) in zip(labels, named, strict=True)]
    return [(name or f"result {k + 1}", result) for k, (name, result) in enumerate(named)]


def new_axes(pyplot: Any, bars: Bars, n_axes: int = 1) -> Any:
    """Return a new figure, its axes, and their width in inches.

    They are wide enough for a label a bar, up to about 200 of them, and high enough for upright labels.
    """
    n_bars, (longest, n_lines) = len(bars.labels), extent(bars.labels)
    width = min(max(7.0, 0.26 * n_bars + 1.5), max(16.0, min(0.13 * n_bars + 1.5, 28.0)))
    below = _CHARACTER * longest if _upright(n_bars, longest, width - 1.0) else 0.3 * n_lines
    size, roomy = (width * n_axes, 4.5 + below), longest <= LABEL_LENGTH and n_lines <= MOST_LINES
    figure, axes = pyplot.subplots(
        1, n_axes, figsize=size, layout="constrained" if roomy else None, squeeze=False
    )
    if not roomy:  # the layout engine would leave nothing of the axes, and warn
        figure.subplots_adjust(0.9 / size[0], (0.7 + below) / size[1], 1 - 0.1 / size[0], 1 - 0.5 / size[1])
    # The layout is made when the figure is drawn; until then axes tell another width.
    return figure, axes.reshape(-1), width - 1.0


def extent(labels: Sequence[str]) -> tuple[int, int]:
    """Return the characters of the longest line of all labels, and the most lines of one."""
    longest, n_lines = zip(*map(measure, labels), strict=True)
    return min(max(longest), _MOST_CHARACTERS), max(n_lines)


def _upright(n_bars: int, longest: int, width: float) -> bool:
    """Whether labels side by side in `width` inches would touch."""
    return n_bars * (longest + 2) * _CHARACTER * 1.1 > width


def _fitted(axes: Any, bars: Bars) -> Bars:
    """Make room for upright labels below given axes, within the room that they have, and shorten the labels.

    Where a layout engine makes the room, only the labels are shortened.
    """
    n_bars, (longest, _) = len(bars.labels), extent(bars.labels)
    figure, box = axes.figure, axes.get_position()
    height = figure.bbox.height / figure.dpi  # also of a part of a figure
    if not _upright(n_bars, longest, _inches(axes)[0]):
        return bars
    engine = figure.get_layout_engine()
    around = 0.35  # inches for the ticks and the name of the axis
    below = max(box.y0 * height - around, 0.0)
    spec = axes.get_subplotspec()
    if spec is not None and spec.rowspan.stop < spec.get_gridspec().nrows:
        # What stands below belongs to other axes, but for the space between the two.
        parts = spec.get_gridspec()[spec.rowspan.stop : spec.rowspan.stop + 1, :].get_position(figure)
        below = max((box.y0 - parts.y1) * height - around, 0.0)
    room = below + 0.5 * _inches(axes)[1]
    most = max(int(room / _CHARACTER), 5)
    labels = [
        plot_text(label, most) if given else shortened(label, most)
        for label, given in zip(bars.labels, bars.given, strict=True)
    ]
    needed = min(extent(labels)[0], most) * _CHARACTER
    if engine is None and needed > below:
        rise = (needed - below) / height
        axes.set_position((box.x0, box.y0 + rise, box.width, box.height - rise))
    return bars._replace(labels=labels)


def _inches(axes: Any) -> tuple[float, float]:
    """Return width and height of axes."""
    box, dpi = axes.get_window_extent(), axes.figure.dpi
    return float(box.width / dpi), float(box.height / dpi)


def draw_bars(axes: Any, width: float, bars: Bars, names: list[str]) -> None:
    """Draw bars side by side, a label below each place, and a legend where there are several results.

    Args:
        axes: Where to.
        width: The width of the axes in inches.
        bars: What is drawn.
        names: The name of each result.
    """
    n_results, n_bars = bars.heights.shape
    inch = width / (n_bars + 0.2)
    cut = bars.has_rest and _rest_flattens(bars)
    widths = np.full(n_bars, 0.8 / n_results)
    places = np.arange(n_bars, dtype=float)
    if cut:
        # Wide enough for the number that is written into each.
        widths[-1] = max(widths[-1], 1.3 * _LINE * _LABEL_SIZE / inch)
        places[-1] += (widths[-1] * n_results - 0.8) / 2
    rests: list[Any] = []
    handles: list[Any] = []
    for k, (name, heights) in enumerate(zip(names, bars.heights, strict=True)):
        drawn = axes.bar(
            places + (k - (n_results - 1) / 2) * widths,
            heights,
            widths,
            # Matplotlib takes it as the wish for no legend if a label begins with "_".
            label=name if not name.startswith("_") else None,
            yerr=None if bars.errors is None else bars.errors[k],
            error_kw={"elinewidth": 1.0, "capsize": min(3.0, 30.0 / n_bars)},
        )
        handles.append(drawn)
        if bars.has_rest:
            rest = drawn.patches[-1]
            rest.set_hatch("///")
            rest.set_alpha(0.45)
            rests.append(rest)
    if cut:
        _cut_rest(axes, bars, rests)
    _draw_labels(axes, bars, places, inch)
    axes.set_xlim(-0.6, places[-1] + widths[-1] * n_results / 2 + 0.2)
    axes.spines[["top", "right"]].set_visible(False)
    if n_results > 1:
        _draw_legend(axes, width, handles, names)


def _draw_legend(axes: Any, width: float, handles: list[Any], names: list[str]) -> None:
    """Write the names above the axes: inside, they would hide bars."""
    texts = [plot_text(name, LABEL_LENGTH) for name in names]
    longest, n_lines = extent(texts)
    n_columns = max(1, min(len(names), 4, int(width / (1.2 * _CHARACTER * longest + 0.6))))
    # A label that begins with "_" would be left out; each gets its text afterwards.
    legend = axes.legend(
        handles,
        [str(k) for k in range(len(names))],
        frameon=False,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=n_columns,
    )
    for drawn, text in zip(legend.get_texts(), texts, strict=True):
        drawn.set_text(text)
    legend.set_in_layout(longest <= LABEL_LENGTH and n_lines <= MOST_LINES)


def _draw_labels(axes: Any, bars: Bars, places: Any, inch: float) -> None:
    """Write a label below each bar, or below every second, third, ... where they would touch."""
    n_bars, (longest, n_lines) = len(bars.labels), extent(bars.labels)
    upright = _upright(n_bars, longest, inch * n_bars)
    line = _LINE * min(n_lines, MOST_LINES)
    size = _LABEL_SIZE if not upright or inch >= line * _LABEL_SIZE else _SMALL_SIZE
    step = int(np.ceil(line * size / inch)) if upright else 1
    shown = [*range(0, n_bars - bars.has_rest, step), *([n_bars - 1] if bars.has_rest else [])]
    if bars.has_rest and len(shown) > 1 and shown[-1] - shown[-2] < step:
        del shown[-2]
    axes.set_xticks([places[k] for k in shown])
    axes.set_xticklabels([bars.labels[k] for k in shown], rotation=90 if upright else 0, fontsize=size)


def _highest(bars: Bars) -> float:
    """Return the height of what is drawn of the states that have a bar of their own."""
    named = bars.heights if bars.errors is None else bars.heights + bars.errors
    return float(named[:, :-1].max(initial=0.0))


def _rest_flattens(bars: Bars) -> bool:
    highest = _highest(bars)
    return highest > 0 and float(bars.heights[:, -1].max()) > _CUT_FROM * highest


def _cut_rest(axes: Any, bars: Bars, patches: list[Any]) -> None:
    """Cut the bars of all others at the top and write their heights into them."""
    top = 1.15 * _highest(bars)
    axes.set_ylim(0, top)
    for patch, height in zip(patches, bars.heights[:, -1], strict=True):
        if height <= top:
            continue
        axes.text(
            patch.get_x() + patch.get_width() / 2,
            0.97 * top,
            f"{number_text(float(height))} →",
            rotation=90,
            ha="center",
            va="top",
            fontsize=_LABEL_SIZE,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )
