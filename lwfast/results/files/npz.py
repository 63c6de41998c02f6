"""Results as NumPy's .npz."""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lwfast._base.files.file_memory import MEMORY_REMEDY, check_json, read_file
from lwfast._base.memory import check_memory, readable_bytes
from lwfast._texts import ended
from lwfast._types import AnyArray, Counts, StateTable
from lwfast.errors import ResultFormatError
from lwfast.tables.counts import as_counts, as_table

_MAGIC = b"PK"
_LEVEL = 4
"""Of zlib. `numpy.savez_compressed` takes 6, with which a result of 514,466 states gets a file that is a
twentieth smaller and takes 0.68 in place of 0.16 s, for which an interrupted campaign would wait."""
_GROUPING_BYTES = 26
"""What adding up equal rows takes for each row, besides the columns."""


def write_arrays(arrays: Mapping[str, AnyArray], metadata: str, file: BinaryIO) -> None:
    """Write arrays by name, and `metadata`, a text."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in {"metadata": np.array(metadata), **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def write_npz(states: StateTable, counts: Counts, metadata: str, file: BinaryIO) -> None:
    """Write the arrays `states`, `counts` and `metadata`, a text."""
    write_arrays({"states": states, "counts": counts}, metadata, file)


def read_npz(path: Path) -> tuple[dict[str, AnyArray], dict[str, Any]]:
    """Read all arrays by name, and the metadata.

    Raises:
        FileNotFoundError: If there is no such file.
        ResultFormatError: If it does not hold what `write_arrays` writes.
        ResourceLimitError: If what it holds would take more memory than is allowed.
        ValueError: If an array or the metadata cannot be read.
    """
    body = read_file(path)
    check_archive(io.BytesIO(body))
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            infos = archive.infolist()
            unpacked = sum(info.file_size for info in infos)
            held = len(body) + 2 * unpacked  # as bytes, and as arrays
            check_memory(held, f"What {readable_bytes(len(body))} unpack to", remedy=MEMORY_REMEDY)
            # Every member as a whole: then checksums and names are right before any of it is believed.
            members = {info.filename: _unpacked(archive, info) for info in infos}
        arrays = {name.removesuffix(".npy"): _array(member) for name, member in members.items()}
        note = arrays.pop("metadata", None)
        text = "{}" if note is None else str(note)
        size = sum(array.nbytes for array in arrays.values())
        check_memory(held + size, f"Arrays of {readable_bytes(size)}", remedy=MEMORY_REMEDY)
        check_json(text.encode("utf-8", "surrogatepass"))
        return arrays, json.loads(text)
    except (KeyError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # RuntimeError: bits that say it is encrypted, compressed in an unknown way, or nested without end.
        raise ResultFormatError(f"It does not hold a result: {ended(error)}") from error


def check_archive(file: BinaryIO) -> None:
    """Refuse what is not a whole archive of arrays.

    Raises:
        ResultFormatError: It does not begin, or does not end, as such a file does.
    """
    if zipfile.is_zipfile(file):
        return
    size = file.seek(0, 2)
    file.seek(0)
    begin = file.read(len(_MAGIC))
    if begin != _MAGIC:
        what = f"begins with {begin!r}, where an .npz file begins with {_MAGIC!r}" if size else "is empty"
        raise ResultFormatError(f"It does not hold a result: it has {size:,} bytes and {what}.")
    raise ResultFormatError(
        f"It does not hold a result: it has {size:,} bytes and lacks the list of arrays at the end "
        "of a whole .npz file, so it was probably cut off; copy it again, or save the result anew."
    )


def counts_of(arrays: Mapping[str, AnyArray]) -> tuple[StateTable, Counts]:
    """Return the columns of a result of counts from the arrays of its file.

    Raises:
        ResultFormatError: If one is missing.
        ResourceLimitError: If adding up equal rows would take more memory than is allowed.
        ValueError: If they do not hold a result; likewise TypeError.
    """
    if "states" not in arrays or "counts" not in arrays:
        missing = "states.npy" if "states" not in arrays else "counts.npy"
        raise ResultFormatError(f"It does not hold a result: {missing!r} is missing.")
    table, column = arrays["states"], arrays["counts"]
    held = 2 * (table.nbytes + column.nbytes) + table.size + (8 + _GROUPING_BYTES) * column.size
    check_memory(held, f"A result of {column.size} states", remedy=MEMORY_REMEDY)
    states = as_table(table)
    return states, as_counts(column, states.shape[0])


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member, never unpacking more of it than the directory says."""
    if info.compress_type not in (0, 8):
        raise ResultFormatError(f"{info.filename!r} is not compressed as NumPy does it.")
    with archive.open(info) as file:
        return file.read(info.file_size + 1)  # without a number it is all unpacked before it is cut


def _array(member: bytes) -> Any:
    """Return an array from the bytes of a .npy file, never making one larger than they are."""
    stream = io.BytesIO(member)
    form = np.lib.format
    readers = {(1, 0): form.read_array_header_1_0, (2, 0): form.read_array_header_2_0}
    version = form.read_magic(stream)
    if version not in readers:  # 3.0 is for names of columns, which no array of ours has
        raise ResultFormatError(f"An array has the version {version} of the .npy format.")
    shape, _, dtype = readers[version](stream)
    told, there = math.prod(shape) * dtype.itemsize, len(member) - stream.tell()
    if told != there and not dtype.hasobject:  # of objects, read_array tells
        raise ResultFormatError(f"An array of shape {shape} has {there} bytes; its header says {told}.")
    stream.seek(0)
    return form.read_array(stream, allow_pickle=False)
