"""How far apart two results are, with the error that the number of samples leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lwfast._types import FloatArray
from lwfast.counts import as_table
from lwfast.results._state_map import StateMap
from lwfast.results.mapping import table_of
from lwfast.state import as_occupation


class ResultDistance(NamedTuple):
    """A distance measure, with what the noise of counting does to it.

    Attributes:
        value: The measure.
        error: Its standard error.
        expected: What the noise alone makes of two samples of one distribution: compare `value` with this,
            not with that of equal distributions.
    """

    value: float
    error: float
    expected: float

    def __float__(self) -> float:
        return self.value


def total_variation(a: Any, b: Any) -> ResultDistance:
    """Return half the sum of the absolute differences of the probabilities: 0 for equal, 1 for disjoint.

    Args:
        a: Counts (a `SamplingResult`), or probabilities by state; they are normalised.
        b: The same.

    Returns:
        The distance, its standard error from the multinomial noise of counts to first order, and the distance
        to expect of two such samples of one distribution.

    Raises:
        ValueError: If one of them has no counts.
    """
    p, q, n_p, n_q = _aligned(a, b)
    sign = np.sign(p - q)
    error = np.hypot(_error(sign, p, n_p), _error(sign, q, n_q)) / 2
    # Where p = q the derivative has no sign; its noise still adds up.
    undecided = sign == 0
    if undecided.any():
        loose = _inverse(n_p) * p[undecided].sum() + _inverse(n_q) * q[undecided].sum()
        error = np.hypot(error, np.sqrt(loose) / 2)
    # A difference of variance v has the mean sqrt(2 v / pi).
    variance = _pooled(p, q, n_p, n_q) * (_inverse(n_p) + _inverse(n_q))
    expected = np.sqrt(2 / np.pi * variance).sum() / 2
    return ResultDistance(float(np.abs(p - q).sum() / 2), float(error), float(expected))


def fidelity(a: Any, b: Any) -> ResultDistance:
    """Return the classical fidelity, the squared overlap of the square roots: 1 for equal, 0 for disjoint.

    Args:
        a: Counts (a `SamplingResult`), or probabilities by state; they are normalised.
        b: The same.

    Returns:
        The fidelity, its standard error from the multinomial noise of counts to first order, and the fidelity
        to expect of two such samples of one distribution.

    Raises:
        ValueError: If one of them has no counts.
    """
    p, q, n_p, n_q = _aligned(a, b)
    overlap = float(np.sqrt(p * q).sum())
    slopes = []
    for x, y in ((p, q), (q, p)):
        # d sum(sqrt(p q)) / dp = sqrt(q / p) / 2, weighed by p in the variance: 0 where p is.
        slopes.append(np.divide(np.sqrt(y), 2 * np.sqrt(x), out=np.zeros_like(x), where=x > 0))
    error = 2 * overlap * np.hypot(_error(slopes[0], p, n_p), _error(slopes[1], q, n_q))
    # Each sample lowers the overlap by 1 / (8 n) for each degree of freedom, the fidelity by twice that.
    expected = 1 - (p.size - 1) / 4 * (_inverse(n_p) + _inverse(n_q))
    return ResultDistance(overlap**2, float(error), max(expected, 0.0))


def chi_square(a: Any, b: Any) -> ResultDistance:
    """Return the chi-square of two results per degree of freedom: about 1 where both sample one distribution.

    Args:
        a: Counts, a `SamplingResult`.
        b: Counts, or probabilities by state to test them against.

    Returns:
        The statistic over its degrees of freedom, and the standard error `sqrt(2 / degrees)` that it has
        where the distributions are equal. Infinite where counts stand at a probability of zero.

    Raises:
        ValueError: If `a` has no counts, or one of them is empty.
    """
    p, q, n_p, n_q = _aligned(a, b)
    if np.isinf(n_p):
        raise ValueError("chi-square needs counts as its first argument, not probabilities")
    degrees = max(p.size - 1, 1)
    error = float(np.sqrt(2 / degrees))
    if np.isinf(n_q):
        if (p[q == 0] > 0).any():
            return ResultDistance(float("inf"), error, 1.0)
        used = q > 0
        statistic = n_p * ((p[used] - q[used]) ** 2 / q[used]).sum()
    else:
        # Two samples of sizes n and m: sum (n m (p - q)^2 / (n p + m q)).
        statistic = (n_p * n_q * (p - q) ** 2 / (n_p * p + n_q * q)).sum()
    return ResultDistance(float(statistic / degrees), error, 1.0)


def _pooled(p: FloatArray, q: FloatArray, n_p: float, n_q: float) -> FloatArray:
    """Return `r (1 - r)` of the distribution that both would be samples of."""
    r = p if np.isinf(n_p) else q
    if not np.isinf(n_p) and not np.isinf(n_q):
        r = (n_p * p + n_q * q) / (n_p + n_q)
    return np.asarray(r * (1 - r))


def _aligned(a: Any, b: Any) -> tuple[FloatArray, FloatArray, float, float]:
    """Return the probabilities of both over the states of either, and the number of samples of each."""
    (states_a, p, n_p), (states_b, q, n_q) = _columns(a), _columns(b)
    if states_a.shape[1] != states_b.shape[1]:
        raise ValueError(
            f"states of {states_a.shape[1]} modes cannot be compared with states of {states_b.shape[1]} modes"
        )
    from lwfast.results._index import StateIndex

    rows = StateIndex(states_a).rows(states_b)
    new = rows < 0
    n_new = int(new.sum())
    rows[new] = len(p) + np.arange(n_new)
    other = np.zeros(len(p) + n_new)
    other[rows] = q
    p = np.concatenate([p, np.zeros(n_new)])
    used = (p > 0) | (other > 0)
    return p[used], other[used], n_p, n_q


def _columns(data: Any) -> tuple[Any, FloatArray, float]:
    if isinstance(data, StateMap):
        states, values = data.states, np.asarray(data._values)  # noqa: SLF001  (our own base class)
    elif isinstance(data, Mapping):
        states = table_of([as_occupation(key) for key in data])
        values = np.array(list(data.values()))
    elif hasattr(data, "states") and hasattr(data, "probabilities"):
        states, values = as_table(data.states), np.asarray(data.probabilities)
    else:
        raise TypeError(f"a result or a mapping from State to a number is needed, not {type(data).__name__}")
    total = float(values.sum(dtype=np.float64)) if values.size else 0.0
    if not total > 0:
        raise ValueError("a result without counts cannot be compared")
    n_samples = total if np.issubdtype(values.dtype, np.integer) else np.inf
    return states, values / total, n_samples


def _error(slope: FloatArray, p: FloatArray, n_samples: float) -> float:
    """Return the standard error of a sum with derivative `slope` under multinomial noise."""
    variance = float((slope**2 * p).sum() - (slope * p).sum() ** 2)
    return float(np.sqrt(max(variance, 0.0) * _inverse(n_samples)))


def _inverse(n_samples: float) -> float:
    return 0.0 if np.isinf(n_samples) else 1.0 / n_samples
