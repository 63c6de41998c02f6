"""Run an Analyzer: probabilities under heralds and post-selection, performance and error rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwfast import _progress
from lwfast._experiment import make_experiment
from lwfast._loss import UNIT_ROUNDING
from lwfast._outcomes import fock_distribution, rule_mask
from lwfast._slos import FockLayout, check_photons
from lwfast._types import FloatArray, StateTable
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.heralding import circuit_matrix, with_heralds
from lwfast.emulator.permanents import permanent_distribution
from lwfast.emulator.plans import PERMANENT, SLOS, Plan
from lwfast.emulator.simulator import check_photon_numbers
from lwfast.results import SimulationResult
from lwfast.state import State
from lwfast.tasks.data import AnalyzerTask


def plan_analyzer(task: AnalyzerTask, backend: str) -> Plan:
    """Say how `run_analyzer` would run a task."""
    n_out = _layout(task).size
    method = PERMANENT if backend == PERMANENT else SLOS
    reason = f"{len(task.inputs)} inputs to {n_out:,} outputs under the heralds."
    seconds = len(task.inputs) * (1e-4 + 2e-8 * n_out)
    return Plan(method, reason, n_out, 24 * n_out * len(task.inputs), seconds)


def run_analyzer(task: AnalyzerTask, backend: str) -> SimulationResult:
    """Compute the probabilities of a task.

    Args:
        task: The task.
        backend: Name of the backend.

    Returns:
        Probabilities float64[inputs, outputs] of the outputs that keep the post-selection, fewest photons
        first, with `performance`, the mean probability of an input to give one of them, and, where outputs
        are expected, `error_rate`.

    Raises:
        PhotonNumberError: Inputs differ in their photon numbers.
        ValueError: No output keeps the post-selection.
        KeyError: An input has no expected output.
        ResourceLimitError: It would not fit in memory.
    """
    check_photon_numbers(task.inputs, task.inputs[0].n_photons, "inputs")
    layout = _layout(task)
    if task.expected is not None:
        for state in task.inputs:
            if state not in task.expected:
                msg = f"Input state {state} not in provided expectation dict."
                raise KeyError(msg)
    states = layout.rows()
    # Lightworks lists outputs with fewest photons first; blocks of one photon number keep their order.
    order = np.argsort(states.sum(axis=1, dtype=np.int64), kind="stable")
    keep = _kept(states, task)
    order = order[keep[order]]
    if not len(order):
        raise ValueError("No valid outputs found, consider relaxing post-selection.")
    values = np.zeros((len(task.inputs), len(order)))
    for row, state in enumerate(task.inputs):
        values[row] = _probabilities(task, state, layout, backend)[order]
        _progress.step("inputs", row + 1, len(task.inputs))
    outputs = [State(state) for state in states[order].tolist()]
    attributes: dict[str, Any] = {"performance": float(values.sum() / len(task.inputs))}
    if task.expected is not None:
        attributes["error_rate"] = _error_rate(values, task.inputs, outputs, task.expected)
    return SimulationResult(values, "probability", inputs=task.inputs, outputs=outputs, **attributes)


def _layout(task: AnalyzerTask) -> FockLayout:
    circuit = task.circuit
    heralds = circuit.heralds
    n_photons = task.inputs[0].n_photons + sum(heralds.input.values())
    check_photons(n_photons)
    most = n_photons - sum(heralds.output.values())
    return FockLayout(circuit.n_modes - len(heralds.output), most, 0 if circuit.loss_modes else most)


def _kept(states: StateTable, task: AnalyzerTask) -> Any:
    conditions = Conditions.of({}, task.post_selection, 0)
    keep = rule_mask(states, conditions.pairs)
    if conditions.test is not None:
        keep &= conditions.ask(states)
    return keep


def _probabilities(task: AnalyzerTask, state: State, layout: FockLayout, backend: str) -> FloatArray:
    """Return the probability of each outcome of `layout`."""
    circuit = task.circuit
    photons = with_heralds(state, circuit.heralds.input, circuit.n_modes)
    matrix, _ = circuit_matrix(circuit)
    experiment = make_experiment(matrix, photons, tolerance=UNIT_ROUNDING)
    heralds = dict(circuit.heralds.output)
    if backend == PERMANENT:
        everything = permanent_distribution(experiment)
        conditions = Conditions(heralds)
        _, ranks = conditions.select(everything.states, np.arange(len(everything), dtype=np.int64))
        found = everything.probabilities[ranks]
    else:
        found = fock_distribution(
            experiment.matrix, photons, heralds, layout.n_least, experiment.tolerance
        ).probabilities
    # Without any actual loss only the outcomes with all photons are there; they come first.
    full = np.zeros(layout.size)
    full[: len(found)] = found
    return full


def _error_rate(
    values: FloatArray, inputs: list[State], outputs: list[State], expected: dict[State, State | list[State]]
) -> float:
    place = {state: index for index, state in enumerate(outputs)}
    errors = []
    for row, state in enumerate(inputs):
        wanted = expected[state]
        states = [wanted] if isinstance(wanted, State) else wanted
        total = values[row].sum()
        hit = sum(values[row, place[s]] for s in states if s in place)
        errors.append(1.0 - hit / total if total > 0 else 1.0)
    return float(np.mean(errors))
