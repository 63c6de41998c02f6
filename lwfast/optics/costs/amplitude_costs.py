"""What permanents and amplitudes take."""

from __future__ import annotations

import math
from collections.abc import Iterable

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
MINOR_BYTES = 34
"""For each sub-multiset of the columns, while all minors are worked out."""


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


def minors_bytes(n: int) -> int:
    """Return the bytes that all minors of an n x (n - 1) matrix take."""
    return MINOR_BYTES << (n - 1)


def amplitude_seconds(photons: Iterable[int]) -> float:
    """Estimate the time of one amplitude of an input: photons that share a mode make it cheaper.

    Args:
        photons: Photons in each of the m input modes, as integers or a `State`. An output whose photons share
            more modes takes less.
    """
    counts = [int(count) for count in photons if count]
    n = sum(counts)
    in_lanes = 1e-6 + n * 2.0 ** min(n, 900) * 5e-10
    return in_lanes if n <= _LANES_TO else min(in_lanes, _ALONE_SECONDS + 2 * expansion_seconds(counts))


def amplitude_bytes(n_photons: int, n_modes: int, n_outputs: int) -> int:
    """Estimate the memory of `amplitudes_to`: rows and amplitudes of all outputs, matrices of a stack."""
    return n_outputs * (n_modes + 40) + 2 * min(STACK_BYTES, n_outputs * output_bytes(n_photons, n_modes))


def output_bytes(n_photons: int, n_modes: int) -> int:
    """Return what one output takes in a stack of matrices."""
    return 16 * n_photons**2 + 8 * n_photons + 8 * n_modes + 1
