"""The mean of an observable over samples, with its standard error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwfast._types import AnyArray
from lwfast.results.columns.labels import LabelTable, refuse_x
from lwfast.results.processing.observables import observed
from lwfast.tables.packed_table import as_bytes


@dataclass(frozen=True)
class Mean:
    """The mean of an observable with its standard error, `mean.value` and `mean.error`.

    It also reads as the pair of the two: `value, error = mean`. Add the means of parts to get that of the
    whole.

    Attributes:
        n_samples: How many samples it is the mean of; a float, the sum of the counts, where these are floats.
        value: The mean; NaN without samples.
        squares: Sum of the squares of the distances from the mean, over all samples.

    Example:
        >>> value, error = SamplingResult({(1, 0): 64, (0, 1): 36}).expectation(lambda state: state[0])
        >>> round(value, 3), round(error, 3)
        (0.64, 0.048)
    """

    n_samples: int | float
    value: float
    squares: float

    @property
    def variance(self) -> float:
        """Mean square of the distance from the mean; NaN without samples."""
        return self.squares / self.n_samples if self.n_samples else math.nan

    @property
    def error(self) -> float:
        """Standard error of the mean; NaN without samples, and where counts are floats.

        Of counts that were divided, or given as floats, nothing says how many samples they stand for.
        """
        if not self.n_samples or isinstance(self.n_samples, float):
            return math.nan
        return math.sqrt(self.variance / self.n_samples)

    def __add__(self, other: Any) -> Mean:
        # Chan, Golub and LeVeque, The American Statistician 37, 242 (1983), equation 2.1.
        if not isinstance(other, Mean):
            return NotImplemented
        if not self.n_samples or not other.n_samples:
            return other if not self.n_samples else self
        n = self.n_samples + other.n_samples
        step = other.value - self.value
        value = self.value + step * (other.n_samples / n)
        between = step * step * (self.n_samples / n) * other.n_samples
        return Mean(n, value, self.squares + other.squares + between)

    def __iter__(self) -> Any:
        """Give value and error: `value, error = result.expectation(...)`."""
        return iter((self.value, self.error))

    def __getitem__(self, place: Any) -> Any:
        """Return the value for 0 and the error for 1, as of the pair that unpacking gives."""
        return (self.value, self.error)[place]

    def __repr__(self) -> str:
        if isinstance(self.n_samples, float):
            return f"Mean({self.value:.6g}, of counts that are floats: their error is not known)"
        return f"Mean({self.value:.6g} ± {self.error:.2g}, {self.n_samples} samples)"


def mean_of(table: LabelTable, counts: AnyArray, n_samples: int | float, observable: Any) -> Mean:
    """Return the mean of an observable.

    Args:
        table: The states, and what 255 means in them.
        counts: `(N,)`, how often each was measured.
        n_samples: The sum of all counts.
        observable: A callable that takes a State, a mapping from states (others are worth 0), or an array
            of a number for each state.

    Raises:
        ResultError: If a state has an X, and the observable is not an array.
        TypeError: If it is not one of these, or gives something that is not a real number.
        ValueError: If it gives NaN or infinity, or does not fit the states.
    """
    if callable(observable) or isinstance(observable, Mapping):
        refuse_x(table.has_x, "mean of an observable")
    worth = observed(observable, as_bytes(table.states))
    if not n_samples:
        return Mean(0, math.nan, 0.0)
    shares = counts / n_samples
    # From near the mean: a variance far below the squares is kept.
    centre = float(np.dot(worth, shares))
    rest = float(np.dot(worth - centre, shares))
    squares = float(np.dot((worth - centre) ** 2, counts)) - rest * rest * float(n_samples)
    return Mean(n_samples, centre + rest, max(squares, 0.0))
