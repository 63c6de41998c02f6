"""Distributions from which the imperfections of an interferometer are drawn."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from lwfast._base.generators import unseeded
from lwfast._base.validation import as_real, is_real, scalar

_LEAST_CHANCE = 1e-6
"""How likely a normal number has to lie within its bounds: drawing one takes a second where it is less so."""


class Distribution(ABC):
    """Base of all distributions.

    A distribution of your own has the two methods below, and can be used wherever one is asked for:

        class Aging(Distribution):
            def __init__(self): self.age = 0
            def value(self): self.age += 1; return 0.01 * self.age
            def set_random_seed(self, seed): self.age = 0

    Example:
        >>> from lwfast.interferometers import dists
        >>> isinstance(dists.Constant(0.5), dists.Distribution)
        True
    """

    @abstractmethod
    def value(self) -> float:
        """Return the next value."""

    @abstractmethod
    def set_random_seed(self, seed: int | None) -> None:
        """Restart with a seed; a distribution without randomness does nothing here.

        Args:
            seed: Integer from 0 on, or None for values that differ each time.
        """

    def __repr__(self) -> str:
        return f"lwfast.interferometers.dists.{self}"


class Constant(Distribution):
    """The same value each time.

    Args:
        value: The value that every element gets.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: `value` is NaN or infinite.

    Example:
        >>> from lwfast.interferometers import dists
        >>> dists.Constant(0.5).value()
        0.5
    """

    def __init__(self, value: float) -> None:
        self._value = as_real(value, "Value of a constant distribution")

    def __str__(self) -> str:
        return f"Constant({self._value})"

    def value(self) -> float:
        """Return the value."""
        return self._value

    def set_random_seed(self, seed: int | None) -> None:
        """Do nothing: nothing is random."""


class Gaussian(Distribution):
    """Normally distributed numbers; those outside the bounds are drawn again.

    `Gaussian(0.5, 0.02, min_value=0, max_value=1)` are reflectivities of beam splitters that were meant to be
    balanced. The same seed gives the values that Lightworks draws.

    Args:
        center: The mean (before numbers outside of the bounds are left out).
        deviation: The standard deviation, not negative.
        min_value: The smallest value; by default None, for no bound.
        max_value: The largest value; by default None, for no bound.

    Raises:
        TypeError: An argument is not a real number.
        ValueError: An argument is NaN, `center` or `deviation` is infinite, `deviation` is negative,
            `max_value` is below `min_value`, or less than one number in a million lies between them.

    Example:
        >>> from lwfast.interferometers import dists
        >>> reflectivities = dists.Gaussian(0.5, 0.02, min_value=0, max_value=1)
        >>> reflectivities.set_random_seed(1)
        >>> [round(reflectivities.value(), 3) for _ in range(4)]
        [0.507, 0.516, 0.507, 0.474]
    """

    def __init__(
        self,
        center: float,
        deviation: float,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        self._center = as_real(center, "Center of a Gaussian distribution")
        self._deviation = as_real(deviation, "Deviation of a Gaussian distribution")
        if self._deviation < 0:
            msg = f"Deviation of a Gaussian distribution cannot be negative, got {self._deviation}."
            raise ValueError(msg)
        self._min_value = -math.inf if min_value is None else _bound(min_value, "Min value")
        self._max_value = math.inf if max_value is None else _bound(max_value, "Max value")
        _check_order(self._min_value, self._max_value)
        chance = self._chance()
        if chance < _LEAST_CHANCE:
            msg = (
                f"The values of {self} lie within its bounds with probability {chance:.2g}, and it has to be "
                "at least 1e-06: numbers are drawn until one does. Choose wider bounds, or a center in them."
            )
            raise ValueError(msg)
        self._generator: np.random.Generator | None = None

    def _chance(self) -> float:
        """Return how likely a number lies within the bounds."""
        if self._deviation == 0:
            return float(self._min_value <= self._center <= self._max_value)
        low, high = [
            (bound - self._center) / (self._deviation * math.sqrt(2))
            for bound in (self._min_value, self._max_value)
        ]
        if low > 0:  # the same tail on the other side, where it does not round to 1
            low, high = -high, -low
        return (math.erfc(-high) - math.erfc(-low)) / 2

    def __str__(self) -> str:
        bounds = ""
        if (self._min_value, self._max_value) != (-math.inf, math.inf):
            bounds = f", bounds = [{self._min_value}, {self._max_value}]"
        return f"Gaussian(μ = {self._center}, σ = {self._deviation}{bounds})"

    def value(self) -> float:
        """Return the next number that lies within the bounds."""
        with _lent(self._generator) as generator:
            while True:
                number = generator.normal(self._center, self._deviation)
                if self._min_value <= number <= self._max_value:
                    return number

    def set_random_seed(self, seed: int | None) -> None:
        """Restart the random numbers.

        Args:
            seed: Integer from 0 on, or None for numbers that differ each time.
        """
        self._generator = None if seed is None else np.random.default_rng(seed)


class TopHat(Distribution):
    """Numbers between two values, all equally likely. The same seed gives the values that Lightworks draws.

    Args:
        min_value: The lower end of the range.
        max_value: The upper end of the range.

    Raises:
        TypeError: An argument is not a real number.
        ValueError: An argument is NaN or infinite, or `max_value` is below `min_value`.

    Example:
        >>> from lwfast.interferometers import dists
        >>> losses = dists.TopHat(0.01, 0.03)
        >>> losses.set_random_seed(1)
        >>> [round(losses.value(), 4) for _ in range(4)]
        [0.0202, 0.029, 0.0129, 0.029]
    """

    def __init__(self, min_value: float, max_value: float) -> None:
        self._min_value = as_real(min_value, "Min value")
        self._max_value = as_real(max_value, "Max value")
        _check_order(self._min_value, self._max_value)
        self._generator: np.random.Generator | None = None

    def __str__(self) -> str:
        return f"TopHat({self._min_value}, {self._max_value})"

    def value(self) -> float:
        """Return the next number."""
        with _lent(self._generator) as generator:
            return self._min_value + (self._max_value - self._min_value) * generator.random()

    def set_random_seed(self, seed: int | None) -> None:
        """Restart the random numbers.

        Args:
            seed: Integer from 0 on, or None for numbers that differ each time.
        """
        self._generator = None if seed is None else np.random.default_rng(seed)


def _lent(generator: np.random.Generator | None) -> AbstractContextManager[np.random.Generator]:
    """Lend the generator of a seed, or else one whose numbers no other process draws."""
    return unseeded() if generator is None else nullcontext(generator)


def _bound(value: Any, name: str) -> float:
    """Return a bound, which may be infinite."""
    number = scalar(value)
    return float(number) if is_real(number) and math.isinf(number) else as_real(number, name)


def _check_order(low: float, high: float) -> None:
    if high < low:
        msg = f"Max value cannot be less than min value, got {high} below {low}."
        raise ValueError(msg)
