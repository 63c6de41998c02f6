"""Files of sweeps: columns as they are in `.npz` and `.parquet`, and in base64 in `.json`, as on the wire."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lwfast._base.files.atomic import write_atomic
from lwfast._types import AnyArray, Counts, StateTable
from lwfast.errors import ResultFormatError
from lwfast.results.columns.index import StateIndex
from lwfast.results.columns.json_like import path_text
from lwfast.results.columns.record import ResultRecord
from lwfast.results.files.description import SWEEP, description, record_of, says_x
from lwfast.results.files.endings import result_path
from lwfast.results.files.npz import write_arrays
from lwfast.results.files.parquet import write_parquet
from lwfast.results.sweeps.setting_axis import SettingAxis
from lwfast.tables.counts import group_checked

SUFFIXES = (".npz", ".json")
_OF_COUNTS = (".npz", ".json", ".parquet")


def save_sweep(
    filename: Any,
    axis: SettingAxis,
    columns: Mapping[str, AnyArray],
    kind: str,
    record: ResultRecord,
    reason: str | None,
) -> Path:
    """Write a sweep to a file, atomically.

    Args:
        filename: As `result_path` takes it.
        axis: Labels and values of the parameters, one row per setting.
        columns: What else there is, by name.
        kind: What a single result is.
        record: Where it comes from.
        reason: Why a setting has no outcomes, as its run said; None if no run said so.

    Returns:
        The path of the file.

    Raises:
        TypeError: `filename` is not a name or path.
        ValueError: It names a folder, or its ending is not a format of sweeps.
        OSError: The file cannot be written.
    """
    path = result_path(filename)
    suffix = path.suffix.lower()
    allowed = _OF_COUNTS if "offsets" in columns else SUFFIXES
    if suffix not in allowed:
        raise ValueError(
            f"This sweep is saved as one of {', '.join(allowed)}, got {path_text(path.name)}; for other "
            "programs there is export(), which writes .csv and .parquet, a row for each outcome."
        )
    target = Path(os.path.realpath(path))  # a link stays one
    told: dict[str, Any] = json.loads(description(kind, record))
    told[SWEEP] = {"labels": list(axis.labels), "shape": list(axis.shape), "reason": reason}
    if suffix == ".npz":
        text = json.dumps(told, allow_nan=False)
        arrays = {"settings": axis.settings, **columns}
        write_atomic(target, lambda file: write_arrays(arrays, text, file))
        return path
    if suffix == ".parquet":
        _save_parquet(target, axis, columns, told)
        return path
    write_atomic(target, sweep_body(axis, columns, metadata=told))
    return path


def _save_parquet(
    target: Path, axis: SettingAxis, columns: Mapping[str, AnyArray], told: dict[str, Any]
) -> None:
    """Write a row for each outcome; what the rows do not tell stands in the metadata, below its checksum."""
    lengths = np.diff(columns["offsets"])
    told[SWEEP] |= {"settings": _text(axis.settings), "lengths": _text(lengths)}
    index = np.repeat(np.arange(len(axis), dtype=np.int64), lengths)
    others = {"setting": index}
    others |= {label: axis.settings[index, column] for column, label in enumerate(axis.labels)}
    text = json.dumps(told, allow_nan=False)
    write_atomic(
        target,
        lambda file: write_parquet(
            columns["states"], columns["counts"], text, file, others, has_x=says_x(told)
        ),
    )


def parquet_arrays(described: Any, states: StateTable, counts: Counts) -> dict[str, AnyArray]:
    """Return the arrays of a sweep of counts from its rows in Parquet and what its metadata tell.

    Raises:
        ResultFormatError: The metadata have another form.
    """
    sweep = described.get(SWEEP)
    sweep = sweep if isinstance(sweep, dict) else {}
    settings, lengths = _numbers(sweep.get("settings"), "<f8"), _numbers(sweep.get("lengths"), "<i8")
    labels = sweep.get("labels")
    if settings is None or lengths is None or not isinstance(labels, list) or not labels:
        raise ResultFormatError("The settings in the metadata are not numbers in base64.")
    if len(settings) % len(labels) or (len(lengths) and lengths.min() < 0):
        raise ResultFormatError("The settings in the metadata do not fit its labels.")
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    return {
        "settings": settings.reshape(-1, len(labels)),
        "states": states,
        "counts": counts,
        "offsets": offsets,
    }


def _text(array: AnyArray) -> str:
    return base64.b64encode(
        np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
    ).decode()


def _numbers(text: Any, dtype: str) -> AnyArray | None:
    """Return the numbers of a text in base64, or None for another text."""
    try:
        body = base64.b64decode(text, validate=True)
        return np.frombuffer(body, dtype).astype(np.dtype(dtype).newbyteorder("="))
    except (TypeError, ValueError):
        return None


def sweep_body(
    axis: SettingAxis,
    columns: Mapping[str, AnyArray],
    job_data: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> bytes:
    """Return a sweep as the body that the wire carries, and a `.json` file holds."""
    from lwfast.tables.bodies.sweep_json import SweepColumns, encode_sweep  # loads msgspec

    return encode_sweep(
        SweepColumns(axis.labels, axis.shape, axis.settings, packed(columns)), job_data, metadata
    )


def sweep_parts(
    described: Any, columns: Mapping[str, AnyArray]
) -> tuple[SettingAxis, dict[str, AnyArray], str, ResultRecord, str | None]:
    """Return the parts of a sweep from what a file holds, checked.

    Args:
        described: The metadata that the file holds about itself.
        columns: Its arrays by name, the settings among them.

    Raises:
        ResultFormatError: Something is missing or has another form.
    """
    sweep = described.get(SWEEP)
    if not isinstance(sweep, dict):
        raise ResultFormatError("The description of the sweep in the metadata is not an object.")
    labels, shape, reason = (sweep.get(name) for name in ("labels", "shape", "reason"))
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ResultFormatError("The labels of the sweep are not a list of text.")
    if not isinstance(shape, list) or not all(type(length) is int for length in shape):
        raise ResultFormatError("The shape of the sweep is not a list of integers.")
    if reason is not None and not isinstance(reason, str):
        raise ResultFormatError("The reason in the sweep is not text.")
    rest = dict(columns)
    settings = rest.pop("settings", None)
    if settings is None or settings.dtype != np.float64:
        raise ResultFormatError("The sweep has no settings of float64.")
    kind = described.get("kind")
    if not isinstance(kind, str):
        raise ResultFormatError("The kind in the metadata is not text.")
    axis = SettingAxis(labels, settings, shape)
    return axis, unpacked(rest), kind, record_of(described), reason


def is_sweep_body(body: bytes) -> bool:
    """Say whether a body begins as that of a sweep does."""
    return body[:64].lstrip(b" \t\r\n{").startswith(b'"sweep"')


def unpacked(columns: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """Return counts in their long form again: states, counts and offsets, checked.

    Raises:
        ResultFormatError: Columns have another type or do not fit each other.
    """
    if "rows" not in columns:
        return dict(columns)
    try:
        states, rows, counts, lengths = (columns[name] for name in ("states", "rows", "counts", "lengths"))
    except KeyError as error:
        raise ResultFormatError(f"The sweep has no column {error}.") from None
    if states.dtype != np.uint8 or states.ndim != 2:
        raise ResultFormatError("The states of the sweep are not a table of uint8.")
    for name, column in (("rows", rows), ("counts", counts), ("lengths", lengths)):
        if column.ndim != 1 or column.dtype.kind not in "iu" or (len(column) and column.min() < 0):
            raise ResultFormatError(f"The column {name!r} of the sweep does not hold integers from 0 on.")
    if len(rows) != len(counts) or (len(rows) and int(rows.max()) >= len(states)):
        raise ResultFormatError("The rows of the sweep do not fit its states and counts.")
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths.astype(np.int64))])
    if offsets[-1] != len(rows):
        raise ResultFormatError(f"The sweep has {len(rows)} rows; its lengths say {offsets[-1]}.")
    return {"states": states[rows], "counts": counts.astype(np.int64), "offsets": offsets}


def packed(columns: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """Put counts into their short form: distinct states, which of them each row is, lengths for offsets."""
    if "offsets" not in columns:
        return dict(columns)
    states, counts, offsets = columns["states"], columns["counts"], columns["offsets"]
    distinct, _ = group_checked(np.ascontiguousarray(states), np.ones(len(states), np.int64))
    rows = StateIndex(np.ascontiguousarray(distinct)).rows(np.ascontiguousarray(states))
    return {
        "states": distinct,
        "rows": _smallest(rows),
        "counts": _smallest(counts),
        "lengths": _smallest(np.diff(offsets)),
    }


def _smallest(numbers: AnyArray) -> AnyArray:
    """Return integers from 0 on in the smallest type that holds them."""
    most = int(numbers.max()) if len(numbers) else 0
    for dtype, bound in ((np.uint8, 1 << 8), (np.uint16, 1 << 16), (np.uint32, 1 << 32)):
        if most < bound:
            return numbers.astype(dtype)
    return numbers
