"""Result tables of any size for the benchmarks."""

from __future__ import annotations

import functools

import numpy as np

import lwfast as lw

N_MODES = 20
N_PHOTONS = 12
RULES = [((0, 1), (1,)), ((2, 3), (0, 1))]
HERALDS = {10: 0, 11: 1}


@functools.lru_cache(maxsize=2)
def table(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct states of 20 modes and 12 photons in random order, and their counts."""
    rng = np.random.default_rng(n_rows)
    states = np.zeros((0, N_MODES), np.uint8)
    while len(states) < n_rows:
        more = samples(rng, n_rows)
        states, _ = lw.group_counts(np.concatenate([states, more]))
    return np.ascontiguousarray(states[:n_rows]), rng.integers(1, 1000, n_rows)


@functools.lru_cache(maxsize=2)
def repeated(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Raw samples of 20 modes and 4 photons: many equal rows."""
    rng = np.random.default_rng(n_rows)
    return samples(rng, n_rows, 4), np.ones(n_rows, np.int64)


@functools.lru_cache(maxsize=2)
def body(n_rows: int) -> bytes:
    """The table as the scheduler sends it, with rules and heralds."""
    job_data = {
        "post_select": [[list(modes), list(totals)] for modes, totals in RULES],
        "herald": [[[mode], [n]] for mode, n in HERALDS.items()],
    }
    return lw.encode_result(*table(n_rows), job_data)


def samples(rng: np.random.Generator, n_rows: int, n_photons: int = N_PHOTONS) -> np.ndarray:
    """Draw rows with each photon in a random mode."""
    states = np.zeros((n_rows, N_MODES), np.uint8)
    rows = np.arange(n_rows)
    for _ in range(n_photons):
        states[rows, rng.integers(0, N_MODES, n_rows)] += 1
    return states


def checksum(n_states: int, n_samples: int) -> tuple[int, int]:
    """What every competitor's answer is reduced to and compared by."""
    return int(n_states), int(n_samples)
