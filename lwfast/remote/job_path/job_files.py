"""Saved jobs: ids and payloads as JSON, ours and the reference's."""

from __future__ import annotations

import json
import locale
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from lwfast import wire
from lwfast._base.files.atomic import write_atomic
from lwfast._base.files.edited_text import parse_json, read_edited
from lwfast._base.files.file_names import ending_of
from lwfast._base.validation import is_real
from lwfast._texts import ended, printable
from lwfast._types import FloatArray
from lwfast.errors import JobFileError, ResourceLimitError
from lwfast.remote.tracked import Tracked

FORMAT_VERSION = 2
"""Of batches; since 2 (the reference has none) the jobs stand below `jobs`, so that any name is possible."""
SWEEP = "sweep"


class _SavedSweep(msgspec.Struct):
    labels: list[str]
    shape: list[int]
    settings: list[list[float]]


def path_to_save(filename: str | PathLike[str]) -> Path:
    """Return the path a job is saved to: `.json` is added, nothing is cut off.

    Raises:
        TypeError: `filename` is not a name or path.
    """
    if not isinstance(filename, str | Path):
        raise TypeError(f"Provided filename should be a string or Path, got {type(filename).__name__}.")
    path = Path(filename)
    return path if path.suffix.lower() == ".json" else path.with_name(f"{path.name}.json")


def path_to_load(filename: str | PathLike[str]) -> Path | None:
    """Return the file that a job was saved to under a name, or None.

    The reference cut names at their last dot, so `run_0.json` is taken for `run_0.25` where the reference
    wrote it. It is never taken for a name that ends in another format: `task.jsn` is not `task.json`.
    """
    path = path_to_save(filename)
    if path.exists():
        return path
    name = Path(filename)
    if not name.suffix or ending_of(name):
        return None
    cut = name.with_suffix(".json")
    return cut if cut.exists() and _is_of_the_reference(cut) else None


def _is_of_the_reference(path: Path) -> bool:
    """Say whether the reference wrote a file of jobs: ours have keys that it does not know."""
    try:
        data = parse_json(read_edited(path, locale.getencoding()))
    except (OSError, ValueError, ResourceLimitError):
        return False
    return isinstance(data, dict) and not ({"previous_ids", "format_version"} & data.keys())


def missing_file(name: Path) -> str:
    """Say that there is no file of a name or under it with `.json`, and which one may be meant.

    Args:
        name: As it was given.
    """
    lower = name.suffix.lower()
    other = "" if lower == ".json" else f", nor {printable(str(path_to_save(name)))}"
    near = name.with_suffix(".json")
    meant = f"; is {printable(str(near))} meant?" if ending_of(name) and near.is_file() else "."
    return f"There is no file {printable(str(name))}{other}{meant}"


def saved_job_exists(filename: str | PathLike[str]) -> bool:
    """Say whether a job is saved under this name.

    Raises:
        TypeError: `filename` is not a name or path.

    Example:
        >>> remote.saved_job_exists("no_such_job")
        False
    """
    return path_to_load(filename) is not None


def save(data: dict[str, Any], filename: str | PathLike[str], allow_overwrite: bool) -> None:
    """Write a saved job, whole or not at all; its folder is made.

    Raises:
        ValueError: There is such a file, and it may not be replaced.
    """
    path = path_to_save(filename)
    try:
        # Whether the name is free is not asked before: another process may take it meanwhile.
        write_atomic(path, json.dumps(data, indent=4).encode(), exclusive=not allow_overwrite)
    except FileExistsError:
        if allow_overwrite:
            raise  # of a folder above it
        raise ValueError(
            f"A saved job with this name already exists ({printable(str(path))}). Use another name, or "
            "allow_overwrite=True to replace it."
        ) from None


def read(filename: str | PathLike[str]) -> tuple[Path, dict[str, Any]]:
    """Read a saved job.

    Raises:
        FileNotFoundError: There is no such file.
        JobFileError: It is not one.
    """
    path = path_to_load(filename)
    if path is None:
        path = Path(filename)
        if not (ending_of(path) and path.is_file()):
            raise FileNotFoundError(missing_file(path))
    try:
        data = parse_json(read_edited(path, locale.getencoding()))
    except ResourceLimitError as error:
        raise JobFileError(f"{path} is too large: {ended(error)}") from error
    except ValueError as error:
        raise JobFileError(f"{path} is not a saved job: {ended(error)}") from error
    if not isinstance(data, dict):
        raise JobFileError(f"{path} is not a saved job: it holds a {type(data).__name__}.")
    return path, data


def kind_of(data: dict[str, Any], path: Path) -> str:
    """Say what a file holds: `job` or `batch_job`.

    Raises:
        JobFileError: Neither.
    """
    kind = data.get("job_type")
    # A batch that the reference saved with a job of the name job_type holds that job there.
    if kind not in {"job", "batch_job"}:
        raise JobFileError(f"{path} holds no job: its job_type is {kind!r:.60}, not 'job' or 'batch_job'.")
    return str(kind)


