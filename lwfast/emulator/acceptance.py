"""How many shots count: from photon numbers exactly, for all else from a look at some shots."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lwfast.emulator.conditions import Conditions
from lwfast.emulator.sampling import emission_for
from lwfast.optics.experiment import Experiment
from lwfast.optics.grouping import distinct_rows
from lwfast.optics.noise.source_terms import SourceTerms
from lwfast.optics.samples.emission import Emission, loses_more
from lwfast.optics.samples.prices import sample_seconds
from lwfast.optics.samples.shots import draw_shots

LOOK_SECONDS = 0.05
"""What looking at shots may take, by the estimate."""
_LOOKS = (512, 2048, 8192)
"""Shots that are looked at in turn, until enough of them count."""
_ENOUGH = 32
_LEAST_LOOK = 256
"""Where fewer shots can be afforded, photons walk alone in the shots that are looked at."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How many shots count.

    Attributes:
        emission: What a shot emits; shots whose number of photons cannot do are not drawn.
        share: Of the shots that are drawn, the share that counts, as far as known.
        at_most: `share` is an upper bound: no shot that was looked at counts.
        sure: Enough shots were seen to count, or photon numbers alone decide.
    """

    emission: Emission
    share: float
    at_most: bool
    sure: bool

    @property
    def of_all(self) -> float:
        """The share of all shots that counts, drawn or not."""
        return self.emission.share * self.share


def acceptance(emission: Emission, conditions: Conditions) -> Acceptance:
    """Find out how many shots count. The answer is the same on every machine.

    Args:
        emission: What a shot emits, given that its number of photons can meet the conditions.
        conditions: Which outcomes count; a callable is asked about outcomes of a few shots.
    """
    experiment = emission.experiment
    if not emission.share:
        return Acceptance(emission, 0.0, at_most=True, sure=True)
    if _numbers_decide(emission, conditions):
        return Acceptance(emission, 1.0, at_most=False, sure=True)
    affordable = int(LOOK_SECONDS / sample_seconds(experiment.light.n_photons, experiment.n_modes))
    if affordable >= _LEAST_LOOK:
        hits, _, seen = _look(emission, conditions, affordable)
        return Acceptance(emission, max(hits, 1) / seen, at_most=hits == 0, sure=hits >= _ENOUGH)
    alone = emission_for(_walking_alone(experiment), conditions)
    hits, _, seen = _look(alone, conditions, sum(_LOOKS))
    share = min(alone.share * max(hits, 1) / seen / emission.share, 1.0)
    return Acceptance(emission, share, at_most=hits == 0, sure=False)


def share_of_callable(experiment: Experiment, conditions: Conditions) -> float:
    """Estimate which share of the outcomes that meet all else a callable accepts.

    Photons walk alone here: no kernel has to be compiled for an estimate.
    """
    emission = emission_for(_walking_alone(experiment), conditions)
    if not emission.share:
        return 1.0
    hits, asked, _ = _look(emission, conditions, sum(_LOOKS))
    return max(hits, 1) / max(asked, 1)


def _numbers_decide(emission: Emission, conditions: Conditions) -> bool:
    """Say whether each shot of the emission counts."""
    if conditions.heralds or conditions.pairs or conditions.test is not None:
        return False
    if conditions.least <= 0:
        return True
    return bool(emission.experiment.resolving.all()) and not loses_more(emission)


def _look(emission: Emission, conditions: Conditions, affordable: int) -> tuple[int, int, int]:
    """Draw some shots; return how many of them count, would but for a callable, and were drawn."""
    generator = np.random.default_rng(0)
    hits = selected = seen = 0
    for size in _LOOKS:
        if hits >= _ENOUGH or seen >= affordable:
            break
        rows = draw_shots(emission, min(size, affordable - seen), generator)
        seen += len(rows)
        rows, _ = conditions.select(rows, np.ones(len(rows), dtype=np.int64))
        selected += len(rows)
        if conditions.test is not None:
            distinct, where = distinct_rows(rows)
            rows = rows[conditions.ask(distinct)[where]]
        hits += len(rows)
    return hits, selected, seen


def _walking_alone(experiment: Experiment) -> Experiment:
    """Return the shot with photons that do not interfere: cheap, and much the same numbers of photons."""
    terms = experiment.terms or SourceTerms(0.0, 1.0, 0.0, 0.0, 0.0)
    alone = SourceTerms(terms.missing, 0.0, terms.interfering + terms.alone, 0.0, terms.both + terms.pair)
    return replace(experiment, terms=alone)
