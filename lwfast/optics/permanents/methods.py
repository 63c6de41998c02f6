"""Choose how to compute a permanent, lay the matrix out for the kernel, and run it."""

from __future__ import annotations

import functools
import math
from types import ModuleType

import numpy as np

from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._kernels.optics.permanents.digits import CANCELS, DIGITS, SMALL_TO
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.errors import ResourceLimitError
from lwfast.optics.costs import expansion_bytes, expansion_seconds, glynn_seconds, sub_multisets
from lwfast.optics.permanents.expansions import expansion_with_bound, permanent_in_steps
from lwfast.optics.permanents.precision import ROUNDING, check_precision, log_scale
from lwfast.optics.permanents.scaling import rescaled, times, times_integer
from lwfast.optics.photon_order import in_turn

MAX_SIZE = 45
"""Glynn's formula takes about a day of one core here; see `glynn_seconds`."""
THREADS_FROM = 19
"""Below this size, at less than 0.3 ms, a second thread wins little and, coming late, loses."""
COMPENSATED_THREADS_FROM = 19
"""The same for the compensated formula, which takes ten times as long."""
_SHOWN_FROM = 28
"""From this size on, at half a second, progress is reported."""
MERGE_FROM = 12
"""From this size on equal rows and columns are looked for."""
STACK_TO = SMALL_TO
"""Up to this size a stack takes one matrix a lane."""
_STACK_PART = 256
"""Matrices of a stack that are expanded at a time: some ten milliseconds, so that Ctrl-C is soon heard."""
_EXPAND_TO = 20
"""Up to this size an expansion of a plain matrix takes little enough to bound errors by it."""
_NORM_FROM = 5_000
"""Multiply-adds of an expansion from which a norm is quicker to find than a bound from all terms."""
_MOST_GROWTH = 10.0
"""By how much errors grow where the forms are taken in turn; up to 4 is usual, see `photon_order.py`."""
_COMPENSATED_LEAST = 1e-18
"""Compensated sums that are smaller beside the root of their squares may have fewer than ten digits right."""


@functools.cache
def glynn_kernels() -> ModuleType:
    """Return the kernels of Glynn's formula; imported on first use, since Numba takes 0.4 s to import."""
    from lwfast._kernels.optics.permanents import permanent as kernels

    return kernels


@functools.cache
def expansion_kernels() -> ModuleType:
    """Return the kernels of the expansion over sub-multisets of columns; imported on first use."""
    from lwfast._kernels.optics.samples import boson_sampling as kernels

    return kernels


