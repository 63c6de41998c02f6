"""The table of small work with circuits, states and results."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text
from benchmarks.everyday_objects import CASES

PACKAGES = ("lightworks", "orjson")
_ROUND = 2e-3
"""Seconds of one measurement, in which a call is made again and again."""


def tables() -> list[Table]:
    """Measure, and write the table."""
    lines = []
    for name, (peer, make) in CASES.items():
        case = make()
        calls = {"lwfast": case.ours, peer: case.theirs}
        times = {who: _times(call) for who, call in calls.items()}
        loops = {who: _loop(call, times[who]) for who, call in calls.items()}
        found = medians(loops, 51)
        ours, theirs = found["lwfast"] / times["lwfast"], found[peer] / times[peer]
        lines.append([name, seconds_text(ours), seconds_text(theirs), peer, ratio_text(theirs, ours)])
    header = ["", "lwfast", "peer", "who", "ratio"]
    return [("Circuits, states and small results", markdown(header, lines))]


def _times(call: Callable[[], Any]) -> int:
    """How often a call fits into one measurement, once it is warm."""
    for _ in range(3):
        began = time.perf_counter()
        call()
        taken = time.perf_counter() - began
    return max(1, int(_ROUND / taken))


def _loop(call: Callable[[], Any], times: int) -> Callable[[], None]:
    def loop() -> None:
        for _ in range(times):
            call()

    return loop
