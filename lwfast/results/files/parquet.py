"""Results as Parquet."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lwfast._base.files.file_memory import MEMORY_REMEDY, check_json, read_file
from lwfast._base.memory import check_memory
from lwfast._types import AnyArray, Counts, StateTable
from lwfast.errors import ResultFormatError, ended
from lwfast.results.columns.export import arrow_module, to_arrow
from lwfast.results.files.description import says_x
from lwfast.results.files.parquet_columns import columns_of_pages
from lwfast.state import X_CODE
from lwfast.tables.counts import as_counts, as_table

_KEY = b"lwfast"
_CHECKSUM_KEY = b"lwfast.crc32"
_COLUMNS = ("state", "counts")
_MODE_BYTES = 19
"""What reading takes for each number of a state: pyarrow's levels and values, the columns; measured."""
_ROW_BYTES = 3 * 8 + 26
"""Likewise for each row: the counts, and adding up equal rows."""


def write_parquet(
    states: StateTable,
    counts: Counts,
    metadata: str,
    file: BinaryIO,
    others: Mapping[str, AnyArray] | None = None,
    has_x: bool = False,
) -> None:
    """Write columns `state` (lists of uint8) and `counts`, and in front of them others for other programs.

    Where `has_x`, a 255 in the states stands for X and is null in the file.

    Raises:
        LightworksDependencyError: If pyarrow is not installed.
    """
    arrow_module()
    import pyarrow.parquet as pq

    text = metadata.encode()
    kept = {_KEY: text, _CHECKSUM_KEY: _checksum(text, states, counts)}
    table = to_arrow(states, counts, "counts", kept, has_x)
    if states.shape[1] == 0:
        table = table.drop_columns("state")  # Parquet cannot read back lists of no entries
    for place, (name, column) in enumerate((others or {}).items()):
        table = table.add_column(place, name, arrow_module().array(column))
    # Zstandard alone does not see a changed bit: without checksums it would be read as another count. Those
    # of pages are for any reader; ours also covers what stands around the pages.
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)


def read_parquet(path: Path) -> tuple[StateTable, Counts, dict[str, Any]]:
    """Read columns `state` and `counts`, and the metadata.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold a result.
        ResourceLimitError: If what it holds would take more memory than is allowed.
        ValueError: If its columns do not; likewise TypeError.
        LightworksDependencyError: If pyarrow is not installed.
    """
    pa = arrow_module()
    import pyarrow.parquet as pq

    body = read_file(path)
    try:
        file = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)
        kept = file.metadata.metadata or {}
        needed = len(body) + _needed(file.metadata)
        check_memory(needed, f"A result of {file.metadata.num_rows} states", remedy=MEMORY_REMEDY)
        text = kept.get(_KEY, b"")
        check_json(text)
        described = json.loads(text) if text else {}
        has_x = isinstance(described, dict) and says_x(described)
        found = columns_of_pages(body, file.metadata)
        states, counts = found or _columns(file, mine=bool(text), has_x=has_x)
    except (pa.ArrowException, OSError, KeyError, RecursionError) as error:
        # OSError: pyarrow's, not the disk's.
        if isinstance(error, MemoryError):
            raise
        raise ResultFormatError(f"It does not hold a result: {ended(error)}") from error
    if kept.get(_CHECKSUM_KEY, b"") not in (b"", _checksum(text, states, counts)):
        raise ResultFormatError("It is damaged: its checksum is not that of what it holds.")
    return states, counts, described


def _columns(file: Any, *, mine: bool, has_x: bool) -> tuple[StateTable, Counts]:
    """Read the columns with pyarrow."""
    _check_types(file.schema_arrow, arrow_module().types.is_primitive)
    table = file.read([name for name in _COLUMNS if name in file.schema_arrow.names])
    states = _states(table, mine=mine, has_x=has_x)
    return states, as_counts(table.column("counts").to_numpy(), len(table))


def _check_types(schema: Any, is_primitive: Callable[[Any], bool]) -> None:
    """Refuse columns of text or the like, of which a page of a few bytes can hold any number."""
    for name in _COLUMNS:
        if name in schema.names:
            kind = schema.field(name).type
            if not is_primitive(getattr(kind, "value_type", kind)):
                raise ResultFormatError(f"The column {name!r} is of {kind}, not of whole numbers.")


def _needed(metadata: Any) -> int:
    """Return how many bytes reading takes, from what the file says of its parts.

    Their size says little: any number of equal values is a page of a few bytes. The number of values counts.
    """
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    parts = [group.column(k) for group in groups for k in range(group.num_columns)]
    parts = [part for part in parts if part.path_in_schema.split(".")[0] in _COLUMNS]
    unpacked = sum(part.total_uncompressed_size for part in parts)
    modes = sum(part.num_values for part in parts if part.path_in_schema.startswith("state"))
    return int(unpacked + _MODE_BYTES * modes + _ROW_BYTES * metadata.num_rows)


def _states(table: Any, *, mine: bool, has_x: bool) -> StateTable:
    if mine and "state" not in table.column_names:
        return np.zeros((len(table), 0), np.uint8)
    column = table.column("state").combine_chunks()
    width = getattr(column.type, "list_size", None)
    if column.null_count or width is None:
        raise ResultFormatError("The column 'state' is not of lists of one length.")
    flat = column.flatten()
    if has_x:
        flat = flat.fill_null(X_CODE)
    values = flat.to_numpy(zero_copy_only=False)
    return as_table(np.asarray(values).reshape(len(column), width))


def _checksum(text: bytes, states: StateTable, counts: Counts) -> bytes:
    crc = zlib.crc32(text)
    for array in (states, counts):
        column: Any = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        crc = zlib.crc32(column, crc)
    return b"%08x" % crc
