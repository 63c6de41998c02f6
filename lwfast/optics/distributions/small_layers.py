"""Small distributions of photons that are not lost, laid out once for all matrices: the shortest way."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast.optics.distributions.stacked_layers import (
    LayerProgram,
    fits,
    fixed_photons,
    layer_program,
    program_modes,
)
from lwfast.optics.photon_limits import states_of
from lwfast.rules import Rule

_MOST_PHOTONS = 24
_MOST_TABLE_BYTES = 1 << 20
"""Tables of outcomes beyond, of one photon in more than a thousand modes, are not kept."""
_KEPT = 64
"""Layouts that are kept, the last ones used."""


@dataclass(frozen=True, slots=True, eq=False)
class SmallLayers:
    """The outcomes of an input, and the sums that lead to them whatever the matrix is.

    Attributes:
        program: The sums, layer by layer, as `run_program` multiplies them out.
        photons: int64[1, n_modes], photons of each input mode.
        modes: Which rows of a matrix the program follows; None for all of them in their order.
        states: uint8[K, n_free], the outcomes; shared, not to be written to.
    """

    program: LayerProgram
    photons: NDArray[np.int64]
    modes: NDArray[np.int64] | None
    states: StateTable

    @property
    def needed_bytes(self) -> int:
        """What multiplying out takes, in vectors of eight numbers."""
        return 200 * len(self.program.tables[1]) + 160 * self.program.n_out

    def probabilities(self, matrix: FloatArray) -> FloatArray:
        """Return the probabilities of all outcomes, float64[K].

        Args:
            matrix: float64[1, n_modes, 2 n_modes], re and im adjacent, C-contiguous; the columns that photons
                meet are an isometry.
        """
        found: FloatArray = self.of_stack(matrix)[0]
        return found

    def of_stack(self, matrices: FloatArray) -> FloatArray:
        """Return the probabilities of all outcomes for each of a few matrices, float64[S, K].

        Args:
            matrices: float64[S, n_modes, 2 n_modes], as for `probabilities`.
        """
        out: FloatArray = np.empty((len(matrices), self.program.n_out))
        forms = matrices if self.modes is None else np.take(matrices, self.modes, axis=1)
        _kernels().stacked_layers(forms, self.photons, self.program.tables, 1, (0, len(matrices)), out)
        return out

    def amplitudes(self, matrix: FloatArray) -> ComplexArray:
        """Return the amplitudes of all outcomes, complex128[K].

        Args:
            matrix: The matrix as for `probabilities`, of the same shape and type.
        """
        out = np.empty((1, 2 * self.program.n_out))
        forms = matrix if self.modes is None else matrix[:, self.modes]
        _kernels().stacked_layers(forms, self.photons, self.program.roots, 2, (0, 1), out)
        found: ComplexArray = out.view(np.complex128)[0]
        return found


@functools.cache
def _kernels() -> ModuleType:
    from lwfast._kernels.optics import stacked_layers as kernels

    return kernels


@functools.lru_cache(_KEPT)
def small_layers(
    photons: tuple[int, ...], heralds: tuple[tuple[int, int], ...], rules: tuple[Rule, ...] = ()
) -> SmallLayers | None:
    """Lay out the outcomes of an input.

    Args:
        photons: Photons in each mode.
        heralds: Output modes and the photons that are demanded there.
        rules: Rules on the other modes, checked.

    Returns:
        The layout; None where it is not small, no photon enters, no outcome meets the rules, or every mode or
        more photons than enter are heralded.
    """
    n, n_modes, fixed = sum(photons), len(photons), dict(heralds)
    free, modes = program_modes(n_modes, fixed)
    if n > _MOST_PHOTONS or sum(fixed.values()) > n or not fits(len(free), fixed, 0, n):
        return None
    if len(free) * states_of(len(free), n) > _MOST_TABLE_BYTES:
        return None
    program = layer_program(len(free), fixed_photons(fixed), 0, n, 0, rules)
    if not program.n_out:
        return None
    return SmallLayers(
        program=program,
        photons=np.array([photons], dtype=np.int64),
        modes=np.array(modes) if heralds else None,
        states=program.layout.rows(program.ranks),
    )
