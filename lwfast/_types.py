"""Array aliases shared by every layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

ComplexArray: TypeAlias = NDArray[np.complex128]
ComplexMatrix: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.complex128]]
"""One matrix, where type checkers should know that it is not a stack."""
Matrix: TypeAlias = np.ndarray[tuple[int, int], np.dtype[Any]]
"""One matrix of any numbers."""
Stack: TypeAlias = (
    "np.ndarray[tuple[int, int, int], np.dtype[Any]] | np.ndarray[tuple[int, int, int, int], np.dtype[Any]]"
)
"""Several matrices of any numbers, in one or two leading dimensions."""
Rows: TypeAlias = "Sequence[Sequence[complex]]"
"""A matrix as lists of numbers."""
FloatArray: TypeAlias = NDArray[np.float64]
StateTable: TypeAlias = NDArray[np.uint8]
"""Fock states as rows: `uint8[N, n_modes]`, one photon number a mode."""
Counts: TypeAlias = NDArray[np.int64]
"""How often each row was seen: `int64[N]`."""
AnyArray: TypeAlias = NDArray[Any]

SeedLike: TypeAlias = "int | np.random.SeedSequence | np.random.Generator | None"
"""What every `rng=` argument takes (SPEC 7 without the legacy forms)."""
