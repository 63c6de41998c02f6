"""Which files paths, folders and patterns stand for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from lwfast.results.columns.json_like import path_text
from lwfast.results.files.endings import SUFFIXES


class Search(NamedTuple):
    """By what files were found.

    Attributes:
        places: Folders and patterns; files that were named are not among them.
        left_out: What was not to be found: names, folders and patterns.
    """

    places: tuple[Path, ...] = ()
    left_out: tuple[Path, ...] = ()

    def would_find(self, new: Path, paths: Iterable[Path]) -> bool:
        """Say whether the same search finds another file once that is written.

        Args:
            new: Path of the other file, which need not be there yet.
            paths: The files that it found.
        """
        own = new.resolve().parent
        if any(fnmatch(new.name, path.name) for path in self.left_out):
            return False
        if not any(path.resolve().parent == own for path in paths):
            return False
        return any(path.is_dir() or fnmatch(new.name, path.name) for path in self.places)


class FilesFound(NamedTuple):
    """Files that were looked for.

    Attributes:
        paths: The files, each once.
        repeated: The names under which some were met again.
        search: By what they were found.
    """

    paths: tuple[Path, ...]
    repeated: list[str]
    search: Search


def files_of(paths: Any, exclude: Any) -> FilesFound:
    """Return the files that paths, folders and patterns stand for, each once.

    Args:
        paths: One or several, in order.
        exclude: Those to leave out; they need not exist.

    Raises:
        FileNotFoundError: If a folder or pattern of `paths` has no result files, or a path that is given
            alone, or has no ending of a result file, does not exist.
        TypeError: If one is not a path, or they are a mapping.
    """
    not_wanted: list[Path] = []
    left_out = {os.path.realpath(path) for path in _found(exclude, not_wanted, may_lack=True)}
    taken: dict[str, Path] = {}
    repeated: list[str] = []
    folders: dict[Path, str] = {}
    wanted: list[Path] = []
    for path in _found(paths, wanted, alone=True):
        real = _real(path, folders)
        if real in taken:
            repeated.append(str(path))
        elif real not in left_out:
            taken[real] = path
    named = set(taken.values())
    places = tuple(path for path in wanted if path not in named)
    return FilesFound(tuple(taken.values()), repeated, Search(places, tuple(not_wanted)))


def _real(path: Path, folders: dict[Path, str]) -> str:
    """Return what a path stands for without links; files of a folder ask about its own path once."""
    folder = path.parent
    if path.name in ("", "..") or path.is_symlink():
        return os.path.realpath(path)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], path.name)  # noqa: PTH118


def _found(paths: Any, given: list[Path], *, may_lack: bool = False, alone: bool = False) -> Iterator[Path]:
    """Give the files that paths, folders and patterns stand for, and note these in `given`."""
    if not isinstance(paths, str | os.PathLike):
        if not isinstance(paths, Iterable) or isinstance(paths, Mapping | bytes | bytearray):
            raise TypeError(f"paths are a path or several, not {type(paths).__name__}.")
        for path in paths:
            yield from _found(path, given, may_lack=may_lack)
        return
    path = Path(paths)
    given.append(path)
    if path.is_dir():
        found = list(_in_folder(path))
    elif any(c in str(path) for c in "*?[") and not path.exists():
        import glob

        names = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
        found = [Path(name) for name in names if not os.path.isdir(name)]  # noqa: PTH112
    else:
        misnamed = alone or path.suffix.lower() not in SUFFIXES
        if misnamed and not may_lack and not os.path.lexists(path):
            raise FileNotFoundError(f"There is no file or folder {path_text(path)}.")
        yield path  # a file among others that does not exist is reported with those that cannot be read
        return
    if not found and not may_lack:
        raise FileNotFoundError(f"There are no result files in {path_text(path)}.")
    yield from found


def _in_folder(folder: Path) -> Iterator[Path]:
    """Give the files of a folder by name; then those of folders in it that are named as `theta=0.5`."""
    with os.scandir(folder) as found:  # it knows of most what they are
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if os.path.splitext(entry.name)[1].lower() in SUFFIXES and _is_file(entry):  # noqa: PTH122
            yield folder / entry.name
    for entry in entries:
        if "=" in entry.name.lstrip("=") and (folder / entry.name).is_dir():
            yield from _in_folder(folder / entry.name)


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a broken link, which is reported as a missing file."""
    try:
        if entry.is_file():
            return True
    except OSError:  # of a link that leads to itself, say
        return entry.is_symlink()
    return entry.is_symlink() and not os.path.exists(entry)  # noqa: PTH110
