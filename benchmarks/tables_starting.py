"""Tables of starting and calling: cold processes, calls of kernels, kernels of either kind side by side."""

from __future__ import annotations

import statistics
import tempfile

from benchmarks.compare import Table, markdown, ratio_text, seconds_text
from benchmarks.starting import CALLS, COLD, KERNELS, KINDS, NUMPY, run, timed


def tables() -> list[Table]:
    """Measure, and write the tables."""
    with tempfile.TemporaryDirectory() as cache:
        return [_cold(cache), _side_by_side("The overhead of a call", CALLS, cache), _kernels(cache)]


def _cold(cache: str) -> Table:
    """Each kind for the first time, then all in turn."""
    first = {kind: run(COLD, kind, cache) for kind in KINDS}
    found: dict[str, list[float]] = {name: [] for name in (NUMPY, *KINDS)}
    for _ in range(15):
        found[NUMPY].append(run(NUMPY, "compiled ahead", cache)[0])
        for kind in KINDS:
            seconds, printed = run(COLD, kind, cache)
            if printed != first[kind][1] or printed != first["JIT"][1]:
                raise RuntimeError("The samples of cold processes differ.")
            found[kind].append(seconds)
    median = {name: statistics.median(times) for name, times in found.items()}
    lines = [[f"`{NUMPY}`", "", seconds_text(median[NUMPY]), ""]]
    lines += [
        [
            kind,
            seconds_text(first[kind][0]),
            seconds_text(median[kind]),
            f"{median[kind] / median[NUMPY]:.2f}",
        ]
        for kind in KINDS
    ]
    header = ["", "first ever", "later", "in times of NumPy's import"]
    return "A process that imports lwfast, samples 4 modes and prints", markdown(header, lines)


def _side_by_side(title: str, code: str, cache: str) -> Table:
    lines = [
        [work, *(seconds_text(row[kind]) for kind in KINDS), ratio_text(row["JIT"], row["compiled ahead"])]
        for work, row in timed(code, cache, 3).items()
    ]
    return title, markdown(["", *KINDS, "ratio"], lines)


def _kernels(cache: str) -> Table:
    return _side_by_side("Kernels; the two answer alike to the last bit", KERNELS, cache)
