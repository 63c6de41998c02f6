"""Differences of photon numbers, in arithmetic that has negative numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lwfast._base.buffers import frozen
from lwfast._base.limits import MAX_INT64
from lwfast._base.validation import as_integer, is_several
from lwfast._types import AnyArray
from lwfast.errors import ModeRangeError, ResourceLimitError
from lwfast.tables.packed_table import Table, as_bytes

_CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Differences:
    """How often each difference of photon numbers occurs; add the objects of parts to get that of the whole.

    The arrays are read-only. Without any weight, mean, variance and error are NaN.

    Attributes:
        values: `int64[k]`, the differences that occur, smallest first.
        weights: `(k,)`, the counts or the probability (float64) of each difference.
        are_exact: Whether float64 weights are a probability, and not counts that were divided.

    Example:
        >>> result = SamplingResult({(2, 0): 30, (1, 1): 10, (0, 2): 60})
        >>> difference = result.differences(0, 1)
        >>> difference.values.tolist(), round(difference.mean, 6)
        ([-2, 0, 2], -0.6)
    """

    values: NDArray[np.int64]
    weights: AnyArray
    are_exact: bool = True

    def __post_init__(self) -> None:
        for name in ("values", "weights"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Differences, (self.values, self.weights, self.are_exact)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Differences):
            return NotImplemented
        return np.array_equal(self.values, other.values) and np.array_equal(self.weights, other.weights)

    __hash__ = None  # type: ignore[assignment]

    @property
    def total(self) -> int | float:
        """The sum of all counts, or the whole probability."""
        total: int | float = self.weights.sum().item()
        return total

    @property
    def mean(self) -> float:
        """The mean difference."""
        centre, rest, _ = self._moments()
        return centre + rest

    @property
    def variance(self) -> float:
        """The mean square of the distance from the mean."""
        _, rest, square = self._moments()
        return square - rest**2

    @property
    def error(self) -> float:
        """Standard error of the mean of counts. A probability is exact, and has the error 0.

        NaN where the counts are floats, such as those of a divided result: nothing says of how many samples.
        """
        if self.total and self.weights.dtype != np.int64:
            return 0.0 if self.are_exact else float("nan")
        return float(np.sqrt(self.variance / self.total)) if self.total else float("nan")

    def _moments(self) -> tuple[float, float, float]:
        """Return the integer nearest the mean, and the means of the distances from it and their squares."""
        total = self.total
        if not total:
            return float("nan"), float("nan"), float("nan")
        shares = self.weights / total
        # From near the mean, where most of the weight may be: a variance far below the squares is kept.
        centre = np.rint(np.dot(self.values, shares))
        distances = self.values - centre
        return float(centre), float(np.dot(distances, shares)), float(np.dot(distances**2, shares))

    def __add__(self, other: Any) -> Differences:
        if not isinstance(other, Differences):
            return NotImplemented
        both = [(self.values, self.weights), (other.values, other.weights)]
        return _gathered(both, self.are_exact and other.are_exact)

    def __repr__(self) -> str:
        return f"Differences({self.values.size} values, mean {self.mean:.4g})"


def differences_of(
    states: Table, weights: AnyArray, modes: Any, others: Any, *, are_exact: bool = True
) -> Differences:
    """Return the differences between the photons in `modes` and those in `others`.

    Args:
        states: `uint8[N, n_modes]`, or words.
        weights: `(N,)`, int64 or float64.
        modes: One mode or several, whose photons are added up.
        others: The modes on the other side, in the same forms as `modes`.
        are_exact: Whether float64 weights are a probability, as in `Differences`.

    Raises:
        ModeRangeError: If there is no such mode.
        ResourceLimitError: If the counts add up to more than 2^63 - 1.
        TypeError: If a mode is not an integer, or the weights are amplitudes.
        ValueError: If no mode is given, or one is given twice or on both sides.
    """
    if np.iscomplexobj(weights):
        raise TypeError("Amplitudes are not weights; take the squares of their magnitudes, probabilities.")
    plus, minus = modes_of(modes), modes_of(others)
    check_sides(plus, minus)
    if len(states):
        check_modes_of_difference(plus, minus, states.shape[1])
    parts = []
    for start in range(0, len(states), _CHUNK):
        rows = as_bytes(states[start : start + _CHUNK])
        sums = [rows[:, list(listed)].sum(axis=1, dtype=np.int64) for listed in (plus, minus)]
        parts.append((sums[0] - sums[1], weights[start : start + _CHUNK]))
    return _gathered(parts or [(np.zeros(0, np.int64), weights)], are_exact)


def check_modes_of_difference(modes: Iterable[int], others: Iterable[int], n_modes: int) -> None:
    """Check that states of so many modes have those of a difference.

    Raises:
        ModeRangeError: If there is no such mode.
    """
    for mode in (*modes, *others):
        if mode >= n_modes:
            raise ModeRangeError(
                f"There is no mode {mode}; the states have {n_modes} modes, 0 to {n_modes - 1}."
            )


def check_sides(modes: Sequence[int], others: Sequence[int]) -> None:
    """Check that no mode is subtracted from itself.

    Raises:
        ValueError: If a mode is on both sides of the difference.
    """
    both = sorted(set(modes) & set(others))
    if both:
        raise ValueError(
            f"Mode {both[0]} is on both sides of the difference, so that its photons would cancel; name each "
            "mode on one side."
        )


def modes_of(modes: Any) -> tuple[int, ...]:
    """Return one mode or several as a tuple.

    Raises:
        ModeRangeError: If one is negative.
        TypeError: If one is not an integer.
        ValueError: If no mode is given, or one is given twice.
    """
    several = is_several(modes)
    listed = tuple(as_integer(mode, "mode") for mode in (modes if several else (modes,)))
    if not listed or len(set(listed)) < len(listed):
        raise ValueError(f"The modes are {listed}; name at least one, and each of them once.")
    if min(listed) < 0:
        raise ModeRangeError(f"There is no mode {min(listed)}; modes are counted from 0.")
    return listed


def _gathered(parts: list[tuple[NDArray[np.int64], AnyArray]], are_exact: bool) -> Differences:
    """Add up the weights of equal values."""
    kind = np.int64 if all(weights.dtype == np.int64 for _, weights in parts) else np.float64
    totals: dict[int, Any] = {}
    for values, weights in parts:
        distinct, places = np.unique(values, return_inverse=True)
        large = kind is np.int64 and weights.size and int(weights.max()) > MAX_INT64 // weights.size
        sums = np.zeros(distinct.size, object if large else kind)
        np.add.at(sums, places, weights.astype(sums.dtype))
        for value, weight in zip(distinct.tolist(), sums.tolist(), strict=True):
            totals[value] = totals.get(value, 0) + weight
    if kind is np.int64 and sum(totals.values()) > MAX_INT64:
        raise ResourceLimitError("The counts add up to more than 2^63 - 1; divide them first.")
    kept = sorted(value for value, weight in totals.items() if weight)
    weighed = np.array([totals[value] for value in kept], kind)
    return Differences(np.array(kept, np.int64), weighed, are_exact or kind is np.int64)
