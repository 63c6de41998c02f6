"""How many photons a shot has: what the source emits, what gets lost, dark counts; drawn given their total.

Whether an intended photon is there is independent of all others, and so is a dark count. The distribution of
their total is a product of small polynomials, exact for any number of photons, so shots that can meet a
condition on the total are drawn directly instead of being looked for among those that cannot.

Loss of photons that interfere is independent too once it stands in front of the circuit: T = T' D with D
diagonal and T' a transfer matrix. As much loss as D can hold is drawn here, and T' loses the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.experiment import Experiment
from lwfast.optics.grouping import sorted_groups
from lwfast.optics.light import Light, parsed_light
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.optics.noise.source_terms import SourceTerms

_CERTAIN = SourceTerms(0.0, 1.0, 0.0, 0.0, 0.0)
_INTERFERING = np.array([0, 1, 0, 1, 0], dtype=np.uint8)
"""Interfering photons of each thing that may come of an intended one, as `_photon_terms` orders them."""
_ALONE = np.array([0, 0, 1, 1, 2], dtype=np.uint8)
_NUMBERS = _INTERFERING + _ALONE
_LOOK = 256
"""Shots whose photon numbers stand for all in an estimate."""
_SCALED_TOLERANCE = 1e-10
"""How far columns may amplify once the loss in front of them is taken out: by rounding only."""
_DARK = np.array([0, 1], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is there in each of some shots.

    Attributes:
        interfering: uint8[n_shots, occupied modes], photons that interfere and enter `Emission.matrix`.
        alone: uint8[n_shots, occupied modes], distinguishable photons that reach an output mode.
        dark: bool[n_shots, modes with dark counts].
    """

    interfering: NDArray[np.uint8]
    alone: NDArray[np.uint8]
    dark: NDArray[np.bool_]


@dataclass
class Emission:
    """The photons of a shot, given that their total is among some numbers.

    Args:
        experiment: The shot: photons that are intended, source, matrix and detectors.
        totals: bool[n], True for totals that can meet the conditions; totals of n and more cannot. None for
            no condition.

    Attributes:
        matrix: complex128[m, m], the transfer matrix that is left for photons that interfere.
        share: Probability that the total is among the allowed ones.
    """

    experiment: Experiment
    totals: NDArray[np.bool_] | None = None
    matrix: ComplexArray = field(init=False)
    share: float = field(init=False)
    occupied: list[int] = field(init=False)
    dark_modes: NDArray[np.int64] = field(init=False)
    _terms: list[tuple[FloatArray, NDArray[np.uint8]]] = field(init=False)
    _tails: list[FloatArray] = field(init=False)
    _chances: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        experiment = self.experiment
        self.occupied = experiment.light.occupied
        self.dark_modes = np.flatnonzero(experiment.dark)
        columns = experiment.light.given
        arriving = (np.abs(columns) ** 2).sum(axis=0)
        arriving[arriving > 1.0 - UNIT_ROUNDING] = 1.0
        entering = np.ones(len(self.occupied))
        self.matrix = experiment.matrix
        if self.totals is not None and self.occupied:
            entering = loss_in_front(columns)
            self.matrix = experiment.matrix.copy()
            factors = np.divide(1.0, np.sqrt(entering), out=np.zeros_like(entering), where=entering > 0)
            self.matrix[:, self.occupied] = columns * factors
        self._terms = []
        for place, mode in enumerate(self.occupied):
            each = _photon_terms(experiment.terms or _CERTAIN, float(entering[place]), float(arriving[place]))
            self._terms += [(each, _NUMBERS)] * experiment.photons[mode]
        for mode in self.dark_modes.tolist():
            self._terms.append((np.array([1.0 - experiment.dark[mode], experiment.dark[mode]]), _DARK))
        self._tails = [np.ones(1)]
        for chances, numbers in reversed(self._terms):
            self._tails.append(np.convolve(self._tails[-1], np.bincount(numbers, weights=chances)))
        self._tails.reverse()
        self._chances = self._tails[0].copy()
        if self.totals is not None:
            allowed = np.zeros(len(self._chances), dtype=np.bool_)
            length = min(len(allowed), len(self.totals))
            allowed[:length] = self.totals[:length]
            self._chances[~allowed] = 0.0
        everything = self._chances.astype(bool).sum() == self._tails[0].astype(bool).sum()
        self.share = 1.0 if everything else min(float(self._chances.sum() / self._tails[0].sum()), 1.0)

    @cached_property
    def light(self) -> Light:
        """The intended photons behind the matrix that is left for those that interfere."""
        if self.matrix is self.experiment.matrix:
            return self.experiment.light
        return parsed_light(self.matrix, self.experiment.photons, _SCALED_TOLERANCE)

    def mean_interfering(self) -> float:
        """Return how many photons interfere in a shot, on average, as a look at some shots tells."""
        drawn = self.draw(_LOOK if self.share else 0, np.random.default_rng(0))
        return float(drawn.interfering.sum() / _LOOK)

    def interfering(self) -> list[tuple[int, float]]:
        """Return how many photons interfere in some shots that stand for all, and their share of all."""
        drawn = self.draw(_LOOK, np.random.default_rng(0))
        order, starts = sorted_groups(drawn.interfering)
        return [
            (int(drawn.interfering[order[begin]].sum()), int(end - begin) / _LOOK)
            for begin, end in zip(starts, np.append(starts[1:], _LOOK), strict=True)
        ]

    def draw(self, n_shots: int, generator: np.random.Generator) -> Drawn:
        """Draw what is there in shots whose total is allowed.

        Args:
            n_shots: How many; 0 where no total is allowed.
            generator: Where the random numbers come from.
        """
        drawn = Drawn(
            np.zeros((n_shots, len(self.occupied)), dtype=np.uint8),
            np.zeros((n_shots, len(self.occupied)), dtype=np.uint8),
            np.zeros((n_shots, len(self.dark_modes)), dtype=np.bool_),
        )
        if n_shots == 0:
            return drawn
        left = _pick(self._chances[np.newaxis], np.zeros(n_shots, dtype=np.int64), generator)
        places = np.repeat(
            np.arange(len(self.occupied)), [self.experiment.photons[mode] for mode in self.occupied]
        )
        for index, (chances, numbers) in enumerate(self._terms):
            # The chance of each thing here times that of what is then left for all that follow.
            tail = self._tails[index + 1]
            rest = np.arange(len(self._tails[index]))[:, np.newaxis] - numbers
            possible = (rest >= 0) & (rest < len(tail))
            table = np.where(possible, tail[np.clip(rest, 0, len(tail) - 1)], 0.0) * chances
            chosen = _pick(table, left, generator)
            left -= numbers[chosen]
            if index < len(places):
                drawn.interfering[:, places[index]] += _INTERFERING[chosen]
                drawn.alone[:, places[index]] += _ALONE[chosen]
            else:
                drawn.dark[:, index - len(places)] = chosen == 1
        return drawn


