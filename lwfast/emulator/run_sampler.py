"""Run a Sampler."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwfast.emulator.conditions import Conditions
from lwfast.emulator.draws import draw_from_distribution, draw_shot_by_shot, refuse_impossible
from lwfast.emulator.heralding import circuit_matrix, with_heralds
from lwfast.emulator.plans import CLIFFORD, Plan, plan_sampling, refuse_endless
from lwfast.errors import SamplerError
from lwfast.optics.arguments import checked_samples
from lwfast.optics.distributions.experiment import Experiment, distribution, make_experiment
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.results import ProbabilityDistribution, SamplingResult
from lwfast.results.columns.record import ResultRecord
from lwfast.tasks.data import SamplerTask


def run_sampler(task: SamplerTask, plan: Plan, executor: Any = None) -> SamplingResult:
    """Sample as a task asks for.

    Args:
        task: The task.
        plan: What `plan_sampler` chose.
        executor: For shots that are drawn one by one, or None.

    Returns:
        The result.

    Raises:
        SamplerError: No outcome can count, or the detectors do not fit the sampling mode or the heralds.
        ResourceLimitError: It would not fit in memory.
    """
    experiment, conditions = described(task)
    every_shot = task.sampling_mode == "input"
    generator = np.random.default_rng(task.rng if task.rng is not None else task.random_seed)
    if plan.method == CLIFFORD:
        states, counts = draw_shot_by_shot(
            experiment,
            conditions,
            task.n_samples,
            every_shot=every_shot,
            generator=generator,
            executor=executor,
        )
    else:
        states, counts = draw_from_distribution(
            experiment, conditions, task.n_samples, plan, every_shot=every_shot, generator=generator
        )
    reason = None
    if task.n_samples and not len(states):
        reason = f"none of {task.n_samples} samples meets the rules, heralds and min_detection of the task"
    return SamplingResult.from_owned(states, counts, ResultRecord(input=task.input_state), reason=reason)


def plan_sampler(task: SamplerTask, backend: str, *, to_run: bool = False) -> Plan:
    """Say how `run_sampler` would run a task.

    Args:
        task: The task.
        backend: Name of the backend.
        to_run: Raise where a run makes no sense.

    Raises:
        SamplerError: The detectors do not fit the sampling mode or the heralds; or, to run, no outcome can
            count.
        ResourceLimitError: It would not fit in memory; or, to run, so few shots count that the samples would
            take more than a week.
    """
    experiment, conditions = described(task)
    every_shot = task.sampling_mode == "input"
    if to_run:
        checked_samples(task.n_samples)
        if task.n_samples and not every_shot:
            # Before anything is planned.
            refuse_impossible(experiment, conditions)
    plan = plan_sampling(experiment, conditions, task.n_samples, backend, every_shot=every_shot)
    if to_run:
        refuse_endless(plan, task.n_samples)
    return plan


def described(task: SamplerTask) -> tuple[Experiment, Conditions]:
    """Return the shot that a task describes, and which outcomes count.

    Raises:
        SamplerError: The detectors do not fit the sampling mode or the heralds.
    """
    circuit, detector = task.circuit, task.detector
    heralds = circuit.heralds
    photons = with_heralds(task.input_state, heralds.input, circuit.n_modes)
    matrix, deviation = circuit_matrix(circuit)
    experiment = make_experiment(
        matrix,
        photons,
        source=task.source,
        detector=detector,
        tolerance=UNIT_ROUNDING,
        deviation=deviation,
    )
    if detector is not None:
        efficiency = np.min(detector.efficiency)
        if task.sampling_mode == "output" and (efficiency < 1 or np.max(detector.p_dark) > 0):
            raise SamplerError(
                "To use detector dark counts or sub-unity detector efficiency the sampling mode must be set "
                "to 'input'."
            )
        for mode, number in heralds.output.items():
            if number > 1 and not experiment.resolving[mode]:
                msg = (
                    f"Mode {mode} is heralded with {number} photons, which its threshold detector cannot "
                    "tell; use photon_counting=True there."
                )
                raise SamplerError(msg)
    return experiment, Conditions.of(heralds.output, task.post_selection, task.min_detection or 0)


def front_distribution(task: SamplerTask) -> ProbabilityDistribution:
    """Return the distribution in front of the detectors, over all modes."""
    circuit = task.circuit
    photons = with_heralds(task.input_state, circuit.heralds.input, circuit.n_modes)
    matrix, _ = circuit_matrix(circuit)
    found = distribution(make_experiment(matrix, photons, source=task.source, tolerance=UNIT_ROUNDING))
    return ProbabilityDistribution.from_columns(found.states, found.probabilities)
