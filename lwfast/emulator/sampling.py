"""What is to be sampled, parsed once, and what the number of photons alone tells about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lwfast.emulator.conditions import Conditions
from lwfast.optics.experiment import Experiment
from lwfast.optics.samples.emission import Emission, loses_more


@dataclass(frozen=True)
class Sampling:
    """Samples that are asked for.

    Attributes:
        experiment: The shot: photons that are intended, source, matrix and detectors.
        conditions: Heralds, rules and least photons of the outcomes that count.
        n_samples: Number of outcomes that count, or of shots.
        every_shot: `n_samples` counts shots, also those that do not count.
    """

    experiment: Experiment
    conditions: Conditions
    n_samples: int
    every_shot: bool = False

    @cached_property
    def emission(self) -> Emission:
        """What a shot emits, given that its number of photons can meet the conditions."""
        return emission_for(self.experiment, self.conditions)

    @property
    def all_count(self) -> bool:
        """Whether the number of shots is known before, because every shot counts or is counted."""
        return self.every_shot or not self.conditions.any


def why_impossible(experiment: Experiment, conditions: Conditions) -> str | None:
    """Return why no outcome can meet the conditions, or None where photon numbers alone do not tell.

    Args:
        experiment: The shot: photons that are intended, source, matrix and detectors.
        conditions: Heralds, rules and least photons of the outcomes that count.
    """
    most, heralded = experiment.most_photons, sum(conditions.heralds.values())
    if heralded > most:
        return f"the heralds take {heralded} photons, and no outcome has more than {most}"
    left = most - heralded
    others = [mode for mode in range(experiment.n_modes) if mode not in conditions.heralds]
    for mode, number in conditions.heralds.items():
        if number > _room(experiment, [mode], most):
            return f"the herald on mode {mode} takes {number} photons, and its detector reports clicks"
    room = _room(experiment, others, left)
    if conditions.least > room:
        return (
            f"min_detection is {conditions.least}, and no outcome has more than {room} photons beside heralds"
        )
    needed = free = 0
    covered: set[int] = set()
    for modes, sums in conditions.pairs:
        room = _room(experiment, [others[mode] for mode in modes], left)
        possible = [number for number in sums if number <= room]
        if not possible:
            return (
                f"the rule {(modes, sums)} takes {min(sums)} photons, and these modes get no more than {room}"
            )
        free += max(possible)
        if covered.isdisjoint(modes):
            needed += min(possible)
        covered.update(modes)
    if needed > left:
        return f"the rules together take {needed} photons, and no outcome has more than {left} beside heralds"
    if len(covered) < len(others):
        return None
    fewest = _fewest(experiment) - heralded
    if free < fewest:
        return f"the rules allow {free} photons in all modes, and no outcome has fewer than {fewest} there"
    return None


def emission_for(experiment: Experiment, conditions: Conditions) -> Emission:
    """Return what a shot emits, given that its number of photons can meet the conditions.

    Args:
        experiment: The shot: photons that are intended, source, matrix and detectors.
        conditions: Which outcomes count; a callable may still refuse any of them.
    """
    reported = _possible_reports(experiment, conditions)
    if reported.all():
        return Emission(experiment)
    at_least = np.maximum.accumulate(reported)
    if not experiment.resolving.all():
        # Behind threshold detectors there are at least as many photons as clicks.
        return Emission(experiment, at_least)
    exact = Emission(experiment, reported)
    return Emission(experiment, at_least) if loses_more(exact) else exact


def _possible_reports(experiment: Experiment, conditions: Conditions) -> NDArray[np.bool_]:
    """Return bool[n], True for each total that all detectors together may report where conditions are met."""
    most = experiment.most_photons
    heralded = sum(conditions.heralds.values())
    free = set(range(experiment.n_modes - len(conditions.heralds)))
    possible = np.zeros(most + 1, dtype=np.bool_)
    if heralded > most:
        return possible
    possible[heralded] = True
    for modes, sums in conditions.pairs:
        # Of rules that share modes, the first one; the others make totals fewer, not more.
        if free.issuperset(modes) and len(set(modes)) == len(modes):
            free.difference_update(modes)
            shifted = [possible[: most + 1 - number] for number in sums if number <= most]
            possible = np.zeros_like(possible)
            for part in shifted:
                possible[most + 1 - len(part) :] |= part
    if free:
        possible = np.maximum.accumulate(possible)
    possible[: min(heralded + max(conditions.least, 0), most + 1)] = False
    return possible


def _room(experiment: Experiment, modes: Iterable[int], most: int) -> int:
    """Return the most photons that the detectors of some modes can report together."""
    room = 0
    for mode in modes:
        room += most if experiment.resolving[mode] else 1
    return min(room, most)


def _fewest(experiment: Experiment) -> int:
    """Return the fewest photons that an outcome has, dark counts not counted."""
    photons = experiment.light.n_photons
    if experiment.terms is not None and experiment.terms.missing > 0:
        return 0
    if not experiment.light.is_isometry:
        return 0
    return photons if experiment.resolving.all() else min(photons, 1)
