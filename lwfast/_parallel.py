"""Threads on fixed chunks: the cut of the work depends on the work, never on the number of threads."""

from __future__ import annotations

import os
from collections.abc import Callable


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_chunks(task: Callable[[int], object], n_chunks: int, workers: int | None = None) -> None:
    """Call `task(0)` to `task(n_chunks - 1)`, on threads where that can help.

    Args:
        task: Works on one chunk; releases the GIL for most of its time. No two chunks write the same place.
        n_chunks: Number of chunks.
        workers: Number of threads; None takes all cores.

    Raises:
        BaseException: The first exception of a chunk, or Ctrl-C; chunks not yet begun are then left out.
    """
    workers = min(n_chunks, workers or available_cores())
    if workers <= 1:
        for chunk in range(n_chunks):
            task(chunk)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        try:
            for future in [pool.submit(task, chunk) for chunk in range(n_chunks)]:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
