"""Photons and the columns of a transfer matrix that they meet, looked at once.

Whether columns lose light, amplify it or are an isometry follows from E = 1 - T^H T. It is formed when light
is parsed; whoever computes with the light trusts what was found then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lwfast._types import ComplexArray
from lwfast.optics.noise.loss import (
    UNIT_ROUNDING,
    checked_columns,
    clipped,
    completion,
    loss_matrix,
    lossy_rows,
    without_rounding,
)


@dataclass(frozen=True)
class Light:
    """Photons in the modes of a circuit, and where they may go.

    Attributes:
        matrix: complex128[m, m], the transfer matrix.
        photons: Photons in each mode.
        occupied: The modes with photons, q of them.
        given: complex128[m, q], the columns of the transfer matrix for these modes.
        lost: complex128[q, q], 1 - T^H T of the columns that were given.
        columns: complex128[m, q], the columns without what rounding did to them; `given` itself where that
            is nothing.
        is_isometry: Whether no light is lost.
        tolerance: How far columns that were given may be off by rounding.
    """

    matrix: ComplexArray
    photons: tuple[int, ...]
    occupied: list[int]
    given: ComplexArray
    lost: ComplexArray
    columns: ComplexArray
    is_isometry: bool
    tolerance: float

    @cached_property
    def n_modes(self) -> int:
        """Number of modes."""
        return len(self.photons)

    @cached_property
    def numbers(self) -> list[int]:
        """Photons in each occupied mode."""
        return [self.photons[mode] for mode in self.occupied]

    @cached_property
    def n_photons(self) -> int:
        """Photons in all modes together."""
        return sum(self.photons)

    @cached_property
    def loss_rows(self) -> ComplexArray:
        """complex128[r, q], upper triangular rows that complete `columns` to an isometry; r is 0 for one."""
        if self.is_isometry:
            return np.empty((0, len(self.occupied)), dtype=np.complex128)
        return completion(self.lost if self.columns is self.given else loss_matrix(self.columns))

    def check_amplitudes(self) -> None:
        """Raise ValueError where light is lost: outcomes then have no amplitudes."""
        if len(lossy_rows(without_rounding(self.loss_rows))):
            raise ValueError("A lossy transfer matrix mixes outcomes; amplitudes need a unitary matrix.")

    @cached_property
    def rows(self) -> ComplexArray:
        """complex128[m + l, q], the columns, and below them what takes l kinds of lost photons."""
        lossy = self.loss_rows
        return np.concatenate([self.columns, lossy[lossy_rows(lossy)]])

    def part(self, numbers: Sequence[int]) -> Light:
        """Return the same light with other numbers of photons in the occupied modes.

        Args:
            numbers: Photons in each of them, q numbers; 0 leaves a mode out.
        """
        photons = [0] * self.n_modes
        for mode, number in zip(self.occupied, numbers, strict=True):
            photons[mode] = number
        places = [place for place, number in enumerate(numbers) if number]
        if len(places) == len(self.occupied):
            whole = replace(self, photons=tuple(photons))
            # The columns are the same, and so is what completes them.
            vars(whole)["loss_rows"] = self.loss_rows
            return whole
        occupied = [self.occupied[place] for place in places]
        given = self.matrix[:, occupied]
        if self.is_isometry:
            lost, columns, is_isometry = self.lost[places][:, places], self.columns[:, places], True
        else:
            lost = loss_matrix(given)
            columns, is_isometry = checked_columns(given, self.tolerance, lost)
        return Light(self.matrix, tuple(photons), occupied, given, lost, columns, is_isometry, self.tolerance)


def parsed_light(
    matrix: ComplexArray, photons: tuple[int, ...], tolerance: float, lost: ComplexArray | None = None
) -> Light:
    """Look at the columns that photons meet.

    Args:
        matrix: complex128[m, m], transfer matrix.
        photons: Photons in each of the m input modes, as integers or a `State`.
        tolerance: How far the matrix may be off by rounding.
        lost: complex128[m, m], 1 - T^H T of the whole matrix, where it was formed.

    Raises:
        NotUnitaryError: The columns amplify light.
    """
    occupied = [mode for mode, number in enumerate(photons) if number]
    given = matrix[:, occupied]
    # Indexing twice takes a fifth of the time of `np.ix_`.
    lost = loss_matrix(given) if lost is None else lost[occupied][:, occupied]
    columns, is_isometry = checked_columns(given, tolerance, lost)
    return Light(matrix, photons, occupied, given, lost, columns, is_isometry, tolerance)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer matrix, cleaned of rounding once.

    Attributes:
        matrix: complex128[m, m], from amplitudes at the inputs to those at the outputs.
        deviation: How far what was given missed what it is now.
        lost: complex128[m, m], 1 - T^H T of the matrix where it is unitary but for rounding, else None.
    """

    matrix: ComplexArray
    deviation: float
    lost: ComplexArray | None

    def light(self, photons: tuple[int, ...]) -> Light:
        """Return what photons in the input modes meet.

        Raises:
            NotUnitaryError: The columns amplify light.
        """
        return parsed_light(self.matrix, photons, UNIT_ROUNDING, self.lost)


def cleaned_transfer(matrix: ComplexArray, tolerance: float) -> Transfer:
    """Take the nearest unitary for a matrix that is one but for rounding, and any other matrix as it is.

    Args:
        matrix: complex128[m, m], not checked for loss.
        tolerance: Largest entry of |U^H U - 1| that counts as rounding.
    """
    lost = loss_matrix(matrix)
    deviation = float(np.abs(lost).max(initial=0.0))
    if UNIT_ROUNDING < deviation <= tolerance:
        return Transfer(clipped(matrix, isometry=True), deviation, None)
    if not deviation <= UNIT_ROUNDING:
        # What loses light is no rounding, and only the columns that photons meet are looked at again.
        return Transfer(matrix, 0.0, None)
    return Transfer(matrix, deviation, lost)
