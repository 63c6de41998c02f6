"""Probabilities of states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lwfast._base.validation import is_real, scalar
from lwfast._texts import ended
from lwfast._types import FloatArray
from lwfast.errors import ProbabilityDistributionError
from lwfast.results.columns.export import to_arrow, to_pandas, to_polars
from lwfast.results.columns.labels import refuse_x, table_of
from lwfast.results.columns.text import html_table, number_of, short_text
from lwfast.results.plots.bars import DEFAULT_TOP
from lwfast.results.plots.correlation_plot import plot_correlations
from lwfast.results.plots.result_plot import plot_results
from lwfast.results.processing.lightworks_results import lightworks_probabilities
from lwfast.results.processing.summaries import correlations_of
from lwfast.results.processing.weights import group_weights
from lwfast.results.state_map import StateMap
from lwfast.tables.counts import as_table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_CHUNK = 1 << 16


class ProbabilityDistribution(StateMap[float]):
    """Probability of each state: reads as a dict from State to float.

    Args:
        distribution: Probabilities by state; a key is anything that stands for a state. Those of equal states
            are added up; they need not add up to 1.

    Raises:
        ProbabilityDistributionError: If it is not such a mapping, or a probability is negative or not finite.

    Example:
        >>> theory = lw.results.ProbabilityDistribution({lw.State([2, 0]): 0.5, lw.State([0, 2]): 0.5})
        >>> theory[lw.State([2, 0])], theory.mode_means.tolist()
        (0.5, [1.0, 1.0])
        >>> theory.correlations.tolist()  # a photon more in one mode is one less in the other
        [[1.0, -1.0], [-1.0, 1.0]]
    """

    __slots__ = ()

    def __init__(self, distribution: Mapping[Any, float]) -> None:
        if isinstance(distribution, ProbabilityDistribution):
            StateMap.__init__(self, distribution.states, distribution.probabilities, has_x=distribution.has_x)
            return
        try:
            states, has_x = table_of(distribution)
            values = np.array([_real(value) for value in distribution.values()], np.float64)
        except (TypeError, ValueError, AttributeError) as error:
            raise ProbabilityDistributionError(
                f"A distribution maps states to probabilities: {ended(error)}"
            ) from error
        _check(values)
        StateMap.__init__(self, *group_weights(states, values), has_x=has_x)

    @classmethod
    def from_columns(cls, states: Any, probabilities: Any) -> ProbabilityDistribution:
        """Make a distribution from arrays.

        Args:
            states: Photon numbers, `(N, n_modes)`, integers from 0 to 255; equal rows are added up.
            probabilities: Float array of shape (N,): the probability of each state.

        Raises:
            ProbabilityDistributionError: If a probability is negative or not finite.
            TypeError: If they are not real numbers.
            ValueError: If a shape does not fit.
        """
        table = as_table(states)
        given = np.asarray(probabilities)
        if given.dtype.kind not in "fiu":
            raise TypeError(f"probabilities hold {given.dtype}; real numbers are needed.")
        values = np.array(given, np.float64)
        if values.shape != (table.shape[0],):
            raise ValueError(
                f"probabilities have shape {values.shape}; {table.shape[0]} states need as many."
            )
        distribution = cls.__new__(cls)
        _check(values)
        StateMap.__init__(distribution, *group_weights(table, values))
        return distribution

    @property
    def probabilities(self) -> FloatArray:
        """The probability of each row of `states`, `float64[N]`, read-only."""
        return self._values

    @property
    def mode_means(self) -> FloatArray:
        """Mean number of photons of each mode, `float64[n_modes]`; NaN where the whole probability is 0."""
        centre, means, _ = self._moments()
        return np.asarray(centre + means)

    @property
    def covariances(self) -> FloatArray:
        """Covariance of the photon numbers of two modes, `float64[n_modes, n_modes]`.

        Entry (i, j) is the mean of n_i n_j less the product of the means of n_i and n_j.
        """
        _, means, products = self._moments()
        return np.asarray(products - np.outer(means, means))

    @property
    def correlations(self) -> FloatArray:
        """Covariance over the product of the standard deviations; NaN where a mode does not vary."""
        return correlations_of(self.covariances)

    def _moments(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return integers near the means of n_i, and the means of the distances and of their products.

        From near the mean, where most of the probability may be, so that a covariance is kept which is far
        below the products of the photon numbers.
        """
        refuse_x(self.has_x, "mean or covariance")
        total = float(self.probabilities.sum()) or np.nan
        sums = np.zeros(self.n_modes)
        for _, weighed in self._parts(0.0):
            sums += weighed.sum(axis=0)
        centre = np.rint(sums / total)
        means, products = np.zeros(self.n_modes), np.zeros((self.n_modes, self.n_modes))
        for distances, weighed in self._parts(centre):
            means += weighed.sum(axis=0)
            products += distances.T @ weighed
        return centre, means / total, products / total

    def _parts(self, centre: FloatArray | float) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Walk over the photon numbers less `centre`, alone and times the probability of the state."""
        for start in range(0, len(self), _CHUNK):
            distances = self.states[start : start + _CHUNK].astype(np.float64) - centre
            yield distances, distances * self.probabilities[start : start + _CHUNK, None]

    def to_lightworks(self) -> Any:
        """Return the probabilities as Lightworks' `ProbabilityDistribution`.

        Raises:
            LightworksDependencyError: Lightworks is not installed.
        """
        return lightworks_probabilities(self)

    def plot(
        self,
        show: bool = True,
        state_labels: Mapping[Any, Any] | None = None,
        *,
        top: int = DEFAULT_TOP,
        order: str = "count",
        normalize: bool = False,
        ax: Axes | None = None,
        compare: Any = None,
        labels: Sequence[str] | None = None,
        theory: Any = None,
    ) -> tuple[Figure | SubFigure, Axes] | None:
        """Draw a bar chart of the most probable states; see `lwfast.results.plot_results` for the options."""
        return plot_results(
            self,
            show=show,
            state_labels=state_labels,
            top=top,
            order=order,
            normalize=normalize,
            ax=ax,
            compare=compare,
            labels=labels,
            theory=theory,
        )

    def plot_correlations(
        self,
        kind: str = "correlation",
        show: bool = True,
        *,
        mode_labels: Sequence[str] | None = None,
        ax: Axes | None = None,
    ) -> tuple[Figure | SubFigure, Axes] | None:
        """Draw a map of the correlations of modes; see `lwfast.results.plot_correlations`."""
        return plot_correlations(self, kind, show=show, mode_labels=mode_labels, ax=ax)

    def to_pandas(self, dtype: Any = np.uint8) -> pd.DataFrame:
        """Return a DataFrame with a column for each mode (`mode_0`, ...) and one of `probability`.

        Args:
            dtype: Type of the columns of modes, by default uint8, which has no sign and ends at 255.

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        return to_pandas(self.states, self.probabilities, "probability", dtype, self.has_x)

    def to_polars(self) -> pl.DataFrame:
        """Return a `polars.DataFrame` with `state` (an array of uint8) and `probability`; an X is null.

        Raises:
            LightworksDependencyError: If polars is not installed.
        """
        return to_polars(self.states, self.probabilities, "probability", self.has_x)

    def to_arrow(self) -> pa.Table:
        """Return a `pyarrow.Table` with `state` (a list of uint8) and `probability`; an X is null.

        Raises:
            LightworksDependencyError: If pyarrow is not installed.
        """
        return to_arrow(self.states, self.probabilities, "probability", has_x=self.has_x)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the columns to DuckDB, pyarrow and others without a copy; for polars there is `to_polars`."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise ProbabilityDistributionError(
            "Probability distribution should not be modified directly, to edit this make a copy using "
            "dict(distribution)."
        )

    def __repr__(self) -> str:
        return short_text(
            self,
            "ProbabilityDistribution",
            f"{number_of(len(self), 'state')} of {number_of(self.n_modes, 'mode')}",
        )

    def _repr_html_(self) -> str:
        return html_table(
            self.states,
            self.probabilities,
            f"ProbabilityDistribution: {number_of(len(self), 'state')}",
            self.has_x,
        )


class LateDistribution(ProbabilityDistribution):
    """A ProbabilityDistribution that costs nothing until it is read.

    Lightworks' own Sampler hands out what a backend left there, so what is left has to be a distribution.

    Args:
        work: Returns the distribution; called once.
    """

    __slots__ = ("_work",)

    def __init__(self, work: Callable[[], ProbabilityDistribution]) -> None:
        self._work = work

    def __getattr__(self, name: str) -> Any:
        """Work the columns out: slots that are empty come here."""
        if name not in StateMap.__slots__:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        found = self._work()
        StateMap.__init__(self, found.states, found.probabilities, has_x=found.has_x)
        return getattr(self, name)

    def __reduce__(self) -> Any:
        """Stay as late in a copy or pickle."""
        return LateDistribution, (self._work,)


def _real(value: Any) -> Any:
    value = scalar(value)
    if not is_real(value):
        raise TypeError(
            f"A probability should be a real number, got {value!r} of type {type(value).__name__}."
        )
    return value


def _check(probabilities: FloatArray) -> None:
    wrong = ~(np.isfinite(probabilities) & (probabilities >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ProbabilityDistributionError(
            f"Probability {probabilities[row]} of state {row} is negative or not finite; no probability is."
        )
