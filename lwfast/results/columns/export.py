"""Columns for other libraries: pandas, polars, Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._types import AnyArray, StateTable
from lwfast.errors import LightworksDependencyError
from lwfast.results.columns.labels import readable_columns
from lwfast.state import X_CODE
from lwfast.tables.packed_table import PackedTable

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def pandas_module() -> ModuleType:
    """Return pandas.

    Raises:
        LightworksDependencyError: If it is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise LightworksDependencyError(
            "The package pandas is not installed; python -m pip install pandas (the extra lwfast[frames])."
        ) from None
    return pd


def arrow_module() -> Any:
    """Return pyarrow.

    Raises:
        LightworksDependencyError: If it is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise LightworksDependencyError(
            "The package pyarrow is not installed; python -m pip install pyarrow (the extra lwfast[arrow])."
        ) from None
    return pa


_EXACT = 1 << 53
"""Up to here, a float is as exact as an integer."""


def of_one_type(values: Sequence[Any]) -> list[Any]:
    """Return values that a column of one type can hold as they are: as text where they are of several types.

    Integers and floats are one type, unless an integer is too large for a float; True and 1 are two.

    Args:
        values: The values; None stands for one that is missing.
    """
    there = [value for value in values if value is not None]
    kinds = {_kind_of(value) for value in there}
    mixed = any(isinstance(value, float) for value in there)
    too_large = mixed and any(isinstance(value, int) and abs(value) > _EXACT for value in there)
    if len(kinds) > 1 or too_large:
        return [None if value is None else str(value) for value in values]
    return list(values)


def _kind_of(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def arrow_column(values: Sequence[Any]) -> Any:
    """Return a `pyarrow.Array` of values, of text where they are of several types; see `of_one_type`.

    Text stands too for what one type of Arrow cannot hold exactly: an integer beyond 64 bits, one beyond 2^53
    beside floats, lists whose entries are of several types.

    Raises:
        LightworksDependencyError: If pyarrow is not installed.
    """
    pa = arrow_module()
    column = of_one_type(values)
    try:
        return pa.array(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([None if value is None else str(value) for value in column])


def polars_module() -> ModuleType:
    """Return polars.

    Raises:
        LightworksDependencyError: If it is not installed.
    """
    try:
        import polars as pl
    except ImportError:
        raise LightworksDependencyError(
            "The package polars is not installed; python -m pip install polars."
        ) from None
    module: ModuleType = pl  # known to mypy or not
    return module


def to_polars(states: StateTable, values: AnyArray, name: str, has_x: bool = False) -> pl.DataFrame:
    """Return a `polars.DataFrame` with the columns `state` (an array of uint8 a row) and `name`.

    Args:
        states: `uint8[N, n_modes]`, a row per state.
        values: `(N,)`, the value of each row.
        name: Name of the column of values.
        has_x: Whether 255 in the states stands for X, which is null in the DataFrame.
    """
    polars: Any = polars_module()
    n_rows, n_modes = states.shape
    if n_modes == 0 or n_rows == 0:
        # polars stops the process's thread at arrays of no entries; a list may have none.
        states_column = polars.Series("state", [[]] * n_rows, dtype=polars.List(polars.UInt8))
        if n_modes:
            states_column = polars.Series("state", [], dtype=polars.Array(polars.UInt8, n_modes))
    else:
        states_column = polars.Series("state", states, dtype=polars.Array(polars.UInt8, n_modes))
        if has_x:
            flat = polars.Series("state", states.reshape(-1), dtype=polars.UInt8)
            states_column = flat.set(flat == X_CODE, None).reshape((n_rows, n_modes))
    frame: pl.DataFrame = polars.DataFrame([states_column, polars.Series(name, values)])
    return frame


def words_to_polars(table: PackedTable, values: AnyArray, name: str) -> pl.DataFrame:
    """Return a `polars.DataFrame` with the columns `word_0`, `word_1`, ... and `name`; nothing is copied.

    Args:
        table: The states as words.
        values: `(N,)`, the value of each row.
        name: Name of the column of values.
    """
    polars: Any = polars_module()
    words = [polars.Series(f"word_{k}", column) for k, column in enumerate(table.columns)]
    frame: pl.DataFrame = polars.DataFrame([*words, polars.Series(name, values)])
    return frame


def to_pandas(
    states: StateTable, values: AnyArray, name: str, dtype: Any = np.uint8, has_x: bool = False
) -> pd.DataFrame:
    """Return a DataFrame with one column per mode and one of values.

    Args:
        states: `uint8[N, n_modes]`, a row per state.
        values: `(N,)`, the value of each row.
        name: Name of the column of values.
        dtype: Of the columns of modes.
        has_x: Whether 255 in the states stands for X; columns that have one are of objects.
    """
    modes = readable_columns(states, dtype, has_x)
    columns = {f"mode_{mode}": column for mode, column in enumerate(modes)}
    frame: pd.DataFrame = pandas_module().DataFrame({**columns, name: values.copy()})
    return frame


def to_arrow(
    states: StateTable, values: AnyArray, name: str, metadata: Any = None, has_x: bool = False
) -> Any:
    """Return a `pyarrow.Table` with the columns `state` and `name`; the data is not copied.

    `state` is a list of uint8 of fixed size, but one of any size where there are no modes: polars and DuckDB
    cannot read lists of the fixed size 0.

    Args:
        states: `uint8[N, n_modes]`, contiguous, a row per state.
        values: `(N,)`, int64 or float64.
        name: Name of the column of values.
        metadata: Text to keep in the schema, by key.
        has_x: Whether 255 in the states stands for X, which is null in the table.
    """
    pa = arrow_module()
    n_rows, n_modes = states.shape
    # From buffers, because `pa.array` copies.
    child = pa.Array.from_buffers(pa.uint8(), states.size, [None, pa.py_buffer(states)])
    if has_x:
        child = pa.array(states.reshape(-1), mask=(states == X_CODE).reshape(-1))
    if n_modes:
        list_type = pa.list_(pa.uint8(), n_modes)
        column = pa.Array.from_buffers(list_type, n_rows, [None], children=[child])
    else:
        list_type = pa.list_(pa.uint8())
        starts = pa.py_buffer(np.zeros(n_rows + 1, np.int32))
        column = pa.Array.from_buffers(list_type, n_rows, [None, starts], children=[child])
    value_type = pa.from_numpy_dtype(values.dtype)
    value_column = pa.Array.from_buffers(value_type, n_rows, [None, pa.py_buffer(values)])
    schema = pa.schema([("state", list_type), (name, value_type)], metadata=metadata)
    return pa.table([column, value_column], schema=schema)


def words_to_arrow(table: PackedTable, values: AnyArray, name: str) -> Any:
    """Return a `pyarrow.Table` with the columns `word_0`, `word_1`, ... and `name`; nothing is copied.

    The metadata of its schema say what the words are: `n_modes`, and `bits` of a mode.

    Args:
        table: The states as words.
        values: `(N,)`, int64 or float64.
        name: Name of the column of values.
    """
    pa = arrow_module()
    columns = {f"word_{k}": column for k, column in enumerate(table.columns)} | {name: values}
    types = {key: pa.from_numpy_dtype(column.dtype) for key, column in columns.items()}
    about = {"n_modes": str(table.n_modes), "bits": str(table.bits)}
    arrays = [
        pa.Array.from_buffers(types[key], len(column), [None, pa.py_buffer(column)])
        for key, column in columns.items()
    ]
    return pa.table(arrays, schema=pa.schema(list(types.items()), metadata=about))
