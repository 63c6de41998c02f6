"""What a QPU measures: raw samples of a transfer matrix behind a hardware model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lwfast._base.generators import generator_of
from lwfast._base.validation import as_integer
from lwfast._types import Counts, SeedLike, StateTable
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.draws import draw_from_distribution, draw_shot_by_shot, refuse_impossible
from lwfast.emulator.plans import CLIFFORD, Plan, announce, plan_sampling, refuse_endless
from lwfast.emulator.sampling import Sampling
from lwfast.hardware import HardwareModel
from lwfast.optics.arguments import checked_matrix, checked_occupation, checked_samples, matrix_tolerance
from lwfast.optics.costs import RAW_DISTRIBUTION_BYTES
from lwfast.optics.experiment import make_experiment


def run_raw(
    unitary: ArrayLike,
    occupation: Sequence[int],
    n_samples: int,
    *,
    min_detection: int = 0,
    hardware: HardwareModel | None = None,
    rng: SeedLike = None,
) -> tuple[StateTable, Counts]:
    """Draw samples as a QPU returns them: all modes, no heralds, no rules.

    Args:
        unitary: (m, m) complex, unitary or lossy transfer matrix.
        occupation: Photons in each of the m input modes, as integers or a `State`.
        n_samples: Number of samples to return; each of them passes `min_detection`.
        min_detection: Fewest photons that a returned sample may have; by default 0.
        hardware: Source, loss and detectors of the QPU; by default None, for ideal ones.
        rng: An integer, SeedSequence or Generator. The answer depends on the arguments alone, not on the
            cores or the memory of the machine.

    Returns:
        states uint8[K, m] and counts int64[K], which sum to `n_samples`; each state once.

    Raises:
        SamplerError: No outcome can pass `min_detection`.
        ValueError: An argument is out of range; see `output_distribution`.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: It would not fit in memory: distributions of up to 1 GiB are made, whatever memory
            there is; beyond, shots are drawn one by one. Or so few shots count that the samples would take
            more than a week.

    Example:
        >>> unitary = lw.random_unitary(3, seed=1)
        >>> states, counts = lw.emulator.run_raw(unitary, [1, 1, 0], 1000, rng=1)
        >>> int(counts.sum())
        1000
    """
    prepared = prepare_raw(unitary, occupation, n_samples, min_detection=min_detection, hardware=hardware)
    announce([prepared.plan])
    return prepared.run(generator_of(rng))


@dataclass(frozen=True, slots=True)
class RawRun:
    """Raw samples that are asked for, parsed and planned.

    Attributes:
        sampling: What is asked for.
        plan: How `run` does it.
    """

    sampling: Sampling
    plan: Plan

    def run(self, generator: np.random.Generator) -> tuple[StateTable, Counts]:
        """Draw the samples."""
        if self.plan.method == CLIFFORD:
            return draw_shot_by_shot(self.sampling, generator)
        return draw_from_distribution(self.sampling, self.plan, generator, RAW_DISTRIBUTION_BYTES)


def prepare_raw(
    unitary: ArrayLike,
    occupation: Sequence[int],
    n_samples: int,
    *,
    min_detection: int = 0,
    hardware: HardwareModel | None = None,
) -> RawRun:
    """Parse and plan what `run_raw` is asked for; see there."""
    matrix = checked_matrix(unitary)
    photons = checked_occupation(occupation, len(matrix))
    wanted = checked_samples(n_samples)
    least = as_integer(min_detection, "min_detection")
    model = hardware or HardwareModel()
    experiment = make_experiment(
        matrix,
        photons,
        source=model.source,
        detector=model.detector,
        loss=model.loss_per_mode(len(matrix)),
        tolerance=matrix_tolerance(unitary),
    )
    sampling = Sampling(experiment, Conditions(least=least), wanted)
    if wanted:
        # Before anything is planned.
        refuse_impossible(sampling)
    plan = plan_sampling(sampling, "auto", RAW_DISTRIBUTION_BYTES)
    refuse_endless(plan, wanted)
    return RawRun(sampling, plan)
