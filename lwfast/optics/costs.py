"""What a computation will take on one core: seconds, roughly, and bytes.

Choices rest on ratios of these, never on the number of cores at hand: the same seed must give the same
samples.

The constants are measured on one core of a 2022 server (Zen 4, AVX-512). Ratios between them decide which way
is taken; they are much alike on other machines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lwfast._types import FloatArray
from lwfast.optics.experiment import Experiment
from lwfast.optics.photon_limits import states_of

FOCK = "photon numbers"
CLICKS = "clicks"

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
STACK_BYTES = 32 << 20
"""Matrices are handed to the permanent kernel in stacks of this size."""
_NANOSECONDS_PER_TERM = 0.12
"""Of each of the n 2^(n-1) column terms of Glynn's formula, with AVX-512."""
_NANOSECONDS_PER_EXPANDED = 2.2
"""Of each multiply-add of the expansion over sub-multisets of rows."""
_LANES_TO = 12
"""Permanents up to this size come in stacks, whose lanes know no multiplicities."""
_ALONE_SECONDS = 3e-5
"""Seconds for a permanent that is computed alone, whatever its size."""
MULTINOMIAL_SAMPLES = 1 << 24
"""From here on, `sample_counts` may draw the counts themselves instead of the samples."""
MULTINOMIAL_RATIO = 16
"""Samples per outcome from which that is the faster way."""
_PER_SAMPLE = 3e-8
"""Seconds to draw one sample from a distribution and count it."""
_PER_COUNT = 2e-7
"""Seconds to draw the count of one outcome, where there are many samples of each."""
_SEVERAL_THREADS = 1 << 20
"""From so many samples on, threads count into arrays of their own."""
TESTED_SECONDS = 2e-6
"""Seconds to ask a callable about one outcome."""
AMPLITUDE_WRITTEN_SECONDS = 2e-8
"""Seconds to weight and write one amplitude."""
PROBABILITY_WRITTEN_SECONDS = 1e-8
"""Seconds to write one probability to its place."""


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


def estimates(
    experiment: Experiment, heralds: dict[int, int] | None = None, least: int = 0
) -> list[Estimate]:
    """Estimate the ways to the exact distribution, cheapest first.

    Args:
        experiment: The shot.
        heralds: Photons demanded in output modes; they prune a plain experiment.
        least: Fewest photons in the other modes.
    """
    ways = [estimate_fock(experiment, heralds or {}, least)]
    if experiment.clicks_only and clicks_fit(experiment):
        ways.append(estimate_clicks(experiment))
    return sorted(ways, key=lambda way: way.seconds)


def clicks_fit(experiment: Experiment) -> bool:
    """Whether `click_distribution` can do this experiment."""
    if experiment.n_modes > _MOST_CLICK_MODES or not 0 < experiment.light.n_photons <= _MOST_CLICK_PHOTONS:
        return False
    # Photons that share a mode and may or may not interfere have no single permanent.
    return experiment.terms is None or max(experiment.photons) == 1


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
    return Estimate(CLICKS, sets, seconds, sets * (16 + m))


def noisy_bytes(n_modes: int, loss_modes: int, n_photons: int, degree: int) -> int:
    """Estimate the memory of `noisy_distribution`.

    Args:
        n_modes: Modes of an outcome.
        loss_modes: Modes that carry lost photons.
        n_photons: Photons that may interfere.
        degree: Most photons of an outcome.
    """
    return 32 * states_of(n_modes + 1, degree) + 32 * states_of(n_modes + loss_modes, max(n_photons - 1, 0))


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


def amplitude_bytes(n_photons: int, n_modes: int, n_outputs: int) -> int:
    """Estimate the memory of `amplitudes_to`: rows and amplitudes of all outputs, matrices of a stack."""
    return n_outputs * (n_modes + 40) + 2 * min(STACK_BYTES, n_outputs * output_bytes(n_photons, n_modes))


def glynn_seconds(n: int) -> float:
    """Estimate the time of a permanent of n different rows and columns, by Glynn's formula."""
    return n * 2.0 ** min(n - 1, 900) * _NANOSECONDS_PER_TERM * 1e-9


def sub_multisets(counts: Iterable[int]) -> int:
    """Return Π (r + 1) over multiplicities: how many sub-multisets there are."""
    return math.prod(int(count) + 1 for count in counts)


def expansion_seconds(counts: Iterable[int]) -> float:
    """Estimate the time of a permanent whose rows, or columns, have these multiplicities, by expansion."""
    counts = [int(count) for count in counts]
    edges = min(sub_multisets(counts), 1 << 900) * sum(count / (count + 1) for count in counts)
    return edges * _NANOSECONDS_PER_EXPANDED * 1e-9


def expansion_bytes(counts: Iterable[int]) -> int:
    """Return the bytes that the expansion of columns with these multiplicities takes."""
    return 18 * sub_multisets(counts)


def amplitude_seconds(photons: Iterable[int]) -> float:
    """Estimate the time of one amplitude of an input: photons that share a mode make it cheaper.

    Args:
        photons: Photons in each input mode. An output whose photons share more modes takes less.
    """
    counts = [int(count) for count in photons if count]
    n = sum(counts)
    in_lanes = 1e-6 + n * 2.0 ** min(n, 900) * 5e-10
    return in_lanes if n <= _LANES_TO else min(in_lanes, _ALONE_SECONDS + 2 * expansion_seconds(counts))


def output_bytes(n_photons: int, n_modes: int) -> int:
    """Return what one output takes in a stack of matrices."""
    return 16 * n_photons**2 + 8 * n_photons + 8 * n_modes + 1


def counting_seconds(n_samples: int, n_outcomes: int) -> float:
    """Estimate the time of drawing samples from a distribution and counting them."""
    if n_samples >= max(MULTINOMIAL_SAMPLES, MULTINOMIAL_RATIO * n_outcomes):
        return n_outcomes * _PER_COUNT
    return n_samples * _PER_SAMPLE


def counting_bytes(
    n_outcomes: int, n_samples: int, n_modes: int, *, ranked: bool, conditional: bool, asked: bool
) -> int:
    """Estimate the memory of drawing samples from a distribution and counting them.

    Args:
        n_outcomes: Outcomes of the distribution.
        n_samples: How many samples.
        n_modes: Modes of an outcome.
        ranked: Rules chose the outcomes, so that their ranks are held.
        conditional: Anything is demanded of an outcome.
        asked: A callable is asked about outcomes.
    """
    # Ranks where rules chose; probabilities, their sums, counts, the guide and the counts of other threads.
    held = n_outcomes * (8 if ranked else 0)
    sampling = n_outcomes * (24 + (8 if conditional else 0)) + 4 * min(n_outcomes, 4 * n_samples)
    seen = min(n_samples, n_outcomes)
    if n_samples > _SEVERAL_THREADS:
        sampling += 16 * n_outcomes
    if asked:
        # The counts that passed, and a State and an answer for each outcome that was drawn.
        sampling += 16 * n_outcomes + seen * (400 + 40 * n_modes)
    sampling += seen * (n_modes + 24)
    return held + sampling
