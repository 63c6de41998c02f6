"""Conditions that no outcome can meet, found before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from lwfast.emulator.conditions import Conditions
from lwfast.optics.distributions.experiment import Experiment
from lwfast.optics.noise.loss import checked_columns


def why_impossible(experiment: Experiment, conditions: Conditions) -> str | None:
    """Return why no outcome can meet the conditions, or None where photon numbers alone do not tell.

    Args:
        experiment: The shot.
        conditions: Which outcomes count.
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


def _room(experiment: Experiment, modes: Iterable[int], most: int) -> int:
    """Return the most photons that the detectors of some modes can report together."""
    room = 0
    for mode in modes:
        room += most if experiment.resolving[mode] else 1
    return min(room, most)


def _fewest(experiment: Experiment) -> int:
    """Return the fewest photons that an outcome has, dark counts not counted."""
    photons = sum(experiment.photons)
    if experiment.terms is not None and experiment.terms.missing > 0:
        return 0
    occupied = [mode for mode, k in enumerate(experiment.photons) if k]
    if not checked_columns(experiment.matrix[:, occupied], experiment.tolerance)[1]:
        return 0
    return photons if experiment.resolving.all() else min(photons, 1)
