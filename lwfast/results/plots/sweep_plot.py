"""The share of outputs drawn against a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lwfast._base.showing.plot_text import plot_text
from lwfast._base.validation import is_several
from lwfast._types import FloatArray
from lwfast.results.columns.labels import LabelTable
from lwfast.results.columns.ordering import largest
from lwfast.results.plots.bars import LABEL_LENGTH, checked_top, label_of, label_table
from lwfast.results.plots.result_plot import has_screen, pyplot_module
from lwfast.state import State, X, as_label, states_of

DEFAULT_OUTPUTS = 6
_FEW_POINTS = 60
"""Up to so many settings, each is marked."""


def plot_sweep(
    settings: FloatArray,
    labels: Sequence[str],
    column: int,
    table: LabelTable,
    lines: FloatArray,
    what: str,
    outputs: Any = None,
    *,
    totals: FloatArray | None = None,
    show: bool = True,
    errors: bool = False,
    state_labels: Mapping[Any, Any] | None = None,
    top: int = DEFAULT_OUTPUTS,
    ax: Any = None,
) -> Any:
    """Draw lines over a parameter, one for each output.

    Args:
        settings: float64[k, p].
        labels: The names of the parameters.
        column: The parameter to draw against.
        table: The K states.
        lines: float64[k, K], the share of each state; NaN where a setting has no samples.
        what: What is drawn, for the axis.
        outputs: The states to draw, one or several; None takes the `top` of the largest shares.
        totals: float64[k], samples of each setting, where there are some.
        show: Show the figure and return None; without a screen, where it is False or `ax` is given, return
            figure and axes.
        errors: Shade one standard error of each share, sqrt(p (1 - p) / n).
        state_labels: Another label for some states.
        top: How many outputs are drawn where none are named.
        ax: Axes to draw into; None makes a figure.

    Returns:
        (figure, axes), or None where the figure was shown.

    Raises:
        LightworksDependencyError: Matplotlib is not installed.
        TypeError: An output is no state.
        ValueError: There is nothing to draw, another parameter varies as well, errors are wanted of
            probabilities, or an output has another number of modes.
    """
    for other, name in enumerate(labels):
        if other != column and len(settings) and np.ptp(settings[:, other]) > 0:
            msg = (
                f"{name} varies as well; take one of its values first, such as "
                f"where({name}={settings[0, other]:.6g})."
            )
            raise ValueError(msg)
    if errors and totals is None:
        raise ValueError("Probabilities have no statistical errors; leave errors=True away.")
    if outputs is None:
        rows: Any = largest(np.nan_to_num(lines).sum(axis=0), checked_top(top)) if lines.size else []
        shown, curves = states_of(table.states[rows], table.has_x), lines[:, rows]
    else:
        shown, curves = chosen_lines(table, lines, outputs, table.states.shape[1])
    if not len(shown) or not len(settings):
        raise ValueError("The sweep has nothing to draw: no setting has an outcome.")
    names = label_table(state_labels)
    pyplot = pyplot_module()
    figure, axes = (
        pyplot.subplots(figsize=(7.0, 4.3), layout="constrained") if ax is None else (ax.figure, ax)
    )
    order = np.argsort(settings[:, column], kind="stable")
    x = settings[order, column]
    for state, curve in zip(shown, curves.T[:, order], strict=True):
        label = plot_text(label_of(state, names), LABEL_LENGTH)
        marker = "o" if len(x) <= _FEW_POINTS else ""
        (line,) = axes.plot(x, curve, marker=marker, markersize=3.5, linewidth=1.5, label=label)
        if errors and totals is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                spread = np.sqrt(np.maximum(curve * (1 - curve), 0) / totals[order])
            axes.fill_between(
                x, curve - spread, curve + spread, color=line.get_color(), alpha=0.2, linewidth=0
            )
    axes.set_xlabel(plot_text(labels[column], LABEL_LENGTH))
    axes.set_ylabel(what)
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)
    # Beside the lines, never above them.
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), title="Output")
    if ax is None and show and has_screen(pyplot):
        pyplot.show()
        return None
    return figure, axes


def chosen_lines(
    table: LabelTable, lines: FloatArray, outputs: Any, n_modes: int
) -> tuple[list[State], FloatArray]:
    """Return named states and their lines; a state that never occurs has a line of zeros.

    Args:
        table: The K states.
        lines: float64[k, K].
        outputs: A state, or several.
        n_modes: Modes that an output has to have; 0 takes those of the states.

    Raises:
        TypeError: An output is no state.
        ValueError: There are none, or one has another number of modes.
    """
    n_modes = n_modes or int(table.states.shape[1])
    wanted = [State(as_label(state)) for state in _several(outputs)]
    if not wanted:
        raise ValueError("Name at least one output.")
    for state in wanted:
        if len(state) != n_modes:
            msg = f"Output {state} has {len(state)} modes, and the outcomes of the sweep have {n_modes}."
            raise ValueError(msg)
    places = {state: place for place, state in enumerate(states_of(*table))}
    missing = np.where(np.isnan(lines).any(axis=1), np.nan, 0.0) if lines.size else np.zeros(len(lines))
    columns = [lines[:, places[state]] if state in places else missing for state in wanted]
    return wanted, np.stack(columns, axis=1)


def _several(outputs: Any) -> Iterable[Any]:
    """Return one state as a list of it."""
    if hasattr(outputs, "s") or isinstance(outputs, str):
        return [outputs]
    if is_several(outputs):
        listed = list(outputs)
        return (
            [listed] if listed and all(isinstance(n, int | np.integer) or n == X for n in listed) else listed
        )
    return [outputs]
