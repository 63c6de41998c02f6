"""Results as Parquet."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

import numpy as np

from lwfast._base.files.file_memory import MEMORY_REMEDY, check_json
from lwfast._base.files.seal import UNSEALED, SealedFile, has_whole_seal
from lwfast._base.memory import check_memory
from lwfast._texts import ended
from lwfast._types import AnyArray, Counts, StateTable
from lwfast.errors import ResultFormatError
from lwfast.results.columns.export import arrow_module, to_arrow
from lwfast.results.columns.settings.group_keys import value_text
from lwfast.results.columns.text import shortened
from lwfast.results.files.column_pages import checksum_of
from lwfast.results.files.description import says_x
from lwfast.results.files.file_room import Bytes, FileRoom
from lwfast.results.files.parquet_columns import columns_of_pages
from lwfast.results.files.parquet_footer import Footer, end_of, footer_of
from lwfast.state import X_CODE
from lwfast.tables.counts import as_counts, as_table
from lwfast.tables.packed_table import Table

_KEY = b"lwfast"
_CHECKSUM_KEY = b"lwfast.crc32"
"""Keys of what a file keeps of a result, and of the checksum of that and the columns."""
_WRITER, _ARROW = "parquet-cpp-arrow", b"ARROW:schema"
"""A program, and what it writes into each file; where that is lost, so is what `lwfast` keeps beside it."""
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
_LEAST_BYTES = 12
"""A Parquet file begins and ends with four of them, and has the length of its footer before the last."""
_COLUMNS = ("state", "counts", "probability", "error")
"""Of results, and what tables of groups have beside them."""
_INDEX = re.compile(r"__index_level_[0-9]+__")
"""What pandas calls the numbers of rows that are left of a larger table."""
_MOST_NAMES, _MOST_LETTERS = 5, 32
_SMALL = 1 << 20
"""What takes no more memory than this is read without a look at what is allowed."""
_FOOTER_BYTES = 1 << 16
"""What is read of a file for what it keeps: footers are shorter."""
_MODE = re.compile(r"mode_(0|[1-9][0-9]{0,8})")
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
    by_mode: bool = False,
) -> None:
    """Write columns `state` (lists of uint8) and `counts`, and in front of them others for other programs.

    Where `by_mode`, the states are columns `mode_0`, `mode_1`, ... of uint8. Where `has_x`, a 255 in the
    states stands for X and is null in the file.

    Raises:
        LightworksDependencyError: If pyarrow is not installed.
    """
    pa = arrow_module()
    import pyarrow.parquet as pq

    text = metadata.encode()
    kept = {_KEY: text, _CHECKSUM_KEY: b"%08x" % _checksum(text, states, counts), **UNSEALED}
    table = to_arrow(states, counts, "counts", kept, has_x)
    if by_mode:
        modes = pa.table(_mode_columns(states, has_x))
        table = modes.append_column("counts", table["counts"]).replace_schema_metadata(kept)
    elif states.shape[1] == 0:
        table = table.drop_columns("state")  # Parquet cannot read back lists of no entries
    for place, (name, column) in enumerate((others or {}).items()):
        table = table.add_column(place, name, pa.array(column))
    # Zstandard alone does not see a changed bit: without checksums it would be read as another count. Those
    # of pages are for any reader; ours also covers what stands around the pages.
    sealed = SealedFile(file)
    pq.write_table(table, sealed, compression="zstd", write_page_checksum=True)
    sealed.seal()


class ParquetResult(NamedTuple):
    """What a file holds.

    Attributes:
        states: `uint8[N, n_modes]`, or words where they take less room.
        counts: `int64[N]`, the count of each row.
        described: What else is kept of the result.
        is_mine: Whether a checksum says that this is what `write_parquet` was given.
        total: The sum of the counts, where it is known, and sure to fit int64; else -1.
    """

    states: Table
    counts: Counts
    described: dict[str, Any]
    is_mine: bool
    total: int = -1


def read_parquet(path: Path, room: FileRoom | None = None) -> ParquetResult:
    """Read columns `state`, or `mode_0`, `mode_1`, ..., and `counts`, and the metadata.

    Args:
        path: Path of the Parquet file.
        room: Memory to read with; the columns may stand in it.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold a result.
        ResourceLimitError: If what it holds would take more memory than is allowed.
        ValueError: If its columns do not; likewise TypeError.
        LightworksDependencyError: If pyarrow is needed and not installed: for files that are not as `save`
            writes them.
    """
    room = FileRoom() if room is None else room
    body = room.file(path)
    found = _of_ours(body, room)
    return _of_others(body.tobytes(), path) if found is None else found


def read_own_parquet(path: Path, room: FileRoom) -> ParquetResult | None:
    """Do what `read_parquet` does for a file that `write_parquet` wrote; None for others and damaged ones.

    Raises:
        ResourceLimitError: If what it holds would take more memory than is allowed.
        OSError: If it cannot be read.
    """
    return _of_ours(room.file(path), room)


def _of_ours(body: Bytes, room: FileRoom) -> ParquetResult | None:
    """Read a file as `write_parquet` writes it; None where anything is otherwise.

    Raises:
        ResourceLimitError: If what it holds would take more memory than is allowed.
    """
    end = end_of(body.data)
    try:
        footer = footer_of(end)
    except ResultFormatError:
        return None
    text, checksum = footer.kept.get(_KEY), footer.kept.get(_CHECKSUM_KEY)
    if text is None or checksum is None:
        return None
    _check_size(footer, len(body))
    check_json(text)
    is_sealed = has_whole_seal(body.data, end)
    found = columns_of_pages(body, footer, text, check_pages=False, is_sealed=is_sealed, room=room)
    if found is None or not (is_sealed or checksum == b"%08x" % found.checksum):
        return None
    return ParquetResult(found.states, found.counts, json.loads(text), is_mine=True, total=found.total)


def _check_size(footer: Footer, size: int) -> None:
    needed = size + _needed(footer)
    if needed <= _SMALL:
        return
    check_memory(needed, f"A result of {footer.n_rows} states", remedy=MEMORY_REMEDY)


def _of_others(body: bytes, path: Path) -> ParquetResult:
    """Read any file, with pyarrow."""
    _check_ends(body[:4], body[-4:], len(body))
    pa = arrow_module()
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)
        kept = file.metadata.metadata or {}
        writer = file.metadata.created_by or _WRITER  # any program says its name
        if _ARROW not in kept and writer.startswith(_WRITER):
            raise ResultFormatError("It has lost what stands beside its columns: it is damaged.")
        if _KEY not in kept or _CHECKSUM_KEY not in kept:  # another program's file, or one that is damaged
            kept = file.schema_arrow.metadata or {}
            _refuse_times(file.schema_arrow)
        _check_names(file.schema_arrow.names, mine=_KEY in kept)
        footer = footer_of(body)
        _check_size(footer, len(body))
        if _CHECKSUM_KEY not in kept:
            _refuse_further(file.schema_arrow.names, body, path)
        text = kept.get(_KEY, b"")
        check_json(text)
        described = json.loads(text) if text else {}
        has_x = isinstance(described, dict) and says_x(described)
        found = columns_of_pages(body, footer, text, check_pages=_CHECKSUM_KEY not in kept)
        if found is not None:
            states, counts, checksum = found.states, found.counts, found.checksum
        else:
            states, counts = _columns(file, mine=bool(text), has_x=has_x)
            checksum = _checksum(text, states, counts)
    except (pa.ArrowException, OSError, KeyError, RecursionError) as error:
        # OSError: pyarrow's, not the disk's.
        if isinstance(error, MemoryError):
            raise
        raise ResultFormatError(f"It does not hold a result: {ended(error)}") from error
    kept_checksum = kept.get(_CHECKSUM_KEY)  # empty where the byte before it was damaged
    if kept_checksum not in (None, b"%08x" % checksum):
        raise ResultFormatError("It is damaged: its checksum is not that of what it holds.")
    return ParquetResult(states, counts, described, kept_checksum is not None)


def kept_of(path: Path) -> bytes:
    """Return what a file keeps of a result, without reading its columns.

    Raises:
        ResultFormatError: If it is damaged.
        OSError: If it cannot be read.
        LightworksDependencyError: If pyarrow is needed and not installed.
    """
    with path.open("rb") as file:
        begin = file.read(4)
        size = file.seek(0, 2)
        file.seek(max(size - _FOOTER_BYTES, 0))
        end = file.read()
    _check_ends(begin, end[-4:], size)
    try:
        whole = int.from_bytes(end[-8:-4], "little") + 8 <= len(end) and end.endswith(_MAGIC)
        kept = footer_of(end).kept if whole else {}
    except ResultFormatError:
        kept = {}
    if _CHECKSUM_KEY in kept and _KEY in kept:
        return kept[_KEY]
    pa = arrow_module()
    import pyarrow.parquet as pq

    try:
        return bytes((pq.read_metadata(path).metadata or {}).get(_KEY, b"{}"))
    except (pa.ArrowException, OSError) as error:
        raise ResultFormatError(f"It does not hold a result: {ended(error)}") from error


def _check_ends(begin: bytes, end: bytes, size: int) -> None:
    """Refuse what is not a whole Parquet file.

    Raises:
        ResultFormatError: It does not begin, or does not end, as such a file does.
    """
    if begin not in (_MAGIC, _ENCRYPTED):
        what = f"begins with {begin!r}, where a Parquet file begins with {_MAGIC!r}" if size else "is empty"
        raise ResultFormatError(f"It does not hold a result: it has {size:,} bytes and {what}.")
    if size < _LEAST_BYTES or end not in (_MAGIC, _ENCRYPTED):
        raise ResultFormatError(
            f"It does not hold a result: it has {size:,} bytes and does not end with {_MAGIC!r}, as a whole "
            "Parquet file does, so it was probably cut off; copy it again, or save the result anew."
        )


def _check_names(names: Sequence[str], *, mine: bool) -> None:
    """Say which columns are there where one of those of a result is not.

    Raises:
        ResultFormatError: It has no counts, or, unless it is `mine` and of no modes, no states.
    """
    states = mine or "state" in names or any(map(_MODE.fullmatch, names))
    if "counts" not in names or not states:
        what = "'state', and no columns 'mode_0', 'mode_1', ..." if "counts" in names else "'counts'"
        there = ", ".join(map(repr, names)) or "none"
        raise ResultFormatError(f"It has no column {what}. The columns that it has: {there:.300}.")


def _refuse_further(names: Sequence[str], body: bytes, path: Path) -> None:
    """Refuse a file with columns that a result has no place for, which would be lost, and rows added up.

    Raises:
        ResultFormatError: It has such columns. What is computed from the counts is not one of them, nor is
            what numbers the rows, nor a column with the one value that the name of its folder gives.
    """
    named = {part.partition("=")[0] for part in path.parts[:-1] if "=" in part}
    further = [
        name
        for name in names
        if name not in _COLUMNS
        and not _MODE.fullmatch(name)
        and not _INDEX.fullmatch(name)
        and not (quote(name) in named and _has_one_value(body, name))
    ]
    if not further:
        return
    told = ", ".join(map(repr, further[:_MOST_NAMES])) + (", ..." if len(further) > _MOST_NAMES else "")
    column, its, value = "column", "its", "value"
    if len(further) > 1:
        column, its, value = "columns", "their", "set of values"
    raise ResultFormatError(
        f"It has the {column} {told}, which a result cannot keep: the counts of each state would be added up "
        f"over all of {its} values. Write it without the {column}, or write a file for each {value} to a "
        f"folder such as {_folders_of(further[:_MOST_NAMES], body)}, from whose name scan_results takes the "
        f"{value}. (GroupedResults.save writes groups like that.)"
    )


def _folders_of(names: list[str], body: bytes) -> str:
    """Return the folder that the first row of a file would belong to: `qpu=Hera/theta=0.5`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(body), read_dictionary=names)
    rows = next(file.iter_batches(1, columns=names)).to_pylist() if file.metadata.num_rows else []
    texts = {name: shortened(value_text(value), _MOST_LETTERS) for row in rows for name, value in row.items()}
    return "/".join(f"{quote(name)}={texts.get(name, '...')}" for name in names)


