"""Write columns and what is known of them to a file: JSON as Lightworks writes it, .npz, Parquet, and CSV."""

from __future__ import annotations

import os
from pathlib import Path

from lwfast._base.files.atomic import write_atomic
from lwfast._types import Counts
from lwfast.results.columns.json_like import path_text
from lwfast.results.columns.labels import LabelTable
from lwfast.results.columns.record import ResultRecord
from lwfast.results.files.csv_file import write_csv
from lwfast.results.files.description import description
from lwfast.results.files.labelled_json import with_x
from lwfast.results.files.npz import write_npz
from lwfast.results.files.parquet import write_parquet
from lwfast.tables.bodies.result_json import encode_table

METADATA_KEY = "lwfast"
"""Where the metadata of a `.json` file have what this package says of the result."""


def save_columns(
    path: Path,
    table: LabelTable,
    counts: Counts,
    kind: str,
    record: ResultRecord,
    *,
    metadata: bool,
    is_raw: bool,
    by_mode: bool = False,
) -> None:
    """Write the columns of a result to a file, atomically.

    `.npz` and `.parquet` always have the metadata, `.csv` never: it has the columns of `to_pandas`
    (`mode_0`, ..., `counts`), for spreadsheets and other programs. Metadata, job data, history and attributes
    are kept as JSON; a warning names attributes that JSON cannot hold.

    Args:
        path: As `result_path` returns it. Where it is a symbolic link, the file that it points to is written.
        table: The states, and what 255 means in them.
        counts: `int64[N]`, the count of each state.
        kind: The name of the result's class, which is kept for `load_result`.
        record: What else is known of the result, for the forms that keep it.
        metadata: For `.json`: write `{"results": ..., "metadata": ...}`. Without it the file is the one that
            Lightworks writes, which has no place for metadata.
        by_mode: For `.parquet`: a column for each mode. The other forms have one way to write states.
        is_raw: Write states of that `.json` as Lightworks writes those of raw data, in brackets.

    Raises:
        ValueError: If metadata are to be written to a `.csv`, or columns of modes to another form.
        LightworksDependencyError: If pyarrow is needed and not installed.
        OSError: If the file cannot be written.
    """
    target = Path(os.path.realpath(path))  # a link stays one
    states = table.states
    suffix = path.suffix.lower()
    if suffix == ".csv" and metadata:
        raise ValueError(
            f"{path_text(path.name)} has no place for metadata; take .json, .npz or .parquet, or leave "
            "metadata=True out."
        )
    if by_mode and suffix not in (".parquet", ".csv"):
        raise ValueError(f"Only .parquet and .csv have a column for each mode, not {path_text(path.name)}.")
    if suffix == ".npz":
        text = description(kind, record)
        write_atomic(target, lambda file: write_npz(states, counts, text, file))
    elif suffix == ".parquet":
        text = description(kind, record)
        write_atomic(
            target,
            lambda file: write_parquet(states, counts, text, file, has_x=table.has_x, by_mode=by_mode),
        )
    elif suffix == ".csv":
        write_atomic(target, lambda file: write_csv(table, counts, file))
    elif metadata:
        body, key = with_x(encode_table(states, counts), table.has_x), METADATA_KEY.encode()
        text = description(kind, record)
        write_atomic(target, b'{"results": %b, "metadata": {"%b": %b}}' % (body, key, text.encode()))
    else:
        brackets = "[]" if is_raw else ""
        write_atomic(target, with_x(encode_table(states, counts, brackets=brackets, indent=4), table.has_x))


def has_column_by_mode(columns: str) -> bool:
    """Whether `columns`, as `SamplingResult.save` takes it, asks for a column for each mode.

    Raises:
        ValueError: If it is neither "state" nor "modes".
    """
    if columns not in ("state", "modes"):
        raise ValueError(f'columns is {columns!r}; it is "state" or "modes".')
    return columns == "modes"
