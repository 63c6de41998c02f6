"""How results show themselves: short text, a small table, frames, Arrow, plots."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lwfast._types import AnyArray
    from lwfast.results._state_map import StateMap

_SHOWN = 8
_TABLE_ROWS = 10


def short_text(result: StateMap[Any], title: str, facts: str) -> str:
    """Return one line with the first states, however large the result is."""
    pairs = [f"{state}: {value}" for _, (state, value) in zip(range(_SHOWN), result.items(), strict=False)]
    more = len(result) - len(pairs)
    if more > 0:
        pairs.append(f"... {more} more")
    return f"lwfast.{title}({facts}, {{{', '.join(pairs)}}})"


def html_table(result: StateMap[Any], values: AnyArray, heading: str) -> str:
    """Return a small table of the largest values with a bar for each.

    Args:
        result: What is shown.
        values: `(N,)` real numbers, not negative, that rank the states.
        heading: Text above the table.
    """
    from lwfast.results._ordering import largest
    from lwfast.state import State

    rows = largest(values, _TABLE_ROWS)
    peak = float(values[rows[0]]) if rows.size and values[rows[0]] else 1.0
    cells = []
    for row in rows.tolist():
        width = 100 * float(values[row]) / peak
        state = html.escape(str(State(result.states[row].tolist())))
        bar = f'<div style="background:#4c72b0;height:0.8em;width:{width:.1f}%"></div>'
        value = values[row].item()
        text = f"{value}" if isinstance(value, int) else f"{value:.6g}"
        cells.append(
            f'<tr><td style="font-family:monospace;text-align:left">{state}</td><td>{text}</td>'
            f'<td style="width:12em">{bar}</td></tr>'
        )
    rest = len(result) - rows.size
    note = f"<div>{rest} more states</div>" if rest > 0 else ""
    return f"<div>{html.escape(heading)}<table>{''.join(cells)}</table>{note}</div>"


class SamplingDisplay:
    """What a result of counts shows; a part of `SamplingResult`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return short_text(_result(self), type(self).__name__, self._facts())

    __str__ = __repr__

    def _facts(self) -> str:
        result = _result(self)
        return f"{len(result)} states of {result.n_modes} modes, {result.n_samples} samples"

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
        from lwfast.results.export import pandas_module

        result = _result(self)
        name = "counts" if result.input is None else str(result.input)
        columns = [str(state) for state in result]
        return pandas_module().DataFrame([list(result.counts)], index=[name], columns=columns)

    def to_pandas(self) -> Any:
        """Return a DataFrame with a column for each mode (`mode_0`, ...) and one of `counts`.

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        from lwfast.results.export import to_pandas

        result = _result(self)
        return to_pandas(result.states, result.counts, "counts")

    def to_polars(self) -> Any:
        """Return a `polars.DataFrame` with `state` (an array of uint8) and `counts`.

        `polars.DataFrame(result)` raises: polars takes any mapping for one from names to columns, before it
        looks for an Arrow stream.

        Raises:
            LightworksDependencyError: If polars is not installed.
        """
        from lwfast.results.export import to_polars

        result = _result(self)
        return to_polars(result.states, result.counts, "counts")

    def to_arrow(self) -> Any:
        """Return a `pyarrow.Table` with `state` (a list of uint8 of fixed size) and `counts`.

        Raises:
            LightworksDependencyError: If pyarrow is not installed.
        """
        from lwfast.results.export import to_arrow

        result = _result(self)
        return to_arrow(result.states, result.counts, "counts")

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the columns to DuckDB, pyarrow and others without a copy; for polars there is `to_polars`."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Return the counts, in the order of `states`."""
        return np.array(_result(self).counts, dtype=dtype, copy=copy)

    def plot(self, show: bool = True, state_labels: Any = None, **options: Any) -> Any:
        """Draw a bar chart; see `lwfast.results.plotting.plot_results` for the options."""
        from lwfast.results.plotting import plot_results

        return plot_results(_result(self), show=show, state_labels=state_labels, **options)


def _result(display: Any) -> Any:
    """Return the result that a display is a part of."""
    return display
