"""Checks of the arguments that the functions on photons share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lwfast._base.limits import MAX_INT64, SINGLE_PRECISION, check_state_photons
from lwfast._base.validation import (
    as_fraction,
    as_integer,
    as_purity,
    is_bool,
    is_several,
    refuse_masked,
    scalar,
)
from lwfast._types import AnyArray, ComplexArray, FloatArray
from lwfast.errors import ModeMismatchError, ResourceLimitError
from lwfast.rules import Rule, as_heralds, as_selection, check_modes, herald_rules


def checked_matrix(unitary: ArrayLike) -> ComplexArray:
    """Return a square, finite matrix as complex128, or raise."""
    matrix = _numeric(unitary)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        msg = f"A transfer matrix should be square, got shape {matrix.shape}."
        raise ValueError(msg)
    matrix = np.ascontiguousarray(matrix, dtype=np.complex128)
    if not np.isfinite(matrix).all():
        raise ValueError("The transfer matrix has entries that are NaN or infinite.")
    refuse_masked(unitary, "The transfer matrix has")
    return matrix


def _numeric(unitary: ArrayLike) -> AnyArray:
    try:
        matrix = np.asarray(unitary)
    except ValueError:
        raise ValueError("A transfer matrix should be square; its rows differ in length.") from None
    if matrix.dtype.kind not in "biufc":
        msg = f"A transfer matrix should hold numbers, got {type(unitary).__name__} of dtype {matrix.dtype}."
        raise TypeError(msg)
    return matrix


def matrix_tolerance(unitary: ArrayLike) -> float:
    """Return how far a matrix may miss unitarity by rounding: 1e-10, or 1e-5 in single precision."""
    return (
        SINGLE_PRECISION
        if getattr(unitary, "dtype", None) in (np.complex64, np.float32, np.float16)
        else 1e-10
    )


def checked_occupation(occupation: Any, n_modes: int) -> tuple[int, ...]:
    """Return photons of each mode as a tuple, or raise."""
    given = getattr(occupation, "s", occupation)
    if not is_several(given):
        msg = f"The input state should be a State or photon numbers, got {given!r}."
        raise TypeError(msg)
    refuse_masked(given, "The input state has")
    values = tuple(as_integer(value, f"Photon number of mode {mode}") for mode, value in enumerate(given))
    if len(values) != n_modes:
        msg = f"The input state has {len(values)} modes, and the matrix {n_modes}."
        raise ModeMismatchError(msg)
    if n_modes == 0:
        raise ValueError("A circuit needs at least one mode.")
    if min(values) < 0:
        msg = f"Photon numbers cannot be negative, got {min(values)} in mode {values.index(min(values))}."
        raise ValueError(msg)
    check_state_photons(sum(values), "The input has")
    return values


@dataclass(frozen=True, slots=True)
class SettingStack:
    """Matrices and photons of one setting, or of a stack of them.

    Attributes:
        matrices: complex128[S or 1, m, m], C-contiguous and writable; whether entries are finite is not
            checked.
        photons: int64[S or 1, m], C-contiguous.
        shape: The shape of the stack, () for one setting.
        tolerance: How far the matrices may miss unitarity by rounding.
    """

    matrices: ComplexArray
    photons: NDArray[np.int64]
    shape: tuple[int, ...]
    tolerance: float

    @property
    def n_modes(self) -> int:
        """Number of modes."""
        return int(self.matrices.shape[-1])

    @property
    def n_settings(self) -> int:
        """Number of settings, S."""
        return math.prod(self.shape)

    def photons_of(self, index: int) -> tuple[int, ...]:
        """Return the photons in each input mode of a setting, none where there is no setting."""
        if not len(self.photons):
            return (0,) * self.n_modes
        return tuple(self.photons[index if len(self.photons) > 1 else 0].tolist())


def checked_settings(unitary: ArrayLike, occupation: Any) -> SettingStack:
    """Return matrices (..., m, m) and occupations (..., m), broadcast against each other, or raise."""
    matrices = _numeric(unitary)
    if matrices.ndim < 2 or matrices.shape[-1] != matrices.shape[-2]:
        msg = f"A transfer matrix should be square, got shape {matrices.shape}."
        raise ValueError(msg)
    refuse_masked(unitary, "The transfer matrix has")
    photons = _photon_table(occupation, matrices.shape[-1])
    one, other = matrices.shape[:-2], photons.shape[:-1]
    try:
        shape = np.broadcast_shapes(one, other)
    except ValueError:
        msg = (
            f"Matrices and occupations are stacks of shapes {one} and {other}, which do not broadcast. Give "
            "as many of both, or one of either."
        )
        raise ValueError(msg) from None
    return SettingStack(
        np.require(_rows_of(matrices, shape, 2), np.complex128, ["C", "A", "W", "E"]),
        np.require(_rows_of(photons, shape, 1), np.int64, ["C", "A", "W", "E"]),
        shape,
        matrix_tolerance(matrices),
    )


def is_stack(unitary: Any, occupation: Any) -> bool:
    """Say whether these are matrices or occupations of several settings."""
    if _is_stack(getattr(occupation, "s", occupation)):
        return True
    try:
        return np.ndim(unitary) > 2
    except ValueError:
        return False  # rows that differ in length


def _rows_of(array: AnyArray, shape: tuple[int, ...], n_inner: int) -> AnyArray:
    """Return an array with one leading dimension: one entry for all settings, or one for each."""
    inner = array.shape[array.ndim - n_inner :]
    if math.prod(array.shape[:-n_inner]) == 1:
        return array.reshape(1, *inner)
    return np.broadcast_to(array, (*shape, *inner)).reshape(math.prod(shape), *inner)


def _photon_table(occupation: Any, n_modes: int) -> NDArray[np.int64]:
    """Return occupations (..., n_modes) as int64, or raise."""
    given = getattr(occupation, "s", occupation)
    if not _is_stack(given):
        return np.array(checked_occupation(given, n_modes), dtype=np.int64)
    refuse_masked(given, "The input states have")
    try:
        table = given if isinstance(given, np.ndarray) else np.array(_plain(given))
        mixed = not isinstance(given, np.ndarray) and any(map(is_bool, np.array(_plain(given), object).flat))
    except ValueError:
        raise ModeMismatchError("The input states of a stack differ in their numbers of modes.") from None
    if table.size == 0 and table.dtype.kind == "f":
        table = table.astype(np.int64)
    if table.dtype.kind not in "iu" or mixed:
        msg = f"Photon numbers should be integers, got {'booleans' if mixed else f'dtype {table.dtype}'}."
        raise TypeError(msg)
    if table.shape[-1] != n_modes:
        msg = f"The input states have {table.shape[-1]} modes, and the matrices {n_modes}."
        raise ModeMismatchError(msg)
    if n_modes == 0:
        raise ValueError("A circuit needs at least one mode.")
    if table.size and int(table.min()) < 0:
        where = tuple(int(k) for k in np.argwhere(table < 0)[0])
        place = f"in mode {where[-1]} of input {where[:-1]}"
        msg = f"Photon numbers cannot be negative, got {table[where]} {place}."
        raise ValueError(msg)
    # One mode alone may not fit an int64 before the sum is known to.
    check_state_photons(int(table.max(initial=0)), "The input has")
    table = table.astype(np.int64)
    check_state_photons(int(table.sum(axis=-1).max(initial=0)), "The input has")
    return table


def _is_stack(given: Any) -> bool:
    """Say whether these are several input states, not the photons of one."""
    if isinstance(given, np.ndarray):
        return given.ndim > 1
    return isinstance(given, list | tuple) and any(hasattr(one, "s") or is_several(one) for one in given)


def _plain(given: Any) -> Any:
    """Return nested lists with a list for each `State` in them."""
    given = getattr(given, "s", given)
    return [_plain(one) for one in given] if isinstance(given, list | tuple) else given


def checked_samples(n_samples: Any) -> int:
    """Return a number of samples, or raise."""
    number = as_integer(n_samples, "n_samples")
    if number < 0:
        msg = f"n_samples should not be negative, got {number}."
        raise ValueError(msg)
    if number > MAX_INT64:
        msg = f"n_samples should be below 2^63, what a count holds, got {number}; draw in several calls."
        raise ResourceLimitError(msg)
    return number


def checked_heralds(heralds: Any, n_modes: int) -> dict[int, int]:
    """Return heralds with one photon number each, in any form that `as_heralds` reads, or raise."""
    fixed = as_heralds(heralds)
    check_modes(herald_rules(fixed), n_modes, heralds_counted=True, what="Herald")
    for mode, numbers in fixed.items():
        if len(numbers) > 1:
            msg = (
                f"The herald on mode {mode} allows {len(numbers)} photon numbers, {numbers!s:.80}; a "
                "distribution takes one for each herald. Use a rule for several."
            )
            raise TypeError(msg)
    return {mode: numbers[0] for mode, numbers in fixed.items()}


def checked_rules(rules: Any, n_modes: int) -> tuple[Rule, ...]:
    """Return rules, in any form that `as_rules` reads, or raise."""
    plain, test = as_selection(() if rules is None else rules)
    if test is not None:
        msg = (
            f"A distribution is post-selected by rules, not by {rules!r}, which may ask for anything: use "
            "PostSelection, or a Sampler, or look at the outcomes afterwards."
        )
        raise TypeError(msg)
    check_modes(plain, n_modes, heralds_counted=False)
    return plain


def checked_source(source: Any) -> tuple[float, float, float]:
    """Return purity, brightness and indistinguishability of a source, None for a perfect one, or raise."""
    if source is None:
        return 1.0, 1.0, 1.0
    brightness, indistinguishability = (
        float(as_fraction(_attribute(source, name, "source"), f"Value of {name}"))
        for name in ("brightness", "indistinguishability")
    )
    return float(as_purity(_attribute(source, "purity", "source"))), brightness, indistinguishability


def checked_detector(detector: Any, n_modes: int) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return the values of a detector mode by mode, or raise.

    Args:
        detector: Has `efficiency`, `p_dark` and `photon_counting`, each one value or one per mode; None is
            perfect.
        n_modes: Number of modes of the circuit, heralded ones counted.

    Returns:
        Efficiency float64[n_modes], dark-count probability float64[n_modes], and bool[n_modes], True where
        the detector resolves the photon number.
    """
    if detector is None:
        return np.ones(n_modes), np.zeros(n_modes), np.ones(n_modes, dtype=np.bool_)
    return (
        np.array(_each_mode(detector, "efficiency", n_modes, as_fraction), dtype=np.float64),
        np.array(_each_mode(detector, "p_dark", n_modes, as_fraction), dtype=np.float64),
        np.array(_each_mode(detector, "photon_counting", n_modes, as_flag), dtype=np.bool_),
    )


def as_flag(value: Any, name: str) -> bool:
    """Return a bool, Python's or NumPy's, as Python's, or raise."""
    if is_bool(value):
        return bool(value)
    msg = f"{name} should be a boolean, got {value!r} of type {type(value).__name__}."
    raise TypeError(msg)


def _each_mode(detector: Any, name: str, n_modes: int, check: Any) -> list[Any]:
    given = scalar(_attribute(detector, name, "detector"))
    if not is_several(given):
        return [check(given, f"Value of {name}")] * n_modes
    values = [check(value, f"Value of {name}") for value in given]
    if len(values) != n_modes:
        msg = (
            f"The detector has values for {len(values)} modes, and the circuit has {n_modes} (heralds "
            "counted)."
        )
        raise ModeMismatchError(msg)
    return values


def _attribute(part: Any, name: str, what: str) -> Any:
    try:
        return getattr(part, name)
    except AttributeError:
        msg = f"The {what}, {part!r}, has no {name}; give a lwfast.emulator.{what.capitalize()}."
        raise TypeError(msg) from None
