"""Loss as extra modes: a transfer matrix that loses light, completed to an isometry.

Only the columns of occupied modes matter. With T the columns of the q occupied modes, E = 1 - T^H T is what
they lose, and any R with R^H R = E completes them: (T; R) is an isometry. An upper triangular R needs at most
q extra modes, however many lossy elements a circuit has, and lets photon j reach the first j + 1 of them
only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._types import ComplexArray
from lwfast.errors import NotUnitaryError

UNIT_ROUNDING = 1e-12
"""Columns that miss an isometry by less count as one; also the largest error of a total probability."""
_SMALLEST_LOSS = 1e-10
"""Columns that miss an isometry by no more are taken for one that was rounded."""
_ROW = 1e-7
"""Rows of R with entries below this are dropped: they lose less than 1e-14."""


def complete_columns(columns: ComplexArray, tolerance: float) -> tuple[ComplexArray, ComplexArray]:
    """Return the columns, cleaned of rounding, and the rows that complete them to an isometry.

    Args:
        columns: complex128[n_modes, q], columns of the transfer matrix, each mode once.
        tolerance: How far squared singular values may exceed 1.

    Returns:
        The columns complex128[n_modes, q], and upper triangular rows complex128[r, q] with r <= q; r is 0 for
        an isometry.

    Raises:
        NotUnitaryError: The matrix amplifies: a singular value exceeds 1 by more than `tolerance`.
    """
    n_columns = columns.shape[1]
    lost = np.eye(n_columns) - columns.conj().T @ columns
    nothing = np.empty((0, n_columns), dtype=np.complex128)
    worst = float(np.abs(lost).max(initial=0.0))
    if worst <= UNIT_ROUNDING:
        return columns, nothing
    values, vectors = np.linalg.eigh(lost)
    if values[0] < -tolerance:
        msg = (
            f"The matrix amplifies light: its largest singular value is {np.sqrt(1 - values[0]):.15g}, and "
            f"the tolerance is {tolerance:.3g}. A lossy transfer matrix has singular values of at most 1."
        )
        raise NotUnitaryError(msg)
    isometry = bool(values[-1] <= _SMALLEST_LOSS)
    if isometry or values[0] < 0:
        columns = _clipped(columns, isometry=isometry)
        if isometry:
            return columns, nothing
        lost = np.eye(n_columns) - columns.conj().T @ columns
        values, vectors = np.linalg.eigh(lost)
    root = np.sqrt(np.clip(values, 0.0, None))[:, np.newaxis] * vectors.conj().T
    rows = np.triu(np.linalg.qr(root)[1])
    return columns, rows


def cleaned_unitary(matrix: ComplexArray, tolerance: float) -> ComplexArray:
    """Return the nearest unitary to a matrix that is one but for rounding, and any other matrix as it is.

    Args:
        matrix: complex128[m, m].
        tolerance: Largest entry of |U^H U - 1| that counts as rounding.
    """
    deviation = float(np.abs(matrix.conj().T @ matrix - np.eye(len(matrix))).max(initial=0.0))
    if UNIT_ROUNDING < deviation <= tolerance:
        return _clipped(matrix, isometry=True)
    return matrix


def _clipped(columns: ComplexArray, *, isometry: bool) -> ComplexArray:
    """Return the nearest matrix with singular values of at most 1, or exactly 1 for an isometry."""
    left, singular, right = np.linalg.svd(columns, full_matrices=False)
    singular = np.ones_like(singular) if isometry else np.minimum(singular, 1.0)
    cleaned: ComplexArray = (left * singular) @ right
    return cleaned


def kept_rows(rows: ComplexArray) -> NDArray[np.int64]:
    """Return the indices of the rows that lose anything, as int64[r]."""
    return np.flatnonzero(np.abs(rows).max(axis=1, initial=0.0) > _ROW)
