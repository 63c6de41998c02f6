"""What a bar chart of results shows: which states get a bar, how high it is, what is written below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lwfast._base.plot_text import plot_text
from lwfast._base.validation import as_integer
from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.errors import ModeMismatchError
from lwfast.results.columns.labels import meaning_of_all
from lwfast.results.columns.ordering import largest, order
from lwfast.results.columns.text import shortened
from lwfast.results.count_map import CountMap
from lwfast.state import State, as_label, states_of
from lwfast.tables.counts import group_checked

DEFAULT_TOP = 30
LABEL_LENGTH = 64
"""Characters of a label: that of a state is shortened to it, that of a user has lines of it."""


class Bars(NamedTuple):
    """Bars of one or several results, side by side at each place.

    Attributes:
        labels: `n_bars` texts; the last one stands for all other states where `has_rest`.
        given: `n_bars` times whether a user gave the label, which then is not shortened.
        heights: `float64[n_results, n_bars]`.
        errors: `float64[n_results, n_bars]`, or None.
        has_rest: Whether the last place stands for all other states.
    """

    labels: list[str]
    given: list[bool]
    heights: FloatArray
    errors: FloatArray | None
    has_rest: bool


def bars_of(
    results: Sequence[CountMap],
    top: int,
    by: str,
    names: Mapping[State, str],
    *,
    normalize: bool,
    errors: bool,
) -> Bars:
    """Choose the states that get a bar, and the height and error of each.

    Raises:
        ModeMismatchError: If the results differ in their number of modes.
        ResultError: If one has states with X, and another 255 photons in a mode.
        TypeError: If errors are wanted of counts that are no integers.
        ValueError: If `by` is unknown.
    """
    if by not in ("count", "state"):
        raise ValueError(f"Unknown order {by!r}; bars are ordered by 'count' or 'state'.")
    has_x = meaning_of_all(result.working_table for result in results)
    states = _ranked(results, top)
    if by == "state":
        states = states[order(states, np.zeros(len(states)), "state", None)]
    totals = np.array([float(result.n_samples) for result in results])
    heights = np.zeros((len(results), len(states)))
    n_others = 0
    for k, result in enumerate(results):
        rows = result.rows_of(states)
        heights[k, rows >= 0] = result.counts[rows[rows >= 0]]
        n_others = max(n_others, int(np.count_nonzero(result.counts) - np.count_nonzero(heights[k])))
    shown = states_of(states, has_x)
    labels = [label_of(state, names) for state in shown]
    if n_others:
        heights = np.column_stack([heights, totals - heights.sum(axis=1)])
        labels.append(others(n_others) if len(results) == 1 else "others")
    scale = np.where(totals > 0, totals, 1.0)[:, None]
    deviations = None
    if errors:
        for result in results:
            result.whole_counts("errors=True")
        deviations = np.sqrt(np.maximum(heights * (1 - heights / scale), 0.0))
    if normalize:
        heights = heights / scale
        deviations = None if deviations is None else deviations / scale
    given = [*(state in names for state in shown), *([False] if n_others else [])]
    return Bars(labels, given, heights, deviations, n_others > 0)


def others(n_states: int) -> str:
    """Return the label of a bar that stands for `n_states` states."""
    return f"{n_states:,} other{'s' if n_states > 1 else ''}".replace(",", " ")


def label_table(state_labels: Mapping[Any, Any] | None) -> dict[State, str]:
    """Return the labels that a user gave, as they can be drawn, by state.

    Raises:
        TypeError: If a key is not a state.
    """
    if not state_labels:
        return {}
    try:
        return {State(as_label(s)): plot_text(str(label), LABEL_LENGTH) for s, label in state_labels.items()}
    except TypeError:
        raise TypeError("Keys of state_labels dict should be States.") from None


def label_of(state: State, names: Mapping[State, str]) -> str:
    """Return what is written below the bar of a state."""
    return names[state] if state in names else shortened(str(state), LABEL_LENGTH)


def number_text(value: float) -> str:
    """Return a share or a count for people: 0.9997 is not 1, 1200000 is 1 200 000."""
    if value >= 1 or value <= 0:
        whole = value == int(value) or value >= 1000
        return f"{value:,.0f}".replace(",", " ") if whole else f"{value:.4g}"
    places = math.ceil(-math.log10(1 - value)) if value > 0.99 else 0
    return f"{value:.{max(places, 3)}f}" if places else f"{value:.3g}"


def checked_top(top: Any) -> int:
    """Return how many states get a bar of their own.

    Raises:
        TypeError: If it is no integer.
        ValueError: If it is not positive.
    """
    checked = as_integer(top, "top")
    if checked < 1:
        raise ValueError(f"top is {checked}; at least one state gets a bar.")
    return checked


def _ranked(results: Sequence[CountMap], top: int) -> StateTable:
    """Return the `top` states by their share summed over the results, largest first.

    Shares, not counts: a long run does not drown a short one.
    """
    if len(results) == 1:
        return results[0].states[largest(results[0].counts, top)]
    shares = [result.counts / (float(result.n_samples) or 1.0) for result in results]

    def union(rows: Sequence[AnyArray]) -> StateTable:
        _same_modes(results)
        table = np.concatenate([result.states[k] for result, k in zip(results, rows, strict=True)])
        distinct: StateTable = group_checked(table, np.ones(len(table), np.int64))[0]
        return distinct

    def summed(states: StateTable) -> FloatArray:
        total = np.zeros(len(states))
        for result, share in zip(results, shares, strict=True):
            rows = result.rows_of(states)
            total[rows >= 0] += share[rows[rows >= 0]]
        return total

    first = summed(union([largest(share, top) for share in shares]))
    # Whatever is among the `top` of the sums has its part of the least of these in one of the results: the
    # others, nearly all of 10^6 states, need not be looked up.
    least = np.sort(first)[-top] if first.size >= top else 0.0
    bound = least / len(results) * (1 - 1e-9)
    states = union([np.flatnonzero(share >= bound) for share in shares])
    return states[largest(summed(states), top)]


def _same_modes(results: Sequence[CountMap]) -> None:
    for result in results:
        if result.n_modes != results[0].n_modes:
            raise ModeMismatchError(
                f"Results of {results[0].n_modes} and {result.n_modes} modes cannot be drawn side by side."
            )
