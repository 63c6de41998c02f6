"""Bars on axes: their labels, or a map of their modes, what theory expects, and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lwfast._base.showing.plot_style import DATA_LINES, INK, NOTE_SIZE, TICK_SIZE, inches, tidy
from lwfast._base.showing.plot_text import measure, plot_text
from lwfast.results.columns.labels import LabelTable
from lwfast.results.plots.bars import KET_DIGITS, LABEL_LENGTH, Bars, number_text
from lwfast.results.plots.kets import ket, ket_width, short_ket
from lwfast.state import X_CODE, states_of

HEIGHT = 3.0
"""Inches of the axes of a new figure, without what stands below them."""
_CUT_FROM = 2.0
"""The bar of all others is cut where it is so many times higher than the highest other bar."""
CHARACTER = 0.072
"""Inches along a label that a character takes at `TICK_SIZE`, which is a digit of a ket."""
_MOST_CHARACTERS, MOST_LINES = 110, 4
"""Of a label of a user: for so much of it there is room, the rest runs out of the figure."""
_LINE = 1.25 / 72
"""Inches that a line of text takes across it, for each point of its size."""
_MODE, _LEAST_MAP, _MOST_MAP = 0.045, 0.9, 1.9
"""Inches of a mode in a map of modes, and of the whole map."""
_AROUND = 0.08
"""Inches between the bars and the map."""


def new_axes(pyplot: Any, bars: Bars, n_axes: int = 1) -> Any:
    """Return a new figure, its axes, and their width in inches.

    They are wide enough for a label a bar, up to about 200 of them, and high enough for upright labels.
    """
    n_bars, (longest, n_lines) = len(bars.labels), extent(bars.labels)
    width = min(max(5.6, 0.2 * n_bars + 1.4), max(16.0, min(0.13 * n_bars + 1.5, 28.0)))
    below = CHARACTER * longest if is_crowded(n_bars, longest, width - 1.0) else 0.3 * n_lines
    if has_map(bars):
        below = _map_height(bars.states) + _AROUND
    size = width * n_axes, HEIGHT + 0.7 + below
    roomy = longest <= LABEL_LENGTH and n_lines <= MOST_LINES and not has_map(bars)
    figure, axes = pyplot.subplots(
        1, n_axes, figsize=size, layout="constrained" if roomy else None, squeeze=False
    )
    if not roomy:  # the layout engine would leave nothing of the axes, and warn; nor does it know the map
        left, right = 0.75 / size[0], 1 - 0.1 / size[0]
        figure.subplots_adjust(left, (0.5 + below) / size[1], right, 1 - 0.25 / size[1], wspace=0.25)
    # The layout is made when the figure is drawn; until then axes tell another width.
    return figure, axes.reshape(-1), width - 1.0


def extent(labels: Sequence[str]) -> tuple[float, int]:
    """Return the width of the longest line of all labels, in digits, and the most lines of one."""
    widths = [_width(label) for label in labels]
    return min(max(widths), _MOST_CHARACTERS), max(label.count("\n") + 1 for label in labels)


def _width(label: str) -> float:
    return ket_width(label) if label.startswith("|") and label.endswith("⟩") else float(measure(label)[0])


def is_crowded(n_bars: int, longest: float, width: float) -> bool:
    """Say whether labels side by side in `width` inches would touch, so that they have to be upright."""
    return n_bars * (longest + 1.2) * CHARACTER > width


def has_map(bars: Bars) -> bool:
    """Say whether a map of modes is drawn in the place of kets: one of these would be too long to be read."""
    states = bars.states.states
    own = [k for k, given in enumerate(bars.given[: len(states)]) if not given]
    if len(own) < len(states) or not len(states):
        return False
    return any(ket_width(ket(state)) > KET_DIGITS for state in states_of(*bars.states))


def fitted(axes: Any, bars: Bars) -> Bars:
    """Make room for upright labels below given axes, within the room that they have, and shorten the labels.

    Where a layout engine makes the room, only the labels are shortened.
    """
    n_bars, (longest, _) = len(bars.labels), extent(bars.labels)
    figure, box = axes.figure, axes.get_position()
    height = figure.bbox.height / figure.dpi  # also of a part of a figure
    if not is_crowded(n_bars, longest, inches(axes)[0]):
        return bars
    engine = figure.get_layout_engine()
    around = 0.35  # inches for the ticks and the name of the axis
    below = max(box.y0 * height - around, 0.0)
    spec = axes.get_subplotspec()
    if spec is not None and spec.rowspan.stop < spec.get_gridspec().nrows:
        # What stands below belongs to other axes, but for the space between the two.
        parts = spec.get_gridspec()[spec.rowspan.stop : spec.rowspan.stop + 1, :].get_position(figure)
        below = max((box.y0 - parts.y1) * height - around, 0.0)
    room = below + 0.5 * inches(axes)[1]
    most = max(int(room / CHARACTER), 5)
    kets = [short_ket(state, most) for state in states_of(*bars.states)]
    labels = [
        plot_text(label, most) if given else (kets[k] if k < len(kets) else label)
        for k, (label, given) in enumerate(zip(bars.labels, bars.given, strict=True))
    ]
    needed = min(extent(labels)[0], most) * CHARACTER
    if engine is None and needed > below:
        rise = (needed - below) / height
        axes.set_position((box.x0, box.y0 + rise, box.width, box.height - rise))
    return bars._replace(labels=labels)


def draw_bars(axes: Any, width: float, bars: Bars, names: list[str], *, with_map: bool = False) -> None:
    """Draw bars side by side, a label below each place, and a legend where there are several results.

    Args:
        axes: Axes of Matplotlib to draw into.
        width: The width of the axes in inches.
        bars: Heights, errors and labels of the bars.
        names: The name of each result.
        with_map: Draw a map of the modes of all states instead of labels.
    """
    n_results, n_bars = bars.heights.shape
    inch = width / (n_bars + 0.2)
    cut = bars.has_rest and _rest_flattens(bars)
    widths = np.full(n_bars, 0.8 / n_results)
    places = np.arange(n_bars, dtype=float)
    if cut:
        # Wide enough for the number that is written into each.
        widths[-1] = max(widths[-1], 1.3 * _LINE * TICK_SIZE / inch)
        places[-1] += (widths[-1] * n_results - 0.8) / 2
    rests: list[Any] = []
    handles: list[Any] = []
    for k, (name, heights) in enumerate(zip(names, bars.heights, strict=True)):
        offsets = places + (k - (n_results - 1) / 2) * widths
        drawn = axes.bar(
            offsets,
            heights,
            widths,
            # Matplotlib takes it as the wish for no legend if a label begins with "_".
            label=name if not name.startswith("_") else None,
            yerr=None if bars.errors is None else bars.errors[k],
            error_kw={**DATA_LINES, "ecolor": INK, "capsize": min(2.5, 30.0 / n_bars)},
            linewidth=0,
        )
        handles.append(drawn)
        if bars.theory is not None:
            ends = offsets - widths / 2, offsets + widths / 2
            axes.hlines(bars.theory[k], *ends, colors=INK, linewidths=1.8, zorder=4)
        if bars.has_rest:
            rest = drawn.patches[-1]
            rest.set_hatch("////")
            rest.set_edgecolor(rest.get_facecolor())
            rest.set_facecolor("white")
            rest.set_linewidth(0.8)
            rests.append(rest)
    tidy(axes, "y")
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-3, 5), useMathText=True)
    axes.tick_params(axis="x", length=0 if with_map else 2.5)
    if cut:
        _cut_rest(axes, bars, rests)
    axes.set_xlim(-0.6, places[-1] + widths[-1] * n_results / 2 + 0.2)
    if with_map:
        _draw_map(axes, bars, places)
    else:
        _draw_labels(axes, bars, places, inch)
    if n_results > 1 or bars.theory is not None:
        _draw_legend(axes, width, handles, names, has_theory=bars.theory is not None)


def _draw_legend(axes: Any, width: float, handles: list[Any], names: list[str], has_theory: bool) -> None:
    """Write the names above the axes: inside, they would hide bars."""
    texts = [plot_text(name, LABEL_LENGTH) for name in names]
    if has_theory:
        from matplotlib.lines import Line2D

        handles = [*handles, Line2D([], [], color=INK, linewidth=1.8)]
        texts = [*texts, "theory"]
    longest, n_lines = extent(texts)
    n_columns = max(1, min(len(texts), 4, int(width / (1.2 * CHARACTER * longest + 0.6))))
    # A label that begins with "_" would be left out; each gets its text afterwards.
    legend = axes.legend(
        handles,
        [str(k) for k in range(len(texts))],
        frameon=False,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=n_columns,
        fontsize=TICK_SIZE,
    )
    for drawn, text in zip(legend.get_texts(), texts, strict=True):
        drawn.set_text(text)
    legend.set_in_layout(longest <= LABEL_LENGTH and n_lines <= MOST_LINES)


def _draw_labels(axes: Any, bars: Bars, places: Any, inch: float) -> None:
    """Write a label below each bar, or below every second, third, ... where they would touch."""
    n_bars, (longest, n_lines) = len(bars.labels), extent(bars.labels)
    upright = is_crowded(n_bars, longest, inch * n_bars)
    line = _LINE * min(n_lines, MOST_LINES)
    size = TICK_SIZE if not upright or inch >= line * TICK_SIZE else NOTE_SIZE
    step = int(np.ceil(line * size / inch)) if upright else 1
    shown = [*range(0, n_bars - bars.has_rest, step), *([n_bars - 1] if bars.has_rest else [])]
    if bars.has_rest and len(shown) > 1 and shown[-1] - shown[-2] < step:
        del shown[-2]
    axes.set_xticks([places[k] for k in shown])
    axes.set_xticklabels([bars.labels[k] for k in shown], rotation=90 if upright else 0, fontsize=size)
    axes.set_xlabel("State")


def _map_height(table: LabelTable) -> float:
    return min(max(_MODE * int(table.states.shape[1]), _LEAST_MAP), _MOST_MAP)


def _draw_map(axes: Any, bars: Bars, places: Any) -> None:
    """Draw the photons in each mode below the bars: a column for each state, mode 0 at the top."""
    from matplotlib.colors import ListedColormap

    states, has_x = bars.states
    photons = np.where(states == X_CODE, 0, states) if has_x else states
    most = max(int(photons.max(initial=0)), 1)
    shades = [np.linspace(0.94, 0.0, most + 1)[n] for n in range(most + 1)]
    height = _map_height(bars.states) / HEIGHT
    below = axes.inset_axes((0.0, -height - _AROUND / HEIGHT, 1.0, height))
    n_states, n_modes = states.shape
    below.pcolormesh(
        np.arange(n_states + 1) - 0.5,
        np.arange(n_modes + 1) - 0.5,
        np.ascontiguousarray(photons.T),
        cmap=ListedColormap([(shade, shade, shade) for shade in shades]),
        vmin=-0.5,
        vmax=most + 0.5,
        edgecolors="white",
        linewidth=0.3,
        rasterized=n_states * n_modes > 20_000,
    )
    below.set_xlim(axes.get_xlim())
    below.set_ylim(n_modes - 0.5, -0.5)
    below.set_ylabel("Mode")
    below.spines[:].set_visible(False)
    axes.set_xticks([])
    if bars.has_rest:
        below.set_xticks([places[-1]], [bars.labels[-1]], fontsize=NOTE_SIZE, ha="right")
    else:
        below.set_xticks([])
    below.tick_params(length=0)
    below.set_xlabel(f"State: photons in each mode, from 0 (light) to {most} (black)")


def _highest(bars: Bars) -> float:
    """Return the height of what is drawn of the states that have a bar of their own."""
    named = bars.heights if bars.errors is None else bars.heights + bars.errors
    highest = float(named[:, :-1].max(initial=0.0))
    return highest if bars.theory is None else max(highest, float(bars.theory[:, :-1].max(initial=0.0)))


def _rest_flattens(bars: Bars) -> bool:
    highest = _highest(bars)
    return highest > 0 and float(bars.heights[:, -1].max()) > _CUT_FROM * highest


def _cut_rest(axes: Any, bars: Bars, patches: list[Any]) -> None:
    """Cut the bars of all others with the marks of a broken axis, and write their heights into them."""
    top = 1.15 * _highest(bars)
    axes.set_ylim(0, top)
    for k, (patch, height) in enumerate(zip(patches, bars.heights[:, -1], strict=True)):
        if height <= top:
            continue
        left, wide = patch.get_x(), patch.get_width()
        for y in (0.925, 0.955):
            slope = [y * top - 0.012 * top, y * top + 0.012 * top]
            axes.plot([left - 0.15 * wide, left + 1.15 * wide], slope, color="white", lw=2.2, zorder=3)
            axes.plot([left - 0.15 * wide, left + 1.15 * wide], slope, color=INK, lw=0.8, zorder=3.1)
        share = "" if bars.totals is None else f" ({_percent(float(height / bars.totals[k]))})"
        is_share = bars.totals is not None and bars.totals[k] == 1.0
        axes.text(
            left + wide / 2,
            0.88 * top,
            number_text(float(height)) + ("" if is_share else share),
            rotation=90,
            ha="center",
            va="top",
            fontsize=NOTE_SIZE,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            zorder=4,
        )


def _percent(share: float) -> str:
    """Return a share in percent, which is not 100 where something is missing."""
    text = f"{100 * share:.1f}"
    return f"{text} %" if text != "100.0" or share >= 1 else f"{np.floor(1e4 * share) / 100:.2f} %"
