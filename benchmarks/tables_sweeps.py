"""The table of whole sweeps: many settings of one circuit, and an optimiser that asks for them one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.adapters import sweeps_exqalibur, sweeps_lightworks, sweeps_lwfast
from benchmarks.bench_sweeps import (
    FULL,
    N_EVALUATIONS,
    N_PHASES,
    N_SAMPLES,
    assert_same_answers,
    dip,
    optimisation,
    random_settings,
    with_slopes,
)
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text

PACKAGES = ("lightworks", "exqalibur", "scipy")
ALL = [sweeps_lwfast, sweeps_lightworks, sweeps_exqalibur]
_SLOW_SETTINGS = 200
"""Settings that Lightworks is timed for; its time grows with their number."""


def tables() -> list[Table]:
    """Measure, and write the table."""
    lines = [_random(), _row(f"Dip of {N_PHASES} phases, 2 modes, 2 photons, {N_SAMPLES} samples each", dip)]
    lines.append(_row(f"Optimisation, 6 modes, 3 photons, {N_EVALUATIONS} evaluations", optimisation))
    lines.append(_row("The same, lwfast with exact slopes", optimisation, with_slopes()))
    header = ["", *(adapter.name for adapter in ALL), "ratio to lightworks", "ratio to exqalibur"]
    note = (
        f"\n\nLightworks is timed for {_SLOW_SETTINGS} of the {FULL:,} settings, and its time multiplied. "
        "exqalibur gets its matrices from `circuit.unitaries`, and draws with NumPy."
    )
    return [
        ("Whole sweeps beside Lightworks' Batch and a loop over exqalibur", markdown(header, lines) + note)
    ]


def _random() -> list[str]:
    calls = {adapter.name: random_settings(adapter, FULL) for adapter in (sweeps_lwfast, sweeps_exqalibur)}
    calls["lightworks"] = random_settings(sweeps_lightworks, _SLOW_SETTINGS)
    for name, call in calls.items():
        assert_same_answers(call(), [N_SAMPLES] * (_SLOW_SETTINGS if name == "lightworks" else FULL))
    found = medians(calls, 3)
    found["lightworks"] *= FULL / _SLOW_SETTINGS
    return _line(f"{FULL:,} settings, 8 modes, 4 photons, {N_SAMPLES} samples each", found)


def _row(what: str, make: Callable[[Any], Callable[[], Any]], ours_by: Any = None) -> list[str]:
    calls = {adapter.name: make(adapter) for adapter in ALL}
    if ours_by is not None:
        calls["lwfast"] = ours_by
    ours = calls["lwfast"]()
    for call in calls.values():
        assert_same_answers(call(), ours)
    return _line(what, medians(calls, 3))


def _line(what: str, found: dict[str, float]) -> list[str]:
    times = [seconds_text(found[adapter.name]) for adapter in ALL]
    ratios = [ratio_text(found[name], found["lwfast"]) for name in ("lightworks", "exqalibur")]
    return [what, *times, *ratios]
