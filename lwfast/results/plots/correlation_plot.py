"""Correlations of the photon numbers of modes as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.showing.heat_map import (
    add_colour_bar,
    draw_heat_map,
    map_size,
    name_cells,
    numbered,
    value_range,
)
from lwfast._base.showing.plot_style import plot_style, pyplot_module, shown_or_returned
from lwfast._base.showing.plot_text import plot_text
from lwfast._types import FloatArray
from lwfast.results.count_map import own_count_map
from lwfast.results.plots.bars import LABEL_LENGTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_KINDS = {"correlation": "Correlation", "covariance": "Covariance"}


def plot_correlations(
    result: Any,
    kind: str = "correlation",
    *,
    show: bool = True,
    mode_labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> tuple[Figure | SubFigure, Axes] | None:
    """Draw the correlation of the photon numbers of each two modes as a map, red above 0 and blue below.

    The correlation of a mode with itself is 1 and would leave no colours for the others, so the diagonal is
    grey, as is a mode whose photon number never changes.

    Args:
        result: A result of counts, a `ProbabilityDistribution`, a `Summary`, or a symmetric matrix
            `(n_modes, n_modes)` of numbers to draw.
        kind: "correlation", which is between -1 and 1, or "covariance", in photons squared.
        show: Whether to show the figure, which is the default, and return None. On a backend without a
            screen, or where `ax` is given or `show` is False, figure and axes are returned.
        mode_labels: A text for each mode; None numbers them.
        ax: Axes to draw into; a new figure is made where it is None.

    Returns:
        (figure, axes), or None where the figure was shown.

    Raises:
        LightworksDependencyError: If matplotlib is not installed.
        ResultError: If a state has an X, which has no photon number.
        TypeError: If there are no correlations in `result`, or its counts are floats.
        ValueError: If `kind` is unknown, there are no modes, or there is not one label per mode.

    Example:
        >>> result = SamplingResult({(2, 0): 30, (1, 1): 10, (0, 2): 60})
        >>> figure, axes = lw.results.plot_correlations(result, show=False)
        >>> figure.savefig("correlations.png")
    """
    if kind not in _KINDS:
        raise ValueError(f"Unknown kind {kind!r}; 'correlation' and 'covariance' can be drawn.")
    values = _matrix(result, kind)
    n_modes = len(values)
    if n_modes == 0 or values.shape != (n_modes, n_modes):
        raise ValueError(f"Correlations of modes are a square matrix, not one of shape {values.shape}.")
    if mode_labels is not None and len(mode_labels) != n_modes:
        raise ValueError(f"One label is needed for each of {n_modes} modes, got {len(mode_labels)}.")
    shown = values.copy()
    np.fill_diagonal(shown, np.nan)
    largest = value_range([shown, -shown])[1]
    pyplot = pyplot_module()
    with plot_style(ax is None):
        figure: Any = None
        if ax is None:
            wide, high = map_size(n_modes, n_modes)
            figure, axes = pyplot.subplots(figsize=(wide + 1.7, high + 0.6), layout="constrained")
        else:
            figure, axes = ax.figure, ax
        image = draw_heat_map(axes, shown, (-largest, largest))
        names = numbered(n_modes)
        if mode_labels is not None:
            names = [(k, plot_text(str(label), LABEL_LENGTH)) for k, label in enumerate(mode_labels)]
        name_cells(axes, names, names)
        axes.set_xlabel("Mode")
        axes.set_ylabel("Mode")
        add_colour_bar(figure, image, axes, f"{_KINDS[kind]} of photon numbers")
    return shown_or_returned(figure, axes, show and ax is None)


def _matrix(result: Any, kind: str) -> FloatArray:
    """Return the matrix that is drawn, as a new array or one that must not be changed."""
    counts = own_count_map(result)
    if counts is not None:
        result = counts.summary()
    name = "correlations" if kind == "correlation" else "covariances"
    found = getattr(result, name, None)
    if found is None:
        found = np.asarray(result)
        if found.dtype.kind not in "fiu" or found.ndim != 2:
            raise TypeError(f"There are no {name} in a {type(result).__name__}.")
    return np.asarray(found, np.float64)
