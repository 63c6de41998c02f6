"""Shots drawn one by one: source, interference, single photons, dark counts, clicks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import check_state_photons
from lwfast._types import FloatArray, StateTable
from lwfast.optics.costs import draws_from_distribution, least_shots_seconds, shots_seconds
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.experiment import Experiment
from lwfast.optics.grouping import sorted_groups
from lwfast.optics.samples.boson_sampling import sample_each
from lwfast.optics.samples.emission import Emission
from lwfast.optics.samples.sample_counts import sample_counts


def estimated_seconds(emission: Emission, n_shots: float, at_once: int) -> float:
    """Estimate the time of shots on one core, in seconds.

    Args:
        emission: What happens in one, and how many photons it has to have.
        n_shots: How many, as far as known.
        at_once: The most that are drawn in a round.
    """
    if not n_shots or not emission.share:
        return least_shots_seconds(0)
    # The cost grows exponentially with the photons that interfere: a look at some shots gives its mean.
    experiment = emission.experiment
    n_terms = experiment.light.n_photons + len(emission.dark_modes)
    return shots_seconds(emission.interfering(), len(emission.light.rows), n_terms, n_shots, at_once)


def draw_shots(emission: Emission, n_shots: int, generator: np.random.Generator) -> StateTable:
    """Draw shots.

    Args:
        emission: What happens in one, and how many photons it has to have.
        n_shots: How many shots are drawn.
        generator: Where the random numbers come from.

    Returns:
        uint8[n_shots, m]; the order of the rows tells nothing about any other shot, but is not random.

    Raises:
        ResourceLimitError: A shot could have more than 255 photons.
    """
    experiment = emission.experiment
    check_shots_hold(experiment)
    if n_shots == 0:
        return np.zeros((0, experiment.n_modes), dtype=np.uint8)
    drawn = emission.draw(n_shots, generator)
    order, starts = sorted_groups(drawn.interfering)
    rows = np.zeros((n_shots, experiment.n_modes), dtype=np.uint8)
    one_by_one = np.zeros(n_shots, dtype=np.bool_)
    n_rows = len(emission.light.rows)
    for begin, end in zip(starts, np.append(starts[1:], n_shots), strict=True):
        photons = np.zeros(experiment.n_modes, dtype=np.uint8)
        photons[emission.occupied] = drawn.interfering[order[begin]]
        if draws_from_distribution(n_rows, int(photons.sum()), int(end - begin)):
            rows[begin:end] = _from_distribution(
                emission, tuple(photons.tolist()), int(end - begin), generator
            )
        else:
            rows[begin:end] = photons
            one_by_one[begin:end] = True
    if one_by_one.any():
        # What stands in these rows so far are the inputs.
        rows[one_by_one] = sample_each(emission.light, rows[one_by_one], generator)
    for column in range(len(emission.occupied)):
        weights = np.abs(experiment.light.given[:, column]) ** 2
        _add_alone(rows, drawn.alone[order, column], weights, generator)
    rows[:, emission.dark_modes] += drawn.dark[order]
    for mode in np.flatnonzero(~experiment.resolving):
        np.minimum(rows[:, mode], 1, out=rows[:, mode])
    return rows


def check_shots_hold(experiment: Experiment) -> None:
    """Raise ResourceLimitError where a shot could have more photons than a state holds."""
    check_state_photons(
        experiment.most_photons, "With all that source and dark counts may add, a shot could have"
    )


def _from_distribution(
    emission: Emission, photons: tuple[int, ...], n_shots: int, generator: np.random.Generator
) -> StateTable:
    if sum(photons) == 0 or n_shots == 0:
        return np.zeros((n_shots, len(photons)), dtype=np.uint8)
    light = emission.light.part([photons[mode] for mode in emission.occupied])
    found = fock_distribution(light, {}, 0)
    counts = sample_counts(found.probabilities, n_shots, rng=generator)
    seen = np.flatnonzero(counts)
    return np.repeat(found.states_at(seen), counts[seen], axis=0)


def _add_alone(
    rows: StateTable, numbers: NDArray[np.uint8], weights: FloatArray, generator: np.random.Generator
) -> None:
    """Let `numbers[i]` photons that arrive walk alone in shot i, in place."""
    cumulative = weights.cumsum()
    last = int(np.flatnonzero(weights).max(initial=0))
    for repeat in range(int(numbers.max(initial=0))):
        shots = np.flatnonzero(numbers > repeat)
        arrived = cumulative.searchsorted(generator.random(len(shots)) * cumulative[-1], side="right")
        rows[shots, np.minimum(arrived, last)] += 1
