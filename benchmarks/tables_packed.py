"""Tables in words beside bytes, polars, DuckDB and NumPy: select, group, map, sum, marginals, memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.adapters import packed_bytes, packed_duckdb, packed_lwfast, packed_numpy, packed_polars
from benchmarks.compare import Table, markdown, medians, ratio_text, seconds_text
from benchmarks.result_data import N_MODES, samples
from lwfast.tables.counts import group_checked

PACKAGES = ("polars", "duckdb", "numpy", "numba")
SIZES = (1_000_000, 10_000_000)
RULES = [((0, 1), (1,)), ((2, 3), (0, 1))]
"""About a quarter of the rows of seven photons is kept."""
MODES = (2, 3, 11, 19)
BINS = [range(5), range(5, 10), range(10, 15), range(15, 20)]
LIMIT = "reading words and counts once"
COLUMNS = ", ".join(f"m{mode}" for mode in range(N_MODES))
Calls = Mapping[str, Callable[[], object]]


class Data:
    """One table in the form of each library.

    Args:
        n_rows: Rows.
        n_photons: Photons of each row.
        distinct: Whether equal rows are added up before.
    """

    def __init__(self, n_rows: int, n_photons: int, distinct: bool) -> None:
        rng = np.random.default_rng(n_rows)
        states, counts = samples(rng, n_rows, n_photons), np.ones(n_rows, np.int64)
        if distinct:
            states, counts = group_checked(states, counts, owned=True)
        self.words = packed_lwfast.prepare(states, counts)
        self.bytes = packed_bytes.prepare(states, counts)
        self.numpy = packed_numpy.prepare(states, counts)
        self.frame = packed_polars.prepare(states, counts)
        self.frame_of_words = packed_polars.prepare_words(self.words)
        self.duck = packed_duckdb.prepare(self.frame)
        self.duck_of_words = packed_duckdb.prepare(self.frame_of_words)
        self.layout = self.words[0].bits, N_MODES

    def read(self) -> object:
        """Read the words and the counts, on one core."""
        return self.words[0].columns.max(), self.words[1].max()


@functools.lru_cache(maxsize=1)
def data(n_rows: int, n_photons: int, distinct: bool = False) -> Data:
    """Rows of 20 modes, each photon in a random one."""
    return Data(n_rows, n_photons, distinct)


def tables() -> list[Table]:
    """Measure, and write the tables."""
    return [
        _table("Post-select with two rules of two modes, 20 modes and 7 photons", _select, 7),
        _table("Add up equal rows of raw samples, 20 modes and 4 photons", _group, 4),
        _table("Add up equal rows of raw samples, 20 modes and 7 photons", _group, 7),
        _table("Map to threshold states and add up, 20 modes and 7 photons", _threshold, 7),
        _table("Map to parities and add up, 20 modes and 7 photons", _parity, 7),
        _table("Photon histogram, means of modes and all two-mode correlations", _summary, 7),
        _table("Marginal of four of 20 modes", _marginal, 7),
        _table("Photons in four bins of five modes", _binned, 7),
        _memory(),
    ]


def _select(d: Data) -> Calls:
    return {
        "lwfast": lambda: packed_lwfast.select(d.words, RULES),
        "lwfast, bytes": lambda: packed_bytes.select(d.bytes, RULES),
        "polars on columns": lambda: packed_polars.select(d.frame, RULES),
        "polars on words": lambda: packed_polars.select_words(d.frame_of_words, RULES, *d.layout),
        "duckdb on columns": lambda: packed_duckdb.select(d.duck, RULES),
        "duckdb on words": lambda: packed_duckdb.select_words(d.duck_of_words, RULES, *d.layout),
        "numpy on words": lambda: packed_numpy.select(d.numpy, RULES),
    }


def _group(d: Data) -> Calls:
    return {
        "lwfast": lambda: packed_lwfast.group(d.words),
        "lwfast, bytes": lambda: packed_bytes.group(d.bytes),
        "polars on columns": lambda: packed_polars.group(d.frame),
        "polars on words": lambda: packed_polars.group_words(d.frame_of_words),
        "duckdb on columns": lambda: packed_duckdb.group(d.duck, COLUMNS),
        "duckdb on words": lambda: packed_duckdb.group(d.duck_of_words, "w"),
        "numpy on words": lambda: packed_numpy.group(d.numpy),
    }


def _threshold(d: Data) -> Calls:
    ones = sum(1 << d.layout[0] * mode for mode in range(N_MODES))
    clicks = "|".join(f"(w >> {k})" for k in range(d.layout[0]))
    return {
        "lwfast": lambda: packed_lwfast.threshold(d.words),
        "lwfast, bytes": lambda: packed_bytes.threshold(d.bytes),
        "polars on columns": lambda: packed_polars.threshold(d.frame),
        "polars on words": lambda: packed_polars.threshold_words(d.frame_of_words, *d.layout),
        "duckdb on words": lambda: packed_duckdb.group(d.duck_of_words, f"(({clicks}) & {ones}) as w"),
        "numpy on words": lambda: packed_numpy.threshold(d.numpy),
    }


def _parity(d: Data) -> Calls:
    ones = sum(1 << d.layout[0] * mode for mode in range(N_MODES))
    return {
        "lwfast": lambda: packed_lwfast.parity(d.words),
        "lwfast, bytes": lambda: packed_bytes.parity(d.bytes),
        "polars on words": lambda: packed_polars.parity_words(d.frame_of_words, *d.layout),
        "duckdb on words": lambda: packed_duckdb.group(d.duck_of_words, f"(w & {ones}) as w"),
        "numpy on words": lambda: packed_numpy.parity(d.numpy),
    }


def _summary(d: Data) -> Calls:
    return {
        "lwfast": lambda: packed_lwfast.summary(d.words),
        "lwfast, bytes": lambda: packed_bytes.summary(d.bytes),
    }


def _marginal(d: Data) -> Calls:
    columns = ", ".join(f"m{mode}" for mode in MODES)
    return {
        "lwfast": lambda: packed_lwfast.marginal(d.words, MODES),
        "lwfast, bytes": lambda: packed_bytes.marginal(d.bytes, MODES),
        "polars on columns": lambda: packed_polars.marginal(d.frame, MODES),
        "duckdb on columns": lambda: packed_duckdb.group(d.duck, columns),
    }


def _binned(d: Data) -> Calls:
    totals = ", ".join(f"{'+'.join(f'm{m}::int' for m in modes)} as b{k}" for k, modes in enumerate(BINS))
    return {
        "lwfast": lambda: packed_lwfast.binned(d.words, BINS),
        "lwfast, bytes": lambda: packed_bytes.binned(d.bytes, BINS),
        "polars on columns": lambda: packed_polars.binned(d.frame, BINS),
        "duckdb on columns": lambda: packed_duckdb.group(d.duck, totals),
    }


def _table(title: str, calls: Callable[[Data], Calls], n_photons: int) -> Table:
    """One line for each size and library; all give one answer."""
    rows = []
    for n in SIZES:
        d = data(n, n_photons)
        found = dict(calls(d))
        answers = {name: call() for name, call in found.items()}
        if len({tuple(map(int, np.atleast_1d(answer))) for answer in answers.values()}) > 1:
            raise AssertionError(f"{title}: the answers differ: {answers}")
        seconds = medians({**found, LIMIT: d.read}, rounds=7 if n <= SIZES[0] else 3)
        for name, time in seconds.items():
            rows.append(
                [
                    f"10^{len(str(n)) - 1} rows, {name}",
                    seconds_text(time),
                    f"{time / n * 1e9:.3g}",
                    "" if name == "lwfast" else ratio_text(time, seconds["lwfast"]),
                ]
            )
    return title, markdown(["", "time", "ns per row", "lwfast is faster by"], rows)


def _memory() -> Table:
    d = data(SIZES[-1], 7)
    n_rows = len(d.words[1])
    kept = d.words[0].columns.nbytes + d.words[1].nbytes
    rows = [
        ["lwfast", f"{kept / 1e6:.0f} MB", f"{kept / n_rows:.3g}"],
        ["lwfast, bytes", f"{sum(a.nbytes for a in d.bytes) / 1e6:.0f} MB", f"{28:.3g}"],
        [
            "polars on columns",
            f"{d.frame.estimated_size() / 1e6:.0f} MB",
            f"{d.frame.estimated_size() / n_rows:.3g}",
        ],
    ]
    return "Memory of 10^7 rows with their counts, 20 modes", markdown(["", "memory", "bytes per row"], rows)
