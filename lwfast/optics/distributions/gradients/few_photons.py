"""Few photons that are not lost, laid out once for all matrices, with the way back: the shortest one."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._types import AnyArray, ComplexArray, FloatArray, StateTable
from lwfast.optics.distributions.layers import listed_photons
from lwfast.optics.distributions.small_layers import small_layers
from lwfast.optics.fock import fock_rank
from lwfast.optics.photon_limits import states_of
from lwfast.rules import Rule

_MOST_LINKS = 60_000
"""From an entry of a layer to those of the next one, in all layers: a quarter of a millisecond. Above, the
layers of `tape.py`, which run in vectors and on threads, are as quick."""
_KEPT = 32
"""Layouts that are kept, the last ones used; one takes half a megabyte at most."""


@dataclass(frozen=True, slots=True, eq=False)
class FewPhotons:
    """The outcomes of an input, and the products that lead to them and back whatever the matrix is.

    Attributes:
        states: uint8[K, n_free], the outcomes; shared, not to be written to.
        modes: int64[n], the input mode of each photon, in the order in which they are multiplied.
        places: int64[n], the same as places among the occupied modes.
        scales: float64[n], what each photon's column is multiplied by.
        tables: What the kernels follow.
        ranks: int64[K], places in the last layer.
        weights: float64[K], products of factorials.
    """

    states: StateTable
    modes: NDArray[np.int64]
    places: NDArray[np.int64]
    scales: FloatArray
    tables: tuple[AnyArray, AnyArray, AnyArray]
    ranks: NDArray[np.int64]
    weights: FloatArray

    def probabilities(self, columns: ComplexArray, photons: NDArray[np.int64]) -> tuple[FloatArray, Any]:
        """Return the probabilities of all outcomes, float64[K], and the layers that lead back.

        Args:
            columns: complex128[m, q], C-contiguous, an isometry where photons are.
            photons: `modes` for the columns of all input modes, `places` for those of occupied ones.
        """
        layers = np.empty((2, int(self.tables[0][-1])))
        found: FloatArray = np.empty(len(self.ranks))
        given = columns, photons, self.scales, self.tables, self.ranks, self.weights
        _kernels().few_forward(*given, layers, found)
        return found, (given, layers)

    @staticmethod
    def pull(way_back: Any, values: FloatArray) -> ComplexArray:
        """Go back from derivatives by probabilities to those by the columns, complex128[m, q].

        Args:
            way_back: What `probabilities` returned beside its values.
            values: float64[K], the derivative by each probability.
        """
        given, layers = way_back
        by_columns = np.zeros(given[0].shape, dtype=np.complex128)
        _kernels().few_back(*given, layers, np.ascontiguousarray(values, dtype=np.float64), by_columns)
        return by_columns


@functools.cache
def _kernels() -> ModuleType:
    from lwfast._kernels.optics.gradients import few_photons as kernels

    return kernels


@functools.lru_cache(_KEPT)
def few_photons(
    photons: tuple[int, ...], heralds: tuple[tuple[int, int], ...] = (), rules: tuple[Rule, ...] = ()
) -> FewPhotons | None:
    """Lay out the outcomes of an input.

    Args:
        photons: Photons in each mode.
        heralds: Output modes and the photons that are demanded there.
        rules: Rules on the other modes, checked.

    Returns:
        The layout; None where `small_layers` has none, or there are too many products.
    """
    n, n_modes = sum(photons), len(photons)
    if n_modes * sum(states_of(n_modes, k) for k in range(n)) > _MOST_LINKS:
        return None
    layers = small_layers(photons, heralds, rules)
    if layers is None:
        return None
    fixed = dict(heralds)
    rows = np.empty((len(layers.states), n_modes), dtype=np.uint8)
    rows[:, [mode for mode in range(n_modes) if mode not in fixed]] = layers.states
    for mode, number in heralds:
        rows[:, mode] = number
    from lwfast._kernels.optics.gradients.adjoint import raised_entries
    from lwfast._kernels.optics.slos import prefix_counts

    counts, sums = prefix_counts(np.full(n_modes, n), np.zeros(n_modes, dtype=np.int64), n)
    begins = np.concatenate([[0], np.cumsum(counts[n_modes])])
    occupied = [mode for mode, number in enumerate(photons) if number]
    listed = listed_photons([photons[mode] for mode in occupied], mode_by_mode=False)
    places = [place for place, _ in listed]
    factorials = np.array([math.factorial(k) for k in range(n + 1)], dtype=np.float64)
    return FewPhotons(
        states=layers.states,
        modes=np.array([occupied[place] for place in places]),
        places=np.array(places),
        scales=np.array([1.0 / math.sqrt(repeat) for _, repeat in listed]),
        tables=(begins, *raised_entries(n_modes, n, counts, sums)),
        ranks=fock_rank(rows),
        weights=factorials[rows].prod(axis=1),
    )
