"""The matrices of beam splitters, phase shifts and mode swaps, each applied to the rows that it touches.

Circuits multiply their elements up with these, and the scheduler checks an encoded circuit with them, so that
both mean the same light.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping

from lwfast._types import ComplexArray

CONVENTIONS = ("Rx", "H")
"""Names of the two beam splitters that Lightworks has: a rotation about X, and the Hadamard-like real one."""


def apply_beam_splitter(
    matrix: ComplexArray, mode_1: int, mode_2: int, reflectivity: float, convention: str
) -> None:
    """Multiply a matrix, in place, from the left with a beam splitter.

    With r = sqrt(reflectivity) and t = sqrt(1 - reflectivity), "Rx" is [[r, it], [it, r]] and "H" is
    [[r, t], [t, -r]].

    Args:
        matrix: complex128[n, k], changed in the two rows.
        mode_1: The first row.
        mode_2: The second row, another one.
        reflectivity: Probability of staying in a mode, from 0 to 1.
        convention: "Rx" or "H".
    """
    kept, crossed = math.sqrt(reflectivity), math.sqrt(1 - reflectivity)
    first, second = matrix[mode_1].copy(), matrix[mode_2].copy()
    if convention == "Rx":
        matrix[mode_1] = kept * first + 1j * crossed * second
        matrix[mode_2] = 1j * crossed * first + kept * second
    else:
        matrix[mode_1] = kept * first + crossed * second
        matrix[mode_2] = crossed * first - kept * second


def apply_phase_shift(matrix: ComplexArray, mode: int, phi: float) -> None:
    """Multiply one row of a complex128[n, k] matrix, in place, by exp(i phi); `phi` is in radians."""
    matrix[mode] *= cmath.exp(1j * phi)


def apply_mode_swaps(matrix: ComplexArray, swaps: Mapping[int, int]) -> None:
    """Move rows of a complex128[n, k] matrix, in place: each key of a permutation goes to its value."""
    matrix[list(swaps.values())] = matrix[list(swaps)]
