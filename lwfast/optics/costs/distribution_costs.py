"""What the exact distribution of a shot takes, by each of the ways to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwfast._types import FloatArray
from lwfast.optics.costs.amplitude_costs import amplitude_bytes, amplitude_seconds
from lwfast.optics.experiment import Experiment
from lwfast.optics.photon_limits import states_of

FOCK = "photon numbers"
CLICKS = "clicks"
PERMANENTS = "permanents"

ENTRY_SECONDS = 9e-9
"""Seconds for each entry of a layer, lost photons included."""
CALL_SECONDS = 1e-4
"""Seconds for one output polynomial, whatever its size."""
_PRODUCT = 1.5e-10
"""Seconds for each mode and entry of a product of distributions."""
_COLUMN_TERM = 4e-10
"""Seconds for one column of one term of a permanent in lanes."""
_GROUPED = 4e-7
"""Seconds to map one outcome to its clicks."""
_MOST_CLICK_MODES = 22
"""Most modes of which every set is looked at. The rounding of an outcome grows as 2^(modes / 2)."""
_MOST_CLICK_PHOTONS = 16


@dataclass(frozen=True, slots=True)
class Estimate:
    """One way to an exact distribution.

    Attributes:
        way: `FOCK`, `CLICKS` or `PERMANENTS`.
        n_outcomes: Length of the distribution.
        seconds: Rough time in seconds.
        needed_bytes: Rough memory in bytes, at its peak.
    """

    way: str
    n_outcomes: int
    seconds: float
    needed_bytes: int


def estimates(
    experiment: Experiment, heralds: dict[int, int] | None = None, least: int = 0
) -> list[Estimate]:
    """Estimate the ways to the exact distribution, cheapest first.

    Args:
        experiment: The shot: photons that are intended, source, matrix and detectors.
        heralds: Photons demanded in output modes; they prune a plain experiment.
        least: Fewest photons in the other modes.
    """
    ways = [estimate_fock(experiment, heralds or {}, least)]
    if why_no_clicks(experiment) is None:
        ways.append(estimate_clicks(experiment))
    return sorted(ways, key=lambda way: way.seconds)


def why_no_clicks(experiment: Experiment) -> str | None:
    """Say why `click_distribution` cannot do this experiment, as the end of a sentence; None where it can."""
    n_photons = experiment.light.n_photons
    if not experiment.clicks_only:
        n_resolving = int(np.count_nonzero(experiment.resolving))
        return f"{n_resolving} of {experiment.n_modes} detectors tell photon numbers and not clicks"
    if experiment.n_modes > _MOST_CLICK_MODES:
        return f"there are {experiment.n_modes} modes, and it takes at most {_MOST_CLICK_MODES}"
    if n_photons == 0:
        return "no photon goes in"
    if n_photons > _MOST_CLICK_PHOTONS:
        return f"{n_photons} photons go in, and it takes at most {_MOST_CLICK_PHOTONS}"
    if experiment.terms is not None and max(experiment.photons) > 1:
        # Photons that share a mode and may or may not interfere have no single permanent.
        return "with an imperfect source, it takes at most one photon in each input mode"
    return None


def estimate_fock(experiment: Experiment, heralds: dict[int, int], least: int) -> Estimate:
    """Estimate the way over photon numbers."""
    extra = 0 if experiment.light.is_isometry else len(experiment.light.occupied)
    if experiment.is_plain:
        return _plain(experiment, extra, heralds, least)
    m, n = experiment.n_modes, experiment.light.n_photons
    most = experiment.terms.most if experiment.terms else 1
    # Where every detector is a threshold detector, dark counts come after the photon numbers are forgotten.
    n_dark = int(np.count_nonzero(experiment.dark))
    early_dark = 0 if experiment.clicks_only else n_dark
    outcomes = states_of(m + 1, n * most + early_dark)
    needed = noisy_bytes(m, extra, n, n * most + early_dark)
    seconds = CALL_SECONDS
    if experiment.terms is None:
        seconds += states_of(m + extra, n) * ENTRY_SECONDS
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
    m, n = experiment.n_modes - len(heralds), experiment.light.n_photons
    n_left = max(n - sum(heralds.values()), 0)
    lowest = max(least, 0) if extra else n_left
    outcomes = sum(states_of(m, d) for d in range(lowest, n_left + 1))
    below = states_of(m + extra, max(n - 1, 0))
    seconds = CALL_SECONDS + (states_of(m + extra, n_left) + below) * ENTRY_SECONDS
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
        seconds += count * (CALL_SECONDS + states_of(m + extra, interfering) * ENTRY_SECONDS)
    nodes = 1
    for level, k in enumerate(numbers):
        left = most * sum(numbers[level:]) + sum(numbers[:level]) // 2
        products = most * k * (k + 1) / 2
        seconds += nodes * products * (2e-5 + (m + 1) * _PRODUCT * states_of(m + 1, left))
        nodes *= k + 1
    return seconds


def estimate_clicks(experiment: Experiment) -> Estimate:
    """Estimate the way over permanents of "no click here"."""
    m, n = experiment.n_modes, max(experiment.light.n_photons, 1)
    sets = 2**m
    seconds = CALL_SECONDS + sets * (n * 2 ** (n - 1) * _COLUMN_TERM + 2e-8) + sets * m * 1e-9
    return Estimate(CLICKS, sets, seconds, clicks_bytes(m))


def clicks_bytes(n_modes: int) -> int:
    """Estimate the memory of `click_distribution`: probabilities, patterns and their bits."""
    return (16 + n_modes) << n_modes


def estimate_permanents(photons: Sequence[int], n_modes: int, *, lossy: bool) -> Estimate:
    """Estimate the way over a permanent for each outcome.

    Args:
        photons: Photons in each of the m input modes, as integers or a `State`.
        n_modes: Modes of an outcome.
        lossy: Whether light may be lost.
    """
    n = sum(photons)
    extra = sum(k > 0 for k in photons) if lossy else 0
    everywhere = states_of(n_modes + extra, n)
    outcomes = sum(states_of(n_modes, d) for d in range(0 if extra else n, n + 1))
    needed = amplitude_bytes(n, n_modes + extra, everywhere) + outcomes * (24 + n_modes)
    return Estimate(PERMANENTS, outcomes, everywhere * amplitude_seconds(photons), needed)


def noisy_bytes(n_modes: int, loss_modes: int, n_photons: int, degree: int) -> int:
    """Estimate the memory of `noisy_distribution`.

    Args:
        n_modes: Modes of an outcome.
        loss_modes: Modes that carry lost photons.
        n_photons: Photons that may interfere.
        degree: Most photons of an outcome.
    """
    return 32 * states_of(n_modes + 1, degree) + 32 * states_of(n_modes + loss_modes, max(n_photons - 1, 0))


def pruned_bytes(n_outcomes: int, n_kept: int) -> int:
    """Estimate the memory of choosing outcomes by rules: a mark for each; rank and value of those kept."""
    return n_outcomes + 16 * n_kept


def layers_bytes(
    layer_sizes: FloatArray,
    n_outcomes: int,
    limited: int | None,
    *,
    amplitudes: bool = False,
    n_kept: int | None = None,
) -> int:
    """Estimate the memory of multiplying out: two layers, or the last one and the result.

    Args:
        layer_sizes: float64[n_photons + 1], entries of each layer.
        n_outcomes: Outcomes that are worked out.
        limited: Modes of an outcome where rules limited some of them; None where not.
        amplitudes: Amplitudes are asked for, not only probabilities.
        n_kept: How many outcomes rules keep; None where there are no rules.
    """
    n = len(layer_sizes) - 1
    last, before = float(layer_sizes[max(n - 1, 0)]), float(layer_sizes[max(n - 2, 0)])
    size = float(n_outcomes)
    layers = 16 * (last + max(before, size if amplitudes else 0.5 * size))
    result = (32 if amplitudes else 8) * size
    if n_kept is not None:
        # A mark for each outcome; then ranks and values of those that are kept, beside all values.
        more = 0 if limited is None else limited + 8
        result = max(
            result, size * (25 if amplitudes else 9) + n_kept * (40.0 if amplitudes else 16.0 + more)
        )
    return int(max(layers, result))


def layers_seconds(layer_sizes: FloatArray) -> float:
    """Estimate the time of multiplying out on one core: every entry of every layer."""
    return CALL_SECONDS + float(layer_sizes[1:].sum()) * ENTRY_SECONDS
