"""What a bar chart of results shows: which states get a bar, how high it is, what is written below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lwfast._base.showing.plot_text import plot_text
from lwfast._base.validation import as_integer
from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.errors import ModeMismatchError
from lwfast.results.columns.labels import LabelTable, meaning_of_all, table_of
from lwfast.results.columns.ordering import largest, order
from lwfast.results.count_map import CountMap, whole_counts
from lwfast.results.plots.kets import short_ket
from lwfast.results.state_map import StateMap, rows_of, working_table
from lwfast.state import State, as_label, states_of
from lwfast.tables.counts import group_checked
from lwfast.tables.packed_table import as_bytes

DEFAULT_TOP = 30
LABEL_LENGTH = 64
"""Characters of a line of a label that a user gave."""
KET_DIGITS = 26.0
"""The widest ket, in digits: wider ones give way to a map of the modes, or lose their middle."""
_ROUNDING = 1e-6


class Bars(NamedTuple):
    """Bars of one or several results, side by side at each place.

    Attributes:
        labels: `n_bars` texts; the last one stands for all other states where `has_rest`.
        given: `n_bars` times whether a user gave the label, which then is not shortened.
        heights: `float64[n_results, n_bars]`, counts or shares.
        errors: `float64[n_results, n_bars]`, or None.
        has_rest: Whether the last place stands for all other states.
        states: The states of the bars that stand for one, and what 255 means in them.
        theory: What theory expects, `float64[n_results, n_bars]`, or None.
        totals: All counts of each result, or its whole probability, `float64[n_results]`, in the units of
            the heights; None where shares are not told.
    """

    labels: list[str]
    given: list[bool]
    heights: FloatArray
    errors: FloatArray | None
    has_rest: bool
    states: LabelTable
    theory: FloatArray | None = None
    totals: FloatArray | None = None


class Expected(NamedTuple):
    """Probabilities that theory gives."""

    states: StateMap[Any]
    probabilities: FloatArray


def bars_of(
    results: Sequence[StateMap[Any]],
    top: int,
    by: str,
    names: Mapping[State, str],
    *,
    normalize: bool,
    errors: bool,
    theory: Expected | None = None,
) -> Bars:
    """Choose the states that get a bar, and the height and error of each.

    Raises:
        ModeMismatchError: If the results differ in their number of modes.
        ResultError: If one has states with X, and another 255 photons in a mode.
        TypeError: If errors are wanted of counts that are not integers, or of probabilities.
        ValueError: If `by` is unknown.
    """
    if by not in ("count", "state"):
        raise ValueError(f"Unknown order {by!r}; bars are ordered by 'count' or 'state'.")
    maps = [*results, *([] if theory is None else [theory.states])]
    has_x = meaning_of_all(working_table(result) for result in maps)
    values = [values_of(result) for result in results]
    totals = np.array([float(column.sum(dtype=np.float64)) for column in values])
    shares = [column / (total or 1.0) for column, total in zip(values, totals, strict=True)]
    expected = [] if theory is None else [theory.probabilities]
    states = _ranked(maps, [*shares, *expected], values, top)
    if by == "state":
        states = states[order(states, np.zeros(len(states)), "state", None)]
    heights = np.zeros((len(results), len(states)))
    n_others = 0
    for k, (result, column) in enumerate(zip(results, values, strict=True)):
        rows = rows_of(result, states)
        heights[k, rows >= 0] = column[rows[rows >= 0]]
        n_others = max(n_others, int(np.count_nonzero(column) - np.count_nonzero(heights[k])))
    theirs = None if theory is None else _expected_at(theory, states)
    shown = states_of(states, has_x)
    labels = [label_of(state, names) for state in shown]
    if n_others:
        heights = np.column_stack([heights, totals - heights.sum(axis=1)])
        labels.append(others(n_others) if len(results) == 1 else "others")
        if theory is not None and theirs is not None:
            rest = max(float(theory.probabilities.sum()) - float(theirs.sum()), 0.0)
            theirs = np.append(theirs, rest)
    scale = np.where(totals > 0, totals, 1.0)[:, None]
    deviations = None
    if errors:
        for result in results:
            if not isinstance(result, CountMap):
                raise TypeError("Probabilities have no statistical errors; leave errors=True out.")
            whole_counts(result, "errors=True")
        deviations = np.sqrt(np.maximum(heights * (1 - heights / scale), 0.0))
    if normalize:
        heights = heights / scale
        deviations = None if deviations is None else deviations / scale
        totals = np.ones(len(totals))
    # Theory gives shares of what was measured; a distribution beside it stands as it is.
    ours = np.array(
        [1.0 if normalize or not isinstance(r, CountMap) else float(r.n_samples) for r in results]
    )
    given = [*(state in names for state in shown), *([False] if n_others else [])]
    return Bars(
        labels,
        given,
        heights,
        deviations,
        n_others > 0,
        LabelTable(states, has_x),
        None if theirs is None else ours[:, None] * theirs,
        totals,
    )


def values_of(result: StateMap[Any]) -> FloatArray:
    """Return the counts or probabilities of a mapping, in the order of its states."""
    return result._values  # noqa: SLF001  (our own base class)


def _expected_at(theory: Expected, states: StateTable) -> FloatArray:
    """Return what theory says of states."""
    rows = rows_of(theory.states, states)
    found = np.zeros(len(states))
    found[rows >= 0] = theory.probabilities[rows[rows >= 0]]
    return found


def expected(theory: Any) -> Expected:
    """Return probabilities that a user gave, or those of a simulation of one input.

    Raises:
        TypeError: If it is not a mapping from states to numbers.
        ValueError: If a probability is negative or not finite, they add up to more than 1, or the simulation
            has several inputs.
    """
    if isinstance(theory, CountMap):
        raise TypeError("theory holds probabilities; counts of another run are drawn with compare=.")
    if not isinstance(theory, Mapping):
        raise TypeError(f"theory maps states to probabilities; {type(theory).__name__} does not.")
    first = next(iter(theory.values()), None)
    if isinstance(first, Mapping):
        if len(theory) != 1:
            raise ValueError(f"theory has {len(theory)} inputs; take one of them, such as theory[input].")
        theory = first
    if not isinstance(theory, StateMap):
        table = table_of(theory)
        theory = StateMap(table.states, np.array(list(theory.values())), has_x=table.has_x)
    values = values_of(theory)
    if values.dtype.kind not in "fciu":
        raise TypeError(f"theory maps states to probabilities, not to {values.dtype}.")
    probabilities = np.abs(values) ** 2 if np.iscomplexobj(values) else values.astype(np.float64)
    if not np.isfinite(probabilities).all() or probabilities.min(initial=0.0) < 0:
        raise ValueError("A probability of theory is negative or not finite.")
    total = float(probabilities.sum())
    if total > 1 + _ROUNDING:
        raise ValueError(f"The probabilities of theory add up to {total:.6g}; 1 is the most that they can.")
    return Expected(theory, probabilities)


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
    return names[state] if state in names else short_ket(state, KET_DIGITS)


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
        TypeError: If it is not an integer.
        ValueError: If it is not positive.
    """
    checked = as_integer(top, "top")
    if checked < 1:
        raise ValueError(f"top is {checked}; at least one state gets a bar.")
    return checked


