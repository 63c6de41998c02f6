"""Distributions of threshold detectors: one bit per mode."""

from __future__ import annotations

import math

import numpy as np

from lwfast._base.memory import check_memory
from lwfast._base.parallel import run_chunks
from lwfast._types import FloatArray
from lwfast.optics.costs import clicks_bytes
from lwfast.optics.distributions.photon_numbers import OutputDistribution
from lwfast.optics.experiment import Experiment
from lwfast.optics.noise.source_terms import SourceTerms

_LEAST_SETS = 512
"""Sets that share the Gram matrix of their highest modes."""
_SUM_ERROR = 1e-10
"""The patterns sum to 1 by construction; a larger error is not a rounding."""
_CHUNK_TERMS = 1 << 25
"""Column terms of a chunk: some ten milliseconds, so that Ctrl-C is soon heard."""


def click_distribution(experiment: Experiment, workers: int | None = None) -> OutputDistribution:
    """Compute the distribution of click patterns, one permanent for each set of modes.

    Args:
        experiment: A shot with threshold detectors only, for which `why_no_clicks` finds nothing.
        workers: Number of threads; None takes all cores. The answer does not depend on it.

    Returns:
        All patterns that can occur, as bit masks in ascending order, mode 0 the lowest bit.

    Raises:
        ResourceLimitError: It would not fit in memory.
    """
    from lwfast._kernels.optics.clicks import clicks_from_no_clicks, no_click_probabilities

    m = experiment.n_modes
    check_memory(clicks_bytes(m), f"The distribution of clicks in {m} modes", remedy="Draw samples instead.")
    light = experiment.light
    cleaned = light.columns
    entered = np.repeat(np.arange(len(light.occupied)), light.numbers)
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
    found = values[: 1 << m] / math.prod(math.factorial(k) for k in light.photons)
    _check_sums(found, m)
    # What is left of alternating sums where nothing can click, or something must, is rounding.
    found[(states.sum(axis=1) > experiment.most_photons) | (found < 0.0)] = 0.0
    if light.is_isometry:
        found[0] = terms.missing**light.n_photons * math.prod((1.0 - experiment.dark).tolist())
    silent = (experiment.dark == 0.0) & ~cleaned.any(axis=1)
    found[states[:, silent].any(axis=1)] = 0.0
    found[~states[:, experiment.dark == 1.0].all(axis=1)] = 0.0
    found /= found.sum()
    return OutputDistribution(found, states=states)


def _check_sums(found: FloatArray, n_modes: int) -> None:
    """Raise if the patterns are off by more than rounding, which scaling them to a sum of 1 would hide."""
    total, least = float(found.sum()), float(found.min())
    if not abs(total - 1.0) <= _SUM_ERROR or not least >= -1e-14 * 2.0 ** (n_modes / 2):
        msg = f"Click patterns sum to {total:.15g}, the least likely has {least:.3g}: this is a defect."
        raise AssertionError(msg)
