"""Tables of output distributions: time, ratio, growth, fraction of the limit, memory; counts."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile

import numpy as np

import lwfast as lw
from benchmarks.adapters import (
    distribution_exqalibur,
    distribution_lightworks,
    distribution_lwfast,
    distribution_piquasso,
)
from benchmarks.bench_distribution import assert_same, lwfast_counts, numpy_counts, occupation
from benchmarks.compare import Table, fresh_environment, markdown, medians, ratio_text, seconds_text
from benchmarks.fma_rate import fma_flops

PACKAGES = ("exqalibur", "lightworks", "piquasso")
PAIR = [distribution_lwfast, distribution_exqalibur]
SIZES = ((2, 1), (2, 2), (4, 2), (4, 4), (6, 3), (8, 4), (12, 4), (12, 6), (16, 8), (12, 10), (20, 8))


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [
        _peers(),
        _slow_peers(),
        _growth(),
        _limit(),
        _loss(),
        _memory(),
        _counts(),
        _basis(),
        _compilation(),
    ]


def _seconds(adapters, n_modes, n_photons, rounds):
    unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
    exact = lw.output_distribution(unitary, inputs).probabilities
    # Small ones many times over, so that a clock can see them.
    repeats = max(1, min(300, 10_000 // len(exact)))
    calls = {}
    for adapter in adapters:
        assert_same(adapter.probabilities(unitary, inputs), exact)

        def call(adapter=adapter):
            for _ in range(repeats):
                adapter.probabilities(unitary, inputs)

        calls[adapter.name] = call
    return {name: value / repeats for name, value in medians(calls, rounds).items()}


def _peers() -> Table:
    lines = []
    for n_modes, n_photons in SIZES:
        found = _seconds(PAIR, n_modes, n_photons, 5)
        lines.append(
            [
                f"{n_modes} modes, {n_photons} photons",
                f"{math.comb(n_modes + n_photons - 1, n_photons):,}",
                *(seconds_text(found[a.name]) for a in PAIR),
                ratio_text(found["exqalibur"], found["lwfast"]),
            ]
        )
    return "Full distribution", markdown(["", "outcomes", "lwfast", "exqalibur", "ratio"], lines)


def _slow_peers() -> Table:
    adapters = [distribution_lwfast, distribution_lightworks, distribution_piquasso]
    lines = []
    for n_modes, n_photons in ((4, 2), (6, 4), (8, 4)):
        found = _seconds(adapters, n_modes, n_photons, 3)
        lines.append(
            [f"{n_modes} modes, {n_photons} photons", *(seconds_text(found[a.name]) for a in adapters)]
        )
    return "Beside Lightworks and piquasso", markdown(["", *(a.name for a in adapters)], lines)


def _growth() -> Table:
    lines = []
    for n_photons in (2, 4, 6, 8, 10):
        cells = []
        for n_modes in (10, 16, 24):
            size = math.comb(n_modes + n_photons - 1, n_photons)
            if size > 8_000_000:
                cells.append("-")
                continue
            found = _seconds([distribution_lwfast], n_modes, n_photons, 3)["lwfast"]
            cells.append(f"{seconds_text(found)} ({found / size * 1e9:.1f} ns each)")
        lines.append([n_photons, *cells])
    header = ["photons", "10 modes", "16 modes", "24 modes"]
    return "Growth with photons and modes, and time for each outcome", markdown(header, lines)


def _limit() -> Table:
    """Multiply-adds of all layers against what the machine does in registers."""
    lines = []
    rate = fma_flops() / 2
    for n_modes, n_photons in ((12, 10), (20, 8)):
        unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
        call = {"": lambda u=unitary, i=inputs: lw.output_distribution(u, i, workers=1, min_detection=1)}
        seconds = medians(call, 5)[""]
        terms = sum(n_modes * math.comb(n_modes + k - 1, k) for k in range(n_photons))
        lines.append(
            [
                f"{n_modes} modes, {n_photons} photons, one core",
                seconds_text(seconds),
                f"{4 * terms / seconds / 1e9:.2f} G/s",
                f"{rate / 1e9:.1f} G/s",
                f"{400 * terms / seconds / rate:.0f} %",
            ]
        )
    header = ["", "time", "real multiply-adds", "limit of one core", "fraction"]
    return "Fraction of the limit", markdown(header, lines)


def _loss() -> Table:
    lines = []
    for n_modes, n_photons in ((8, 4), (12, 6), (20, 8)):
        unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
        matrix = lw.random_unitary(2 * n_modes, seed=1)[:n_modes, :n_modes]
        calls = {
            "unitary": lambda u=unitary, i=inputs: lw.output_distribution(u, i),
            "lossy": lambda u=matrix, i=inputs: lw.output_distribution(u, i),
            "clicks": lambda u=matrix, i=inputs: lw.output_distribution(u, i, threshold=True),
        }
        found = medians(calls, 3)
        lines.append([f"{n_modes} modes, {n_photons} photons", *map(seconds_text, found.values())])
    header = ["", "unitary", "every mode lossy", "lossy, threshold detectors"]
    return "Loss and threshold detectors", markdown(header, lines)


def _memory() -> Table:
    lines = []
    for n_modes, n_photons in ((16, 8), (20, 8)):
        cells = [_peak(adapter.__name__, n_modes, n_photons) for adapter in PAIR]
        name = f"{n_modes} modes, {n_photons} photons"
        lines.append([name, *(f"{cell:.0f} MB" for cell in cells), f"{cells[1] / cells[0]:.1f}"])
    header = ["", "lwfast", "exqalibur", "exqalibur / lwfast"]
    return "Peak memory above that of the warm process", markdown(header, lines)


def _peak(adapter: str, n_modes: int, n_photons: int) -> float:
    """MB that one distribution takes in a process that has done a small one."""
    code = (
        "import importlib; import lwfast as lw\n"
        f"a = importlib.import_module({adapter!r})\n"
        "a.probabilities(lw.random_unitary(10, 1), [1] * 7 + [0] * 3)\n"
        "def peak():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
        f"u = lw.random_unitary({n_modes}, 1)\n"
        "open('/proc/self/clear_refs', 'w').write('5')  # Linux: forget the highest memory so far\n"
        f"before = peak(); a.probabilities(u, [1] * {n_photons} + [0] * {n_modes - n_photons})\n"
        "print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1e3


def _counts() -> Table:
    lines = []
    for n_outcomes, n_samples in ((10**3, 10**6), (10**6, 10**6), (10**6, 10**7)):
        p = np.random.default_rng(0).exponential(size=n_outcomes)
        p /= p.sum()
        if not np.array_equal(lwfast_counts(p, n_samples, 1), numpy_counts(p, n_samples, 1)):
            raise AssertionError("counts differ from those of Generator.choice")
        calls = {
            "lwfast": lambda p=p, n=n_samples: lwfast_counts(p, n, 1),
            "numpy": lambda p=p, n=n_samples: numpy_counts(p, n, 1),
        }
        found = medians(calls, 3)
        lines.append(
            [
                f"{n_samples:,} of {n_outcomes:,}",
                *map(seconds_text, found.values()),
                ratio_text(found["numpy"], found["lwfast"]),
            ]
        )
    p = np.random.default_rng(0).exponential(size=10**6)
    alone = medians({"": lambda: lwfast_counts(p, 10**8, 1)}, 1)[""]
    lines.append(["100,000,000 of 1,000,000", seconds_text(alone), "-", "-"])
    return "Samples of outcomes, counted", markdown(["", "lwfast", "choice + unique", "ratio"], lines)


def _basis() -> Table:
    """All states written, ranked, and written again from their ranks, beside the memory traffic alone."""
    lines = []
    for n_modes, n_photons in ((12, 6), (20, 8)):
        states = lw.fock_basis(n_modes, n_photons)
        ranks = lw.fock_rank(states)
        if not np.array_equal(ranks, np.arange(len(states))):
            raise AssertionError("ranks are not the rows of the basis")
        words = states.reshape(-1)[: states.size // 8 * 8].view(np.uint64)
        calls = {
            "basis": lambda m=n_modes, n=n_photons: lw.fock_basis(m, n),
            "rank": lambda s=states: lw.fock_rank(s),
            "unrank": lambda r=ranks, m=n_modes, n=n_photons: lw.fock_unrank(r, m, n),
            "write": lambda shape=states.shape: np.full(shape, 1, dtype=np.uint8),
            "read": lambda w=words: np.bitwise_or.reduce(w),
        }
        found = medians(calls, 5)
        texts = [f"{seconds_text(t)} ({states.nbytes / t * 1e-9:.2g} GB/s)" for t in found.values()]
        lines.append([f"{n_modes} modes, {n_photons} photons", f"{len(states):,}", *texts])
    header = ["", "states", "fock_basis", "fock_rank", "fock_unrank", "writing as much", "reading as much"]
    return "The Fock basis, in bytes of the table per second", markdown(header, lines)


def _compilation() -> Table:
    code = (
        "import time, numpy as np, numba, lwfast as lw; u = lw.random_unitary(4, seed=1); "
        "t = time.perf_counter(); lw.output_distribution(u, [1, 1, 0, 0]); print(time.perf_counter() - t)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = fresh_environment(NUMBA_CACHE_DIR=folder, LWFAST_QUIET="1")
        found = []
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
            )
            found.append(seconds_text(float(done.stdout)))
    return "First call in a process", markdown(["compiling", "from the cache"], [found])
