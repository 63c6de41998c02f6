"""Run an Analyzer: probabilities under heralds and post-selection, performance and error rate."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base import progress as _progress
from lwfast._base.memory import check_memory
from lwfast._types import FloatArray, StateTable
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.heralding import circuit_matrix, with_heralds
from lwfast.emulator.plans import PERMANENT, SLOS, TESTED_SECONDS, Plan
from lwfast.emulator.run_simulator import check_photon_numbers
from lwfast.optics.distributions.amplitudes import amplitude_bytes, amplitude_seconds, permanent_distribution
from lwfast.optics.distributions.experiment import make_experiment
from lwfast.optics.distributions.layers import FockLayout, check_photons, expand, useful_caps
from lwfast.optics.distributions.photon_numbers import OutputDistribution, fock_distribution, keep_conditions
from lwfast.optics.distributions.pruning import count_kept, kept_ranks
from lwfast.optics.noise.loss import UNIT_ROUNDING
from lwfast.results import SimulationResult
from lwfast.results.columns.index import StateIndex
from lwfast.state import State
from lwfast.tasks.data import AnalyzerTask

_ASKED = 1 << 14
"""Outcomes that a callable is asked about between two steps of progress."""


def plan_analyzer(task: AnalyzerTask, backend: str) -> Plan:
    """Say how `run_analyzer` would run a task.

    Raises:
        PhotonNumberError: Inputs differ in their photon numbers.
        ResourceLimitError: There are more than 170 photons, or it would not fit in memory.
    """
    layout = _layout(task)
    check_photon_numbers(task.inputs, task.inputs[0].n_photons, "inputs")
    circuit, n_in = task.circuit, len(task.inputs)
    conditions = _conditions(task)
    n_out = layout.size
    n_kept = count_kept(layout, conditions.pairs)
    photons = with_heralds(task.inputs[0], circuit.heralds.input, circuit.n_modes)
    n = sum(photons)
    if backend == PERMANENT:
        occupied = sum(k > 0 for k in photons) if circuit.loss_modes else 0
        everywhere = FockLayout(circuit.n_modes + occupied, n, n).size
        working = amplitude_bytes(n, circuit.n_modes + occupied, everywhere) + 16 * n_out
        seconds = n_in * everywhere * amplitude_seconds(n)
    else:
        working = 8 * n_out
        seconds = n_in * (1e-4 + 2e-8 * n_out)
        if n and layout.n_modes:
            matrix, _ = circuit_matrix(circuit)
            work = expand(
                matrix,
                photons,
                heralds=dict(circuit.heralds.output),
                least=layout.n_least,
                tolerance=UNIT_ROUNDING,
                pairs=conditions.pairs,
            )
            working = work.needed_bytes(n_kept=n_kept if conditions.pairs else None)
    # The probabilities, and the ranks where not all outcomes count; beside them one input, or the outputs.
    rows = n_kept * layout.n_modes * (2 if layout.n_least < layout.n_photons else 1)
    needed = n_kept * (8 * n_in + (16 if conditions.any else 0)) + max(working, rows)
    if conditions.test is not None:
        seconds += n_kept * TESTED_SECONDS
    check_memory(
        needed,
        f"The probabilities of {n_in} inputs to {n_out:,} outputs",
        remedy="A Sampler on Backend('clifford') draws outcomes without listing them.",
    )
    method = PERMANENT if backend == PERMANENT else SLOS
    return Plan(method, f"{n_in} inputs to {n_out:,} outputs under the heralds.", n_out, needed, seconds)


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
        ResourceLimitError: There are more than 170 photons, or it would not fit in memory.
    """
    plan = plan_analyzer(task, backend)
    if task.expected is not None:
        for state in task.inputs:
            if state not in task.expected:
                msg = f"Input state {state} not in provided expectation dict."
                raise KeyError(msg)
    layout, conditions = _layout(task), _conditions(task)
    ranks = _kept(layout, conditions)
    length = layout.size if ranks is None else len(ranks)
    if not length:
        raise ValueError("No valid outputs found, consider relaxing post-selection.")
    values = np.zeros((len(task.inputs), length))
    blocks = _blocks(layout, ranks)
    for row, state in enumerate(task.inputs):
        _write(values[row], _probabilities(task, state, layout, plan, conditions), ranks, blocks)
        _progress.step("inputs", row + 1, len(task.inputs))
    parts = [
        layout.rows(range(block.start, block.stop) if ranks is None else ranks[block])
        for block, _ in reversed(blocks)
    ]
    outputs = parts[0] if len(parts) == 1 else np.concatenate(parts)
    attributes: dict[str, Any] = {"performance": float(values.sum() / len(task.inputs))}
    if task.expected is not None:
        attributes["error_rate"] = _error_rate(values, task.inputs, outputs, task.expected)
    inputs = np.array([state.s for state in task.inputs], dtype=np.uint8)
    return SimulationResult.from_columns(values, "probability", inputs, outputs, **attributes)


