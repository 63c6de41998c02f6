"""Run a Sampler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lwfast._types import Counts, StateTable
from lwfast.circuit import CompiledCircuit
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.draws import draw_from_distribution, draw_shot_by_shot, refuse_impossible
from lwfast.emulator.heralding import circuit_transfer, with_heralds
from lwfast.emulator.plans import CLIFFORD, Plan, plan_sampling, refuse_endless
from lwfast.emulator.sampling import Sampling, why_impossible
from lwfast.errors import SamplerError
from lwfast.hardware import Source
from lwfast.optics.arguments import checked_samples
from lwfast.optics.distributions.ways import distribution
from lwfast.optics.experiment import make_experiment
from lwfast.results import ProbabilityDistribution, SamplingResult
from lwfast.results.columns.record import ResultRecord
from lwfast.results.count_views import owned_result
from lwfast.state import State
from lwfast.tasks.data import SamplerTask


@dataclass(frozen=True, slots=True)
class SamplerRun:
    """The task of a Sampler, parsed and planned; picklable, for process pools.

    Attributes:
        task: What the task asks for, as it hands itself to a backend.
        sampling: What it asks for.
        plan: How `run` does it.
    """

    task: SamplerTask
    sampling: Sampling
    plan: Plan

    def run(self, executor: Any = None) -> SamplingResult:
        """Sample as the task asks for.

        Args:
            executor: For shots that are drawn one by one, or None.

        Raises:
            SamplerError: No outcome can count.
            ResourceLimitError: It would not fit in memory.
        """
        task = self.task
        generator = np.random.default_rng(task.rng if task.rng is not None else task.random_seed)
        if self.plan.method == CLIFFORD:
            states, counts = draw_shot_by_shot(self.sampling, generator, executor)
        else:
            states, counts = draw_from_distribution(self.sampling, self.plan, generator)
        return sampled_result(task, states, counts, task.parameters)


def prepare_sampler(task: SamplerTask, backend: str, *, to_run: bool = False) -> SamplerRun:
    """Parse a task and plan how to run it.

    Args:
        task: What the task asks for, as it hands itself to a backend.
        backend: Name of the backend.
        to_run: Raise where a run makes no sense.

    Raises:
        SamplerError: The detectors do not fit the sampling mode or the heralds; or, to run, no outcome can
            count.
        ResourceLimitError: It would not fit in memory; or, to run, so few shots count that the samples would
            take more than a week.
    """
    sampling = parsed_sampler(task)
    if to_run:
        checked_samples(task.n_samples)
        if task.n_samples and not sampling.every_shot:
            # Before anything is planned.
            refuse_impossible(sampling)
    plan = plan_sampling(sampling, backend)
    if to_run:
        refuse_endless(plan, task.n_samples)
    elif task.n_samples and not sampling.every_shot:
        reason = why_impossible(sampling.experiment, sampling.conditions)
        if reason is not None:
            text = f"{plan.reason} A run would raise SamplerError, since no outcome can count: {reason}."
            plan = replace(plan, reason=text, acceptance=0.0)
    return SamplerRun(task, sampling, plan)


def parsed_sampler(task: SamplerTask) -> Sampling:
    """Return the shot that a task describes, and which outcomes count.

    Raises:
        SamplerError: The detectors do not fit the sampling mode or the heralds.
    """
    circuit, detector = task.circuit, task.detector
    heralds = circuit.heralds
    photons = with_heralds(task.input_state, heralds.input, circuit.n_modes)
    experiment = make_experiment(circuit_transfer(circuit), photons, source=task.source, detector=detector)
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
    conditions = Conditions.of(heralds.output, task.post_selection, task.min_detection or 0)
    return Sampling(experiment, conditions, task.n_samples, task.sampling_mode == "input")


def sampled_result(
    task: Any, states: StateTable, counts: Counts, parameters: Mapping[str, float]
) -> SamplingResult:
    """Return the result of a task.

    Args:
        task: Has `n_samples` and `input_state`.
        states: uint8[K, m], distinct rows without heralded modes.
        counts: int64[K], how often each was seen.
        parameters: Values of labelled Parameters of its circuit.
    """
    reason = nothing_counted(task.n_samples) if task.n_samples and not len(states) else None
    metadata = {"parameters": dict(parameters)} if parameters else {}
    record = ResultRecord(input=task.input_state, metadata=metadata)
    return owned_result(SamplingResult, states, counts, record, reason=reason)


def nothing_counted(n_samples: int) -> str:
    """Say why a result has no outcomes, although samples were drawn."""
    return f"none of {n_samples} samples meets the rules, heralds and min_detection of the task"


def front_distribution(
    circuit: CompiledCircuit, input_state: State, source: Source | None
) -> ProbabilityDistribution:
    """Return the distribution in front of the detectors, over all modes."""
    photons = with_heralds(input_state, circuit.heralds.input, circuit.n_modes)
    found = distribution(make_experiment(circuit_transfer(circuit), photons, source=source))
    return ProbabilityDistribution.from_columns(found.states, found.probabilities)
