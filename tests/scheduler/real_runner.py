"""The emulator, with one job that takes a while."""

from __future__ import annotations

import time

from lwfast.emulator.raw import run_raw

SLEEPS = 101
"""As in `runners`, which replaces the writer of results where it is imported in a worker."""


def real_or_slow(unitary, occupation, n_samples, **options):
    if n_samples == SLEEPS:
        time.sleep(60)
    return run_raw(unitary, occupation, n_samples, **options)
