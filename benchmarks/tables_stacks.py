"""Tables of many settings: stacks of arrays beside the loop over single calls and exqalibur."""

from __future__ import annotations

import numpy as np

import lwfast as lw
from benchmarks.adapters import stacks_exqalibur, stacks_lwfast, stacks_lwfast_loop
from benchmarks.bench_distribution import occupation
from benchmarks.bench_stacks import assert_same_outcomes, unitaries
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text

PACKAGES = ("exqalibur",)
TRIO = [stacks_lwfast, stacks_lwfast_loop, stacks_exqalibur]
SIZES = ((200, 2, 2), (500, 6, 3), (1000, 8, 4), (10_000, 8, 4), (200, 8, 7))
N_SAMPLES = 1000


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_distributions(), _counts(), _samples(), _lossy()]


def _row(name: str, calls: dict) -> list[str]:
    found = medians(calls, 3)
    ours, loop, peer = found.values()
    return [name, *map(seconds_text, found.values()), ratio_text(loop, ours), ratio_text(peer, ours)]


def _name(n_settings: int, n_modes: int, n_photons: int) -> str:
    return f"{n_settings:,} settings of {n_modes} modes, {n_photons} photons"


HEADER = ["", "lwfast", "one by one", "exqalibur", "ratio to one by one", "ratio to exqalibur"]


def _distributions() -> Table:
    lines = []
    for size in SIZES:
        stack, inputs = unitaries(*size[:2]), occupation(*size[1:])
        expected = stacks_lwfast_loop.probabilities(stack, inputs)
        if not np.array_equal(stacks_lwfast.probabilities(stack, inputs), expected):
            raise AssertionError("a stack is not the loop")
        assert_same_outcomes(stacks_exqalibur.probabilities(stack, inputs), expected)
        lines.append(_row(_name(*size), {a.name: (lambda a=a: a.probabilities(stack, inputs)) for a in TRIO}))
    return "Distributions of many settings", markdown(HEADER, lines)


def _counts() -> Table:
    lines = []
    for size in SIZES:
        stack, inputs = unitaries(*size[:2]), occupation(*size[1:])
        arguments = stack, inputs, N_SAMPLES, 1
        if not np.array_equal(stacks_lwfast.counts(*arguments), stacks_lwfast_loop.counts(*arguments)):
            raise AssertionError("a stack is not the loop over the children of its seed")
        lines.append(_row(_name(*size), {a.name: (lambda a=a: a.counts(*arguments)) for a in TRIO}))
    return f"Distributions of many settings, and counts of {N_SAMPLES:,} samples each", markdown(
        HEADER, lines
    )


def _samples() -> Table:
    lines = []
    for size in ((100, 6, 3), (100, 8, 4)):
        arguments = unitaries(*size[:2]), occupation(*size[1:]), 100, 1
        if not np.array_equal(stacks_lwfast.samples(*arguments), stacks_lwfast_loop.samples(*arguments)):
            raise AssertionError("a stack is not the loop over the children of its seed")
        lines.append(_row(_name(*size), {a.name: (lambda a=a: a.samples(*arguments)) for a in TRIO}))
    return "100 boson samples of each of many settings", markdown(HEADER, lines)


def _lossy() -> Table:
    lines = []
    for size in ((1000, 6, 3), (1000, 8, 4)):
        stack, inputs = unitaries(*size[:2]) * 0.9, occupation(*size[1:])
        heralded = unitaries(*size[:2])
        calls = {
            "stack": lambda: lw.output_distribution(stack, inputs),
            "loop": lambda: [lw.output_distribution(one, inputs) for one in stack],
            "rules": lambda: lw.output_distribution(heralded, inputs, heralds={0: 1}, rules=[((0,), (0, 1))]),
            "rules one by one": lambda: [
                lw.output_distribution(one, inputs, heralds={0: 1}, rules=[((0,), (0, 1))])
                for one in heralded
            ],
        }
        found = medians(calls, 3)
        lines.append([_name(*size), *map(seconds_text, found.values())])
    header = ["", "lossy", "one by one", "herald and rule", "one by one"]
    return "Many settings with loss, and with conditions", markdown(header, lines)
