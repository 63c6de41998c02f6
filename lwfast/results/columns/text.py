"""How results show themselves: short text, a small table, frames, Arrow, plots."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lwfast._types import AnyArray, StateTable
    from lwfast.results.columns.state_map import StateMap

_SHOWN = 8
_TABLE_ROWS = 10
_GRID_COLUMNS = 8
_STATE_LENGTH = 64


def short_text(result: StateMap[Any], title: str, facts: str) -> str:
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


def html_table(result: StateMap[Any], values: AnyArray, heading: str) -> str:
    """Return a small table of the largest values with a bar for each.

    Args:
        result: What is shown.
        values: `(N,)` real numbers, not negative, that rank the states.
        heading: Text above the table.
    """
    from lwfast.results.columns.ordering import largest
    from lwfast.state import State

    rows = largest(values, _TABLE_ROWS)
    peak = float(values[rows[0]]) if rows.size and values[rows[0]] else 1.0
    cells = []
    for row in rows.tolist():
        width = 100 * float(values[row]) / peak
        state = html.escape(short_state(State(result.states[row].tolist())))
        bar = f'<div style="background:#4c72b0;height:0.8em;width:{width:.1f}%"></div>'
        value = values[row].item()
        text = f"{value}" if isinstance(value, int) else f"{value:.6g}"
        cells.append(
            f'<tr><td style="font-family:monospace;text-align:left">{state}</td><td>{text}</td>'
            f'<td style="width:12em">{bar}</td></tr>'
        )
    rest = len(result) - rows.size
    note = f"<div>{number_of(rest, 'more state')}</div>" if rest > 0 else ""
    return f"<div>{html.escape(heading)}<table>{''.join(cells)}</table>{note}</div>"


def html_grid(array: AnyArray, inputs: StateTable, outputs: StateTable, heading: str) -> str:
    """Return a small table of the first inputs and those outputs that have the largest values there.

    Args:
        array: `(n_inputs, n_outputs)`, real or complex.
        inputs: `uint8[n_inputs, n_modes]`.
        outputs: `uint8[n_outputs, n_modes]`.
        heading: Text above the table.
    """
    from lwfast.results.columns.ordering import largest
    from lwfast.state import State

    shown = np.abs(array[:_TABLE_ROWS])
    columns = np.sort(largest(shown.max(axis=0, initial=0.0), _GRID_COLUMNS)).tolist()

    def cell(states: StateTable, row: int) -> str:
        return (
            f'<th style="font-family:monospace">{html.escape(short_state(State(states[row].tolist())))}</th>'
        )

    lines = ["<tr><th></th>" + "".join(cell(outputs, column) for column in columns) + "</tr>"]
    for row in range(len(shown)):
        values = "".join(f"<td>{array[row, column].item():.4g}</td>" for column in columns)
        lines.append(f"<tr>{cell(inputs, row)}{values}</tr>")
    more = [
        number_of(n, f"more {thing}")
        for n, thing in ((len(inputs) - len(shown), "input"), (len(outputs) - len(columns), "output"))
        if n > 0
    ]
    note = f"<div>{', '.join(more)}</div>" if more else ""
    return f"<div>{html.escape(heading)}<table>{''.join(lines)}</table>{note}</div>"


class SamplingDisplay:
    """What a result of counts shows; a part of `SamplingResult`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return short_text(_result(self), type(self).__name__, self._facts())

    __str__ = __repr__

    def _facts(self) -> str:
        result = _result(self)
        states, modes = number_of(len(result), "state"), number_of(result.n_modes, "mode")
        return f"{states} of {modes}, {number_of(result.n_samples, 'sample')}"

    def _repr_html_(self) -> str:
        result = _result(self)
        return html_table(result, result.counts, f"{type(self).__name__}: {self._facts()}")

    def print_outputs(self) -> None:
        """Print the input state and every output with its count."""
        result = _result(self)
        outputs = ", ".join(f"{state} : {count}" for state, count in result.items())
        print(f"{result.input} -> {outputs}" if result.input is not None else outputs)  # noqa: T201

    def display_as_dataframe(self) -> Any:
        """Return a DataFrame of one row, with a column for each output state.

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        from lwfast.results.columns.export import pandas_module

        result = _result(self)
        name = "counts" if result.input is None else str(result.input)
        columns = [str(state) for state in result]
        return pandas_module().DataFrame([list(result.counts)], index=[name], columns=columns)

    def to_pandas(self) -> Any:
        """Return a DataFrame with a column for each mode (`mode_0`, ...) and one of `counts`.

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        from lwfast.results.columns.export import to_pandas

        result = _result(self)
        return to_pandas(result.states, result.counts, "counts")

    def to_polars(self) -> Any:
        """Return a `polars.DataFrame` with `state` (an array of uint8) and `counts`.

        `polars.DataFrame(result)` raises: polars takes any mapping for one from names to columns, before it
        looks for an Arrow stream.

        Raises:
            LightworksDependencyError: If polars is not installed.
        """
        from lwfast.results.columns.export import to_polars

        result = _result(self)
        return to_polars(result.states, result.counts, "counts")

    def to_arrow(self) -> Any:
        """Return a `pyarrow.Table` with `state` (a list of uint8 of fixed size) and `counts`.

        Raises:
            LightworksDependencyError: If pyarrow is not installed.
        """
        from lwfast.results.columns.export import to_arrow

        result = _result(self)
        return to_arrow(result.states, result.counts, "counts")

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the columns to DuckDB, pyarrow and others without a copy; for polars there is `to_polars`."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Return the counts, in the order of `states`."""
        return np.array(_result(self).counts, dtype=dtype, copy=copy)

    def plot(self, show: bool = True, state_labels: Any = None, **options: Any) -> Any:
        """Draw a bar chart; see `lwfast.results.plots.result_plot.plot_results` for the options."""
        from lwfast.results.plots.result_plot import plot_results

        return plot_results(_result(self), show=show, state_labels=state_labels, **options)


def _result(display: Any) -> Any:
    """Return the result that a display is a part of."""
    return display