def _has_one_value(body: bytes, name: str) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # As a dictionary, a text in all rows takes no more memory than in the file.
    file = pq.ParquetFile(pa.BufferReader(body), read_dictionary=[name])
    return len(file.read([name]).column(0).unique()) < 2


def _columns(file: Any, *, mine: bool, has_x: bool) -> tuple[StateTable, Counts]:
    """Read the columns with pyarrow."""
    schema = file.schema_arrow
    modes = [name for name in schema.names if _MODE.fullmatch(name)]
    by_mode = "state" not in schema.names and bool(modes)
    wanted = [*(modes if by_mode else ["state"]), "counts"]
    wanted = [name for name in wanted if name in schema.names]
    _check_types(schema, wanted, is_empty=not file.metadata.num_rows)
    table = file.read(wanted)
    states = _states_by_mode(table, modes, has_x) if by_mode else _states(table, mine=mine, has_x=has_x)
    _check_nulls(table.column("counts"), "counts")
    return states, as_counts(table.column("counts").to_numpy(), len(table))


def _check_types(schema: Any, names: Sequence[str], *, is_empty: bool) -> None:
    """Refuse columns of text or the like, of which a page of a few bytes can hold any number.

    Raises:
        ResultFormatError: A column is not of whole numbers. Floats of a file without rows do not matter.
    """
    types = arrow_module().types
    for name in names:
        kind = schema.field(name).type
        number = getattr(kind, "value_type", kind)
        is_fraction = types.is_floating(number) or types.is_decimal(number)
        if not types.is_primitive(number) or (is_fraction and not is_empty):
            fault = f"The column {name!r} is of {kind}, not of whole numbers."
            raise ResultFormatError(f"{fault} {_cast(name)}." if is_fraction else fault)


