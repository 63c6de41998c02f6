"""The exact distribution of the outcomes of a shot, by the cheapest way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lwfast._base.memory import check_memory
from lwfast._types import FloatArray
from lwfast.optics.costs import CLICKS, Estimate, estimates
from lwfast.optics.distributions.clicks import click_distribution
from lwfast.optics.distributions.layers import OutputPolynomial
from lwfast.optics.distributions.noisy import NoisyPolynomials, noisy_distribution
from lwfast.optics.distributions.photon_numbers import OutputDistribution, fock_distribution, keep_conditions
from lwfast.optics.experiment import Experiment
from lwfast.optics.grouping import group_rows
from lwfast.optics.noise.source_terms import SourceTerms
from lwfast.rules import Rule


def distribution(
    experiment: Experiment,
    *,
    heralds: dict[int, int] | None = None,
    pairs: Sequence[Rule] = (),
    least: int = 0,
    way: Estimate | None = None,
    polynomial: OutputPolynomial | None = None,
    workers: int | None = None,
) -> OutputDistribution:
    """Compute the distribution of the outcomes that count.

    Args:
        experiment: The shot: photons that are intended, source, matrix and detectors.
        heralds: Photons demanded in output modes, which are then left out of the outcomes.
        pairs: Rules on the other modes, as (modes, allowed sums).
        least: Fewest photons in the other modes.
        way: How; None takes the cheaper way.
        polynomial: What was laid out for the same experiment and conditions, if anything was.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Returns:
        The outcomes, not renormalised.

    Raises:
        ResourceLimitError: It would not fit in memory.
    """
    heralds = heralds or {}
    if way is None:
        way = estimates(experiment, heralds, least)[0]
    if way.way == CLICKS:
        found = click_distribution(experiment, workers)
    elif experiment.is_plain:
        return fock_distribution(
            experiment.light, heralds, least, pairs=pairs, polynomial=polynomial, workers=workers
        )
    else:
        found = _fock(experiment, way, workers)
    return keep_conditions(found, heralds, pairs, least)


def _fock(experiment: Experiment, way: Estimate, workers: int | None) -> OutputDistribution:
    """Compute the distribution of photon numbers, then let threshold detectors look at it."""
    # Where every detector is a threshold detector, a dark count is no more than a click.
    late_dark = experiment.dark.any() and experiment.clicks_only
    check_memory(
        way.needed_bytes,
        f"The distribution of {experiment.light.n_photons} noisy photons in {experiment.n_modes} modes",
        remedy="Draw samples instead.",
    )
    if experiment.terms is None and (late_dark or not experiment.dark.any()):
        found = fock_distribution(experiment.light, {}, 0, workers=workers)
    else:
        terms = experiment.terms or SourceTerms(0.0, 1.0, 0.0, 0.0, 0.0)
        dark = np.zeros_like(experiment.dark) if late_dark else experiment.dark
        weights = np.abs(experiment.light.given) ** 2
        probabilities, layout, *_ = noisy_distribution(
            experiment.light, weights, terms, dark, polynomials=NoisyPolynomials, workers=workers
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
