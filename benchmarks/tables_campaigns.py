"""Campaigns: many Parquet files on disk, post-selected, mapped and added up, beside polars and DuckDB."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.compare import Table, fresh_environment, markdown, ratio_text, seconds_text
from benchmarks.result_data import samples
from lwfast.results import SamplingResult, load_result

PACKAGES = ("polars", "duckdb", "pyarrow", "numpy")
FILE_ROWS = 250_000
SIZES = (1_000_000, 10_000_000, 100_000_000)
MANY_ROUNDS = 10_000_000
"""Rows up to which each is run `ROUNDS` times; above, once."""
ROUNDS = 3
_LIMIT_SECONDS = 600


def make_files(folder: Path, n_files: int, n_rows: int, n_photons: int, kinds: int = 0) -> None:
    """Write files of about `n_rows` distinct states of 20 modes.

    Args:
        folder: Where.
        n_files: How many.
        n_rows: Samples that each is made of, before equal ones are added up.
        n_photons: Photons of each state.
        kinds: How many files have states of their own, which the others have with other counts; 0 for all.
    """
    folder.mkdir(parents=True)
    for k in range(n_files):
        path = folder / f"run_{k:03}.parquet"
        rng = np.random.default_rng(k)
        if kinds and k >= kinds:
            states = load_result(folder / f"run_{k % kinds:03}.parquet").states
        else:
            states = samples(rng, n_rows, n_photons)
        counts = rng.integers(1, 1000, len(states))
        SamplingResult.from_columns(states, counts, metadata={"qpu": "Artemis"}).save(path)


def measured(library: str, folder: Path, workers: int = 0) -> tuple[float, float, int, list[int]]:
    """Return seconds, seconds of processors, peak memory and the answer, of a process of its own."""
    script = Path(__file__).with_name("campaign_runs.py")
    command = [sys.executable, str(script), library, str(folder), *([str(workers)] if workers else [])]
    root = str(script.parent.parent)
    done = subprocess.run(
        command,
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=_LIMIT_SECONDS,
        env=fresh_environment(PYTHONPATH=root),
    )
    seconds, processor, peak, answer = json.loads(done.stdout)
    return seconds, processor, peak, answer


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [_large(), _small()]


def _large() -> Table:
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as top:
        for n in SIZES:
            folder = Path(top) / str(n)
            make_files(folder, n // FILE_ROWS, FILE_ROWS, 8, kinds=40)
            libraries = [("lwfast", 0), ("lwfast", 1), ("lwfast", 2), ("polars", 0), ("duckdb", 0)]
            title = f"10^{len(str(n)) - 1} rows in {n // FILE_ROWS} files"
            rows += _lines(title, folder, libraries, rounds=ROUNDS if n <= MANY_ROUNDS else 1)
    header = ["", "time", "all processors", "peak of the first process", "lwfast is faster by"]
    return "Parquet files of 250,000 rows: two rules, a herald, threshold map, sum", markdown(header, rows)


def _small() -> Table:
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "small"
        make_files(folder, 400, 2_000, 3)
        rows = _lines("400 files", folder, [("lwfast", 0), ("polars", 0), ("duckdb", 0)], ROUNDS)
    header = ["", "time", "all processors", "peak of the first process", "lwfast is faster by"]
    return "The same with small files, 1,100 states each, most of which are in all", markdown(header, rows)


def _lines(title: str, folder: Path, libraries: list[tuple[str, int]], rounds: int) -> list[list[str]]:
    """Return a line for each library: medians of processes that ran in turn."""
    found: dict[tuple[str, int], list[tuple[float, float, int, list[int]]]] = {one: [] for one in libraries}
    for _ in range(rounds):
        for library in libraries:
            found[library].append(measured(library[0], folder, library[1]))
    if len({tuple(run[3]) for runs in found.values() for run in runs}) > 1:
        raise AssertionError(f"{title}: the answers differ: {found}")
    medians = {
        one: [statistics.median(run[k] for run in runs) for k in range(3)] for one, runs in found.items()
    }
    ours = medians["lwfast", 0][0]
    lines = []
    for (library, workers), (seconds, processor, peak) in medians.items():
        pool = f", pool of {workers}" if workers else ""
        ratio = "" if (library, workers) == ("lwfast", 0) else ratio_text(seconds, ours)
        times = [seconds_text(seconds), seconds_text(processor)]
        lines.append([f"{title}, {library}{pool}", *times, f"{peak / 1e6:.0f} MB", ratio])
    return lines
