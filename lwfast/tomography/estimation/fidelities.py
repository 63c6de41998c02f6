"""Fidelities of states and processes, and the matrices of ideal ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import ComplexArray, FloatArray

_ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Eigenvalues below this part of the largest one are rounding, whose square root would not be small."""


def state_fidelity(rho: ArrayLike, rho_exp: ArrayLike) -> float:
    """Return the fidelity of two density matrices, (Tr sqrt(sqrt(rho) rho_exp sqrt(rho)))^2.

    For example, that of a pure state and an equal mixture is a half:

        lw.tomography.state_fidelity([[1, 0], [0, 0]], [[0.5, 0], [0, 0.5]])

    Args:
        rho: The density matrix that was found, (d, d). It may have negative eigenvalues, as an estimate by
            linear inversion has; the fidelity may then be above 1.
        rho_exp: The density matrix that is expected, (d, d).

    Returns:
        The fidelity; 1 where both are the same physical state.

    Raises:
        ValueError: The matrices differ in their shapes, or are not square.

    Source:
        R. Jozsa, J. Mod. Opt. 41, 2315 (1994).

    Example:
        >>> from lwfast.tomography import density_from_state, state_fidelity
        >>> zero = density_from_state([1, 0])
        >>> plus = density_from_state(np.array([1, 1]) / np.sqrt(2))
        >>> round(state_fidelity(zero, plus), 6)
        0.5
    """
    found, expected = (np.asarray(matrix, dtype=np.complex128) for matrix in (rho, rho_exp))
    _check_shapes(found, expected)
    return float(state_fidelities(found[np.newaxis], expected)[0])


def process_fidelity(choi: ArrayLike, choi_exp: ArrayLike) -> float:
    """Return the fidelity of two processes: that of their choi matrices as states, divided by their trace.

    Args:
        choi: The choi matrix that was found, (4^n, 4^n), of trace 2^n.
        choi_exp: The choi matrix that is expected, of the same shape and trace.

    Returns:
        The fidelity; 1 where both are the same physical process.

    Raises:
        ValueError: The matrices differ in their shapes, or are not square.

    Example:
        >>> from lwfast.tomography import choi_from_unitary, process_fidelity
        >>> choi = choi_from_unitary(np.eye(2))
        >>> round(process_fidelity(choi, choi), 6)
        1.0
    """
    found, expected = (np.asarray(matrix, dtype=np.complex128) for matrix in (choi, choi_exp))
    _check_shapes(found, expected)
    return float(process_fidelities(found[np.newaxis], expected)[0])


def density_from_state(state: ArrayLike) -> ComplexArray:
    """Return the density matrix of a pure state.

    Args:
        state: Amplitudes of the pure state, complex array of shape (d,).

    Returns:
        complex128[d, d].

    Example:
        >>> bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
        >>> lw.tomography.density_from_state(bell).real.round(3)
        array([[0.5, 0. , 0. , 0.5],
               [0. , 0. , 0. , 0. ],
               [0. , 0. , 0. , 0. ],
               [0.5, 0. , 0. , 0.5]])
    """
    amplitudes = np.asarray(state, dtype=np.complex128)
    return np.outer(amplitudes, amplitudes.conj())


def choi_from_unitary(unitary: ArrayLike) -> ComplexArray:
    """Return the choi matrix of a unitary process.

    It is the sum of E_ij (x) U E_ij U^dagger over all unit matrices E_ij. Its first factor is the input and
    its second one the output, as in what `LIProcessTomography` and `MLEProcessTomography` find.

    Args:
        unitary: The matrix of the process, (d, d).

    Returns:
        complex128[d * d, d * d], of trace d.

    Example:
        >>> lw.tomography.choi_from_unitary(np.eye(2)).real
        array([[1., 0., 0., 1.],
               [0., 0., 0., 0.],
               [0., 0., 0., 0.],
               [1., 0., 0., 1.]])
    """
    columns = np.asarray(unitary, dtype=np.complex128).T.ravel()
    return np.outer(columns, columns.conj())


def state_fidelities(rhos: ComplexArray, rho_exp: ComplexArray) -> FloatArray:
    """Return the fidelity of each of a stack of matrices.

    Args:
        rhos: complex128[B, d, d], density matrices.
        rho_exp: complex128[d, d], the density matrix they are compared with.

    Returns:
        float64[B].
    """
    root = _root(rho_exp)
    if root is not None and np.array_equal(rhos, rhos.conj().swapaxes(-1, -2)):
        inner = root @ rhos @ root
        values = np.linalg.eigvalsh((inner + inner.conj().swapaxes(-1, -2)) / 2).astype(np.complex128)
    else:
        # What has no root of its own has the same eigenvalues all the same.
        values = np.linalg.eigvals(rhos @ rho_exp).astype(np.complex128)
    sizes = np.abs(values)
    values[sizes <= _ROUNDING * len(rho_exp) * sizes.max(axis=-1, keepdims=True)] = 0
    found: FloatArray = (np.sqrt(values).sum(axis=-1) ** 2).real
    return found


def process_fidelities(chois: ComplexArray, choi_exp: ComplexArray) -> FloatArray:
    """Return the fidelity of each of a stack of choi matrices: float64[B]; see `state_fidelities`."""
    n_qubits = (len(choi_exp).bit_length() - 1) // 2
    return state_fidelities(chois / 2**n_qubits, choi_exp / 2**n_qubits)


def checked_process(matrix: Any, n_qubits: int) -> ComplexArray:
    """Return the matrix of a process as an array.

    Raises:
        TypeError: It is not a matrix of numbers.
        ValueError: Its shape does not fit the number of qubits.
    """
    try:
        process = np.array(matrix, dtype=np.complex128)
    except (TypeError, ValueError) as error:
        msg = f"The target process should be a matrix of complex numbers, got {matrix!r}."
        raise TypeError(msg) from error
    dim = 2**n_qubits
    if process.shape != (dim, dim):
        msg = f"The target process of {n_qubits} qubits should have shape {(dim, dim)}, got {process.shape}."
        raise ValueError(msg)
    return process


def _root(matrix: ComplexArray) -> ComplexArray | None:
    """Return the square root of a positive matrix, or None where it is not positive or not Hermitian."""
    if not np.array_equal(matrix, matrix.conj().T):
        return None
    values, vectors = np.linalg.eigh(matrix)
    least = _ROUNDING * len(matrix) * max(values[-1], 0.0)
    if values[0] < -least:
        return None
    values[values <= least] = 0.0
    root: ComplexArray = (vectors * np.sqrt(values)) @ vectors.conj().T
    return root


def _check_shapes(found: ComplexArray, expected: ComplexArray) -> None:
    if found.shape != expected.shape or found.ndim != 2 or found.shape[0] != found.shape[1]:
        msg = (
            f"The dimensions of both matrices should be equal, and each square; got the shapes {found.shape} "
            f"and {expected.shape}."
        )
        raise ValueError(msg)
