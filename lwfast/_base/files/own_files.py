"""Opening files of the data folders, the scheduler's and the client's: regular ones only, and no links.

A link there could lead to anything, and two folders with links to one store would hold two locks for it. Only
the folders themselves may be links: to put them on another disk.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_SAFELY = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
"""Not through a link, and without waiting for the other end of a pipe."""


def open_own(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a regular file of ours.

    Args:
        path: Path of a file that lwfast keeps for itself.
        flags: Flags as for `os.open`.
        mode: Its permissions if it is made.

    Returns:
        The file's descriptor.

    Raises:
        OSError: It cannot be opened, is a symbolic link, or is not a regular file.
    """
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", str(path))
    file = os.open(path, flags | _SAFELY, mode)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return file


def why(error: OSError) -> str:
    """Say what an operating system's error means, without the path."""
    return error.strerror or str(error)
