"""Permanents of matrices, of stacks of them, with repeated rows and columns, and all minors of one."""

from __future__ import annotations

import cmath
import math
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.memory import check_memory
from lwfast._base.validation import refuse_masked
from lwfast._kernels.optics.permanents.digits import DIGITS
from lwfast._types import AnyArray, ComplexArray, FloatArray, Matrix, Rows, Stack
from lwfast.errors import ResourceLimitError
from lwfast.optics.costs import minors_bytes
from lwfast.optics.permanents.expansions import minors_in_steps
from lwfast.optics.permanents.methods import (
    MERGE_FROM,
    STACK_TO,
    THREADS_FROM,
    expansion_kernels,
    glynn_kernels,
    once_each,
    permanent_of_one,
    permanent_with_bound,
    permanents_of_stack,
    scaled_permanent,
)
from lwfast.optics.permanents.precision import ROUNDING

_COMPLEX = np.dtype(np.complex128)


@overload
def permanent(
    matrix: Matrix | Rows,
    *,
    rows: ArrayLike | None = ...,
    cols: ArrayLike | None = ...,
    return_error: Literal[False] = ...,
) -> complex: ...
@overload
def permanent(
    matrix: Stack,
    *,
    rows: ArrayLike | None = ...,
    cols: ArrayLike | None = ...,
    return_error: Literal[False] = ...,
) -> ComplexArray: ...
@overload
def permanent(
    matrix: Matrix | Rows,
    *,
    rows: ArrayLike | None = ...,
    cols: ArrayLike | None = ...,
    return_error: Literal[True],
) -> tuple[complex, float]: ...
@overload
def permanent(
    matrix: Stack,
    *,
    rows: ArrayLike | None = ...,
    cols: ArrayLike | None = ...,
    return_error: Literal[True],
) -> tuple[ComplexArray, FloatArray]: ...
@overload
def permanent(
    matrix: ArrayLike,
    *,
    rows: ArrayLike | None = ...,
    cols: ArrayLike | None = ...,
    return_error: bool = ...,
) -> Any: ...
def permanent(
    matrix: ArrayLike,
    *,
    rows: ArrayLike | None = None,
    cols: ArrayLike | None = None,
    return_error: bool = False,
) -> Any:
    """Compute the permanent of a matrix, or of every matrix of a stack.

    Args:
        matrix: (..., n, n), real or complex; leading dimensions are a stack. With `rows` or `cols` any
            (..., a, b).
        rows: int[a], how often each row is repeated in the matrix whose permanent is computed; by default
            None, for once.
        cols: int[b], the same for the columns. The sums of `rows` and `cols` must be equal.
        return_error: Whether to return a bound of the rounding error as well; by default False. This takes
            longer: 30 ms at n = 20.

    Returns:
        complex for one matrix, complex128[...] for a stack; the empty matrix has permanent 1. With
        `return_error` a tuple of that and the bound, float or float64[...]: the value differs from the
        permanent of the given float64 entries by no more than that.

    Raises:
        TypeError: `matrix` is not numeric, or multiplicities are not integers.
        ValueError: The matrix is not square (counting multiplicities), an entry is NaN or infinite, or a
            multiplicity is negative.
        ResourceLimitError: It would take more than about a day, or more memory than allowed; the message has
            the estimate. Or it is too large for float64.
        PrecisionError: Its terms cancel so far that no method here gets ten digits right.

    Precision:
        The error is at most 1e-10 of the value, and mostly near 1e-15: methods look at the terms that they
        add, and where these cancel, the permanent is computed again with compensated sums. A permanent that
        would vanish without the rounding of the entries (as for two photons on a balanced splitter) is
        returned as 0 or as what rounding leaves. Up to 12 rows, that is a value below what roundings of the
        entries can add to the product of the norms of the columns; beyond, its error is at most 4 n 2^-53 of
        the largest permanent of a matrix of this norm, σ^n √(Π rows! Π cols!).

    Source:
        Glynn, Eur. J. Combin. 31, 1887 (2010), in lanes with paired columns
        (`_kernels/optics/permanents/permanent.py`); with repeated lines where that is cheaper, an expansion
        over sub-multisets (`_kernels/optics/samples/boson_sampling.py`).

    Example:
        >>> lw.permanent([[1, 2], [3, 4]])
        (10+0j)
        >>> lw.permanent([[1, 1], [1, -1]], rows=[2, 2], cols=[2, 2])
        (-8+0j)
        >>> value, bound = lw.permanent(lw.random_unitary(20, seed=1), return_error=True)
        >>> bool(bound < 1e-10 * abs(value))
        True
    """
    if rows is None and cols is None and not return_error and type(matrix) is np.ndarray:
        quick = _one_plain(matrix)
        if quick is not None:
            return quick
    array = _as_complex(matrix)
    shape = array.shape[:-2]
    row_counts = _multiplicities(rows, array.shape[-2], "rows")
    col_counts = _multiplicities(cols, array.shape[-1], "cols")
    n = int(row_counts.sum())
    if n != col_counts.sum():
        msg = (
            f"A permanent needs a square matrix: shape {array.shape} with multiplicities has {n} rows and "
            f"{int(col_counts.sum())} columns. Make the sums of `rows` and `cols` equal."
        )
        raise ValueError(msg)
    stack = array.reshape(math.prod(shape), *array.shape[-2:])
    many = len(stack) > 1 and n <= STACK_TO and rows is None and cols is None and not return_error
    if not many:
        _check_finite(array)
    stack, row_counts, col_counts = _without_zeros(stack, row_counts, col_counts)
    values = np.ones(len(stack), dtype=np.complex128)
    bounds = np.zeros(len(stack))
    if n and len(stack):
        if many:
            left = permanents_of_stack(stack, values)
            if len(left):
                # Only now: to look at all entries of a long stack takes as long as their permanents.
                _check_finite(array)
            for index in left.tolist():
                values[index] = scaled_permanent(stack[index], row_counts, col_counts)
            _check_range(values[left], n, left)
        else:
            for index, one in enumerate(stack):
                if return_error:
                    values[index], bounds[index] = permanent_with_bound(one, row_counts, col_counts)
                else:
                    values[index] = permanent_of_one(one, row_counts, col_counts)
            _check_range(values, n)
            _check_range(bounds, n)
    result = complex(values[0]) if not shape else values.reshape(shape)
    if not return_error:
        return result
    return result, float(bounds[0]) if not shape else bounds.reshape(shape)


