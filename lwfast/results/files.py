"""Results in files: JSON as Lightworks writes it, NumPy's .npz, and Parquet."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from lwfast._atomic import write_atomic
from lwfast._types import Counts, StateTable
from lwfast._version import __version__
from lwfast.counts import as_counts, as_table, group_checked
from lwfast.errors import ResultFormatError
from lwfast.result_json import decode_members, decode_table, encode_table
from lwfast.results._state_map import private
from lwfast.results.qpu import QPUSamplingResult
from lwfast.results.sampling import SamplingResult
from lwfast.state import State

SUFFIXES = (".json", ".npz", ".parquet")
_KINDS: dict[str, type[SamplingResult]] = {
    "SamplingResult": SamplingResult,
    "QPUSamplingResult": QPUSamplingResult,
}
_METADATA = "lwfast"


def save_result(
    result: SamplingResult,
    filename: str | os.PathLike[str],
    *,
    raw_data: bool = False,
    metadata: bool = False,
) -> Path:
    """Write a result to a file, atomically.

    Args:
        result: What is saved.
        filename: Ends in `.json`, `.npz` or `.parquet`; any other name gets `.json` added to it.
        raw_data: Save the data before post-selection and mapping.
        metadata: For `.json`: write `{"results": ..., "metadata": ...}`. Without it the file is the one that
            Lightworks writes, which has no place for metadata. The other formats always have it.

    Returns:
        The path of the file.

    Raises:
        TypeError: If `filename` is not a name or path, or the result was made of floats.
        LightworksDependencyError: If pyarrow is needed and not installed.
        OSError: If the file cannot be written.
    """
    path = result_path(filename)
    saved = result.raw_data if raw_data else result
    saved.whole_counts("save")
    described = description(result, raw_data=raw_data)
    if path.suffix.lower() == ".npz":
        note = np.array(json.dumps(described))
        columns: dict[str, Any] = {"states": saved.states, "counts": saved.counts}
        write_atomic(path, lambda file: np.savez_compressed(file, metadata=note, **columns))
    elif path.suffix.lower() == ".parquet":
        from lwfast.results.files_parquet import write_parquet

        write_atomic(
            path, lambda file: write_parquet(saved.states, saved.counts, json.dumps(described), file)
        )
    else:
        body = _json_text(saved, described if metadata else None, raw_data=raw_data)
        write_atomic(path, body)
    return path


def load_result(filename: str | os.PathLike[str]) -> SamplingResult:
    """Read a result from a file: what `save()` writes, what Lightworks writes, or a saved body of the wire.

    Args:
        filename: Path of a `.json`, `.npz` or `.parquet` file.

    Returns:
        The result; a body of the wire with `job_data` has its post-selection and heralds applied.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold a result.
        LightworksDependencyError: If pyarrow is needed and not installed.
    """
    path = Path(filename)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES and not path.exists():
        path = result_path(path)
        suffix = path.suffix.lower()
    if suffix == ".npz":
        return _loaded(path, *_read_npz(path))
    if suffix == ".parquet":
        from lwfast.results.files_parquet import read_parquet

        return _loaded(path, *read_parquet(path))
    return _read_json(path)


def result_path(filename: str | os.PathLike[str]) -> Path:
    """Return the path that a name stands for: `.json` is added where no known suffix is there.

    Raises:
        TypeError: If it is not a name or path.
    """
    if not isinstance(filename, str | os.PathLike):
        raise TypeError(f"Provided filename should be a string or Path, not {type(filename).__name__}.")
    path = Path(filename)
    # Never `with_suffix`: "run_0.25" would become "run_0.json".
    return path if path.suffix.lower() in SUFFIXES else path.with_name(path.name + ".json")


def description(result: SamplingResult, *, raw_data: bool = False) -> dict[str, Any]:
    """Return what is kept beside the columns, as JSON-like data."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    source = result.raw_data if raw_data else result
    kept: dict[str, Any] = {"version": __version__, "saved": now, "kind": type(source).__name__}
    if result.input is not None:
        kept["input"] = result.input.s
    for name in ("post_selection", "job_data", "history", "metadata"):
        value = getattr(source, name)
        if value:
            kept[name] = value
    kept.get("metadata", {}).pop("saved", None)
    return kept


def _json_text(result: SamplingResult, described: dict[str, Any] | None, *, raw_data: bool) -> bytes:
    if described is None:
        return encode_table(result.states, result.counts, brackets="[]" if raw_data else "", indent=4)
    table = encode_table(result.states, result.counts)
    return b'{"results": %b, "metadata": %b}' % (table, json.dumps({_METADATA: described}).encode())


def _read_json(path: Path) -> SamplingResult:
    """Read any of the JSON forms; they differ in what the first member is."""
    body = path.read_bytes()
    try:
        if _is_table(body):
            return SamplingResult.from_owned(*decode_table(body))
        decoded, others = decode_members(body)
        metadata = others.get("metadata")
        if isinstance(metadata, dict) and _METADATA in metadata:
            return _loaded(path, decoded.states, decoded.counts, metadata[_METADATA])
        return QPUSamplingResult.from_decoded(decoded, metadata={"file": path.name})
    except ResultFormatError as error:
        raise ResultFormatError(f"{path}: {error}") from None


def _is_table(body: bytes) -> bool:
    """Whether the object starts with a state, or holds nothing."""
    start = body.lstrip()[:64].removeprefix(b"{").lstrip()
    return start[:1] == b"}" or (start[:1] == b'"' and start[1:2] in b'([0123456789"')


def _read_npz(path: Path) -> tuple[StateTable, Counts, dict[str, Any]]:
    import zipfile

    try:
        # Opened here: NumPy leaves a file that is no archive open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            states, counts = as_table(file["states"]), file["counts"]
            described = json.loads(str(file["metadata"])) if "metadata" in file else {}
            return states, as_counts(counts, states.shape[0]), described
    except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ResultFormatError(f"{path} does not hold a result: {error}") from error


def _loaded(path: Path, states: StateTable, counts: Counts, described: Any) -> SamplingResult:
    if not isinstance(described, dict):
        raise ResultFormatError(f"{path}: the metadata are not an object")
    kind = _KINDS.get(described.get("kind", ""), SamplingResult)
    given = described.get("input")
    return kind.from_owned(
        *group_checked(states, counts, owned=True),
        input=None if given is None else State(given),
        post_selection=described.get("post_selection"),
        job_data=described.get("job_data"),
        metadata={**private(described.get("metadata", {})), "saved": described.get("saved")},
        history=tuple(described.get("history", ())),
    )
