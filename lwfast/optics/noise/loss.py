"""Loss as extra modes: a transfer matrix that loses light, completed to an isometry.

Only the columns of occupied modes matter. With T the columns of the q occupied modes, E = 1 - T^H T is what
they lose, and any R with R^H R = E completes them: (T; R) is an isometry. An upper triangular R needs at most
q extra modes, however many lossy elements a circuit has, and lets photon j reach the first j + 1 of them
only.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        lost: complex128[..., q, q], what `loss_matrix` says of columns with singular values of at most 1.

    Returns:
        Upper triangular rows complex128[..., q, q].
    """
    values, vectors = np.linalg.eigh(lost)
    root = np.sqrt(np.clip(values, 0.0, None))[..., np.newaxis] * np.swapaxes(vectors.conj(), -1, -2)
    rows: ComplexArray = np.triu(np.linalg.qr(root)[1])
    return rows


def loss_matrix(columns: ComplexArray) -> ComplexArray:
    """Return E = 1 - T^H T of complex128[..., n_modes, q]; infinite or NaN where T is beyond measure."""
    # In this layout, BLAS sums a matrix of a stack as it sums one alone.
    columns = np.ascontiguousarray(columns)
    with np.errstate(over="ignore", invalid="ignore"):
        products = np.swapaxes(columns.conj(), -1, -2) @ columns
        lost: ComplexArray = np.eye(columns.shape[-1]) - products
    return lost


def plainly_lossy(lost: ComplexArray, tolerance: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which columns lose more light than rounding can, and amplify none beyond it.

    Args:
        lost: complex128[S, q, q], what `loss_matrix` says of columns.
        tolerance: How far the matrices may be off by rounding.

    Returns:
        bool[S], True for these; `checked_columns` finds of them that they are not an isometry. And bool[S],
        True for those that it clips, since rounding amplifies some light.
    """
    size = lost.shape[-1]
    worst = np.abs(lost).max(axis=(1, 2), initial=0.0)
    known = (worst > tolerance) & (worst < _HUGE)
    values = np.zeros((len(lost), max(size, 1)))
    if size:
        values[known] = np.linalg.eigvalsh(lost[known])
    bound = max(tolerance, UNIT_ROUNDING * size)
    lossy = known & (values[:, 0] >= -bound) & (values[:, -1] > _SMALLEST_LOSS)
    return lossy, lossy & (values[:, 0] < 0)


def _amplifies(columns: ComplexArray, tolerance: float) -> NotUnitaryError:
    largest = float(np.linalg.norm(columns, 2)) if np.isfinite(columns).all() else np.inf
    return NotUnitaryError(
        f"The matrix amplifies light: its largest singular value is {largest:.15g}, and "
        f"the tolerance is {tolerance:.3g}. A lossy transfer matrix has singular values of at most 1."
    )


def clipped(columns: ComplexArray, *, isometry: bool) -> ComplexArray:
    """Return the nearest matrices with singular values of at most 1, or exactly 1 for an isometry.

    Args:
        columns: complex128[..., n_modes, q], the columns of the occupied modes.
        isometry: Whether they are isometries but for rounding.
    """
    left, singular, right = np.linalg.svd(columns, full_matrices=False)
    singular = np.ones_like(singular) if isometry else np.minimum(singular, 1.0)
    cleaned: ComplexArray = (left * singular[..., np.newaxis, :]) @ right
    return cleaned


def without_rounding(rows: ComplexArray) -> ComplexArray:
    """Return rows of R with zeros where only rounding is left of an entry."""
    return np.where(np.abs(rows) > _ENTRY, rows, 0.0)


def rows_that_lose(rows: ComplexArray) -> NDArray[np.bool_]:
    """Say which rows of complex128[..., r, q] lose anything, bool[..., r]."""
    losing: NDArray[np.bool_] = np.abs(rows).max(axis=-1, initial=0.0) > _ROW
    return losing


def lossy_rows(rows: ComplexArray) -> NDArray[np.int64]:
    """Return the indices of the rows that lose anything, as int64[r]."""
    return np.flatnonzero(rows_that_lose(rows))


@dataclass(frozen=True, slots=True)
class Dilation:
    """Rows that complete columns to an isometry, and the way back from derivatives by them.

    What outcomes do depends on R through E = R^H R = 1 - T^H T alone, as a polynomial: derivatives by R are
    2 R X, where the Hermitian X holds those by E. So X is worked out from them, and derivatives by T are
    -2 T X.

    Where no direction of the input is nearly free of loss, R is the triangle that layers are pruned by, and X
    follows from its upper half, row by row from the last one, as in the way back through a Cholesky
    decomposition. Else R has a row for each direction that loses light, and X its blocks with those. The
    block of X among directions without loss is left zero: loss cannot fall below nothing, so nothing that
    may be moved in two ways moves E there.

    Attributes:
        rows: complex128[r, q], what completes the q columns.
        triangular: Whether the rows are an upper triangle.
        vectors: complex128[q, q], the directions, those of the rows last, where there is no triangle.

    Source:
        S. P. Smith, "Differentiation of the Cholesky algorithm", J. Comput. Graph. Stat. 4, 134 (1995).
    """

    rows: ComplexArray
    triangular: bool
    vectors: ComplexArray | None = None

    @property
    def links(self) -> NDArray[np.bool_]:
        """bool[r, q], which photons reach which rows, also where the present amplitude is zero."""
        here = np.ones(self.rows.shape, dtype=np.bool_)
        return np.triu(here) if self.triangular else here

    def by_lost(self, by_rows: ComplexArray) -> ComplexArray:
        """Return the derivatives by E, Hermitian complex128[q, q].

        Args:
            by_rows: complex128[r, q], derivatives by the rows; of a triangle the upper half is used.
        """
        n_rows, q = self.rows.shape
        found = np.zeros((q, q), dtype=np.complex128)
        if self.vectors is None:
            for i in range(q - 1, -1, -1):
                for j in range(q - 1, i - 1, -1):
                    rest = self.rows[i, i + 1 :] @ found[i + 1 :, j]
                    value = (0.5 * by_rows[i, j] - rest) / self.rows[i, i]
                    found[i, j] = value if j > i else value.real
                    found[j, i] = found[i, j].conjugate()
            return found
        turned = by_rows @ self.vectors
        for row in range(n_rows):
            at = q - n_rows + row
            strength = np.linalg.norm(self.rows[row])
            found[at] = 0.5 * turned[row] / strength
        lossy = slice(q - n_rows, q)
        block = found[lossy, lossy]
        found[lossy, lossy] = 0.5 * (block + block.conj().T)
        found[: q - n_rows, lossy] = found[lossy, : q - n_rows].conj().T
        return self.vectors @ found @ self.vectors.conj().T


_SOME_LOSS = 2e-15
"""What a direction loses by rounding stays below."""
_FULL = 1e-8
"""Every direction loses as much: the triangle is far from singular."""


def dilation_of(lost: ComplexArray) -> Dilation:
    """Return the rows from which derivatives can be taken back.

    Args:
        lost: complex128[q, q], what `loss_matrix` says of columns with singular values of at most 1.
    """
    values, vectors = np.linalg.eigh(lost)
    if values.min(initial=1.0) >= _FULL:
        return Dilation(completion(lost), triangular=True)
    kept = values > _SOME_LOSS
    rows = np.sqrt(values[kept])[:, np.newaxis] * vectors[:, kept].conj().T
    return Dilation(rows, triangular=False, vectors=vectors)
