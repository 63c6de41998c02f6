"""What is to be sampled, parsed once: planning and drawing trust it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lwfast.emulator.conditions import Conditions
from lwfast.emulator.feasibility import emission_for
from lwfast.optics.experiment import Experiment
from lwfast.optics.samples.emission import Emission


@dataclass(frozen=True)
class Sampling:
    """Samples that are asked for.

    Attributes:
        experiment: The shot.
        conditions: Which outcomes count.
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
        """Whether the number of shots is known before: every shot counts, or is counted."""
        return self.every_shot or not self.conditions.any
