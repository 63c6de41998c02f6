"""Few photons each of which interferes or walks alone, with the way back: the shortest one."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.distributions.gradients.few_photons import FewPhotons, few_photons
from lwfast.optics.fock import fock_basis

_MOST_PRODUCTS = 200_000
"""Multiply-adds of all walks: a quarter of a millisecond. Above, the steps of `imperfect.py` are as quick."""
_KEPT = 16
"""Layouts that are kept, the last ones used; one takes a quarter of a megabyte at most."""


@dataclass(frozen=True, slots=True, eq=False)
class PartlyAlone:
    """The outcomes of an input of which any photons may be distinguishable.

    Attributes:
        few: The outcomes, and products that lead to them.
        weights: float64[...], products of factorials of the entries of all layers.
        places: int64[2, 2^(n + 1)], where the layers of sets and the walks begin.
        norms: float64[2^n], for each set of photons that interfere.
        sizes: Numbers in all layers, and in all walks.
    """

    few: FewPhotons
    weights: FloatArray
    places: NDArray[np.int64]
    norms: FloatArray
    sizes: tuple[int, int]

    def probabilities(self, matrix: ComplexArray, share: float) -> tuple[FloatArray, Any]:
        """Return the probabilities of all outcomes, float64[K], and what leads back.

        Args:
            matrix: complex128[m, m], C-contiguous, an isometry where photons are.
            share: The probability that a photon interferes.
        """
        layers, walks = np.empty((2, self.sizes[0])), np.empty(self.sizes[1])
        given = matrix, self.few.modes, share, self.few.tables, self.weights, self.places, self.norms
        _kernels().partly_forward(*given, layers, walks)
        first = int(self.places[1, 1])
        return walks[first : first + len(self.few.states)][self.few.ranks], (given, layers, walks)

    def pull(self, way_back: Any, values: FloatArray) -> ComplexArray:
        """Go back from derivatives by probabilities, float64[K], to those by the matrix, complex128[m, m]."""
        given, layers, walks = way_back
        by_matrix = np.zeros(given[0].shape, dtype=np.complex128)
        by_rank = np.empty(len(values))
        by_rank[self.few.ranks] = values
        _kernels().partly_back(*given, layers, walks, by_rank, by_matrix)
        return by_matrix


@functools.cache
def _kernels() -> ModuleType:
    from lwfast._kernels.optics.gradients import partly_alone as kernels

    return kernels


@functools.lru_cache(_KEPT)
def partly_alone(photons: tuple[int, ...]) -> PartlyAlone | None:
    """Lay out the outcomes of an input.

    Args:
        photons: Photons in each mode.

    Returns:
        The layout; None where `few_photons` has none, or there are too many products.
    """
    few = few_photons(photons)
    n, m = sum(photons), len(photons)
    if few is None or len(few.states) * m << n > _MOST_PRODUCTS:
        return None
    begins = few.tables[0]
    lengths = np.diff(begins)
    places = np.zeros((2, 2 << n), dtype=np.int64)
    members = [which.bit_count() for which in range(1 << n)]
    of_sets = lengths[members]
    places[0, : 1 << n] = np.cumsum(of_sets) - of_sets
    degrees = [which.bit_count() + n - j for j in range(n + 1) for which in range(1 << j)]
    of_walks = lengths[degrees]
    places[1, 1:] = np.cumsum(of_walks) - of_walks
    modes = few.modes.tolist()
    norms = []
    for which in range(1 << n):
        chosen = [mode for photon, mode in enumerate(modes) if which >> photon & 1]
        norms.append(1.0 / math.prod(math.factorial(chosen.count(mode)) for mode in set(chosen)))
    factorials = np.array([math.factorial(k) for k in range(n + 1)], dtype=np.float64)
    weights = np.concatenate([factorials[fock_basis(m, k)].prod(axis=1) for k in range(n + 1)])
    return PartlyAlone(few, weights, places, np.array(norms), (int(of_sets.sum()), int(of_walks.sum())))
