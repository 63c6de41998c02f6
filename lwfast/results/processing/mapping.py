"""Map states to others: built-in mappings on whole columns, any callable on distinct rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._base.origin import origin_of
from lwfast._types import StateTable
from lwfast.state import State, as_occupation, iterate_states

TableMapping = Callable[..., StateTable]


def threshold(states: StateTable, invert: bool = False) -> StateTable:
    """Map photon numbers to 0 (none) and 1 (any); `invert` swaps the two."""
    return np.minimum(states, np.uint8(1)) ^ np.uint8(bool(invert))


def parity(states: StateTable, invert: bool = False) -> StateTable:
    """Map photon numbers to 0 (even) and 1 (odd); `invert` swaps the two."""
    return (states & np.uint8(1)) ^ np.uint8(bool(invert))


def dual_rail_to_qubit(states: StateTable, invert: bool = False, allow_invalid: bool = False) -> StateTable:
    """Map each pair of modes to a qubit: `1,0` to 0 and `0,1` to 1; `invert` swaps the two.

    Args:
        states: `uint8[N, 2 * n_qubits]`.
        invert: Swap 0 and 1.
        allow_invalid: Must be False: a column of photon numbers has no place for an invalid qubit.

    Raises:
        ValueError: If the number of modes is odd, a pair of modes does not hold one photon, or
            `allow_invalid`.
    """
    if allow_invalid:
        raise ValueError(
            "allow_invalid=True has no meaning for a table of integers; keep the valid states first, with "
            "post-selection on one photon for each pair of modes."
        )
    n_modes = states.shape[1]
    if n_modes % 2:
        raise ValueError(f"Dual-rail encoded states have an even number of modes, not {n_modes}.")
    first, second = states[:, 0::2], states[:, 1::2]
    # uint8 sums wrap at 256; 1 can only be reached by (0, 1), (1, 0) or a wrap, which `| ` rules out.
    invalid = ((first | second) != 1) | ((first & second) != 0)
    if invalid.any():
        row = int(np.flatnonzero(invalid.any(axis=1))[0])
        raise ValueError(
            f"State {State(states[row].tolist())} does not have one photon in each pair of modes; "
            "post-select the valid states first."
        )
    return second ^ np.uint8(bool(invert))


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


def map_states(states: StateTable, mapping: Any, *args: Any, **kwargs: Any) -> tuple[StateTable, str]:
    """Return the mapped row of each row, and the name of the mapping.

    Args:
        states: `uint8[N, n_modes]`.
        mapping: "threshold", "parity" or "dual_rail_to_qubit"; the functions of `convert` with these names;
            or any callable from State to a state.
        args: Passed on behind the state.
        kwargs: Passed on.

    Raises:
        TypeError: If `mapping` is none of these, or returns something else than a state.
        ValueError: If the name is unknown, or the mapped states differ in their number of modes.
    """
    name = known_name(mapping)
    if name is not None:
        return np.ascontiguousarray(MAPPINGS[name](states, *args, **kwargs)), name
    if not callable(mapping):
        raise TypeError(
            "Provided mapping should be a callable which accepts and returns a State, or the name of one of "
            f"{', '.join(MAPPINGS)}; got {type(mapping).__name__}."
        )
    mapped = [as_occupation(mapping(row, *args, **kwargs)) for row in iterate_states(states)]
    return table_of(mapped), getattr(mapping, "__qualname__", type(mapping).__name__)


def table_of(occupations: list[tuple[int, ...]]) -> StateTable:
    """Return states as a table.

    Raises:
        ValueError: If they differ in their number of modes, or a photon number is above 255.
    """
    if not occupations:
        return np.zeros((0, 0), np.uint8)
    n_modes = len(occupations[0])
    for k, occupation in enumerate(occupations):
        if len(occupation) != n_modes:
            raise ValueError(f"State {k} has {len(occupation)} modes, those before it have {n_modes}.")
        if occupation and max(occupation) > MAX_STATE_PHOTONS:
            raise ValueError(
                f"State {k} has {max(occupation)} photons in a mode; a result table holds at most "
                f"{MAX_STATE_PHOTONS}."
            )
    return np.array(occupations, np.uint8).reshape(len(occupations), n_modes)


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
