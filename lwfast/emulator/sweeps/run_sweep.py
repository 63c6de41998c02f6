"""Run a sweep: here, or in parts by an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from lwfast._base.memory import check_memory
from lwfast._base.progress import step
from lwfast.emulator.plans import Plan, announce
from lwfast.emulator.sweeps.setting_runs import Columns, Prepare, SettingRuns, joined, parts, telling
from lwfast.emulator.sweeps.stacked import may_be_stack, run_part
from lwfast.optics.costs import CALL_SECONDS
from lwfast.results import SweepResult, SweepSimulationResult
from lwfast.results.columns.record import ResultRecord
from lwfast.tasks import Sweep
from lwfast.tasks.data import AnalyzerTask, SamplerTask, SimulatorTask
from lwfast.tasks.sweep import SweepData, root_seed

_WAITING = 64
"""Parts that are handed to an executor before the first is waited for."""


def run_sweep(
    sweep: Sweep, data: SweepData, name: str, prepare: Prepare, executor: Any = None
) -> SweepResult | SweepSimulationResult:
    """Run a task at every setting.

    Args:
        sweep: The sweep as the user made it.
        data: What it asks for, as it is now.
        name: Name of the backend.
        prepare: Parses and plans the data of a task.
        executor: A `concurrent.futures.Executor` that runs parts of the sweep, or None.

    Raises:
        ResourceLimitError: The result would not fit in memory.
        Exception: As a run of one of the settings does, with the number of the setting.
    """
    plan = plan_sweep(data, name, prepare, to_run=True)
    announce([plan])
    seed = None
    if isinstance(data.base, SamplerTask):
        seed = root_seed(data.base.random_seed, data.base.rng)
        # The Generator, where there was one, has done its part, and need not travel.
        data = replace(data, base=replace(data.base, rng=None))
    number = len(data.table)
    seconds = plan.seconds / number
    if may_be_stack(data.base):
        seconds -= CALL_SECONDS  # what a run by itself spends on being called
    found = list(_in_order(parts(data, name, prepare, seed, seconds), number, executor))
    axis = sweep.axis
    base = data.base
    if isinstance(base, SamplerTask):
        states, counts, lengths, reason = joined(found)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        record = ResultRecord(input=base.input_state)
        return SweepResult(axis, states, counts, offsets, record, reason=reason)
    if not isinstance(base, SimulatorTask | AnalyzerTask):
        raise AssertionError(f"No sweep of {type(base).__name__}.")
    outputs, attributes = found[0][1], found[0][2]
    return SweepSimulationResult(
        axis,
        np.concatenate([part[0] for part in found]),
        "probability" if isinstance(base, AnalyzerTask) else "probability_amplitude",
        np.array([state.s for state in base.inputs], dtype=np.uint8),
        outputs,
        {key: np.concatenate([part[2][key] for part in found]) for key in attributes},
    )


def plan_sweep(data: SweepData, name: str, prepare: Prepare, *, to_run: bool = False) -> Plan:
    """Return the plan of the first setting, for all of them; refuse what would not fit in memory.

    Raises:
        ResourceLimitError: The results of all settings together would not fit.
    """
    number, base = len(data.table), data.base
    with telling(0, data.table, 0):
        plan: Plan = prepare(base, name, to_run=to_run).plan
    if isinstance(base, SamplerTask):
        # As many outcomes as there can be, with modes and counts, twice while they are put together.
        most = min(plan.n_outcomes or base.n_samples, base.n_samples)
        kept = 2 * number * most * (base.circuit.n_modes + 8)
        remedy = "Take fewer samples, or split the sweep."
    else:
        kept = 2 * number * len(base.inputs) * plan.n_outcomes * (8 if isinstance(base, AnalyzerTask) else 16)
        remedy = "Name fewer outputs, or split the sweep."
    check_memory(kept, f"The results of {number:,} settings", remedy=remedy)
    reason = f"{number:,} settings, of which the first is planned like this: {plan.reason}"
    return replace(
        plan,
        reason=reason,
        needed_bytes=plan.needed_bytes + kept,
        seconds=number * plan.seconds,
        polynomial=None,
    )


def _in_order(runs: Iterator[SettingRuns], total: int, executor: Any) -> Iterator[Columns]:
    """Yield the columns of one part after the other."""
    done = 0
    if executor is None:
        for part in runs:
            yield run_part(part)
            done += len(part)
            step("settings of the sweep", done, total)
        return
    waiting: deque[tuple[int, Any]] = deque()
    try:
        for part in runs:
            waiting.append((len(part), executor.submit(run_part, part)))
            if len(waiting) >= _WAITING:
                length, future = waiting.popleft()
                yield future.result()
                done += length
                step("settings of the sweep", done, total)
        while waiting:
            length, future = waiting.popleft()
            yield future.result()
            done += length
            step("settings of the sweep", done, total)
    finally:
        for _, future in waiting:
            future.cancel()
