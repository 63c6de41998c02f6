"""Sweeps of Samplers with few photons and samples, which are not lost: all settings in a few calls."""

from __future__ import annotations

import numpy as np

from lwfast._base.memory import memory_limit
from lwfast._types import ComplexArray, FloatArray
from lwfast.emulator.lean.known import ALLOWED_BYTES, is_clean
from lwfast.emulator.lean.small_sampler import CLEAR, SmallShot, sampling_kernels, small_shot
from lwfast.emulator.plans import CLIFFORD, PERMANENT
from lwfast.emulator.run_sampler import nothing_counted
from lwfast.errors import CircuitCompilationError
from lwfast.optics.samples.sample_counts import guide_cells
from lwfast.optics.samples.spawned import children_of
from lwfast.results import SweepResult
from lwfast.results.columns.record import ResultRecord
from lwfast.rules import PostSelection, has_only_rules
from lwfast.state import as_occupation
from lwfast.tasks import Sampler, Sweep
from lwfast.tasks.sweep import root_seed

_MOST_SAMPLES = 1 << 18
"""Samples of all settings together; above, threads are worth being waited for, and progress being shown."""
_MOST_VALUES = 1 << 17
"""Probabilities of all settings together: a megabyte."""
_MOST_ENTRIES = 1 << 17
"""Entries of the matrices of all settings together: two megabytes."""


def run_small_sweep(sweep: Sweep, backend: str) -> SweepResult | None:
    """Run a sweep if it is small and ordinary.

    Args:
        sweep: The sweep as the user made it, not parsed yet.
        backend: Name of the backend.

    Returns:
        The very result of the long way; None where the long way has to be taken. What is wrong with a sweep
        is for the long way to find: nothing is drawn then.

    Raises:
        ParameterValueError: A value is outside bounds that were set since.
        ValueError: A parameter is not in the circuit any more.
    """
    task = sweep.task
    if type(task) is not Sampler or backend in (CLIFFORD, PERMANENT):
        return None
    selection, n_samples, number = task.post_selection, task.n_samples, len(sweep)
    if task.source is not None or task.detector is not None:
        return None
    if selection is not None and not (type(selection) is PostSelection and has_only_rules(selection)):
        return None
    if not 0 < n_samples * number <= _MOST_SAMPLES or memory_limit() < ALLOWED_BYTES:
        return None
    n_modes, heralds = task.circuit.n_modes, task.circuit.heralds
    shot = small_shot(
        n_modes,
        as_occupation(task.input_state),
        tuple(heralds.input.items()),
        tuple(heralds.output.items()),
        () if selection is None else tuple(selection.rules),
        task.min_detection or 0,
    )
    if shot is None or number * (len(shot.layers.states) + 1) > _MOST_VALUES:
        return None
    matrices = _matrices(sweep, task)
    if matrices is None:
        return None
    probabilities = _probabilities(shot, matrices, every_shot=task.sampling_mode == "input")
    if probabilities is None:
        return None
    streams = children_of(root_seed(task.random_seed, task.rng), 0, number).states()
    states, counts, offsets = sampling_kernels().count_small_stack(
        probabilities, streams, n_samples, guide_cells(probabilities.shape[1], n_samples), shot.layers.states
    )
    empty = bool((offsets[1:] == offsets[:-1]).any())
    record = ResultRecord(input=task.input_state)
    reason = nothing_counted(n_samples) if empty else None
    return SweepResult(sweep.axis, states, counts, offsets, record, reason=reason)


def _matrices(sweep: Sweep, task: Sampler) -> ComplexArray | None:
    """Return the unitary of each setting; None where light may be lost, or rounding was not cleaned away."""
    bound, present = sweep._settled(task)  # noqa: SLF001  (for backends)
    table, n_modes = sweep._table, task.circuit.n_modes  # noqa: SLF001
    if bound.table.n_rows != n_modes or len(table) * n_modes * n_modes > _MOST_ENTRIES:
        return None
    try:
        matrices = table.unitaries(bound, present)
    except CircuitCompilationError:
        return None  # the long way says so, after what it checks before
    return matrices if is_clean(matrices) else None


def _probabilities(shot: SmallShot, matrices: ComplexArray, *, every_shot: bool) -> FloatArray | None:
    """Return float64[S, K] or, with one for all outcomes that do not count, float64[S, K + 1].

    None where what counts at a setting may be no more than rounding.
    """
    found = shot.layers.of_stack(matrices.view(np.float64))
    if not shot.is_conditional:
        return found
    totals = found.sum(axis=1)
    if every_shot:
        return np.concatenate([found, np.maximum(1.0 - totals, 0.0)[:, np.newaxis]], axis=1)
    return found if totals.min() > CLEAR else None
