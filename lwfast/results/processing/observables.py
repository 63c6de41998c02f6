"""Observables: a number for each outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lwfast._base.validation import is_real, refuse_masked, scalar
from lwfast._types import FloatArray, StateTable
from lwfast.state import State, as_occupation

Observable = Callable[[State], float] | Mapping[Any, float] | ArrayLike


_MOST_STATES = 3


def name_of_mean(observable: Any) -> str:
    """Return what the mean of an observable is called, on axes and in tables.

    It is "share of |1,1>" for the mapping `{(1, 1): 1}`, and "mean of parity" for a function of that name.
    """
    if isinstance(observable, Mapping):
        if 0 < len(observable) <= _MOST_STATES and all(value == 1 for value in observable.values()):
            return f"share of {' and '.join(str(State(as_occupation(key))) for key in observable)}"
        return "mean of the observable"
    name = getattr(observable, "__name__", "<lambda>")
    return "mean of the observable" if name.startswith("<") else f"mean of {name}"


def observed(observable: Any, states: StateTable) -> FloatArray:
    """Return what an observable is worth for each outcome.

    Args:
        observable: A callable that takes a State, a mapping from states, or an array.
        states: uint8[K, m], a row per outcome.

    Returns:
        float64[K].

    Raises:
        TypeError: It is not one of these, or gives something that is not a real number.
        ValueError: It gives NaN or infinity, an array has another length, or a mapping names a state with
            another number of modes.
    """
    if isinstance(observable, Mapping):
        values = _of_mapping(observable, states)
    elif callable(observable):
        values = np.array([_number(observable(State(row)), row) for row in states.tolist()], dtype=np.float64)
    else:
        values = _of_array(observable, len(states))
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        msg = (
            f"The observable is {values[wrong[0]]} for the outcome {State(states[wrong[0]].tolist())}; give "
            "each outcome a finite number."
        )
        raise ValueError(msg)
    return values


def _of_mapping(observable: Mapping[Any, Any], states: StateTable) -> FloatArray:
    n_modes = states.shape[1]
    given = {}
    for key, value in observable.items():
        occupation = tuple(as_occupation(key))
        if len(occupation) != n_modes:
            msg = (
                f"The observable names the state {key} of {len(occupation)} modes, and outcomes have "
                f"{n_modes} (heralded modes not counted)."
            )
            raise ValueError(msg)
        given[occupation] = _number(value, key)
    return np.array([given.get(tuple(row), 0.0) for row in states.tolist()], dtype=np.float64)


def _of_array(observable: Any, n_outcomes: int) -> FloatArray:
    refuse_masked(observable, "The observable has")
    values = np.asarray(observable)
    if values.dtype.kind not in "biuf":
        msg = (
            f"An observable should be a callable, a mapping from states, or an array of real numbers, got "
            f"{type(observable).__name__} of dtype {values.dtype}."
        )
        raise TypeError(msg)
    if values.shape != (n_outcomes,):
        msg = (
            f"The observable has shape {values.shape}, and {n_outcomes} outcomes count; give one number "
            "each, or a callable that takes a State."
        )
        raise ValueError(msg)
    return values.astype(np.float64)


def _number(value: Any, state: Any) -> float:
    number = scalar(value)
    if not is_real(number) and not isinstance(number, bool | np.bool_):
        msg = f"The observable gives {value!r} for the outcome {state}; it should give a real number."
        raise TypeError(msg)
    try:
        return float(number)
    except OverflowError:
        return math.inf  # an integer beyond any float, refused as infinity is
