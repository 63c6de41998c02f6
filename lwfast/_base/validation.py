"""Checks of single arguments that several layers share."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np


def is_bool(value: Any) -> bool:
    """Say whether `value` is Python's or NumPy's bool."""
    return isinstance(value, bool | np.bool_)


def full_name(value: Any) -> str:
    """Name the type of a value with its package, which tells two classes of one name apart."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def is_several(value: Any) -> bool:
    """Say whether `value` holds several values to go through: a text does not, nor does a 0-d array."""
    kind = type(value)
    if kind is tuple or kind is list:
        return True  # nearly every call, and five times as fast as asking an abstract class
    if kind is int or kind is float or kind is bool:
        return False
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def scalar(value: Any) -> Any:
    """Return what a 0-d array holds, as NumPy's own functions may give, and anything else as it is."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def as_integer(value: Any, name: str, *, integral_floats: bool = False) -> int:
    """Return `value` as a Python int.

    Args:
        value: Python or NumPy integer; a bool is refused.
        name: What the value is, for the message.
        integral_floats: Also take a real number without a fraction, such as `2.0`.

    Raises:
        TypeError: `value` is not an integer.
    """
    if type(value) is int:
        return value  # nearly every call
    value = scalar(value)
    if not is_bool(value):
        try:
            return operator.index(value)
        except TypeError:
            if integral_floats and is_real(value) and math.isfinite(value) and int(value) == value:
                return int(value)
    msg = f"{name} should be an integer, got {value!r:.80} of type {type(value).__name__}."
    raise TypeError(msg)


def is_real(value: Any) -> bool:
    """Say whether `value` is a real number (Python's or NumPy's) and no bool."""
    kind = type(value)
    return kind is int or kind is float or (isinstance(value, Real) and not is_bool(value))


def as_real(value: Any, name: str) -> int | float:
    """Return `value` as a Python int or float.

    Args:
        value: A real number of Python or NumPy; a bool is refused.
        name: What the value is, for the message.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: `value` is NaN or infinite.
    """
    if type(value) is float and math.isfinite(value):
        return value
    value = scalar(value)
    if not is_real(value):
        msg = f"{name} should be a real number, got {value!r} of type {type(value).__name__}."
        raise TypeError(msg)
    number: int | float = int(value) if isinstance(value, int | np.integer) else float(value)
    if not math.isfinite(number):
        msg = f"{name} should be finite, got {number}."
        raise ValueError(msg)
    return number


def as_fraction(value: Any, name: str) -> int | float:
    """Return `value`, a real number in [0, 1], as a Python int or float.

    Args:
        value: The number as the caller gave it.
        name: What it is, for the message.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: `value` is outside [0, 1].
    """
    kind = type(value)
    if (kind is float or kind is int) and 0 <= value <= 1:
        return value  # type: ignore[no-any-return]  # nearly every call
    number = _real_or_odd(value, name)
    if not 0 <= number <= 1:
        msg = f"{name} should be in range [0,1], got {number}."
        raise ValueError(msg)
    return number


def as_purity(value: Any) -> int | float:
    """Return the purity of a source, a real number in (0.5, 1], as a Python int or float.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: `value` is outside (0.5, 1].
    """
    number = _real_or_odd(value, "Value of purity")
    if not 0.5 < number <= 1:
        msg = f"Value of purity should be in range (0.5,1], got {number}."
        raise ValueError(msg)
    return number


def _real_or_odd(value: Any, name: str) -> int | float:
    """Return a real number, NaN and infinity included: the range says what is wrong with these."""
    value = scalar(value)
    if is_real(value) and not math.isfinite(value):
        return float(value)
    return as_real(value, name)


def process_random_seed(seed: Any) -> int | None:
    """Return `seed` as a Python int, or None.

    Args:
        seed: None, or an integer from 0 on (a float without a fraction counts as one).

    Raises:
        TypeError: `seed` is not an integer.
        ValueError: `seed` is negative.
    """
    if seed is None:
        return None
    value = as_integer(seed, "Random seed", integral_floats=True)
    if value < 0:
        msg = f"Random seed should not be negative, got {value}."
        raise ValueError(msg)
    return value


def refuse_masked(values: Any, what: str) -> None:
    """Raise where an array has masked entries: what stands behind a mask is not a number, and NumPy takes it.

    Args:
        values: Anything that a caller gave for an array.
        what: The beginning of the message, such as "The matrix has".

    Raises:
        ValueError: It is an array with masked entries.
    """
    mask = getattr(values, "mask", None)
    if mask is not None and isinstance(values, np.ndarray) and np.any(mask):
        msg = f"{what} masked entries; fill them in, for instance with .filled(0)."
        raise ValueError(msg)