def _ranked(
    maps: Sequence[StateMap[Any]], shares: Sequence[FloatArray], values: Sequence[FloatArray], top: int
) -> StateTable:
    """Return the `top` states by their share summed over the results, largest first.

    Shares, not counts: a long run does not drown a short one.
    """
    if len(maps) == 1:
        return as_bytes(working_table(maps[0]).states[largest(values[0], top)])

    def union(rows: Sequence[AnyArray]) -> StateTable:
        _same_modes(maps)
        table = np.concatenate(
            [as_bytes(working_table(result).states[k]) for result, k in zip(maps, rows, strict=True)]
        )
        distinct: StateTable = group_checked(table, np.ones(len(table), np.int64))[0]
        return distinct

    def summed(states: StateTable) -> FloatArray:
        total = np.zeros(len(states))
        for result, share in zip(maps, shares, strict=True):
            rows = rows_of(result, states)
            total[rows >= 0] += share[rows[rows >= 0]]
        return total

    first = summed(union([largest(share, top) for share in shares]))
    # Whatever is among the `top` of the sums has its part of the least of these in one of the results: the
    # others, nearly all of 10^6 states, need not be looked up.
    least = np.sort(first)[-top] if first.size >= top else 0.0
    bound = least / len(maps) * (1 - 1e-9)
    states = union([np.flatnonzero(share >= bound) for share in shares])
    return states[largest(summed(states), top)]


def _same_modes(maps: Sequence[StateMap[Any]]) -> None:
    for result in maps:
        if result.n_modes != maps[0].n_modes:
            raise ModeMismatchError(
                f"Results of {maps[0].n_modes} and {result.n_modes} modes cannot be drawn side by side."
            )
