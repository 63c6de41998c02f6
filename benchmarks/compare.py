"""Time competitors beside each other, and write tables of what came out."""

from __future__ import annotations

import gc
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

Table = tuple[str, str]
"""Title and Markdown of one table."""


def medians(
    calls: Mapping[str, Callable[[], Any]], rounds: int = 7, warmups: int = 1, settle: float = 0.0
) -> dict[str, float]:
    """Median seconds of each call: all run in turn, so that noise meets all alike.

    The order changes from round to round: who comes after a peer whose threads still spin runs slower. With
    `settle`, there are so many seconds of rest and a call that does not count before each that does.
    """
    for call in calls.values():
        for _ in range(warmups):
            call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    order = random.Random(0)
    for _ in range(rounds):
        for name, call in order.sample(list(calls.items()), len(calls)):
            if settle:
                time.sleep(settle)
                call()
            began = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in seconds.items()}


def fresh_environment(**variables: str) -> dict[str, str]:
    """The environment of a process that is timed from its start: byte code is kept, as installers keep it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **variables}


def markdown(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; numbers are right-aligned."""
    lines = [
        "| " + " | ".join(header) + " |",
        "|" + "|".join([" --- "] + [" ---: "] * (len(header) - 1)) + "|",
    ]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def seconds_text(seconds: float) -> str:
    """A time with three digits and its unit."""
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def ratio_text(peer: float, ours: float) -> str:
    """How many times faster we are, with three digits: 1,410x, and not 1.41e+03x."""
    ratio = float(f"{peer / ours:.3g}")
    return f"{ratio:,.0f}x" if ratio >= 1000 else f"{ratio:.3g}x"


def machine(packages: Sequence[str] = ()) -> str:
    """The machine and the versions a table was measured with, in one line."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    names = ["numpy", "numba", *packages]
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, Python {platform.python_version()}, " + ", ".join(versions)
