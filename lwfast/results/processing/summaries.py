"""Marginals of a result: photon numbers, means of modes, correlations of pairs of modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen, readable
from lwfast._base.limits import MAX_INT64, MAX_STATE_PHOTONS
from lwfast._base.parallel import run_chunks
from lwfast._types import AnyArray, Counts, FloatArray, StateTable
from lwfast.errors import ModeMismatchError, ResourceLimitError
from lwfast.tables.packed_sums import packed_sums_of
from lwfast.tables.packed_table import PackedTable, Table, as_bytes

_CHUNK = 1 << 17
_EXACT = 2**53
"""Sums of integers are exact in float64 below it, as the kernel adds them up."""
_LIMB_BITS = 20
"""Of a large count that one pass takes: 2^17 rows with 255^2 times as much stay below 2^53."""

_ARRAYS = ("photon_histogram", "sums")


@dataclass(frozen=True, eq=False)
class Summary:
    """Sums over all samples; add the summaries of parts to get that of the whole.

    The arrays are read-only. Of no samples, means and what follows from them are NaN.

    Attributes:
        n_samples: The sum of all counts.
        photon_histogram: `int64[k]`, samples by their number of photons.
        sums: Python integers, `(n_modes + 1, n_modes)`: the sums of the product of the photons of two modes,
            and behind them the photons seen in each mode. A float64 would round what exceeds 2^53, and leave
            nothing of a small covariance.

    Example:
        >>> result = SamplingResult({(2, 0): 30, (1, 1): 10, (0, 2): 60})
        >>> summary = result.summary()
        >>> summary.mode_means.tolist()
        [0.7, 1.3]
    """

    n_samples: int
    photon_histogram: NDArray[np.int64]
    sums: AnyArray

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Summary, (self.n_samples, *(getattr(self, name) for name in _ARRAYS))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Summary):
            return NotImplemented
        return self.n_samples == other.n_samples and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in _ARRAYS
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def n_modes(self) -> int:
        """Number of modes."""
        return int(self.sums.shape[1])

    @cached_property
    def mode_sums(self) -> FloatArray:
        """Photons seen in each mode, `float64[n_modes]`."""
        return frozen(self.sums[-1].astype(np.float64))

    @cached_property
    def pair_sums(self) -> FloatArray:
        """Sums of the product of the photons of two modes, `float64[n_modes, n_modes]`."""
        return frozen(self.sums[:-1].astype(np.float64))

    @property
    def mode_means(self) -> FloatArray:
        """Mean number of photons of each mode, `float64[n_modes]`."""
        return self._over(self.sums[-1], self.n_samples)

    @property
    def mode_errors(self) -> FloatArray:
        """Standard error of each of `mode_means`, `float64[n_modes]`."""
        squares = self.n_samples * np.diag(self.sums[:-1]) - self.sums[-1] ** 2
        return np.sqrt(self._over(squares, self.n_samples**3))

    @property
    def covariances(self) -> FloatArray:
        """Covariance of the photon numbers of two modes, `float64[n_modes, n_modes]`."""
        products = self.n_samples * self.sums[:-1] - np.outer(self.sums[-1], self.sums[-1])
        return self._over(products, self.n_samples**2)

    def _over(self, integers: NDArray[np.object_], divisor: int) -> FloatArray:
        """Divide Python integers, which rounds once only; NaN where there are no samples."""
        if self.n_samples == 0:
            return np.full(integers.shape, np.nan)
        return np.asarray(integers / divisor, np.float64)

    @property
    def correlations(self) -> FloatArray:
        """Covariance over the product of the standard deviations; NaN where a mode does not vary."""
        return correlations_of(self.covariances)

    def __add__(self, other: Any) -> Summary:
        if not isinstance(other, Summary):
            return NotImplemented
        if other.n_samples == 0 or self.n_samples == 0:
            return self if other.n_samples == 0 else other
        if self.n_modes != other.n_modes:
            raise ModeMismatchError(f"Summaries of {self.n_modes} and {other.n_modes} modes cannot be added.")
        n_samples = _checked(self.n_samples + other.n_samples)  # no entry of the histogram is larger
        histogram = np.zeros(max(self.photon_histogram.size, other.photon_histogram.size), np.int64)
        histogram[: self.photon_histogram.size] += self.photon_histogram
        histogram[: other.photon_histogram.size] += other.photon_histogram
        return Summary(n_samples, histogram, self.sums + other.sums)

    def __repr__(self) -> str:
        mean = sum(self.sums[-1]) / max(self.n_samples, 1)
        return f"Summary({self.n_samples} samples of {self.n_modes} modes, {mean:.4g} photons on average)"


def correlations_of(covariances: FloatArray) -> FloatArray:
    """Return covariances over the products of the standard deviations; NaN where one of these is 0."""
    deviations = np.sqrt(np.maximum(np.diag(covariances), 0.0))
    scale = np.outer(deviations, deviations)
    return np.asarray(np.divide(covariances, scale, out=np.full(scale.shape, np.nan), where=scale > 0))


def summary_of(states: Table, counts: Counts) -> Summary:
    """Return the sums over a table.

    Args:
        states: `uint8[N, n_modes]`, contiguous, or words.
        counts: `int64[N]`, the count of each row.

    Raises:
        ResourceLimitError: If the counts add up to more than 2^63 - 1.
    """
    of_words = packed_sums_of(states, counts) if isinstance(states, PackedTable) else None
    if of_words:
        histogram, sums = of_words
        n_samples = _checked(int(histogram.sum()))
        histogram = histogram.astype(np.int64, copy=False)
    else:
        n_rows = len(states)
        is_safe = n_rows == 0 or int(counts.max()) <= 2**62 // n_rows
        n_samples = _checked(int(counts.sum()) if is_safe else sum(counts.tolist()))
        histogram, sums = _sums_of(as_bytes(states), counts, n_samples)
    sums[:-1] += np.triu(sums[:-1], 1).T
    used = int(np.flatnonzero(histogram)[-1]) + 1 if histogram.any() else 1
    return Summary(n_samples, histogram[:used].copy(), sums)


def _checked(n_samples: int) -> int:
    if n_samples > MAX_INT64:
        raise ResourceLimitError(f"{n_samples} samples are more than 2^63 - 1; divide the counts first.")
    return n_samples


def _sums_of(
    states: StateTable, counts: Counts, n_samples: int
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return the histogram of photons, and the sums in the upper triangle of pairs and behind it."""
    n_modes = states.shape[1]
    histogram = np.zeros(MAX_STATE_PHOTONS * n_modes + 1, np.int64)
    sums = np.zeros((n_modes + 1, n_modes), object)
    for shift, limbs in _limbs(states, counts, n_samples):
        for part, found in _parts(states, limbs):
            histogram += part << shift
            lines = found[:n_modes, : n_modes + 1].astype(np.int64).astype(object) << shift
            sums[:-1] += np.triu(lines[:, :-1])
            sums[-1] += lines[:, -1]
    return histogram, sums


