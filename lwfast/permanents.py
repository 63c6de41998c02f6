"""Permanents of matrices, of stacks of them, with repeated rows and columns, and all minors of one."""

from __future__ import annotations

import functools
import math
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lwfast._memory import check_memory
from lwfast._parallel import run_chunks
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.errors import ResourceLimitError

MAX_SIZE = 45
"""Glynn's formula takes about a day of one core here; see `seconds_estimate`."""
_NANOSECONDS_PER_TERM = 0.12
"""Of each of the n 2^(n-1) column terms of Glynn's formula, on one core with AVX-512."""
_NANOSECONDS_PER_EDGE = 2.2
"""Of each multiply-add of the expansion over sub-multisets of rows."""
_THREADS_FROM = 20
"""Below this size a permanent takes less than half a millisecond: a second thread would hardly have begun."""
_MERGE_FROM = 12
"""From this size on equal rows and columns are looked for."""
_STACK_TO = 12
"""Up to this size a stack takes one matrix a lane."""
_ROUNDING = 2.0**-53


@functools.cache
def _glynn() -> ModuleType:
    from lwfast._kernels import permanent as kernels

    return kernels


@functools.cache
def _expansion() -> ModuleType:
    from lwfast._kernels import boson_sampling as kernels

    return kernels


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
        rows: int[a], how often each row stands in the matrix whose permanent is meant. None: once.
        cols: int[b], the same for the columns. Both must have the same sum.
        return_error: Also return a bound of the rounding error, at about six times the cost.

    Returns:
        complex for one matrix, complex128[...] for a stack; the empty matrix has permanent 1. With
        `return_error` a tuple of that and the bound, float or float64[...]: the value differs from the
        permanent of the given float64 entries by no more than that.

    Raises:
        TypeError: `matrix` is not numeric, or multiplicities are no integers.
        ValueError: The matrix is not square (counting multiplicities), an entry is NaN or infinite, or a
            multiplicity is negative.
        ResourceLimitError: It would take more than about a day, or more memory than allowed; the message has
            the estimate.

    Source:
        Glynn, Eur. J. Combin. 31, 1887 (2010), in lanes with paired columns (`_kernels/permanent.py`); with
        repeated lines where that is cheaper, an expansion over sub-multisets (`_kernels/boson_sampling.py`).
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
    if not np.isfinite(stack).all():
        where = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        msg = f"A permanent needs finite entries; entry {where} is {array[where]}."
        raise ValueError(msg)
    stack, row_counts, col_counts = _without_zeros(stack, row_counts, col_counts)
    plain = bool((row_counts == 1).all() and (col_counts == 1).all())
    values = np.ones(len(stack), dtype=np.complex128)
    if n and len(stack):
        if plain and len(stack) > 1 and n <= _STACK_TO and not return_error:
            _stack(stack, values)
        else:
            for index, one in enumerate(stack):
                values[index] = _single(one, row_counts, col_counts)
    result = complex(values[0]) if not shape else values.reshape(shape)
    if not return_error:
        return result
    bounds = np.zeros(len(stack))
    for index, one in enumerate(stack):
        bounds[index] = _error_bound(one, row_counts, col_counts) if n else 0.0
    return result, float(bounds[0]) if not shape else bounds.reshape(shape)


def _one_plain(matrix: AnyArray) -> complex | None:
    """Return the permanent of a single complex128 matrix of small or middling size, or None for the long way.

    At 7 x 7 and 1 µs the checks of the long way would take ten times as long as the permanent.
    """
    if (
        matrix.ndim != 2
        or matrix.dtype.char != "D"
        or not _glynn().MIN_SIZE <= len(matrix) == matrix.shape[1]
    ):
        return None
    n = len(matrix)
    if not _glynn().MIN_SIZE <= n < _THREADS_FROM:
        return None
    if not matrix.flags.carray:
        matrix = matrix.copy("C")
    if n >= _MERGE_FROM and _glynn().has_equal_lines(matrix):
        return None
    value: complex = _glynn().permanent_single(matrix)
    return value if value == value else None  # NaN: not finite, or out of range


