"""Results in files: JSON as Lightworks writes it, NumPy's .npz, Parquet, and CSV."""

from __future__ import annotations

import io
import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lwfast._base.atomic import write_atomic
from lwfast._base.edited_text import unmarked
from lwfast._base.file_memory import MEMORY_REMEDY, check_json, read_file
from lwfast._base.file_names import ending_of
from lwfast._base.memory import check_memory, memory_limit, readable_bytes
from lwfast._types import Counts, StateTable
from lwfast.errors import LightworksDependencyError, LightworksError, ResourceLimitError, ResultFormatError
from lwfast.results.columns.json_like import path_text
from lwfast.results.files.description import description, fields_of
from lwfast.results.qpu_result import QPUSamplingResult
from lwfast.results.sampling_result import SamplingResult
from lwfast.tables.counts import as_counts, as_table, group_checked
from lwfast.tables.result_json import decode_members, decode_table, encode_table

if TYPE_CHECKING:
    import zipfile

SUFFIXES = (".json", ".npz", ".parquet", ".csv")
_KINDS: dict[str, type[SamplingResult]] = {
    "SamplingResult": SamplingResult,
    "QPUSamplingResult": QPUSamplingResult,
}
_METADATA = "lwfast"
_JSON_FACTOR = 2.0
"""Text and columns of a `.json` file take 1.6 times its size, as `save()` writes it."""
GROUPING_BYTES = 26
"""What adding up equal rows takes for each row, besides the columns."""
_TABLE = re.compile(rb"""[ \t\n\r]*\{[ \t\n\r]*(?:\}|"[(\["0-9])""")


def save_result(
    result: SamplingResult,
    filename: str | os.PathLike[str],
    *,
    raw_data: bool = False,
    metadata: bool = False,
) -> Path:
    """Write a result to a file, atomically.

    A file keeps the result or its raw data, not both: raw data are often a hundred times as large. What is
    loaded from a file of a processed result does not know its raw data, and says so where they are asked for.

    Args:
        result: What is saved.
        filename: Ends in `.json`, `.npz`, `.parquet` or `.csv`; a name without an ending gets `.json` added
            to it, such as `run` or `run_0.25`. Where it is a symbolic link, the file that it points to is
            written.
        raw_data: Save the data before post-selection and mapping.
        metadata: For `.json`: write `{"results": ..., "metadata": ...}`. Without it the file is the one that
            Lightworks writes, which has no place for metadata. `.npz` and `.parquet` always have it, `.csv`
            never: it has the columns of `to_pandas` (`mode_0`, ..., `counts`), for spreadsheets and other
            programs. Metadata, job data, history and attributes are kept as JSON; a warning names attributes
            that JSON cannot hold.

    Returns:
        The path of the file.

    Raises:
        ResultError: If the raw data are to be saved and not known.
        TypeError: If `filename` is not a name or path, or the result was made of floats.
        ValueError: If `filename` names a folder or is an ending only, its ending is no form of results, or
            metadata are to be written to a `.csv`.
        LightworksDependencyError: If pyarrow is needed and not installed.
        OSError: If the file cannot be written.
    """
    path = result_path(filename)
    saved = result.raw_data if raw_data else result
    saved.whole_counts("save")
    target = Path(os.path.realpath(path))  # a link stays one
    suffix = path.suffix.lower()
    if suffix == ".csv" and metadata:
        raise ValueError(
            f"{path_text(path.name)} has no place for metadata; take .json, .npz or .parquet, or leave "
            "metadata=True away."
        )
    if suffix == ".npz":
        note = np.array(description(saved))
        columns: dict[str, Any] = {"states": saved.states, "counts": saved.counts}
        write_atomic(target, lambda file: np.savez_compressed(file, metadata=note, **columns))
    elif suffix == ".parquet":
        from lwfast.results.files.parquet import write_parquet

        text = description(saved)
        write_atomic(target, lambda file: write_parquet(saved.states, saved.counts, text, file))
    elif suffix == ".csv":
        from lwfast.results.files.csv_file import write_csv

        write_atomic(target, lambda file: write_csv(saved.states, saved.counts, file))
    elif metadata:
        table = encode_table(saved.states, saved.counts)
        about = description(saved).encode()
        write_atomic(target, b'{"results": %b, "metadata": {"%b": %b}}' % (table, _METADATA.encode(), about))
    else:
        brackets = "[]" if raw_data else ""
        write_atomic(target, encode_table(saved.states, saved.counts, brackets=brackets, indent=4))
    return path


def load_result(filename: str | os.PathLike[str]) -> SamplingResult:
    """Read a result from a file: what `save()` writes, what Lightworks writes, or a saved body of the wire.

    Args:
        filename: Path of a `.json`, `.npz`, `.parquet` or `.csv` file; `.json` may be left out.

    Returns:
        The result; a body of the wire with `job_data` has its post-selection and heralds applied.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold a result, or rules that do not fit it. Where only the rules are
            wrong, the raw counts are the attribute `raw_data` of the exception.
        ResourceLimitError: If the counts of a state in it add up to more than 2^63 - 1, or if what it holds
            would take more memory than is allowed.
        LightworksDependencyError: If pyarrow is needed and not installed.
        ValueError: If `LWFAST_MAX_MEMORY` is not a number of bytes.
    """
    memory_limit()  # what is wrong with it is not the file's fault
    path = Path(filename)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES and not path.exists():
        path = _with_json(path)
        suffix = path.suffix.lower()
    with _naming(path):
        if suffix == ".npz":
            return _loaded(*_read_npz(path))
        if suffix == ".parquet":
            from lwfast.results.files.parquet import read_parquet

            return _loaded(*read_parquet(path))
        if suffix == ".csv":
            from lwfast.results.files.csv_file import read_csv

            return _loaded(*read_csv(path), {})
        return _read_json(path)


