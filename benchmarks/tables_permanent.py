"""Tables of permanents: time, ratio, fraction of the machine's limit, growth, accuracy."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from fractions import Fraction

import numpy as np

import lwfast as lw
from benchmarks.adapters import permanent_lwfast
from benchmarks.bench_permanent import ADAPTERS as CASES
from benchmarks.bench_permanent import EXACT, by_minors, haar, haar_stack
from benchmarks.compare import Table, fresh_environment, markdown, medians, ratio_text, seconds_text
from benchmarks.fma_rate import fma_flops

PACKAGES = ("thewalrus", "exqalibur", "piquasso")
ADAPTERS = [case.values[0] for case in CASES]
PEERS = [adapter for adapter in ADAPTERS if adapter is not permanent_lwfast]


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_single(), _stacks(), _repeated(), _accuracy(), _compilation()]


def _checked(adapter, matrix: np.ndarray):
    expected = by_minors(matrix)
    value = adapter.permanent(matrix)
    if not abs(value - expected) <= EXACT[adapter.name] * abs(expected):
        raise AssertionError(f"{adapter.name}: {value} is not {expected}")
    return lambda: adapter.permanent(matrix)


def _single() -> Table:
    threads = len(os.sched_getaffinity(0))
    rows = []
    for n in (4, 6, 8, 10, 12, 14, 16, 17, 18, 20, 22, 24):
        matrix = haar(n)
        rounds = 101 if n < 15 else 21 if n < 19 else 5 if n < 24 else 3
        limit = fma_flops(threads if n >= 16 else 1)
        seconds = medians({a.name: _checked(a, matrix) for a in ADAPTERS}, rounds=rounds, settle=0.02)
        best = min(PEERS, key=lambda a: seconds[a.name]).name
        flops = 8 * n * 2 ** (n - 1) / seconds["lwfast"]
        rows.append(
            [
                n,
                *(seconds_text(seconds[a.name]) for a in ADAPTERS),
                best,
                ratio_text(seconds[best], seconds["lwfast"]),
                f"{seconds['lwfast'] * 1e9 / (n * 2 ** (n - 1)):.3g} ns",
                f"{100 * flops / limit:.0f} %",
            ]
        )
    header = ["n", *(a.name for a in ADAPTERS), "best peer", "ratio", "per column term", "of the FMA limit"]
    note = (
        "\n\nEach time is that of a second call in a row: piquasso's threads spin on after a call. Of the "
        "FMA limit: the 8 n 2^(n-1) operations of Glynn's formula a second, over what a loop of "
        "multiply-adds on the same cores reaches in the same run. It may pass 100 %: columns in pairs need "
        "fewer."
    )
    return "One n x n matrix, a block of a Haar unitary", markdown(header, rows) + note


def _stacks() -> Table:
    rows = []
    for n, count in ((2, 100_000), (4, 100_000), (6, 20_000), (8, 100_000), (12, 1_000)):
        matrices = haar_stack(n, count)
        part = matrices[: max(count // 50, 20)]
        for adapter in ADAPTERS:
            miss = abs(adapter.stack(part)[-1] / by_minors(part[-1]) - 1)
            if not miss < EXACT[adapter.name]:
                raise AssertionError(f"{adapter.name} misses by {miss}")
        # The peers loop over matrices, so a part of them tells the time of all.
        calls = {a.name: (lambda a=a, part=part: a.stack(part)) for a in PEERS}
        calls["lwfast"] = lambda matrices=matrices: lw.permanent(matrices)
        seconds = medians(calls, rounds=5)
        each = {name: value / (count if name == "lwfast" else len(part)) for name, value in seconds.items()}
        best = min(PEERS, key=lambda a: each[a.name]).name
        rows.append(
            [
                f"{count:,} of {n} x {n}",
                *(seconds_text(each[a.name]) for a in ADAPTERS),
                ratio_text(each["thewalrus"], each["lwfast"]),
                ratio_text(each[best], each["lwfast"]),
            ]
        )
    header = ["stack", *(f"{a.name}, each" for a in ADAPTERS), "over thewalrus", "over the best"]
    return "Stacks of matrices, time for each", markdown(header, rows)


def _repeated() -> Table:
    rows = []
    rng = np.random.default_rng(1)
    for powers in ((3, 3, 3, 3), (2,) * 8, (6, 6, 6), (20, 20), (2,) * 6 + (1,) * 8):
        matrix = (rng.normal(size=(len(powers),) * 2) + 1j * rng.normal(size=(len(powers),) * 2)) / 4
        calls = {
            a.name: (lambda a=a, m=matrix, p=list(powers): a.repeated(m, p, p))
            for a in ADAPTERS
            if hasattr(a, "repeated")
        }
        seconds = medians(calls, rounds=9)
        value, reference = (calls[name]() for name in ("lwfast", "piquasso"))
        rows.append(
            [
                " ".join(map(str, powers)),
                *(seconds_text(s) for s in seconds.values()),
                ratio_text(seconds["piquasso"], seconds["lwfast"]),
                f"{abs(reference - value) / abs(value):.1g}",
            ]
        )
    header = ["multiplicities of rows and columns", "lwfast", "piquasso", "ratio", "piquasso's difference"]
    return "Repeated rows and columns", markdown(header, rows)


def _accuracy() -> Table:
    from tests.reference.permanent import permanent_equal_rows, permanent_long, relative_error

    rows = []
    for n in (8, 12, 16, 18):
        matrix = haar(n)
        exact = permanent_long(matrix)
        rows.append(
            [
                f"Haar block, n = {n}",
                *(
                    f"{float(abs(np.clongdouble(a.permanent(matrix)) - exact) / abs(exact)):.1g}"
                    for a in ADAPTERS
                ),
            ]
        )
    for n in (12, 18, 24):
        row = haar(n)[0]
        exact_parts: tuple[Fraction, Fraction] = permanent_equal_rows(row)
        matrix = np.ascontiguousarray(np.tile(row, (n, 1)))
        rows.append(
            [
                f"all {n} photons in one mode",
                *(f"{relative_error(complex(a.permanent(matrix)), exact_parts):.1g}" for a in ADAPTERS),
            ]
        )
    return "Relative error", markdown(["", *(a.name for a in ADAPTERS)], rows)


def _compilation() -> Table:
    """First call in a fresh process, with an empty cache and from the cache."""
    calls = {
        "one 8 x 8": "lw.permanent(np.ones((8, 8), complex))",
        "one 20 x 20": "lw.permanent(np.random.default_rng(0).normal(size=(20, 20)))",
        "a stack": "lw.permanent(np.ones((9, 8, 8), complex))",
        "with multiplicities": "lw.permanent(np.ones((2, 2)), rows=[20, 20], cols=[20, 20])",
        "minors": "lw.permanent_minors(np.ones((5, 4)))",
        "an error bound": "lw.permanent(np.random.default_rng(0).normal(size=(9, 9)), return_error=True)",
    }
    rows = []
    for title, call in calls.items():
        code = (
            "import time, numpy as np, numba, lwfast as lw; t = time.perf_counter(); "
            f"{call}; print(time.perf_counter() - t)"
        )
        with tempfile.TemporaryDirectory() as folder:
            seconds = [
                float(
                    subprocess.run(
                        [sys.executable, "-c", code],
                        env=fresh_environment(NUMBA_CACHE_DIR=folder),
                        capture_output=True,
                        text=True,
                        check=True,
                    ).stdout
                )
                for _ in range(2)
            ]
        rows.append([title, *(seconds_text(s) for s in seconds)])
    return "First call in a process", markdown(["", "compiling", "from the cache"], rows)