def _cast(name: str) -> str:
    """Say how a column of floats or decimals with whole numbers becomes one of integers."""
    if name == "counts":  # DuckDB adds up integers as HUGEINT, and writes that as DOUBLE
        return "Write integers: cast(sum(counts) as bigint) in DuckDB, or counts.astype(int) in pandas"
    sql = "cast(state as utinyint[])" if name == "state" else f"cast({name} as utinyint)"
    return f"Write integers: {sql} in DuckDB, or convert the column to uint8 in pandas, polars or Arrow"


def _check_nulls(column: Any, name: str) -> None:
    if column.null_count:
        n = column.null_count
        nulls = "1 value that is null" if n == 1 else f"{n} values that are null"
        raise ResultFormatError(f"The column {name!r} has {nulls}.")


def _refuse_times(schema: Any) -> None:
    """Refuse spans of time as counts: in a file they are the same whole numbers, and only `schema` tells."""
    types = arrow_module().types
    if any(field.name == "counts" and types.is_temporal(field.type) for field in schema):
        raise ResultFormatError("Its counts are times; they should be integers.")


def _mode_columns(states: StateTable, has_x: bool) -> dict[str, Any]:
    pa = arrow_module()
    columns = np.ascontiguousarray(states.T)
    return {
        f"mode_{mode}": pa.array(column, mask=column == X_CODE if has_x else None)
        for mode, column in enumerate(columns)
    }