def permanents_of_stack(stack: ComplexArray, values: ComplexArray) -> AnyArray:
    """Fill `values` with the permanents of complex128[b, n, n], 1 <= n <= 12.

    Returns:
        int64[...], which need scaling, or a method that loses less to cancellation; NaN stands for them.
    """
    n = stack.shape[-1]
    size = max(1024, len(stack) // 64)
    chunks = range(0, len(stack), size)
    if n == 2:
        with np.errstate(all="ignore"):
            one, other = stack[:, 0, 0] * stack[:, 1, 1], stack[:, 0, 1] * stack[:, 1, 0]
            values[:] = one + other
            sizes, parts = np.abs(values), np.abs(one) + np.abs(other)
            # Each product is off by 2.5 roundings at most: what is smaller than these is zero but for them.
            good = (sizes >= 3 * ROUNDING / DIGITS * parts) | (sizes <= 3 * ROUNDING * parts)
        values[~(good & (sizes < math.inf))] = math.nan
    elif n < 4:
        expansion_kernels().permanent_expansion(stack, *once_each(n), values)
    else:
        kernel = glynn_kernels().permanent_stack
        flat = stack.reshape(-1).view(np.float64)
        workers = 1 if glynn_seconds(n) * len(stack) < 1e-3 else None
        run_chunks(
            lambda chunk: kernel(flat, n, chunks[chunk], min(chunks[chunk] + size, len(stack)), values),
            len(chunks),
            workers,
        )
    left = np.flatnonzero(np.isnan(values))
    if n < 4 or len(left) == 0:
        return left
    return left[~_expand_weak(stack, left, values)]


def _expand_weak(stack: ComplexArray, left: AnyArray, values: ComplexArray) -> AnyArray:
    """Expand what cancels in Glynn's formula; say for which of `left` that was enough: bool[...]."""
    weak = np.flatnonzero(values[left].imag == CANCELS)
    done = np.zeros(len(left), dtype=np.bool_)

    def expand(part: int) -> None:
        these = weak[part * _STACK_PART : (part + 1) * _STACK_PART]
        found = np.empty(len(these), dtype=np.complex128)
        expansion_kernels().permanent_expansion(stack[left[these]], *once_each(stack.shape[-1]), found)
        done[these] = ~np.isnan(found)
        values[left[these]] = found

    run_chunks(expand, -(-len(weak) // _STACK_PART))
    return done


@functools.cache
def once_each(n: int) -> tuple[AnyArray, AnyArray]:
    """Return multiplicities and columns of a plain n x n matrix."""
    return np.ones(n, dtype=np.int64), np.arange(n)


def permanent_of_one(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> complex:
    """Return the permanent of one finite matrix, n >= 1.

    Raises:
        PrecisionError: No method gets ten digits right.
        ResourceLimitError: It would take too long or not fit in memory.
    """
    value = _unscaled(matrix, row_counts, col_counts)
    return scaled_permanent(matrix, row_counts, col_counts) if math.isnan(value.real) else value


def _unscaled(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray, exponent: int = 0) -> complex:
    """Return the permanent of one matrix times 2**exponent.

    It is NaN where intermediate values may leave the range of float64, and infinite where the value does.
    """
    matrix, row_counts, col_counts, expand = _prepared(matrix, row_counts, col_counts)
    if not expand:
        return times_integer(by_glynn(matrix), 1, exponent)
    # The factorials of rows may be as far above the range of float64 as the power of two is below it.
    factor = math.prod(math.factorial(int(count)) for count in row_counts)
    return times_integer(_by_expansion(matrix, row_counts, col_counts), factor, exponent)


def _prepared(
    matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray
) -> tuple[ComplexArray, AnyArray, AnyArray, bool]:
    """Choose the algorithm and lay out the matrix for it.

    Returns:
        Matrix, multiplicities and True to expand over its rows, or the matrix with lines repeated and False
        for Glynn's formula.
    """
    n = int(row_counts.sum())
    smallest = glynn_kernels().MIN_SIZE
    if n < MERGE_FROM and len(row_counts) == n == len(col_counts):
        return matrix, row_counts, col_counts, n < smallest
    if n >= MERGE_FROM and (n > MAX_SIZE or glynn_kernels().has_equal_lines(matrix)):
        matrix, row_counts, col_counts = _merged(matrix, row_counts, col_counts)
    _check_cost(n, row_counts, col_counts)
    if sub_multisets(col_counts) < sub_multisets(row_counts):
        matrix, row_counts, col_counts = np.ascontiguousarray(matrix.T), col_counts, row_counts
    if smallest <= n <= MAX_SIZE and expansion_seconds(row_counts) > glynn_seconds(n) + 1e-6:
        return (
            np.repeat(np.repeat(matrix, row_counts, axis=0), col_counts, axis=1),
            row_counts,
            col_counts,
            False,
        )
    check_memory(expansion_bytes(row_counts), f"A permanent of size {n} with these multiplicities")
    return matrix, row_counts, col_counts, True


def _check_cost(n: int, row_counts: AnyArray, col_counts: AnyArray) -> None:
    """Raise where neither algorithm gets to an end."""
    if n <= MAX_SIZE:
        return
    cheaper = min(row_counts, col_counts, key=sub_multisets)
    seconds = expansion_seconds(cheaper)
    if seconds < glynn_seconds(MAX_SIZE):
        check_memory(expansion_bytes(cheaper), f"A permanent of size {n} with these multiplicities")
        return
    days = min(seconds, glynn_seconds(n)) / 86400
    msg = (
        f"A permanent of size {n} would take about {days:.3g} days of one core; the limit is size {MAX_SIZE} "
        "for different rows and columns, more where they repeat."
    )
    raise ResourceLimitError(msg)


def _by_expansion(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> complex:
    """Return the permanent divided by the factorials of its rows, or NaN, as `_unscaled`."""
    n, edges = int(row_counts.sum()), sub_multisets(row_counts) * len(row_counts)
    columns = in_turn(col_counts)
    value = permanent_in_steps(matrix, row_counts, columns)
    if value is None:
        out = np.empty(1, dtype=np.complex128)
        expansion_kernels().permanent_expansion(matrix[np.newaxis], row_counts, columns, out)
        value = complex(out[0])
    cancels = value.imag == CANCELS
    if math.isnan(value.real) and not cancels:
        return value
    by_norm = n > SMALL_TO and edges >= _NORM_FROM
    if cancels or (n > SMALL_TO and not (by_norm and _good_by_norm(value, matrix, row_counts, col_counts))):
        value, _ = _checked_expansion(matrix, row_counts, col_counts)
    return value


def _good_by_norm(value: complex, matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> bool:
    """Say whether an expansion, with the columns taken in turn, has ten digits right by its norm alone.

    Each F[s] is rounded by √(2 (d + 1)) u Σ_i |a_i F[s - e_i]| or so. As states of photons, these are at most
    √k |a| as large as the partial product of k forms, which itself grows by the root of how often its form
    came up to there; see `photon_order.py` for how they grow until the end. Roundings of n steps add as
    squares. Four times what is expected is taken; random amplitudes of up to 170 photons miss by less than a
    hundredth of it.
    """
    n, (d, c) = int(row_counts.sum()), matrix.shape
    relative = 4 * math.sqrt(2.0 * c * n * (d + 1)) * ROUNDING * _MOST_GROWTH
    logarithm = _log_scale_of_expansion(matrix, row_counts, col_counts) + math.log(relative)
    return abs(value) > 0 and logarithm <= math.log(DIGITS) + math.log(abs(value))


def _log_scale_of_expansion(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> float:
    """Return `log_scale` of a permanent divided by the factorials of its rows."""
    factorials = sum(math.lgamma(count + 1) for count in row_counts.tolist())
    return log_scale(matrix, row_counts, col_counts) - factorials


def _checked_expansion(
    matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray
) -> tuple[complex, float]:
    """Return a permanent divided by the factorials of its rows, and a bound of its error, from all terms.

    Raises:
        PrecisionError: Even compensated sums lose too much.
    """
    n = int(row_counts.sum())
    check_memory(3 * expansion_bytes(row_counts), f"An error bound for a permanent of size {n}")
    value, bound = expansion_with_bound(matrix, row_counts, in_turn(col_counts))
    check_precision(value, bound, n, _log_scale_of_expansion(matrix, row_counts, col_counts))
    return value, bound


def _chunk_size(n_steps: int) -> int:
    """Return how many outer steps make a chunk: about 20 ms of work, or as many as fit a list."""
    return max(min(n_steps // 4, 4096), n_steps >> 16, 1)


def by_glynn(matrix: ComplexArray) -> complex:
    """Return the permanent of complex128[n, n] by Glynn's formula, on threads where it pays."""
    kernels = glynn_kernels()
    n = len(matrix)
    if n < THREADS_FROM:
        single: complex = kernels.permanent_single(matrix)
        return by_compensated_glynn(matrix) if single.imag == CANCELS and single != single else single
    n_cols, n_rows, lanes = n + n % 2, n - 1 - kernels.LANE_ROWS, kernels.LANES
    base = np.empty((2 * n_cols, lanes))
    rows = np.empty(2 * n_rows * n_cols)
    if not kernels.pack_single(matrix, base, rows):
        return complex(math.nan, math.nan)
    inner = kernels.inner_rows(n_rows)
    steps = 1 << (n_rows - inner)
    # Chunks depend on n alone, so the sum has the same bits on any number of threads.
    size = _chunk_size(steps)
    sums = np.empty((steps // size, 3, lanes))

    def work(chunk: int) -> None:
        first = chunk * size
        kernels.permanent_glynn(base, rows, inner, first, first + size, sums[chunk])

    run_chunks(work, len(sums), what=_shown(n))
    # Contiguous, so that NumPy adds in pairs.
    totals = np.ascontiguousarray(sums.transpose(1, 2, 0)).sum(axis=2)
    re, im = (totals[:2] * _lane_signs(lanes)).sum(axis=1)
    if kernels.cancels(re, im, totals[2].sum(), n):
        return by_compensated_glynn(matrix)
    return complex(re, im) * 0.5 ** (n - 1)


def by_compensated_glynn(matrix: ComplexArray) -> complex:
    """Return the permanent of complex128[n, n], n >= 7, as if computed in twice the precision.

    Raises:
        PrecisionError: Even so it has fewer than ten digits.
    """
    from lwfast._kernels.optics.permanents.permanent_compensated import LANE_ROWS, permanent_compensated

    n = len(matrix)
    steps = 1 << (n - 1 - LANE_ROWS)
    # Tenths of a second each, however large: Ctrl-C is heard between two of them.
    n_chunks = 1 << min(max(4, n - 22), 16) if n >= COMPENSATED_THREADS_FROM else 1
    size = steps // n_chunks
    sums = np.empty((n_chunks, 5))
    run_chunks(
        lambda chunk: permanent_compensated(matrix, chunk * size, (chunk + 1) * size, sums[chunk]),
        n_chunks,
        what=_shown(n, longer=3),
    )
    value = complex(math.fsum(sums[:, 0:4:2].flat), math.fsum(sums[:, 1:4:2].flat)) * 0.5 ** (n - 1)
    terms = math.sqrt(sums[:, 4].sum()) * 0.5 ** (n - 1)
    if abs(value) >= _COMPENSATED_LEAST * terms:
        return value
    ones, _ = once_each(n)
    if n <= _EXPAND_TO:
        return _checked_expansion(matrix, ones, ones)[0]
    check_precision(value, DIGITS * _COMPENSATED_LEAST * terms, n, log_scale(matrix, ones, ones))
    return value


def _shown(n: int, *, longer: int = 0) -> str | None:
    """Return what is shown while a permanent is computed that takes 2^longer times as long as others."""
    return f"permanent of size {n}" if n + longer >= _SHOWN_FROM else None


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


def scaled_permanent(matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray) -> complex:
    """Return the permanent of a matrix whose rows and columns are scaled by powers of two first."""
    matrix, exponent = rescaled(matrix, row_counts, col_counts)
    if not matrix.any():
        return 0j
    return _unscaled(matrix, row_counts, col_counts, exponent)


def permanent_with_bound(
    matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray
) -> tuple[complex, float]:
    """Return the permanent of one finite matrix, n >= 1, and a bound of its error, to first order."""
    matrix, exponent = rescaled(matrix, row_counts, col_counts)
    if not matrix.any():
        return 0j, 0.0
    n = int(row_counts.sum())
    if n == 1:
        return times_integer(complex(matrix[0, 0]), 1, exponent), 0.0
    value, bound = _value_and_bound(*_prepared(matrix, row_counts, col_counts), exponent)
    return value, math.nextafter(1.01 * bound, math.inf) if bound else 0.0


def _value_and_bound(
    matrix: ComplexArray, row_counts: AnyArray, col_counts: AnyArray, expand: bool, exponent: int
) -> tuple[complex, float]:
    """Take what `_prepared` returns: the value, times 2**exponent, is of an expansion, or Glynn's formula.

    The bound of the latter is its distance from an expansion, which shares no step with it, and the bound of
    that, or comes from the sizes of all terms.
    """
    value = 0j
    if not expand:
        value = times_integer(by_glynn(matrix), 1, exponent)
        if len(matrix) > _EXPAND_TO:
            return value, times(_glynn_bound(matrix), 1, exponent)
        row_counts = col_counts = np.ones(len(matrix), dtype=np.int64)
    found, bound = _checked_expansion(matrix, row_counts, col_counts)
    factor = math.prod(math.factorial(int(count)) for count in row_counts)
    found, bound = times_integer(found, factor, exponent), times(bound, factor, exponent)
    bound += 2 * ROUNDING * abs(found)
    return (found, bound) if expand else (value, bound + abs(value - found))


def _glynn_bound(matrix: ComplexArray) -> float:
    """Return a bound of the error of `by_glynn`; see `_kernels/optics/permanents/permanent_bound.py`."""
    from lwfast._kernels.optics.permanents.permanent_bound import LANE_ROWS, term_sizes

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
    return float((3 * n + 120) * factors + (2 * n + 600 + size / 32) * terms) * ROUNDING
