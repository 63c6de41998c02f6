"""A payload, run: what a worker does with a job, and `lwfast sample` with a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from lwfast.hardware import HardwareModel
from lwfast.wire import ArtemisPayload

Runner = Callable[..., tuple[Any, Any]]


def run_payload(payload: ArtemisPayload, hardware: HardwareModel, seed: int, runner: Runner) -> bytes:
    """Run what was submitted, and return the body of its result, as the wire has it.

    Args:
        payload: The payload as it was submitted.
        hardware: Source, loss and detectors of the QPU.
        seed: The job's seed; the same one gives the same body.
        runner: Runs one setting, with the signature of `run_raw`.

    Raises:
        LightworksError: It cannot be run; says why.
        ValueError: A number in it is out of range.
    """
    from lwfast.tables.bodies.result_json import encode_result

    if payload.sweep is not msgspec.UNSET:
        from lwfast.scheduler.workers.sweep_jobs import run_settings

        return run_settings(payload, payload.sweep, hardware, seed, runner)
    states, counts = runner(
        payload.unitary,
        tuple(payload.input),
        payload.n_samples,
        min_detection=payload.min_detection,
        hardware=hardware,
        rng=seed,
    )
    return encode_result(states, counts, payload.job_data)
