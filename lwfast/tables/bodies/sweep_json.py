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

from lwfast._texts import ended
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
        settings: float64[k, p], one row per setting.
        columns: What else there is, by name, in the forms of the body.
    """

    labels: Sequence[str]
    shape: Sequence[int]
    settings: FloatArray
    columns: Mapping[str, AnyArray]


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

    The columns are as they stand there; `lwfast.results.sweeps.sweep_files.unpacked` checks how they fit.

    Raises:
        ResultFormatError: It is not such a body.
    """
    try:
        decoded = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ResultFormatError(f"It is not the body of a sweep: {ended(error)}") from None
    sweep = decoded.sweep
    if sweep.version != VERSION:
        raise ResultFormatError(f"It is a sweep of version {sweep.version}, and this lwfast reads {VERSION}.")
    columns = {name: _array(name, column) for name, column in sweep.columns.items()}
    settings = columns.pop("settings", None)
    if settings is None or settings.dtype != np.float64:
        raise ResultFormatError("The sweep has no settings of float64.")
    return SweepColumns(sweep.labels, sweep.shape, settings, columns), decoded.job_data, decoded.metadata


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
