"""What a computation will take on one core: seconds, roughly, and bytes.

Choices rest on ratios of these, never on the number of cores at hand: the same seed must give the same
samples.

The constants are measured on one core of a 2022 server (Zen 4, AVX-512). Ratios between them decide which way
is taken; they are much alike on other machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lwfast.optics.distributions.layers import states_of
from lwfast.optics.distributions.noisy import noisy_bytes
from lwfast.optics.noise.loss import UNIT_ROUNDING, deviation_of

if TYPE_CHECKING:
    from lwfast.optics.distributions.experiment import Experiment

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
    occupied = [mode for mode, k in enumerate(experiment.photons) if k]
    extra = len(occupied) if deviation_of(experiment.matrix[:, occupied]) > UNIT_ROUNDING else 0
    if experiment.is_plain:
        return _plain(experiment, extra, heralds, least)
    m, n = experiment.n_modes, sum(experiment.photons)
    most = experiment.terms.most if experiment.terms else 1
    # Where every detector is a threshold detector, dark counts come after the photon numbers are forgotten.
    n_dark = int(np.count_nonzero(experiment.dark))
    early_dark = 0 if experiment.clicks_only else n_dark
    outcomes = states_of(m + 1, n * most + early_dark)
    needed = noisy_bytes(m, extra, n, n * most + early_dark)
    seconds = _CALL
    if experiment.terms is None:
        seconds += states_of(m + extra, n) * _OUTCOME
    else:
        seconds += _source_seconds(experiment.photons, m, most, lossy=extra > 0)
    for more in range(early_dark):
        seconds += _PRODUCT * 2 * states_of(m + 1, n * most + more)
    if not experiment.resolving.all():
        seconds += outcomes * _GROUPED
        needed += outcomes * (2 * m + 40)
    if experiment.clicks_only:
        outcomes = min(outcomes << n_dark, 1 << m)
        seconds += n_dark * outcomes * _GROUPED
        needed += outcomes * (3 * m + 80) if n_dark else 0
    return Estimate(FOCK, outcomes, seconds, needed)


def _plain(experiment: Experiment, extra: int, heralds: dict[int, int], least: int) -> Estimate:
    m, n = experiment.n_modes - len(heralds), sum(experiment.photons)
    n_left = max(n - sum(heralds.values()), 0)
    lowest = max(least, 0) if extra else n_left
    outcomes = sum(states_of(m, d) for d in range(lowest, n_left + 1))
    below = states_of(m + extra, max(n - 1, 0))
    seconds = _CALL + (states_of(m + extra, n_left) + below) * _OUTCOME
    return Estimate(FOCK, outcomes, seconds, 8 * outcomes + 16 * below)


def _source_seconds(photons: tuple[int, ...], m: int, most: int, *, lossy: bool) -> float:
    """Estimate the sum over which photons interfere: a tree, with a level for each occupied input mode."""
    numbers = [k for k in photons if k]
    # How many ways there are to choose so many interfering photons.
    ways = np.ones(1)
    for k in numbers:
        ways = np.convolve(ways, np.ones(k + 1))
    seconds = 0.0
    for interfering, count in enumerate(ways.tolist()):
        extra = min(interfering, len(numbers)) if lossy else 0
        seconds += count * (_CALL + states_of(m + extra, interfering) * _OUTCOME)
    nodes = 1
    for level, k in enumerate(numbers):
        left = most * sum(numbers[level:]) + sum(numbers[:level]) // 2
        products = most * k * (k + 1) / 2
        seconds += nodes * products * (2e-5 + (m + 1) * _PRODUCT * states_of(m + 1, left))
        nodes *= k + 1
    return seconds


def estimate_clicks(experiment: Experiment) -> Estimate:
    """Estimate the way over permanents of "no click here"."""
    m, n = experiment.n_modes, max(sum(experiment.photons), 1)
    sets = 2**m
    seconds = _CALL + sets * (n * 2 ** (n - 1) * _COLUMN_TERM + 2e-8) + sets * m * 1e-9
    return Estimate(CLICKS, sets, seconds, sets * (16 + m))
