"""Samplers of few photons with loss, an imperfect source or detectors, run again on the same circuit.

Their distribution takes milliseconds, and drawing from it some tens of microseconds. So it is kept with the
built circuit, and forgotten with it as soon as an element or a Parameter changes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._types import Counts, StateTable
from lwfast.emulator.draws import draw_what_counts, what_counts
from lwfast.emulator.lean.known import ALLOWED_BYTES, KnownCircuit
from lwfast.emulator.plans import CLIFFORD, announce
from lwfast.emulator.run_sampler import prepare_sampler
from lwfast.emulator.sampling import Sampling
from lwfast.errors import LightworksError
from lwfast.hardware import Detector, Source
from lwfast.optics.distributions.photon_numbers import OutputDistribution
from lwfast.optics.photon_limits import states_of
from lwfast.rules import Rule
from lwfast.tasks import Sampler

_NAME = "distributions"
_KEPT = 4
"""Distributions that are kept with a circuit, the last ones made."""
_MOST_BYTES = 1 << 18
"""What one of them may take, so that a circuit keeps a megabyte at most."""


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What was found for a setting: the shot, the outcomes that count, what of them may be rounding."""

    sampling: Sampling
    found: OutputDistribution
    rounding: float


def draw_again(
    task: Sampler, backend: str, known: KnownCircuit, rules: tuple[Rule, ...], occupation: tuple[int, ...]
) -> tuple[StateTable, Counts] | None:
    """Draw the samples of a task from a distribution that is kept, or is worth keeping.

    Args:
        task: The task, with rules at most for a post-selection.
        backend: Name of the backend.
        known: The circuit of the task, looked at before.
        rules: Rules of its post-selection, over the modes without heralds.
        occupation: Photons of its input in each mode without heralds.

    Returns:
        The very states and counts of the long way; None where that has to be taken.
    """
    hardware = _hardware(task.source, task.detector)
    n_photons = sum(occupation) + sum(photons for _, photons in known.inputs)
    if hardware is None or memory_limit() < ALLOWED_BYTES:
        return None
    # At most; photons that are lost are as if in one mode more.
    n_outcomes = states_of(known.n_modes + 1, n_photons + _photons_more(task, known.n_modes, n_photons))
    if n_outcomes * (known.n_modes + 8) > _MOST_BYTES:
        return None
    asked = task.n_samples, task.sampling_mode, task.min_detection, backend
    key = occupation, hardware, rules, *asked
    shelf: OrderedDict[Any, _Kept | None] = known.build.derived.setdefault(_NAME, OrderedDict())
    if key not in shelf:
        try:
            run = prepare_sampler(task._generate_task(), backend, to_run=True)  # noqa: SLF001  (for backends)
            by_shots = run.plan.method == CLIFFORD
            if not by_shots:
                announce([run.plan])  # of some photons more a source takes minutes, among few outcomes too
            shelf[key] = None if by_shots else _Kept(run.sampling, *what_counts(run.sampling, run.plan))
        except (LightworksError, TypeError, ValueError):
            return None  # the long way says what is wrong
        while len(shelf) > _KEPT:
            shelf.popitem(last=False)
    kept = shelf.get(key)
    if kept is None:
        return None
    generator = np.random.default_rng(task.rng if task.rng is not None else task.random_seed)
    return draw_what_counts(kept.found, kept.rounding, kept.sampling, generator)


def _photons_more(task: Sampler, n_modes: int, n_photons: int) -> int:
    """Return how many photons there may be beside those that are intended."""
    seconds = n_photons if task.source is not None and task.source.purity < 1 else 0
    dark = n_modes if task.detector is not None and np.any(task.detector.p_dark) else 0
    return seconds + dark


def _hardware(source: Any, detector: Any) -> tuple[Any, ...] | None:
    """Return all values of source and detector, or None where they are not of this package."""
    values: list[Any] = []
    if source is not None:
        if type(source) is not Source:
            return None
        values += ["source", source.purity, source.brightness, source.indistinguishability]
    if detector is not None:
        if type(detector) is not Detector:
            return None
        values += ["detector", detector.efficiency, detector.p_dark, detector.photon_counting]
    return tuple(values)
