"""Bar charts and heat maps of probabilities and amplitudes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._types import AnyArray
from lwfast.results.columns.labels import LabelTable
from lwfast.results.columns.ordering import largest
from lwfast.results.plots.bars import DEFAULT_TOP, Bars, checked_top, label_of, label_table, others
from lwfast.results.plots.result_plot import (
    MOST_LINES,
    draw_bars,
    extent,
    has_screen,
    new_axes,
    pyplot_module,
)
from lwfast.state import State, states_of

_MOST_TICKS = 40
_SQUARE_TO = 3
"""Cells of a heat map are square up to this ratio of its sides; 2 x 300 squares would be a line."""


def plot_simulation(
    values: AnyArray,
    inputs: LabelTable,
    outputs: LabelTable,
    show: bool,
    state_labels: Mapping[Any, Any] | None,
    *,
    amplitudes: bool,
    top: int = DEFAULT_TOP,
) -> Any:
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
        TypeError: If a key of `state_labels` is not a state, or `top` is no integer.
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
            parts = [("real", values.real), ("imag", values.imag)]
    if len(values) == 1:
        figure, axes = _draw_bars(outputs, values, parts, names, top)
    else:
        figure, axes = _draw_maps(_chosen(outputs, names), _chosen(inputs, names), parts)
    if show and has_screen(pyplot_module()):
        pyplot_module().show()
        return None
    return figure, (axes if len(axes) > 1 else axes[0])


def _draw_bars(
    outputs: LabelTable,
    values: AnyArray,
    parts: list[tuple[str, AnyArray]],
    names: Mapping[State, str],
    top: int,
) -> tuple[Any, AnyArray]:
    n_outputs = values.shape[1]
    rows = np.arange(n_outputs) if n_outputs <= top else largest(np.abs(values[0]), top)
    shown = states_of(outputs.states[rows], outputs.has_x)
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
        charts.append((name, Bars(labels, given, heights[None, :], None, adds_up)))
    figure, axes, width = new_axes(pyplot_module(), charts[0][1], len(charts))
    for (name, bars), ax in zip(charts, axes, strict=True):
        draw_bars(ax, width, bars, [""])
        ax.set_xlabel("State" if adds_up or not left else f"State ({left} with smaller amplitudes)")
        ax.set_ylabel(f"{name}(amplitude)" if name else "Probability")
    return figure, axes


def _draw_maps(
    across: list[tuple[int, str]], down: list[tuple[int, str]], parts: list[tuple[str, AnyArray]]
) -> tuple[Any, AnyArray]:
    # A character of a label takes 0.08 inch: below the map, and at its left.
    height = 6 + 0.08 * extent([label for _, label in across])[0]
    width = 7 + 0.08 * extent([label for _, label in down])[0]
    n_lines = max(extent([label for _, label in chosen])[1] for chosen in (across, down))
    figure, axes = pyplot_module().subplots(
        1,
        len(parts),
        figsize=(width * len(parts), height),
        layout="constrained" if n_lines <= MOST_LINES else None,  # with more, nothing is left of the axes
        squeeze=False,
    )
    axes = axes.reshape(-1)
    lowest, highest = min(a.min() for _, a in parts), max(a.max() for _, a in parts)
    sides = sorted(parts[0][1].shape)
    aspect = "equal" if sides[1] <= _SQUARE_TO * sides[0] else "auto"
    for (part, array), ax in zip(parts, axes, strict=True):
        image = ax.imshow(array, vmin=lowest, vmax=highest, aspect=aspect, interpolation="nearest")
        ax.set_xticks([k for k, _ in across], [label for _, label in across], rotation=90)
        ax.set_yticks([k for k, _ in down], [label for _, label in down])
        ax.set_xlabel("Output")
        ax.set_ylabel("Input")
        ax.set_title(f"{part}(result)" if part else "")
    figure.colorbar(image, ax=list(axes))
    return figure, axes


def _chosen(table: LabelTable, names: Mapping[State, str]) -> list[tuple[int, str]]:
    """Return places and labels of all states, or of evenly chosen ones where labels would touch."""
    n_states = len(table.states)
    step = -(-n_states // _MOST_TICKS)
    states = states_of(table.states[::step], table.has_x)
    return [(k, label_of(state, names)) for k, state in zip(range(0, n_states, step), states, strict=True)]