def _limbs(states: StateTable, counts: Counts, n_samples: int) -> Iterator[tuple[int, Counts]]:
    """Cut counts into pieces of which the kernel's sums are exact, each with the bits to shift it by."""
    if n_samples * MAX_STATE_PHOTONS**2 < _EXACT or n_samples * int(states.max(initial=0)) ** 2 < _EXACT:
        yield 0, counts
        return
    for shift in range(0, int(counts.max()).bit_length(), _LIMB_BITS):
        yield shift, (counts >> shift) & ((1 << _LIMB_BITS) - 1)


def _parts(states: StateTable, counts: Counts) -> list[tuple[NDArray[np.int64], FloatArray]]:
    """Return the histogram of photons and the sums of each chunk of rows, as the kernel leaves them."""
    n_rows, n_modes = states.shape
    n_chunks = -(-n_rows // _CHUNK)
    if n_chunks == 0:
        return []
    from lwfast._kernels.optics import marginals as kernels

    states, counts = readable(states), readable(counts)
    shape = kernels.sums_shape(n_modes)
    parts = [(np.zeros(MAX_STATE_PHOTONS * n_modes + 1, np.int64), np.zeros(shape)) for _ in range(n_chunks)]

    def add_up(chunk: int) -> None:
        rows = slice(chunk * _CHUNK, (chunk + 1) * _CHUNK)
        histogram, sums = parts[chunk]
        kernels.photon_sums(states[rows].reshape(-1), n_modes, counts[rows], histogram, sums.reshape(-1))

    run_chunks(add_up, n_chunks)
    return parts
