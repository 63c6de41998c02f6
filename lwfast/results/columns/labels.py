"""States with X, an invalid qubit, as rows of a table: 255 stands for X where a result says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from lwfast._base.limits import MAX_STATE_PHOTONS
from lwfast._types import StateTable
from lwfast.errors import ResultError
from lwfast.state import X_CODE, X, as_label, states_of
from lwfast.tables.packed_table import as_bytes


class LabelTable(NamedTuple):
    """Rows of a table, and what 255 means in them.

    Attributes:
        states: `uint8[N, n_modes]`; or words, in which nothing stands for X.
        has_x: Whether a 255 in it stands for X. Where there is no X it is False, and 255 a photon number.
    """

    states: Any
    has_x: bool = False


def table_of(states: Iterable[Any]) -> LabelTable:
    """Return states as a table.

    Args:
        states: Whatever stands for a state, with photon numbers or "X" in each mode.

    Raises:
        TypeError: If something else is among them.
        ValueError: If they differ in their number of modes, or a photon number is above 255, or is 255 while
            there is an X.
    """
    occupations = [as_label(state) for state in states]
    if not occupations:
        return LabelTable(np.zeros((0, 0), np.uint8))
    n_modes = len(occupations[0])
    has_x = False
    for k, occupation in enumerate(occupations):
        if len(occupation) != n_modes:
            raise ValueError(f"State {k} has {len(occupation)} modes, those before it have {n_modes}.")
        try:
            most = max(occupation, default=0)
            too_many = most > MAX_STATE_PHOTONS
        except TypeError:  # no number is larger than X, or smaller
            has_x = True
            most = max((n for n in occupation if n != X), default=0)
            too_many = most > MAX_STATE_PHOTONS
        if too_many:
            raise ValueError(
                f"State {k} has {most} photons in a mode; a result table holds at most {MAX_STATE_PHOTONS}."
            )
    if not has_x:
        return LabelTable(np.array(occupations, np.uint8).reshape(len(occupations), n_modes))
    objects = np.array(occupations, np.object_)
    marked = objects == X
    if (objects == X_CODE).any():
        raise ValueError(_TWO_MEANINGS)
    objects[marked] = X_CODE
    return LabelTable(objects.astype(np.uint8), has_x=True)


def has_an_x(states: StateTable, has_x: bool) -> bool:
    """Say whether there is an X in a table in which 255 stands for one, if `has_x`."""
    return has_x and bool((states == X_CODE).any())


def meaning_of_all(parts: Iterable[LabelTable]) -> bool:
    """Return what 255 means in several tables together: whether it stands for X.

    Raises:
        ResultError: If it stands for X in one of them and for 255 photons in another.
    """
    listed = list(parts)
    if not any(part.has_x for part in listed):
        return False
    if any(not part.has_x and bool((as_bytes(part.states) == X_CODE).any()) for part in listed):
        raise ResultError(_TWO_MEANINGS)
    return True


def refuse_x(has_x: bool, purpose: str) -> None:
    """Refuse states with X where photons are counted.

    Raises:
        ResultError: If there are any.
    """
    if has_x:
        raise ResultError(
            f"A {purpose} needs photon numbers, and X, an invalid qubit, has none; keep the valid states "
            "first, as apply_post_selection(lambda state: 'X' not in state) does."
        )


def row_text(row: StateTable, has_x: bool) -> str:
    """Return the text of the state in a row, `uint8[n_modes]`."""
    return str(states_of(row[np.newaxis], has_x)[0])


def readable_columns(states: StateTable, dtype: Any, has_x: bool) -> list[Any]:
    """Return a column of each mode for people and pandas: of `dtype`, or of objects where it has an X."""
    columns: list[Any] = []
    for mode in range(states.shape[1]):
        column = states[:, mode]
        marked = column == X_CODE if has_x else None
        if marked is None or not marked.any():
            columns.append(column.astype(dtype))
            continue
        objects = column.astype(np.object_)
        objects[marked] = X
        columns.append(objects)
    return columns


def valid_rows(states: StateTable, modes: Iterable[int]) -> Any:
    """Return which rows of a table have no X in some of its modes: bool[N].

    Args:
        states: `uint8[N, n_modes]`, in which 255 stands for X.
        modes: The modes that are looked at; the table has them.
    """
    return (states[:, sorted(set(modes))] != X_CODE).all(axis=1)


_TWO_MEANINGS = (
    "A mode holds 255 photons, and another state has X, an invalid qubit; in one table 255 stands for X, so "
    "no mode may hold as many photons."
)
