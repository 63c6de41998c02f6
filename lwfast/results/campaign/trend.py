"""Means with errors of files over time, or of groups of files."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.buffers import frozen
from lwfast._base.limits import some
from lwfast._types import AnyArray, FloatArray
from lwfast.results.columns.settings.group_keys import column_names
from lwfast.results.plots.trend_plot import plot_trend
from lwfast.results.processing.means import Mean
from lwfast.results.processing.named_columns import NamedColumns

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_COLUMNS = ("value", "error", "n_samples")
"""Of a table of means, besides those of the positions."""
_ROUNDING = 1e-12
"""As much of the largest value is not a spread of samples but rounding."""
TIMES = ("finished_date", "updated_date", "created_date", "saved")
"""Columns with times, the best one first."""


class Trend:
    """Means of an observable along times or groups; made by `Campaign.over_time` and `CampaignGroups`.

    Attributes:
        name: What the positions are: "time", or the names of the columns, separated by commas.
        positions: Where the means are: `datetime.datetime` in UTC, values of a column, or tuples of those.
        values: `float64[k]`, the mean at each position.
        errors: `float64[k]`, their standard errors from the samples of each alone: 0 where all of these are
            alike, as where none or all of them were kept, and of a single sample.
        n_samples: `int64[k]`, how many samples each is the mean of.
        paths: The file of each mean, if each mean is that of one file; else None.
        what: Description of the observable that is averaged.
        total: The mean of all samples, as a `Mean`.

    Example:
        >>> for hour, clicks in enumerate([52, 48, 50]):
        ...     about = {"finished_date": f"2026-03-01T0{hour}:00:00"}
        ...     rows = [[1], [0]], [clicks, 100 - clicks]
        ...     _ = SamplingResult.from_columns(*rows, metadata=about).save(f"run_{hour}.npz")
        >>> trend = lw.scan_results("run_*.npz").over_time(lambda state: state[0])
        >>> trend.values
        array([0.52, 0.48, 0.5 ])
        >>> square, degrees = trend.chi_square()
        >>> round(square, 2), degrees
        (0.32, 2)
    """

    def __init__(
        self,
        names: Sequence[str],
        positions: Sequence[Any],
        means: Sequence[Mean],
        paths: Sequence[str] | None = None,
        what: str = "mean of the observable",
    ) -> None:
        self._names = tuple(names)
        self.name = ", ".join(names)
        self.positions = list(positions)
        self.values = frozen(np.array([mean.value for mean in means], np.float64))
        self.errors = frozen(np.array([mean.error for mean in means], np.float64))
        self.n_samples = frozen(np.array([mean.n_samples for mean in means], np.int64))
        self.paths = None if paths is None else list(paths)
        self.what = what
        self.total = sum(means, Mean(0, math.nan, 0.0))
        self._is_share = all(map(_is_share, means))

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def intervals(self) -> FloatArray:
        """Both ends of the interval of one standard error around each value, `float64[k, 2]`.

        For a share (of samples kept, or of a state) it is the interval of Wilson, which says something of
        0 of 1000 samples too: 0 to 0.001. Elsewhere it is the value less and plus its error.
        """
        low, high = self.values - self.errors, self.values + self.errors
        if self._is_share:
            n = np.where(self.n_samples > 0, self.n_samples, np.nan)
            centre = (self.values + 0.5 / n) / (1 + 1 / n)
            half = np.sqrt(self.errors**2 + 0.25 / n**2) / (1 + 1 / n)
            low, high = np.minimum(centre - half, self.values), np.maximum(centre + half, self.values)
        return np.stack([low, high], axis=1)

    def chi_square(self) -> tuple[float, int]:
        """Compare the values with their mean, weighted by their errors.

        Without a drift, the first number is about as large as the second, and seldom above it by more than
        three times the square root of twice the second.

        The values of a share (of samples kept, or of a state) are compared with the share p of all samples,
        and the error of each is that of p, the square root of p (1 - p) / n: a file of which nothing was kept
        counts as any other. The other values have errors of their own; one without any, as of a single
        sample, gets that of n samples of all files.

        Returns:
            The sum of the squared distances from the mean, each divided by the square of its error; and the
            degrees of freedom, one less than there are values. A value without samples does not count, and
            a warning names it.
        """
        rows = self._counted()
        values, weights = self.values[rows], 1 / self._spreads()[rows] ** 2
        if values.size < 2:
            return 0.0, 0
        mean = float(np.average(values, weights=weights))
        return float(np.sum(weights * (values - mean) ** 2)), values.size - 1

    def slope(self) -> tuple[float, float]:
        """Fit a straight line, weighted by the errors that `chi_square` takes.

        Returns:
            Its slope, per hour over time and else per unit of the positions, and the standard error of it,
            which is 0 if all samples are alike. A value without samples does not count, and a warning names
            it.

        Raises:
            ValueError: If the positions are not numbers or times, or there are fewer than two different ones.
        """
        places = self._numbers()
        rows = self._counted()
        places, values, weights = places[rows], self.values[rows], 1 / self._spreads()[rows] ** 2
        if np.unique(places).size < 2:
            raise ValueError("A slope needs values at two different positions at least.")
        distances = places - np.average(places, weights=weights)
        spread = float(np.sum(weights * distances**2))
        error = 0.0 if self._is_constant() else 1 / math.sqrt(spread)
        return float(np.sum(weights * distances * values)) / spread, error

    def _numbers(self) -> FloatArray:
        if all(isinstance(place, dt.datetime) for place in self.positions):
            return np.array([place.timestamp() / 3600 for place in self.positions])
        if all(isinstance(place, int | float) and not isinstance(place, bool) for place in self.positions):
            return np.array(self.positions, np.float64)
        raise ValueError(f"The positions ({self.name}) are not numbers, so that there is no slope.")

    def _counted(self) -> AnyArray:
        """Return which values have samples, and warn of the others."""
        counted = self.n_samples > 0
        left = np.flatnonzero(~counted).tolist()
        if left:
            names = [str(self.positions[k]) if self.paths is None else self.paths[k] for k in left]
            warnings.warn(
                f"{len(left)} of {len(self)} values have no samples and do not count: {some(names)}. If a "
                "step removed all of them, over_time() without an observable follows how many are kept.",
                stacklevel=3,
            )
        return counted

    def _spreads(self) -> FloatArray:
        """Return the standard error of each value that it is weighed by."""
        n = np.where(self.n_samples > 0, self.n_samples, np.nan)
        if self._is_constant():
            return 1 / np.sqrt(n)  # whatever it is, no value is far from the mean
        pooled = np.sqrt(self.total.variance / n)
        if self._is_share:
            return pooled
        return np.where(self.errors > self._rounding(), self.errors, pooled)

    def _is_constant(self) -> bool:
        """Say whether all samples of all files have one value."""
        return not math.sqrt(self.total.squares) > self._rounding() * math.sqrt(max(self.total.n_samples, 1))

    def _rounding(self) -> float:
        return _ROUNDING * float(np.nanmax(np.abs(self.values), initial=0.0))

    def table(self) -> NamedColumns:
        """Return the positions, `value`, `error` and `n_samples`, and `path` where each is a file.

        A column of positions that has one of these names gets `group_` in front: `group_value`.
        """
        names = column_names(self._names, _COLUMNS)
        rows = []
        for k, place in enumerate(self.positions):
            places = place if len(names) > 1 else (place,)
            row = dict(zip(names, places, strict=True))
            row |= {
                "value": float(self.values[k]),
                "error": float(self.errors[k]),
                "n_samples": int(self.n_samples[k]),
            }
            if self.paths is not None:
                row["path"] = self.paths[k]
            rows.append(row)
        return NamedColumns(rows, [*names, *_COLUMNS])

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as a `pandas.DataFrame`."""
        return self.table().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """Return the table as a `polars.DataFrame`."""
        return self.table().to_polars()

    def to_arrow(self) -> pa.Table:
        """Return the table as a `pyarrow.Table`."""
        return self.table().to_arrow()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the table to polars, DuckDB and others."""
        return self.table().__arrow_c_stream__(requested_schema)

    def plot(self, show: bool = True, *, ax: Axes | None = None) -> tuple[Figure | SubFigure, Axes] | None:
        """Draw the values with their `intervals`, and over time the mean of all.

        Of groups by several columns, the last one with numbers only is along the axis. Each set of values of
        the others has a colour and a line in the legend.

        Args:
            show: Show the figure and return None; without a screen, where it is False or `ax` is given,
                return figure and axes.
            ax: Axes to draw into; by default None, which makes a new figure.

        Raises:
            LightworksDependencyError: Matplotlib is not installed.
            ValueError: There is nothing to draw.
        """
        level = self.total.value if self.name == "time" and self.total.n_samples else None
        points = self.positions, self.values, self.intervals
        return plot_trend(*points, self._names, self.what, level=level, show=show, ax=ax)

    def __repr__(self) -> str:
        head = f"Trend({len(self)} values of the {self.what} by {self.name})"
        return f"{head}\n{self.table()!r}"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _is_share(mean: Mean) -> bool:
    """Say whether a mean is that of numbers that are 0 or 1: what p (1 - p) is the variance of."""
    n, p = mean.n_samples, mean.value
    if not n or p == 0:
        return mean.squares == 0
    if math.isclose(p, 1, rel_tol=_ROUNDING):
        return mean.squares <= n * _ROUNDING
    # At least one sample is 1, and one is 0: of energies of 1e-12, say, the mean is less.
    return 0.999 < n * p < n - 0.999 and math.isclose(mean.squares, n * p * (1 - p), rel_tol=1e-9)


def time_column(files: NamedColumns, name: str | None) -> list[dt.datetime | None]:
    """Return the time of each file, in UTC; None where it does not say.

    Args:
        files: What is known of them.
        name: A column; None takes the first of `TIMES` that there is.

    Raises:
        ValueError: If there is no such column, or a time cannot be read.
    """
    if name is None:
        name = next((known for known in TIMES if known in files), None)
        if name is None:
            raise ValueError(f"No file says its time ({', '.join(TIMES)}); name a column with time=.")
    elif name not in files:
        raise ValueError(f"No file has the column {name!r}; there are {', '.join(files)}.")
    return [None if text is None else _time(text, name) for text in files[name]]


def _time(text: Any, name: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(
            f"The {name} {text!r:.60} is not a time; those are written as 2026-01-31T12:00:00."
        ) from None
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
