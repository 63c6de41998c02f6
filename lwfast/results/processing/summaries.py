"""Marginals of a result: photon numbers, means of modes, correlations of pairs of modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen, readable
from lwfast._base.limits import MAX_INT64
from lwfast._base.parallel import run_chunks
from lwfast._types import Counts, FloatArray, StateTable
from lwfast.errors import ModeMismatchError, ResourceLimitError

_CHUNK = 1 << 17


_ARRAYS = ("photon_histogram", "mode_sums", "pair_sums")


@dataclass(frozen=True, eq=False)
class Summary:
    """Sums over all samples; add the summaries of parts to get that of the whole.

    The arrays are read-only. Of no samples, means and what follows from them are NaN.

    Attributes:
        n_samples: All counts together.
        photon_histogram: `int64[k]`, samples by their number of photons.
        mode_sums: `float64[n_modes]`, photons seen in each mode.
        pair_sums: `float64[n_modes, n_modes]`, sums of the product of the photons of two modes.
    """

    n_samples: int
    photon_histogram: NDArray[np.int64]
    mode_sums: FloatArray
    pair_sums: FloatArray

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
    def mode_means(self) -> FloatArray:
        """Mean number of photons of each mode, `float64[n_modes]`."""
        return self._mean(self.mode_sums)

    def _mean(self, sums: FloatArray) -> FloatArray:
        if self.n_samples == 0:
            return np.full(sums.shape, np.nan)
        return np.asarray(sums / self.n_samples)

    @property
    def mode_errors(self) -> FloatArray:
        """Standard error of each of `mode_means`, `float64[n_modes]`."""
        variance = self._mean(np.diag(self.pair_sums)) - self.mode_means**2
        return np.sqrt(self._mean(np.maximum(variance, 0.0)))

    @property
    def covariances(self) -> FloatArray:
        """Covariance of the photon numbers of two modes, `float64[n_modes, n_modes]`."""
        return np.asarray(self._mean(self.pair_sums) - np.outer(self.mode_means, self.mode_means))

    @property
    def correlations(self) -> FloatArray:
        """Covariance over the product of the standard deviations; NaN where a mode does not vary."""
        return correlations_of(self.covariances)

    def __add__(self, other: Any) -> Summary:
        if not isinstance(other, Summary):
            return NotImplemented
        if other.n_samples == 0 or self.n_samples == 0:
            return self if other.n_samples == 0 else other
        if self.mode_sums.size != other.mode_sums.size:
            raise ModeMismatchError(
                f"Summaries of {self.mode_sums.size} and {other.mode_sums.size} modes cannot be added."
            )
        n_samples = self.n_samples + other.n_samples
        if n_samples > MAX_INT64:  # no entry of the histogram is larger
            raise ResourceLimitError(f"{n_samples} samples are more than 2^63 - 1; divide the counts first.")
        histogram = np.zeros(max(self.photon_histogram.size, other.photon_histogram.size), np.int64)
        histogram[: self.photon_histogram.size] += self.photon_histogram
        histogram[: other.photon_histogram.size] += other.photon_histogram
        return Summary(
            n_samples,
            histogram,
            self.mode_sums + other.mode_sums,
            self.pair_sums + other.pair_sums,
        )

    def __repr__(self) -> str:
        mean = float(self.mode_sums.sum()) / max(self.n_samples, 1)
        return (
            f"Summary({self.n_samples} samples of {self.mode_sums.size} modes, {mean:.4g} photons on average)"
        )


def correlations_of(covariances: FloatArray) -> FloatArray:
    """Return covariances over the products of the standard deviations; NaN where one of these is 0."""
    deviations = np.sqrt(np.maximum(np.diag(covariances), 0.0))
    scale = np.outer(deviations, deviations)
    return np.asarray(np.divide(covariances, scale, out=np.full(scale.shape, np.nan), where=scale > 0))


def summary_of(states: StateTable, counts: Counts) -> Summary:
    """Return the sums over a table.

    Args:
        states: `uint8[N, n_modes]`, contiguous.
        counts: `int64[N]`.

    Raises:
        ResourceLimitError: If the counts add up to more than 2^63 - 1.
    """
    n_rows, n_modes = states.shape
    n_samples = sum(counts.tolist()) if n_rows and int(counts.max()) > 2**62 // n_rows else int(counts.sum())
    if n_samples > MAX_INT64:
        raise ResourceLimitError(f"{n_samples} samples are more than 2^63 - 1; divide the counts first.")
    histogram = np.zeros(255 * n_modes + 1, np.int64)
    mode_sums = np.zeros(n_modes)
    pair_sums = np.zeros((n_modes, n_modes))
    for part, sums in _parts(states, counts):
        histogram += part
        mode_sums += sums[:n_modes, n_modes]
        pair_sums += np.triu(sums[:n_modes, :n_modes])
    pair_sums += np.triu(pair_sums, 1).T
    used = int(np.flatnonzero(histogram)[-1]) + 1 if histogram.any() else 1
    return Summary(n_samples, histogram[:used].copy(), mode_sums, pair_sums)


def _parts(states: StateTable, counts: Counts) -> list[tuple[NDArray[np.int64], FloatArray]]:
    """Return the histogram of photons and the sums of each chunk of rows, as the kernel leaves them."""
    n_rows, n_modes = states.shape
    n_chunks = -(-n_rows // _CHUNK)
    if n_chunks == 0:
        return []
    from lwfast._kernels.optics import marginals as kernels

    states, counts = readable(states), readable(counts)
    shape = kernels.sums_shape(n_modes)
    parts = [(np.zeros(255 * n_modes + 1, np.int64), np.zeros(shape)) for _ in range(n_chunks)]

    def add_up(chunk: int) -> None:
        rows = slice(chunk * _CHUNK, (chunk + 1) * _CHUNK)
        histogram, sums = parts[chunk]
        kernels.photon_sums(states[rows].reshape(-1), n_modes, counts[rows], histogram, sums.reshape(-1))

    run_chunks(add_up, n_chunks)
    return parts
