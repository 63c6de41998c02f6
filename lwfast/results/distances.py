"""How far apart two results are, with the error that the number of samples leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lwfast._types import AnyArray, FloatArray
from lwfast.results.columns.index import StateIndex
from lwfast.results.columns.labels import LabelTable, meaning_of_all, table_of
from lwfast.results.processing.binomial import mean_deviation, mean_root, root_product_loss
from lwfast.results.processing.weights import group_weights
from lwfast.results.state_map import StateMap, working_table
from lwfast.tables.counts import as_table


class ResultDistance(NamedTuple):
    """A distance between two results, with its statistical error and what noise alone would cause.

    Attributes:
        value: The distance or fidelity itself, without a unit.
        error: Its standard error, from the number of samples on both sides. Probabilities, which numbers
            that are not integers are taken for, have no error. It is NaN, as is `expected`, where the counts
            of a result are floats, such as those of a divided one: nothing says of how many samples.
        expected: The value to expect of two samples of one distribution, because of noise alone. Compare
            `value` with this, not with that of equal distributions.

    Example:
        >>> first = SamplingResult({(1, 0): 50, (0, 1): 50})
        >>> second = SamplingResult({(1, 0): 60, (0, 1): 40})
        >>> distance = lw.results.total_variation(first, second)
        >>> round(distance.value, 6), distance.error > 0
        (0.1, True)
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
        b: A result or distribution to compare with, in the same forms as `a`.

    Returns:
        The distance, its standard error, and the distance to expect of two such samples of one distribution.
        What is expected holds for any number of samples, also where most states are seen once: the pooled
        counts of each state are shared out at random. The error is estimated by leaving out one count after
        the other, which on average is never too small: right where the distributions differ by more than the
        noise, up to 1.8 times too large where they agree.

    Raises:
        TypeError: If one of them does not hold real numbers.
        ValueError: If one of them has no counts, or a number that is negative or not finite.

    Source:
        Diaconis and Zabell, Statistical Science 6, 284 (1991), for what is expected; Efron and Stein, Annals
        of Statistics 9, 586 (1981), for the error.

    Example:
        >>> first = SamplingResult({(1, 0): 50, (0, 1): 50})
        >>> second = SamplingResult({(1, 0): 60, (0, 1): 40})
        >>> round(lw.results.total_variation(first, second).value, 6)
        0.1
    """
    p, q, n_p, n_q = _aligned(a, b)
    value = float(np.abs(p - q).sum() / 2)
    if np.isinf(n_p) and np.isinf(n_q):
        return _told(ResultDistance(value, 0.0, 0.0), a, b)
    steps = (np.abs(p - q) - np.abs(p - _inverse(n_p) - q), np.abs(p - q) - np.abs(p - q + _inverse(n_q)))
    error = np.hypot(_error(steps[0] / 2, p, n_p), _error(steps[1] / 2, q, n_q))
    return _told(ResultDistance(value, float(error), _expected_variation(p, q, n_p, n_q)), a, b)


def _expected_variation(p: FloatArray, q: FloatArray, n_p: float, n_q: float) -> float:
    if np.isfinite(n_p) and np.isfinite(n_q):
        total = n_p + n_q
        pooled, states = np.unique(np.rint(n_p * p + n_q * q), return_counts=True)
        deviation = mean_deviation(pooled, np.full(pooled.shape, n_p / total))
        # The counts of `a` add up to n_p: they vary less than each alone would.
        deviation = deviation * np.sqrt((total - pooled) / max(total - 1, 1.0))
        return float((deviation * states).sum()) * (1 / n_p + 1 / n_q) / 2
    exact, n_samples = (q, n_p) if np.isinf(n_q) else (p, n_q)
    return float(mean_deviation(np.full(exact.shape, n_samples), exact).sum()) / n_samples / 2


def fidelity(a: Any, b: Any) -> ResultDistance:
    """Return the classical fidelity, the squared overlap of the square roots: 1 for equal, 0 for disjoint.

    Args:
        a: Counts (a `SamplingResult`), or probabilities by state; they are normalised.
        b: A result or distribution to compare with, in the same forms as `a`.

    Returns:
        The fidelity, its standard error, and the fidelity to expect of two such samples of one distribution.
        Both hold for any number of samples and are estimated as in `total_variation`.

    Raises:
        TypeError: If one of them does not hold real numbers.
        ValueError: If one of them has no counts, or a number that is negative or not finite.

    Source:
        Efron and Stein, Annals of Statistics 9, 586 (1981).

    Example:
        >>> monday = SamplingResult({(1, 0): 500, (0, 1): 500})
        >>> friday = SamplingResult({(1, 0): 700, (0, 1): 300})
        >>> found = lw.results.fidelity(monday, friday)
        >>> round(found.value, 3), round(found.error, 3), round(found.expected, 3)
        (0.958, 0.009, 0.999)
    """
    p, q, n_p, n_q = _aligned(a, b)
    overlap = float(np.sqrt(p * q).sum())
    steps = [
        np.sqrt(y) * (np.sqrt(x) - np.sqrt(np.maximum(x - _inverse(n), 0.0)))
        for x, y, n in ((p, q, n_p), (q, p, n_q))
    ]
    error = 2 * overlap * np.hypot(_error(steps[0], p, n_p), _error(steps[1], q, n_q))
    return _told(ResultDistance(overlap**2, float(error), _expected_overlap(p, q, n_p, n_q) ** 2), a, b)


def _expected_overlap(p: FloatArray, q: FloatArray, n_p: float, n_q: float) -> float:
    if np.isfinite(n_p) and np.isfinite(n_q):
        total = n_p + n_q
        pooled, states = np.unique(np.rint(n_p * p + n_q * q), return_counts=True)
        loss = root_product_loss(pooled, n_p / total) * (total - pooled) / max(total - 1, 1.0)
        return max(1 - float((loss * states).sum()) / float(np.sqrt(n_p * n_q)), 0.0)
    if np.isinf(n_p) and np.isinf(n_q):
        return 1.0
    exact, n_samples = (q, n_p) if np.isinf(n_q) else (p, n_q)
    used = exact[exact > 0]
    roots = mean_root(np.full(used.shape, n_samples), used)
    return min(float((np.sqrt(used) * roots).sum()) / float(np.sqrt(n_samples)), 1.0)


def chi_square(a: Any, b: Any) -> ResultDistance:
    """Return the chi-square of two results per degree of freedom: about 1 where both sample one distribution.

    Args:
        a: The counts to test, as a `SamplingResult`.
        b: Counts, or probabilities by state to test them against.

    Returns:
        The statistic over its degrees of freedom, and the mean and standard error that it has where the
        distributions are equal: the exact ones for these counts, not those for many counts per state.
        The statistic is infinite where counts stand at a probability of zero, and the error below four
        counts.

    Raises:
        TypeError: If one of them does not hold real numbers.
        ValueError: If `a` has no counts, or one of them is empty.

    Source:
        Haldane, Biometrika 29, 133 (1937); Dawson, The American Statistician 8 (2), 22 (1954).

    Example:
        >>> first = SamplingResult({(1, 0): 50, (0, 1): 50})
        >>> second = SamplingResult({(1, 0): 60, (0, 1): 40})
        >>> round(lw.results.chi_square(first, second).value, 6)
        2.020202
    """
    p, q, n_p, n_q = _aligned(a, b)
    if np.isinf(n_p):
        raise ValueError("Chi-square needs counts as its first argument, not probabilities.")
    if np.isinf(n_q):
        used = q > 0
        p, q, missed = p[used], q[used], float(p[~used].sum())
        degrees = max(q.size - 1, 1)
        error = _error_of_one(q, n_p) / degrees
        if missed > 0:
            return ResultDistance(float("inf"), error, 1.0)
        return ResultDistance(float(n_p * ((p - q) ** 2 / q).sum()) / degrees, error, 1.0)
    degrees = max(p.size - 1, 1)
    # Two samples of sizes n and m: sum (n m (p - q)^2 / (n p + m q)).
    statistic = float((n_p * n_q * (p - q) ** 2 / (n_p * p + n_q * q)).sum())
    total = n_p + n_q
    error = _error_of_two(n_p * p + n_q * q, n_p, n_q) / degrees
    return ResultDistance(statistic / degrees, error, total / max(total - 1, 1.0))


def _error_of_one(q: FloatArray, n: float) -> float:
    """Return the standard deviation of chi-square of n samples of `q`."""
    k = q.size
    variance = 2 * (k - 1) + (float((1 / q).sum()) - k**2 - 2 * k + 2) / n
    return float(np.sqrt(max(variance, 0.0)))


def _error_of_two(pooled: FloatArray, n: float, m: float) -> float:
    """Return the standard deviation of chi-square over all ways to share out the pooled counts."""
    total, k = n + m, pooled.size
    if total < 4:
        return float("inf")
    spread = [
        ((size - 1) * (total - size) / (total - 1), (total * inverse - size**2) / (total - 2))
        for size, inverse in ((k, float((1 / pooled).sum())), (2, 1 / n + 1 / m))
    ]
    (v, w), (v2, w2) = spread
    variance = 2 * total / (total - 3) * (v - w) * (v2 - w2) + total**2 / (total - 1) * w * w2
    return float(np.sqrt(max(variance, 0.0)))


def _aligned(a: Any, b: Any) -> tuple[FloatArray, FloatArray, float, float]:
    """Return the probabilities of both over the states of either, and the number of samples of each."""
    (table_a, p, n_p), (table_b, q, n_q) = _columns(a), _columns(b)
    meaning_of_all([table_a, table_b])
    states_a, states_b = table_a.states, table_b.states
    if states_a.shape[1] != states_b.shape[1]:
        raise ValueError(
            f"States of {states_a.shape[1]} modes cannot be compared with states of {states_b.shape[1]}."
        )
    rows = StateIndex(states_a).rows(states_b)
    new = rows < 0
    n_new = int(new.sum())
    rows[new] = len(p) + np.arange(n_new)
    other = np.zeros(len(p) + n_new)
    other[rows] = q
    p = np.concatenate([p, np.zeros(n_new)])
    used = (p > 0) | (other > 0)
    return p[used], other[used], n_p, n_q


def _told(found: ResultDistance, a: Any, b: Any) -> ResultDistance:
    """Return a distance without what nobody knows where a side has counts that are floats."""
    for data in (a, b):
        if isinstance(data, StateMap) and not data._are_exact and data._values.dtype.kind == "f":  # noqa: SLF001
            return found._replace(error=float("nan"), expected=float("nan"))
    return found


def _columns(data: Any) -> tuple[LabelTable, FloatArray, float]:
    has_x = False
    if isinstance(data, StateMap):
        (states, has_x), values = working_table(data), np.asarray(data._values)  # noqa: SLF001  (our own base class)
    elif isinstance(data, Mapping):
        states, has_x = table_of(data)
        values = np.array(list(data.values()))
        states, values = group_weights(states, _real(values))
    elif hasattr(data, "states") and hasattr(data, "probabilities"):
        states, values = as_table(data.states), np.asarray(data.probabilities)
    else:
        raise TypeError(f"A result or a mapping from State to a number is needed, not {type(data).__name__}.")
    values = _real(values)
    total = float(values.sum(dtype=np.float64)) if values.size else 0.0
    if not np.isfinite(total) or (values.size and values.min() < 0):
        raise ValueError("A number is negative or not finite; counts and probabilities are neither.")
    if not total > 0:
        raise ValueError("A result without counts cannot be compared.")
    n_samples = total if np.issubdtype(values.dtype, np.integer) else np.inf
    return LabelTable(states, has_x), values / total, n_samples


def _real(values: AnyArray) -> AnyArray:
    if values.size == 0:
        return np.zeros(0, np.int64)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"States stand for {values.dtype} where real numbers are needed.")
    return values.astype(np.float64 if values.dtype.kind == "f" else np.int64)


def _error(steps: FloatArray, p: FloatArray, n_samples: float) -> float:
    """Return the standard error from what a measure loses with one count of each state.

    The mean goes: that of a smaller sample, whichever count is left out.
    """
    if np.isinf(n_samples):
        return 0.0
    mean = float((steps * p).sum())
    return float(np.sqrt(n_samples * (p * (steps - mean) ** 2).sum()))


def _inverse(n_samples: float) -> float:
    return 0.0 if np.isinf(n_samples) else 1.0 / n_samples
