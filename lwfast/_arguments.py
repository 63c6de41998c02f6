"""Checks of the arguments that the functions on photons share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import ComplexArray
from lwfast._validation import as_integer
from lwfast.errors import ModeMismatchError, ModeRangeError


def checked_matrix(unitary: ArrayLike) -> ComplexArray:
    """Return a square, finite matrix as complex128, or raise."""
    matrix = np.asarray(unitary)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        msg = f"A transfer matrix should be square, got shape {matrix.shape}."
        raise ValueError(msg)
    matrix = np.ascontiguousarray(matrix, dtype=np.complex128)
    if not np.isfinite(matrix).all():
        raise ValueError("The transfer matrix has entries that are NaN or infinite.")
    return matrix


def matrix_tolerance(unitary: ArrayLike) -> float:
    """Return how far a matrix may miss unitarity by rounding: 1e-10, or 1e-5 in single precision."""
    return 1e-5 if getattr(unitary, "dtype", None) in (np.complex64, np.float32, np.float16) else 1e-10


def checked_occupation(occupation: Any, n_modes: int) -> tuple[int, ...]:
    """Return photons of each mode as a tuple, or raise."""
    values = tuple(
        as_integer(value, f"Photon number of mode {mode}")
        for mode, value in enumerate(getattr(occupation, "s", occupation))
    )
    if len(values) != n_modes:
        msg = f"The input state has {len(values)} modes, and the matrix {n_modes}."
        raise ModeMismatchError(msg)
    if n_modes == 0:
        raise ValueError("A circuit needs at least one mode.")
    if min(values) < 0:
        msg = f"Photon numbers cannot be negative, got {min(values)} in mode {values.index(min(values))}."
        raise ValueError(msg)
    return values


def checked_heralds(heralds: Mapping[int, int] | None, n_modes: int) -> dict[int, int]:
    """Return heralds as a dict of Python ints, or raise."""
    fixed: dict[int, int] = {}
    for mode, photons in (heralds or {}).items():
        position, number = as_integer(mode, "Herald mode"), as_integer(photons, "Herald photon number")
        if not 0 <= position < n_modes:
            msg = f"Herald on mode {position}, but there are {n_modes} modes (0 to {n_modes - 1})."
            raise ModeRangeError(msg)
        if number < 0:
            msg = f"A herald cannot demand {number} photons (mode {position})."
            raise ValueError(msg)
        fixed[position] = number
    return fixed


def checked_rules(rules: Any, n_modes: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return rules as (modes, allowed sums), or raise."""
    pairs = []
    for rule in getattr(rules, "rules", rules) or ():
        modes, sums = rule.as_tuple() if hasattr(rule, "as_tuple") else rule
        modes = tuple(as_integer(mode, "Rule mode") for mode in np.atleast_1d(modes).tolist())
        sums = tuple(as_integer(number, "Rule photon number") for number in np.atleast_1d(sums).tolist())
        outside = [mode for mode in modes if not 0 <= mode < n_modes]
        if outside:
            msg = (
                f"Post-selection rule {(modes, sums)} names mode {outside[0]}, but outcomes have {n_modes} "
                f"modes (0 to {n_modes - 1}, heralded modes not counted)."
            )
            raise ModeRangeError(msg)
        pairs.append((modes, sums))
    return pairs