def seconds_estimate(n: int) -> float:
    """Return about how long a permanent of n different rows and columns takes on one core."""
    return n * 2.0 ** (n - 1) * _NANOSECONDS_PER_TERM * 1e-9


def _as_complex(matrix: Any) -> ComplexArray:
    """Return `matrix` as a C-contiguous writable complex128 array of at least two dimensions."""
    array = np.asarray(matrix)
    if array.dtype.kind not in "buifc":
        msg = f"matrix should hold numbers, got dtype {array.dtype}."
        raise TypeError(msg)
    if array.ndim < 2:
        msg = f"matrix should have at least two dimensions, got shape {array.shape}."
        raise ValueError(msg)
    # A read-only or strided array would be another type to Numba, and compile every kernel again.
    return np.require(array, np.complex128, ["C", "A", "W", "E"])


def _multiplicities(given: Any, length: int, name: str) -> AnyArray:
    if given is None:
        return np.ones(length, dtype=np.int64)
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
    if counts.size and int(counts.max()) > 255:
        msg = f"{name} should be at most 255, got {int(counts.max())}."
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


def _states(counts: AnyArray) -> int:
    """Return Π (r + 1): how many sub-multisets there are."""
    return math.prod(int(count) + 1 for count in counts)


def _expansion_seconds(counts: AnyArray) -> float:
    edges = _states(counts) * sum(int(count) / (int(count) + 1) for count in counts)
    return edges * _NANOSECONDS_PER_EDGE * 1e-9


def _expansion_bytes(counts: AnyArray) -> int:
    return 17 * _states(counts)


def _check_cost(n: int, row_counts: AnyArray, col_counts: AnyArray) -> None:
    """Raise where neither algorithm gets to an end."""
    if n <= MAX_SIZE:
        return
    cheaper = min(row_counts, col_counts, key=_states)
    seconds = _expansion_seconds(cheaper)
    if seconds < seconds_estimate(MAX_SIZE):
        check_memory(_expansion_bytes(cheaper), f"A permanent of size {n} with these multiplicities")
        return
    days = min(seconds, seconds_estimate(n)) / 86400
    msg = (
        f"A permanent of size {n} would take about {days:.3g} days of one core; the limit is size {MAX_SIZE} "
        "for different rows and columns, more where they repeat."
    )
    raise ResourceLimitError(msg)