def _layout(task: AnalyzerTask) -> FockLayout:
    circuit = task.circuit
    heralds = circuit.heralds
    n_photons = task.inputs[0].n_photons + sum(heralds.input.values())
    check_photons(n_photons)
    most = n_photons - sum(heralds.output.values())
    return FockLayout(circuit.n_modes - len(heralds.output), most, 0 if circuit.loss_modes else most)


def _conditions(task: AnalyzerTask) -> Conditions:
    return Conditions.of({}, task.post_selection, 0)


def _kept(layout: FockLayout, conditions: Conditions) -> NDArray[np.int64] | None:
    """Return the ranks of the outcomes that count, None for all of them."""
    ranks: NDArray[np.int64] | None = None
    if conditions.pairs:
        limited = replace(layout, caps=useful_caps(conditions.pairs, layout))
        ranks = kept_ranks(limited, conditions.pairs)
        if limited.caps:
            ranks = np.sort(layout.ranks(limited.rows(ranks)))
    if conditions.test is None:
        return ranks
    total = layout.size if ranks is None else len(ranks)
    parts: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    for begin in range(0, total, _ASKED):
        end = min(begin + _ASKED, total)
        these = np.arange(begin, end, dtype=np.int64) if ranks is None else ranks[begin:end]
        parts.append(these[conditions.ask(layout.rows(these))])
        _progress.step("outputs asked about", end, total)
    return np.concatenate(parts)


def _blocks(layout: FockLayout, ranks: NDArray[np.int64] | None) -> list[tuple[slice, slice]]:
    """Return where the outcomes of each number of photons lie, and where they go: fewest photons first."""
    ends = [0, *itertools.accumulate(layout.sizes)]
    cuts = ends if ranks is None else np.searchsorted(ranks, ends).tolist()
    return [(slice(a, b), slice(cuts[-1] - b, cuts[-1] - a)) for a, b in itertools.pairwise(cuts) if b > a]


def _probabilities(
    task: AnalyzerTask, state: State, layout: FockLayout, plan: Plan, conditions: Conditions
) -> OutputDistribution:
    """Return the probabilities of outcomes of `layout`, of all or of those that keep the rules."""
    circuit = task.circuit
    photons = with_heralds(state, circuit.heralds.input, circuit.n_modes)
    matrix, _ = circuit_matrix(circuit)
    experiment = make_experiment(matrix, photons, tolerance=UNIT_ROUNDING)
    heralds = dict(circuit.heralds.output)
    if plan.method == PERMANENT:
        found = keep_conditions(permanent_distribution(experiment), heralds, [], 0)
        return OutputDistribution(found.probabilities, layout=layout)
    return fock_distribution(
        experiment.matrix, photons, heralds, layout.n_least, experiment.tolerance, pairs=conditions.pairs
    )


def _write(
    target: FloatArray,
    found: OutputDistribution,
    ranks: NDArray[np.int64] | None,
    blocks: list[tuple[slice, slice]],
) -> None:
    """Write the probabilities of the outcomes of `ranks` to their places in `target`, which holds zeros.

    Without any actual loss only the outcomes with all photons are there; they come first.
    """
    values = found.probabilities
    there: Any = found.ranks
    if ranks is not None and there is None:
        ranks = ranks[: np.searchsorted(ranks, len(values))]
        values = values[ranks]
    elif ranks is not None and len(values) and not np.array_equal(there, ranks):
        # What keeps the rules, of which a callable may have left only a part.
        at = np.minimum(np.searchsorted(there, ranks), len(there) - 1)
        values = np.where(there[at] == ranks, values[at], 0.0)
    for block, place in blocks:
        part = values[block]
        target[place.start : place.start + len(part)] = part


def _error_rate(
    values: FloatArray, inputs: list[State], outputs: StateTable, expected: dict[State, State | list[State]]
) -> float:
    index = StateIndex(outputs)
    errors = []
    for row, state in enumerate(inputs):
        wanted = expected[state]
        states = [wanted] if isinstance(wanted, State) else wanted
        total = values[row].sum()
        places = [index.row(tuple(s)) for s in states]
        hit = sum(values[row, place] for place in places if place >= 0)
        errors.append(1.0 - hit / total if total > 0 else 1.0)
    return float(np.mean(errors))
