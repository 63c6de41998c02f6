"""Run an Analyzer: probabilities under heralds and post-selection, performance and error rate."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.memory import check_memory
from lwfast._base.progress import step
from lwfast._types import FloatArray, StateTable
from lwfast.emulator.conditions import Conditions
from lwfast.emulator.heralding import circuit_transfer, with_heralds
from lwfast.emulator.plans import PERMANENT, SLOS, Plan
from lwfast.emulator.run_simulator import check_photon_numbers
from lwfast.optics.costs import (
    asking_seconds,
    estimate_permanents,
    probabilities_bytes,
    probabilities_seconds,
)
from lwfast.optics.distributions.amplitudes import permanent_distribution
from lwfast.optics.distributions.layers import OutputPolynomial, output_polynomial, useful_caps
from lwfast.optics.distributions.layout import FockLayout
from lwfast.optics.distributions.photon_numbers import OutputDistribution, fock_distribution, keep_conditions
from lwfast.optics.distributions.pruning import count_kept, kept_ranks
from lwfast.optics.experiment import make_experiment
from lwfast.optics.light import Transfer
from lwfast.optics.photon_limits import check_amplitudes_hold
from lwfast.results import SimulationResult
from lwfast.results.columns.index import StateIndex
from lwfast.state import State
from lwfast.tasks.data import AnalyzerTask

_ASKED = 1 << 14
"""Outcomes that a callable is asked about between two steps of progress."""


@dataclass(frozen=True, slots=True)
class AnalyzerRun:
    """The task of an Analyzer, parsed and planned; picklable, for process pools.

    Attributes:
        task: What the task asks for, as it hands itself to a backend.
        transfer: The transfer matrix of its circuit.
        inputs: Photons in all modes, for each input.
        layout: All outputs under the heralds.
        conditions: Which of them count.
        plan: How `run` does it.
    """

    task: AnalyzerTask
    transfer: Transfer
    inputs: list[tuple[int, ...]]
    layout: FockLayout
    conditions: Conditions
    plan: Plan

    def run(self) -> SimulationResult:
        """Compute the probabilities of the task.

        Returns:
            Probabilities float64[inputs, outputs] of the outputs that keep the post-selection, fewest photons
            first, with `performance`, the mean probability of an input to give one of them, and, where
            outputs are expected, `error_rate`.

        Raises:
            ValueError: No output keeps the post-selection.
            KeyError: An input has no expected output.
            ResourceLimitError: It would not fit in memory.
        """
        task, layout = self.task, self.layout
        if task.expected is not None:
            for state in task.inputs:
                if state not in task.expected:
                    msg = f"Input state {state} not in provided expectation dict."
                    raise KeyError(msg)
        ranks = _kept(layout, self.conditions)
        length = layout.size if ranks is None else len(ranks)
        if not length:
            raise ValueError("No valid outputs found, consider relaxing post-selection.")
        values = np.zeros((len(task.inputs), length))
        blocks = _blocks(layout, ranks)
        for row, photons in enumerate(self.inputs):
            _write(values[row], self._probabilities(photons, first=row == 0), ranks, blocks)
            step("inputs", row + 1, len(task.inputs))
        parts = [
            layout.rows(range(block.start, block.stop) if ranks is None else ranks[block])
            for block, _ in reversed(blocks)
        ]
        outputs = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return analyzer_result(values, task.inputs, outputs, task.expected)

    def _probabilities(self, photons: tuple[int, ...], *, first: bool) -> OutputDistribution:
        """Return the probabilities of outcomes of the layout, of all or of those that keep the rules."""
        experiment = make_experiment(self.transfer, photons)
        heralds = dict(self.task.circuit.heralds.output)
        if self.plan.method == PERMANENT:
            found = keep_conditions(permanent_distribution(experiment), heralds, [], 0)
            return OutputDistribution(found.probabilities, layout=self.layout)
        return fock_distribution(
            experiment.light,
            heralds,
            self.layout.n_least,
            pairs=self.conditions.pairs,
            polynomial=self.plan.polynomial if first else None,
        )


def analyzer_result(
    values: FloatArray, inputs: list[State], outputs: StateTable, expected: dict[State, Any] | None
) -> SimulationResult:
    """Return the result of a task.

    Args:
        values: float64[inputs, outputs], the probability of each pair.
        inputs: The inputs as the user gave them, without heralded modes.
        outputs: uint8[outputs, m], without heralded modes.
        expected: The output, or outputs, that each input should give, or None.
    """
    attributes: dict[str, Any] = {"performance": float(values.sum() / len(inputs))}
    if expected is not None:
        attributes["error_rate"] = _error_rate(values, inputs, outputs, expected)
    table = np.array([state.s for state in inputs], dtype=np.uint8)
    return SimulationResult.from_columns(values, "probability", table, outputs, **attributes)


def prepare_analyzer(task: AnalyzerTask, backend: str) -> AnalyzerRun:
    """Parse a task and plan how to run it.

    Raises:
        PhotonNumberError: Inputs differ in their photon numbers.
        ResourceLimitError: There are more than 170 photons, or it would not fit in memory.
    """
    layout, conditions = _layout(task), Conditions.of({}, task.post_selection, 0)
    check_photon_numbers(task.inputs, task.inputs[0].n_photons, "inputs")
    circuit, n_in = task.circuit, len(task.inputs)
    transfer = circuit_transfer(circuit)
    inputs = [with_heralds(state, circuit.heralds.input, circuit.n_modes) for state in task.inputs]
    n_out = layout.size
    n_kept = count_kept(layout, conditions.pairs)
    photons = inputs[0]
    n = sum(photons)
    polynomial: OutputPolynomial | None = None
    if backend == PERMANENT:
        ways = [estimate_permanents(state, circuit.n_modes, lossy=circuit.loss_modes > 0) for state in inputs]
        working, seconds = max(way.needed_bytes for way in ways), sum(way.seconds for way in ways)
    else:
        working = 8 * n_out
        layer_seconds = 0.0
        if n and layout.n_modes:
            polynomial = output_polynomial(
                make_experiment(transfer, photons).light,
                heralds=dict(circuit.heralds.output),
                least=layout.n_least,
                pairs=conditions.pairs,
            )
            working = polynomial.needed_bytes(n_kept=n_kept if conditions.pairs else None)
            layer_seconds = polynomial.seconds()
        seconds = probabilities_seconds(n_in, n_kept, layer_seconds)
    needed = probabilities_bytes(
        n_in,
        n_kept,
        layout.n_modes,
        working,
        conditional=conditions.any,
        lossy=layout.n_least < layout.n_photons,
    )
    if conditions.test is not None:
        seconds += asking_seconds(n_kept)
    check_memory(
        needed,
        f"The probabilities of {n_in} inputs to {n_out:,} outputs",
        remedy="A Sampler on Backend('clifford') draws outcomes without listing them.",
    )
    method = PERMANENT if backend == PERMANENT else SLOS
    reason = f"{n_in} inputs to {n_out:,} outputs under the heralds."
    plan = Plan(method, reason, n_out, needed, seconds, polynomial=polynomial)
    return AnalyzerRun(task, transfer, inputs, layout, conditions, plan)


def _layout(task: AnalyzerTask) -> FockLayout:
    circuit = task.circuit
    heralds = circuit.heralds
    n_photons = task.inputs[0].n_photons + sum(heralds.input.values())
    check_amplitudes_hold(n_photons)
    most = n_photons - sum(heralds.output.values())
    return FockLayout(circuit.n_modes - len(heralds.output), most, 0 if circuit.loss_modes else most)


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
        step("outputs asked about", end, total)
    return np.concatenate(parts)


def _blocks(layout: FockLayout, ranks: NDArray[np.int64] | None) -> list[tuple[slice, slice]]:
    """Return where the outcomes of each number of photons lie, and where they go: fewest photons first."""
    ends = [0, *itertools.accumulate(layout.sizes)]
    cuts = ends if ranks is None else np.searchsorted(ranks, ends).tolist()
    return [(slice(a, b), slice(cuts[-1] - b, cuts[-1] - a)) for a, b in itertools.pairwise(cuts) if b > a]


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
        # A state that is named twice is one state.
        places = {index.row(tuple(s)) for s in states}
        hit = sum(values[row, place] for place in places if place >= 0)
        # The sums are rounded in different orders.
        errors.append(max(1.0 - hit / total, 0.0) if total > 0 else 1.0)
    return float(np.mean(errors))
