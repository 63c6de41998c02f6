"""A sweep, cut into parts of settings that follow each other, for this process or an executor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lwfast._base.progress import step
from lwfast._types import AnyArray, SeedLike
from lwfast.circuit.setting_table import private_copy
from lwfast.emulator.rounds import streams
from lwfast.results import SamplingResult, SimulationResult
from lwfast.tasks.data import SamplerTask
from lwfast.tasks.sweep import SweepData

Prepare = Callable[..., Any]
"""Parses and plans the data of a task for a backend of this name; a function of a module, which pickles."""
_PARTS = 64
_MOST_SETTINGS = 512
"""Settings of a part: few enough for progress and Ctrl-C, many enough to be worth sending to a process."""


@dataclass(frozen=True, slots=True)
class SettingRuns:
    """Runs of settings that follow each other; picklable, for process pools.

    Attributes:
        data: The sweep over these settings.
        name: Name of the backend.
        prepare: Parses and plans the data of a task.
        seed: The seed whose children the settings draw from; None where nothing is drawn.
        first: The number of the first of these settings in the whole sweep.
    """

    data: SweepData
    name: str
    prepare: Prepare
    seed: np.random.SeedSequence | None
    first: int = 0

    def __len__(self) -> int:
        return len(self.data.table)

    def parts(self) -> Iterator[SettingRuns]:
        """Cut the sweep into parts; how does not depend on who runs them."""
        size = min(max(1, -(-len(self) // _PARTS)), _MOST_SETTINGS)
        for begin in range(0, len(self), size):
            table = self.data.table.part(begin, begin + size)
            yield replace(self, data=replace(self.data, table=table), first=self.first + begin)

    def task_of(self, row: int, circuit: Any) -> Any:
        """Return the data of the task at a setting, with its circuit built."""
        base: Any = self.data.base
        if not isinstance(base, SamplerTask):
            return replace(base, circuit=circuit)
        return replace(base, circuit=circuit, random_seed=None, rng=child_of(self.seed, self.first + row))

    def prepared(self) -> Iterator[Any]:
        """Parse and plan one setting after the other.

        Raises:
            Exception: As a run of the setting alone does, with a note of which setting it was.
        """
        circuit, table = private_copy(self.data.circuit, self.data.table)
        for row in range(len(self)):
            with telling(self.first + row, table.told(row)):
                table.apply(row)
                built = circuit._build()  # noqa: SLF001  (Lightworks' name)
                yield self.prepare(self.task_of(row, built), self.name, to_run=True)

    def run(self) -> list[SamplingResult] | list[SimulationResult]:
        """Run one setting after the other."""
        results: list[Any] = []
        table = self.data.table
        for row, prepared in enumerate(self.prepared()):
            with telling(self.first + row, table.told(row)):
                results.append(prepared.run())
            step("settings", row + 1, len(self))
        return results


def run_part(part: SettingRuns) -> tuple[AnyArray, ...]:
    """Run a part and return its columns, which are less to send than its results."""
    return columns_of_results(part.run())


def columns_of_results(results: list[Any]) -> tuple[Any, ...]:
    """Put results of settings that follow each other into columns.

    Returns:
        Of counts: states, counts, the length of each setting, and why one is empty. Of values: the array of
        all settings, outputs, and the attributes by name.
    """
    if isinstance(results[0], SamplingResult):
        tables = [result.states for result in results]
        reason = next((r.nothing_left for r in results if r.nothing_left is not None), None)
        lengths = np.array([len(table) for table in tables], dtype=np.int64)
        return np.concatenate(tables), np.concatenate([r.counts for r in results]), lengths, reason
    array = np.stack([result.array for result in results])
    names = ("performance", "error_rate")
    attributes = {
        name: np.array([getattr(result, name) for result in results])
        for name in names
        if hasattr(results[0], name)
    }
    return array, np.array(results[0].output_table), attributes


def root_seed(random_seed: int | None, rng: SeedLike) -> np.random.SeedSequence:
    """Return the seed that the settings of a sweep are children of.

    A SeedSequence that was given is not changed, and nothing that was spawned from it before matters.
    """
    if isinstance(rng, np.random.Generator):
        stream = next(streams(rng))
        return np.random.SeedSequence(stream.entropy)
    if isinstance(rng, np.random.SeedSequence):
        return np.random.SeedSequence(rng.entropy, spawn_key=rng.spawn_key, pool_size=rng.pool_size)
    return np.random.SeedSequence(rng if rng is not None else random_seed)


def child_of(seed: np.random.SeedSequence | None, number: int) -> np.random.SeedSequence | None:
    """Return what `seed.spawn(k)[number]` of a fresh seed is."""
    if seed is None:
        return None
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, number), pool_size=seed.pool_size)


@contextmanager
def telling(number: int, setting: str) -> Iterator[None]:
    """Say which setting an error came of."""
    try:
        yield
    except Exception as error:
        error.add_note(f"This came of setting {number} of the sweep: {setting}.")
        raise
