"""A shot, from source to detectors, and the exact distribution of its outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import check_state_photons
from lwfast._base.memory import check_memory
from lwfast._types import ComplexArray, FloatArray
from lwfast.optics.arguments import checked_detector, checked_source
from lwfast.optics.costs import CLICKS, FOCK, Estimate, estimate_clicks, estimate_fock
from lwfast.optics.distributions.clicks import click_distribution, clicks_fit
from lwfast.optics.distributions.noisy import SourceTerms, noisy_distribution, source_terms
from lwfast.optics.distributions.photon_numbers import OutputDistribution, keep_conditions
from lwfast.optics.grouping import group_rows
from lwfast.optics.noise.loss import UNIT_ROUNDING, checked_columns, cleaned_unitary, deviation_of
from lwfast.rules import Rule


@dataclass(frozen=True, slots=True)
class Experiment:
    """What happens in one shot.

    Attributes:
        matrix: complex128[m, m], transfer matrix with all losses and detector efficiencies in it.
        photons: Intended photons in each input mode.
        terms: What the source emits for each, or None for exactly that photon.
        dark: float64[m], probability of a dark count.
        resolving: bool[m], False for threshold detectors.
        tolerance: How far the matrix may still be off by rounding, now that it is cleaned.
        deviation: How far the matrix that was given missed what it is now.
        is_plain: Whether a transfer matrix and resolving detectors are all there is.
        clicks_only: Whether every detector is a threshold detector.
    """

    matrix: ComplexArray
    photons: tuple[int, ...]
    terms: SourceTerms | None
    dark: FloatArray
    resolving: NDArray[np.bool_]
    tolerance: float = UNIT_ROUNDING
    deviation: float = 0.0
    is_plain: bool = field(init=False)
    clicks_only: bool = field(init=False)

    def __post_init__(self) -> None:
        plain = self.terms is None and not self.dark.any() and bool(self.resolving.all())
        object.__setattr__(self, "is_plain", plain)
        object.__setattr__(self, "clicks_only", not self.resolving.any())

    @property
    def n_modes(self) -> int:
        """Number of modes."""
        return len(self.photons)

    @property
    def most_photons(self) -> int:
        """Most photons that can be reported."""
        per_photon = self.terms.most if self.terms else 1
        return sum(self.photons) * per_photon + int(np.count_nonzero(self.dark))


def make_experiment(
    matrix: ComplexArray,
    photons: tuple[int, ...],
    *,
    source: Any = None,
    detector: Any = None,
    loss: FloatArray | None = None,
    tolerance: float = 1e-10,
    deviation: float = 0.0,
) -> Experiment:
    """Fold source, loss and detectors into an experiment.

    Args:
        matrix: complex128[m, m], transfer matrix.
        photons: Intended photons in each input mode.
        source: Has `purity`, `brightness`, `indistinguishability`; None is perfect.
        detector: Has `efficiency`, `p_dark`, `photon_counting`, each one value or one a mode; None is
            perfect.
        loss: float64[m], loss behind the circuit.
        tolerance: How far the matrix may be off by rounding.
        deviation: How far it was off before it was cleaned, where that was done already.

    Raises:
        TypeError: Source or detector lack a value, or have one of the wrong type.
        ValueError: They have a value outside its range.
        ModeMismatchError: The detector has values for another number of modes.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: There are more than 255 photons.
    """
    check_state_photons(sum(photons), "The input has")
    matrix, found = _cleaned(matrix, photons, tolerance)
    deviation = max(deviation, found)
    efficiency, dark, resolving = checked_detector(detector, len(photons))
    if loss is not None:
        efficiency = efficiency * (1.0 - loss)
    if (efficiency < 1.0).any():
        matrix = np.sqrt(efficiency)[:, np.newaxis] * matrix
    terms = None
    purity, brightness, indistinguishability = checked_source(source)
    if purity < 1 or indistinguishability < 1:
        terms = source_terms(purity, brightness, indistinguishability)
    elif brightness < 1:
        # A photon that does not come at all is a photon lost on the way in.
        matrix = np.sqrt(brightness) * matrix
    return Experiment(matrix, photons, terms, dark, resolving, deviation=deviation)


def _cleaned(matrix: ComplexArray, photons: tuple[int, ...], tolerance: float) -> tuple[ComplexArray, float]:
    """Return the matrix without what rounding did to its occupied columns, and how far it was off."""
    deviation = deviation_of(matrix)
    if deviation <= UNIT_ROUNDING:
        return matrix, deviation
    if deviation <= tolerance:
        return cleaned_unitary(matrix, tolerance, deviation), deviation
    occupied = [mode for mode, k in enumerate(photons) if k]
    given = matrix[:, occupied]
    columns, _ = checked_columns(given, tolerance)
    if columns is given:
        return matrix, 0.0
    matrix = matrix.copy()
    matrix[:, occupied] = columns
    return matrix, float(np.linalg.norm(columns - given, 2))


def estimates(
    experiment: Experiment, heralds: dict[int, int] | None = None, least: int = 0
) -> list[Estimate]:
    """Estimate the ways to the exact distribution, cheapest first.

    Args:
        experiment: The shot.
        heralds: Photons demanded in output modes; they prune a plain experiment.
        least: Fewest photons in the other modes.
    """
    ways = [estimate_fock(experiment, heralds or {}, least)]
    if experiment.clicks_only and clicks_fit(experiment):
        ways.append(estimate_clicks(experiment))
    return sorted(ways, key=lambda way: way.seconds)


def distribution(
    experiment: Experiment,
    *,
    heralds: dict[int, int] | None = None,
    pairs: Sequence[Rule] = (),
    least: int = 0,
    way: str | None = None,
    workers: int | None = None,
) -> OutputDistribution:
    """Compute the distribution of the outcomes that count.

    Args:
        experiment: The shot.
        heralds: Photons demanded in output modes, which are then left out of the outcomes.
        pairs: Rules on the other modes.
        least: Fewest photons in the other modes.
        way: `FOCK` or `CLICKS`; None takes the cheaper one.
        workers: Number of threads.

    Returns:
        The outcomes, not renormalised.

    Raises:
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: It would not fit in memory.
    """
    from lwfast.optics.distributions.photon_numbers import fock_distribution

    heralds = heralds or {}
    if way is None:
        way = estimates(experiment, heralds, least)[0].way
    if way == CLICKS:
        found = click_distribution(experiment, workers)
    elif experiment.is_plain:
        return fock_distribution(
            experiment.matrix,
            experiment.photons,
            heralds,
            least,
            experiment.tolerance,
            pairs=pairs,
            workers=workers,
        )
    else:
        found = _fock(experiment, workers)
    return keep_conditions(found, heralds, pairs, least)


def _fock(experiment: Experiment, workers: int | None) -> OutputDistribution:
    """Compute the distribution of photon numbers, then let threshold detectors look at it."""
    from lwfast.optics.distributions.photon_numbers import fock_distribution

    # Where every detector is a threshold detector, a dark count is no more than a click.
    late_dark = experiment.dark.any() and experiment.clicks_only
    check_memory(
        estimate_fock(experiment, {}, 0).needed_bytes,
        f"The distribution of {sum(experiment.photons)} noisy photons in {experiment.n_modes} modes",
        remedy="Draw samples instead.",
    )
    if experiment.terms is None and (late_dark or not experiment.dark.any()):
        found = fock_distribution(
            experiment.matrix, experiment.photons, {}, 0, experiment.tolerance, workers=workers
        )
    else:
        terms = experiment.terms or SourceTerms(0.0, 1.0, 0.0, 0.0, 0.0)
        dark = np.zeros_like(experiment.dark) if late_dark else experiment.dark
        probabilities, layout = noisy_distribution(
            experiment.matrix,
            experiment.photons,
            terms,
            dark,
            tolerance=experiment.tolerance,
            workers=workers,
        )
        found = OutputDistribution(probabilities, layout=layout)
    if experiment.resolving.all():
        return found
    rows = found.states.copy()
    rows[:, ~experiment.resolving] = np.minimum(rows[:, ~experiment.resolving], 1)
    states, probabilities = group_rows(rows, found.probabilities)
    if late_dark:
        states, probabilities = _add_dark_clicks(states, probabilities, experiment.dark)
    return OutputDistribution(probabilities, states=states)


def _add_dark_clicks(rows: Any, probabilities: FloatArray, dark: FloatArray) -> tuple[Any, FloatArray]:
    """Let each mode that is silent click with its dark-count probability."""
    for mode in np.flatnonzero(dark):
        clicked = rows.copy()
        clicked[:, mode] = 1
        silent = rows[:, mode] == 0
        weights = np.concatenate(
            [
                np.where(silent, probabilities * (1.0 - dark[mode]), probabilities),
                probabilities[silent] * dark[mode],
            ]
        )
        rows, probabilities = group_rows(np.concatenate([rows, clicked[silent]]), weights)
    return rows, probabilities


__all__ = [
    "CLICKS",
    "FOCK",
    "Experiment",
    "distribution",
    "estimates",
    "make_experiment",
]
