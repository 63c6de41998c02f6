"""The results of a batch."""

from __future__ import annotations

from typing import Any

from lwfast.results.columns.labels import row_text
from lwfast.results.columns.text import short_state
from lwfast.results.state_map import StateMap, working_table
from lwfast.tables.packed_table import as_bytes


class BatchResults(list[Any]):
    """The results of the tasks of a batch, in its order: a list that notebooks show as a table."""

    def _repr_html_(self) -> str:
        from lwfast._base.showing.html import code, table

        rows = ((k, type(result).__name__, *_largest(result, code)) for k, result in enumerate(self))
        title = f"Results of {len(self)} task{'s' if len(self) != 1 else ''}"
        headers = ("Task", "Result", "States", "Most frequent", "Count")
        return table(title, headers, rows, n_rows=len(self), things="results")


def _largest(result: Any, code: Any) -> tuple[Any, ...]:
    """Return the number of states of a result of counts, the most frequent one and its count."""
    if not isinstance(result, StateMap) or not len(result):
        return (None, None, None)
    values = result._values  # noqa: SLF001  (of a base class of results)
    row = int(values.argmax())
    state = row_text(as_bytes(working_table(result).states[row : row + 1])[0], result.has_x)
    return (len(result), code(short_state(state)), values[row].item())