def _check_range(values: AnyArray, n: int, indices: AnyArray | None = None) -> None:
    """Raise where a permanent of size n, or its bound, lies outside the range of float64.

    Args:
        values: One or more of them.
        n: The size of their matrices.
        indices: The index of each in what was asked for; None for 0, 1, ...

    Raises:
        ResourceLimitError: One does.
    """
    if np.isfinite(values).all():
        return
    first = int(np.flatnonzero(~np.isfinite(values))[0])
    which = f"at index {first if indices is None else int(indices[first])} " if len(values) > 1 else ""
    msg = (
        f"The permanent {which}is too large for float64, whose largest number is 1.8e308. Divide the matrix "
        f"by a number c: the permanent of a matrix of size {n} becomes smaller by c^{n}."
    )
    raise ResourceLimitError(msg)


def _check_finite(array: ComplexArray) -> None:
    if not np.isfinite(array).all():
        where = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        msg = f"A permanent needs finite entries; entry {where} is {array[where]}."
        raise ValueError(msg)


def _one_plain(matrix: AnyArray) -> complex | None:
    """Return the permanent of a single complex128 matrix of small or middling size, or None for the long way.

    At 7 x 7 and 1 µs the checks of the long way would take ten times as long as the permanent.
    """
    if matrix.ndim != 2 or matrix.dtype != _COMPLEX or len(matrix) != matrix.shape[1]:
        return None
    n = len(matrix)
    if not 0 < n < THREADS_FROM:
        return None
    if not matrix.flags.carray:
        matrix = matrix.copy("C")
    if n >= MERGE_FROM and glynn_kernels().has_equal_lines(matrix):
        return None
    value: complex
    if n >= glynn_kernels().MIN_SIZE:
        value = glynn_kernels().permanent_single(matrix)
    else:
        out = np.empty(1, dtype=np.complex128)
        expansion_kernels().permanent_expansion(matrix[np.newaxis], *once_each(n), out)
        value = complex(out[0])
    return value if cmath.isfinite(value) else None  # else not finite, out of range, or it cancels


