"""Small distributions of photons that are not lost, laid out once for all matrices."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.optics.distributions.layers import listed_photons, output_polynomial
from lwfast.optics.distributions.layout import FockLayout
from lwfast.optics.light import parsed_light
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.optics.photon_limits import states_of

_MOST_ENTRIES = 4096
"""Entries of the last layer up to which tables are kept: above, laying them out is the smaller part."""
_MOST_MODES = 64
_MOST_PHOTONS = 24
_KEPT = 64
"""Layouts that are kept, the last ones used; each takes less than a megabyte."""


@dataclass(frozen=True, slots=True, eq=False)
class SmallLayers:
    """The outcomes of an input and the tables of its layers, whatever the matrix is.

    Attributes:
        layout: The outcomes over the modes without heralds.
        states: uint8[K, n_modes], the outcomes; shared, not to be written to.
        integers: int64[...], as `small_polynomial` takes them.
        floats: float64[...], likewise.
        needed_bytes: What `OutputPolynomial.run` may ask for to do the same.
    """

    layout: FockLayout
    states: StateTable
    integers: AnyArray
    floats: FloatArray
    needed_bytes: int

    def selected(self, matrix: FloatArray, ranks: NDArray[np.int64]) -> tuple[FloatArray, float]:
        """Return float64[N], the probabilities of some outcomes, and a sum of them.

        Args:
            matrix: float64[n_modes, 2 n_modes], re and im adjacent; the columns that photons meet are an
                isometry.
            ranks: int64[N], which outcomes; of none, all.
        """
        found: tuple[FloatArray, float] = _kernels().small_probabilities(
            matrix, self.integers, self.floats, ranks
        )
        return found

    def coefficients(self, matrix: FloatArray) -> FloatArray:
        """Return float64[2, K], real and imaginary part of the coefficient of each outcome.

        Args:
            matrix: As for `selected`.
        """
        out = np.zeros((2, len(self.states)))
        _kernels().small_polynomial(matrix, self.integers, self.floats, out)
        return out


@functools.cache
def _kernels() -> ModuleType:
    from lwfast._kernels.optics import small_layers as kernels

    return kernels


@functools.lru_cache(_KEPT)
def small_layers(photons: tuple[int, ...], heralds: tuple[tuple[int, int], ...]) -> SmallLayers | None:
    """Lay out the outcomes of an input.

    Args:
        photons: Photons in each mode.
        heralds: Output modes and the photons that are demanded there.

    Returns:
        The layout; None where it is not small, no photon enters, or every mode or more photons than enter are
        heralded.
    """
    from lwfast._kernels.optics import slos

    n, n_modes = sum(photons), len(photons)
    n_free = n_modes - len(heralds)
    if not 0 < n <= _MOST_PHOTONS or not 0 < n_free <= n_modes <= _MOST_MODES:
        return None
    if states_of(n_modes, n) > _MOST_ENTRIES:
        return None
    if sum(number for _, number in heralds) > n:
        return None
    # Without loss the layout is that of any unitary.
    light = parsed_light(np.identity(n_modes, dtype=np.complex128), photons, UNIT_ROUNDING)
    work = output_polynomial(light, heralds=dict(heralds))
    counts, sums = slos.prefix_counts(work.bounds, work.floors, n)
    n_forms = work.columns.shape[1]
    inner = slos.inner_modes(work.n_free, n, float(counts[n_forms, n]))
    first, start, link, link_mode, weight = slos.inner_tables(inner, n, counts, sums)
    fixed = dict(heralds)
    herald_modes = [mode for mode in sorted(fixed) if fixed[mode] > 0]
    order = listed_photons(light.numbers, mode_by_mode=False)
    base = np.zeros(n + 1, dtype=np.int64)
    states = work.layout.rows()
    parts = [
        [n, n_forms, inner, work.n_free, work.n_kept, work.layout.n_least, len(link), len(states)],
        [mode for mode in range(n_modes) if mode not in fixed] + herald_modes,
        [light.occupied[column] for column, _ in order],
        *(work.bounds, work.floors, work.fixed),
        *(counts.ravel(), sums.ravel(), first, start, link_mode, link.view(np.int64), base),
    ]
    factors = [1.0 / math.sqrt(repeat) for _, repeat in order]
    return SmallLayers(
        layout=work.layout,
        states=states,
        integers=np.concatenate([np.asarray(part, dtype=np.int64) for part in parts]),
        floats=np.concatenate([factors, weight]),
        needed_bytes=max(work.needed_bytes(amplitudes=True), 48 * states_of(n_forms, n)),
    )
