"""Tables of named columns: what is known of files, groups with their values and errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lwfast._base.files.atomic import write_atomic
from lwfast._base.showing.html import table
from lwfast.results.columns.export import (
    arrow_column,
    arrow_module,
    of_one_type,
    pandas_module,
    polars_module,
)

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_SHOWN = 10
_WIDEST = 48
"""Characters of a cell."""
_DIGITS = (6, 10, 13)
"""Significant digits of a float: as many as tell those of a column apart."""


class NamedColumns(Mapping[str, list[Any]]):
    """A small table: reads as a dict from the name of a column to the list of its values.

    Its length is thus the number of columns, as that of any dict is; `n_rows` is the number of rows.

    Args:
        rows: The rows, each as a dict. A column that a row lacks is None there.
        names: Names of the columns that come first; all other columns follow in the order in which they
            appear.

    Example:
        >>> _ = SamplingResult({(1, 0): 3}).with_parameters(theta=0.5).save("run_1.npz")
        >>> files = lw.scan_results("run_1.npz").files
        >>> files["path"], files["theta"]
        (['run_1.npz'], [0.5])
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> None:
        found = dict.fromkeys(names)
        for row in rows:
            found.update(dict.fromkeys(row))
        self._columns = {name: [row.get(name) for row in rows] for name in found}
        self._n_rows = len(rows)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self._columns:
            raise KeyError(f"There is no column {name!r}; there are {', '.join(self._columns)}.")
        return list(self._columns[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self._n_rows

    def rows(self) -> list[dict[str, Any]]:
        """Return each row as a dict."""
        return [{name: column[k] for name, column in self._columns.items()} for k in range(self._n_rows)]

    def to_pandas(self) -> pd.DataFrame:
        """Return a `pandas.DataFrame`.

        Raises:
            LightworksDependencyError: If pandas is not installed.
        """
        frame: pd.DataFrame = pandas_module().DataFrame(dict(self._columns))
        return frame

    def to_polars(self) -> pl.DataFrame:
        """Return a `polars.DataFrame`. A column with values of several types becomes a column of text.

        Raises:
            LightworksDependencyError: If polars is not installed.
        """
        columns = {name: of_one_type(column) for name, column in self._columns.items()}
        frame: pl.DataFrame = polars_module().DataFrame(columns, strict=False)
        return frame

    def to_arrow(self) -> pa.Table:
        """Return a `pyarrow.Table`. A column with values of several types becomes a column of text.

        True and 1 are of two types, and 1 and 1.0 of one.

        Raises:
            LightworksDependencyError: If pyarrow is not installed.
        """
        pa = arrow_module()
        return pa.table({name: arrow_column(column) for name, column in self._columns.items()})

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the columns to polars, DuckDB and others."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def save(self, filename: Any) -> Path:
        """Write the table as `.csv`, atomically.

        Raises:
            ValueError: If the name has another ending.
            OSError: If the file cannot be written.
        """
        path = Path(filename)
        if path.suffix.lower() != ".csv":
            raise ValueError(f"{path.name} should end in .csv, the form of this table.")
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self._columns)
        writer.writerows(zip(*self._columns.values(), strict=True))
        write_atomic(path, text.getvalue().encode("utf-8", "surrogateescape"))
        return path

    def __repr__(self) -> str:
        columns = [_cells(name, column[:_SHOWN]) for name, column in self._columns.items()]
        lines = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
        if self._n_rows > _SHOWN:
            lines.append(f"... {self._n_rows - _SHOWN} more rows")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [[value if value is not None else "" for value in row.values()] for row in self.rows()]
        return table("", list(self._columns), rows, n_rows=self._n_rows)


def _cells(name: str, values: Sequence[Any]) -> list[str]:
    """Return a column as texts of one width, its name first: numbers at the right, all else at the left."""
    floats = {value for value in values if isinstance(value, float)}
    # Settings that differ are shown as different.
    digits = next(
        (n for n in _DIGITS if len({f"{value:.{n}g}" for value in floats}) == len(floats)), _DIGITS[-1]
    )
    texts = [_shortened(name), *(_text(value, digits) for value in values)]
    width = max(map(len, texts))
    there = [value for value in values if value is not None]
    right = bool(there) and all(isinstance(value, int | float) for value in there)
    return [text.rjust(width) if right else text.ljust(width) for text in texts]


def _text(value: Any, digits: int) -> str:
    if value is None:
        return "-"
    return f"{value:.{digits}g}" if isinstance(value, float) else _shortened(str(value))


def _shortened(text: str) -> str:
    """Return a text in one line, without its middle if it is long: the names of files are at the end."""
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST // 3]}…{line[-(_WIDEST - _WIDEST // 3 - 1) :]}"
