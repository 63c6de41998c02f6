"""What a QPU measures at many settings: raw samples, as a stack where that gives the bits of single runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.memory import check_memory
from lwfast._base.setting_names import naming_setting
from lwfast._types import ComplexArray, Counts, StateTable
from lwfast.emulator.raw import RawRun, prepare_raw, run_raw
from lwfast.emulator.sweeps.setting_runs import Columns, joined
from lwfast.emulator.sweeps.stacked import as_stack
from lwfast.hardware import HardwareModel
from lwfast.tasks.sweep import child_of

Runner = Callable[..., tuple[StateTable, Counts]]
_MOST_SETTINGS = 512
_PART_BYTES = 64 << 20
"""What the results of settings that are run together may take: their sum is looked at as often."""


@dataclass(frozen=True, slots=True)
class RawSettings:
    """Raw runs of settings that follow each other.

    Attributes:
        unitaries: complex128[k, m, m], of each setting.
        occupation: Photons in each of the m input modes, as integers or a `State`.
        n_samples: Samples of each setting.
        min_detection: Fewest photons that a returned sample may have.
        hardware: Source, loss and detectors of the QPU; None for ideal ones.
        seed: The seed whose children the settings draw from.
        told: Returns the values of a setting as text, by its number in the whole sweep.
        runner: Runs a setting, with the signature of `run_raw`.
        first: The number of the first of these settings in the whole sweep.
        name: Name of the backend.
    """

    unitaries: ComplexArray
    occupation: tuple[int, ...]
    n_samples: int
    min_detection: int
    hardware: HardwareModel | None
    seed: np.random.SeedSequence
    told: Callable[[int], str]
    runner: Runner
    first: int = 0
    name: str = "auto"

    def __len__(self) -> int:
        return len(self.unitaries)

    def piece(self, begin: int, end: int) -> RawSettings:
        """Return the runs of some of these settings."""
        return replace(self, unitaries=self.unitaries[begin:end], first=self.first + begin)

    def prepared(self, row: int) -> RawRun:
        """Parse and plan a setting."""
        number = self.first + row
        with naming_setting("sweep", lambda: number, lambda: self.told(number)):
            return prepare_raw(
                self.unitaries[row],
                self.occupation,
                self.n_samples,
                min_detection=self.min_detection,
                hardware=self.hardware,
            )

    def one_by_one(self, rows: Iterable[int]) -> Columns:
        """Run settings, each by itself, and put their results into columns."""
        tables, columns = [], []
        for row in rows:
            number = self.first + row
            with naming_setting("sweep", lambda: number, lambda: self.told(number)):  # noqa: B023  (at once)
                states, counts = self.runner(
                    self.unitaries[row],
                    self.occupation,
                    self.n_samples,
                    min_detection=self.min_detection,
                    hardware=self.hardware,
                    rng=child_of(self.seed, number),
                )
            tables.append(states)
            columns.append(counts)
        lengths = np.array([len(column) for column in columns], dtype=np.int64)
        return np.concatenate(tables), np.concatenate(columns), lengths, None


def run_raw_settings(
    unitaries: ComplexArray,
    occupation: tuple[int, ...],
    n_samples: int,
    *,
    min_detection: int = 0,
    hardware: HardwareModel | None = None,
    seed: Any = None,
    told: Callable[[int], str] = lambda _: "",
    runner: Runner = run_raw,
) -> tuple[StateTable, Counts, NDArray[np.int64]]:
    """Draw raw samples of many settings of one shot.

    Args:
        unitaries: complex128[k, m, m], one setting at least.
        occupation: Photons in each of the m input modes, as integers or a `State`.
        n_samples: Samples of each setting.
        min_detection: Fewest photons that a returned sample may have.
        hardware: Source, loss and detectors of the QPU; None for ideal ones.
        seed: Setting i draws from the child `numpy.random.SeedSequence(seed).spawn(k)[i]`, and is, bit for
            bit, what `run_raw` gives with it.
        told: Returns the values of a setting as text, by its number, for errors.
        runner: Runs a setting, with the signature of `run_raw`. Settings are run together where it is that.

    Returns:
        States uint8[N, m] and counts int64[N] of one setting after the other, and how many rows each has,
        int64[k].

    Raises:
        ResourceLimitError: The results would not fit in memory.
        Exception: As `run_raw` does, with the number of the setting.
    """
    runs = RawSettings(
        unitaries, occupation, n_samples, min_detection, hardware, np.random.SeedSequence(seed), told, runner
    )
    together = runner is run_raw and (hardware is None or hardware.is_ideal)
    size = _part_size(runs) if together else 1
    found: list[Columns] = []
    held = 0
    for begin in range(0, len(runs), size):
        part = runs.piece(begin, begin + size)
        columns = as_stack(part) if together else None
        found.append(part.one_by_one(range(len(part))) if columns is None else columns)
        held += found[-1][0].nbytes + found[-1][1].nbytes
        # The columns of all settings, those put together, and the body.
        check_memory(3 * held, f"The results of {begin + len(part):,} settings", remedy="Split the sweep.")
    states, counts, lengths, _ = joined(found)
    return states, counts, lengths


def _part_size(runs: RawSettings) -> int:
    """Return how many settings are run together, so that their results take no more than is allowed."""
    most = min(runs.prepared(0).plan.n_outcomes or runs.n_samples, runs.n_samples)
    each = max(most, 1) * (runs.unitaries.shape[1] + 8)
    size: int = max(1, min(_MOST_SETTINGS, _PART_BYTES // each))
    return size
