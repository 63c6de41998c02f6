"""Distributions of threshold detectors: one bit a mode."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lwfast._loss import complete_columns
from lwfast._memory import check_memory
from lwfast._noise import SourceTerms
from lwfast._outcomes import OutputDistribution
from lwfast._parallel import run_chunks
from lwfast._types import FloatArray, StateTable

if TYPE_CHECKING:
    from lwfast._experiment import Experiment

MAX_MODES = 22
"""Most modes of which every set is looked at. The rounding of an outcome grows as 2^(modes / 2)."""
_MAX_PHOTONS = 16
_LEAST_SETS = 512
"""Sets that share the Gram matrix of their highest modes."""
_CHUNK_TERMS = 1 << 25
"""Column terms of a chunk: some ten milliseconds, so that Ctrl-C is soon heard."""


def group_rows(rows: StateTable, weights: FloatArray) -> tuple[StateTable, FloatArray]:
    """Add the weights of equal rows.

    Args:
        rows: uint8[K, m].
        weights: float64[K].

    Returns:
        The distinct rows, ordered by the last mode first, and the sum of the weights of each.
    """
    if len(rows) == 0:
        return rows, weights
    if rows.max(initial=0) <= 1:
        packed = np.packbits(rows, axis=1, bitorder="little")
    else:
        packed = np.ascontiguousarray(rows)
    width = max(1, -(-packed.shape[1] // 8))
    keys = np.zeros((len(rows), 8 * width), dtype=np.uint8)
    keys[:, : packed.shape[1]] = packed
    words = keys.view("<u8")
    order = np.lexsort(words.T)
    words = words[order]
    starts = np.flatnonzero(np.r_[True, (words[1:] != words[:-1]).any(axis=1)])
    return rows[order[starts]], np.add.reduceat(weights[order], starts)


def clicks_fit(experiment: Experiment) -> bool:
    """Whether `click_distribution` can do this experiment."""
    if experiment.n_modes > MAX_MODES or not 0 < sum(experiment.photons) <= _MAX_PHOTONS:
        return False
    # Photons that share a mode and may or may not interfere have no single permanent.
    return experiment.terms is None or max(experiment.photons) == 1


def click_distribution(experiment: Experiment, workers: int | None = None) -> OutputDistribution:
    """Compute the distribution of click patterns, one permanent for each set of modes.

    Args:
        experiment: A shot with threshold detectors only, for which `clicks_fit`.
        workers: Number of threads.

    Returns:
        All patterns that can occur, as bit masks in ascending order, mode 0 the lowest bit.

    Raises:
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: It would not fit in memory.
    """
    from lwfast._kernels.noise import clicks_from_no_clicks, no_click_probabilities

    m = experiment.n_modes
    check_memory((16 + m) << m, f"The distribution of clicks in {m} modes", remedy="Draw samples instead.")
    occupied = [mode for mode, photons in enumerate(experiment.photons) if photons]
    cleaned, _ = complete_columns(experiment.matrix[:, occupied], experiment.tolerance)
    entered = np.repeat(np.arange(len(occupied)), [experiment.photons[mode] for mode in occupied])
    repeated = cleaned[:, entered]
    overlap = (entered[:, np.newaxis] == entered).astype(np.float64)
    # At least as many modes as the lanes of a vector tell apart; the padding modes see nothing.
    padded = max(m, 3)
    columns = np.zeros((padded, repeated.shape[1]), dtype=np.complex128)
    columns[:m] = repeated
    dark = np.zeros(padded)
    dark[:m] = experiment.dark
    terms = experiment.terms or SourceTerms(0.0, 1.0, 0.0, 0.0, 0.0)
    values = np.empty(1 << padded)
    terms_each = repeated.shape[1] << (repeated.shape[1] - 1)
    step = len(values)
    while step > _LEAST_SETS and step * terms_each > _CHUNK_TERMS:
        step //= 2
    chunks = len(values) // step
    real, imag = np.ascontiguousarray(columns.real), np.ascontiguousarray(columns.imag)
    run_chunks(
        lambda chunk: no_click_probabilities(
            real, imag, overlap, terms.as_array(), dark, chunk * step, (chunk + 1) * step, values
        ),
        chunks,
        workers,
        "sets of modes" if chunks > 1 else None,
    )
    clicks_from_no_clicks(values, padded)
    patterns = np.arange(1 << m, dtype="<u8")
    states = np.unpackbits(patterns.view(np.uint8).reshape(-1, 8), axis=1, count=m, bitorder="little")
    found = values[: 1 << m] / math.prod(math.factorial(k) for k in experiment.photons)
    # What is left of alternating sums where nothing can click is rounding.
    most = experiment.most_photons
    found[(states.sum(axis=1) > most) | (found < 0.0)] = 0.0
    found /= found.sum()
    return OutputDistribution(found, states=states)
