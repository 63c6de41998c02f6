"""Which tasks take the short way."""

from __future__ import annotations

from typing import Any

from lwfast.emulator.lean.known import KnownCircuit
from lwfast.emulator.lean.small_sampler import run_small_sampler
from lwfast.tasks import Sampler


def run_small(task: Any, backend: str) -> tuple[Any, KnownCircuit] | None:
    """Run a task if it is small and ordinary.

    Args:
        task: A task of this package.
        backend: Name of the backend, which runs such tasks.

    Returns:
        The very result of the long way, and the circuit; None where the long way has to be taken.

    Raises:
        LightworksError: What the long way raises, in its words.
    """
    kind = type(task)  # a class of somebody else's may do more than these
    if kind is Sampler:
        return run_small_sampler(task, backend)
    return None
