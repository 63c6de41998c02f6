"""Counts of qubits' outcomes, read from results of any kind into one array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lwfast._types import AnyArray, FloatArray, StateTable
from lwfast.errors import TomographyDataError
from lwfast.results import SweepResult
from lwfast.results.state_map import StateMap
from lwfast.state import State, as_occupation


def read_counts(data: Any, names: Sequence[Any], n_qubits: int) -> FloatArray:
    """Read what was measured in each experiment.

    Args:
        data: A list of results in the order of the experiments, a dictionary of them by the name of the
            experiment, or the result of a sweep. A result is a mapping from states to counts or
            probabilities; a state is anything with photon numbers, of lwfast, of Lightworks, or a tuple.
        names: The name of each experiment.
        n_qubits: Number of qubits, on two modes each.

    Returns:
        float64[E, 2^n], counts by experiment and outcome; a qubit is 0 with its photon in its first mode.
        Modes behind those of the qubits are not looked at.

    Raises:
        TomographyDataError: Results are missing, or a result is empty.
        TypeError: `data` is not one of these.
        ValueError: A state is not that of qubits in dual-rail encoding, or a count is not finite.
    """
    if isinstance(data, SweepResult):
        _check_number(len(data), names)
        lengths = np.diff(data.offsets)
        return _collected(data.states, data.counts, lengths, names, n_qubits)
    if isinstance(data, Mapping):
        missing = [name for name in names if name not in data]
        if missing:
            msg = f"Results of {len(missing)} experiments are missing; the missing keys are {missing}."
            raise TomographyDataError(msg)
        results = [data[name] for name in names]
    elif isinstance(data, str | bytes) or not isinstance(data, Iterable):
        msg = (
            "Tomography data should be a list of results, a dictionary of them, or the result of a sweep, "
            f"got {type(data).__name__}."
        )
        raise TypeError(msg)
    else:
        results = list(data)
        _check_number(len(results), names)
    columns = [_columns(result) for result in results]
    lengths = np.array([len(values) for _, values in columns])
    widths = {table.shape[1] for table, values in columns if len(values)}
    tables = [table for table, values in columns if len(values)]
    if len(widths) > 1:
        msg = f"The states of all results should have one number of modes, got {sorted(widths)}."
        raise ValueError(msg)
    table = np.concatenate(tables) if tables else np.zeros((0, 2 * n_qubits), dtype=np.uint8)
    return _collected(table, np.concatenate([v for _, v in columns]), lengths, names, n_qubits)


def _check_number(number: int, names: Sequence[Any]) -> None:
    if number != len(names):
        msg = (
            f"The number of results, {number}, does not fit the {len(names)} experiments of this tomography; "
            "give one result for each of get_experiments(), in its order."
        )
        raise TomographyDataError(msg)


def _columns(result: Any) -> tuple[AnyArray, AnyArray]:
    """Return the states of a result as rows, and what was measured of each."""
    if isinstance(result, StateMap):
        return result.states, np.array(list(result.values()), dtype=np.float64)
    if not hasattr(result, "items"):
        msg = f"A result should be a mapping from states to counts, got {type(result).__name__}."
        raise TypeError(msg)
    pairs = list(result.items())
    table = [as_occupation(state) for state, _ in pairs]
    if len({len(row) for row in table}) > 1:
        msg = f"The states of a result should have one number of modes, got {[State(row) for row in table]}."
        raise ValueError(msg)
    states = np.array(table, dtype=np.int64).reshape(len(table), len(table[0]) if table else 0)
    return states, np.array([value for _, value in pairs], dtype=np.float64)


def _collected(
    states: StateTable | AnyArray, values: AnyArray, lengths: AnyArray, names: Sequence[Any], n_qubits: int
) -> FloatArray:
    """Add up what was measured by experiment and outcome."""
    first, second = states[:, 0 : 2 * n_qubits : 2], states[:, 1 : 2 * n_qubits : 2]
    valid = second.shape[1] == n_qubits and bool(
        (((first == 1) & (second == 0)) | ((first == 0) & (second == 1))).all()
    )
    if not valid:
        raise ValueError(_invalid(states, n_qubits))
    if not np.isfinite(values).all():
        raise ValueError(
            "Counts should be finite numbers, got NaN or infinity; leave out what was not measured."
        )
    outcomes = second.astype(np.int64) @ (1 << np.arange(n_qubits)[::-1])
    places = np.repeat(np.arange(len(names)) << n_qubits, lengths) + outcomes
    flat = np.bincount(places, weights=values, minlength=len(names) << n_qubits)
    counts: FloatArray = flat.astype(np.float64).reshape(len(names), -1)
    empty = np.flatnonzero(counts.sum(axis=1) == 0)
    if len(empty):
        msg = (
            f"{len(empty)} results have no counts, the first that of experiment {names[empty[0]]!r}; a "
            "tomography needs all of them. Measure again, with more samples or looser rules."
        )
        raise TomographyDataError(msg)
    return counts


def _invalid(states: AnyArray, n_qubits: int) -> str:
    if states.shape[1] < 2 * n_qubits:
        return (
            f"An invalid state {State(states[0].tolist())} was found in the results: {n_qubits} qubits in "
            f"dual-rail encoding have {2 * n_qubits} modes."
        )
    pairs = states[:, : 2 * n_qubits].reshape(-1, n_qubits, 2)
    wrong = (pairs.min(axis=2) != 0) | (pairs.max(axis=2) != 1)
    row, qubit = np.argwhere(wrong)[0]
    return (
        f"An invalid state {State(pairs[row, qubit].tolist())} was found in the results, for qubit {qubit} "
        f"of {State(states[row].tolist())}: a qubit in dual-rail encoding is |1,0> or |0,1>. Post-select on "
        "one photon in the two modes of each qubit."
    )
