"""Matrices scaled by powers of two, and products that are rounded once."""

from __future__ import annotations

import math

import numpy as np

from lwfast._types import AnyArray, ComplexArray


def rescaled(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> tuple[ComplexArray, int]:
    """Return the matrix with rows and columns of size about 1, and the exponent of 2 that this takes out.

    A matrix with a zero row or column comes back as zeros.
    """
    nothing = -(1 << 40)
    peaks = np.maximum(np.abs(matrix.real), np.abs(matrix.imag))
    exponents = np.where(peaks > 0, np.frexp(peaks)[1].astype(np.int64), nothing)
    shifts = np.zeros_like(exponents)
    exponent = 0
    # On the exponents first: columns scaled alone could make a whole row underflow.
    for counts, axis in ((col_counts, 0), (row_counts, 1), (col_counts, 0)):
        powers = (exponents - shifts).max(axis=axis, keepdims=True)
        if powers.min() < nothing // 2:
            return np.zeros_like(matrix), 0
        shifts += powers
        exponent += int((powers.reshape(-1) * counts).sum())
    shifts = np.clip(shifts, -4000, 4000)
    scaled: ComplexArray = np.ldexp(matrix.real, -shifts) + 1j * np.ldexp(matrix.imag, -shifts)
    return scaled, exponent


def ldexp(value: float, exponent: int) -> float:
    """Return `value * 2**exponent`, infinite where that is out of range."""
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(math.inf, value)


def times_integer(value: complex, factor: int, exponent: int = 0) -> complex:
    """Return `value * factor * 2**exponent` rounded once: factorials are not float64 for long."""
    if math.isnan(value.real):
        return value
    return complex(times(value.real, factor, exponent), times(value.imag, factor, exponent))


def times(value: float, factor: int, exponent: int = 0) -> float:
    """Return `value * factor * 2**exponent` rounded once, infinite where that is out of range."""
    if factor == 1:
        return ldexp(value, exponent) if exponent else value
    numerator, denominator = value.as_integer_ratio()
    numerator, denominator = numerator << max(0, exponent), denominator << max(0, -exponent)
    try:
        return numerator * factor / denominator
    except OverflowError:
        return math.copysign(math.inf, value)
