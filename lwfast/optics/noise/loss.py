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
"""Columns that miss an isometry by no more are taken for one that was rounded: a matrix cannot say which."""
_HUGE = 1e100
"""Squares from here on are refused before they overflow."""
NO_LOSS = 1e-14
"""What a direction of the input loses by rounding."""
_ENTRY = 1e-9
"""Entries of R below this are rounding."""
_ROW = 1e-7
"""Rows of R with entries below this are dropped: they lose less than 1e-14."""


def checked_columns(columns: ComplexArray, tolerance: float, lost: ComplexArray) -> tuple[ComplexArray, bool]:
    """Return the columns, cleaned of rounding, and whether they are an isometry.

    Args:
        columns: complex128[n_modes, q], columns of the transfer matrix, each mode once.
        tolerance: How far the matrix may be off by rounding.
        lost: complex128[q, q], what `loss_matrix` says of them.

    Returns:
        The columns, the same object where nothing had to be cleaned, with singular values of at most 1.

    Raises:
        NotUnitaryError: The matrix amplifies: a squared singular value exceeds 1 by more than `tolerance`.
    """
    worst = float(np.abs(lost).max(initial=0.0))
    if worst <= UNIT_ROUNDING:
        return columns, True
    # Written so that NaN, and squares that overflow, are refused.
    if not worst < _HUGE:
        raise _amplifies(columns, tolerance)
    values = np.linalg.eigvalsh(lost)
    if not values[0] >= -max(tolerance, UNIT_ROUNDING * columns.shape[1]):
        raise _amplifies(columns, tolerance)
    isometry = bool(values[-1] <= min(_SMALLEST_LOSS, tolerance))
    if isometry or values[0] < 0:
        columns = clipped(columns, isometry=isometry)
    return columns, isometry


def completion(lost: ComplexArray) -> ComplexArray:
    """Return the rows that complete columns to an isometry.

    Args:
        lost: complex128[q, q], what `loss_matrix` says of columns with singular values of at most 1.

    Returns:
        Upper triangular rows complex128[q, q].
    """
    values, vectors = np.linalg.eigh(lost)
    root = np.sqrt(np.clip(values, 0.0, None))[:, np.newaxis] * vectors.conj().T
    rows: ComplexArray = np.triu(np.linalg.qr(root)[1])
    return rows


def loss_matrix(columns: ComplexArray) -> ComplexArray:
    """Return E = 1 - T^H T; infinite or NaN where T is beyond measure."""
    with np.errstate(over="ignore", invalid="ignore"):
        lost: ComplexArray = np.eye(columns.shape[1]) - columns.conj().T @ columns
    return lost


def _amplifies(columns: ComplexArray, tolerance: float) -> NotUnitaryError:
    largest = float(np.linalg.norm(columns, 2)) if np.isfinite(columns).all() else np.inf
    return NotUnitaryError(
        f"The matrix amplifies light: its largest singular value is {largest:.15g}, and "
        f"the tolerance is {tolerance:.3g}. A lossy transfer matrix has singular values of at most 1."
    )


def clipped(columns: ComplexArray, *, isometry: bool) -> ComplexArray:
    """Return the nearest matrix with singular values of at most 1, or exactly 1 for an isometry."""
    left, singular, right = np.linalg.svd(columns, full_matrices=False)
    singular = np.ones_like(singular) if isometry else np.minimum(singular, 1.0)
    cleaned: ComplexArray = (left * singular) @ right
    return cleaned


def without_rounding(rows: ComplexArray) -> ComplexArray:
    """Return rows of R with zeros where only rounding is left of an entry."""
    return np.where(np.abs(rows) > _ENTRY, rows, 0.0)


def lossy_rows(rows: ComplexArray) -> NDArray[np.int64]:
    """Return the indices of the rows that lose anything, as int64[r]."""
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.abs(rows).max(axis=1, initial=0.0) > _ROW)
