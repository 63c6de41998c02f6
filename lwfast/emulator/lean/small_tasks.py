"""Which tasks take the short way."""

from __future__ import annotations

from typing import Any

from lwfast.emulator.lean.small_analyzer import run_small_analyzer
from lwfast.emulator.lean.small_sampler import Late, run_small_sampler
from lwfast.emulator.lean.small_simulator import run_small_simulator
from lwfast.tasks import Analyzer, Sampler, Simulator


def run_small(task: Any, backend: str) -> tuple[Any, Late | None] | None:
    """Run a task if it is small and ordinary.

    Args:
        task: A task of this package.
        backend: Name of the backend, which runs such tasks.

    Returns:
        The very result of the long way, and for a Sampler what works out the distribution in front of the
        detectors; None where the long way has to be taken. What is wrong with a task is for the long way to
        find: nothing is drawn or raised here then.
    """
    kind = type(task)  # a class of somebody else's may do more than these
    if kind is Sampler:
        return run_small_sampler(task, backend)
    if kind is Simulator:
        result = run_small_simulator(task, backend)
    elif kind is Analyzer:
        result = run_small_analyzer(task, backend)
    else:
        return None
    return None if result is None else (result, None)
