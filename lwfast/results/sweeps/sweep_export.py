"""Tables of sweeps for other programs: rows in CSV and Parquet, from which no sweep is read back."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lwfast._base.files.atomic import write_atomic
from lwfast._types import AnyArray
from lwfast.results.columns.json_like import path_text
from lwfast.results.files.endings import result_path

_CHUNK = 1 << 14


def export_table(filename: Any, columns: Mapping[str, AnyArray], to_arrow: Callable[[], Any]) -> Path:
    """Write a table, atomically.

    Args:
        filename: Ends in `.csv` or `.parquet`.
        columns: Its columns by name, for CSV.
        to_arrow: Returns it as a `pyarrow.Table`, for Parquet.

    Returns:
        The path of the file.

    Raises:
        TypeError: `filename` is not a name or path.
        ValueError: It names a folder, or has another ending.
        LightworksDependencyError: pyarrow is needed and not installed.
        OSError: The file cannot be written.
    """
    path = result_path(filename)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise ValueError(
            f"A table is exported as .csv or .parquet, got {path_text(path.name)}; save() writes a file that "
            "lw.load_result reads."
        )
    target = Path(os.path.realpath(path))  # a link stays one
    if suffix == ".csv":
        write_atomic(target, lambda file: _write_csv(columns, file))
        return path
    table = to_arrow()  # says what is not installed

    import pyarrow.parquet as pq

    write_atomic(target, lambda file: pq.write_table(table, file, compression="zstd"))
    return path


def _write_csv(columns: Mapping[str, AnyArray], file: BinaryIO) -> None:
    """Write names, then rows; of complex numbers both parts. Numbers keep all digits."""
    parts: dict[str, AnyArray] = {}
    for name, values in columns.items():
        if np.iscomplexobj(values):
            parts |= {f"{name}_real": values.real, f"{name}_imag": values.imag}
        else:
            parts[name] = values
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(parts)
    for start in range(0, len(next(iter(parts.values()))), _CHUNK):
        rows = slice(start, start + _CHUNK)
        writer.writerows(zip(*(values[rows].tolist() for values in parts.values()), strict=True))
    text.flush()
    text.detach()
