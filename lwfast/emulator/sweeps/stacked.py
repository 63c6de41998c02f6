"""Settings of an ideal Sampler at once: their distributions as a stack, and their samples from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from lwfast._types import ComplexArray, FloatArray, StateTable
from lwfast.emulator.lean.known import is_clean
from lwfast.emulator.plans import SLOS, surely_exact
from lwfast.emulator.sampling import Sampling
from lwfast.emulator.sweeps.setting_runs import Columns, SettingRuns, joined
from lwfast.optics.costs import MULTINOMIAL_SAMPLES
from lwfast.optics.distributions.stacks import fock_stack
from lwfast.optics.light import Light
from lwfast.optics.samples.sample_counts import counts_of_stack, seen_of_stack
from lwfast.optics.samples.spawned import children_of
from lwfast.tasks.data import SamplerTask

_STACK_BYTES = 64 << 20
"""What the distributions of settings that are worked out at once may take."""
_WORTH_A_STACK = 4
_UNLIKELY = 1e-9
"""Below, whether a total is more than rounding is asked as a run alone asks it."""


class Stackable(Protocol):
    """Runs of settings that follow each other, of a perfect source, a unitary and perfect detectors."""

    @property
    def unitaries(self) -> ComplexArray:
        """complex128[k, m, m], of each setting."""

    @property
    def seed(self) -> np.random.SeedSequence | None:
        """The seed whose children the settings draw from."""

    @property
    def first(self) -> int:
        """The number of the first of these settings in the whole sweep."""

    @property
    def name(self) -> str:
        """Name of the backend."""

    @property
    def n_samples(self) -> int:
        """Samples of each setting, or shots."""

    def __len__(self) -> int: ...

    def piece(self, begin: int, end: int) -> Self:
        """Return the runs of some of these settings."""

    def prepared(self, row: int) -> Any:
        """Parse and plan a setting: an object with `sampling` and `plan`."""

    def one_by_one(self, rows: Iterable[int]) -> Columns:
        """Run settings, each by itself, and put their results into columns."""


def run_part(part: SettingRuns) -> Columns:
    """Run a part of a sweep: as a stack where that gives the same bits, else one setting after the other."""
    found = as_stack(part) if may_be_stack(part.base) else None
    return part.one_by_one(range(len(part))) if found is None else found


def may_be_stack(task: Any) -> bool:
    """Say whether settings of a task are run together, unless one of them needs a closer look."""
    return (
        isinstance(task, SamplerTask)
        and not task.circuit.loss_modes
        and task.source is None
        and task.detector is None
    )


def as_stack(part: Stackable) -> Columns | None:
    """Run settings together; None where a run alone might take another way to its samples."""
    if not 0 < part.n_samples < MULTINOMIAL_SAMPLES or not is_clean(np.ascontiguousarray(part.unitaries)):
        return None
    first = part.prepared(0)
    sampling, plan = first.sampling, first.plan
    if (
        plan.method != SLOS
        or sampling.conditions.test is not None
        or not surely_exact(sampling, plan, part.name)
    ):
        return None
    at_once = _STACK_BYTES // max(plan.needed_bytes, 1)
    if at_once < _WORTH_A_STACK:
        return None
    pieces = [part.piece(begin, begin + at_once) for begin in range(0, len(part), at_once)]
    return joined([_stacked(piece, sampling) for piece in pieces])


def _stacked(part: Stackable, sampling: Sampling) -> Columns:
    """Run settings whose distributions fit in memory together.

    Args:
        part: The settings, which differ in their matrices only.
        sampling: What the first of them asks for, and so all of them but for the matrix.
    """
    conditions = sampling.conditions
    photons = np.array([sampling.experiment.photons], dtype=np.int64)

    def light_of(row: int) -> Light:
        light: Light = part.prepared(row).sampling.experiment.light
        return light

    found = fock_stack(
        np.ascontiguousarray(part.unitaries),
        photons,
        (len(part),),
        light_of,
        conditions.heralds,
        conditions.least,
        pairs=conditions.pairs,
    )
    probabilities = found.probabilities
    alone = np.zeros(len(part), dtype=np.bool_)
    totals = np.array([row.sum() for row in probabilities]) if conditions.any else np.ones(len(part))
    if not sampling.every_shot:
        alone = totals <= _UNLIKELY
    if alone.all():
        return part.one_by_one(range(len(part)))
    drawn = _counts(part, probabilities, totals, sampling.every_shot and conditions.any, ~alone)
    return _columns(part, found.states, drawn, np.flatnonzero(alone))


def _counts(
    part: Stackable,
    probabilities: FloatArray,
    totals: FloatArray,
    every_shot: bool,
    keep: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Draw the samples of each setting from its own child of the seed.

    Returns:
        int64[k, K], or int64[k, K + 1] with what does not count where shots are counted.
    """
    if part.seed is None:
        raise AssertionError("Samples are drawn from a seed.")
    if every_shot:
        # One outcome more stands for all that do not count.
        rest = np.maximum(1.0 - totals, 0.0)[:, np.newaxis]
        probabilities = np.concatenate([probabilities, rest], axis=1)
    elif not keep.all():
        probabilities = probabilities.copy()
        probabilities[~keep] = 1.0  # drawn from, and thrown away: every setting has a child
    children = children_of(part.seed, part.first, len(part))
    return counts_of_stack(probabilities, part.n_samples, children, (len(part),))


def _columns(
    part: Stackable, states: StateTable, counts: NDArray[np.int64], alone: NDArray[np.int64]
) -> Columns:
    if not len(alone):
        *found, numbers = seen_of_stack(counts, states)
        empty = None if numbers.all() else part.one_by_one([int(np.argmin(numbers))])[3]
        return *found, numbers, empty
    # Each of these tells by itself why nothing counts, or that something does.
    pieces: list[Columns] = []
    begin = 0
    for row in [*alone.tolist(), len(part)]:
        if begin < row:
            pieces.append(_columns(part.piece(begin, row), states, counts[begin:row], alone[:0]))
        if row < len(part):
            pieces.append(part.one_by_one([row]))
        begin = row + 1
    return joined(pieces)
