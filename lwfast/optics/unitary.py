"""Unitary matrices: making random ones, and telling whether a matrix is one.

Source of the Haar-random unitaries: F. Mezzadri, "How to generate random matrices from the classical compact
groups", Notices of the AMS 54, 592 (2007), arXiv:math-ph/0609050.
"""

from __future__ import annotations

import math
import sys
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.generators import generator_of, unseeded
from lwfast._base.memory import check_memory
from lwfast._base.settings import settings
from lwfast._base.validation import as_integer, as_real, process_random_seed, refuse_masked
from lwfast._kernels.report import are_compiled_here
from lwfast._types import AnyArray, ComplexArray, ComplexMatrix, FloatArray, Matrix, Rows, SeedLike, Stack
from lwfast.errors import NotUnitaryError

_SMALL_WORK = 10**8
"""Products of two numbers that NumPy does in less time than Numba takes to load."""
_HIGHEST_SEED = 2**32 - 1
"""The largest seed that NumPy's legacy generator takes."""
_ENTRY_BYTES = 80
"""For each entry of a random matrix: real numbers drawn, complex ones made of them, Q and R."""


def random_unitary(N: int, seed: int | None = None, *, rng: SeedLike = None) -> ComplexMatrix:
    """Draw a unitary matrix from the Haar measure.

    The same `seed` gives the matrix that Lightworks gives: normal numbers from NumPy's legacy generator, a QR
    decomposition, and the phases of R moved into Q.

    Args:
        N: Number of modes, at least 1: the result has the shape (N, N).
        seed: Integer from 0 to 2^32 - 1, or None for a new matrix at each call.
        rng: An integer, SeedSequence or Generator; an integer gives another matrix than the same number as
            `seed`.

    Returns:
        complex128[N, N].

    Raises:
        TypeError: `N` or `seed` is not an integer.
        ValueError: `N` is below 1, `seed` outside its range, or both `seed` and `rng` are given.
        ResourceLimitError: The matrix does not fit in memory.

    Source:
        Mezzadri, section 5, arXiv:math-ph/0609050.

    Example:
        >>> matrix = lw.random_unitary(4, seed=1)
        >>> matrix.shape, lw.is_unitary(matrix)
        ((4, 4), True)
    """
    n = _dimension(N)
    real, imag = _normal_numbers((2, n, n), seed, rng)
    # This order of operations is the one that gives SciPy's bits.
    normal = 1 / math.sqrt(2) * (real + 1j * imag)
    q, r = np.linalg.qr(normal)
    diagonal = r.diagonal()
    q *= (diagonal / abs(diagonal))[np.newaxis, :]
    return q


def random_permutation(N: int, seed: int | None = None, *, rng: SeedLike = None) -> ComplexMatrix:
    """Draw a permutation matrix, each equally likely.

    Args:
        N: Number of modes, at least 1: the result has the shape (N, N).
        seed: Integer from 0 on, or None for a new matrix at each call. Gives the matrix of Lightworks.
        rng: An integer, SeedSequence or Generator; an integer gives the same matrix as the same `seed`.

    Returns:
        complex128[N, N].

    Raises:
        TypeError: `N` or `seed` is not an integer.
        ValueError: `N` is below 1, `seed` negative, or both `seed` and `rng` are given.
        ResourceLimitError: The matrix does not fit in memory.

    Example:
        >>> lw.random_permutation(3, seed=1).real.astype(int)
        array([[1, 0, 0],
               [0, 1, 0],
               [0, 0, 1]])
    """
    n = _dimension(N)
    number = process_random_seed(seed)
    if rng is not None and number is not None:
        raise ValueError("Give either seed or rng, not both.")
    identity = np.identity(n, dtype=np.complex128)
    if rng is None and number is None:
        with unseeded() as generator:
            return generator.permutation(identity)
    return generator_of(number if rng is None else rng).permutation(identity)