def result_path(filename: str | os.PathLike[str]) -> Path:
    """Return the path that a result is saved to under a name: `.json` is added where it has no ending.

    Raises:
        TypeError: If it is not a name or path.
        ValueError: If it names a folder, is an ending only, or has the ending of a form that is not written.
    """
    if not isinstance(filename, str | os.PathLike):
        raise TypeError(f"Provided filename should be a string or Path, not {type(filename).__name__}.")
    path = Path(filename)
    if path.name in ("", "..") or os.fspath(filename).endswith(("/", os.sep)):
        raise ValueError(
            f"{os.fspath(filename)!r} names a folder; name a file in it, such as {str(path / 'result.npz')!r}"
        )
    if path.name.lower() in SUFFIXES:
        raise ValueError(
            f"{os.fspath(filename)!r} is an ending without a name; put one before it, such as "
            f"{str(path.with_name('result' + path.name))!r}"
        )
    if path.suffix.lower() in SUFFIXES:
        return path
    if ending_of(path):
        name = path_text(path.name)
        raise ValueError(
            f"{name} ends in {path.suffix}, which is no form of results; take one of {', '.join(SUFFIXES)}, "
            f"such as {path_text(path.stem)}.json, or {name}.json if it is a part of the name."
        )
    return _with_json(path)


def _with_json(path: Path) -> Path:
    # Never `with_suffix`: "run_0.25" would become "run_0.json".
    return path.with_name(path.name + ".json")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file in what goes wrong with its content, once."""
    try:
        yield
    except LightworksDependencyError:
        raise
    except ResourceLimitError as error:
        raise ResourceLimitError(f"{path}: {error}") from error
    except (LightworksError, TypeError, ValueError) as error:
        named = ResultFormatError(f"{path}: {error}")
        if hasattr(error, "raw_data"):
            named.raw_data = error.raw_data  # type: ignore[attr-defined]
        raise named from error
    except RecursionError as error:
        raise ResultFormatError(f"{path}: it is nested too deeply") from error
    except MemoryError as error:
        error.add_note(f"while reading {path}")
        raise


def _read_json(path: Path) -> SamplingResult:
    """Read any of the JSON forms; they differ in what the first member is."""
    body = unmarked(read_file(path, _JSON_FACTOR))
    if _is_table(body):
        return SamplingResult.from_owned(*decode_table(body))
    decoded, others = decode_members(body)
    metadata = others.get("metadata")
    if isinstance(metadata, dict) and _METADATA in metadata:
        return _loaded(decoded.states, decoded.counts, metadata[_METADATA])
    return QPUSamplingResult.from_decoded(decoded, metadata={"file": path_text(path.name)})


def _is_table(body: bytes) -> bool:
    """Whether the object starts with a state, or holds nothing."""
    return _TABLE.match(body) is not None


def _read_npz(path: Path) -> tuple[StateTable, Counts, dict[str, Any]]:
    import zipfile
    import zlib

    body = read_file(path)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            infos = archive.infolist()
            unpacked = sum(info.file_size for info in infos)
            held = len(body) + 2 * unpacked  # as bytes, and as arrays
            check_memory(held, f"What {readable_bytes(len(body))} unpack to", remedy=MEMORY_REMEDY)
            # Every member as a whole: then checksums and names are right before any of it is believed.
            members = {info.filename: _unpacked(archive, info) for info in infos}
        table, column = _array(members["states.npy"]), _array(members["counts.npy"])
        note = members.get("metadata.npy")
        text = "{}" if note is None else str(_array(note))
        held += table.size + (8 + GROUPING_BYTES) * column.size
        check_memory(held, f"A result of {column.size} states", remedy=MEMORY_REMEDY)
        check_json(text.encode("utf-8", "surrogatepass"))
        states = as_table(table)
        return states, as_counts(column, states.shape[0]), json.loads(text)
    except (KeyError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # RuntimeError: bits that say it is encrypted, compressed in an unknown way, or nested without end.
        raise ResultFormatError(f"it does not hold a result: {error}") from error


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member, never unpacking more of it than the directory says."""
    if info.compress_type not in (0, 8):
        raise ResultFormatError(f"{info.filename!r} is not compressed as NumPy does it")
    with archive.open(info) as file:
        return file.read(info.file_size + 1)  # without a number it is all unpacked before it is cut


def _array(member: bytes) -> Any:
    """Return an array from the bytes of a .npy file, never making one larger than they are."""
    stream = io.BytesIO(member)
    form = np.lib.format
    readers = {(1, 0): form.read_array_header_1_0, (2, 0): form.read_array_header_2_0}
    version = form.read_magic(stream)
    if version not in readers:  # 3.0 is for names of columns, which no array of ours has
        raise ResultFormatError(f"an array has the version {version} of the .npy format")
    shape, _, dtype = readers[version](stream)
    told, there = math.prod(shape) * dtype.itemsize, len(member) - stream.tell()
    if told != there and not dtype.hasobject:  # of objects, read_array tells
        raise ResultFormatError(f"an array of shape {shape} has {there} bytes; its header says {told}")
    stream.seek(0)
    return form.read_array(stream, allow_pickle=False)


def _loaded(states: StateTable, counts: Counts, described: Any) -> SamplingResult:
    fields = fields_of(described)
    kind = _KINDS.get(described.get("kind") or "", SamplingResult)
    return kind.from_owned(*group_checked(states, counts, owned=True), **fields)
