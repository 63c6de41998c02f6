"""Read results from files: here, above the classes, because a file says of which class its result is."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lwfast._base.files.file_memory import read_file
from lwfast._base.files.file_names import ending_of
from lwfast._base.memory import memory_limit
from lwfast._texts import ended
from lwfast._types import Counts
from lwfast.errors import (
    LightworksDependencyError,
    LightworksError,
    ResourceLimitError,
    ResultFormatError,
)
from lwfast.results.columns.json_like import path_text
from lwfast.results.columns.record import ResultRecord
from lwfast.results.count_views import owned_result
from lwfast.results.files.description import is_sweep, record_of
from lwfast.results.files.endings import SUFFIXES, with_json
from lwfast.results.files.file_room import FileRoom
from lwfast.results.files.parquet import read_own_parquet, read_parquet
from lwfast.results.qpu_result import QPUSamplingResult
from lwfast.results.sampling_result import SamplingResult
from lwfast.tables.counts import group_checked
from lwfast.tables.packed_table import Table, as_bytes, compact

if TYPE_CHECKING:
    from lwfast.results.sweeps.sweep_table import SweepTable

_KINDS: dict[str, type[SamplingResult]] = {
    "SamplingResult": SamplingResult,
    "QPUSamplingResult": QPUSamplingResult,
}
_JSON_FACTOR = 2.0
"""Text and columns of a `.json` file take 1.6 times its size, as `save()` writes it."""
_TABLE = re.compile(rb"""[ \t\n\r]*\{[ \t\n\r]*(?:\}|"[(\["0-9X])""")


def load_result(filename: str | os.PathLike[str]) -> Any:
    """Read a result from a file: what `save()` writes, what Lightworks writes, or a saved body of the wire.

    Args:
        filename: Path of a `.json`, `.npz`, `.parquet` or `.csv` file; `.json` may be left out.

    Returns:
        A SamplingResult, or a SweepResult or SweepSimulationResult of a file of a sweep; a body of the wire
        with `job_data` has its post-selection and heralds applied.

    Raises:
        FileNotFoundError: If there is no such file.
        IsADirectoryError: If it is a folder.
        ResultFormatError: If it does not hold a result, or rules that do not fit it. Where only the rules are
            wrong, the raw counts are the attribute `raw_data` of the exception.
        ResourceLimitError: If the counts of a state in it add up to more than 2^63 - 1, or if what it holds
            would take more memory than is allowed.
        LightworksDependencyError: If pyarrow is needed and not installed.
        ValueError: If `LWFAST_MAX_MEMORY` is not a number of bytes.

    Example:
        >>> _ = SamplingResult({(1, 0): 3, (0, 1): 5}).save("counts.npz")
        >>> dict(lw.load_result("counts.npz"))
        {lwfast.State(|1,0>): 3, lwfast.State(|0,1>): 5}
    """
    return read_result(Path(filename))


def read_result(path: Path, room: FileRoom | None = None) -> Any:
    """Do what `load_result` does.

    Args:
        path: The file; `.json` may be left out.
        room: Memory to read with. The columns of the result may stand in it, until the next file is read.

    Raises:
        Exception: As `load_result`.
    """
    memory_limit()  # what is wrong with it is not the file's fault
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES and not path.exists():
        added = with_json(path)
        if added.exists() or not ending_of(path):  # else the error names what was asked for
            path, suffix = added, ".json"
    with _naming(path):
        # What reads one form is imported for files of that form: a campaign has many of one.
        if suffix == ".npz":
            from lwfast.results.files.npz import counts_of, read_npz

            arrays, described = read_npz(path)
            if is_sweep(described):
                from lwfast.results.sweeps.restoring import restored_sweep

                return restored_sweep(described, arrays)
            states, counts = counts_of(arrays)
            return _loaded(states, counts, described)
        if suffix == ".parquet":
            table, counts, described, is_mine, _ = read_parquet(path, room)
            if is_sweep(described):
                from lwfast.results.sweeps.restoring import restored_sweep
                from lwfast.results.sweeps.sweep_files import parquet_arrays

                return restored_sweep(described, parquet_arrays(described, as_bytes(table), counts))
            return _loaded(table, counts, described, is_distinct=is_mine)
        if suffix == ".csv":
            from lwfast.results.files.csv_file import read_csv

            labelled, counts = read_csv(path)
            return _loaded(labelled.states, counts, {}, labelled.has_x)
        return _read_json(path)


class FileColumns(NamedTuple):
    """What a file holds, without a result that is made of it.

    Attributes:
        kind: The class of the result.
        states: Distinct rows, bytes or words, in which nothing stands for X.
        counts: `int64[N]`, the count of each row.
        total: The sum of all counts.
        record: What is said of them.
    """

    kind: type[SamplingResult]
    states: Table
    counts: Counts
    total: int
    record: ResultRecord


def read_columns(path: Path, room: FileRoom) -> FileColumns | None:
    """Read a file of one of the most usual kind: a Parquet file that `save` wrote, of a result without X.

    Returns:
        Its columns, which stand in `room` until the next file is read; None for any other file, or one with
        which something is wrong: `read_result` reads it, or says what.
    """
    if path.suffix != ".parquet":
        return None
    try:
        found = read_own_parquet(path, room)
        if found is None or found.total < 0 or is_sweep(found.described):
            return None
        record = record_of(found.described)
    except (LightworksError, MemoryError, OSError, RecursionError, TypeError, ValueError):
        return None
    if record.has_x:
        return None
    kind = _KINDS.get(found.described.get("kind") or "", SamplingResult)
    return FileColumns(kind, compact(found.states), found.counts, found.total, record)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file in what goes wrong with its content, once."""
    try:
        yield
    except LightworksDependencyError:
        raise
    except ResourceLimitError as error:
        raise ResourceLimitError(f"{path}: {ended(error)}") from error
    except (LightworksError, TypeError, ValueError) as error:
        named = ResultFormatError(f"{path}: {ended(error)}")
        if hasattr(error, "raw_data"):
            named.raw_data = error.raw_data  # type: ignore[attr-defined]
        raise named from error
    except OSError as error:
        if not path.is_dir():
            raise
        what = "is a folder, of which scan_results and `lwfast process` read the result files"
        raise IsADirectoryError(errno.EISDIR, what, str(path)) from error
    except RecursionError as error:
        raise ResultFormatError(f"{path}: it is nested too deeply.") from error
    except MemoryError as error:
        error.add_note(f"while reading {path}")
        raise