def _normal_numbers(shape: tuple[int, ...], seed: int | None, rng: SeedLike) -> FloatArray:
    if rng is not None:
        if seed is not None:
            raise ValueError("Give either seed or rng, not both.")
        return generator_of(rng).normal(size=shape)
    number = process_random_seed(seed)
    if number is None:
        with unseeded() as generator:
            return generator.normal(size=shape)
    if number > _HIGHEST_SEED:
        msg = f"Random seed of a unitary should be between 0 and 2**32 - 1, got {number}."
        raise ValueError(msg)
    return np.random.RandomState(number).normal(size=shape)


def _dimension(N: Any) -> int:
    n = as_integer(N, "Dimension N", integral_floats=True)
    if n < 1:
        msg = f"Dimension N should be at least 1, got {n}."
        raise ValueError(msg)
    check_memory(_ENTRY_BYTES * n * n, f"A random matrix of {n} x {n} entries")
    return n


def unitary_deviation(matrix: ArrayLike) -> Any:
    """Return the largest entry of `|U^H U - 1|`.

    Args:
        matrix: (..., n, n), any numeric dtype; leading dimensions are a stack of matrices.

    Returns:
        A float for one matrix, float64[...] for a stack. NaN where a product is not finite.

    Raises:
        TypeError: `matrix` is not numeric.
        ValueError: The matrices are not square.
    """
    return _deviation(_square(matrix))


@overload
def is_unitary(matrix: Matrix | Rows, *, atol: float | None = ...) -> bool: ...
@overload
def is_unitary(matrix: Stack, *, atol: float | None = ...) -> NDArray[np.bool_]: ...
@overload
def is_unitary(matrix: ArrayLike, *, atol: float | None = ...) -> Any: ...
def is_unitary(matrix: ArrayLike, *, atol: float | None = None) -> Any:
    """Say whether a matrix is unitary.

    Args:
        matrix: (..., n, n), any numeric dtype; leading dimensions are a stack of matrices.
        atol: Largest entry of `|U^H U - 1|` that still counts as unitary. None takes
            `lwfast.settings.unitary_precision`, and if that is None too, a tolerance that fits the dtype:
            1e-10 in double precision (Lightworks'), and in single precision 1e-5 times max(1, sqrt(n) / 4).

    Returns:
        A bool for one matrix, bool[...] for a stack. False where a product is not finite.

    Raises:
        TypeError: `matrix` is not numeric, or `atol` no number.
        ValueError: The matrices are not square, or `atol` is negative or NaN.

    Example:
        >>> lw.is_unitary(np.eye(3)), lw.is_unitary([[1, 1], [0, 1]])
        (True, False)
    """
    array = _square(matrix)
    answer = _deviation(array) <= _tolerance(array, atol)
    return bool(answer) if array.ndim == 2 else answer


def unitary_within(U: ArrayLike, precision: float | None = None) -> Any:
    """Say whether a matrix is unitary: `is_unitary` with the arguments of Lightworks' `check_unitary`.

    Args:
        U: (..., n, n), any numeric dtype.
        precision: What `is_unitary` calls `atol`.

    Raises:
        TypeError: `U` is not numeric, or `precision` is not a number.
        ValueError: The matrices are not square, or `precision` is negative or NaN.
    """
    return is_unitary(U, atol=precision)


def check_unitary(matrix: ArrayLike, *, atol: float | None = None) -> None:
    """Raise unless a matrix, or every matrix of a stack, is unitary.

    Args:
        matrix: (..., n, n), any numeric dtype.
        atol: Largest deviation that is accepted, as in `is_unitary`.

    Raises:
        NotUnitaryError: It is not; the message says by how much it misses.
        TypeError: `matrix` is not numeric, or `atol` no number.
        ValueError: The matrices are not square, or `atol` is negative or NaN.
    """
    array = _square(matrix)
    tolerance = _tolerance(array, atol)
    deviation = np.atleast_1d(_deviation(array))
    if bool(np.all(deviation <= tolerance)):
        return
    if np.isnan(deviation).any():
        raise NotUnitaryError("Provided matrix is not unitary: it has NaN, infinite or huge entries.")
    msg = (
        f"Provided matrix is not unitary: the largest entry of |U^H U - 1| is {deviation.max():.3g}, and the "
        f"tolerance for {array.dtype} is {tolerance:.3g}. Normalise the matrix (for instance with the polar "
        "factor of its SVD, `v, _, wh = numpy.linalg.svd(U); U = v @ wh`), or allow for its error with "
        "`lwfast.settings.unitary_precision`."
    )
    raise NotUnitaryError(msg)


