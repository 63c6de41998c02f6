"""Results as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lwfast._types import Counts, StateTable
from lwfast.counts import as_counts, as_table
from lwfast.errors import ResultFormatError
from lwfast.results.export import arrow_module, to_arrow

_KEY = b"lwfast"


def write_parquet(states: StateTable, counts: Counts, metadata: str, file: BinaryIO) -> None:
    """Write columns `state` (lists of uint8) and `counts`.

    Raises:
        LightworksDependencyError: If pyarrow is not installed.
    """
    arrow_module()
    import pyarrow.parquet as pq

    table = to_arrow(states, counts, "counts", {_KEY: metadata.encode()})
    if states.shape[1] == 0:
        table = table.drop_columns("state")  # Parquet cannot read back lists of no entries
    pq.write_table(table, file, compression="zstd")


def read_parquet(path: Path) -> tuple[StateTable, Counts, dict[str, Any]]:
    """Read columns `state` and `counts`, and the metadata.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold a result.
        LightworksDependencyError: If pyarrow is not installed.
    """
    pa = arrow_module()
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, partitioning=None)
        text = (table.schema.metadata or {}).get(_KEY)
        described = json.loads(text) if text else {}
        if text and "state" not in table.column_names:
            counts = as_counts(table.column("counts").to_numpy(), len(table))
            return np.zeros((len(table), 0), np.uint8), counts, described
        column = table.column("state").combine_chunks()
        counts = table.column("counts").to_numpy()
        width = getattr(column.type, "list_size", None)
        if column.null_count or width is None:
            raise ResultFormatError(f"{path}: the column 'state' is not of lists of one length")
        values = column.flatten().to_numpy(zero_copy_only=False)
        states = as_table(np.asarray(values).reshape(len(column), width))
        return states, as_counts(counts, states.shape[0]), described
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, KeyError, ValueError, TypeError, OSError) as error:
        raise ResultFormatError(f"{path} does not hold a result: {error}") from error
