"""Probabilities of states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from lwfast._types import FloatArray
from lwfast.errors import ProbabilityDistributionError
from lwfast.results.columns.text import html_table, number_of, short_text
from lwfast.results.processing.mapping import table_of
from lwfast.results.processing.summaries import correlations_of
from lwfast.results.processing.weights import group_weights
from lwfast.results.state_map import StateMap
from lwfast.state import as_occupation
from lwfast.tables.counts import as_table

_CHUNK = 1 << 16


class ProbabilityDistribution(StateMap[float]):
    """Probability of each state: reads as a dict from State to float.

    Args:
        distribution: Probabilities by state; a key is anything that stands for a state. Those of equal states
            are added up; they need not add up to 1.

    Raises:
        ProbabilityDistributionError: If it is not such a mapping, or a probability is negative or not finite.
    """

    __slots__ = ()

    def __init__(self, distribution: Mapping[Any, float]) -> None:
        if isinstance(distribution, ProbabilityDistribution):
            StateMap.__init__(self, distribution.states, distribution.probabilities)
            return
        try:
            states = table_of([as_occupation(key) for key in distribution])
            values = np.array(list(distribution.values()), np.float64).reshape(len(states))
        except (TypeError, ValueError, AttributeError) as error:
            raise ProbabilityDistributionError(
                f"A distribution maps states to probabilities: {error}"
            ) from error
        _check(values)
        StateMap.__init__(self, *group_weights(states, values))

    @classmethod
    def from_columns(cls, states: Any, probabilities: Any) -> ProbabilityDistribution:
        """Make a distribution from arrays.

        Args:
            states: Photon numbers, `(N, n_modes)`, integers from 0 to 255; equal rows are added up.
            probabilities: `(N,)` floats.

        Raises:
            ProbabilityDistributionError: If a probability is negative or not finite.
            ValueError: If a shape does not fit.
        """
        table = as_table(states)
        values = np.array(probabilities, np.float64)
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
        return self._moments()[0]

    @property
    def covariances(self) -> FloatArray:
        """Covariance of the photon numbers of two modes, `float64[n_modes, n_modes]`.

        Entry (i, j) is the mean of n_i n_j less the product of the means of n_i and n_j.
        """
        means, products = self._moments()
        return np.asarray(products - np.outer(means, means))

    @property
    def correlations(self) -> FloatArray:
        """Covariance over the product of the standard deviations; NaN where a mode does not vary."""
        return correlations_of(self.covariances)

    def _moments(self) -> tuple[FloatArray, FloatArray]:
        """Return the means of n_i and of n_i n_j."""
        sums, products = np.zeros(self.n_modes), np.zeros((self.n_modes, self.n_modes))
        for start in range(0, len(self), _CHUNK):
            rows = self.states[start : start + _CHUNK].astype(np.float64)
            weighted = rows * self.probabilities[start : start + _CHUNK, None]
            sums += weighted.sum(axis=0)
            products += rows.T @ weighted
        total = float(self.probabilities.sum()) or np.nan
        return sums / total, products / total

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
            self.states, self.probabilities, f"ProbabilityDistribution: {number_of(len(self), 'state')}"
        )


def _check(probabilities: FloatArray) -> None:
    wrong = ~(np.isfinite(probabilities) & (probabilities >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ProbabilityDistributionError(
            f"Probability {probabilities[row]} of state {row} is negative or not finite; no probability is."
        )
