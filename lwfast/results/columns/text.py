"""How states and their values are shown: short text and small tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._types import AnyArray
from lwfast.results.columns.labels import LabelTable, row_text
from lwfast.results.columns.ordering import largest
from lwfast.tables.packed_table import Table, as_bytes

_SHOWN = 8
_TABLE_ROWS = 10
_GRID_COLUMNS = 8
_STATE_LENGTH = 64


def short_text(result: Mapping[Any, Any], title: str, facts: str, *, is_rounded: bool = False) -> str:
    """Return one line with the first states, however large the result is."""
    return f"lwfast.{title}({facts}, {{{', '.join(first_entries(result, is_rounded=is_rounded))}}})"


def first_entries(data: Any, *, is_rounded: bool = False) -> list[str]:
    """Return short text of the first entries of a mapping or a view, and how many more there are.

    Args:
        data: The mapping, from states to numbers, or a view of one.
        is_rounded: Whether the numbers of a mapping are floats, of which six digits are shown.
    """
    pairs = data.items() if isinstance(data, Mapping) else data
    shown = []
    for _, entry in zip(range(_SHOWN), pairs, strict=False):
        if isinstance(data, Mapping):
            value = float(f"{entry[1]:.6g}") if is_rounded else entry[1]
            shown.append(f"{short_state(entry[0])}: {value}")
        elif isinstance(entry, tuple):
            shown.append(f"({short_state(entry[0])}, {entry[1]})")
        else:
            shown.append(short_state(entry))
    if len(data) > len(shown):
        shown.append(f"... {len(data) - len(shown)} more")
    return shown


def short_state(state: Any) -> str:
    """Return the text of a state, without its middle where it has many modes."""
    return shortened(str(state), _STATE_LENGTH)


def shortened(text: str, length: int) -> str:
    """Leave out the middle of a text that is longer than `length`."""
    if len(text) <= length:
        return text
    half = max((length - 1) // 2, 1)
    return f"{text[:half]}…{text[-half:]}"


def number_of(n: int, thing: str) -> str:
    """Return "1 state", "2 states"."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def html_table(states: Table, values: AnyArray, heading: str, has_x: bool = False) -> str:
    """Return a small table of the largest values with a bar for each.

    Args:
        states: `uint8[N, n_modes]`, or the same as words.
        values: `(N,)` real numbers, not negative, that rank the states.
        heading: Text above the table.
        has_x: Whether 255 in the states stands for X.
    """
    from lwfast._base.showing.html import code, share_bar, table

    chosen = largest(values, _TABLE_ROWS)
    rows, top = chosen.tolist(), as_bytes(states[chosen])  # a large table is not unpacked for a few rows
    peak = float(values[rows[0]]) if rows and values[rows[0]] else 1.0
    is_whole = values.dtype.kind in "iu"
    lines = []
    for place, row in enumerate(rows):
        value = values[row].item()
        shown = value if is_whole else float(f"{value:.6g}")
        state = code(short_state(row_text(top[place], has_x)))
        lines.append((state, shown, share_bar(float(values[row]) / peak)))
    names = ("State", "Count" if is_whole else "Value", "")
    return table(heading, names, lines, n_rows=len(states), things="states", wide=2)


def html_grid(array: AnyArray, inputs: LabelTable, outputs: LabelTable, heading: str) -> str:
    """Return a small table of the first inputs and those outputs that have the largest values there.

    Args:
        array: `(n_inputs, n_outputs)`, real or complex.
        inputs: The states of the rows.
        outputs: The states of the columns.
        heading: Text above the table.
    """
    from lwfast._base.showing.html import code, table

    shown = np.abs(array[:_TABLE_ROWS])
    columns = np.sort(largest(shown.max(axis=0, initial=0.0), _GRID_COLUMNS)).tolist()

    def name(states: LabelTable, row: int) -> str:
        return short_state(row_text(states.states[row], states.has_x))

    rows = [
        (code(name(inputs, row)), *(f"{array[row, column].item():.4g}" for column in columns))
        for row in range(len(shown))
    ]
    left = len(outputs.states) - len(columns)
    if left > 0:
        heading = f"{heading}; {number_of(left, 'output')} with smaller values not shown"
    headers = ["Input", *(name(outputs, column) for column in columns)]
    return table(heading, headers, rows, n_rows=len(inputs.states), things="inputs")
