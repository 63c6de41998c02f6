"""Results as Parquet."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lwfast._types import Counts, StateTable
from lwfast.errors import ResultFormatError
from lwfast.results.columns.export import arrow_module, to_arrow
from lwfast.tables.counts import as_counts, as_table

_KEY = b"lwfast"
_CHECKSUM_KEY = b"lwfast.crc32"


def write_parquet(states: StateTable, counts: Counts, metadata: str, file: BinaryIO) -> None:
    """Write columns `state` (lists of uint8) and `counts`.

    Raises:
        LightworksDependencyError: If pyarrow is not installed.
    """
    arrow_module()
    import pyarrow.parquet as pq

    text = metadata.encode()
    table = to_arrow(states, counts, "counts", {_KEY: text, _CHECKSUM_KEY: _checksum(text, states, counts)})
    if states.shape[1] == 0:
        table = table.drop_columns("state")  # Parquet cannot read back lists of no entries
    # Zstandard alone does not see a changed bit: without checksums it would be read as another count. Those
    # of pages are for any reader; ours also covers what stands around the pages.
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)


def read_parquet(path: Path) -> tuple[StateTable, Counts, dict[str, Any]]:
    """Read columns `state` and `counts`, and the metadata.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold a result.
        ValueError: If its columns do not; likewise TypeError.
        LightworksDependencyError: If pyarrow is not installed.
    """
    pa = arrow_module()
    import pyarrow.parquet as pq

    body = path.read_bytes()
    try:
        table = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True).read()
        kept = table.schema.metadata or {}
        text = kept.get(_KEY, b"")
        described = json.loads(text) if text else {}
        states = _states(table, mine=bool(text))
        counts = as_counts(table.column("counts").to_numpy(), len(table))
    except (pa.ArrowException, OSError, KeyError, RecursionError) as error:
        # OSError: pyarrow's, not the disk's.
        if isinstance(error, MemoryError):
            raise
        raise ResultFormatError(f"it does not hold a result: {error}") from error
    if kept.get(_CHECKSUM_KEY, b"") not in (b"", _checksum(text, states, counts)):
        raise ResultFormatError("it is damaged: its checksum is not that of what it holds")
    return states, counts, described


def _states(table: Any, *, mine: bool) -> StateTable:
    if mine and "state" not in table.column_names:
        return np.zeros((len(table), 0), np.uint8)
    column = table.column("state").combine_chunks()
    width = getattr(column.type, "list_size", None)
    if column.null_count or width is None:
        raise ResultFormatError("the column 'state' is not of lists of one length")
    values = column.flatten().to_numpy(zero_copy_only=False)
    return as_table(np.asarray(values).reshape(len(column), width))


def _checksum(text: bytes, states: StateTable, counts: Counts) -> bytes:
    crc = zlib.crc32(text)
    for array in (states, counts):
        column: Any = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        crc = zlib.crc32(column, crc)
    return b"%08x" % crc
