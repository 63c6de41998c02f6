"""Matrices as maps of square cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.showing.plot_style import DIVERGING, NOTE_SIZE, SEQUENTIAL, TICK_SIZE
from lwfast._types import AnyArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

MOST_TICKS = 40
"""Rows or columns that get a label each; of more, evenly chosen ones do."""
_WRITTEN = 8
"""Up to so many rows and columns, values are written into the cells."""
_MOST_INCHES, _LEAST_INCHES = 5.2, 2.4
"""Of the longer side of a map."""
_CELL = 0.55
"""Inches of a cell, unless the map would become larger or smaller than that."""


def map_size(n_rows: int, n_columns: int) -> tuple[float, float]:
    """Return width and height of a map of square cells, in inches, without its labels."""
    longer = max(n_rows, n_columns)
    cell = min(max(longer * _CELL, _LEAST_INCHES), _MOST_INCHES) / longer
    return cell * n_columns, cell * n_rows


def value_range(parts: Sequence[AnyArray]) -> tuple[float, float]:
    """Return the limits of colours: from 0 for values without a sign, else as far below 0 as above."""
    finite = [part[np.isfinite(part)] for part in parts]
    lowest = min(float(part.min(initial=0.0)) for part in finite)
    highest = max(float(part.max(initial=0.0)) for part in finite)
    if lowest < 0:
        largest = max(-lowest, highest)
        return -largest, largest
    return 0.0, highest or 1.0


def draw_heat_map(
    axes: Axes,
    values: FloatArray,
    limits: tuple[float, float],
    *,
    colours: str | None = None,
    written: bool | None = None,
) -> AxesImage:
    """Draw a matrix as square cells, the first row at the top.

    Args:
        axes: Axes of Matplotlib to draw into.
        values: `(n_rows, n_columns)` real numbers; NaN is left grey.
        limits: The values at both ends of the colours.
        colours: The name of a colour map; None takes one for values with a sign where `limits` have one.
        written: Whether the values are written into the cells; None does so where there are few.
    """
    import matplotlib as mpl

    name = colours or (DIVERGING if limits[0] < 0 else SEQUENTIAL)
    colour_map = mpl.colormaps[name].with_extremes(bad="#c8ccd1")
    image = axes.imshow(
        values, vmin=limits[0], vmax=limits[1], cmap=colour_map, aspect="equal", interpolation="nearest"
    )
    axes.spines[:].set_visible(True)
    axes.spines[:].set_linewidth(0.6)
    axes.tick_params(length=2.0)
    if written is None:
        written = max(values.shape) <= _WRITTEN
    if written:
        shades = image.to_rgba(values)[..., :3] @ np.array([0.299, 0.587, 0.114])
        for (row, column), value in np.ndenumerate(values):
            colour = "white" if shades[row, column] < 0.5 else "black"
            axes.text(
                column, row, _short(float(value)), ha="center", va="center", fontsize=NOTE_SIZE, color=colour
            )
    return image


def _short(value: float) -> str:
    """Return a value with two decimal places; none of them where it is 0."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:.2f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def name_cells(axes: Axes, across: Sequence[tuple[int, str]], down: Sequence[tuple[int, str]]) -> None:
    """Write labels below and left of a map, upright below where they would touch.

    Args:
        axes: Axes that hold the map.
        across: Columns and their labels.
        down: Rows and their labels.
    """
    wide = any(len(label) > 2 for _, label in across) and len(across) > 1
    size = TICK_SIZE if max(len(across), len(down)) <= 25 else 6.0
    axes.set_xticks([k for k, _ in across], [label for _, label in across], rotation=90 if wide else 0)
    axes.set_yticks([k for k, _ in down], [label for _, label in down])
    axes.tick_params(labelsize=size)


def numbered(n: int) -> list[tuple[int, str]]:
    """Return the places and labels of numbered rows: all of them, or evenly chosen ones."""
    step = 1 if n <= 20 else 5 if n <= 60 else max(10, 10 * round(n / 100))
    return [(k, str(k)) for k in range(0, n, step)]


def add_colour_bar(figure: Any, image: AxesImage, axes: Any, label: str) -> Any:
    """Draw the scale of colours to the right of one map or several."""
    bar = figure.colorbar(image, ax=axes, shrink=0.9, aspect=25, pad=0.02)
    bar.set_label(label)
    bar.outline.set_linewidth(0.6)
    return bar
