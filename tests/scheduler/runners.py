"""What tests run in workers instead of the emulator; the number of samples says what happens."""

from __future__ import annotations

import json
import os
import sys
import time
import types
from pathlib import Path

if "lwfast.scheduler.workers.worker_main" in sys.modules:
    # Loading the compiler takes a worker most of its start, so these write their results without it.
    # `real_runner` tests the real writer.
    def encode_result(states, counts, job_data=None):
        rows = {str(tuple(row)): count for row, count in zip(states.tolist(), counts.tolist(), strict=True)}
        return json.dumps(
            {"results": rows} | ({"job_data": job_data} if job_data is not None else {})
        ).encode()

    sys.modules["lwfast.tables.bodies.result_json"] = types.SimpleNamespace(encode_result=encode_result)

import numpy as np

SLEEPS, CRASHES, CRASHES_ONCE, DOES_NOT_FIT, REFUSED, BROKEN, NO_MEMORY, NAPS, LARGE, WAITS = range(101, 111)
"""Numbers of samples with a meaning; all others give that many samples at once."""


def fake(unitary, occupation, n_samples, *, min_detection=0, hardware=None, rng=None):
    from lwfast.errors import ResourceLimitError

    if n_samples == SLEEPS:
        time.sleep(60)
    elif n_samples == NAPS:
        time.sleep(1.5)
    elif n_samples == WAITS:
        while not Path(os.environ["LWFAST_TEST_GATE"]).exists():
            time.sleep(0.02)
    elif n_samples == CRASHES:
        os._exit(9)
    elif n_samples == CRASHES_ONCE:
        flag = Path(os.environ["LWFAST_TEST_FLAG"])
        if not flag.exists():
            flag.touch()
            os._exit(9)
    elif n_samples == DOES_NOT_FIT:
        raise ResourceLimitError("would need 1 TiB")
    elif n_samples == REFUSED:
        raise ValueError("not like this")
    elif n_samples == BROKEN:
        raise RuntimeError("a bug")
    elif n_samples == NO_MEMORY:
        raise MemoryError
    modes = len(occupation)
    if n_samples == LARGE:
        states = np.array([[i >> 8, i & 255] + [0] * (modes - 2) for i in range(40_000)], dtype=np.uint8)
        return states, np.ones(len(states), dtype=np.int64)
    counts = np.random.default_rng(rng).multinomial(n_samples, [1 / modes] * modes)
    return np.eye(modes, dtype=np.uint8), counts.astype(np.int64)


def shows_cores(unitary, occupation, n_samples, *, min_detection=0, hardware=None, rng=None):
    """Fails with the cores that it may use, so that a test can read them."""
    from lwfast._base.parallel import available_cores

    if n_samples == 100:  # and not while the worker warms up
        raise ValueError(f"cores={available_cores()}")
    return fake(unitary, occupation, n_samples, min_detection=min_detection, hardware=hardware, rng=rng)


def takes_memory(unitary, occupation, n_samples, *, min_detection=0, hardware=None, rng=None):
    """Needs a megabyte for each sample, for half a second; small numbers only warm the worker up."""
    from lwfast._base.memory import check_memory

    if n_samples >= 100:
        check_memory(n_samples * 10**6, "This job")
        time.sleep(0.5)
    return fake(unitary, occupation, 20, rng=rng)


def never_ready(unitary, occupation, n_samples, *, min_detection=0, hardware=None, rng=None):
    """Hangs while the worker warms up, with other threads running."""
    time.sleep(600)


def shows_hardware(unitary, occupation, n_samples, *, min_detection=0, hardware=None, rng=None):
    if hardware is not None and not hardware.is_ideal:
        raise ValueError(f"brightness={hardware.source.brightness}")
    return fake(unitary, occupation, n_samples, min_detection=min_detection, hardware=hardware, rng=rng)
