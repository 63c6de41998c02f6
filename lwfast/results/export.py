"""Columns for other libraries: pandas, Arrow."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from lwfast._types import AnyArray, StateTable
from lwfast.errors import LightworksDependencyError


def pandas_module() -> ModuleType:
    """Return pandas.

    Raises:
        LightworksDependencyError: If it is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise LightworksDependencyError(
            'pandas is not installed; python -m pip install "lwfast[frames]"'
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
            'pyarrow is not installed; python -m pip install "lwfast[arrow]"'
        ) from None
    return pa


def to_pandas(states: StateTable, values: AnyArray, name: str) -> Any:
    """Return a DataFrame with one column a mode and one of values.

    Args:
        states: `uint8[N, n_modes]`.
        values: `(N,)`.
        name: Name of the column of values.
    """
    columns = {f"mode_{mode}": states[:, mode].copy() for mode in range(states.shape[1])}
    return pandas_module().DataFrame({**columns, name: values.copy()})


def to_arrow(states: StateTable, values: AnyArray, name: str, metadata: Any = None) -> Any:
    """Return a `pyarrow.Table` with the columns `state` and `name`; the data is not copied.

    Args:
        states: `uint8[N, n_modes]`, contiguous.
        values: `(N,)`, int64 or float64.
        name: Name of the column of values.
        metadata: Text to keep in the schema, by key.
    """
    pa = arrow_module()
    n_rows, n_modes = states.shape
    list_type = pa.list_(pa.uint8(), n_modes)
    # From buffers, because `pa.array` copies, and cannot tell the length of lists of no entries.
    child = pa.Array.from_buffers(pa.uint8(), states.size, [None, pa.py_buffer(states)])
    column = pa.Array.from_buffers(list_type, n_rows, [None], children=[child])
    value_type = pa.from_numpy_dtype(values.dtype)
    value_column = pa.Array.from_buffers(value_type, n_rows, [None, pa.py_buffer(values)])
    schema = pa.schema([("state", list_type), (name, value_type)], metadata=metadata)
    return pa.table([column, value_column], schema=schema)