def loss_in_front(columns: ComplexArray) -> FloatArray:
    """Return how likely photons survive the loss that can be drawn in front of a circuit.

    Args:
        columns: complex128[m, q], columns of a transfer matrix T.

    Returns:
        float64[q], the squares of a diagonal D for which T D^-1 is still a transfer matrix. D is as small as
        one factor for all columns, or one for the loss of each, can make it; where columns are orthogonal it
        holds all of the loss.
    """
    gram = columns.conj().T @ columns
    arriving = np.minimum(gram.diagonal().real, 1.0)
    norms = np.sqrt(arriving)
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    together = min(float(np.linalg.norm(gram, 2)), 1.0)
    largest = float(np.linalg.norm(scale[:, np.newaxis] * gram * scale, 2))
    # One factor more than 1 by rounding alone would leave a loss of that size to the circuit.
    each = arriving * (largest if largest > 1.0 + UNIT_ROUNDING else 1.0)
    kept = np.full_like(arriving, together)
    if each.max(initial=0.0) <= 1.0 and each.sum() < kept.sum():
        kept = each
    kept[kept > 1.0 - UNIT_ROUNDING] = 1.0
    return kept


def loses_more(emission: Emission) -> bool:
    """Say whether photons that interfere may still be lost behind what an emission drew."""
    return bool(np.abs(emission.light.lost).max(initial=0.0) > UNIT_ROUNDING)


def _photon_terms(terms: SourceTerms, entering: float, arriving: float) -> FloatArray:
    """Return the chances of nothing, one interfering, one alone, one of each, two alone: float64[5]."""
    gone, stray = 1.0 - entering, 1.0 - arriving
    return np.array(
        [
            terms.missing
            + terms.interfering * gone
            + terms.alone * stray
            + terms.both * gone * stray
            + terms.pair * stray**2,
            terms.interfering * entering + terms.both * entering * stray,
            terms.alone * arriving + terms.both * gone * arriving + 2.0 * terms.pair * arriving * stray,
            terms.both * entering * arriving,
            terms.pair * arriving**2,
        ]
    )


def _pick(table: FloatArray, rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Pick a column for each of `rows` of a table of weights, int64[N]; nothing of weight 0 is picked."""
    positive = table > 0
    certain = positive.sum(axis=1) <= 1
    if certain[rows].all():
        return np.asarray(positive.argmax(axis=1)[rows], dtype=np.int64)
    bounds = table.cumsum(axis=1)
    bounds /= np.where(bounds[:, -1:] > 0, bounds[:, -1:], 1.0)
    # Behind the last column of any weight comes nothing, whatever the rounding of the sum.
    last = table.shape[1] - 1 - positive[:, ::-1].argmax(axis=1)
    bounds[np.arange(table.shape[1]) >= last[:, np.newaxis]] = np.inf
    uniforms = generator.random(len(rows))
    if len(table) == 1:
        return np.asarray(bounds[0].searchsorted(uniforms, side="right"), dtype=np.int64)
    chosen = np.zeros(len(rows), dtype=np.int64)
    for column in range(table.shape[1] - 1):
        chosen += uniforms >= bounds[rows, column]
    return chosen