def permanent_minors(matrix: ArrayLike) -> ComplexArray:
    """Compute the permanents of a (k, k-1) matrix without one of its rows, for every row.

    Args:
        matrix: (k, k-1), real or complex.

    Returns:
        complex128[k]; entry l is the permanent without row l. For k = 1 it is 1.

    Raises:
        TypeError: `matrix` is not numeric.
        ValueError: It has another shape, or an entry is NaN or infinite.
        ResourceLimitError: It would take more memory than allowed, or a minor is too large for float64.
        PrecisionError: A minor would have fewer than ten digits right; see `permanent`.

    Source:
        Two expansions over subsets, from the first and from the last row
        (`_kernels/optics/samples/boson_sampling.py`).

    Example:
        >>> lw.permanent_minors([[1, 2], [3, 4], [5, 6]]).real
        array([38., 16., 10.])
    """
    array = _as_complex(matrix)
    if array.ndim != 2 or array.shape[0] != array.shape[1] + 1:
        msg = f"permanent_minors needs a matrix of shape (k, k - 1), got {array.shape}."
        raise ValueError(msg)
    if not np.isfinite(array).all():
        raise ValueError("permanent_minors needs finite entries; the matrix has NaN or infinite ones.")
    n = len(array)
    check_memory(minors_bytes(n), f"All {n} minors of a {n} x {n - 1} matrix")
    # Scaling by powers of two is exact, and keeps products of many entries in range.
    out = np.empty(n, dtype=np.complex128)
    peaks = np.maximum(np.abs(array.real), np.abs(array.imag)).max(axis=1, initial=0.0)
    powers = np.where(peaks > 0, np.frexp(peaks)[1], 0).astype(np.int64)
    scaled = np.ldexp(array.real, -powers[:, np.newaxis]) + 1j * np.ldexp(array.imag, -powers[:, np.newaxis])
    sizes = minors_in_steps(scaled, out)
    # An expansion over different rows rounds by some n units of what it adds, seldom by as many.
    for row in np.flatnonzero(2 * n * ROUNDING * sizes > DIGITS * np.abs(out)).tolist():
        rest = np.ascontiguousarray(np.delete(scaled, row, axis=0))
        out[row] = permanent_of_one(rest, *[np.ones(n - 1, dtype=np.int64)] * 2)
    exponents = np.clip(powers.sum() - powers, -3000, 3000)
    result: ComplexArray = np.empty(n, dtype=np.complex128)
    with np.errstate(over="ignore"):
        result.real, result.imag = np.ldexp(out.real, exponents), np.ldexp(out.imag, exponents)
    _check_range(result, n - 1)
    return result


def _as_complex(matrix: Any) -> ComplexArray:
    """Return `matrix` as a C-contiguous writable complex128 array of at least two dimensions."""
    array = np.asarray(matrix)
    refuse_masked(matrix, "The matrix has")
    if array.dtype.kind not in "buifc":
        msg = f"matrix should hold numbers, got dtype {array.dtype}."
        raise TypeError(msg)
    if array.ndim < 2:
        msg = f"matrix should have at least two dimensions, got shape {array.shape}."
        raise ValueError(msg)
    # A read-only or strided array would be another type to Numba, and compile every kernel again.
    if array.dtype != _COMPLEX or not array.flags.carray:
        check_memory(
            array.size * _COMPLEX.itemsize, f"A copy of an array of shape {array.shape} as complex128"
        )
    return np.require(array, np.complex128, ["C", "A", "W", "E"])


def _multiplicities(given: Any, length: int, name: str) -> AnyArray:
    if given is None:
        return np.ones(length, dtype=np.int64)
    refuse_masked(given, f"{name} have")
    counts = np.asarray(given)
    if counts.size == 0:
        counts = counts.astype(np.int64)
    if counts.dtype.kind not in "iu":
        msg = f"{name} should hold integers, got dtype {counts.dtype}."
        raise TypeError(msg)
    if counts.shape != (length,):
        msg = f"{name} should have one entry for each of {length} {name}, got shape {counts.shape}."
        raise ValueError(msg)
    if counts.size and int(counts.min()) < 0:
        msg = f"{name} should not be negative, got {int(counts.min())}."
        raise ValueError(msg)
    if counts.size and int(counts.max()) > MAX_STATE_PHOTONS:
        msg = f"{name} should be at most {MAX_STATE_PHOTONS}, got {int(counts.max())}."
        raise ResourceLimitError(msg)
    return counts.astype(np.int64)


def _without_zeros(
    stack: ComplexArray, row_counts: AnyArray, col_counts: AnyArray
) -> tuple[ComplexArray, AnyArray, AnyArray]:
    if row_counts.size and not row_counts.all():
        stack = np.ascontiguousarray(stack[:, row_counts > 0])
    if col_counts.size and not col_counts.all():
        stack = np.ascontiguousarray(stack[:, :, col_counts > 0])
    return stack, row_counts[row_counts > 0], col_counts[col_counts > 0]
