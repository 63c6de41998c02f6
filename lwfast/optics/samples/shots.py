"""Shots drawn one by one: source, interference, single photons, dark counts, clicks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lwfast._base.limits import MAX_FACTORIAL_PHOTONS, check_state_photons
from lwfast._types import FloatArray, StateTable
from lwfast.optics.distributions.experiment import Experiment
from lwfast.optics.distributions.layers import states_of
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.grouping import sorted_groups
from lwfast.optics.samples.emission import Emission
from lwfast.optics.samples.sample_counts import sample_counts

_OUTCOME_SECONDS = 1.0e-8
_DISTRIBUTION_SECONDS = 3e-4
_DISTRIBUTION_BYTES = 1 << 28
"""What a distribution behind shots may take: the same on every machine, as the samples depend on it."""
_SHOT_SECONDS = 4e-7
"""Sorting, grouping and counting a shot, once."""
_TERM_SECONDS = 3e-8
"""Drawing whether one photon or dark count is there."""
_LOOK = 256
"""Shots whose photon numbers stand for all in an estimate."""


def sample_seconds(n_photons: int, n_modes: int) -> float:
    """Estimate the time of one boson sample on one core, in seconds."""
    from lwfast.optics.samples.boson_sampling import largest_table

    # As if all light could be lost; 2^n where photons may all leave in different modes.
    terms = 2.0 * largest_table(n_photons, n_modes + min(n_photons, n_modes))
    return 3e-7 + n_photons * n_modes * 2e-8 + n_photons * terms * 1e-9


def shots_seconds(emission: Emission, n_shots: float, at_once: int) -> float:
    """Estimate the time of shots on one core, in seconds.

    Args:
        emission: What happens in one, and how many photons it has to have.
        n_shots: How many, as far as known.
        at_once: The most that are drawn in a round.
    """
    from lwfast.optics.samples.boson_sampling import seconds_estimate

    if not n_shots or not emission.share:
        return 0.0
    experiment = emission.experiment
    # The cost grows exponentially with the photons that interfere: a look at some shots gives its mean.
    drawn = emission.draw(_LOOK, np.random.default_rng(0))
    order, starts = sorted_groups(drawn.interfering)
    size = min(n_shots, at_once) / _LOOK
    each = 0.0
    for begin, end in zip(starts, np.append(starts[1:], _LOOK), strict=True):
        n_photons = int(drawn.interfering[order[begin]].sum())
        together = max(int(end - begin) * size, 1.0)
        if draws_from_distribution(experiment, n_photons, int(together)):
            seconds = _distribution_seconds(experiment, n_photons) / together
        else:
            # The second holds where photons share modes, the first where they may all be lost.
            few = seconds_estimate(n_photons, experiment.n_modes) + _SHOT_SECONDS
            seconds = min(sample_seconds(n_photons, experiment.n_modes), few)
        each += int(end - begin) / _LOOK * seconds
    n_terms = sum(experiment.photons) + len(emission.dark_modes)
    return n_shots * (each + _SHOT_SECONDS + n_terms * _TERM_SECONDS)


def draw_shots(emission: Emission, n_shots: int, generator: np.random.Generator) -> StateTable:
    """Draw shots.

    Args:
        emission: What happens in one, and how many photons it has to have.
        n_shots: How many.
        generator: Where the random numbers come from.

    Returns:
        uint8[n_shots, m]; the order of the rows tells nothing about any other shot, but is not random.

    Raises:
        ResourceLimitError: A shot could have more than 255 photons.
    """
    experiment = emission.experiment
    check_states_hold(experiment)
    if n_shots == 0:
        return np.zeros((0, experiment.n_modes), dtype=np.uint8)
    drawn = emission.draw(n_shots, generator)
    order, starts = sorted_groups(drawn.interfering)
    rows = np.zeros((n_shots, experiment.n_modes), dtype=np.uint8)
    one_by_one = np.zeros(n_shots, dtype=np.bool_)
    for begin, end in zip(starts, np.append(starts[1:], n_shots), strict=True):
        photons = np.zeros(experiment.n_modes, dtype=np.uint8)
        photons[emission.occupied] = drawn.interfering[order[begin]]
        if draws_from_distribution(experiment, int(photons.sum()), int(end - begin)):
            rows[begin:end] = _from_distribution(
                emission, tuple(photons.tolist()), int(end - begin), generator
            )
        else:
            rows[begin:end] = photons
            one_by_one[begin:end] = True
    if one_by_one.any():
        # What stands in these rows so far are the inputs.
        from lwfast.optics.samples.boson_sampling import boson_sample_inputs

        rows[one_by_one] = boson_sample_inputs(emission.matrix, rows[one_by_one], rng=generator)
    for column, input_mode in enumerate(emission.occupied):
        _add_alone(rows, drawn.alone[order, column], np.abs(experiment.matrix[:, input_mode]) ** 2, generator)
    rows[:, emission.dark_modes] += drawn.dark[order]
    for mode in np.flatnonzero(~experiment.resolving):
        np.minimum(rows[:, mode], 1, out=rows[:, mode])
    return rows


def check_states_hold(experiment: Experiment) -> None:
    """Raise ResourceLimitError where a shot could have more photons than a state holds."""
    check_state_photons(
        experiment.most_photons, "With all that source and dark counts may add, a shot could have"
    )


def draws_from_distribution(experiment: Experiment, n_photons: int, n_shots: int) -> bool:
    """Say whether shots of so many interfering photons are drawn from their distribution."""
    if n_photons == 0 or n_shots == 0:
        return True
    fits = n_photons <= MAX_FACTORIAL_PHOTONS and 32 * _outcomes(experiment, n_photons) < _DISTRIBUTION_BYTES
    seconds = _distribution_seconds(experiment, n_photons)
    return fits and seconds < n_shots * sample_seconds(n_photons, experiment.n_modes)


def _distribution_seconds(experiment: Experiment, n_photons: int) -> float:
    return _DISTRIBUTION_SECONDS + _outcomes(experiment, n_photons) * _OUTCOME_SECONDS if n_photons else 0.0


def _outcomes(experiment: Experiment, n_photons: int) -> int:
    """Estimate from above: as if all light could be lost."""
    return states_of(experiment.n_modes + n_photons, n_photons)


def _from_distribution(
    emission: Emission, photons: tuple[int, ...], n_shots: int, generator: np.random.Generator
) -> StateTable:
    if sum(photons) == 0 or n_shots == 0:
        return np.zeros((n_shots, len(photons)), dtype=np.uint8)
    found = fock_distribution(emission.matrix, photons, {}, 0, emission.experiment.tolerance)
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
