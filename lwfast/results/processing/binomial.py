"""Means over the binomial distribution that hold for one count as well as for 10^15."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lwfast._types import FloatArray

_ASYMPTOTIC = 50.0
"""From this mean on series in 1/mean are used: wrong by less than 2e-4 of what the noise takes away."""
_BLOCK = 1 << 16
_STIRLING = np.array(
    [
        0.0,
        *(math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - math.log(2 * math.pi) / 2 for n in range(1, 16)),
    ]
)


def mean_deviation(n: FloatArray, p: FloatArray) -> FloatArray:
    """Return the mean of `|X - n p|` for X ~ Binomial(n, p).

    Args:
        n: Numbers of trials, whole numbers as float64.
        p: Probabilities, of the shape of `n`.

    Source:
        De Moivre's formula, `2 j (1 - p) P(X = j)` with j the first integer above n p: Diaconis and Zabell,
        Statistical Science 6, 284 (1991).
    """
    j = np.floor(n * p) + 1
    inside = (j <= n) & (p > 0)
    # Elsewhere X is a constant; any numbers inside the range do there.
    n, p, j = np.where(inside, n, 2.0), np.where(inside, p, 0.5), np.where(inside, j, 1.0)
    return np.where(inside, 2 * j * (1 - p) * _probability(j, n, p), 0.0)


def mean_root(n: FloatArray, p: FloatArray) -> FloatArray:
    """Return the mean of `sqrt(X)` for X ~ Binomial(n, p)."""
    mean = n * p
    out = np.empty(mean.shape)
    many = mean > _ASYMPTOTIC
    m, q = mean[many], 1 - p[many]
    second, third = m * q, m * q * (1 - 2 * p[many])
    fourth = 3 * second**2 + second * (1 - 6 * p[many] * q)
    out[many] = np.sqrt(m) * (1 - second / (8 * m**2) + third / (16 * m**3) - 5 * fourth / (128 * m**4))
    out[~many] = _mean_of(lambda x, _: np.sqrt(x), n[~many], p[~many])
    return out


def root_product_loss(k: FloatArray, s: float) -> FloatArray:
    """Return `k sqrt(s (1 - s))` less the mean of `sqrt(X (k - X))` for X ~ Binomial(k, s)."""
    s = min(s, 1 - s)  # symmetric
    g = s * (1 - s)
    out = np.empty(k.shape)
    many = k * s > _ASYMPTOTIC
    large = k[many]
    # sqrt(x (1 - x)) around x = s, with the central moments of X / k; here 1 / k may be below the rounding.
    fourth = 3 * (g / large) ** 2 + g * (1 - 6 * g) / large**3
    terms = (
        g / large * g**-1.5 / 8,
        -g * (1 - 4 * g) / large**2 * g**-2.5 / 16,
        fourth * (15 / 16 * g**-3.5 - 3 * g**-2.5) / 24,
    )
    out[many] = large * sum(terms)
    small = k[~many]
    mean = _mean_of(lambda x, n: np.sqrt(x * np.maximum(n - x, 0.0)), small, np.full(small.shape, s))
    out[~many] = small * math.sqrt(g) - mean
    return out


def _mean_of(
    function: Callable[[FloatArray, FloatArray], FloatArray], n: FloatArray, p: FloatArray
) -> FloatArray:
    """Return the mean of `function(X, n)` term by term, for means that are not large."""
    order = np.argsort(n * np.minimum(p, 1 - p))
    out = np.empty(n.shape)
    for start in range(0, n.size, _BLOCK):
        # Of similar means: no cell waits for the many terms of another.
        block = order[start : start + _BLOCK]
        trials, chance = n[block], p[block]
        flipped = chance > 0.5
        chance = np.where(flipped, 1 - chance, chance)
        odds = chance / (1 - chance)
        weight = np.exp(trials * np.log1p(-chance))
        mean = float((trials * chance).max())
        total = np.zeros(block.size)
        for j in range(int(min(mean + 10 * math.sqrt(mean) + 12, trials.max())) + 1):
            total += weight * function(np.where(flipped, np.maximum(trials - j, 0.0), j), trials)
            weight *= np.maximum(trials - j, 0.0) / (j + 1) * odds
        out[block] = total
    return out


def _probability(j: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Return the binomial probability of 1 <= j <= n, also where n! has no digits left.

    Source:
        C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
    """
    rest = np.maximum(n - j, 1.0)
    exponent = _stirling(n) - _stirling(j) - _stirling(rest) - _deviance(j, n * p)
    inner = np.sqrt(n / (2 * np.pi * j * rest)) * np.exp(exponent - _deviance(rest, n * (1 - p)))
    return np.where(j == n, p**n, inner)


def _stirling(n: FloatArray) -> FloatArray:
    """Return `log n!` less Stirling's approximation of it."""
    small = n < _STIRLING.size
    x = np.where(small, _STIRLING.size, n)
    series = (1 / 12 - (1 / 360 - 1 / (1260 * x**2)) / x**2) / x
    return np.where(small, _STIRLING[np.where(small, n, 0).astype(np.int64)], series)


def _deviance(x: FloatArray, mean: FloatArray) -> FloatArray:
    """Return `x log(x / mean) + mean - x`."""
    d = (x - mean) / mean
    return mean * ((1 + d) * np.log1p(d) - d)