def _stack(stack: ComplexArray, values: ComplexArray) -> None:
    """Fill `values` with the permanents of complex128[b, n, n], 1 <= n <= 12."""
    n = stack.shape[-1]
    size = max(1024, len(stack) // 64)
    chunks = range(0, len(stack), size)
    if n < 4:
        ones, columns = np.ones(n, dtype=np.int64), np.arange(n)
        _expansion().permanent_expansion(stack, ones, columns, values)
    else:
        kernel = _glynn().permanent_stack
        workers = 1 if seconds_estimate(n) * len(stack) < 1e-3 else None
        run_chunks(
            lambda chunk: kernel(stack, chunks[chunk], min(chunks[chunk] + size, len(stack)), values),
            len(chunks),
            workers,
        )
    for index in np.flatnonzero(np.isnan(values)):
        ones = np.ones(n, dtype=np.int64)
        values[index] = _scaled(stack[index], ones, ones)


def _single(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> complex:
    """Return the permanent of one finite matrix, n >= 1."""
    value = _unscaled(matrix, row_counts, col_counts)
    return _scaled(matrix, row_counts, col_counts) if math.isnan(value.real) else value


def _unscaled(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> complex:
    """Return the permanent of one matrix, or NaN where intermediate values may leave the range of float64."""
    matrix, row_counts, col_counts, expand = _prepared(matrix, row_counts, col_counts)
    if not expand:
        return _by_glynn(matrix)
    return _by_expansion(matrix, row_counts, col_counts)


def _prepared(
    matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray
) -> tuple[ComplexArray, AnyArray, AnyArray, bool]:
    """Choose the algorithm and lay out the matrix for it.

    Returns:
        Matrix, multiplicities and True to expand over its rows, or the matrix with lines repeated and False
        for Glynn's formula.
    """
    n = int(row_counts.sum())
    smallest = _glynn().MIN_SIZE
    if n < _MERGE_FROM and len(row_counts) == n == len(col_counts):
        return matrix, row_counts, col_counts, n < smallest
    if n >= _MERGE_FROM and _glynn().has_equal_lines(matrix):
        matrix, row_counts, col_counts = _merged(matrix, row_counts, col_counts)
    _check_cost(n, row_counts, col_counts)
    if _states(col_counts) < _states(row_counts):
        matrix, row_counts, col_counts = np.ascontiguousarray(matrix.T), col_counts, row_counts
    if smallest <= n <= MAX_SIZE and _expansion_seconds(row_counts) > seconds_estimate(n) + 1e-6:
        return (
            np.repeat(np.repeat(matrix, row_counts, axis=0), col_counts, axis=1),
            row_counts,
            col_counts,
            False,
        )
    check_memory(_expansion_bytes(row_counts), f"A permanent of size {n} with these multiplicities")
    return matrix, row_counts, col_counts, True


def _by_expansion(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> complex:
    out = np.empty(1, dtype=np.complex128)
    columns = np.repeat(np.arange(len(col_counts)), col_counts)
    _expansion().permanent_expansion(matrix[np.newaxis], row_counts, columns, out)
    return _times_integer(complex(out[0]), math.prod(math.factorial(int(count)) for count in row_counts))


def _chunk_size(n_steps: int) -> int:
    """Return how many outer steps make a chunk: about 20 ms of work, or as many as fit a list."""
    return max(min(n_steps // 4, 4096), n_steps >> 16, 1)


def _by_glynn(matrix: ComplexArray) -> complex:
    """Return the permanent of complex128[n, n] by Glynn's formula, on threads where it pays."""
    kernels = _glynn()
    n = len(matrix)
    if n < _THREADS_FROM:
        single: complex = kernels.permanent_single(matrix)
        return single
    n_cols, n_rows, lanes = n + n % 2, n - 1 - kernels.LANE_ROWS, kernels.LANES
    base = np.empty((2, n_cols, lanes))
    rows = np.empty((2, n_rows * n_cols))
    if not kernels.pack_single(matrix, base[0], base[1], rows[0], rows[1]):
        return complex(math.nan, math.nan)
    inner = kernels.inner_rows(n_rows)
    steps = 1 << (n_rows - inner)
    # Chunks depend on n alone, so the sum has the same bits on any number of threads.
    size = _chunk_size(steps)
    sums = np.empty((steps // size, 2, lanes))

    def work(chunk: int) -> None:
        first = chunk * size
        kernels.permanent_glynn(base[0], base[1], rows[0], rows[1], inner, first, first + size, sums[chunk])

    run_chunks(work, len(sums))
    # Contiguous, so that NumPy adds in pairs.
    totals = np.ascontiguousarray(sums.transpose(1, 2, 0)).sum(axis=2) * _lane_signs(lanes)
    re, im = totals.sum(axis=1) * 0.5 ** (n - 1)
    return complex(re, im)


@functools.cache
def _lane_signs(lanes: int) -> FloatArray:
    return np.array([-1.0 if lane.bit_count() % 2 else 1.0 for lane in range(lanes)])


def _merged(
    matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray
) -> tuple[ComplexArray, AnyArray, AnyArray]:
    """Return the matrix with equal rows and columns once, and their multiplicities."""
    for _ in range(2):
        unique, inverse = np.unique(matrix, axis=0, return_inverse=True)
        row_counts = np.bincount(inverse.reshape(-1), weights=row_counts).astype(np.int64)
        # Rows become columns and back.
        matrix, row_counts, col_counts = np.ascontiguousarray(unique.T), col_counts, row_counts
    return matrix, row_counts, col_counts


def _scaled(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> complex:
    """Return the permanent of a matrix whose rows and columns are scaled by powers of two first."""
    matrix, exponent = _rescaled(matrix, row_counts, col_counts)
    if not matrix.any():
        return 0j
    value = _unscaled(matrix, row_counts, col_counts)
    return complex(_ldexp(value.real, exponent), _ldexp(value.imag, exponent))


def _rescaled(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> tuple[ComplexArray, int]:
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


def _ldexp(value: float, exponent: int) -> float:
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(math.inf, value)


def _times_integer(value: complex, factor: int) -> complex:
    """Return `value * factor` rounded once: factorials are not float64 for long."""
    if factor == 1 or math.isnan(value.real):
        return value
    return complex(_times(value.real, factor), _times(value.imag, factor))


def _times(value: float, factor: int) -> float:
    numerator, denominator = value.as_integer_ratio()
    try:
        return numerator * factor / denominator
    except OverflowError:
        return math.copysign(math.inf, value)


def _error_bound(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> float:
    """Return a bound of the rounding error, to first order, of `_single`."""
    n = int(row_counts.sum())
    matrix, exponent = _rescaled(matrix, row_counts, col_counts)
    if n <= 1 or not matrix.any():
        return 0.0
    matrix, row_counts, col_counts, expand = _prepared(matrix, row_counts, col_counts)
    if expand:
        # Every path through the expansion meets n complex multiply-adds in sums of len(row_counts) terms.
        size = _by_expansion(np.abs(matrix).astype(np.complex128), row_counts, col_counts).real
        bound = n * (len(row_counts) + 5) * size
    else:
        bound = _glynn_bound(matrix)
    return math.nextafter(_ldexp(bound * _ROUNDING * 1.01, exponent), math.inf)


def _glynn_bound(matrix: ComplexArray) -> float:
    """Return a bound of the error of `_by_glynn` in units of 2^-53; see `_kernels/permanent_bound.py`."""
    from lwfast._kernels.permanent_bound import LANE_ROWS, term_sizes

    n = len(matrix)
    if n <= LANE_ROWS:
        matrix = np.pad(matrix, (0, LANE_ROWS + 1 - n))
        matrix[range(n, LANE_ROWS + 1), range(n, LANE_ROWS + 1)] = 1.0
    steps = 1 << (len(matrix) - 1 - LANE_ROWS)
    size = _chunk_size(steps)
    sums = np.empty((steps // size, 2))
    run_chunks(lambda chunk: term_sizes(matrix, chunk * size, (chunk + 1) * size, sums[chunk]), len(sums))
    terms, factors = sums.sum(axis=0) * 0.5 ** (len(matrix) - 1)
    # 32 * 16 terms make a block of the kernel, size / 32 blocks a chunk, and the chunks are added in pairs.
    return float((3 * n + 525) * factors + (2 * n + 600 + size / 32) * terms)


def permanent_minors(matrix: ArrayLike) -> ComplexArray:
    """Compute the permanents of a (k, k-1) matrix without one of its rows, for every row.

    Args:
        matrix: (k, k-1), real or complex.

    Returns:
        complex128[k]; entry l is the permanent without row l. For k = 1 it is 1.

    Raises:
        TypeError: `matrix` is not numeric.
        ValueError: It has another shape, or an entry is NaN or infinite.
        ResourceLimitError: It would take more memory than allowed.

    Source:
        Two expansions over subsets, from the first and from the last row (`_kernels/boson_sampling.py`).
    """
    array = _as_complex(matrix)
    if array.ndim != 2 or array.shape[0] != array.shape[1] + 1:
        msg = f"permanent_minors needs a matrix of shape (k, k - 1), got {array.shape}."
        raise ValueError(msg)
    if not np.isfinite(array).all():
        raise ValueError("permanent_minors needs finite entries; the matrix has NaN or infinite ones.")
    n = len(array)
    check_memory(33 << (n - 1), f"All {n} minors of a {n} x {n - 1} matrix")
    # Scaling by powers of two is exact, and keeps products of many entries in range.
    out = np.empty(n, dtype=np.complex128)
    peaks = np.maximum(np.abs(array.real), np.abs(array.imag)).max(axis=1, initial=0.0)
    powers = np.where(peaks > 0, np.frexp(peaks)[1], 0).astype(np.int64)
    scaled = np.ldexp(array.real, -powers[:, np.newaxis]) + 1j * np.ldexp(array.imag, -powers[:, np.newaxis])
    _expansion().permanent_minors_expansion(np.ascontiguousarray(scaled), out)
    exponents = np.clip(powers.sum() - powers, -3000, 3000)
    result: ComplexArray = np.ldexp(out.real, exponents) + 1j * np.ldexp(out.imag, exponents)
    return result