def in_double_precision(unitary: AnyArray) -> ComplexArray:
    """Return unitary matrices as complex128, a copy.

    Those in single precision are replaced by the nearest unitaries in double precision (polar factors of
    their SVDs): their rounding would be an error of 1e-7 there.

    Args:
        unitary: (..., n, n), numeric, unitary as far as its precision tells.
    """
    matrix = unitary.astype(np.complex128)  # always a copy
    single = unitary.dtype.kind in "fc" and np.finfo(unitary.dtype).eps > np.finfo(np.float64).eps
    if single and np.max(unitary_deviation(matrix), initial=0.0) > 1e-12:
        left, _, right = np.linalg.svd(matrix)
        matrix = left @ right
    return matrix


def _square(matrix: ArrayLike) -> AnyArray:
    refuse_masked(matrix, "The matrix has")
    array = np.asarray(matrix)
    if array.dtype.kind == "O":
        array = array.astype(np.complex128)  # exact numbers, such as fractions; TypeError where it is none
    if array.dtype.kind not in "biufc":
        msg = f"A unitary matrix should be numeric, got dtype {array.dtype}."
        raise TypeError(msg)
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        msg = f"Unitary matrix must be square, got shape {array.shape}."
        raise ValueError(msg)
    return array


def _tolerance(array: AnyArray, atol: float | None) -> float:
    chosen = settings.unitary_precision if atol is None else atol
    if chosen is not None:
        number = as_real(chosen, "atol")
        if number < 0:
            msg = f"atol should not be negative, got {number}."
            raise ValueError(msg)
        return float(number)
    # Rounding of n products grows with sqrt(n); double precision keeps Lightworks' value, 4e5 epsilons.
    epsilon = float(np.finfo(array.dtype).eps) if array.dtype.kind in "fc" else 0.0
    if epsilon <= np.finfo(np.float64).eps:
        return 1e-10
    return 84 * epsilon * max(1.0, math.sqrt(array.shape[-1]) / 4)


def _deviation(array: AnyArray) -> Any:
    n = array.shape[-1]
    stack = array.reshape((-1, n, n)) if n else np.empty((math.prod(array.shape[:-2]), 0, 0))
    # A process that only submits jobs checks one small matrix: loading Numba for that takes a second or more.
    with_kernel = not are_compiled_here() or "numba" in sys.modules or len(stack) * n**3 > _SMALL_WORK
    out = _deviation_kernel(stack) if with_kernel else _deviation_numpy(stack)
    return float(out[0]) if array.ndim == 2 else out.reshape(array.shape[:-2])


def _deviation_kernel(stack: AnyArray) -> FloatArray:
    from lwfast._kernels.optics.unitary import deviation_columns

    transposed = stack.transpose(0, 2, 1)
    real = np.ascontiguousarray(transposed.real, dtype=np.float64)
    imag = np.ascontiguousarray(transposed.imag, dtype=np.float64)
    out: FloatArray = np.empty(len(stack))
    deviation_columns(real, imag, out)
    return out


def _deviation_numpy(stack: AnyArray) -> FloatArray:
    matrices = stack.astype(np.complex128)
    with np.errstate(all="ignore"):
        products = matrices.conj().transpose(0, 2, 1) @ matrices
        products -= np.identity(stack.shape[-1])
        out: FloatArray = np.abs(products).max(axis=(1, 2), initial=0.0)
    out[~np.isfinite(out)] = np.nan
    return out