def _states_by_mode(table: Any, names: Sequence[str], has_x: bool) -> StateTable:
    missing = {f"mode_{mode}" for mode in range(len(names))} - set(names)
    if missing:
        raise ResultFormatError(f"It has {len(names)} columns of modes, and not {min(missing)}.")
    out = np.empty((len(table), len(names)), np.uint8)
    for mode in range(len(names)):
        column = table.column(f"mode_{mode}")
        if not has_x:
            _check_nulls(column, f"mode_{mode}")
        values: Any = column.fill_null(X_CODE).to_numpy() if column.null_count else column.to_numpy()
        out[:, mode] = as_table(np.asarray(values).reshape(-1, 1))[:, 0]
    return out


def _needed(footer: Footer) -> int:
    """Return how many bytes reading takes, from what the file says of its parts.

    Their size says little: any number of equal values is a page of a few bytes. The number of values counts.
    """
    needed = _ROW_BYTES * footer.n_rows
    for group in footer.groups:
        for part in group.chunks:
            if part.top == "counts":
                needed += part.unpacked
            elif part.top == "state" or _MODE.fullmatch(part.top):
                needed += part.unpacked + _MODE_BYTES * part.n_values
    return needed


def _states(table: Any, *, mine: bool, has_x: bool) -> StateTable:
    if mine and "state" not in table.column_names:
        return np.zeros((len(table), 0), np.uint8)
    column = table.column("state").combine_chunks()
    width = getattr(column.type, "list_size", None)
    if width is None and len(column) and not column.null_count and hasattr(column, "value_lengths"):
        # Lists of any length, as polars, pandas and DuckDB write: all may have the same.
        lengths: AnyArray = column.value_lengths().to_numpy(zero_copy_only=False)
        width = int(lengths[0]) if (lengths == lengths[0]).all() else None
    if column.null_count or width is None:
        raise ResultFormatError("The column 'state' is not of lists of one length.")
    flat = column.flatten()
    if has_x:
        flat = flat.fill_null(X_CODE)
    values = flat.to_numpy(zero_copy_only=False)
    return as_table(np.asarray(values).reshape(len(column), width))


def _checksum(text: bytes, states: StateTable, counts: Counts) -> int:
    crc = zlib.crc32(text)
    for array in (states, counts):
        crc = checksum_of(np.ascontiguousarray(array), crc)
    return crc
