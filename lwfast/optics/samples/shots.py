"""Shots drawn one by one: source, interference, single photons, dark counts, clicks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._types import FloatArray, StateTable
from lwfast.errors import ResourceLimitError
from lwfast.optics.arguments import MAX_PHOTONS
from lwfast.optics.distributions.experiment import Experiment
from lwfast.optics.distributions.layers import MAX_PHOTONS as MAX_AMPLITUDE_PHOTONS
from lwfast.optics.distributions.layers import states_of
from lwfast.optics.distributions.photon_numbers import fock_distribution
from lwfast.optics.grouping import sorted_groups
from lwfast.optics.samples.sample_counts import sample_counts

_OUTCOME_SECONDS = 1.0e-8
_DISTRIBUTION_SECONDS = 3e-4
_DISTRIBUTION_BYTES = 1 << 28
"""What a distribution behind shots may take: the same on every machine, as the samples depend on it."""


def sample_seconds(n_photons: int, n_modes: int) -> float:
    """Estimate the time of one boson sample on one core, in seconds."""
    from lwfast.optics.samples.boson_sampling import largest_table

    # As if all light could be lost; 2^n where photons may all leave in different modes.
    terms = 2.0 * largest_table(n_photons, n_modes + min(n_photons, n_modes))
    return 3e-7 + n_photons * n_modes * 2e-9 + n_photons * terms * 1e-9


def draw_shots(experiment: Experiment, n_shots: int, generator: np.random.Generator) -> StateTable:
    """Draw shots.

    Args:
        experiment: What happens in one.
        n_shots: How many.
        generator: Where the random numbers come from.

    Returns:
        uint8[n_shots, m]; the order of the rows tells nothing about any other shot, but is not random.

    Raises:
        ResourceLimitError: A shot could have more than 255 photons.
    """
    check_states_hold(experiment)
    if n_shots == 0:
        return np.zeros((0, experiment.n_modes), dtype=np.uint8)
    if experiment.terms is None:
        rows = _bosons(experiment, experiment.photons, n_shots, generator)
    else:
        rows = _with_source(experiment, n_shots, generator)
    for mode in np.flatnonzero(experiment.dark):
        rows[:, mode] += generator.random(n_shots) < experiment.dark[mode]
    for mode in np.flatnonzero(~experiment.resolving):
        np.minimum(rows[:, mode], 1, out=rows[:, mode])
    return rows


def check_states_hold(experiment: Experiment) -> None:
    """Raise ResourceLimitError where a shot could have more photons than a state holds."""
    if experiment.most_photons > MAX_PHOTONS:
        msg = (
            f"A shot could have {experiment.most_photons} photons, source and dark counts included; a table "
            f"of states holds up to {MAX_PHOTONS}."
        )
        raise ResourceLimitError(msg)


def _bosons(
    experiment: Experiment, photons: tuple[int, ...], n_shots: int, generator: np.random.Generator
) -> StateTable:
    """Draw photons that interfere, from their distribution where that is the faster way."""
    if draws_from_distribution(experiment, sum(photons), n_shots):
        return _from_distribution(experiment, photons, n_shots, generator)
    from lwfast.optics.samples.boson_sampling import boson_sample

    return boson_sample(experiment.matrix, photons, n_shots, rng=generator)


def draws_from_distribution(experiment: Experiment, n_photons: int, n_shots: int) -> bool:
    """Say whether shots of so many interfering photons are drawn from their distribution."""
    if n_photons == 0 or n_shots == 0:
        return True
    # Upper estimate: as if all light could be lost.
    outcomes = states_of(experiment.n_modes + n_photons, n_photons)
    seconds = _DISTRIBUTION_SECONDS + outcomes * _OUTCOME_SECONDS
    fits = n_photons <= MAX_AMPLITUDE_PHOTONS and 32 * outcomes < _DISTRIBUTION_BYTES
    return fits and seconds < n_shots * sample_seconds(n_photons, experiment.n_modes)


def _from_distribution(
    experiment: Experiment, photons: tuple[int, ...], n_shots: int, generator: np.random.Generator
) -> StateTable:
    if sum(photons) == 0 or n_shots == 0:
        return np.zeros((n_shots, experiment.n_modes), dtype=np.uint8)
    found = fock_distribution(experiment.matrix, photons, {}, 0, experiment.tolerance)
    counts = sample_counts(found.probabilities, n_shots, rng=generator)
    seen = np.flatnonzero(counts)
    return np.repeat(found.states_at(seen), counts[seen], axis=0)


def _with_source(experiment: Experiment, n_shots: int, generator: np.random.Generator) -> StateTable:
    """Draw what the source emits, then the interfering photons by groups of equal inputs, then the others."""
    terms: Any = experiment.terms
    occupied = [mode for mode, k in enumerate(experiment.photons) if k]
    cumulative = terms.as_array().cumsum()
    interfering = np.zeros((n_shots, len(occupied)), dtype=np.uint8)
    singles = np.zeros((n_shots, len(occupied)), dtype=np.uint8)
    for column, mode in enumerate(occupied):
        for _ in range(experiment.photons[mode]):
            emitted = np.minimum(cumulative.searchsorted(generator.random(n_shots), side="right"), 4)
            interfering[:, column] += (emitted == 1) | (emitted == 3)
            singles[:, column] += np.array([0, 0, 1, 1, 2], dtype=np.uint8)[emitted]
    order, starts = sorted_groups(interfering)
    rows = np.zeros((n_shots, experiment.n_modes), dtype=np.uint8)
    one_by_one = np.zeros(n_shots, dtype=np.bool_)
    for begin, end in zip(starts, np.append(starts[1:], n_shots), strict=True):
        photons = [0] * experiment.n_modes
        for mode, number in zip(occupied, interfering[order[begin]], strict=True):
            photons[mode] = int(number)
        if draws_from_distribution(experiment, sum(photons), int(end - begin)):
            rows[begin:end] = _from_distribution(experiment, tuple(photons), int(end - begin), generator)
        else:
            rows[begin:end] = photons
            one_by_one[begin:end] = True
    if one_by_one.any():
        # What stands in these rows so far are the inputs.
        from lwfast.optics.samples.boson_sampling import boson_sample_inputs

        rows[one_by_one] = boson_sample_inputs(experiment.matrix, rows[one_by_one], rng=generator)
    singles = singles[order]
    for column, mode in enumerate(occupied):
        _add_singles(rows, singles[:, column], np.abs(experiment.matrix[:, mode]) ** 2, generator)
    return rows


def _add_singles(
    rows: StateTable, numbers: NDArray[np.uint8], weights: FloatArray, generator: np.random.Generator
) -> None:
    """Let `numbers[i]` photons walk alone in shot i, in place; what is missing to weight 1 is lost."""
    cumulative = weights.cumsum()
    for repeat in range(int(numbers.max(initial=0))):
        shots = np.flatnonzero(numbers > repeat)
        arrived = cumulative.searchsorted(generator.random(len(shots)), side="right")
        seen = arrived < len(weights)
        rows[shots[seen], arrived[seen]] += 1
