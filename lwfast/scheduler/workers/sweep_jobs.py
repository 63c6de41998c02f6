"""The job of many settings, into one body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lwfast.hardware import HardwareModel
from lwfast.wire import ArtemisPayload, SweepForm, settings_of, unitaries_of

Runner = Callable[..., tuple[Any, Any]]


def run_settings(
    payload: ArtemisPayload, form: SweepForm, hardware: HardwareModel, seed: int, runner: Runner
) -> bytes:
    """Run every setting of a sweep, and return the body of its result.

    Setting i draws from child i of the job's seed.

    Args:
        payload: The payload as it was submitted.
        form: The sweep of the payload.
        hardware: Source, loss and detectors of the QPU.
        seed: Seed that the job was stored with.
        runner: Runs a setting, with the signature of `run_raw`.

    Raises:
        ResourceLimitError: The results would not fit in memory.
        Exception: As `runner` does, with the number of the setting.
    """
    from lwfast.emulator.sweeps.raw_settings import run_raw_settings
    from lwfast.results.sweeps.setting_axis import SettingAxis
    from lwfast.results.sweeps.sweep_files import sweep_body

    axis = SettingAxis(form.labels, settings_of(form), form.shape)
    states, counts, lengths = run_raw_settings(
        unitaries_of(form, payload.n_modes),
        tuple(payload.input),
        payload.n_samples,
        min_detection=payload.min_detection,
        hardware=hardware,
        seed=seed,
        told=axis.told,
        runner=runner,
    )
    offsets = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
    return sweep_body(axis, {"states": states, "counts": counts, "offsets": offsets}, payload.job_data)
