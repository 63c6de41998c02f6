"""How states and their values are shown: short text and small tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._types import AnyArray, StateTable
from lwfast.results.columns.labels import LabelTable, row_text
from lwfast.results.columns.ordering import largest

_SHOWN = 8
_TABLE_ROWS = 10
_GRID_COLUMNS = 8
_STATE_LENGTH = 64


def short_text(result: Mapping[Any, Any], title: str, facts: str) -> str:
    """Return one line with the first states, however large the result is."""
    return f"lwfast.{title}({facts}, {{{', '.join(first_entries(result))}}})"


def first_entries(data: Any) -> list[str]:
    """Return short text of the first entries of a mapping or a view, and how many more there are."""
    pairs = data.items() if isinstance(data, Mapping) else data
    shown = []
    for _, entry in zip(range(_SHOWN), pairs, strict=False):
        if isinstance(data, Mapping):
            shown.append(f"{short_state(entry[0])}: {entry[1]}")
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


def html_table(states: StateTable, values: AnyArray, heading: str, has_x: bool = False) -> str:
    """Return a small table of the largest values with a bar for each.

    Args:
        states: `uint8[N, n_modes]`.
        values: `(N,)` real numbers, not negative, that rank the states.
        heading: Text above the table.
        has_x: Whether 255 in the states stands for X.
    """
    import html

    rows = largest(values, _TABLE_ROWS)
    peak = float(values[rows[0]]) if rows.size and values[rows[0]] else 1.0
    cells = []
    for row in rows.tolist():
        width = 100 * float(values[row]) / peak
        state = html.escape(short_state(row_text(states[row], has_x)))
        bar = f'<div style="background:#4c72b0;height:0.8em;width:{width:.1f}%"></div>'
        value = values[row].item()
        text = f"{value}" if isinstance(value, int) else f"{value:.6g}"
        cells.append(
            f'<tr><td style="font-family:monospace;text-align:left">{state}</td><td>{text}</td>'
            f'<td style="width:12em">{bar}</td></tr>'
        )
    rest = len(states) - rows.size
    note = f"<div>{number_of(rest, 'more state')}</div>" if rest > 0 else ""
    return f"<div>{html.escape(heading)}<table>{''.join(cells)}</table>{note}</div>"


def html_grid(array: AnyArray, inputs: LabelTable, outputs: LabelTable, heading: str) -> str:
    """Return a small table of the first inputs and those outputs that have the largest values there.

    Args:
        array: `(n_inputs, n_outputs)`, real or complex.
        inputs: The states of the rows.
        outputs: The states of the columns.
        heading: Text above the table.
    """
    import html

    shown = np.abs(array[:_TABLE_ROWS])
    columns = np.sort(largest(shown.max(axis=0, initial=0.0), _GRID_COLUMNS)).tolist()

    def cell(table: LabelTable, row: int) -> str:
        text = short_state(row_text(table.states[row], table.has_x))
        return f'<th style="font-family:monospace">{html.escape(text)}</th>'

    lines = ["<tr><th></th>" + "".join(cell(outputs, column) for column in columns) + "</tr>"]
    for row in range(len(shown)):
        values = "".join(f"<td>{array[row, column].item():.4g}</td>" for column in columns)
        lines.append(f"<tr>{cell(inputs, row)}{values}</tr>")
    more = [
        number_of(n, f"more {thing}")
        for n, thing in (
            (len(inputs.states) - len(shown), "input"),
            (len(outputs.states) - len(columns), "output"),
        )
        if n > 0
    ]
    note = f"<div>{', '.join(more)}</div>" if more else ""
    return f"<div>{html.escape(heading)}<table>{''.join(lines)}</table>{note}</div>"
