"""Forcing what was written to the disk: to its platter or cells, not to a cache that a power cut empties."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from itertools import takewhile
from pathlib import Path


def file_to_disk(handle: int) -> None:
    """Return once the content of an open file is on the disk.

    On macOS, `fsync` leaves the content in the disk's own cache; `F_FULLFSYNC` empties that cache too. File
    systems that do not know it, such as network shares, get an `fsync`.

    Raises:
        OSError: It could not be written.
    """
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
        except OSError:
            os.fsync(handle)
    else:
        os.fsync(handle)


def folder_to_disk(folder: Path) -> None:
    """Force the names in a folder to the disk: of files and folders made, renamed and removed there.

    Windows opens no folders; there this does nothing, as on file systems that cannot force a folder.
    """
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            file_to_disk(handle)
        finally:
            os.close(handle)


def make_folder_on_disk(folder: Path) -> None:
    """Make a folder and those above it where they are missing, and force their names to the disk.

    Args:
        folder: The folder; it may be there already.

    Raises:
        OSError: One cannot be made.
    """
    missing = list(takewhile(lambda path: not path.exists(), [folder, *folder.parents]))
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        folder_to_disk(path.parent)
