"""Tables of interferometers: one unitary as a circuit of cells, and a stack as arrays of phases."""

from __future__ import annotations

import lwfast as lw
from benchmarks.adapters import interferometers_lightworks, interferometers_lwfast, interferometers_perceval
from benchmarks.bench_interferometers import (
    N_STACK,
    N_STACK_MODES,
    SHAPES,
    assert_right,
    assert_right_stack,
    one,
    stack,
)
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text

PACKAGES = ("lightworks", "perceval-quandela")
ALL = [interferometers_lwfast, interferometers_lightworks, interferometers_perceval]
SIZES = (8, 20)
_LARGEST_FOR_PERCEVAL = 8
_NAMES = {"triangle": "Reck", "rectangle": "Clements"}
_LOOP = 20
"""Unitaries that Lightworks is timed for; its time grows with their number."""


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_single(), _stack()]


def _single() -> Table:
    lines = [_line(shape, n_modes) for shape in SHAPES for n_modes in SIZES]
    header = ["", *(adapter.name for adapter in ALL), "ratio to lightworks", "ratio to perceval"]
    note = "\n\nPerceval solves for the phases of each cell; it is timed up to 8 modes."
    return "One unitary as a circuit of beam splitters and phase shifts", markdown(header, lines) + note


def _line(shape: str, n_modes: int) -> list[str]:
    calls = {}
    for adapter in ALL:
        if adapter is interferometers_perceval and n_modes > _LARGEST_FOR_PERCEVAL:
            continue
        call = one(adapter, shape, n_modes)
        if call is not None:
            assert_right(adapter, call(), n_modes)
            calls[adapter.name] = call
    found = medians(calls, 5)
    times = [seconds_text(found[adapter.name]) if adapter.name in found else "" for adapter in ALL]
    ratios = [ratio_text(found[a.name], found["lwfast"]) if a.name in found else "" for a in ALL[1:]]
    return [f"{_NAMES[shape]}, {n_modes} modes", *times, *ratios]


def _stack() -> Table:
    unitaries = stack()
    theirs = [interferometers_lightworks.mapped("triangle", unitary) for unitary in unitaries[:_LOOP]]
    lines = []
    for kind in ("reck", "clements"):
        decomposed = getattr(lw.interferometers, f"{kind}_decomposition")
        assert_right_stack(decomposed(unitaries), unitaries)
        calls = {
            "stack": lambda decomposed=decomposed: decomposed(unitaries),
            "loop": lambda decomposed=decomposed: [decomposed(unitary) for unitary in unitaries],
        }
        if kind == "reck":
            calls["lightworks"] = lambda: [call() for call in theirs if call is not None]
        found = medians(calls, 5)
        their_time = found["lightworks"] * N_STACK / _LOOP if kind == "reck" else None
        lines.append(
            [
                kind.capitalize(),
                seconds_text(found["stack"]),
                seconds_text(found["loop"]),
                "" if their_time is None else seconds_text(their_time),
                "" if their_time is None else ratio_text(their_time, found["stack"]),
            ]
        )
    note = f"\n\nLightworks is timed for {_LOOP} circuits, and its time multiplied."
    title = f"{N_STACK:,} unitaries of {N_STACK_MODES} modes"
    header = ["", "lwfast", "lwfast, one by one", "lightworks", "ratio"]
    return title, markdown(header, lines) + note
