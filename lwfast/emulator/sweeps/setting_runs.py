"""A sweep, cut into parts of settings that follow each other, for this process or an executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lwfast._base.setting_names import naming_setting
from lwfast._types import ComplexArray
from lwfast.circuit import HeraldData
from lwfast.circuit.matrices.setting_table import SettingTable
from lwfast.results import SamplingResult
from lwfast.tasks.data import AnalyzerTask, SamplerTask, SimulatorTask
from lwfast.tasks.sweep import SweepData, child_of

Prepare = Callable[..., Any]
"""Parses and plans the data of a task for a backend of this name; a function of a module, which pickles."""
Columns = tuple[Any, ...]
"""What `columns_of_results` returns: less to send than results."""
_PARTS = 32
_MOST_SETTINGS = 2048
_MATRIX_BYTES = 32 << 20
"""What the matrices that are multiplied up at once may take."""
_PART_SECONDS = 0.05
_LEAST_SECONDS = 1e-5
"""A part is small enough for progress and Ctrl-C, and large enough to be worth sending to a process."""


@dataclass(frozen=True, slots=True)
class SettingCircuit:
    """A circuit at a setting, as far as a run looks at it.

    Attributes:
        n_modes: Number of modes, heralded ones counted and loss modes not.
        heralds: Photon number by heralded mode.
        U_full: The unitary over all modes, loss modes last.
    """

    n_modes: int
    heralds: HeraldData
    U_full: ComplexArray

    @property
    def loss_modes(self) -> int:
        """The number of loss modes."""
        return len(self.U_full) - self.n_modes


@dataclass(frozen=True, slots=True)
class SettingRuns:
    """Runs of settings that follow each other; picklable, for process pools.

    Attributes:
        base: The task at the first setting of the whole sweep.
        name: Name of the backend.
        prepare: Parses and plans the data of a task.
        unitaries: complex128[k, n, n], of each setting, loss modes last.
        table: The settings, for messages.
        seed: The seed whose children the settings draw from; None where nothing is drawn.
        first: The number of the first of these settings in the whole sweep.
    """

    base: SamplerTask | SimulatorTask | AnalyzerTask
    name: str
    prepare: Prepare
    unitaries: ComplexArray
    table: SettingTable
    seed: np.random.SeedSequence | None
    first: int = 0

    def __len__(self) -> int:
        return len(self.unitaries)

    def piece(self, begin: int, end: int) -> SettingRuns:
        """Return the runs of some of these settings."""
        table = self.table.part(begin, end)
        return replace(self, table=table, unitaries=self.unitaries[begin:end], first=self.first + begin)

    def task_of(self, row: int) -> Any:
        """Return the data of the task at a setting."""
        base: Any = self.base
        circuit: Any = SettingCircuit(base.circuit.n_modes, base.circuit.heralds, self.unitaries[row])
        if not isinstance(base, SamplerTask):
            return replace(base, circuit=circuit)
        return replace(base, circuit=circuit, random_seed=None, rng=child_of(self.seed, self.first + row))

    def prepared(self, row: int) -> Any:
        """Parse and plan a setting.

        Raises:
            Exception: As for a run of the setting alone, with the number of the setting.
        """
        with telling(self.first + row, self.table, row):
            return self.prepare(self.task_of(row), self.name, to_run=True)

    @property
    def n_samples(self) -> int:
        """Samples of each setting, or shots; none of a task that draws nothing."""
        return self.base.n_samples if isinstance(self.base, SamplerTask) else 0

    def one_by_one(self, rows: Iterable[int]) -> Columns:
        """Run settings, each by itself, and put their results into columns."""
        return columns_of_results([self.run_one(row) for row in rows])

    def run_one(self, row: int) -> Any:
        """Run a setting by itself.

        Raises:
            Exception: As for a run of the setting alone, with the number of the setting.
        """
        with telling(self.first + row, self.table, row):
            return self.prepare(self.task_of(row), self.name, to_run=True).run()


def parts(
    data: SweepData, name: str, prepare: Prepare, seed: np.random.SeedSequence | None, seconds: float
) -> Iterator[SettingRuns]:
    """Cut a sweep into parts; results do not depend on how.

    Args:
        data: What the sweep asks for, as it is now.
        name: Name of the backend.
        prepare: Parses and plans the data of a task.
        seed: The seed whose children the settings draw from.
        seconds: About how long a setting takes.
    """
    number = len(data.table)
    worth = int(_PART_SECONDS / max(seconds, _LEAST_SECONDS))
    size = min(max(1, -(-number // _PARTS), worth), _MOST_SETTINGS)
    # Circuits are multiplied up for several parts together: values are looked at once for all of them.
    at_once = size * max(1, _MATRIX_BYTES // (16 * data.bound.table.n_rows**2 * size))
    for first in range(0, number, at_once):
        last = min(first + at_once, number)
        unitaries = data.unitaries(first, last)
        for begin in range(first, last, size):
            end = min(begin + size, last)
            table = replace(data.table.part(begin, end), parameters=())  # a process has no use for them
            these = unitaries[begin - first : end - first]
            yield SettingRuns(data.base, name, prepare, these, table, seed, begin)


def joined(pieces: list[Columns]) -> Columns:
    """Put columns of counts together, one after the other."""
    if len(pieces) == 1:
        return pieces[0]
    states, counts, lengths = (np.concatenate(part) for part in zip(*(p[:3] for p in pieces), strict=True))
    return states, counts, lengths, next((p[3] for p in pieces if p[3] is not None), None)


def columns_of_results(results: list[Any]) -> Columns:
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


def telling(number: int, table: SettingTable, row: int) -> AbstractContextManager[None]:
    """Say in an error which setting of a sweep it is about."""
    return naming_setting("sweep", lambda: number, lambda: table.told(row))