def job_to_data(job: Tracked) -> dict[str, Any]:
    """Return what is saved of a job."""
    payload = job.payload
    data = {
        "job_type": "job",
        "job_id": job.job_id,
        "payload": None if payload is None else wire.payload_to_builtins(payload),
        "previous_ids": list(job.previous_ids),
        "job_name": job.name,
    }
    if job.parameters:
        data["parameters"] = dict(job.parameters)
    if job.url is not None:
        data["url"] = job.url  # an id is another job elsewhere
    if job.pending_key is not None:
        data["pending_key"] = job.pending_key  # so that a submit whose answer was lost makes no second job
    return data


def job_from_data(data: Any, path: Path) -> Tracked:
    """Return the job that was saved.

    Raises:
        JobFileError: Something is missing or wrong; names it.
    """
    if not isinstance(data, dict) or "job_id" not in data or "payload" not in data:
        raise JobFileError(f"Unable to locate required job data within {path}: job_id and payload.")
    job_id = data["job_id"]
    if isinstance(job_id, bool) or not isinstance(job_id, int | str | None):
        raise JobFileError(f"The job_id in {path} is {job_id!r:.60}, not a number or a string.")
    previous = data.get("previous_ids") or []
    if not isinstance(previous, list):
        raise JobFileError(f"The previous_ids in {path} are not a list.")
    payload = None
    if data["payload"] is not None:
        try:
            payload = wire.payload_from_builtins(data["payload"])
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            raise JobFileError(
                f"The payload of job {job_id} in {path} cannot be read: {ended(error)} The job itself "
                f"can be found with remote.job({job_id!r})."
            ) from error
    name, key, url = data.get("job_name"), data.get("pending_key"), data.get("url")
    for label, value in (("pending_key", key), ("url", url)):
        if not isinstance(value, str | None):
            raise JobFileError(f"The {label} in {path} is {value!r:.60}, not a string.")
    parameters = data.get("parameters") or {}
    if not isinstance(parameters, dict) or not all(map(is_real, parameters.values())):
        raise JobFileError(f"The parameters in {path} are {parameters!r:.60}, not numbers by label.")
    return Tracked(
        payload=payload,
        parameters=parameters,
        job_id=job_id,
        told_name=name if isinstance(name, str) else None,
        pending_key=key,
        url=url,
        previous_ids=previous,
    )


def batch_to_data(batch: Mapping[str, Tracked]) -> dict[str, Any]:
    """Return what is saved of a batch."""
    jobs = {name: job_to_data(job) for name, job in batch.items()}
    return {"job_type": "batch_job", "format_version": FORMAT_VERSION, "jobs": jobs}


def sweep_to_data(labels: Sequence[str], shape: Sequence[int], settings: FloatArray) -> dict[str, Any]:
    """Return what is saved of a sweep beside its batch: numbers in JSON keep all digits."""
    return {SWEEP: {"labels": list(labels), "shape": list(shape), "settings": settings.tolist()}}


def is_sweep(data: dict[str, Any]) -> bool:
    """Say whether a saved batch is that of a sweep."""
    # A batch that the reference saved may have a job of this name.
    return data.get("format_version") == FORMAT_VERSION and SWEEP in data


def sweep_from_data(data: dict[str, Any], path: Path) -> tuple[list[str], FloatArray, list[int]]:
    """Return the labels, settings float64[k, p] and shape of a sweep that was saved.

    Raises:
        JobFileError: The file has no job, or it has another form.
    """
    if not is_sweep(data):
        raise JobFileError(f"{path} holds no sweep; remote.load_job_from_file loads what it holds.")
    try:
        kept = msgspec.convert(data[SWEEP], _SavedSweep)
        settings = np.array(kept.settings, dtype=np.float64).reshape(len(kept.settings), len(kept.labels))
    except (msgspec.ValidationError, ValueError) as error:
        raise JobFileError(f"The sweep in {path} cannot be read: {ended(error)}") from error
    return kept.labels, settings, kept.shape


def batch_from_data(data: dict[str, Any], path: Path) -> dict[str, Tracked]:
    """Return the jobs of a batch that was saved, by name.

    Raises:
        JobFileError: It is not a batch, or of a later version, or one of its jobs cannot be read.
    """
    version = data.get("format_version")
    if version is None or isinstance(version, dict):  # the reference's: jobs beside job_type
        jobs = {name: job for name, job in data.items() if name != "job_type"}
    elif version != FORMAT_VERSION or not isinstance(data.get("jobs"), dict):
        raise JobFileError(f"{path} has format version {version!r:.20}; this lwfast reads {FORMAT_VERSION}.")
    else:
        jobs = data["jobs"]
    return {name: job_from_data(job, path) for name, job in jobs.items()}
