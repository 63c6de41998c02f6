"""Sweeps made of what a file or the wire holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwfast._texts import ended
from lwfast._types import AnyArray
from lwfast.errors import ResultCreationError, ResultFormatError
from lwfast.results.columns.json_like import json_like
from lwfast.results.columns.record import ResultRecord
from lwfast.results.qpu_result import QPUSamplingResult
from lwfast.results.sweeps.setting_axis import SettingAxis
from lwfast.results.sweeps.sweep_files import is_sweep_body, sweep_parts, unpacked
from lwfast.results.sweeps.sweep_result import SweepResult
from lwfast.results.sweeps.sweep_simulation import SweepSimulationResult
from lwfast.results.sweeps.sweep_table import SweepTable
from lwfast.tables.counts import as_counts, as_table

_SIMULATIONS = ("probability", "probability_amplitude")
_ATTRIBUTE = "attribute_"


def restored_sweep(described: Any, arrays: Mapping[str, AnyArray]) -> SweepTable:
    """Return the sweep of a file.

    Args:
        described: The metadata that the file holds about itself.
        arrays: Its arrays by name.

    Raises:
        ResultFormatError: Something is missing or has another form.
        ResultCreationError: Parts do not fit each other; likewise TypeError and ValueError.
    """
    axis, columns, kind, record, reason = sweep_parts(described, arrays)
    try:
        if kind in _SIMULATIONS:
            attributes = {
                name.removeprefix(_ATTRIBUTE): columns[name]
                for name in columns
                if name.startswith(_ATTRIBUTE)
            }
            inputs, outputs = as_table(columns["inputs"]), as_table(columns["outputs"])
            return SweepSimulationResult(
                axis, columns["array"], kind, inputs, outputs, attributes, record.has_x
            )
        return _counts(axis, columns, record, kind, reason)
    except KeyError as error:
        raise ResultFormatError(f"The sweep has no column {error}.") from None


def sweep_of_body(body: bytes, metadata: Mapping[str, Any] | None = None) -> SweepResult:
    """Return the sweep of an answer of the results endpoint, with the rules and heralds of its job applied.

    Args:
        body: The answer as `encode_sweep` writes it.
        metadata: Job id, QPU and the like.

    Raises:
        ResultFormatError: It is not such a body.
        ModeRangeError: A rule or herald names a mode that the states do not have.
        TypeError: A rule or herald is not made of integers.
        ValueError: A rule is empty or names a mode twice.
    """
    from lwfast.tables.bodies.sweep_json import decode_sweep  # loads msgspec

    sweep, job_data, _ = decode_sweep(body)
    kept = json_like(dict(metadata or {}), "metadata")
    try:
        axis = SettingAxis(sweep.labels, sweep.settings, sweep.shape)
        job_data = None if job_data is None else json_like(job_data, "job_data")
        record = ResultRecord(metadata=kept, job_data=job_data)
        raw = _counts(axis, unpacked(sweep.columns), record, "QPUSamplingResult", None)
    except (KeyError, ResultCreationError) as error:
        raise ResultFormatError(f"It is not the body of a sweep: {ended(error)}") from None
    return raw if job_data is None else raw._as_job_wants(job_data)  # noqa: SLF001


def result_of_body(body: bytes, metadata: Mapping[str, Any] | None = None) -> QPUSamplingResult | SweepResult:
    """Return the result of an answer of the results endpoint, of a job of one setting or of many.

    Raises:
        ResultFormatError: It is not a result.
        ModeRangeError: As for `QPUSamplingResult`, and so on.
    """
    if is_sweep_body(body):
        return sweep_of_body(body, metadata)
    return QPUSamplingResult.from_body(body, metadata=metadata)


def _counts(
    axis: SettingAxis, columns: Mapping[str, AnyArray], record: ResultRecord, kind: str, reason: str | None
) -> SweepResult:
    states = as_table(columns["states"])
    counts, offsets = as_counts(columns["counts"], len(states)), np.asarray(columns["offsets"])
    if offsets.ndim != 1 or offsets.dtype != np.int64 or not len(offsets):
        raise ResultFormatError("The offsets of the sweep are not a column of int64.")
    result = SweepResult(axis, states, counts, offsets, record, kind=kind, reason=reason)
    if not result._is_distinct:  # noqa: SLF001
        raise ResultFormatError("A setting of the sweep has one state twice.")
    return result
