"""Which values of a column are one value: the rule of `where`, of `group_by` and of finding a group.

Integers, text, True and False are compared exactly, and True is not 1. Floats are the results of arithmetic:
0.1 + 0.2 and 0.3 are one setting, and so are 0.0 and what rounding left of it at the middle of a range.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

_DIGITS = 10
_MORE_DIGITS = 13
_ROUNDED = 1e-12
"""What rounding leaves of the differences of a column, as a part of its largest number: of n steps of
`numpy.arange`, up to n / 2 times 10^-16."""
_ZERO = 1e-11
"""As much of 0: the middle of `numpy.arange(-5, 5, 0.1)` is -1.8e-14."""
_ALONE = 1e-6
"""A rounded zero is smaller by this than all that is not one."""
_TYPED = 6
"""Digits that a person types. What rounding leaves of 0 takes more."""
_LARGE = 1e300
"""Beyond are integers that no float holds. NaN is not below, either."""
_EXACT = 2.0**53
"""Below, a float that is a whole number stands for that number and no other."""


@dataclass(frozen=True)
class SameValues:
    """The rule of one column.

    Attributes:
        digits: Floats that agree in so many significant digits are one value.
        zero: Up to this magnitude, a float that takes more than six digits is what rounding left of 0.
    """

    digits: int = _DIGITS
    zero: float = 0.0

    @classmethod
    def of(cls, column: Iterable[Any]) -> SameValues:
        """Return the rule that fits all values of a column."""
        numbers = sorted({float(value) for value in _numbers_in(column)})
        if not numbers:
            return cls()
        largest = max(abs(numbers[0]), abs(numbers[-1]))
        return cls(_digits_of(numbers, _ROUNDED * largest), _zero_of(numbers, _ZERO * largest))

    def compared(self, value: Any) -> Hashable:
        """Return what stands for all values that are one with this value."""
        value = _plain(value)
        if isinstance(value, bool):
            return "bool", value
        if isinstance(value, float):
            return "number", self._rounded(value)
        if isinstance(value, int):
            return "number", value
        if isinstance(value, list | tuple):
            return "list", tuple(map(self.compared, value))
        if isinstance(value, dict):
            return "str", _text_of(value)
        return type(value).__name__, value

    def shown(self, values: Iterable[Any]) -> list[Any]:
        """Return each value as it is handed out, the same for all that are one: 0.3 for 0.30000000000000004.

        Of such values it is the one that is shortest in decimals: of π / 4, which has no short form, π / 4.
        """
        listed = list(values)
        keys = [self.compared(value) for value in listed]
        best: dict[Hashable, Any] = {}
        for key, value in zip(keys, map(self._as_typed, listed), strict=True):
            best[key] = min(best.get(key, value), value, key=lambda one: (len(repr(one)), repr(one)))
        return [best[key] for key in keys]

    def file_value(self, value: Any) -> Any:
        """Return the number in the name of the file of a group: the same for all values of the group."""
        return self._rounded(value) if isinstance(value, float) else value

    def _as_typed(self, value: Any) -> Any:
        value = _plain(value)
        if isinstance(value, float):
            rounded = self._rounded(value)
            # Zeros at the end of the digits that are compared say that the rest is rounding.
            is_typed = isinstance(rounded, float) and _n_digits(rounded) <= self.digits - 2
            return rounded if is_typed else value
        if isinstance(value, list | tuple):
            return tuple(map(self._as_typed, value))
        return _text_of(value) if isinstance(value, dict) else value

    def _rounded(self, value: float) -> Any:
        if not math.isfinite(value):
            return str(value)  # NaN is not equal to itself
        if _is_exact(value):
            return value + 0.0  # without the sign of -0.0
        rounded = _to_digits(value, self.digits)
        return 0.0 if abs(value) <= self.zero and _n_digits(rounded) > _TYPED else rounded


class SameKeys(NamedTuple):
    """The rules of the columns whose values make a group.

    Attributes:
        rules: The rule of each column.
    """

    rules: tuple[SameValues, ...] = (SameValues(),)

    def compared(self, key: Any) -> Hashable:
        """Return what stands for the value of a group, or for the tuple of its values."""
        if len(self.rules) == 1:
            return self.rules[0].compared(key)
        if not isinstance(key, tuple) or len(key) != len(self.rules):
            return SameValues().compared(key)  # which is that of no group
        return "list", tuple(rule.compared(value) for rule, value in zip(self.rules, key, strict=True))


def _digits_of(numbers: Sequence[float], noise: float) -> int:
    """Return how many digits tell the numbers of a column apart.

    Frequencies in Hz and times in seconds may agree in ten digits and still differ by more than rounding.
    """
    first = numbers[0]
    for number in numbers[1:]:
        if _to_digits(number, _DIGITS) != _to_digits(first, _DIGITS):
            first = number
        elif number - first > noise and not (_is_exact(number) and _is_exact(first)):
            return _MORE_DIGITS
    return _DIGITS


def _zero_of(numbers: Sequence[float], noise: float) -> float:
    """Return up to which magnitude numbers are what rounding left of 0; 0 where they are what they are."""
    sizes = sorted({abs(number) for number in numbers if number})
    small = [size for size in sizes if size <= noise and _n_digits(_to_digits(size, _DIGITS)) > _TYPED]
    rounded = set(small)
    bound = _ALONE * next((size for size in sizes if size not in rounded), 0.0)
    # The steps of a logarithmic scan go down to any size, without a gap as wide as that.
    return 0.0 if small and small[-1] > bound else min(noise, bound)


def _numbers_in(values: Iterable[Any]) -> Iterator[float]:
    for value in map(_plain, values):
        if isinstance(value, list | tuple):
            yield from _numbers_in(value)
        elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGE:
            yield value


def _is_exact(value: float) -> bool:
    return value.is_integer() and abs(value) < _EXACT


def _to_digits(value: float, digits: int) -> float:
    # With three digits more first: rounding moves no number from one side of a half to the other.
    return float(f"{float(f'{value:.{min(digits + 2, 14)}e}'):.{digits - 1}e}")


def _n_digits(value: float) -> int:
    """Return how many significant digits a float is written with."""
    return len(repr(abs(value)).split("e")[0].replace(".", "").strip("0"))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return value.tolist() if isinstance(value, np.ndarray) else value


def _text_of(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
