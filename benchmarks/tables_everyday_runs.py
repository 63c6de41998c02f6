"""The table of everyday runs: small tasks beside Lightworks."""

from __future__ import annotations

from benchmarks.adapters import emulator_lightworks, emulator_lwfast
from benchmarks.bench_everyday_runs import RUNS, Call, assert_same
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text

PACKAGES = ("lightworks",)
PAIR = [emulator_lwfast, emulator_lightworks]
IN_A_ROW = 10
"""Runs that are timed together, as in a loop: the clock and a cold cache are no part of a short run."""


def tables() -> list[Table]:
    """Measure, and write the table."""
    lines = []
    for name, make in RUNS.items():
        runs = {adapter.name: make(adapter) for adapter in PAIR}
        assert_same(*(run() for run in runs.values()), name)
        found = medians({who: repeated(run) for who, run in runs.items()}, 41, warmups=3)
        ours, theirs = (found[adapter.name] / IN_A_ROW for adapter in PAIR)
        lines.append([name, seconds_text(ours), seconds_text(theirs), ratio_text(theirs, ours)])
    header = ["a task made and run", *(adapter.name for adapter in PAIR), "ratio"]
    return [("Small tasks on a circuit that is there, beside Lightworks", markdown(header, lines))]


def repeated(run: Call) -> Call:
    """Return a call that runs several times in a row."""

    def loop() -> None:
        for _ in range(IN_A_ROW):
            run()

    return loop
