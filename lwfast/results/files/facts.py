"""What a file says of its result, read without the result itself where its form allows that."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from lwfast._base.files.file_memory import check_json, read_file
from lwfast._texts import ended
from lwfast.errors import ResultFormatError
from lwfast.results.files.npz import check_archive
from lwfast.results.files.parquet import kept_of
from lwfast.results.files.save import METADATA_KEY

_MARK = b', "metadata": {"' + METADATA_KEY.encode() + b'": '
_TAIL = b"}}"


def described_in(path: Path) -> dict[str, Any] | None:
    """Return what a file says of its result: `{}` where it has no place for that.

    Args:
        path: Path of a result file, of any form.

    Returns:
        The description, as `save` wrote it; None where the whole file has to be read for it.

    Raises:
        OSError: If the file cannot be read.
        ResultFormatError: If it is damaged.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            path.stat()
            return {}
        if suffix == ".parquet":
            return _object(kept_of(path))
        if suffix == ".npz":
            return _in_npz(path)
        return _in_json(path)
    except (KeyError, EOFError, RecursionError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, ResultFormatError):
            raise
        raise ResultFormatError(f"It does not hold a result: {ended(error)}") from error


def _in_npz(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        check_archive(file)
        with zipfile.ZipFile(file) as archive, archive.open("metadata.npy") as member:
            return _object(str(np.lib.format.read_array(member, allow_pickle=False)).encode())


def _in_json(path: Path) -> dict[str, Any] | None:
    """Look at the end of the file, where `save` puts it."""
    body = read_file(path).rstrip()
    at = body.rfind(_MARK)
    if at < 0 or not body.endswith(_TAIL):
        return None
    try:
        return _object(body[at + len(_MARK) : -len(_TAIL)])
    except ValueError:
        return None


def _object(text: bytes) -> dict[str, Any]:
    check_json(text)
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ResultFormatError("The metadata are not an object.")
    return found
