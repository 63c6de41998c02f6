"""Slow twins of the permanent: the definition, exact arithmetic, and Glynn's formula in long double."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np


def permanent(matrix):
    """Sum over permutations, as defined; for n <= 7."""
    a = np.asarray(matrix)
    n = len(a)
    return sum(
        math.prod((complex(a[i, p[i]]) for i in range(n)), start=1) for p in itertools.permutations(range(n))
    )


def permanent_exact(matrix):
    """Return the real and imaginary part as Fractions of what the float64 entries say exactly.

    Laplace's expansion along rows, over subsets of columns.
    """
    a = np.asarray(matrix, dtype=complex)
    n = len(a)
    entries = [[(Fraction(z.real), Fraction(z.imag)) for z in row] for row in a.tolist()]
    sums = {0: (Fraction(1), Fraction(0))}
    for row in entries:
        after: dict[int, tuple[Fraction, Fraction]] = {}
        for used, (x, y) in sums.items():
            for column, (u, v) in enumerate(row):
                if not used >> column & 1:
                    key = used | 1 << column
                    re, im = after.get(key, (Fraction(0), Fraction(0)))
                    after[key] = (re + x * u - y * v, im + x * v + y * u)
        sums = after
    return sums[(1 << n) - 1]


def permanent_long(matrix):
    """Glynn's formula, every term by itself, in long double."""
    a = np.asarray(matrix, dtype=np.clongdouble)
    n = len(a)
    total = np.clongdouble(0)
    for first in range(0, 1 << (n - 1), 1 << 14):
        numbers = np.arange(first, min(first + (1 << 14), 1 << (n - 1)))
        bits = ((numbers[:, np.newaxis] >> np.arange(n - 1)) & 1).astype(np.longdouble)
        columns = a.sum(axis=0) - 2 * (bits @ a[1:])
        total += ((1 - 2 * (bits.sum(axis=1) % 2)) * columns.prod(axis=1)).sum()
    return total / np.longdouble(2) ** (n - 1)


def permanent_equal_rows(row):
    """Permanent of equal rows: n! times the product of the row, in exact arithmetic, as two Fractions."""
    re, im = Fraction(1), Fraction(0)
    for factor, z in enumerate(np.asarray(row, dtype=complex).tolist(), start=1):
        u, v = Fraction(z.real) * factor, Fraction(z.imag) * factor
        re, im = re * u - im * v, re * v + im * u
    return re, im


def permanent_minors(matrix):
    """One permanent for each row left out."""
    a = np.asarray(matrix)
    return np.array([permanent(np.delete(a, row, axis=0)) for row in range(len(a))])


def relative_error(value, exact):
    """Return |value - exact| / |exact| for a complex and two Fractions."""
    re, im = exact
    miss = (Fraction(value.real) - re) ** 2 + (Fraction(value.imag) - im) ** 2
    return math.sqrt(float(miss / (re**2 + im**2)))


def permanent_repeated_exact(matrix, rows, cols):
    """Return the permanent with repeated lines, of what the float64 entries say exactly, as two Fractions.

    The coefficient of x^rows in the product of linear forms, multiplied out in integers.
    """
    a = np.asarray(matrix, dtype=complex)
    bits = 2**120  # entries are multiples of 1 / bits
    forms = [[(int(Fraction(z.real) * bits), int(Fraction(z.imag) * bits)) for z in column] for column in a.T]
    sums = {(0,) * len(rows): (1, 0)}
    for column, count in enumerate(cols):
        for _ in range(count):
            after: dict[tuple[int, ...], tuple[int, int]] = {}
            for powers, (x, y) in sums.items():
                for i, (u, v) in enumerate(forms[column]):
                    if powers[i] < rows[i]:
                        key = (*powers[:i], powers[i] + 1, *powers[i + 1 :])
                        re, im = after.get(key, (0, 0))
                        after[key] = (re + x * u - y * v, im + x * v + y * u)
            sums = after
    re, im = sums[tuple(rows)]
    factor, scale = math.prod(map(math.factorial, rows)), bits ** sum(rows)
    return Fraction(re * factor, scale), Fraction(im * factor, scale)
