"""Map states to others: built-in mappings on whole columns, any callable on distinct rows; marginals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lwfast._base.origin import origin_of
from lwfast._types import AnyArray
from lwfast.results.columns.labels import LabelTable, refuse_x, row_text, table_of
from lwfast.results.columns.record import Derived
from lwfast.results.processing.weights import group_weights
from lwfast.state import X_CODE, iterate_states
from lwfast.tables.binning import checked_bins, checked_modes, some_modes, totals_of
from lwfast.tables.packed_table import PackedTable, as_bytes

TableMapping = Callable[..., LabelTable]


def threshold(table: LabelTable, invert: bool = False) -> LabelTable:
    """Map photon numbers to 0 (none) and 1 (any); `invert` swaps the two."""
    refuse_x(table.has_x, "threshold mapping")
    if isinstance(table.states, PackedTable):
        return LabelTable(table.states.clicked(parity=False, invert=bool(invert)))
    return LabelTable(np.minimum(table.states, np.uint8(1)) ^ np.uint8(bool(invert)))


def parity(table: LabelTable, invert: bool = False) -> LabelTable:
    """Map photon numbers to 0 (even) and 1 (odd); `invert` swaps the two."""
    refuse_x(table.has_x, "parity mapping")
    if isinstance(table.states, PackedTable):
        return LabelTable(table.states.clicked(parity=True, invert=bool(invert)))
    return LabelTable((table.states & np.uint8(1)) ^ np.uint8(bool(invert)))


def dual_rail_to_qubit(table: LabelTable, allow_invalid: bool = False, *, invert: bool = False) -> LabelTable:
    """Map each pair of modes to a qubit: `1,0` to 0 and `0,1` to 1; `invert` swaps the two.

    Args:
        table: States of two modes a qubit; an X in a pair makes it invalid.
        allow_invalid: Put an X for a pair that does not hold one photon.
        invert: Swap 0 and 1.

    Raises:
        ValueError: If the number of modes is odd, or a pair of modes does not hold one photon and
            `allow_invalid` is False.
    """
    states = as_bytes(table.states)
    n_modes = states.shape[1]
    if n_modes % 2:
        raise ValueError(f"Dual-rail encoded states have an even number of modes, not {n_modes}.")
    first, second = states[:, 0::2], states[:, 1::2]
    # uint8 sums wrap at 256; 1 can only be reached by (0, 1), (1, 0) or a wrap, which `| ` rules out.
    invalid = ((first | second) != 1) | ((first & second) != 0)
    qubits = second ^ np.uint8(bool(invert))
    if not invalid.any():
        return LabelTable(qubits)
    if not allow_invalid:
        row = int(np.flatnonzero(invalid.any(axis=1))[0])
        raise ValueError(
            f"State {row_text(states[row], table.has_x)} does not have one photon in each pair of modes; "
            "post-select the valid states first, or set allow_invalid = True to have an X for such a pair."
        )
    qubits[invalid] = X_CODE
    return LabelTable(qubits, has_x=True)


MAPPINGS: dict[str, TableMapping] = {
    "threshold": threshold,
    "parity": parity,
    "dual_rail_to_qubit": dual_rail_to_qubit,
}

# Lightworks' and our own functions on single states.
_FUNCTIONS = {
    (package, f"convert.{function}"): name
    for package in ("lwfast", "lightworks")
    for function, name in (
        ("threshold_mapping", "threshold"),
        ("parity_mapping", "parity"),
        ("dual_rail_to_qubit", "dual_rail_to_qubit"),
    )
}


def map_states(table: LabelTable, mapping: Any, *args: Any, **kwargs: Any) -> tuple[LabelTable, str]:
    """Return the mapped row of each row, and the name of the mapping.

    Args:
        table: The states, and what 255 means in them.
        mapping: "threshold", "parity" or "dual_rail_to_qubit"; the functions of `convert` with these names;
            or any callable from State to a state.
        args: Passed on behind the state.
        kwargs: Passed on to the mapping by name.

    Raises:
        ResultError: If the mapping counts photons, and there is an X.
        TypeError: If `mapping` is not one of these, or returns something else than a state.
        ValueError: If the name is unknown, or the mapped states differ in their number of modes.
    """
    name = known_name(mapping)
    if name is not None:
        mapped, has_x = MAPPINGS[name](table, *args, **kwargs)
        words = mapped if isinstance(mapped, PackedTable) else np.ascontiguousarray(mapped)
        return LabelTable(words, has_x), name
    if not callable(mapping):
        raise TypeError(
            "Provided mapping should be a callable which accepts and returns a State, or the name of one of "
            f"{', '.join(MAPPINGS)}; got {type(mapping).__name__}."
        )
    found = table_of(
        mapping(state, *args, **kwargs) for state in iterate_states(as_bytes(table.states), table.has_x)
    )
    return found, getattr(mapping, "__qualname__", type(mapping).__name__)


def known_name(mapping: Any) -> str | None:
    """Return the name of a mapping that runs on whole columns, or None for any other.

    Raises:
        ValueError: If it is an unknown name.
    """
    if isinstance(mapping, str):
        if mapping not in MAPPINGS:
            raise ValueError(f"Unknown mapping {mapping!r}; the known ones are {', '.join(MAPPINGS)}.")
        return mapping
    origin = origin_of(mapping)
    return None if origin is None else _FUNCTIONS.get(origin)


def mapped(
    table: LabelTable, counts: AnyArray, mapping: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Derived:
    """Map every state to another, and add up the counts of those that become equal.

    Args:
        table: The states of the result, distinct.
        counts: `(N,)`, one of each state, int64 or float64.
        mapping: As `map_states` takes it.
        args: Further positional arguments of the mapping.
        kwargs: Further keyword arguments of the mapping.
    """
    others, name = map_states(table, mapping, *args, **kwargs)
    states, kept = group_weights(others.states, counts)
    return Derived(states, kept, mapping_step(name, args, kwargs), has_x=others.has_x)


def mapping_step(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the history of a result says of a mapping, with its further arguments as text."""
    step: dict[str, Any] = {"step": "map", "mapping": name}
    if args:
        step["args"] = [repr(argument) for argument in args]
    if kwargs:
        step["kwargs"] = {key: repr(value) for key, value in kwargs.items()}
    return step


def marginal(table: LabelTable, counts: AnyArray, modes: Any) -> Derived:
    """Keep some modes of each state, and add up the counts of states that become equal.

    Args:
        table: The states of the result, distinct.
        counts: `(N,)`, one of each state, int64 or float64.
        modes: The modes to keep, in the order of the new columns; or one mode.
    """
    n_rows, n_modes = table.states.shape
    listed = checked_modes(modes, n_modes if n_rows else None)
    kept = some_modes(table.states, listed) if n_rows else np.zeros((0, len(listed)), np.uint8)
    return Derived(*group_weights(kept, counts), {"step": "marginal", "modes": list(listed)})


def binned(table: LabelTable, counts: AnyArray, bins: Any) -> Derived:
    """Add up the photons of groups of modes, and the counts of states that become equal.

    Args:
        table: The states of the result, distinct.
        counts: `(N,)`, one of each state, int64 or float64.
        bins: Groups of modes, such as `[[0, 1], [2]]`; no mode stands in two.
    """
    refuse_x(table.has_x, "total of modes")
    n_rows, n_modes = table.states.shape
    listed = checked_bins(bins, n_modes if n_rows else None)
    totals = totals_of(table.states, listed) if n_rows else np.zeros((0, len(listed)), np.uint8)
    return Derived(
        *group_weights(totals, counts), {"step": "binned", "bins": [list(modes) for modes in listed]}
    )
