"""The body of a sweep's result: columns in base64, the same on the wire and in a `.json` file.

    {"sweep": {"version": 1, "labels": ["theta"], "shape": [200], "columns": {
        "settings": {"dtype": "<f8", "shape": [200, 1], "data": "..."},
        "states":   {"dtype": "|u1", "shape": [K, m], "data": "..."},      the distinct outcomes
        "rows":     {"dtype": "<u2", "shape": [N], "data": "..."},         which of them each row is
        "counts":   {"dtype": "<u2", "shape": [N], "data": "..."},
        "lengths":  {"dtype": "<u2", "shape": [200], "data": "..."}}},     the rows of each setting
     "job_data": {...}, "metadata": {...}}

Integers have the smallest type that holds them. Numbers are little-endian, rows after each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from lwfast._types import AnyArray, FloatArray
from lwfast.errors import ResultFormatError

VERSION = 1
_DTYPES = ("|u1", "<u2", "<u4", "<i8", "<f8", "<c16")
_MOST_DIMENSIONS = 3


class _Column(msgspec.Struct, frozen=True):
    dtype: str
    shape: list[int]
    data: bytes  # base64 in JSON


class _Sweep(msgspec.Struct, frozen=True):
    version: int
    labels: list[str]
    shape: list[int]
    columns: dict[str, _Column]


class _Whole(msgspec.Struct, frozen=True, omit_defaults=True):
    sweep: _Sweep
    job_data: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Whole).decode


@dataclass(frozen=True, slots=True)
class SweepColumns:
    """A sweep as columns.

    Attributes:
        labels: The name of each parameter.
        shape: How the settings are laid out.
        settings: float64[k, p].
        columns: What else there is, by name, in the forms of the body.
    """

    labels: Sequence[str]
    shape: Sequence[int]
    settings: FloatArray
    columns: Mapping[str, AnyArray]


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
        raise ResultFormatError("The states of the sweep are no table of uint8.")
    for name, column in (("rows", rows), ("counts", counts), ("lengths", lengths)):
        if column.ndim != 1 or column.dtype.kind not in "iu" or (len(column) and column.min() < 0):
            raise ResultFormatError(f"The column {name!r} of the sweep does not hold integers from 0 on.")
    if len(rows) != len(counts) or (len(rows) and int(rows.max()) >= len(states)):
        raise ResultFormatError("The rows of the sweep do not fit its states and counts.")
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths.astype(np.int64))])
    if offsets[-1] != len(rows):
        raise ResultFormatError(f"The sweep has {len(rows)} rows; its lengths say {offsets[-1]}.")
    return {"states": states[rows], "counts": counts.astype(np.int64), "offsets": offsets}


def encode_sweep(
    sweep: SweepColumns,
    job_data: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> bytes:
    """Return the body of a sweep."""
    columns = {"settings": sweep.settings, **sweep.columns}
    told = {
        name: _Column(
            column.dtype.newbyteorder("<").str, list(column.shape), np.ascontiguousarray(column).tobytes()
        )
        for name, column in columns.items()
    }
    body = _Sweep(VERSION, list(sweep.labels), list(sweep.shape), told)
    return _encode(_Whole(body, job_data, metadata))


def decode_sweep(body: bytes) -> tuple[SweepColumns, dict[str, Any] | None, dict[str, Any] | None]:
    """Return the sweep of a body, its job data and its metadata.

    The columns are as they stand there; `unpacked` checks how they fit each other.

    Raises:
        ResultFormatError: It is no such body.
    """
    try:
        decoded = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ResultFormatError(f"It is not the body of a sweep: {error}") from None
    sweep = decoded.sweep
    if sweep.version != VERSION:
        raise ResultFormatError(f"It is a sweep of version {sweep.version}, and this lwfast reads {VERSION}.")
    columns = {name: _array(name, column) for name, column in sweep.columns.items()}
    settings = columns.pop("settings", None)
    if settings is None or settings.dtype != np.float64:
        raise ResultFormatError("The sweep has no settings of float64.")
    return SweepColumns(sweep.labels, sweep.shape, settings, columns), decoded.job_data, decoded.metadata


def is_sweep_body(body: bytes) -> bool:
    """Say whether a body begins as that of a sweep does."""
    return body[:64].lstrip(b" \t\r\n{").startswith(b'"sweep"')


def _array(name: str, column: _Column) -> AnyArray:
    if column.dtype not in _DTYPES or not 1 <= len(column.shape) <= _MOST_DIMENSIONS:
        raise ResultFormatError(
            f"The column {name!r:.60} has the type {column.dtype!r:.20} and {column.shape}."
        )
    dtype = np.dtype(column.dtype)
    size = math.prod(column.shape)
    if min(column.shape) < 0 or size * dtype.itemsize != len(column.data):
        raise ResultFormatError(
            f"The column {name!r:.60} of shape {column.shape} has {len(column.data)} bytes."
        )
    return np.frombuffer(column.data, dtype).astype(dtype.newbyteorder("=")).reshape(column.shape)
