"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from lwfast._base.files.to_disk import file_to_disk, folder_to_disk, make_folder_on_disk

_NAME_BYTES = 200
_FULL = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT")} - {None}


def write_atomic(
    path: Path,
    content: bytes | Callable[[BinaryIO], object],
    *,
    mode: int | None = None,
    exclusive: bool = False,
) -> None:
    """Write a file beside `path`, force it to the disk, then put it in its place in one step.

    A process that is killed meanwhile leaves `.NAME.*.part` behind, and `path` as it was.

    Args:
        path: The file; folders above it are made.
        content: Its bytes, or what writes them into the file it is given.
        mode: Its permissions, before the process' umask; None for those of the file that is replaced, and for
            the usual ones without such a file.
        exclusive: Whether nothing may be replaced: of several processes that write at once, one succeeds.

    Raises:
        FileExistsError: There is something at `path`, which must not be replaced; it is as it was.
        OSError: The file cannot be written, or the disk is full; `path` is as it was.
    """
    make_folder_on_disk(path.parent)
    kept = stat.S_IMODE(path.stat().st_mode) if mode is None and path.exists() else None
    part = _part_of(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(part, flags, 0o666 if mode is None else mode)
    except OSError as error:
        raise _naming(path, error) from None
    try:
        try:
            with os.fdopen(handle, "wb") as file:
                if kept is not None:
                    part.chmod(kept)  # first: what is private stays so while it is written
                if callable(content):
                    content(file)
                else:
                    file.write(content)
                file.flush()
                file_to_disk(file.fileno())
        except OSError as error:
            if error.errno is None or error.filename not in (None, str(part)):
                raise  # of something else, such as a file that is read meanwhile
            with suppress(OSError):
                part.unlink()  # now: what is free is told
            raise _naming(path, error, None if callable(content) else len(content)) from None
        try:
            _put_in_place(part, path, exclusive)
        except OSError as error:
            raise _naming(path, error) from None
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    folder_to_disk(path.parent)


def _put_in_place(part: Path, path: Path, exclusive: bool) -> None:
    """Give a file its name, in one step that fails where the name is taken and must not be."""
    if not exclusive:
        part.replace(path)
    elif os.name == "nt":  # pragma: no cover  (there, rename replaces nothing)
        part.rename(path)
    else:
        try:
            os.link(part, path, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError:
            # A file system without a second name for a file: an empty file holds the place for a moment.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                part.replace(path)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        else:
            part.unlink()


def _naming(path: Path, error: OSError, size: int | None = None) -> OSError:
    """Return the same error of the file that is asked for, rather than of the one beside it.

    Args:
        path: What is asked for.
        error: The error of the file that is written first.
        size: How many bytes it has, where that is known.
    """
    what = error.strerror
    if error.errno in _FULL:
        needed = "" if size is None else f"{size:,} bytes are needed, "
        import shutil  # takes a millisecond, which no other file costs

        what = f"{what} ({needed}{shutil.disk_usage(path.parent).free:,} bytes are free)"
    return OSError(error.errno, what, str(path))


def _part_of(path: Path) -> Path:
    """Return a new name beside `path`, cut where it would be longer than names can be."""
    kept = os.fsdecode(os.fsencode(path.name)[:_NAME_BYTES]).encode("utf-8", "ignore").decode()
    return path.with_name(f".{kept}.{secrets.token_hex(4)}.part")