def _read_json(path: Path) -> SamplingResult | SweepTable:
    """Read any of the JSON forms; they differ in what the first member is."""
    from lwfast._base.files.edited_text import unmarked
    from lwfast.results.files.labelled_json import without_x
    from lwfast.results.files.save import METADATA_KEY
    from lwfast.results.sweeps.restoring import restored_sweep, sweep_of_body
    from lwfast.results.sweeps.sweep_files import is_sweep_body
    from lwfast.tables.bodies.result_json import decode_members, decode_table

    body = unmarked(read_file(path, _JSON_FACTOR))
    if is_sweep_body(body):
        from lwfast.tables.bodies.sweep_json import decode_sweep  # loads msgspec

        sweep, _, described = decode_sweep(body)
        if described is None:
            return sweep_of_body(body)
        return restored_sweep(described, {"settings": sweep.settings, **sweep.columns})
    is_table = _is_table(body)
    body, has_x = without_x(body)
    if is_table:
        return owned_result(SamplingResult, *decode_table(body, words=True), ResultRecord(has_x=has_x))
    decoded, others = decode_members(body, words=True)
    metadata = others.get("metadata")
    if isinstance(metadata, dict) and METADATA_KEY in metadata:
        return _loaded(decoded.states, decoded.counts, metadata[METADATA_KEY], has_x)
    return QPUSamplingResult._from_decoded(  # noqa: SLF001  (our own class)
        decoded, metadata={"file": path_text(path.name)}
    )


def _is_table(body: bytes) -> bool:
    """Whether the object starts with a state, or holds nothing."""
    return _TABLE.match(body) is not None


def _loaded(
    states: Table, counts: Counts, described: Any, has_x: bool = False, is_distinct: bool = False
) -> SamplingResult:
    """Return the result of what a file holds.

    Args:
        states: `uint8[N, n_modes]`, or words where they take less room.
        counts: `int64[N]`, the count of each row.
        described: What the file says of it.
        has_x: Whether its text has an X.
        is_distinct: Whether no two rows are equal, as in all files that `save` wrote.
    """
    record = record_of(described)
    record = replace(record, has_x=record.has_x or has_x)
    kind = _KINDS.get(described.get("kind") or "", SamplingResult)
    table: Any = states if record.has_x else compact(states)
    if is_distinct:
        return owned_result(kind, table, counts, record)
    return owned_result(kind, *group_checked(table, counts, owned=True), record)
