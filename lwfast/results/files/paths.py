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
        left_out: Folders and patterns of what was not to be found.
        names_left_out: Paths, without links, of what was not to be found.
    """

    places: tuple[Path, ...] = ()
    left_out: tuple[Path, ...] = ()
    names_left_out: frozenset[str] = frozenset()

    def would_find(self, new: Path) -> bool:
        """Say whether the same search finds another file once that is written.

        Args:
            new: Path of the other file, which need not be there yet.
        """
        if not any(_would_find(place, new) for place in self.places):
            return False
        is_named = os.path.realpath(new) in self.names_left_out
        return not is_named and not any(_would_find(place, new) for place in self.left_out)


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
    search = Search(tuple(wanted), tuple(not_wanted), frozenset(left_out))
    return FilesFound(tuple(taken.values()), repeated, search)


def _real(path: Path, folders: dict[Path, str]) -> str:
    """Return what a path stands for without links; files of a folder ask about its own path once."""
    folder = path.parent
    if path.name in ("", "..") or path.is_symlink():
        return os.path.realpath(path)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], path.name)  # noqa: PTH118


def _found(paths: Any, places: list[Path], *, may_lack: bool = False, alone: bool = False) -> Iterator[Path]:
    """Give the files that paths, folders and patterns stand for; note the latter two in `places`."""
    if not isinstance(paths, str | os.PathLike):
        if not isinstance(paths, Iterable) or isinstance(paths, Mapping | bytes | bytearray):
            raise TypeError(f"paths are a path or several, not {type(paths).__name__}.")
        for path in paths:
            yield from _found(path, places, may_lack=may_lack)
        return
    path = Path(paths)
    if path.is_dir():
        places.append(path)
        found = list(_in_folder(path))
    elif _is_pattern(str(path)) and not path.exists():
        import glob

        places.append(path)
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
        if _is_named_as_value(entry.name) and (folder / entry.name).is_dir():
            yield from _in_folder(folder / entry.name)


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a broken link, which is reported as a missing file."""
    try:
        if entry.is_file():
            return True
    except OSError:  # of a link that leads to itself, say
        return entry.is_symlink()
    return entry.is_symlink() and not os.path.exists(entry)  # noqa: PTH110


def _is_pattern(text: str) -> bool:
    return any(c in text for c in "*?[")


def _is_named_as_value(name: str) -> bool:
    """Whether a folder in another is looked into, since it is named as `theta=0.5`."""
    return "=" in name.lstrip("=")


def _would_find(place: Path, new: Path) -> bool:
    """Say whether a folder or pattern stands for a file once that is written; nothing is searched."""
    if not place.is_dir():
        given = Path(os.path.abspath(new)), Path(os.path.abspath(place))  # noqa: PTH100  (for `..`)
        real = Path(os.path.realpath(new)), _without_links(place)
        return any(_matches(pattern.parts, path.parts) for path, pattern in (given, real))
    if new.suffix.lower() not in SUFFIXES:
        return False
    for way in (os.path.abspath, os.path.realpath):
        top, own = Path(way(place)), Path(way(new)).parent
        if own.is_relative_to(top) and all(map(_is_named_as_value, own.relative_to(top).parts)):
            return True
    return False


def _without_links(pattern: Path) -> Path:
    """Return a pattern with no links in what stands before its first part that is one."""
    n = next((k for k, part in enumerate(pattern.parts) if _is_pattern(part)), len(pattern.parts))
    return Path(os.path.realpath(Path(*pattern.parts[:n])), *pattern.parts[n:])


def _matches(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Say whether a pattern stands for a path, as `glob.glob` takes both with `recursive=True`."""
    if not pattern or not parts:
        return not parts and all(part == "**" for part in pattern)
    is_shown = not parts[0].startswith(".")
    if pattern[0] == "**":
        return _matches(pattern[1:], parts) or (is_shown and _matches(pattern, parts[1:]))
    if not _is_pattern(pattern[0]):
        return os.path.normcase(pattern[0]) == os.path.normcase(parts[0]) and _matches(pattern[1:], parts[1:])
    is_found = (is_shown or pattern[0].startswith(".")) and fnmatch(parts[0], pattern[0])
    return is_found and _matches(pattern[1:], parts[1:])
