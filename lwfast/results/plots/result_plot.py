"""Bar charts of counts and probabilities, readable at any number of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.origin import lightworks_name
from lwfast._base.showing.plot_style import inches, plot_style, pyplot_module, shown_or_returned
from lwfast.results.columns.labels import table_of
from lwfast.results.count_map import CountMap, own_count_map
from lwfast.results.plots.bar_chart import draw_bars, fitted, has_map, new_axes
from lwfast.results.plots.bars import (
    DEFAULT_TOP,
    bars_of,
    checked_top,
    expected,
    label_table,
    values_of,
)
from lwfast.results.state_map import StateMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


def plot_results(
    results: StateMap[Any] | Sequence[StateMap[Any]] | Mapping[str, StateMap[Any]],
    *,
    show: bool = True,
    state_labels: Mapping[Any, Any] | None = None,
    top: int = DEFAULT_TOP,
    order: str = "count",
    normalize: bool = False,
    errors: bool = False,
    ax: Axes | None = None,
    compare: Any = None,
    labels: Sequence[str] | None = None,
    theory: Any = None,
) -> tuple[Figure | SubFigure, Axes] | None:
    """Draw the counts or probabilities of one or several results as bars.

    The `top` most frequent states get a bar each; one more bar, hatched, stands for all others together, so
    that nothing is left out. It is cut, with the marks of a broken axis and its height written into it, where
    it would flatten the others. States of several results are ranked by their share summed over the results.

    States are labelled with kets. In `|0⁴ 1 0³ 2⟩`, an exponent counts equal modes in a row: the state has
    nine modes, with one photon in mode 4 and two in mode 8. States whose kets would be too long to be read
    are drawn as a map of their modes below the bars.

    Args:
        results: One result, of lwfast or Lightworks, several, or several by name; also a
            `ProbabilityDistribution`.
        show: Show the figure and return None, as Lightworks does. On a backend without a screen nothing can
            be shown: then, and where `ax` is given or `show` is False, figure and axes are returned.
        state_labels: Labels that replace the kets of some states, by state. A label is written in full, in
            several lines if it is longer than 64 characters. `$...$` is a formula, as everywhere in
            Matplotlib, if Matplotlib can read it.
        top: How many states have a bar of their own; by default 30.
        order: "count" (largest first) or "state".
        normalize: Whether to draw shares of all counts instead of counts; by default False.
        errors: Draw the statistical error of each bar, `sqrt(n p (1 - p))`.
        ax: Axes to draw into, whose style is kept; by default None, which makes a new figure. Long labels
            take their room from these axes, up to half of it; those of states are shortened to fit, yours get
            shorter lines.
        compare: Further results to draw beside the first ones, in the same forms as `results`.
        labels: Name of each result for the legend, like the names in `results` written in full.
        theory: Probabilities to compare with, drawn as a line across each bar: a mapping from states to
            probabilities, such as a `ProbabilityDistribution`, or a simulation of one input. They are taken
            as they are, times the number of samples where counts are drawn.

    Returns:
        (figure, axes), or None where the figure was shown.

    Raises:
        LightworksDependencyError: If matplotlib is not installed.
        ModeMismatchError: If the results, or theory, differ in their number of modes.
        TypeError: If a key of `state_labels` is not a state, `top` is not an integer, theory is not a mapping
            from states to numbers, or errors are wanted of probabilities or of counts that are not integers.
        ValueError: If a result holds no data, `top` is not positive, `order` is unknown, theory adds up to
            more than 1, or counts are to be drawn beside probabilities without `normalize`.

    Example:
        >>> result = SamplingResult({(2, 0): 30, (1, 1): 10, (0, 2): 60})
        >>> figure, axes = lw.results.plot_results([result], show=False, errors=True)
        >>> figure.savefig("bars.png")
    """
    named = _named(results, compare, labels)
    counted = [isinstance(result, CountMap) for _, result in named]
    if any(counted) and not all(counted) and not normalize:
        raise ValueError(
            "Counts and probabilities have no axis in common; draw shares with normalize=True, or give the "
            "probabilities as theory=."
        )
    bars = bars_of(
        [result for _, result in named],
        checked_top(top),
        order,
        label_table(state_labels),
        normalize=normalize,
        errors=errors,
        theory=None if theory is None else expected(theory),
    )
    pyplot = pyplot_module()
    with plot_style(ax is None):
        if ax is None:
            figure, (axes,), width = new_axes(pyplot, bars)
            with_map = has_map(bars)
        else:
            figure, axes, bars, width = ax.figure, ax, fitted(ax, bars), inches(ax)[0]
            with_map = False
        draw_bars(axes, width, bars, [name for name, _ in named], with_map=with_map)
        if all(counted) and not normalize:
            axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_ylabel(("Share of counts" if normalize else "Counts") if all(counted) else "Probability")
    return shown_or_returned(figure, axes, show and ax is None)


def _named(results: Any, compare: Any, labels: Sequence[str] | None) -> list[tuple[str, StateMap[Any]]]:
    named: list[tuple[str, Any]] = []
    for group in (results, compare):
        if group is None:
            continue
        single = _own(group)
        if single is not None:
            named.append(("", single))
        elif isinstance(group, Mapping):
            named.extend((str(name), result) for name, result in group.items())
        else:
            named.extend(("", result) for result in group)
    found: list[tuple[str, StateMap[Any]]] = []
    for name, given in named:
        result = _own(given)
        if result is None or values_of(result).dtype.kind == "c":
            raise TypeError(f"Only counts and probabilities can be drawn, not {type(given).__name__}.")
        if len(result) == 0:
            why = result.nothing_left if isinstance(result, CountMap) else None
            none = "Result contains no data."
            raise ValueError(f"{none} By its history, {why}." if why else none)
        found.append((name, result))
    if not found:
        raise ValueError("There is no result to draw.")
    if labels is not None:
        if len(labels) != len(found):
            raise ValueError(f"{len(labels)} labels do not fit {len(found)} results.")
        found = [(str(label), result) for label, (_, result) in zip(labels, found, strict=True)]
    alone = ["measured" if isinstance(found[0][1], CountMap) else "computed"] if len(found) == 1 else []
    return [
        (name or (alone[0] if alone else f"result {k + 1}"), result) for k, (name, result) in enumerate(found)
    ]


def _own(given: Any) -> StateMap[Any] | None:
    """Return counts or values by state, those of Lightworks as ours; None for anything else."""
    if isinstance(given, StateMap):
        return given
    if not lightworks_name(given, ("ProbabilityDistribution",)):
        return own_count_map(given)
    table = table_of(given)
    return StateMap(table.states, np.array(list(given.values()), np.float64), has_x=table.has_x)
