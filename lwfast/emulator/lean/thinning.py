"""Outcomes of which each photon is seen with one probability: what the matrix leaves, laid out once.

Light that is lost alike everywhere may as well be lost behind the circuit. What is seen is then the same sum
of what would leave without loss, whatever the matrix.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lwfast._types import FloatArray, StateTable
from lwfast.emulator.lean.known import Heralds
from lwfast.optics.distributions.gradients.few_photons import FewPhotons, few_photons
from lwfast.optics.distributions.photon_numbers import conditions_as_rules
from lwfast.optics.distributions.pruning import kept_rows
from lwfast.optics.fock import fock_rank
from lwfast.optics.photon_limits import states_of
from lwfast.rules import Rule

_MOST_PAIRS = 100_000
"""Pairs of an outcome and what is seen of it; above, what loses light is as quick as a loss of its own."""
_KEPT = 16
"""Layouts that are kept, the last ones used; one takes 3 MB at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Thinning:
    """What may be seen of each outcome.

    Attributes:
        few: The outcomes without loss.
        states: uint8[K, n_free], what is seen and counts; shared, not to be written to.
        left: int64[P], the outcome of each pair.
        seen: int64[P], the row of `states`.
        photons: int64[P], how many are seen.
        ways: float64[P], in how many ways.
    """

    few: FewPhotons
    states: StateTable
    left: NDArray[np.int64]
    seen: NDArray[np.int64]
    photons: NDArray[np.int64]
    ways: FloatArray

    def weights(self, efficiency: float) -> FloatArray:
        """Return the probability of each pair, given its outcome: float64[P]."""
        n = len(self.few.modes)
        powers = efficiency ** np.arange(n + 1) * (1.0 - efficiency) ** np.arange(n, -1, -1)
        weights: FloatArray = self.ways * powers[self.photons]
        return weights

    def forward(self, weights: FloatArray, probabilities: FloatArray) -> FloatArray:
        """Take probabilities of outcomes, float64[K'], to those of what is seen, float64[K]."""
        return _sums(self.seen, weights * probabilities[self.left], len(self.states))

    def back(self, weights: FloatArray, values: FloatArray) -> FloatArray:
        """Take derivatives by what is seen, float64[K], to those by outcomes, float64[K']."""
        return _sums(self.left, weights * values[self.seen], len(self.few.states))


def _sums(places: NDArray[np.int64], values: FloatArray, size: int) -> FloatArray:
    found: FloatArray = np.bincount(places, values, size).astype(np.float64, copy=False)
    return found


@functools.lru_cache(_KEPT)
def thinning(
    photons: tuple[int, ...], heralds: Heralds, rules: tuple[Rule, ...], least: int
) -> Thinning | None:
    """Lay out what may be seen of an input.

    Args:
        photons: Photons in each mode.
        heralds: Output modes, and the photons that have to be seen there.
        rules: Rules on the other modes, checked.
        least: Fewest photons in these.

    Returns:
        The layout, with what is seen in the order of `output_distribution`; None where it is not small.
    """
    few = few_photons(photons)
    if few is None or len(few.states) << max(sum(photons), 1) > _MOST_PAIRS:
        return None
    left, rows, ways = _pairs(few.states)
    number = rows.sum(axis=1, dtype=np.int64)
    fixed = dict(heralds)
    free = [mode for mode in range(len(photons)) if mode not in fixed]
    conditions = conditions_as_rules(fixed, rules, least, free)
    passes = kept_rows(rows, conditions) if conditions else np.ones(len(rows), dtype=np.bool_)
    # The most photons come first, then the order of ranks.
    key = -number * states_of(len(photons), sum(photons)) + fock_rank(rows)
    _, first, seen = np.unique(key[passes], return_index=True, return_inverse=True)
    states = np.ascontiguousarray(rows[passes][first][:, free])
    return Thinning(few, states, left[passes], seen, number[passes], ways[passes])


def _pairs(states: StateTable) -> tuple[NDArray[np.int64], StateTable, FloatArray]:
    """Return each outcome with all that may be seen of it: its row, what is seen, and in how many ways."""
    left, rows, ways = np.arange(len(states)), np.zeros_like(states), np.ones(len(states))
    numbers = range(int(states.max()) + 1)
    choose = np.array([[math.comb(n, k) for k in numbers] for n in numbers], dtype=np.float64)
    for mode in range(states.shape[1]):
        there = states[left, mode].astype(np.int64)
        again = np.repeat(np.arange(len(left)), there + 1)
        seen = np.arange(len(again)) - np.repeat(np.cumsum(there + 1) - there - 1, there + 1)
        left, rows, ways = left[again], rows[again], ways[again] * choose[there[again], seen]
        rows[:, mode] = seen
    return left, rows, ways
