"""The names that result files have."""

from __future__ import annotations

import os
from pathlib import Path

from lwfast._base.files.file_names import ending_of
from lwfast.results.columns.json_like import path_text

SUFFIXES = (".json", ".npz", ".parquet", ".csv")


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
            f"{os.fspath(filename)!r} names a folder; name a file in it, such as "
            f"{str(path / 'result.npz')!r}."
        )
    if path.name.lower() in SUFFIXES:
        raise ValueError(
            f"{os.fspath(filename)!r} is an ending without a name; put one before it, such as "
            f"{str(path.with_name('result' + path.name))!r}."
        )
    if path.suffix.lower() in SUFFIXES:
        return path
    if ending_of(path):
        name = path_text(path.name)
        raise ValueError(
            f"{name} ends in {path.suffix}, which is not a form of results; take one of "
            f"{', '.join(SUFFIXES)}, such as {path_text(path.stem)}.json, or {name}.json if it is a part of "
            "the name."
        )
    return with_json(path)


def with_json(path: Path) -> Path:
    """Return a path with `.json` added: never `with_suffix`, which makes "run_0.json" of "run_0.25"."""
    return path.with_name(path.name + ".json")
