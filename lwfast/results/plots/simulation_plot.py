"""Bar charts and heat maps of probabilities and amplitudes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.showing.heat_map import (
    MOST_TICKS,
    add_colour_bar,
    draw_heat_map,
    map_size,
    name_cells,
    value_range,
)
from lwfast._base.showing.plot_style import INK, plot_style, pyplot_module, shown_or_returned
from lwfast._types import AnyArray
from lwfast.results.columns.labels import LabelTable
from lwfast.results.columns.ordering import largest
from lwfast.results.plots.bar_chart import CHARACTER, MOST_LINES, draw_bars, extent, has_map, new_axes
from lwfast.results.plots.bars import DEFAULT_TOP, Bars, checked_top, label_of, label_table, others
from lwfast.state import State, states_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_ASPECT, _LEAST_COLUMNS = 6, 24
"""Columns of a map for each row, and how many there may be anyway; cells stay square."""


def plot_simulation(
    values: AnyArray,
    inputs: LabelTable,
    outputs: LabelTable,
    show: bool,
    state_labels: Mapping[Any, Any] | None,
    *,
    amplitudes: bool,
    top: int = DEFAULT_TOP,
) -> tuple[Figure, Axes | NDArray[Any]] | None:
    """Draw one input as bars, several as a heat map; amplitudes as real and imaginary part side by side.

    Up to `top` outputs of one input stand in their order. Of more, the `top` largest have a bar, largest
    first; one more bar stands for the probability of all others.

    Args:
        values: `(n_inputs, n_outputs)`, what is drawn.
        inputs: The states of the rows.
        outputs: The states of the columns.
        show: Show the figure and return None; without a screen, or where it is False, return figure and axes.
        state_labels: Another label for some states, as for `plot_results`.
        amplitudes: Whether complex values are amplitudes; of complex probabilities only the real part counts.
        top: How many outputs of one input get a bar of their own.

    Returns:
        (figure, axes), where amplitudes have two axes, or None where the figure was shown.

    Raises:
        LightworksDependencyError: If matplotlib is not installed.
        TypeError: If a key of `state_labels` is not a state, or `top` is not an integer.
        ValueError: If there is nothing to draw, or `top` is not positive.
    """
    names = label_table(state_labels)
    top = checked_top(top)
    if values.size == 0:
        raise ValueError("Result contains no data.")
    parts = [("", values)]
    if np.iscomplexobj(values):
        parts = [("", values.real)]
        if amplitudes:
            parts = [("Real part of amplitude", values.real), ("Imaginary part of amplitude", values.imag)]
    with plot_style():
        if len(values) == 1:
            figure, axes = _draw_bars(outputs, values, parts, names, top)
        else:
            figure, axes = _draw_maps(inputs, outputs, values, parts, names)
    return shown_or_returned(figure, axes if len(axes) > 1 else axes[0], show)


def _draw_bars(
    outputs: LabelTable,
    values: AnyArray,
    parts: list[tuple[str, AnyArray]],
    names: Mapping[State, str],
    top: int,
) -> tuple[Any, AnyArray]:
    n_outputs = values.shape[1]
    rows = np.arange(n_outputs) if n_outputs <= top else largest(np.abs(values[0]), top)
    table = LabelTable(outputs.states[rows], outputs.has_x)
    shown = states_of(*table)
    labels = [label_of(state, names) for state in shown]
    given = [state in names for state in shown]
    # Probabilities add up; amplitudes of states that have no bar are not one amplitude.
    adds_up = n_outputs > top and len(parts) == 1
    left = others(n_outputs - len(rows)) if n_outputs > top else ""
    if adds_up:
        labels.append(left)
        given.append(False)
    charts = []
    for name, array in parts:
        heights = array[0, rows].astype(float)
        if adds_up:
            heights = np.append(heights, max(float(array[0].sum()) - heights.sum(), 0.0))
        charts.append((name, Bars(labels, given, heights[None, :], None, adds_up, table)))
    figure, axes, width = new_axes(pyplot_module(), charts[0][1], len(charts))
    with_map = has_map(charts[0][1])
    for (name, bars), ax in zip(charts, axes, strict=True):
        draw_bars(ax, width, bars, [""], with_map=with_map)
        if left and not adds_up:
            ax.set_xlabel(f"State ({left} with smaller amplitudes)")
        ax.set_ylabel(name or "Probability")
        if name:
            ax.axhline(0.0, color=INK, linewidth=0.6)
    return figure, axes


def _draw_maps(
    inputs: LabelTable,
    outputs: LabelTable,
    values: AnyArray,
    parts: list[tuple[str, AnyArray]],
    names: Mapping[State, str],
) -> tuple[Any, AnyArray]:
    """Draw a map of all inputs, and of all outputs or those that matter most."""
    n_inputs, n_outputs = values.shape
    most = max(_MOST_ASPECT * n_inputs, _LEAST_COLUMNS)
    left = 0
    if n_outputs > most:
        kept = np.sort(largest(np.abs(values).max(axis=0), most))
        outputs = LabelTable(outputs.states[kept], outputs.has_x)
        parts = [(name, array[:, kept]) for name, array in parts]
        left = n_outputs - most
    across, down = _chosen(outputs, names), _chosen(inputs, names)
    wide, high = map_size(n_inputs, len(outputs.states))
    # A character of a label takes 0.072 inch: below the map, and at its left.
    height = high + CHARACTER * extent([label for _, label in across])[0] + 0.7
    width = wide + CHARACTER * extent([label for _, label in down])[0] + 0.5
    n_lines = max(extent([label for _, label in chosen])[1] for chosen in (across, down))
    figure, axes = pyplot_module().subplots(
        1,
        len(parts),
        figsize=(width * len(parts) + 0.9, height),
        layout="constrained" if n_lines <= MOST_LINES else None,  # with more, nothing is left of the axes
        squeeze=False,
    )
    axes = axes.reshape(-1)
    limits = value_range([array for _, array in parts])
    for (name, array), ax in zip(parts, axes, strict=True):
        image = draw_heat_map(ax, array, limits)
        name_cells(ax, across, down)
        ax.set_xlabel(f"Output ({others(left)}, with smaller values)" if left else "Output")
        ax.set_title(name)
    axes[0].set_ylabel("Input")
    add_colour_bar(figure, image, list(axes), "Amplitude" if len(parts) > 1 else "Probability")
    return figure, axes


def _chosen(table: LabelTable, names: Mapping[State, str]) -> list[tuple[int, str]]:
    """Return places and labels of all states, or of evenly chosen ones where labels would touch."""
    n_states = len(table.states)
    step = -(-n_states // MOST_TICKS)
    states = states_of(table.states[::step], table.has_x)
    return [(k, label_of(state, names)) for k, state in zip(range(0, n_states, step), states, strict=True)]
