"""Where the marks of a chart stand; the templates draw them as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lwfast._types import ComplexArray, FloatArray

WIDTH, HEIGHT = 440.0, 264.0
"""Of a line chart, in the units of its drawing, which the page scales to the room that there is."""
LEFT, RIGHT, TOP, BOTTOM = 50.0, 10.0, 10.0, 42.0
MOST_POINTS = 600
_LEAST_SPAN = 1e-8
"""Of the largest magnitude: values closer together than that are not told apart on an axis."""
CELL = 20.0
"""Side of a cell of a matrix."""
MOST_CELLS = 40
"""Most modes of a matrix that is drawn; 1600 cells are still drawn at once."""


class Bar(NamedTuple):
    """A row of a bar chart.

    Attributes:
        label: What it is of.
        value: The number, as written behind the bar.
        share: The number over the sum of all.
        width: Length of the bar, in percent of the room.
        low: Where the error bar begins, in percent; likewise `high` where it ends.
    """

    label: str
    value: str
    share: float | None
    width: float
    low: float
    high: float


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    errors: Sequence[float],
    written: Sequence[str],
    total: float | None,
) -> list[Bar]:
    """Lay out horizontal bars that share a scale from 0 to the largest value with its error.

    Args:
        labels: What each is of.
        values: Their lengths, not negative.
        errors: One standard error of each, or 0.
        written: The text of each value.
        total: What shares are of; None leaves them out.
    """
    peak = max((value + error for value, error in zip(values, errors, strict=True)), default=0.0) or 1.0
    return [
        Bar(
            label,
            text,
            None if total is None else (value / total if total else 0.0),
            round(100 * value / peak, 2),
            round(100 * max(value - error, 0.0) / peak, 2),
            round(100 * (value + error) / peak, 2),
        )
        for label, value, error, text in zip(labels, values, errors, written, strict=True)
    ]


class Cell(NamedTuple):
    """An entry of a matrix of correlations: its place, its strength from 0 to 1, its sign, its number."""

    x: float
    y: float
    strength: float
    is_negative: bool
    row: int
    column: int
    text: str


def heat_cells(matrix: FloatArray) -> list[Cell]:
    """Lay out a square matrix of numbers from -1 to 1; NaN has no cell."""
    cells = []
    for row in range(len(matrix)):
        for column in range(len(matrix)):
            value = float(matrix[row, column])
            if math.isfinite(value):
                strength = round(min(abs(value), 1.0), 3)
                place = (column * CELL, row * CELL)
                cells.append(Cell(*place, strength, value < 0, row, column, signed(value)))
    return cells


def signed(value: float) -> str:
    """Write a number with its sign, a minus as wide as a plus."""
    return f"{value:+.3f}".replace("-", "−")


class Phasor(NamedTuple):
    """An entry of a unitary: a disc whose radius is its magnitude, and a hand along its phase."""

    x: float
    y: float
    radius: float
    to_x: float
    to_y: float
    row: int
    column: int
    magnitude: str
    degrees: str


def phasors(matrix: ComplexArray) -> list[Phasor]:
    """Lay out the entries of a unitary that are large enough to be seen.

    The largest entry fills its cell: those of many modes are all small.
    """
    found = []
    scale = float(np.abs(matrix).max(initial=0.0)) or 1.0
    largest = CELL / 2 - 1
    for row in range(len(matrix)):
        for column in range(len(matrix)):
            value = complex(matrix[row, column])
            magnitude = abs(value) / scale
            if magnitude < 0.005:
                continue
            x, y = (column + 0.5) * CELL, (row + 0.5) * CELL
            hand = value / abs(value) * magnitude * largest
            degrees = math.degrees(math.atan2(value.imag, value.real))
            found.append(
                Phasor(
                    x,
                    y,
                    round(magnitude * largest, 2),
                    round(x + hand.real, 2),
                    round(y - hand.imag, 2),
                    row,
                    column,
                    f"{abs(value):.3f}",
                    f"{degrees:.1f}",
                )
            )
    return found


class Tick(NamedTuple):
    """A mark on an axis: where it stands, and what is written there."""

    place: float
    label: str


class ChartLine(NamedTuple):
    """A line of a chart.

    Attributes:
        name: What it is of.
        path: Where it runs, as the text of an SVG path; interrupted where there is no value.
        band: One standard error to either side, in the same form; empty without errors.
        marks: Points to be marked, where there are few.
        told: Its smallest and largest value, in words.
    """

    name: str
    path: str
    band: str
    marks: list[tuple[float, float]]
    told: str


class LineChart(NamedTuple):
    """A chart of lines over a parameter.

    Attributes:
        lines: The lines, with their names and points.
        across: Marks on the axis of the parameter; none where `is_ordered`.
        up: Marks on the axis of the values.
        is_thinned: Whether only some of the settings are drawn.
        is_ordered: Whether settings stand in their order, evenly: their values differ by too little to be
            told apart on an axis.
    """

    lines: list[ChartLine]
    across: list[Tick]
    up: list[Tick]
    is_thinned: bool
    is_ordered: bool


def line_chart(
    x: FloatArray, names: Sequence[str], values: FloatArray, errors: FloatArray | None, parameter: str
) -> LineChart:
    """Lay out lines over a parameter.

    Args:
        x: float64[k], the parameter, in any order; any finite numbers.
        names: The name of each of n lines.
        values: float64[k, n]; NaN leaves a gap.
        errors: float64[k, n], one standard error of each, or None.
        parameter: Name of the parameter, below the axis.
    """
    order = np.argsort(x, kind="stable")
    x, values = x[order], values[order]
    errors = None if errors is None else errors[order]
    step = -(-len(x) // MOST_POINTS)
    told = [_told(x, column, parameter) for column in values.T]
    x, values = x[::step], values[::step]
    errors = None if errors is None else errors[::step]
    upper = values if errors is None else values + np.nan_to_num(errors)
    high = float(np.nanmax(upper)) if np.isfinite(upper).any() else 1.0
    up_ticks = ticks(0.0, high or 1.0, 5)
    top = max(up_ticks[-1], high)
    places, low_x, high_x, unit = _across(x)

    def at_x(value: float) -> float:
        return round(LEFT + (value - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT), 2)

    def at_y(value: float) -> float:
        return round(HEIGHT - BOTTOM - min(max(value, 0.0), top) / top * (HEIGHT - TOP - BOTTOM), 2)

    lines = []
    for index, name in enumerate(names):
        points = [
            (at_x(float(place)), at_y(float(value))) if math.isfinite(value) else None
            for place, value in zip(places, values[:, index], strict=True)
        ]
        band = ""
        if errors is not None and all(points):
            line, spread = values[:, index], errors[:, index]
            above = [(at_x(float(p)), at_y(float(v))) for p, v in zip(places, line + spread, strict=True)]
            below = [(at_x(float(p)), at_y(float(v))) for p, v in zip(places, line - spread, strict=True)]
            band = _path([*above, *reversed(below)]) + "Z"
        marks = [point for point in points if point] if len(points) <= 40 else []
        lines.append(ChartLine(name, _path(points), band, marks, told[index]))
    across = _labelled(
        [tick for tick in ticks(low_x, high_x, 5) if low_x <= tick <= high_x] if unit else [], unit, at_x
    )
    up = _labelled([tick for tick in up_ticks if tick <= top], 1.0, at_y)
    return LineChart(lines, across, up, step > 1, is_ordered=not unit)


def _across(x: FloatArray) -> tuple[FloatArray, float, float, float]:
    """Return where sorted values stand on an axis, its two ends, and the unit of all three.

    The unit keeps sums and differences of very large and very small numbers finite and exact. It is 0 where
    the values cannot be told apart on an axis; then their numbers stand for them.
    """
    largest = float(np.abs(x).max())
    unit = 1e200 if largest > 1e150 else 1e-200 if 0 < largest < 1e-150 else 1.0
    places = x / unit
    low, high, largest = float(places[0]), float(places[-1]), largest / unit
    if low == high:
        half = 0.5 if 1e-6 < largest < 1e6 or not largest else largest / 2
        return places, low - half, high + half, unit
    if not high - low >= _LEAST_SPAN * largest:
        return np.arange(len(x), dtype=np.float64), 0.0, float(len(x) - 1), 0.0
    return places, low, high, unit


def _labelled(places: Sequence[float], unit: float, at: Callable[[float], float]) -> list[Tick]:
    """Write marks with as many digits as tell them apart; those that no float64 can name are left out."""
    shown = [(place, place * unit) for place in places if math.isclose(place * unit / unit, place)]
    labels: list[str] = []
    for digits in range(4, 12):
        labels = [f"{value:.{digits}g}" for _, value in shown]
        if len(set(labels)) == len(labels):
            break
    return [Tick(at(place), label) for (place, _), label in zip(shown, labels, strict=True)]


def ticks(low: float, high: float, about: int) -> list[float]:
    """Return round numbers from the one at or below `low` to the one at or above `high`.

    Args:
        low: Where the values begin.
        high: Where they end: above `low` by at least 1e-8 of the larger magnitude, which is 1e-200 to 1e200.
        about: About how many ticks to make.
    """
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    parts, begun = [], False
    for point in points:
        if point is not None:
            parts.append(f"{'L' if begun else 'M'}{point[0]:g} {point[1]:g}")
        begun = point is not None
    return "".join(parts)


def _told(x: FloatArray, values: FloatArray, parameter: str) -> str:
    if not np.isfinite(values).any():
        return "no samples"
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    places = (f"{parameter} = {x[low]:.4g}", f"{parameter} = {x[high]:.4g}")
    return f"{values[low]:.3g} at {places[0]}, up to {values[high]:.3g} at {places[1]}"
