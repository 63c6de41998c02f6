"""What a computation will take on one core: seconds, roughly, and bytes.

Choices rest on ratios of these, never on the number of cores at hand: the same seed must give the same
samples.

The constants are measured on one core of a 2022 server (Zen 4, AVX-512). Ratios between them decide which way
is taken; they are much alike on other machines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lwfast._noise import noisy_bytes
from lwfast._slos import states_of

if TYPE_CHECKING:
    from lwfast._experiment import Experiment

FOCK = "photon numbers"
CLICKS = "clicks"

_OUTCOME = 9e-9
"""Seconds for each outcome of a layer, lost photons included."""
_PRODUCT = 1.5e-10
"""Seconds for each mode and entry of a product of distributions."""
_CALL = 1e-4
"""Seconds for one expansion, whatever its size."""
_COLUMN_TERM = 4e-10
"""Seconds for one column of one term of a permanent in lanes."""
_GROUPED = 4e-7
"""Seconds to map one outcome to its clicks."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One way to an exact distribution.

    Attributes:
        way: `FOCK` or `CLICKS`.
        n_outcomes: Length of the distribution.
        seconds: Rough time.
        needed_bytes: Rough memory.
    """

    way: str
    n_outcomes: int
    seconds: float
    needed_bytes: int


def estimate_fock(experiment: Experiment, heralds: dict[int, int], least: int) -> Estimate:
    """Estimate the way over photon numbers."""
    m, n = experiment.n_modes, sum(experiment.photons)
    columns = experiment.matrix[:, [mode for mode, k in enumerate(experiment.photons) if k]]
    lossy = _loses(columns)
    if experiment.is_plain:
        m -= len(heralds)
        n_left = max(n - sum(heralds.values()), 0)
        lowest = max(least, 0) if lossy else n_left
        outcomes = sum(states_of(m, d) for d in range(lowest, n_left + 1))
        entries = states_of(m + (n if lossy else 0), n_left) + states_of(
            m + (n if lossy else 0), max(n - 1, 0)
        )
        return Estimate(
            FOCK,
            outcomes,
            _CALL + entries * _OUTCOME,
            8 * outcomes + 16 * states_of(m + (n if lossy else 0), max(n - 1, 0)),
        )
    most = experiment.terms.most if experiment.terms else 1
    n_dark = 0 if experiment.clicks_only else int(np.count_nonzero(experiment.dark))
    outcomes = states_of(m + 1, n * most + n_dark)
    seconds = _CALL
    if experiment.terms is None:
        seconds += states_of(m + (n if lossy else 0), n) * _OUTCOME
    else:
        for interfering in range(n + 1):
            ways = math.comb(n, interfering)
            entries = states_of(m + (interfering if lossy else 0), interfering)
            seconds += ways * (_CALL + entries * _OUTCOME)
            # The sum over source photons is a tree; level by level, its nodes hold the photons so far.
            seconds += (
                most
                * 2**interfering
                * (2e-5 + (m + 1) * _PRODUCT * states_of(m + 1, most * (n - interfering) + interfering // 2))
            )
    for extra in range(n_dark):
        seconds += _PRODUCT * 2 * states_of(m + 1, n * most + extra)
    needed = noisy_bytes(m, experiment.photons, most, n_dark)
    if not experiment.resolving.all():
        seconds += outcomes * _GROUPED
        needed += outcomes * (2 * m + 40)
    return Estimate(FOCK, outcomes, seconds, needed)


def estimate_clicks(experiment: Experiment) -> Estimate:
    """Estimate the way over permanents of "no click here"."""
    m, n = experiment.n_modes, max(sum(experiment.photons), 1)
    sets = 2**m
    seconds = _CALL + sets * (n * 2 ** (n - 1) * _COLUMN_TERM + 2e-8) + sets * m * 1e-9
    return Estimate(CLICKS, sets, seconds, sets * (16 + m))


def _loses(columns: np.ndarray) -> bool:
    lost = np.eye(columns.shape[1]) - columns.conj().T @ columns
    return bool(np.abs(lost).max(initial=0.0) > 1e-10)
