"""The share of outputs drawn against a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

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
from lwfast._base.validation import is_several
from lwfast._types import FloatArray
from lwfast.results.columns.labels import LabelTable
from lwfast.results.columns.ordering import largest
from lwfast.results.plots.bars import LABEL_LENGTH, checked_top, label_of, label_table
from lwfast.state import State, X, as_label, states_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

DEFAULT_OUTPUTS = 6
_FEW_POINTS = 60
"""Up to so many settings, each is marked."""
_MARKERS = "osD^v<>P"
"""A shape for each colour, for print without colours."""
_DASHES = ("-", "--", "-.", ":")
"""Of lines without marks: what lies above another leaves it to be seen."""
_NOTHING = "The sweep has nothing to draw: no setting has an outcome."


class Lines(NamedTuple):
    """Values of states over settings.

    Attributes:
        settings: float64[k, p], one row per setting.
        labels: The names of the parameters.
        column: The parameter that is drawn against.
        table: The K states, and what 255 means in them.
        shares: float64[k, K], the share of each state; NaN where a setting has no samples.
        totals: float64[k], samples of each setting, where there are samples.
    """

    settings: FloatArray
    labels: Sequence[str]
    column: int
    table: LabelTable
    shares: FloatArray
    totals: FloatArray | None = None


def plot_sweep(
    measured: Lines,
    what: str,
    outputs: Any = None,
    *,
    show: bool = True,
    errors: bool = False,
    state_labels: Mapping[Any, Any] | None = None,
    top: int = DEFAULT_OUTPUTS,
    ax: Axes | None = None,
    theory: Lines | None = None,
) -> tuple[Figure | SubFigure, Axes] | None:
    """Draw the share of outputs against a parameter, a colour for each output.

    Args:
        measured: The lines that are drawn, and their settings.
        what: What it is, for the axis.
        outputs: The states to draw, one or several; None takes the `top` of the largest shares.
        show: Show the figure and return None; without a screen, where it is False or `ax` is given, return
            figure and axes.
        errors: Draw one standard error of each share, sqrt(p (1 - p) / n): as bars, or as a band where there
            are many settings.
        state_labels: Labels that replace the kets of some states, by state.
        top: How many outputs are drawn if `outputs` is None.
        ax: Axes to draw into, whose style stays yours; None makes a figure.
        theory: What theory says of the same outputs: drawn as lines, and what is measured as points.

    Returns:
        (figure, axes), or None where the figure was shown.

    Raises:
        LightworksDependencyError: Matplotlib is not installed.
        TypeError: An output is not a state.
        ValueError: There is nothing to draw, another parameter varies as well, errors are wanted of
            probabilities, or an output has another number of modes.
    """
    for lines in [measured, *([] if theory is None else [theory])]:
        _check_others(lines)
    if errors and measured.totals is None:
        raise ValueError("Probabilities have no statistical errors; leave errors=True out.")
    table, shares = measured.table, measured.shares
    if outputs is None:
        rows: Any = largest(np.nan_to_num(shares).sum(axis=0), checked_top(top)) if shares.size else []
        outputs = states_of(table.states[rows], table.has_x)
        if not len(outputs):
            raise ValueError(_NOTHING)
    shown, curves = chosen_lines(table, shares, outputs, table.states.shape[1])
    if not len(measured.settings):
        raise ValueError(_NOTHING)
    expected = None if theory is None else chosen_lines(theory.table, theory.shares, shown, len(shown[0]))[1]
    names = label_table(state_labels)
    pyplot = pyplot_module()
    with plot_style(ax is None):
        if ax is None:
            figure, axes = pyplot.subplots(figsize=(6.3, 3.6), layout="constrained")
        else:
            figure, axes = ax.figure, ax
        handles = _draw_lines(axes, measured, curves, errors, joined=theory is None)
        if theory is not None and expected is not None:
            order = np.argsort(theory.settings[:, theory.column], kind="stable")
            for curve, handle in zip(expected.T, handles, strict=True):
                axes.plot(
                    theory.settings[order, theory.column], curve[order], color=handle.get_color(), lw=1.3
                )
        axes.set_xlabel(plot_text(measured.labels[measured.column], LABEL_LENGTH))
        axes.set_ylabel(what)
        axes.set_ylim(bottom=0)
        axes.margins(x=0.02)
        tidy(axes, "both")
        texts = [plot_text(label_of(state, names), LABEL_LENGTH) for state in shown]
        if theory is not None:
            from matplotlib.lines import Line2D

            handles = [*handles, Line2D([], [], color=INK, linewidth=1.3)]
            texts.append("theory")
        # Beside the lines, never above them.
        axes.legend(
            handles, texts, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), title="Output"
        )
    return shown_or_returned(figure, axes, show and ax is None)


def _draw_lines(axes: Axes, lines: Lines, curves: FloatArray, errors: bool, joined: bool) -> list[Any]:
    """Draw a line or points for each output, with errors where they are wanted; return what legends show."""
    order = np.argsort(lines.settings[:, lines.column], kind="stable")
    x = lines.settings[order, lines.column]
    few = len(x) <= _FEW_POINTS
    handles: list[Any] = []
    for k, curve in enumerate(curves.T[:, order]):
        look: dict[str, Any] = {
            "marker": _MARKERS[k % len(_MARKERS)] if few or not joined else "",
            "markersize": 3.8 if few else 2.5,
            "linestyle": ("-" if few else _DASHES[k % len(_DASHES)]) if joined else "",
            "linewidth": 1.3,
        }
        spread = None
        if errors and lines.totals is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                spread = np.sqrt(np.maximum(curve * (1 - curve), 0) / lines.totals[order])
        if spread is None or not few:
            (line,) = axes.plot(x, curve, **look)
            if spread is not None:
                axes.fill_between(
                    x, curve - spread, curve + spread, color=line.get_color(), alpha=0.2, linewidth=0
                )
        else:
            line = axes.errorbar(x, curve, yerr=spread, capsize=2.0, **DATA_LINES, **look).lines[0]
        handles.append(line)
    return handles


def _check_others(lines: Lines) -> None:
    """Raise ValueError if a parameter varies that is not drawn against."""
    for other, name in enumerate(lines.labels):
        if other != lines.column and len(lines.settings) and np.ptp(lines.settings[:, other]) > 0:
            msg = (
                f"{name} varies as well; take one of its values first, such as "
                f"where({name}={lines.settings[0, other]:.6g})."
            )
            raise ValueError(msg)


def chosen_lines(
    table: LabelTable, lines: FloatArray, outputs: Any, n_modes: int
) -> tuple[list[State], FloatArray]:
    """Return named states and their lines; a state that never occurs has a line of zeros.

    Args:
        table: The K states, and what 255 means in them.
        lines: float64[k, K], a column for each state.
        outputs: A state, or several.
        n_modes: Modes that an output has to have; 0 takes those of the states.

    Raises:
        TypeError: An output is not a state.
        ValueError: No output is given, or one has another number of modes.
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
