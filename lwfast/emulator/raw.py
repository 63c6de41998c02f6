"""What a QPU measures: raw samples of a transfer matrix behind a hardware model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lwfast._types import Counts, SeedLike, StateTable
from lwfast._validation import as_integer
from lwfast.distribution import checked_matrix, checked_occupation, output_distribution
from lwfast.errors import SamplerError
from lwfast.hardware import HardwareModel
from lwfast.sampling import sample_counts


def run_raw(
    unitary: ArrayLike,
    occupation: Sequence[int],
    n_samples: int,
    *,
    min_detection: int = 0,
    hardware: HardwareModel | None = None,
    rng: SeedLike = None,
) -> tuple[StateTable, Counts]:
    """Draw samples as a QPU returns them: all modes, no heralds, no rules.

    Args:
        unitary: (m, m) complex, unitary or lossy transfer matrix.
        occupation: Photons in each input mode.
        n_samples: How many samples that pass `min_detection` to return.
        min_detection: Fewest photons of a sample that counts.
        hardware: Source, loss and detectors; None is ideal.
        rng: Seed or generator. The answer is a function of the arguments alone.

    Returns:
        states uint8[K, m] and counts int64[K], which sum to `n_samples`; each state once.

    Raises:
        SamplerError: No outcome can pass `min_detection`.
        ValueError: An argument is out of range; see `output_distribution`.
        NotUnitaryError: The matrix amplifies light.
        ResourceLimitError: Neither a distribution nor samples fit in memory.
    """
    matrix = checked_matrix(unitary)
    photons = checked_occupation(occupation, len(matrix))
    wanted = as_integer(n_samples, "n_samples")
    if hardware is not None and not hardware.is_ideal:
        matrix = np.sqrt(1 - hardware.loss_per_mode(len(matrix)))[:, np.newaxis] * matrix
    found = output_distribution(matrix, photons, min_detection=min_detection)
    if wanted and not found.probabilities.sum() > 0:
        msg = f"No outcome of this input has {min_detection} photons or more; lower min_detection."
        raise SamplerError(msg)
    counts = sample_counts(found.probabilities, wanted, rng=rng)
    seen = np.flatnonzero(counts)
    return found.states_at(seen), counts[seen]
