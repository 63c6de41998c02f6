"""Tables of boson sampling: time for each sample, ratio, growth with photons and modes, memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import numpy as np

import lwfast as lw
from benchmarks.adapters import boson_sampling_exqalibur, boson_sampling_lwfast, boson_sampling_piquasso
from benchmarks.bench_boson_sampling import PEER_SAMPLES, occupation, rows
from benchmarks.compare import Table, fresh_environment, markdown, medians, ratio_text, seconds_text

PACKAGES = ("exqalibur", "piquasso")
PAIR = [boson_sampling_lwfast, boson_sampling_exqalibur]


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_peers(), _counts(), _growth(), _piquasso(), _loss(), _compilation()]


def _each(n_modes: int, n_photons: int, counts: dict[str, int], rounds: int) -> dict[str, float]:
    """Median seconds for each sample."""
    unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
    draws = {a.name: a.sampler(unitary, inputs) for a in PAIR}
    for name, draw in draws.items():
        if not (rows(draw(counts[name])).sum(axis=1) == n_photons).all():
            raise AssertionError(f"{name} lost a photon")
    seconds = medians({name: (lambda d=draw, c=counts[name]: d(c)) for name, draw in draws.items()}, rounds)
    return {name: value / counts[name] for name, value in seconds.items()}


def _peers() -> Table:
    lines = []
    for n_modes, n_photons, ours, peer, rounds in (
        (12, 6, 20_000, 5_000, 5),
        (20, 8, 10_000, 5_000, 5),
        (60, 10, 2_000, 1_000, 5),
        (20, 12, 500, 200, 5),
        (60, 15, 64, 20, 3),
        (16, 16, 64, 20, 3),
        (60, 18, 16, 4, 3),
        (60, 20, 8, 2, 3),
        (20, 20, 16, 2, 3),
    ):
        each = _each(n_modes, n_photons, {"lwfast": ours, "exqalibur": peer}, rounds)
        lines.append(
            [
                f"{n_modes} modes, {n_photons} photons",
                *(seconds_text(each[a.name]) for a in PAIR),
                ratio_text(each["exqalibur"], each["lwfast"]),
            ]
        )
    return "Time for each sample", markdown(["", "lwfast", "exqalibur", "ratio"], lines)


def _counts() -> Table:
    """From a thousand samples to a million, in one call."""
    lines = []
    for (n_modes, n_photons), most in PEER_SAMPLES.items():
        unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
        draws = {a.name: a.sampler(unitary, inputs) for a in PAIR}
        for count in (10**3, 10**4, 10**5, 10**6):
            asked = {"lwfast": count, "exqalibur": min(count, most)}
            for name, draw in draws.items() if count == 10**3 else ():
                if not (rows(draw(count)).sum(axis=1) == n_photons).all():
                    raise AssertionError(f"{name} lost a photon")
            calls = {name: (lambda d=draw, c=asked[name]: d(c)) for name, draw in draws.items()}
            seconds = medians(calls, 5 if count <= 10**4 else 1, warmups=1 if count <= 10**5 else 0)
            peer = seconds["exqalibur"] / asked["exqalibur"] * count
            lines.append(
                [
                    f"{count:,} of {n_modes} modes, {n_photons} photons",
                    seconds_text(seconds["lwfast"]),
                    seconds_text(peer) + (f" (from {most:,})" if count > most else ""),
                    ratio_text(peer, seconds["lwfast"]),
                ]
            )
    return "Time for many samples", markdown(["", "lwfast", "exqalibur", "ratio"], lines)


def _growth() -> Table:
    lines = []
    for n_photons in (4, 8, 12, 16, 20, 22):
        count = max(4, 200_000 >> n_photons)
        cells = []
        for n_modes in (n_photons, 3 * n_photons, n_photons**2 // 2):
            unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
            seconds = medians({"": lambda u=unitary, i=inputs, c=count: lw.boson_sample(u, i, c, rng=1)}, 3)[
                ""
            ]
            cells.append(seconds_text(seconds / count))
        memory = 33 * 2 ** (n_photons - 1)
        lines.append([n_photons, *cells, f"{memory / 1e6:.3g} MB" if memory > 1e5 else "-"])
    header = ["n photons", "n modes", "3 n modes", "n²/2 modes", "tables for each thread"]
    return "Growth with photons and modes, time for each sample", markdown(header, lines)


def _piquasso() -> Table:
    unitary, inputs = lw.random_unitary(12, seed=1), occupation(12, 6)
    counts = {"lwfast": 20_000, "piquasso": 30}
    draws = {a.name: a.sampler(unitary, inputs) for a in (boson_sampling_lwfast, boson_sampling_piquasso)}
    seconds = medians({name: (lambda d=d, n=name: d(counts[n])) for name, d in draws.items()}, 3)
    each = [seconds[name] / counts[name] for name in counts]
    line = ["12 modes, 6 photons", *map(seconds_text, each), ratio_text(each[1], each[0])]
    return "Beside piquasso", markdown(["", "lwfast", "piquasso", "ratio"], [line])


def _loss() -> Table:
    """What loss costs: at most one mode more for each photon."""
    lines = []
    for n_modes, n_photons, count in ((20, 8, 10_000), (60, 12, 200)):
        unitary, inputs = lw.random_unitary(n_modes, seed=1), occupation(n_modes, n_photons)
        lossy = unitary @ np.diag(np.linspace(0.7, 1, n_modes)) @ lw.random_unitary(n_modes, seed=2)
        calls = {
            "unitary": lambda u=unitary, i=inputs, c=count: lw.boson_sample(u, i, c, rng=1),
            "lossy": lambda u=lossy, i=inputs, c=count: lw.boson_sample(u, i, c, rng=1),
        }
        seconds = medians(calls, 5)
        lines.append(
            [
                f"{n_modes} modes, {n_photons} photons",
                *(seconds_text(value / count) for value in seconds.values()),
                f"{seconds['lossy'] / seconds['unitary']:.2f}",
            ]
        )
    return "A circuit that loses light", markdown(["", "unitary", "lossy", "lossy / unitary"], lines)


def _compilation() -> Table:
    code = (
        "import time, numpy as np, numba, lwfast as lw; u = lw.random_unitary(4, seed=1); "
        "t = time.perf_counter(); lw.boson_sample(u, [1, 1, 0, 0], 10, rng=1); print(time.perf_counter() - t)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = fresh_environment(NUMBA_CACHE_DIR=folder)
        seconds = [
            float(
                subprocess.run(
                    [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
                ).stdout
            )
            for _ in range(2)
        ]
    return "First call in a process", markdown(
        ["compiling", "from the cache"], [[seconds_text(s) for s in seconds]]
    )
