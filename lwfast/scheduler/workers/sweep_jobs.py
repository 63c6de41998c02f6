"""The job of many settings: one after the other, into one body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lwfast._base.memory import check_memory
from lwfast.hardware import HardwareModel
from lwfast.wire import ArtemisPayload, SweepForm, settings_of, unitaries_of

Runner = Callable[..., tuple[Any, Any]]


def run_settings(
    payload: ArtemisPayload, form: SweepForm, hardware: HardwareModel, seed: int, runner: Runner
) -> bytes:
    """Run every setting of a sweep, and return the body of its result.

    Setting i draws from child i of the job's seed.

    Args:
        payload: What was submitted.
        form: Its sweep.
        hardware: Source, loss and detectors of the QPU.
        seed: The job's seed.
        runner: Runs a setting, with the signature of `run_raw`.

    Raises:
        ResourceLimitError: The results would not fit in memory.
        Exception: As `runner` does, with the number of the setting.
    """
    from lwfast.results.sweeps.setting_axis import SettingAxis
    from lwfast.results.sweeps.sweep_files import sweep_body

    axis = SettingAxis(form.labels, settings_of(form), form.shape)
    unitaries = unitaries_of(form, payload.n_modes)
    children = np.random.SeedSequence(seed).spawn(len(axis))
    tables, columns = [], []
    held = 0
    for row, child in enumerate(children):
        try:
            states, counts = runner(
                unitaries[row],
                tuple(payload.input),
                payload.n_samples,
                min_detection=payload.min_detection,
                hardware=hardware,
                rng=child,
            )
        except Exception as error:
            error.args = (f"Setting {row} ({axis.told(row)}): {error}",)
            raise
        tables.append(states)
        columns.append(counts)
        held += states.nbytes + counts.nbytes
        # The columns of all settings, those put together, and the body.
        check_memory(3 * held, f"The results of {row + 1:,} settings", remedy="Split the sweep.")
    offsets = np.cumsum([0, *map(len, columns)], dtype=np.int64)
    found = {"states": np.concatenate(tables), "counts": np.concatenate(columns), "offsets": offsets}
    return sweep_body(axis, found, payload.job_data)
